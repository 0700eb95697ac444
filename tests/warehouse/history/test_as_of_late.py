"""What the past did not show yet: an event, or a row, that came late by more than a minute."""

import pytest

from ingest.contract.clock import moment
from ingest.contract.envelope import encode, envelope
from ingest.contract.events.queue import TicketIssued
from ingest.contract.topic import topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.history.as_of import BoardDay, BoardMinute, DayValues, FiguresAsOf, StoredValue, View, values_as_of
from warehouse.history.day_lives import lives_of
from warehouse.model.expression import DAY_MS, MINUTE, NEVER, window_start
from warehouse.model.value import Value

AT_MS = 1_795_150_800_000 + 17 * MINUTE
"""Seventeen minutes past an hour; the machine's clock is a day ahead of the install's."""
REAL_MS = AT_MS + DAY_MS
TOPIC = topic_of("queue")
WINDOW = int(window_start(AT_MS - 1, 15 * MINUTE))
OVER = WINDOW - 15 * MINUTE
"""A window that ended two minutes before the moment."""


def issued(number: int, at_ms: int, stored_ms: int, withdrawn_ms: int = NEVER) -> tuple[str, int, int]:
    """A ticket as it is stored; when that was, and when it was taken back."""
    event = TicketIssued(
        ticket_id=f"t-{number}",
        site_id="s",
        local_date="2026-11-20",
        ticket_no=str(number),
        service_code="dat_dai",
        queue_id="hall",
        issued_at=moment(at_ms),
        kiosk_id="k",
    )
    wrapped = envelope(event, ward="w", source="/w/k", recorded_at=moment(at_ms))
    return encode(wrapped).decode(), stored_ms, withdrawn_ms


PROMPT = issued(1, AT_MS - MINUTE, REAL_MS - 50_000)


def stood(*tickets, view: View = "then", flows=(), stocks=()) -> FiguresAsOf:
    stored = DayValues(list(flows), list(stocks), [])
    day = BoardDay("w", AT_MS - DAY_MS, AT_MS, stored, lives_of("w", tickets))
    return values_as_of(day, BoardMinute(AT_MS, REAL_MS), view)


def visits(found: FiguresAsOf, window: int = WINDOW) -> int:
    """How many tickets were issued in a window, in total."""
    place = ("Q01", "flow", window)
    return sum(
        one.numerator for one in found.values if (one.indicator, one.grain, one.window_ms) == place and not one.member
    )


@pytest.mark.parametrize(
    ("happened_ms", "came_ms", "is_shown"),
    [
        (AT_MS - 2 * MINUTE, REAL_MS + MINUTE, True),
        (AT_MS - 2 * MINUTE, REAL_MS + MINUTE + 1, False),
        (AT_MS - 2 * MINUTE, REAL_MS - 2 * MINUTE, True),
        (AT_MS, REAL_MS, True),
        (AT_MS, REAL_MS + 2 * MINUTE, False),
        (AT_MS + 1, REAL_MS, False),
    ],
)
def test_an_event_was_not_shown_that_was_stored_more_than_a_minute_after_the_moment(happened_ms, came_ms, is_shown):
    found = stood(PROMPT, issued(2, happened_ms, came_ms))
    assert visits(found) == 1 + is_shown
    assert not found.open
    assert visits(stood(PROMPT, issued(2, happened_ms, came_ms), view="now")) == 1 + (happened_ms <= AT_MS)


def test_what_was_taken_back_later_was_shown_until_then():
    for withdrawn_ms, is_shown in ((REAL_MS + MINUTE, False), (REAL_MS + MINUTE + 1, True)):
        tickets = (PROMPT, issued(2, AT_MS - MINUTE, REAL_MS - MINUTE, withdrawn_ms))
        assert visits(stood(*tickets)) == 1 + is_shown
        assert visits(stood(*tickets, view="now")) == 1


def test_where_nothing_was_known_of_what_had_happened_it_stands_as_it_is_known_now():
    found = stood(issued(1, AT_MS - MINUTE, REAL_MS + 30 * DAY_MS))
    assert ("Q01", "flow", WINDOW) in found.open
    assert visits(found) == 1
    mine = {one.id for one in indicators() if one.of is indicator("Q01").of}
    assert {id for id, _, _ in found.open} <= mine, "of others nothing had happened"


def written(at_ms: int, window_ms: int, grain="flow", id="Q01") -> StoredValue:
    return StoredValue(Value("w", id, grain, window_ms, "", "", 3, 0, 0, window_ms + MINUTE, TOPIC, 0, 1, 1), at_ms)


@pytest.mark.parametrize(
    ("written_ms", "is_late"), [(REAL_MS, False), (REAL_MS + MINUTE, False), (REAL_MS + MINUTE + 1, True)]
)
def test_a_stock_counts_as_shown_that_was_written_within_a_minute(written_ms, is_late):
    found = stood(stocks=[written(written_ms, AT_MS - MINUTE, "stock", "Q02")])
    assert (("Q02", "stock", 0) in found.open) is is_late
    assert [value.numerator for value in found.values if value.indicator == "Q02"] == [3]


def test_of_a_window_that_was_over_for_a_minute_nothing_newer_was_shown():
    assert indicator("Q01").window.total_seconds() == 900
    early = issued(1, OVER + MINUTE, REAL_MS - 20 * MINUTE)
    for written_ms, count in ((REAL_MS, 3), (REAL_MS + 1, 1)):
        found = stood(early, flows=[written(written_ms, OVER)])
        assert visits(found, OVER) == count
        assert not found.open
    # Of another day, or where nothing was known of the day, it is asked for.
    yesterday = AT_MS - DAY_MS - 2 * 15 * MINUTE
    assert not stood(early, flows=[written(REAL_MS + 1, yesterday)]).open, "no figure of today reaches it"
    assert ("Q01", "flow", OVER) in stood(issued(1, OVER, REAL_MS + DAY_MS), flows=[written(REAL_MS + 1, OVER)]).open
