"""Online meetings: when they are, from the address of a calendar, and whether the leased line held while they lasted.

A calendar says what is planned, not what has changed. So each answer is held against what was known of the meetings of these days: a
meeting that is new, moved, cancelled or gone is told, and once it is over whether the line held, as the source of the line saw it.
Nothing of a meeting is read but its times, and the hash of what the calendar calls it.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter

from ingest.contract.connector import CalendarPage, Connector, Context, Mapped, Occurrence, Poll, ReceivedMessage
from ingest.contract.errors import InvalidEvent
from ingest.contract.events.equipment import MeetingCancelled, MeetingEnded, MeetingScheduled
from ingest.contract.label import Label

MOST = 90
"""Meetings of two days."""

SETTLED = timedelta(minutes=3)
"""After its end it takes so long at most until it is known that the line was down."""

FORGOTTEN = timedelta(hours=12)
"""How long after its end a meeting is remembered."""


class Meeting(BaseModel):
    """What is new of one meeting."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    told: Literal["scheduled", "cancelled", "ended", "fault"]
    ref: str
    at: AwareDatetime
    begins: AwareDatetime
    ends: AwareDatetime
    fault: str = ""


class KnownMeeting(NamedTuple):
    """What was told of one meeting."""

    ref: str
    begins: int
    """Seconds since 1970."""
    ends: int
    state: Literal["c", "x", "e"] = "c"
    """To come, cancelled, over."""


_KNOWN = TypeAdapter(list[KnownMeeting])


def compare_calendar(page: CalendarPage) -> tuple[list[KnownMeeting], list[dict[str, Any]]]:
    """What is known after an answer, and what has changed with it.

    Raises:
        InvalidEvent: there are too many meetings.
    """
    known = {one.ref: one for one in _KNOWN.validate_json(page.position or "[]")}
    now, after, told = int(page.now.timestamp()), dict[str, KnownMeeting](), list[dict[str, Any]]()
    for one in page.occurrences:
        if one.fault:
            told.append(_told("fault", one.ref, 0, 0, 0) | {"fault": one.fault})
            continue
        found, before = _found(one), known.pop(one.ref, None)
        if before is not None and (before.state == "e" or before == found):
            after[one.ref] = before
        elif found.ends > now - FORGOTTEN.total_seconds():
            after[one.ref] = found
            kind = "cancelled" if one.is_cancelled else "scheduled"
            told.append(_told(kind, found.ref, now, found.begins, found.ends))
    for gone in known.values():
        if gone.state == "c" and gone.ends > now:
            told.append(_told("cancelled", gone.ref, now, gone.begins, gone.ends))
        elif gone.ends > now - FORGOTTEN.total_seconds():
            after[gone.ref] = gone
    for over in [one for one in after.values() if one.state == "c" and one.ends + SETTLED.total_seconds() <= now]:
        after[over.ref] = over._replace(state="e")
        told.append(_told("ended", over.ref, over.ends, over.begins, over.ends))
    if len(after) > MOST:
        raise InvalidEvent("too_many", f"more than {MOST} meetings within two days")
    return sorted(after.values()), told


def _found(one: Occurrence) -> KnownMeeting:
    begins, ends = (int(moment.timestamp()) for moment in (one.begins, one.ends))
    return KnownMeeting(one.ref, begins, ends, "x" if one.is_cancelled else "c")


def _told(told: str, ref: str, at: int, begins: int, ends: int) -> dict[str, Any]:
    times = {name: _text(seconds) for name, seconds in (("at", at), ("begins", begins), ("ends", ends))}
    return {"told": told, "ref": ref, **times}


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _position(page: CalendarPage) -> str:
    return json.dumps(compare_calendar(page)[0], separators=(",", ":"))


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """What is new of a meeting as its event."""
    return _events(received.payload, context)


def _events(said: Meeting, context: Context) -> Iterator[Any]:
    if said.told == "fault":
        raise InvalidEvent("calendar", f"a meeting of the calendar cannot be unfolded: {said.fault}")
    common: dict[str, Any] = {
        "meeting_ref": context.pseudonym(f"meeting {said.ref}"),
        "at": said.at,
        "starts_at": said.begins,
        "ends_at": said.ends,
    }
    if said.told == "ended":
        down = context.lines.down_between(said.begins, said.ends)
        line: Literal["held", "broke", "unknown"] = "unknown" if down is None else "broke" if down else "held"
        yield MeetingEnded(**common, line=line, line_down_s=0 if down is None else round(down.total_seconds()))
    else:
        yield (MeetingCancelled if said.told == "cancelled" else MeetingScheduled)(**common)


CONNECTOR = Connector(
    id="online_meeting",
    label=Label(vi="Họp trực tuyến", en="Online meetings"),
    system="equipment",
    way=Poll(
        path="",
        every=timedelta(minutes=1),
        items=lambda page: compare_calendar(page)[1],
        next_cursor=_position,
        parameters=lambda cursor: {},
        form="icalendar",
    ),
    payload=TypeAdapter[Any](Meeting),
    events=(MeetingScheduled, MeetingCancelled, MeetingEnded),
    map=to_events,
    sample="online_meeting.jsonl",
    personal=frozenset({"summary", "attendee", "organizer", "description", "location"}),
    guide=Label(
        vi=(
            "Lập một lịch riêng cho các cuộc họp trực tuyến (Google Lịch, Outlook, Zimbra…), lấy địa chỉ iCalendar (.ics) chỉ đọc của lịch đó "
            "và đặt làm địa chỉ của nguồn này; ai biết địa chỉ là đọc được lịch, nên giữ như mật khẩu. Hệ thống chỉ đọc giờ họp, không đọc tên "
            "cuộc họp, người dự, nội dung. Đường truyền lấy từ dòng “Đường truyền” trong danh sách thiết bị."
        ),
        en=(
            "Make a calendar of its own for online meetings (Google Calendar, Outlook, Zimbra…), take its read-only iCalendar address (.ics) and "
            "set it as this source's address; whoever knows it can read the calendar, so keep it like a password. Only the times of meetings are "
            "read: no titles, people or content. Whether the line held is told by the row “Đường truyền” of the list of devices."
        ),
    ),
)
