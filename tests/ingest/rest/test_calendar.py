"""A calendar is read as those that Google and Outlook publish are, and whatever it holds, within bounds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract.clock import WARD_ZONE
from ingest.contract.connector import Occurrence
from ingest.contract.errors import InvalidEvent
from ingest.rest import calendar as module
from ingest.rest.calendar import CalendarReader
from ingest.untrusted.calendar_text import MOST_SERIES, meetings

CALENDARS = Path(__file__).parent / "calendars"
NOW = datetime(2026, 11, 18, 2, tzinfo=UTC)
"""09:00 on a Wednesday."""


def read(text: bytes) -> list[Occurrence]:
    return meetings(text, NOW - timedelta(hours=12), NOW + timedelta(hours=36))


def shown(found: list[Occurrence]) -> list[str]:
    return [
        f"{one.begins.astimezone(WARD_ZONE):%d/%m %H:%M}-{one.ends.astimezone(WARD_ZONE):%H:%M}{' hủy' * one.is_cancelled}{one.fault}"
        for one in sorted(found, key=lambda one: one.begins)
    ]


def calendar(*meetings: bytes) -> bytes:
    inner = b"".join(
        b"BEGIN:VEVENT\r\nUID:%d\r\n%s\r\nEND:VEVENT\r\n" % (number, one) for number, one in enumerate(meetings)
    )
    return b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n" + inner + b"END:VCALENDAR\r\n"


NINE = b"DTSTART:20261117T020000Z\r\nDTEND:20261117T030000Z"


def test_a_calendar_of_google() -> None:
    """A series with a meeting that was moved and one that is left out, one meeting that is cancelled, and a whole day."""
    found = read((CALENDARS / "google.ics").read_bytes())
    assert shown(found) == ["18/11 09:00-10:00 hủy", "19/11 14:00-15:30"]


def test_a_calendar_of_outlook() -> None:
    """Zones by Windows' names, by a definition of its own, and by none; a series with dates that are left out."""
    found = read((CALENDARS / "outlook.ics").read_bytes())
    assert shown(found) == ["18/11 09:00-09:45", "18/11 14:00-16:00", "18/11 16:30-17:00", "19/11 19:00-20:00"]


def test_a_meeting_that_is_moved_keeps_its_name() -> None:
    text = (CALENDARS / "google.ics").read_bytes()
    before, after = read(text), read(text.replace(b":20261119T140000", b":20261119T150000"))
    assert {one.ref for one in before} == {one.ref for one in after}
    assert shown(before) != shown(after)
    (once,) = read(calendar(NINE.replace(b"1117", b"1118")))
    (moved,) = read(calendar(NINE.replace(b"1117", b"1119")))
    assert once.ref == moved.ref


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (b"FREQ=DAILY", ["18/11 09:00-10:00", "19/11 09:00-10:00"]),
        (b"FREQ=DAILY;COUNT=2", ["18/11 09:00-10:00"]),
        (b"FREQ=MONTHLY;BYDAY=3WE", ["18/11 09:00-10:00"]),
        (b"FREQ=SECONDLY", ["17/11 21:00-21:00ValueError"]),
        (b"FREQ=DAILY;INTERVAL=0", ["17/11 21:00-21:00ValueError"]),
        (b"FREQ=DAILY;BYSECOND=1,2,3", ["17/11 21:00-21:00ValueError"]),
        (b"FREQ=DAILY;COUNT=99999999999999999999", ["17/11 21:00-21:00BadRuleStringFormat"]),
        (b"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", ["17/11 21:00-21:00TimeoutError"]),
    ],
)
def test_a_series_that_cannot_be_unfolded_leaves_the_others(rule: bytes, expected: list[str]) -> None:
    found = read(calendar(NINE + b"\r\nRRULE:" + rule, NINE.replace(b"1117", b"1119")))
    assert shown(found)[: len(expected)] == expected
    assert shown(found)[-1] == "19/11 09:00-10:00"


@pytest.mark.parametrize(
    "text",
    [
        b"", b"<html>Sign in</html>", b"BEGIN:VCALENDAR", calendar(NINE)[:-17], b"\xff" * 100,
        calendar(*[NINE + b"\r\nRRULE:FREQ=YEARLY"] * (MOST_SERIES + 1)),
    ],
)  # fmt: skip
def test_what_is_no_calendar_or_too_much_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidEvent):
        read(text)


def test_parts_that_are_broken_are_left_out() -> None:
    text = calendar(b"DTSTART:yesterday", b"SUMMARY:x", b"DTSTART:99999999T999999Z", NINE.replace(b"1117", b"1118"))
    assert [one for one in shown(read(text)) if one == "18/11 09:00-10:00"]


@pytest.mark.processes
async def test_it_is_read_by_a_process_with_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CPU_SECONDS", 2)
    reader = CalendarReader()
    text = (CALENDARS / "google.ics").read_bytes()
    found = await reader.occurrences(text, NOW)
    assert shown(found)[-2:] == ["18/11 09:00-10:00 hủy", "19/11 14:00-15:30"]
    # The time of the answer says nothing of the meetings.
    again = await reader.occurrences(text.replace(b"DTSTAMP:20261118T03", b"DTSTAMP:20261118T04"), NOW)
    assert again is found
    with pytest.raises(InvalidEvent, match="no whole iCalendar"):
        await reader.occurrences(b"", NOW)
    never = NINE + b"\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    with pytest.raises(InvalidEvent, match="too much time or memory"):
        await reader.occurrences(calendar(*[never] * 40), NOW)
