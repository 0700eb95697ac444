"""Cases of the book through the whole stack: Kafka, the worker, the warehouse; each in a ward of its own, all at once.

Taken are the cases of the first days of November 2026, and of their last look the figures that are sums over windows. A calendar of years
would be millions of minutes here, and for which minutes of the past a worker that catches up writes a stock depends on how events are
batched; for all that `test_book` runs the same fold and the same SQL, and the audit's tests compare stocks minute by minute.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest

from commands.supervision.stack import Stack
from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from tests.figures.support.shown import differences, parts_of
from tests.figures.support.story import Case, Look, book
from tests.streams.support.counting import send, until
from warehouse.model.value import Value
from warehouse.readings import Readings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(300)]

FIRST, LAST = (ward_moment(date(2026, 11, day), time()) for day in (1, 5))


def last_look(case: Case) -> Look:
    """The case's last look, with its figures that no stock is part of."""
    look = case.looks[-1]
    return look._replace(shows=tuple(one for one in look.shows if not any(part.has_stock for part in parts_of(one.id))))


def is_taken(case: Case) -> bool:
    """Whether the case lies in those days, and everything has happened at a last look that shows sums."""
    look = last_look(case)
    return (
        bool(look.shows) and look.happened == len(case.events) and all(FIRST <= one.time < LAST for one in case.events)
    )


CASES = [case for case in book() if is_taken(case)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    clock = {
        "IOC_CLOCK_ORIGIN": (LAST + timedelta(hours=1)).isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        "IOC_CLOCK_SPEED": "1",
    }
    with Stack(tmp_path_factory.mktemp("book"), ("ingest", "warehouse", "streams"), clock) as running:
        yield running


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def test_every_case_is_shown_by_the_whole_stack(stack: Stack, client: Client) -> None:
    assert len(CASES) > 50
    send(stack, sorted((one for case in CASES for one in case.events), key=lambda one: one.time))
    wrong: dict[str, list[str]] = {}

    def is_right() -> bool:
        wrong.clear()
        wrong.update(
            {
                f"{case.ward} {case.title}": found
                for case in CASES
                if (found := differences(last_look(case), read(client, case)))
            }
        )
        return not wrong

    assert until(is_right, patience=150), wrong


def read(client: Client, case: Case) -> Readings:
    """What the stored rows show at the case's last look."""
    at_ms = milliseconds(case.looks[-1].at)
    columns = ", ".join(Value._fields)
    rows = client.query(
        f"SELECT {columns} FROM raw_values FINAL WHERE ward = %(ward)s AND window_ms <= %(at)s AND grain = 'flow'",  # noqa: S608
        {"ward": case.ward, "at": at_ms},
    )
    readings = Readings()
    readings.apply(Value._make(row) for row in rows)
    return readings
