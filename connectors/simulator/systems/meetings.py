"""Meetings: the pretend calendar of online meetings - the city's weekly briefing, and what comes up besides."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from connectors.simulator.systems.people import person
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day

HEAD = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Phường giả lập//Lịch họp trực tuyến//VI
X-WR-TIMEZONE:Asia/Ho_Chi_Minh"""
BRIEFING = """BEGIN:VEVENT
UID:giao-ban@phuong-gia-lap
DTSTART;TZID=Asia/Ho_Chi_Minh:20250707T080000
DTEND;TZID=Asia/Ho_Chi_Minh:20250707T093000
RRULE:FREQ=WEEKLY;BYDAY=MO,TH
SUMMARY:Giao ban trực tuyến với thành phố
END:VEVENT"""


def calendar_text(pretend: Pretend, now: datetime) -> str:
    """The calendar as iCalendar."""
    today = local_day(now)
    days = [today + timedelta(days=number) for number in range(-1, 4)]
    return "\r\n".join("\n".join([HEAD, BRIEFING, *_besides(pretend, days), "END:VCALENDAR", ""]).splitlines()) + "\r\n"


def _besides(pretend: Pretend, days: list[date]) -> Iterator[str]:
    for day in days:
        chance = pretend.chance("meeting", day)
        if not pretend.calendar.is_working_day(day) or chance.random() > 0.7:
            continue
        begins = datetime.combine(day, time(chance.choice((9, 10, 14, 15)), chance.choice((0, 30))))
        ends = begins + timedelta(minutes=chance.choice((30, 60, 90)))
        status = "CANCELLED" if chance.random() < 0.1 else "CONFIRMED"
        host = person(chance)
        yield (
            f"BEGIN:VEVENT\nUID:{day}@phuong-gia-lap\nDTSTART;TZID=Asia/Ho_Chi_Minh:{begins:%Y%m%dT%H%M%S}\n"
            f"DTEND;TZID=Asia/Ho_Chi_Minh:{ends:%Y%m%dT%H%M%S}\nSTATUS:{status}\n"
            f"ORGANIZER;CN={host.name}:mailto:{host.phone}@phuong-gia-lap\nSUMMARY:Họp với {host.name}\nEND:VEVENT"
        )
