"""Devices: each loudspeaker, camera and device of the service centre as it is now, what it told, and what it played or noticed.

When one counts as in use, at work or missed is said by the indicators' own conditions: of a residential group as many are at work as S01
and C01 count there. Heartbeats come every minute for ever: of each kind of event that alone tells its state, only a device's first and last
are read.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ingest.contract.event import Event
from ingest.contract.events import camera as camera_events
from ingest.contract.events import equipment as equipment_events
from ingest.contract.events import speaker as speaker_events
from ingest.contract.topic import topic_of
from warehouse.entities.camera import CAMERA, DETECTION
from warehouse.entities.equipment import EQUIPMENT, EQUIPMENT_OUTAGE
from warehouse.entities.speaker import BROADCAST, SPEAKER
from warehouse.indicators import camera, equipment, speaker
from warehouse.model.aggregate import Part, Stock
from warehouse.model.entity import Constant, Entity, Latest
from warehouse.model.entity_sql import SqlState, entity_sql, plain_events
from warehouse.model.expression import DAY_MS, NEVER, Sql, greatest, least, sql
from warehouse.store.client import Client
from warehouse.store.snapshots import remembered_states

MOST_DEVICES = 500
MOST_CHANGES = 40
MOST_HAPPENINGS = 20
CHANGES_MS = 31 * DAY_MS
"""How far back what a device told of itself is shown."""
HAPPENINGS_MS = 7 * DAY_MS
"""How far back what it played, noticed or missed is shown."""

Condition = Callable[[Any, Any], Any]
"""Of a state and the present."""


class Happened(NamedTuple):
    """What is done by devices of a kind, and comes to an end."""

    entity: Entity
    device: str
    """The field with the device's name."""
    what: str
    """The field that says what it is."""
    began: Callable[[Any], Any]
    ends: tuple[str, ...]
    """Fields with the time at which it ended one way or another."""


class DeviceKind(NamedTuple):
    """One of the kinds of devices."""

    entity: Entity
    in_use: Condition
    works: Condition
    missed: Condition
    """Somebody has to see why it does not work."""
    heard: Callable[[Any], Any]
    """When it last said anything, or something was said of it."""
    signs: tuple[type[Event], ...]
    """What says that it works."""
    losses: tuple[type[Event], ...]
    """What says that it does not."""
    told: tuple[type[Event], ...]
    """What else is worth telling of it."""
    happened: Happened


def _counted(parts: tuple[Part, ...]) -> Condition:
    """Which devices a side of a figure counts."""
    (part,) = parts
    assert isinstance(part, Stock)  # noqa: S101  # what is so at a moment
    return part.where


KINDS: dict[str, DeviceKind] = {
    "speaker": DeviceKind(
        SPEAKER,
        _counted(speaker.ONLINE.value.denominator),
        _counted(speaker.ONLINE.value.numerator),
        _counted(speaker.OFFLINE.value.numerator),
        speaker.heard_at,
        (speaker_events.DeviceHeartbeat, speaker_events.DeviceOnline),
        (speaker_events.DeviceOffline,),
        (speaker_events.DeviceFault, speaker_events.DeviceRestored, speaker_events.DeviceDecommissioned),
        Happened(
            BROADCAST,
            "device_id",
            "bulletin_type",
            lambda b: least(b.started_at, b.failed_at),
            ("completed_at", "failed_at", "pre_empted_at"),
        ),
    ),
    "camera": DeviceKind(
        CAMERA,
        _counted(camera.ONLINE.value.denominator),
        _counted(camera.ONLINE.value.numerator),
        lambda c, now: camera.is_registered_camera(c, now) & (c.online == 0),
        lambda c: c.heard_at,
        (camera_events.HealthOnline,),
        (camera_events.HealthOffline,),
        (camera_events.HealthFault, camera_events.HealthDecommissioned),
        Happened(DETECTION, "camera_id", "detection", lambda d: d.started_at, ("ended_at",)),
    ),
    "equipment": DeviceKind(
        EQUIPMENT,
        equipment.is_listed,
        equipment.is_working,
        equipment.is_missed,
        lambda e: greatest(e.listed_at, e.beat_at),
        (equipment_events.EquipmentUp, equipment_events.EquipmentHeartbeat),
        (equipment_events.EquipmentDown,),
        (equipment_events.EquipmentFault, equipment_events.EquipmentSupply, equipment_events.EquipmentRemoved),
        Happened(EQUIPMENT_OUTAGE, "device_id", "category", lambda o: o.started_at, ("ended_at",)),
    ),
}


class DeviceNow(NamedTuple):
    """A device as it is."""

    kind: str
    """One of `KINDS`."""
    id: str
    area_code: str
    """The residential group in which it stands; empty where nobody says."""
    category: str
    """What it is, of the devices of the service centre."""
    is_in_use: bool
    works: bool
    is_missed: bool
    heard_ms: int
    faults: tuple[str, ...]
    """Codes of the faults that are open, and of supplies that are low."""


class DeviceChange(NamedTuple):
    """Something that a device told of itself, or that was told of it, and that it had not told before."""

    at_ms: int
    kind: str
    """The event's."""
    code: str
    """Which fault, or which supply."""
    state: str


class DeviceHappening(NamedTuple):
    """What a device played, noticed or missed."""

    began_ms: int
    ended_ms: int
    """0 while it goes on."""
    what: str
    end: str
    """Which of the ends of `Happened` came; empty while it goes on."""


def devices_now(client: Client, ward: str, now_ms: int, *, area: str = "", id: str = "") -> list[DeviceNow]:
    """Devices of every kind, by kind and name.

    Args:
        client: an open connection.
        ward: whose.
        now_ms: the present by the install's clock.
        area: of this residential group alone.
        id: of this name alone.
    """
    found: list[DeviceNow] = []
    said = _said(client, ward, now_ms, id) if id else {}
    for name, kind in KINDS.items():
        ids = [id] if id else []
        if (id and name not in said) or (area and not (ids := _of_area(client, kind.entity, ward, area))):
            continue
        state, now = SqlState(), Sql(f"toInt64({now_ms})")
        fields = kind.entity.fields
        faults = [field for field, rule in fields.items() if isinstance(rule, Latest) and rule.empty in _GOOD]
        wrong = [f"if({field} IN {_GOOD}, '', {sql(field)})" for field in faults]
        if "fault" in fields:
            wrong.append("fault")
        texts = [one if one in fields else f"'' AS {one}" for one in ("area_code", "category")]
        conditions = [f"toBool({sql(one(state, now))})" for one in (kind.in_use, kind.works, kind.missed)]
        ends = [(id, at_ms) for at_ms in said[name]] if id else None
        telling = _telling(client, kind.entity, ward, now_ms, ids, ends)
        rows = client.query(
            f"SELECT key, {', '.join([*texts, *conditions])}, toInt64({sql(kind.heard(state))}) AS heard_ms, "
            f"arrayFilter(one -> one != '', [{', '.join(wrong)}]) AS faults "
            f"FROM ({entity_sql(kind.entity, str(now_ms), telling)}) WHERE heard_ms > 0"
            f"{f' AND area_code = {sql(area)}' if area else ''} ORDER BY key LIMIT {MOST_DEVICES}"
        )
        found += [DeviceNow._make((name, *row[:-1], tuple(row[-1]))) for row in rows]
    return found


_GOOD = ("inactive", "enough")
"""What a fault or a supply is while nothing is wrong."""


def _said(client: Client, ward: str, now_ms: int, id: str) -> dict[str, list[int]]:
    """By kind, when a device of that name first and last told each of what it tells; what that asks is much less than its state."""
    topics = {topic_of(kind.signs[0].stream): name for name, kind in KINDS.items()}
    rows = client.query(
        "SELECT topic, min(at_ms), max(at_ms) FROM raw_events WHERE topic IN %(topics)s AND ward = %(ward)s AND subject = %(id)s "
        f"AND at_ms <= {now_ms} GROUP BY topic, kind",
        {"topics": tuple(topics), "ward": ward, "id": id},
    )
    found: dict[str, list[int]] = {}
    for topic, *ends in sorted(rows):
        found.setdefault(topics[topic], []).extend(ends)
    return found


def _of_area(client: Client, entity: Entity, ward: str, area: str) -> list[str]:
    """Names of devices that may stand in a residential group: by what the fold remembers, and what came since.

    It remembers each device for ever, with every group that was told of it. To look for that in the events, of which a device tells one a
    minute, takes 10 s a year of a ward; so that is done only where there is no snapshot yet.
    """
    if "area_code" not in entity.fields:
        return []
    mine = f"topic IN ({_topics(entity)}) AND ward = {sql(ward)} AND kind IN ({_kinds(entity.events)})"
    known = remembered_states(client, topic_of(entity.events[0].stream), entity.id, ward)
    since = known.taken_at - _BEFORE_SNAPSHOT if known else datetime.fromtimestamp(0, UTC)
    rows = client.query(
        f"SELECT DISTINCT subject FROM raw_events WHERE {mine} AND ingested_at >= %(since)s "
        "AND JSONExtractString(event, 'data', 'area_code') IN ('', %(area)s)",
        {"since": since, "area": area},
    )
    remembered = known.states.items() if known else ()
    told = [key for key, state in remembered if area in state or not _ANY_AREA.search(state)]
    return sorted({*told, *(subject for (subject,) in rows)})


_ANY_AREA = re.compile(r"TDP-\d{3}")
_BEFORE_SNAPSHOT = timedelta(minutes=1)
"""So long before it is stored, a snapshot is taken at most."""


def _telling(
    client: Client,
    entity: Entity,
    ward: str,
    now_ms: int,
    ids: Sequence[str],
    ends: Sequence[tuple[str, int]] | None = None,
) -> str:
    """The events of which the states of a ward's devices, or of some, are made; no other's content is read.

    `ends`, where they are known, are the times of the first and the last event of each device and kind.
    """
    own = f" AND subject IN ({', '.join(map(sql, ids))})" if ids else ""
    mine = f"topic IN ({_topics(entity)}) AND ward = {sql(ward)}{own}"
    plain = _kinds(plain_events(entity, [rule for rule in entity.fields.values() if not isinstance(rule, Constant)]))
    if not plain:
        return f"(SELECT * FROM raw_events WHERE {mine})"
    if ends is None:
        ends = client.query(
            f"SELECT subject, arrayJoin([min(at_ms), max(at_ms)]) FROM raw_events WHERE {mine} AND kind IN ({plain}) AND at_ms <= {now_ms} "
            "GROUP BY subject, kind"
        )
    told = ", ".join(f"({sql(subject)}, {at_ms})" for subject, at_ms in sorted({*ends, ("", 0)}))
    return f"(SELECT * FROM raw_events PREWHERE {mine} AND (kind NOT IN ({plain}) OR (subject, at_ms) IN ({told})))"


def device_changes(client: Client, ward: str, now_ms: int, device: DeviceNow) -> list[DeviceChange]:
    """What was told of a device lately, the newest first; what says the same as before is left out."""
    kind = KINDS[device.kind]
    signs, losses = _kinds(kind.signs), _kinds(kind.losses)
    every = _kinds((*kind.signs, *kind.losses, *kind.told))
    text = f"if(kind IN ({_kinds(kind.told)}), JSONExtractString(event, 'data', '{{}}'), '')"  # others say no more than their kind
    rows = client.query(
        "SELECT at_ms, kind, code, state FROM (SELECT at_ms, kind, code, state, "
        f"multiIf(kind IN ({signs}), 'works', kind IN ({losses}), 'lost', concat(kind, state)) AS said, "
        f"lagInFrame(said) OVER (PARTITION BY kind IN ({signs}, {losses}), code ORDER BY at_ms, id "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before FROM (SELECT at_ms, id, kind, "
        f"concat({text.format('code')}, {text.format('supply')}) AS code, {text.format('state')} AS state FROM raw_events "
        f"WHERE topic = {sql(topic_of(kind.signs[0].stream))} AND ward = {sql(ward)} AND subject = {sql(device.id)} "
        f"AND kind IN ({every}) AND at_ms BETWEEN {now_ms - CHANGES_MS} AND {now_ms})) "
        f"WHERE said != before ORDER BY at_ms DESC LIMIT {MOST_CHANGES}"
    )
    return [DeviceChange(*row) for row in rows]


def device_happenings(client: Client, ward: str, now_ms: int, device: DeviceNow) -> list[DeviceHappening]:
    """What a device played, noticed or missed lately, the newest first."""
    one = KINDS[device.kind].happened
    state = SqlState()
    ends = [f"({name}, {sql(name.removesuffix('_at'))})" for name in one.ends]
    source = f"(SELECT * FROM raw_events WHERE ward = {sql(ward)} AND at_ms > {now_ms - HAPPENINGS_MS})"
    rows = client.query(
        f"SELECT toInt64({sql(one.began(state))}) AS began_ms, arrayMin([{', '.join(ends)}]) AS ended, {one.what} "
        f"FROM ({entity_sql(one.entity, str(now_ms), source)}) WHERE {one.device} = {sql(device.id)} AND began_ms < {NEVER} "
        f"ORDER BY began_ms DESC LIMIT {MOST_HAPPENINGS}"
    )
    return [
        DeviceHappening(began_ms, ended_ms, what, end) if ended_ms < NEVER else DeviceHappening(began_ms, 0, what, "")
        for began_ms, (ended_ms, end), what in rows
    ]


def _kinds(events: Collection[type[Event]]) -> str:
    return ", ".join(sql(event.kind) for event in events)


def _topics(entity: Entity) -> str:
    return ", ".join(sql(topic) for topic in sorted({topic_of(event.stream) for event in entity.events}))
