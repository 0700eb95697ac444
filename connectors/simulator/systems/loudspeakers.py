"""Loudspeakers: what the pretend residential groups' 70 loudspeakers say over MQTT.

Each is offline for some hours now and then, so that about one of the 70 is at any time, and now and then a part fails.
They broadcast at 06:00 and 17:00, a bulletin with priority every few days, and now and then an emergency bulletin that has
to be heard at once and reaches some of them late; a planned one is moved or called off now and then. All of it follows from the moment asked
about: a device's time is cut into blocks of two days (each device's begin at another moment), and each block holds at most
one failure.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from connectors.simulator.message import SimulatedMessage, encoded, seconds
from connectors.simulator.systems.people import person
from connectors.simulator.ward import AREAS, Pretend
from ingest.contract.calendar import local_day, ward_moment

SYSTEM = "smart_loudspeaker"
HEARTBEAT = timedelta(seconds=60)
BLOCK = timedelta(hours=48)
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)

DEVICES = tuple(f"{area.lower()}-l1" for area in AREAS)


class Failure(NamedTuple):
    """A stretch in which a device is offline, or works with a broken part."""

    begins: datetime
    ends: datetime
    kind: Literal["offline", "part"]
    code: str


class PlannedBroadcast(NamedTuple):
    """A planned broadcast to all devices."""

    id: str
    starts: datetime
    length: timedelta
    type: Literal["thong_thuong", "uu_tien", "khan_cap"]
    source: Literal["trung_uong", "tinh", "xa"]
    called_off: bool = False
    """Half an hour before its begin."""

    @property
    def issued(self) -> datetime:
        """When it is ordered: an emergency at once, all others well ahead."""
        return self.starts - (timedelta(seconds=5) if self.type == "khan_cap" else timedelta(minutes=45))


def failure(pretend: Pretend, device: str, at: datetime) -> Failure | None:
    """The failure that a device has at a moment, if any."""
    found = _failure_of_block(pretend, device, _block(device, at))
    return found if found is not None and found.begins <= at < found.ends else None


def _number(device: str) -> int:
    return int(device[4:7])


def _first(device: str) -> datetime:
    """When the device's first block begins."""
    return EPOCH + _number(device) * BLOCK / len(DEVICES)


def _block(device: str, at: datetime) -> int:
    return (at - _first(device)) // BLOCK


@lru_cache(maxsize=5000)
def _failure_of_block(pretend: Pretend, device: str, block: int) -> Failure | None:
    chance = pretend.chance("loudspeaker", device, block)
    what = chance.random()
    if what > 0.11:
        return None
    if what < 0.05:
        kind: Literal["offline", "part"] = "offline"
        code, hours = chance.choice(("network", "network", "power")), chance.triangular(4, 32, 15)
    else:
        kind, code, hours = "part", chance.choice(("amplifier", "mute", "storage")), chance.uniform(2, 12)
    length = timedelta(hours=hours)
    begins = _first(device) + block * BLOCK + chance.random() * (BLOCK - length)
    begins = begins.replace(microsecond=0)
    return Failure(begins, begins + timedelta(seconds=round(length.total_seconds())), kind, code)


EMERGENCIES = 7
"""Emergency bulletins a year: storms, floods, a fire."""


@lru_cache(maxsize=100)
def broadcasts(pretend: Pretend, day: date) -> tuple[PlannedBroadcast, ...]:
    """The broadcasts of one local day, in order."""
    chance = pretend.chance("broadcasts", day)
    found = [
        PlannedBroadcast(
            f"PT-{day:%Y%m%d}-0600", ward_moment(day, time(6)), timedelta(minutes=15), "thong_thuong", "tinh"
        ),
        PlannedBroadcast(
            f"PT-{day:%Y%m%d}-1700", ward_moment(day, time(17)), timedelta(minutes=20), "thong_thuong", "xa"
        ),
    ]
    if chance.random() < 0.3:
        at = ward_moment(day, time(chance.choice((9, 10, 15)), chance.choice((0, 30))))
        called_off = chance.random() < 0.15
        found.append(PlannedBroadcast(f"PT-{day:%Y%m%d}-UT", at, timedelta(minutes=3), "uu_tien", "xa", called_off))
    if chance.random() < EMERGENCIES / 365:
        at = ward_moment(day, time(chance.randrange(8, 21), chance.randrange(5, 55)))
        found.append(PlannedBroadcast(f"PT-{day:%Y%m%d}-KC", at, timedelta(minutes=2), "khan_cap", "tinh"))
    return tuple(sorted(found, key=lambda one: one.starts))


@lru_cache(maxsize=10)
def happenings(pretend: Pretend, day: date) -> tuple[SimulatedMessage, ...]:
    """All that devices say on one local day, except heartbeats, in order."""
    messages = list(_broadcasting(pretend, day))
    for device in DEVICES:
        messages += _failing(pretend, device, day)
    return tuple(sorted(messages, key=lambda message: message.at))


def heartbeats(pretend: Pretend, after: datetime, until: datetime) -> list[SimulatedMessage]:
    """The heartbeats in (after, until], in order: each device beats in its own second of the minute, and when it begins or stops."""
    messages = [
        _heartbeat(pretend, device, at, failure(pretend, device, at))
        for day in {local_day(after), local_day(until)}
        for one in broadcasts(pretend, day)
        for device in DEVICES
        for at in dict.fromkeys(_played(pretend, one, device))
        if after < at <= until and connected(pretend, device, at)
    ]
    for n, device in enumerate(DEVICES):
        offset = n * HEARTBEAT / len(DEVICES)
        beat = EPOCH + offset + ((after - EPOCH - offset) // HEARTBEAT + 1) * HEARTBEAT
        while beat <= until:
            failed = failure(pretend, device, beat)
            if failed is None or failed.kind != "offline":
                messages.append(_heartbeat(pretend, device, beat, failed))
            beat += HEARTBEAT
    return sorted(messages, key=lambda message: message.at)


def connected(pretend: Pretend, device: str, at: datetime) -> bool:
    """Whether the device has a connection at a moment."""
    failed = failure(pretend, device, at)
    return failed is None or failed.kind != "offline"


def retained_state(pretend: Pretend, device: str, at: datetime) -> SimulatedMessage:
    """The retained word on whether a device is connected, as of a moment: said again whenever its client connects."""
    block = _block(device, at)
    found = _failure_of_block(pretend, device, block)
    if found is not None and found.kind == "offline" and found.begins <= at < found.ends:
        return _word(device, found.begins, online=False, reason=found.code)
    # Since when it has been connected: the end of its last failure, else the beginning of its block.
    since = _first(device) + block * BLOCK
    if found is not None and found.kind == "offline" and found.ends <= at:
        since = found.ends
    return _word(device, since, online=True, reason="connected")


def _said(device: str, at: datetime) -> dict[str, object]:
    network = ("4g", "4g", "wifi", "lan")[_number(device) % 4]
    return {"ts": seconds(at), "area": device[:7].upper(), "net": network}


def _word(device: str, at: datetime, *, online: bool, reason: str) -> SimulatedMessage:
    content = {**_said(device, at), "online": online, "reason": reason}
    return SimulatedMessage(at, SYSTEM, "", encoded(content), f"loa/{device}/online", retain=True)


def _heartbeat(pretend: Pretend, device: str, at: datetime, failed: Failure | None) -> SimulatedMessage:
    chance = pretend.chance("heartbeat", device, at)
    contact = person(pretend.chance("contact", device))
    spans = (_played(pretend, one, device) for one in broadcasts(pretend, local_day(at)))
    playing = any(begins <= at < ends for begins, ends in spans)
    content = {
        **_said(device, at),
        "state": "error" if failed else "playing" if playing else "idle",
        "vol": 40 + 5 * (_number(device) % 9),
        "rssi": -60 - chance.randrange(30),
        "fw": "2.4.1",
        "contact": contact.name,
        "contact_phone": contact.phone,
        "mac": "02:00:00:{:02x}:{:02x}:{:02x}".format(*(chance.randrange(256) for _ in range(3))),
    }
    return SimulatedMessage(at, SYSTEM, "", encoded(content), f"loa/{device}/status")


def _failing(pretend: Pretend, device: str, day: date) -> Iterator[SimulatedMessage]:
    """The beginning and end of failures on one local day."""
    start = ward_moment(day, time())
    for block in {_block(device, start), _block(device, start + timedelta(days=1))}:
        failed = _failure_of_block(pretend, device, block)
        if failed is None:
            continue
        for at, begins in ((failed.begins, True), (failed.ends, False)):
            if local_day(at) != day:
                continue
            if failed.kind == "offline":
                yield _word(device, at, online=not begins, reason=failed.code if begins else "connected")
            else:
                severity = "critical" if failed.code == "amplifier" else "warning"
                content = {**_said(device, at), "code": failed.code, "severity": severity, "active": begins}
                yield SimulatedMessage(at, SYSTEM, "", encoded(content), f"loa/{device}/fault")


def _broadcasting(pretend: Pretend, day: date) -> Iterator[SimulatedMessage]:
    for one in broadcasts(pretend, day):
        editor = person(pretend.chance("editor", one.id))

        def planned(
            event: str, at: datetime, one: PlannedBroadcast = one, author: str = editor.name
        ) -> SimulatedMessage:
            content = {
                "event": event,
                "ts": seconds(at),
                "type": one.type,
                "source": one.source,
                "start": seconds(one.starts),
                "duration_s": one.length // timedelta(seconds=1),
                "targets": len(DEVICES),
                "author": author,
            }
            return SimulatedMessage(at, SYSTEM, "", encoded(content), f"loa/schedule/{one.id}", retain=True)

        yield planned("created", one.issued)
        if one.called_off:
            yield planned("cancelled", one.starts - timedelta(minutes=30))
            continue
        for device in DEVICES:
            yield from _broadcast(pretend, one, device, editor.name)


def _begins(pretend: Pretend, one: PlannedBroadcast, device: str) -> datetime:
    """When the device begins to play: an emergency takes a while to be heard, the longer where the network is weak."""
    chance = pretend.chance("begin", one.id, device)
    if one.type != "khan_cap":
        return one.starts + timedelta(milliseconds=chance.randrange(200, 4000))
    late = chance.uniform(60, 110) if chance.random() < 0.03 else chance.triangular(1, 50, 8)
    return one.starts + timedelta(milliseconds=round(1000 * late))


@lru_cache(maxsize=2000)
def _played(pretend: Pretend, one: PlannedBroadcast, device: str) -> tuple[datetime, datetime]:
    """From when to when the device plays, if nothing but the stream fails; nothing, when it cannot begin."""
    begins = _begins(pretend, one, device)
    if one.called_off or failure(pretend, device, begins) is not None:
        return begins, begins
    chance = pretend.chance("broadcast", one.id, device)
    length = one.length // timedelta(seconds=1)
    return begins, begins + timedelta(
        seconds=int(length * chance.uniform(0.1, 0.9)) if chance.random() < 0.008 else length
    )


def _broadcast(pretend: Pretend, one: PlannedBroadcast, device: str, editor: str) -> Iterator[SimulatedMessage]:
    begins, ends = _played(pretend, one, device)
    bulletin = {"id": f"BT-{one.id[3:]}", "type": one.type, "issued": seconds(one.issued)}
    told = {
        "broadcast_id": f"{one.id}-{device}",
        "schedule_id": one.id,
        "bulletin": {**bulletin, "title": "Thông báo của phường", "author": editor},
    }

    def said(event: str, at: datetime, **more: object) -> SimulatedMessage:
        content = {**_said(device, at), "event": event, **told, **more}
        return SimulatedMessage(at, SYSTEM, "", encoded(content), f"loa/{device}/broadcast")

    if (failed := failure(pretend, device, begins)) is not None:
        yield said("failed", begins, played_s=0, error="offline" if failed.kind == "offline" else failed.code)
        return
    yield said("started", begins)
    played = (ends - begins) // timedelta(seconds=1)
    if not connected(pretend, device, ends):
        yield said("failed", ends, played_s=0, error="offline")
    elif ends - begins < one.length:
        yield said("failed", ends, played_s=played, error="stream_lost")
    else:
        yield said("completed", ends, played_s=played)
