"""Every case of the book: by the fold that the worker runs, and by SQL over the raw events."""

import pytest

from tests.figures.support.shown import differences, place, readings_by_sql, stored_copies, wrong_by_fold
from tests.figures.support.story import Case, book
from tests.support.raw import store
from warehouse.readings import Readings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

CASES = book()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.ward} {case.title}")
def test_the_fold_shows_what_was_worked_out(case: Case) -> None:
    assert not wrong_by_fold(case), case.rule


@pytest.fixture(scope="module")
def by_sql(warehouse: WarehouseSettings) -> dict[str, Readings]:
    """What SQL shows, over one warehouse that holds all cases."""
    with connect(warehouse) as client:
        copies = [
            one.model_copy(update={"partitionkey": ward, "id": f"{ward}-{one.id}"})
            for ward, case, happened in stored_copies(CASES)
            for one in case.events[:happened]
        ]
        store(client, copies)
        return readings_by_sql(client, CASES)


@pytest.mark.embedded
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.ward} {case.title}")
def test_sql_shows_what_was_worked_out(case: Case, by_sql: dict[str, Readings]) -> None:
    wrong = [one for number, look in enumerate(case.looks) for one in differences(look, by_sql[place(case, number)])]
    assert not wrong, case.rule


def test_the_book_is_of_every_area() -> None:
    assert len(CASES) >= 150
