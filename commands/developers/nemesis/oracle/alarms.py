"""Alarms: what people did, what was decided and what was told, held against the log; and the boards' alarms against the events."""

import time
from collections import Counter, defaultdict
from typing import Any

from commands.developers.nemesis.oracle.findings import Findings
from commands.developers.nemesis.sources.people import People, ToldMessage
from dashboard.alarm.event_log.fold import AlarmFold
from ingest.contract.envelope import AnyEnvelope, decode_stored
from ingest.contract.errors import InvalidEvent
from ingest.contract.topic import ALARMS
from warehouse.store.client import Client

AGREED = 60.0
"""Seconds in which the board must show what the events say."""


def stored_log(client: Client) -> list[AnyEnvelope]:
    """All events of alarms that are stored, in the order of the log."""
    rows = client.query(
        "SELECT event FROM raw_events FINAL WHERE topic = %(topic)s ORDER BY partition, offset", {"topic": ALARMS}
    )
    return [one for one in decode_stored([event.encode() for (event,) in rows]) if not isinstance(one, InvalidEvent)]


def check_alarms(
    log: list[AnyEnvelope], answered: list[tuple[str, str]], told: list[ToldMessage], findings: Findings
) -> int:
    """No act lost, none doubled, no decision twice, no alarm told twice under two ids; returns how many events were looked at.

    Args:
        log: the stored events of alarms, in the order of the log.
        answered: alarm and comment of what people got a good answer to.
        told: what the receiver took.
        findings: where it is added what is wrong.
    """
    said = Counter((one.data.alarm_ref, one.data.comment) for one in log if one.data.kind == "alarm.commented")
    for alarm, comment in answered:
        if not said[alarm, comment]:
            findings.add("lost", f"the comment “{comment}” on alarm {alarm} was answered well, and is not stored")
    for (alarm, comment), count in said.items():
        if count > 1:
            findings.add("doubled", f"the comment “{comment}” on alarm {alarm} is stored {count} times")
    numbers = Counter((one.data.rule, one.data.member, one.data.number) for one in log if hasattr(one.data, "number"))
    for (rule, member, number), count in numbers.items():
        if count > 1:
            findings.add("doubled", f"decision {number} about {rule} {member or ''} is stored {count} times")
    _check_told(log, told, findings)
    return len(log)


def _check_told(log: list[AnyEnvelope], told: list[ToldMessage], findings: Findings) -> None:
    events = {one.id: one for one in log}
    ids: dict[tuple[str, str], set[str]] = defaultdict(set)
    for message in told:
        event = events.get(message.id)
        if event is None or event.data.kind != message.kind or event.data.alarm_ref != message.alarm:
            findings.add(
                "invented", f"a message {message.kind} of alarm {message.alarm} has an id that is no such event"
            )
        ids[message.alarm, message.kind].add(message.id)
    for (alarm, kind), found in ids.items():
        if kind in ("alarm.raised", "alarm.cleared") and len(found) > 1:
            findings.add("doubled", f"{kind} of alarm {alarm} was told under {len(found)} ids")
    outcomes = Counter(
        (one.data.act_ref, one.data.channel) for one in log if one.data.kind in ("alarm.told", "alarm.not_told")
    )
    for (act, channel), count in outcomes.items():
        if count > 1:
            findings.add("doubled", f"the log says {count} times what became of the message of {act} by {channel}")
    taken, accepted = {message.id for message in told}, {message.id for message in told if message.is_accepted}
    for one in log:
        if one.data.kind == "alarm.told" and one.data.act_ref not in taken:
            findings.add("invented", f"the log says that {one.data.act_ref} was told, and the receiver never took it")
        if one.data.kind == "alarm.not_told" and one.data.cause_code == "cleared" and one.data.act_ref in accepted:
            findings.add(
                "mismatched", f"the receiver took {one.data.act_ref}, and never hears that the alarm has ended"
            )


def check_shown(log: list[AnyEnvelope], shown: dict[str, list[str]]) -> list[str]:
    """Compare the alarms that a board shows with those that the events say.

    Args:
        log: as for `check_alarms`.
        shown: by active alarm, the ids of its acts, as the board has them.
    """
    fold = AlarmFold()
    for one in log:
        fold.take(one)
    right = {alarm.id: [act.id for act in alarm.acts] for alarm in fold.alarms.values() if alarm.is_active}
    return sorted(alarm for alarm in right.keys() | shown.keys() if right.get(alarm) != shown.get(alarm))


def check_people(client: Client, ask: Any, people: People, findings: Findings) -> int:
    """Everything about alarms, once nothing moves any more.

    Args:
        client: an open connection.
        ask: asks the board for its memory.
        people: what they did, and were told.
        findings: where it is added what is wrong.
    """
    end = time.monotonic() + AGREED
    while True:
        log, shown = stored_log(client), ask()["alarms"]
        wrong = check_shown(log, shown)
        if not wrong or time.monotonic() > end:
            break
        time.sleep(1)
    for alarm in wrong:
        findings.add("mismatched", f"the board shows alarm {alarm} with other acts than the events have")
    findings.note(
        f"alarms: {len(log)} events, {len(people.answered)} comments answered by {people.clicks} clicks, {len(people.told)} messages taken"
    )
    return check_alarms(log, people.answered, people.told, findings)
