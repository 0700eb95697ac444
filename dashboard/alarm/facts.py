"""Facts: what the board knows of the system itself, as numbers that rules hold against limits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dashboard.board.page import Scene
from dashboard.words import number, text
from ingest.contract.clock import milliseconds
from ingest.contract.label import Label, Language
from ingest.runtime.restarts import part_label

HOURS = Label("{count} giờ", "{count} hours")


class Fact(NamedTuple):
    """One of them."""

    read: Callable[[Scene], Mapping[str, float] | None]
    """Its value by subject; a subject that is not there has 0. `None`: not known."""
    shown: Callable[[float, Scene], str]
    """How a value is written."""
    name: Callable[[str, Language], str] = text.stream_name
    """What a subject is called."""


def _whole(value: float, scene: Scene) -> str:
    return number.whole(round(value), scene.language)


def _away(scene: Scene) -> Mapping[str, float]:
    since = scene.standing.away_since_ms
    return {"": (scene.now_ms - since) / 1000 if since else 0.0}


def _disk(scene: Scene) -> Mapping[str, float]:
    disk = scene.standing.disk
    return {"": disk.free / disk.reserve if disk else _ROOMY}


_ROOMY = 1000.0
"""Times the reserve: where no disk needs to be looked after."""


def _free(value: float, scene: Scene) -> str:
    disk = scene.standing.disk
    return scene.say(text.FREE, free=number.size(disk.free, scene.language)) if disk else number.NONE


def _stops(scene: Scene) -> Mapping[str, float]:
    return {stop.topic: 1.0 for stop in scene.standing.stops}


def _differences(scene: Scene) -> Mapping[str, float] | None:
    audit = scene.standing.audit
    return {"": float(audit.differences)} if audit else None


def _audit_age(scene: Scene) -> Mapping[str, float] | None:
    audit = scene.standing.audit
    return {"": (scene.now_ms - milliseconds(audit.finished_at)) / 3_600_000} if audit else None


def _hours(value: float, scene: Scene) -> str:
    return scene.say(HOURS, count=_whole(value, scene))


def _letters(scene: Scene) -> Mapping[str, float]:
    return {"": float(scene.standing.letters)}


def _untold(scene: Scene) -> Mapping[str, float]:
    return {way: (scene.now_ms - fault.since_ms) / 60_000 for way, fault in scene.faults.items()}


def _restarts(scene: Scene) -> Mapping[str, float]:
    return {one.part: float(one.count) for one in scene.standing.restarts}


def _part(name: str, language: Language) -> str:
    return part_label(name).text(language)


FACTS: dict[str, Fact] = {
    "warehouse_away": Fact(_away, _whole),
    "disk": Fact(_disk, _free),
    "stream_stopped": Fact(_stops, _whole),
    "audit_differences": Fact(_differences, _whole),
    "audit_age": Fact(_audit_age, _hours),
    "dead_letters": Fact(_letters, _whole),
    "way_fails": Fact(_untold, _whole, text.way_name),
    "restarts": Fact(_restarts, _whole, _part),
}

WITHOUT_WAREHOUSE = frozenset({"warehouse_away", "way_fails", "restarts"})
"""Facts that are known while the warehouse is away."""
