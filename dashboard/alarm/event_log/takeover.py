"""Takeover: sends once as events what an earlier version kept of alarms - a table of the warehouse, and a file of the board.

Their ids follow from the alarm and the act's number there, so who begins again after a crash sends the same, and what is stored is not
sent again. An alarm's id had half as many digits; zeros fill it up. The table stays as it was; the file is renamed when all is in Kafka.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from dashboard.alarm.event_log.events import ENGINE, act_event, code_of, decision_event, delivery_event, event_id, wrap
from dashboard.state.alarm import Alarm, Key, begin_alarm
from dashboard.state.queries import WarehouseQueries
from ingest.contract.clock import moment
from ingest.contract.event import Event
from ingest.contract.personal_fields import looks_like_number
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import EventSink
from warehouse.store.alarm_log import DECISIONS, Act, read_former_acts, stored_ids

log = logging.getLogger("dashboard.alarm")

AT_ONCE = 500
WITHHELD = "(đã bỏ số cá nhân | personal number taken out)"
"""Stands for a comment that the contract does not take; the table of before still has it."""


async def take_over(ingest: IngestSettings, reader: WarehouseQueries, producer: EventSink, journal: Path) -> int:
    """Send what is not there yet.

    Args:
        ingest: the ward, and its clock.
        reader: asks the warehouse.
        producer: where the events go.
        journal: the board's file of before.

    Returns:
        How many events were sent.

    Raises:
        Unavailable: Kafka or the warehouse is away; begin again.
    """
    ward = ingest.ward
    acts = await reader.ask(lambda client: read_former_acts(client, ward))
    acts += read_journal(journal)
    if not acts:
        return 0
    now = ingest.clock().now()
    found = [
        wrap(event, id, ward=ward, process=ENGINE, now=max(now, event.occurred_at)) for event, id in former_events(acts)
    ]
    known = await reader.ask(lambda client: stored_ids(client, ward, [one.id for one in found]))
    fresh = [one for one in found if one.id not in known]
    for start in range(0, len(fresh), AT_ONCE):
        await producer.send(fresh[start : start + AT_ONCE])
    if fresh:
        log.info("%d acts of the earlier version were taken over as events", len(fresh))
    if journal.exists():
        journal.rename(journal.with_suffix(".taken-over"))
    return len(fresh)


def read_journal(path: Path) -> list[Act]:
    """The acts in the board's file of before; a line that was half written counts for nothing."""
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            found.append(Act(*json.loads(line)))
        except (ValueError, TypeError):
            log.warning("%s: line %d is invalid and skipped", path, number)
    return found


def former_events(acts: Iterable[Act]) -> list[tuple[Event, str]]:
    """Acts as events with their ids, in the order in which they were done; of alarms whose beginning is known."""
    logs: dict[str, dict[int, Act]] = {}
    for act in acts:
        logs.setdefault(act.alarm, {})[act.number] = act
    whole = [log for log in logs.values() if 0 in log and log[0].kind == "raised"]
    ordered = sorted((act for log in whole for act in log.values()), key=lambda one: (one.at_ms, one.alarm, one.number))
    alarms: dict[str, Alarm] = {}
    decided: Counter[Key] = Counter()
    found: list[tuple[Event, str]] = []
    for act in ordered:
        id = former_id(act)
        one = act._replace(alarm=f"{act.alarm:0<32}", id=id)
        known = alarms.get(one.alarm)
        if known is None and one.kind != "raised":
            continue  # at the same millisecond as its beginning, or before it: clocks were set
        alarms[one.alarm] = alarm = known.after(one) if known else begin_alarm(one)
        event = _event(alarm, one, decided)
        found.append((event, id))
    return found


def former_id(act: Act) -> str:
    """The id of an act of before, as an event; that which raised an alarm has the alarm's own."""
    return f"{act.alarm:0<32}" if act.number == 0 else event_id("former", act.alarm, act.number)


def _event(alarm: Alarm, act: Act, decided: Counter[Key]) -> Event:
    at = moment(act.at_ms)
    if act.kind in DECISIONS:
        decided[alarm.key] += 1
        return decision_event(act, decided[alarm.key] - 1, at)
    if act.kind in ("told", "not_told"):
        channel, _, why = act.what.partition(": ")
        told = next((one for one in alarm.acts if one.number == act.about), alarm.acts[0])
        return delivery_event(alarm, told, channel, code_of(why or "unknown") if act.kind == "not_told" else "", at)
    try:
        return act_event(alarm, act.kind, act.who, act.what, at)
    except ValidationError:
        what = WITHHELD if act.kind == "commented" or looks_like_number(act.what) else act.what[:80]
        return act_event(alarm, act.kind, act.who, what, at)
