"""Events: what is decided, done and told about alarms, as events for Kafka; their ids follow from what they say.

Who sends the same again, after an error or a crash, sends it under the same id, and it counts once: a decision by its place among all
decisions about its rule and subject, an act by the click of the person, a delivery by what was told and by which channel.
"""

from datetime import datetime
from hashlib import blake2b
from typing import Any

from dashboard.state.alarm import Alarm, Key
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events.alarm import (
    AlarmAcknowledged,
    AlarmAssigned,
    AlarmCleared,
    AlarmCommented,
    AlarmEscalated,
    AlarmNotTold,
    AlarmRaised,
    AlarmRisen,
    AlarmStepTicked,
    AlarmStepUnticked,
    AlarmTold,
    ChannelFailed,
    ChannelRestored,
)
from warehouse.store.alarm_log import Act, Kind

MOST_NAMES = 64
"""Members behind a value that an event names; a sentence has room for fewer."""

ENGINE, BOARD = "alarm", "board"
"""The processes that tell of alarms, as in an event's source."""


def decision_id(key: Key, number: int) -> str:
    """The id of a decision; that of the one that raised an alarm is the alarm's."""
    return event_id("decision", *key, number)


def event_id(*parts: object) -> str:
    """A hash of what tells an event apart: 32 hexadecimal digits."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def decision_event(act: Act, number: int, at: datetime) -> Event:
    """A decision that the evaluator made.

    Args:
        act: what was decided.
        number: how many decisions there were before about its rule and subject.
        at: when, by the install's clock.
    """
    own: dict[str, Any] = {**_about(act.alarm, act, at), "number": number, "value": act.value}
    match act.kind:
        case "raised":
            return AlarmRaised(**own, names=act.what.split()[:MOST_NAMES])
        case "risen":
            return AlarmRisen(**own, names=act.what.split()[:MOST_NAMES])
        case "escalated":
            return AlarmEscalated(**own)
        case "cleared":
            return AlarmCleared(**own, cause_code="superseded" if act.what == "superseded" else "value")
        case _:
            raise ValueError(f"{act.kind} is not a decision")


def act_event(alarm: Alarm, kind: Kind, who: str, what: str, at: datetime) -> Event:
    """What a person did about an alarm.

    Raises:
        ValueError: it is not of the form that the contract wants, for example a comment with a telephone number.
    """
    own: dict[str, Any] = {**_about(alarm.id, alarm.acts[0]._replace(severity=alarm.severity), at), "who": who}
    match kind:
        case "acknowledged":
            return AlarmAcknowledged(**own)
        case "assigned":
            return AlarmAssigned(**own, to=what)
        case "commented":
            return AlarmCommented(**own, comment=what)
        case "ticked":
            return AlarmStepTicked(**own, step=int(what))
        case "unticked":
            return AlarmStepUnticked(**own, step=int(what))
        case _:
            raise ValueError(f"{kind} is nothing that people do")


def delivery_event(alarm: Alarm, act: Act, channel: str, cause: str, at: datetime) -> Event:
    """What came of a message.

    Args:
        alarm: which alarm.
        act: the act that was to be told.
        channel: by which channel.
        cause: why it is not sent any more; empty: the receiver has it.
        at: when.
    """
    own: dict[str, Any] = {**_about(alarm.id, act, at), "act_ref": act.id, "channel": channel}
    return AlarmNotTold(**own, cause_code=code_of(cause)) if cause else AlarmTold(**own)


def channel_event(channel: str, why: str, at: datetime) -> Event:
    """A channel fails, and why; with an empty `why` it works again."""
    return (
        ChannelFailed(channel=channel, at=at, cause_code=code_of(why))
        if why
        else ChannelRestored(channel=channel, at=at)
    )


def wrap(event: Event, id: str, *, ward: str, process: str, now: datetime) -> Envelope:
    """An event with its id, ready for Kafka."""
    return envelope(event, ward=ward, source=f"/{ward}/ioc/{process}", recorded_at=now, id=id)


def code_of(words: str) -> str:
    """A reason as a code: `SMTP 451` is `SMTP-451`."""
    return "-".join("".join(sign if sign.isalnum() else " " for sign in words).split())


def words_of(code: str) -> str:
    """The reason that a code says."""
    return code.replace("-", " ")


def _about(alarm: str, act: Act, at: datetime) -> dict[str, Any]:
    return {"alarm_ref": alarm, "rule": act.rule, "member": act.subject or None, "severity": act.severity, "at": at}
