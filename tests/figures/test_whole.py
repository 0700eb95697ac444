"""Cases of the book through the whole stack: Kafka, the worker, the warehouse; each in a ward of its own, all at once.

Taken are the cases of the first days of November 2026: a calendar of years would be millions of minutes here. Of a look are compared the
figures that a stored row tells for that moment: of stocks those of which something is told in the very minute, for of minutes in which
nothing happens only some have a row; of sums, which what happens later may still change, those of the last look. For all others
`test_book` runs the same fold and the same SQL, and the audit's tests compare stocks minute by minute.
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
from warehouse.model.indicator import Indicator
from warehouse.model.value import Value
from warehouse.readings import Readings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.long, pytest.mark.timeout(300)]

FIRST, LAST = (ward_moment(date(2026, 11, day), time()) for day in (1, 5))


def has_row(one: Indicator, case: Case, look: Look) -> bool:
    """Whether a stored row tells at the end what the indicator was at the look."""
    is_last = look is case.looks[-1] and look.happened == len(case.events)
    told = {type(event.data) for event in case.events[: look.happened] if event.time == look.at}
    is_stirred = not look.at.second and not told.isdisjoint(one.of.events)
    return (is_last or not one.has_flow) and (is_stirred or not one.has_stock)


def compared(case: Case) -> Case:
    """The case with the figures that are compared here."""
    looks = [
        look._replace(
            shows=tuple(one for one in look.shows if all(has_row(part, case, look) for part in parts_of(one.id)))
        )
        for look in case.looks
    ]
    return case._replace(looks=tuple(look for look in looks if look.shows))


TOLD = [case for case in book() if all(FIRST <= one.time < LAST for one in case.events)]
CASES = [case for case in map(compared, TOLD) if case.looks]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A worker that finds all events when it starts, and so goes by their time until the last."""
    clock = {
        "IOC_CLOCK_ORIGIN": (LAST + timedelta(hours=1)).isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        "IOC_CLOCK_SPEED": "1",
    }
    with Stack(tmp_path_factory.mktemp("book"), ("ingest", "warehouse"), clock) as running:
        send(running, sorted((one for case in CASES for one in case.events), key=lambda one: one.time))
        running.start("streams")
        running.wait("streams")
        yield running


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def test_every_case_is_shown_by_the_whole_stack(client: Client) -> None:
    assert len(CASES) > 90
    assert sum(len(look.shows) for case in CASES for look in case.looks) > 220
    wrong: dict[str, list[str]] = {}

    def is_right() -> bool:
        found = {f"{case.ward} {case.title}": wrong_by_rows(client, case) for case in CASES}
        wrong.clear()
        wrong.update({name: lines for name, lines in found.items() if lines})
        return not wrong

    assert until(is_right, patience=150), wrong


def wrong_by_rows(client: Client, case: Case) -> list[str]:
    """What the stored rows show otherwise at the case's looks."""
    found = client.query(
        f"SELECT {', '.join(Value._fields)} FROM raw_values FINAL WHERE ward = %(ward)s",  # noqa: S608
        {"ward": case.ward},
    )
    rows = [Value._make(row) for row in found]
    wrong: list[str] = []
    for look in case.looks:
        at_ms = milliseconds(look.at)
        readings = Readings()
        readings.apply(row for row in rows if (row.window_ms if row.grain == "flow" else row.as_of_ms) <= at_ms)
        wrong += differences(look, readings)
    return wrong
