"""Frigate: what the pretend recorder and its 42 cameras say over MQTT, in the shape of Frigate 0.17.

Traffic is played minute by minute, so any stretch of time can be asked about. It follows the hours of the day; people,
plates and faces are in the messages as they are in real ones. Two or three times a week a camera has no picture for some hours.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from random import Random

from connectors.simulator.message import SimulatedMessage, encoded, seconds
from connectors.simulator.systems.hall import simulate_hall
from connectors.simulator.systems.people import person
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day

SYSTEM = "frigate"
MINUTE = timedelta(minutes=1)
STATUS = timedelta(minutes=5)
"""How often each camera's status is repeated; the real Frigate's pause for it is a setting."""
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
FAULT_BLOCK = timedelta(hours=8)
FAULTS = 0.12
"""In how many of these blocks a camera fails."""

TIMED = frozenset({"frigate/events", "frigate/reviews"})
"""Topics whose messages say themselves when it happened."""

ROADS = tuple(f"tdp{5 * n + 3:03}-nga-tu-{n:02}" for n in range(1, 13)) + tuple(
    f"tdp{7 * n % 70 or 70:03}-duong-{n:02}" for n in range(1, 19)
)
PLACES = (
    "tdp011-cho-01", "tdp024-cho-02", "tdp052-cho-03", "tdp030-cong-vien-01", "tdp045-cong-vien-02", "cong-vien-03",
    "tdp036-ubnd-01", "tdp036-ubnd-02", "tdp036-ubnd-03", "tdp036-ubnd-04", "tdp017-truong-hoc-01", "tdp061-truong-hoc-02",
)  # fmt: skip
CAMERAS = ROADS + PLACES
"""Named after the residential group in which they stand; the one that stands between two groups is named after none."""
HALL = "sanh_mot_cua"
"""Zone before the counters, in the picture of `tdp036-ubnd-01`."""

WATCHED = (
    ("tdp036-ubnd-02", "cam_cong_sau", "person"),
    ("tdp017-truong-hoc-01", "cam_hang_rao", "person"),
    ("tdp045-cong-vien-02", "lang_vang_ho_nuoc", "person"),
    ("tdp011-cho-01", "do_vat_cong_cho", "person"),
    ("tdp024-cho-02", "dam_dong_san_cho", "person"),
    ("tdp018-nga-tu-03", "un_tac_lan_trai", "car"),
)
"""Zones where something has to be looked at: camera, zone, what it is about."""

PER_HOUR = (
    160, 110, 90, 90, 150, 420, 1250, 1900, 1700, 1350, 1250, 1450,
    1150, 1250, 1300, 1350, 1650, 2050, 1750, 1250, 950, 700, 450, 260,
)  # fmt: skip
"""Objects that pass all cameras together, by local hour."""

LABELS = (("motorcycle", 0.60), ("car", 0.21), ("person", 0.09), ("bicycle", 0.05), ("truck", 0.035), ("bus", 0.015))


def frigate_messages(pretend: Pretend, after: datetime, until: datetime) -> list[SimulatedMessage]:
    """All that Frigate says in (after, until], in order."""
    minute = after.replace(second=0, microsecond=0) - MINUTE
    messages: list[SimulatedMessage] = []
    while minute <= until:
        messages += minute_messages(pretend, minute)
        minute += MINUTE
    messages += statuses(pretend, after, until)
    return sorted((message for message in messages if after < message.at <= until), key=lambda message: message.at)


def statuses(pretend: Pretend, after: datetime, until: datetime) -> Iterator[SimulatedMessage]:
    """The cameras' status in (after, until]: each repeated every few minutes, and at once when it changes."""
    for n, camera in enumerate(CAMERAS):
        offset = n * STATUS / len(CAMERAS)
        at = EPOCH + offset + ((after - EPOCH - offset) // STATUS + 1) * STATUS
        while at <= until:
            yield status(pretend, camera, at)
            at += STATUS
    for block in range((after - EPOCH) // FAULT_BLOCK, (until - EPOCH) // FAULT_BLOCK + 1):
        camera, begins, ends = _fault(pretend, block)
        yield from (status(pretend, camera, at) for at in (begins, ends) if after < at <= until)


def status(pretend: Pretend, camera: str, at: datetime) -> SimulatedMessage:
    """What Frigate says of one camera's picture at a moment."""
    word = b"offline" if without_picture(pretend, camera, at) else b"online"
    return SimulatedMessage(at, SYSTEM, "", word, f"frigate/{camera}/status/detect")


def without_picture(pretend: Pretend, camera: str, at: datetime) -> bool:
    """Whether a camera has no picture at a moment."""
    failing, begins, ends = _fault(pretend, (at - EPOCH) // FAULT_BLOCK)
    return camera == failing and begins <= at < ends


@lru_cache(maxsize=100)
def _fault(pretend: Pretend, block: int) -> tuple[str, datetime, datetime]:
    """The camera that fails in a block of time, from when to when; mostly for no time at all."""
    chance = pretend.chance("camera fault", block)
    length = timedelta(hours=chance.uniform(3, 7.9))
    begins = EPOCH + block * FAULT_BLOCK + chance.random() * (FAULT_BLOCK - length)
    return chance.choice(CAMERAS), begins, begins + (length if chance.random() < FAULTS else timedelta())


@lru_cache(maxsize=30)
def minute_messages(pretend: Pretend, minute: datetime) -> tuple[SimulatedMessage, ...]:
    """What begins in one minute, to its end; objects stay less than a minute."""
    chance = pretend.chance("traffic", minute)
    hour = (minute.hour + 7) % 24
    messages: list[SimulatedMessage] = []
    mean = PER_HOUR[hour] / 60
    for _ in range(max(0, round(chance.gauss(mean, mean**0.5)))):
        begins = minute + timedelta(milliseconds=chance.randrange(60_000))
        camera = chance.choices(CAMERAS, [3] * 12 + [2] * 18 + [1] * 12)[0]
        if not without_picture(pretend, camera, begins):
            messages += _object(chance, camera, begins)
    messages += reviews(pretend, minute)
    if pretend.calendar.is_working_day(local_day(minute)):
        messages += _occupancy(pretend, minute)
    return tuple(messages)


def _object(chance: Random, camera: str, begins: datetime) -> Iterator[SimulatedMessage]:
    """One object that passes a camera: seen, entering the line's zone, gone."""
    label = chance.choices([name for name, _ in LABELS], [share for _, share in LABELS])[0]
    zone = f"vach_{camera}_{chance.choice(('vao', 'ra'))}" if chance.random() < 0.93 else None
    id_ = f"{seconds(begins):.6f}-{''.join(chance.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=6))}"
    stay = timedelta(seconds=chance.uniform(4, 35))
    seen = _tracked(chance, id_, camera, label, begins)
    entered = {**seen, "current_zones": [zone], "entered_zones": [zone]} if zone else seen
    gone = {**entered, "current_zones": [], "end_time": seconds(begins + stay)}
    at = begins + timedelta(seconds=0.6)
    yield _event("new", at, {**seen, "false_positive": True}, seen)
    if zone:
        at = begins + stay * chance.uniform(0.3, 0.7) + timedelta(seconds=0.7)
        yield _event("update", at, seen, {**entered, "frame_time": seconds(at)})
    end = begins + stay + timedelta(seconds=1)
    yield _event("end", end, entered, {**gone, "frame_time": seconds(end)})


def _tracked(chance: Random, id_: str, camera: str, label: str, begins: datetime) -> dict[str, object]:
    left, top = chance.randrange(1200), chance.randrange(600)
    score = round(chance.uniform(0.66, 0.97), 4)
    box = [left, top, left + chance.randrange(40, 200), top + chance.randrange(40, 200)]
    plate = f"15A-{chance.randrange(10000, 99999)}" if label in ("car", "truck", "bus", "motorcycle") else None
    return {
        "id": id_,
        "camera": camera,
        "frame_time": seconds(begins),
        "label": label,
        "sub_label": [person(chance).name, 0.83] if label == "person" and chance.random() < 0.2 else None,
        "score": score,
        "top_score": score,
        "false_positive": False,
        "start_time": seconds(begins),
        "end_time": None,
        "box": box,
        "area": (box[2] - box[0]) * (box[3] - box[1]),
        "ratio": 1.2,
        "region": [0, 0, 640, 640],
        "current_zones": [],
        "entered_zones": [],
        "has_snapshot": True,
        "has_clip": False,
        "thumbnail": None,
        "stationary": False,
        "motionless_count": 0,
        "position_changes": 1,
        "attributes": {"face": 0.7} if label == "person" else {},
        "active": True,
        "current_estimated_speed": 0,
        "average_estimated_speed": 0,
        "velocity_angle": 0,
        "recognized_license_plate": plate,
        "recognized_license_plate_score": 0.9 if plate else None,
        "snapshot": {"frame_time": seconds(begins), "box": box, "area": 1, "region": [0, 0, 640, 640], "score": score},
    }


def _event(kind: str, at: datetime, before: dict[str, object], after: dict[str, object]) -> SimulatedMessage:
    body = encoded({"before": before, "after": after, "type": kind})
    return SimulatedMessage(at, SYSTEM, "", body, "frigate/events")


def reviews(pretend: Pretend, minute: datetime) -> Iterator[SimulatedMessage]:
    """Something in a watched zone that begins in a minute, now and then: at first a detection, often then an alert, and its end."""
    chance = pretend.chance("review", minute)
    if chance.random() > (0.012 if 6 <= (minute.hour + 7) % 24 < 21 else 0.006):
        return
    camera, zone, label = chance.choice(WATCHED)
    begins = minute + timedelta(seconds=chance.uniform(0, 20))
    id_ = f"{seconds(begins):.6f}-{''.join(chance.choices('abcdefghijklmnopqrstuvwxyz0123456789', k=6))}"
    data = {
        "detections": [id_],
        "objects": [f"{label}-verified" if label == "person" else label],
        "verified_objects": [f"{label}-verified"] if label == "person" else [],
        "sub_labels": [person(chance).name] if label == "person" else [],
        "zones": [zone],
        "audio": [],
        "thumb_time": None,
        "metadata": None,
    }
    first = {
        "id": id_,
        "camera": camera,
        "start_time": seconds(begins),
        "end_time": None,
        "severity": "detection",
        "thumb_path": f"/media/frigate/clips/review/thumb-{camera}-{id_}.webp",
        "data": data,
    }
    now = first
    yield SimulatedMessage(
        begins, SYSTEM, "", encoded({"type": "new", "before": first, "after": first}), "frigate/reviews"
    )
    if chance.random() < 0.45:
        at = begins + timedelta(seconds=chance.uniform(1, 6))
        now = {**first, "severity": "alert"}
        yield SimulatedMessage(
            at, SYSTEM, "", encoded({"type": "update", "before": first, "after": now}), "frigate/reviews"
        )
    ends = begins + timedelta(seconds=chance.uniform(8, 38))
    end = {**now, "end_time": seconds(ends)}
    yield SimulatedMessage(ends, SYSTEM, "", encoded({"type": "end", "before": now, "after": end}), "frigate/reviews")


def _occupancy(pretend: Pretend, minute: datetime) -> Iterator[SimulatedMessage]:
    """How many people are before the counters, every twenty seconds while it changes."""
    for third in range(3):
        at = minute + timedelta(seconds=20 * third)
        count, before = people(pretend, at), people(pretend, at - timedelta(seconds=20))
        if count != before:
            yield SimulatedMessage(at, SYSTEM, "", str(count).encode(), f"frigate/{HALL}/person")


def people(pretend: Pretend, at: datetime) -> int:
    """How many people wait or are served at a moment."""
    return sum(1 for came, left in _visits(pretend, local_day(at)) if came <= at < left)


@lru_cache(maxsize=4)
def _visits(pretend: Pretend, day: date) -> tuple[tuple[datetime, datetime], ...]:
    came: dict[str, datetime] = {}
    left: dict[str, datetime] = {}
    for step in simulate_hall(pretend, day):
        if step.visit is not None:
            came.setdefault(step.visit.number, step.at)
            left[step.visit.number] = step.at
    return tuple((at, left[number]) for number, at in came.items())
