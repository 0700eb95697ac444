"""Events made at random from the declared models: every type, few keys, plausible and implausible orders."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from ingest.envelope import Envelope, envelope
from ingest.event import Event
from ingest.events import event_types

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""08:00 of a Friday in the ward."""

WARDS = ("hong-bang", "le-chan")


def events(
    seed: int,
    count: int,
    kinds: Sequence[type[Event]] | None = None,
    spread: timedelta = timedelta(days=4),
    keys: int = 25,
) -> list[Envelope]:
    """Random envelopes in the order of their times.

    Args:
        seed: the same seed gives the same events.
        count: how many.
        kinds: event types to choose from; all when `None`.
        spread: over how long they happen.
        keys: how many entities of each kind they are about.
    """
    random = Random(seed)
    types = list(kinds or event_types().values())
    made = [_event(random, random.choice(types), START + spread * random.random(), keys) for _ in range(count)]
    made.sort(key=lambda event: event.occurred_at)
    return [
        envelope(
            event,
            ward=random.choice(WARDS),
            source=f"/test/{event.stream}",
            recorded_at=event.occurred_at,
            id=f"{seed}-{number}",
        )
        for number, event in enumerate(made)
    ]


def _event(random: Random, kind: type[Event], at: datetime, keys: int) -> Event:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        if name == kind.occurred:
            values[name] = at
        elif name == kind.about:
            values[name] = f"{kind.about[:3]}-{random.randrange(keys)}"
        elif not field.is_required() and random.random() < 0.3:
            continue
        else:
            values[name] = _value(random, name, field.annotation, at)
    return kind.model_validate(values)


def _value(random: Random, name: str, annotation: Any, at: datetime) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _value(random, name, get_args(annotation)[0], at)
    if origin is Literal:
        return random.choice(get_args(annotation))
    if origin in (Union, UnionType):
        return _value(random, name, next(part for part in get_args(annotation) if part is not type(None)), at)
    if getattr(annotation, "__name__", "") == "AwareDatetime":
        return at + timedelta(minutes=random.randrange(-2000, 4000))
    if annotation is bool:
        return random.random() < 0.5
    if annotation is int:
        return {"rating": 3, "score": 3, "volume": 50, "signal": -70}.get(name, random.randrange(4))
    if annotation is float:
        return round(random.random(), 3)
    if origin is list:
        return ["due_at"]
    if name == "local_date":
        return at.date().isoformat()
    if name == "sha256":
        return "0" * 64
    return f"{name[:4]}-{random.randrange(4)}"
