"""Message: what people are told of an alarm outside the board, in Vietnamese with English beside it.

Only what the board's own lists show: no comment, no name of a person, no code of a dossier.
"""

from datetime import UTC
from typing import Any, NamedTuple

from dashboard.alarm.sentence import alarm_sentence
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState
from dashboard.words import text
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.label import Label
from warehouse.store.alarm_log import Act, Kind

HEADS: dict[Kind, Label] = {
    "raised": Label("Cảnh báo", "Alarm"),
    "risen": Label("Cảnh báo nặng hơn", "Alarm got worse"),
    "escalated": Label("Chưa ai nhận cảnh báo", "Nobody has acknowledged"),
    "cleared": Label("Đã hết cảnh báo", "Alarm cleared"),
}
SEVERITY = {
    "warning": Label("▲ cần xem", "▲ warning"),
    "critical": Label("■ nghiêm trọng", "■ critical"),
}
PLACE = Label("Phường {ward}", "{ward} ward")


class AlarmMessage(NamedTuple):
    """One of them."""

    id: str
    """The same however often it is sent: receivers can tell a repeat."""
    subject: str
    """One line."""
    text: str
    severity: str
    url: str
    """Where it is dealt with."""
    payload: dict[str, Any]
    """The same for programs."""


def compose(alarm: Alarm, act: Act, vi: BoardState, en: BoardState, ward: str) -> AlarmMessage:
    """What is told of an act.

    Args:
        alarm: the alarm.
        act: one that people are told of.
        vi: for Vietnamese.
        en: for English.
        ward: the ward's id.
    """
    severity = SEVERITY[act.severity]
    raised_at = moment(alarm.raised_ms).astimezone(WARD_ZONE)
    said = {state.language: alarm_sentence(alarm, state, now=False) for state in (vi, en)}
    url = f"{vi.place.url}/alarm/{alarm.id}"
    heads = {state.language: f"{state.say(HEADS[act.kind])} · {state.say(severity)}" for state in (vi, en)}
    pretend = f"[{text.PRETEND.vi} | {text.PRETEND.en}] " if vi.pretend else ""
    place = vi.say(PLACE, ward=vi.place.ward_name)
    lines = [
        f"{pretend}{heads['vi']}: {said['vi']}",
        f"{heads['en']}: {said['en']}",
        f"{place} · {raised_at:%H:%M %d/%m/%Y} · {url}",
    ]
    payload = {
        "type": f"alarm.{act.kind}",
        "timestamp": moment(act.at_ms).astimezone(UTC).isoformat(),
        "data": {
            "ward": ward,
            "alarm": alarm.id,
            "rule": act.rule,
            "subject": act.subject,
            "severity": act.severity,
            "value": act.value,
            "raised_at": moment(alarm.raised_ms).astimezone(UTC).isoformat(),
            "text": said,
            "pretend": vi.pretend,
            "url": url,
        },
    }
    return AlarmMessage(
        act.id,
        f"{pretend}{heads['vi']}: {said['vi']}",
        "\n".join(lines),
        act.severity,
        url,
        payload,
    )
