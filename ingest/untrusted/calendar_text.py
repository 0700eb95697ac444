"""Calendar text: iCalendar from outside (RFC 5545), read without trust, as the meetings of a few days.

Only what tells when something takes place is read: titles, people, places and descriptions are left out before anything else sees the
text. A series can be written so that it never ends or takes for ever to unfold, so whoever reads one does it in a process of its own,
which has so much time and memory and no more (`ingest.rest.calendar`).

`python -m ingest.untrusted.calendar_text <from> <to> <seconds>` reads a text from standard input, and writes the meetings as JSON.
"""

import json
import re
import resource
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any
from zoneinfo import available_timezones

from icalendar import Calendar
from recurring_ical_events import of

from ingest.contract.clock import WARD_ZONE
from ingest.contract.connector import Occurrence
from ingest.contract.errors import InvalidEvent

SERIES_SECONDS = 1.0
"""For one meeting or series."""

MEMORY = 1 << 30

MOST_SERIES = 2_000
"""Meetings and series of a calendar that touch the days asked for."""

LONGEST_MEETING = timedelta(days=1)

KEPT = re.compile(
    rb"(BEGIN|END|UID|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|RECURRENCE-ID|STATUS|SEQUENCE|TZID|TZOFFSETFROM|TZOFFSETTO|X-WR-TIMEZONE)[;:]",
    re.IGNORECASE,
)
"""Properties that are read."""

_BLOCK = re.compile(rb"BEGIN:(VEVENT|VTIMEZONE)\n(.*?)\nEND:\1(?=\n)", re.DOTALL | re.IGNORECASE)
_INNER = re.compile(rb"BEGIN:VALARM\n.*?\nEND:VALARM\n", re.DOTALL | re.IGNORECASE)
_UID = re.compile(rb"^UID[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_STARTS = re.compile(rb"^DTSTART[^:\n]*:(\d{8})", re.MULTILINE | re.IGNORECASE)
_REPEATS = re.compile(rb"^(RRULE|RDATE|RECURRENCE-ID)[;:]", re.MULTILINE | re.IGNORECASE)
_RULE = re.compile(rb"^RRULE[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_FREQUENCY = re.compile(rb"(^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)")
_TOO_OFTEN = re.compile(rb"(^|;)(BYHOUR|BYMINUTE|BYSECOND|BYEASTER)=|(^|;)INTERVAL=0*(;|$)")


def meetings(text: bytes, begins: datetime, ends: datetime) -> list[Occurrence]:
    """The meetings of a stretch of time, each of a series by itself; what lasts for days is none.

    Args:
        text: iCalendar.
        begins: of the stretch.
        ends: of the stretch.

    Raises:
        InvalidEvent: reason `not_a_calendar`, or `too_many`.
    """
    plain = re.sub(rb"\r?\n[ \t]", b"", text.strip())  # long lines are folded
    if not re.match(rb"(?is)BEGIN:VCALENDAR\s.*\sEND:VCALENDAR$", plain):
        raise InvalidEvent("not_a_calendar", "it is no whole iCalendar text")
    kept = b"\n".join(line.strip() for line in plain.splitlines() if KEPT.match(line))
    zones, series = list[bytes](), dict[bytes, list[bytes]]()
    for found in _BLOCK.finditer(kept):
        block = _INNER.sub(b"", found[0])
        if found[1].upper() == b"VTIMEZONE":
            zones.append(block)
        elif _may_touch(block, begins, ends):
            named = _UID.search(block)
            series.setdefault(named[1] if named else block, []).append(block)
    if len(series) > MOST_SERIES:
        raise InvalidEvent("too_many", f"more than {MOST_SERIES} meetings and series")
    written = re.search(rb"(?im)^X-WR-TIMEZONE[^:\n]*:(.*)$", kept)
    is_known = written is not None and written[1].decode(errors="replace") in available_timezones()
    head = [b"BEGIN:VCALENDAR", b"VERSION:2.0", *([written[0]] if written and is_known else []), *zones]
    by_ref: dict[str, Occurrence] = {}
    for uid, blocks in series.items():
        for one in _unfolded(uid, blocks, head, begins, ends):
            by_ref[one.ref] = one
    return list(by_ref.values())


def _may_touch(block: bytes, begins: datetime, ends: datetime) -> bool:
    """Whether a meeting could take place within the time: most of a calendar is long over."""
    day = _STARTS.search(block)
    if day is None or _REPEATS.search(block):
        return True
    margin = timedelta(days=2)
    return f"{begins - margin:%Y%m%d}".encode() <= day[1] <= f"{ends + margin:%Y%m%d}".encode()


def _unfolded(
    uid: bytes, blocks: Sequence[bytes], head: Sequence[bytes], begins: datetime, ends: datetime
) -> Iterator[Occurrence]:
    """The meetings of one series; one that says why, where it cannot be unfolded."""
    whole = b"\n".join(blocks)
    is_series = _REPEATS.search(whole) is not None
    try:
        for rule in _RULE.findall(whole):
            if not _FREQUENCY.search(rule.upper()) or _TOO_OFTEN.search(rule.upper()):
                raise ValueError("it repeats more often than daily")
        calendar = Calendar.from_ical(b"\n".join([*head, *blocks, b"END:VCALENDAR", b""]))
        with _limited(SERIES_SECONDS):
            for event in of(calendar).between(begins, ends):
                if (one := _occurrence(uid, event, is_series=is_series)) is not None:
                    yield one
    except (
        TimeoutError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
        OverflowError,
        RecursionError,
    ) as error:
        yield Occurrence(_ref(uid), begins, begins, is_cancelled=False, fault=type(error).__name__)


def _occurrence(uid: bytes, event: Any, *, is_series: bool) -> Occurrence | None:
    begins, ends = event.start, event.end
    if not (isinstance(begins, datetime) and isinstance(ends, datetime)):
        return None  # a whole day
    begins, ends = _aware(begins), _aware(ends)
    if not timedelta(minutes=1) <= ends - begins <= LONGEST_MEETING:
        return None
    which = event["RECURRENCE-ID"].dt if is_series and "RECURRENCE-ID" in event else None
    named = f"{_aware(which):%Y%m%dT%H%M}" if isinstance(which, datetime) else str(which or "")
    is_cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return Occurrence(_ref(uid, named), begins, ends, is_cancelled)


def _aware(moment: datetime | date) -> datetime:
    """In UTC, to the second; a time without a zone, or with one that nobody knows, is the ward's."""
    assert isinstance(moment, datetime)  # noqa: S101  # whole days were left out
    return (moment if moment.tzinfo else moment.replace(tzinfo=WARD_ZONE)).astimezone(UTC).replace(microsecond=0)


def _ref(uid: bytes, which: str = "") -> str:
    return blake2b(uid + which.encode(), digest_size=6).hexdigest()


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """End what takes longer, with a `TimeoutError`."""

    def end(_signal: int, _frame: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def main() -> int:
    """Read a calendar from standard input; 2: it is none."""
    seconds = int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with suppress(ValueError, OSError):  # not every system bounds memory so
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    begins, ends = (datetime.fromisoformat(one) for one in sys.argv[1:3])
    try:
        found = meetings(sys.stdin.buffer.read(), begins, ends)
    except InvalidEvent as fault:
        print(fault.detail, file=sys.stderr)
        return 2
    print(
        json.dumps(
            [[one.ref, one.begins.isoformat(), one.ends.isoformat(), one.is_cancelled, one.fault] for one in found]
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
