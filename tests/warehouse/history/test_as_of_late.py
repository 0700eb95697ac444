"""Which windows the past counts anew: an event, or a row, that came late by more than a minute was not shown in time."""

import pytest

from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.history.as_of import BoardDay, BoardMinute, LateEvent, StoredValue, values_as_of
from warehouse.model.expression import MINUTE, window_start
from warehouse.model.value import Value

AT_MS = 1_795_150_800_000 + 17 * MINUTE
"""Seventeen minutes past an hour; the machine's clock is a day ahead of the install's."""
REAL_MS = AT_MS + 86_400_000
TOPIC = topic_of("queue")
WINDOW = int(window_start(AT_MS - 1, 15 * MINUTE))


def day(
    flows: tuple[StoredValue, ...] = (), stocks: tuple[StoredValue, ...] = (), late: tuple[LateEvent, ...] = ()
) -> BoardDay:
    return BoardDay("w", AT_MS - 86_400_000, AT_MS, list(flows), list(stocks), {}, [], list(late))


def opened(**made) -> set[str]:
    """Indicators of which figures have to be counted anew."""
    return {place[0] for place in values_as_of(day(**made), BoardMinute(AT_MS, REAL_MS), "then").open}


def queues() -> set[str]:
    """What may be counted anew because an event of the queue came late."""
    return {
        one.id for one in indicators() if one.has_flow and TOPIC in {topic_of(event.stream) for event in one.of.events}
    }


@pytest.mark.parametrize(
    ("happened_ms", "came_ms", "is_late"),
    [
        (AT_MS - 5 * MINUTE, REAL_MS + MINUTE, False),
        (AT_MS - 5 * MINUTE, REAL_MS + MINUTE + 1, True),
        (AT_MS - 5 * MINUTE, REAL_MS - 2 * MINUTE, False),
        (AT_MS, REAL_MS + 2 * MINUTE, True),
        (AT_MS + 1, REAL_MS + 2 * MINUTE, False),
    ],
)
def test_an_event_is_late_that_was_stored_more_than_a_minute_after_the_moment(happened_ms, came_ms, is_late):
    assert queues()
    assert opened(late=(LateEvent(TOPIC, happened_ms, came_ms),)) == (queues() if is_late else set())


def written(at_ms: int, window_ms: int, grain="flow", id="Q01") -> StoredValue:
    return StoredValue(Value("w", id, grain, window_ms, "", "", 3, 0, 0, window_ms + MINUTE, TOPIC, 0, 1, 1), at_ms)


@pytest.mark.parametrize(
    ("written_ms", "is_late"), [(REAL_MS, False), (REAL_MS + MINUTE, False), (REAL_MS + MINUTE + 1, True)]
)
def test_a_stock_counts_as_shown_that_was_written_within_a_minute(written_ms, is_late):
    stood = values_as_of(
        day(stocks=(written(written_ms, AT_MS - MINUTE, "stock", "Q02"),)), BoardMinute(AT_MS, REAL_MS), "then"
    )
    assert (("Q02", "stock", 0) in stood.open) is is_late
    assert [value.numerator for value in stood.values] == [3]


def test_of_a_window_that_was_over_for_a_minute_nothing_newer_was_shown():
    assert indicator("Q01").window.total_seconds() == 900
    over = WINDOW - 15 * MINUTE  # it ended two minutes before the moment
    for written_ms, is_late in ((REAL_MS, False), (REAL_MS + 1, True)):
        stood = values_as_of(day(flows=(written(written_ms, over),)), BoardMinute(AT_MS, REAL_MS), "then")
        assert (("Q01", "flow", over) in stood.open) is is_late


def test_as_it_is_known_now_nothing_is_late():
    stood = values_as_of(
        day(late=(LateEvent(TOPIC, AT_MS - MINUTE, REAL_MS + 9 * MINUTE),)), BoardMinute(AT_MS, REAL_MS), "now"
    )
    assert not {place[0] for place in stood.open} & queues()
