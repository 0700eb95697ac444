"""Why a figure is written again: an audit found it wrong, or its definition has changed since."""

from datetime import date, time

import pytest

from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from warehouse.audit.repair import DEFINITION, KIND, reason_of
from warehouse.catalogue import indicator


@pytest.mark.parametrize(
    ("id", "day", "reason"),
    [
        ("D09", date(2026, 11, 28), DEFINITION),
        ("D09", date(2026, 11, 29), KIND),
        ("Q01", date(2026, 11, 28), KIND),  # still as it was defined first
        ("D25", date(2026, 11, 28), KIND),  # new, so no other definition was before
    ],
)
def test_the_reason_is_the_definition_where_it_changed_after_the_window(id: str, day: date, reason: str) -> None:
    assert indicator(id).version == (2 if reason == DEFINITION or id == "D09" else 1)
    assert reason_of(("hong-bang", id, "flow", milliseconds(ward_moment(day, time())), "", "")) == reason
