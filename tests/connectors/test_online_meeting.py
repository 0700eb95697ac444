"""Online meetings: what a calendar says now against what it said before, and whether the line held while they lasted."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

import pytest
from pydantic_core import to_json

from connectors.online_meeting import CONNECTOR, MOST, SETTLED, compare_calendar
from ingest.contract.connector import CalendarPage, LineHistory, Occurrence, ProbedDevice, WatchedSpan
from ingest.contract.errors import InvalidEvent
from ingest.probe.comparison import KnownDevice, compare_answer, note_span
from ingest.probe.question import ProbeAnswer
from ingest.rest.poller import RestPoller
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.connectors.support.install import NoKafka
from tests.connectors.support.taking import CONTEXT, NOW, Conversation, Still, reason

HOUR = timedelta(hours=1)


class Calendar:
    """A calendar that is asked again and again."""

    def __init__(self) -> None:
        self.now = NOW
        self._position: str | None = None

    def says(self, *occurrences: Occurrence, after: timedelta = timedelta()) -> list[str]:
        """What is new of its meetings a while later."""
        self.now += after
        page = CalendarPage(self._position, self.now, occurrences)
        way: Any = CONNECTOR.way
        self._position = way.next_cursor(page)
        found = [one["told"] for one in way.items(page)]
        assert not compare_calendar(page._replace(position=self._position))[1], "what was told is not told again"
        return found


def meeting(begins: timedelta, ref: str = "a", *, is_cancelled: bool = False) -> Occurrence:
    return Occurrence(ref, NOW + begins, NOW + begins + HOUR, is_cancelled)


def test_what_is_new_of_a_meeting_is_told_once() -> None:
    calendar, one = Calendar(), meeting(HOUR)
    assert calendar.says() == []
    assert calendar.says(one) == ["scheduled"]
    assert calendar.says(meeting(2 * HOUR)) == ["scheduled"], "moved"
    assert calendar.says(meeting(2 * HOUR, is_cancelled=True)) == ["cancelled"]
    assert calendar.says(one) == ["scheduled"], "it takes place after all"
    assert calendar.says() == ["cancelled"], "it is gone before its time"
    assert calendar.says(one) == ["scheduled"]
    assert calendar.says(one, after=2 * HOUR) == []
    assert calendar.says(one, after=SETTLED) == ["ended"]
    assert calendar.says(meeting(5 * HOUR)) == [], "what is over does not change"
    assert calendar.says(after=HOUR) == []


def test_a_meeting_that_was_over_before_anybody_looked_is_told_whole() -> None:
    assert Calendar().says(meeting(-3 * HOUR)) == ["scheduled", "ended"]
    assert Calendar().says(meeting(-3 * HOUR, is_cancelled=True)) == ["cancelled"]
    assert Calendar().says(meeting(-20 * HOUR)) == []


def test_too_many_meetings_are_refused_and_as_many_as_fit_are_not() -> None:
    several = [meeting(HOUR, f"{number:012x}") for number in range(MOST + 1)]
    with pytest.raises(InvalidEvent, match="too_many"):
        Calendar().says(*several)
    assert len(Calendar().says(*several[:MOST])) == MOST


def test_a_meeting_that_cannot_be_unfolded_is_a_dead_letter() -> None:
    (told,) = compare_calendar(CalendarPage(None, NOW, [meeting(HOUR)._replace(fault="ValueError")]))[1]
    assert reason(CONNECTOR, told) == "calendar"


@pytest.mark.parametrize(
    ("spans", "line", "down_s"),
    [
        ([], "unknown", 0),
        ([(-10, 70, True)], "held", 0),
        ([(30, 70, True)], "unknown", 0),
        ([(-10, 20, True), (20, 25, False), (26, 70, True)], "broke", 300),
        ([(-10, 20, False), (20, 70, True)], "broke", 1200),
        ([(-10, -1, False), (0, 60, True), (60, 70, False)], "held", 0),
    ],
)
def test_the_line_held_or_did_not(spans: list[tuple[int, int, bool]], line: str, down_s: int) -> None:
    found = ended([[WatchedSpan(_minute(a), _minute(b), is_up) for a, b, is_up in spans]])
    assert (found.line, found.line_down_s) == (line, down_s)


def test_one_of_two_lines_is_enough() -> None:
    broke = [WatchedSpan(_minute(0), _minute(60), False)]
    assert ended([broke, [WatchedSpan(_minute(0), _minute(60), True)]]).line == "held"
    assert ended([broke, []]).line == "broke"


def _minute(number: int) -> datetime:
    return NOW + timedelta(minutes=number)


def ended(lines: list[list[WatchedSpan]]) -> Any:
    """The end of a meeting that lasted from minute 0 to minute 60."""
    told = compare_calendar(CalendarPage(None, NOW + 2 * HOUR, [meeting(timedelta())]))[1][-1]
    history = LineHistory()
    for number, spans in enumerate(lines):
        history.tell(f"line-{number}", spans)
    mapper = Mapper(CONNECTOR, replace(CONTEXT, clock=Still(NOW + 2 * HOUR), lines=history))
    (made,) = mapper.take(to_json(told)).envelopes
    return made.data


def test_the_same_meeting_has_the_same_name_and_no_other() -> None:
    talk = Conversation(CONNECTOR)
    told = compare_calendar(CalendarPage(None, NOW, [meeting(HOUR), meeting(HOUR, "b")]))[1]
    first, second = (talk.events(one)[0].meeting_ref for one in told)
    assert first != second
    assert talk.events(told[0])[0].meeting_ref == first


def test_what_the_probe_sees_of_a_line_is_its_history() -> None:
    """Up, an answer that stays away alone, an outage, up again, and hours in which nobody asked."""
    known = KnownDevice(
        device=ProbedDevice(device="FTTH-01", category="duong_truyen", by="ping", addresses=("10.0.0.1",))
    )
    history = LineHistory()
    asked = [(0, True), (1, True), (2, False), (3, True), (4, False), (5, False), (6, False), (7, True), (200, True)]
    for minute, reached in asked:
        answer = ProbeAnswer(reached=reached, sent=1)
        known, _ = compare_answer(known, answer, _minute(minute))
        known = note_span(known, answer, _minute(minute))
    assert [(one.begins, one.ends, one.is_up) for one in known.spans] == [
        (_minute(0), _minute(3), True),
        (_minute(4), _minute(6), False),
        (_minute(7), _minute(7), True),
        (_minute(200), _minute(200), True),
    ]
    history.tell("FTTH-01", known.spans)
    assert history.down_between(_minute(0), _minute(3)) == timedelta()
    assert history.down_between(_minute(0), _minute(7)) == timedelta(minutes=2)
    assert history.down_between(_minute(100), _minute(110)) is None


ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:giao-ban
SUMMARY:Họp với bà Trần Thị Mai
DTSTART;TZID=Asia/Ho_Chi_Minh:20261105T100000
DTEND;TZID=Asia/Ho_Chi_Minh:20261105T110000
RRULE:FREQ=WEEKLY
EXDATE;TZID=Asia/Ho_Chi_Minh:20261126T100000
END:VEVENT
{more}END:VCALENDAR
"""
MOVED = """BEGIN:VEVENT
UID:giao-ban
RECURRENCE-ID;TZID=Asia/Ho_Chi_Minh:20261119T100000
DTSTART;TZID=Asia/Ho_Chi_Minh:20261119T140000
DTEND;TZID=Asia/Ho_Chi_Minh:20261119T150000
{status}END:VEVENT
"""


@pytest.mark.processes
async def test_over_http_a_meeting_is_told_moved_cancelled_held_and_a_broken_calendar_is_a_source_that_is_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The clock is moved by hand: 08:00, 10:00 and 15:10 of the day of the meeting."""
    answer = ICS.format(more="")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.replace("\n", "\r\n").encode())

        def log_message(self, *_: object) -> None:
            pass

    clock, kept, history = Still(NOW - 2 * HOUR), NoKafka(), LineHistory()
    mapper = Mapper(CONNECTOR, replace(CONTEXT, clock=clock, lines=history))
    status = SourceStatus(CONNECTOR, mapper.context, cast(Any, kept))

    async def until(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.02)
        clock.moment += timedelta(minutes=1)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        cursor = Cursor(tmp_path, CONNECTOR.id, CONTEXT.pseudonym)
        url, pause = f"http://127.0.0.1:{server.server_port}/private-0a1b/basic.ics", timedelta(milliseconds=50)
        poller = RestPoller(mapper, status, CircuitBreaker(status), cast(Any, kept), cursor, url, pause=pause)
        task = asyncio.create_task(poller.run())
        await until(lambda: len(kept.sent) == 1)
        answer = ICS.format(more=MOVED.format(status=""))
        await until(lambda: len(kept.sent) == 2)
        answer = ICS.format(more=MOVED.format(status="STATUS:CANCELLED\n"))
        await until(lambda: len(kept.sent) == 3)
        answer = ICS.format(more="")
        await until(lambda: len(kept.sent) == 4)
        history.tell("FTTH-01", [WatchedSpan(NOW - 3 * HOUR, NOW + 2 * HOUR, True)])
        clock.moment = NOW + HOUR + SETTLED
        await until(lambda: len(kept.sent) == 5)
        assert status.reachable
        answer = "<html>Sign in</html>"
        await until(lambda: not status.reachable)
        assert len(kept.sent) == 5, "what cannot be read cancels nothing"
        task.cancel()
        server.shutdown()
    kinds = ["meeting.scheduled", "meeting.scheduled", "meeting.cancelled", "meeting.scheduled", "meeting.ended"]
    assert [one.kind for one in kept.sent] == kinds
    assert {one.meeting_ref for one in kept.sent} == {kept.sent[0].meeting_ref}
    assert [one.starts_at - NOW for one in kept.sent] == [timedelta(), 4 * HOUR, 4 * HOUR, timedelta(), timedelta()]
    assert (kept.sent[-1].line, kept.letters) == ("held", [])
    assert "private-0a1b" not in caplog.text
    assert "Mai" not in repr(kept.sent) + (cursor.read() or "")
