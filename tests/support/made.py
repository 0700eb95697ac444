"""Events made at random from the declared models: every type, few keys, plausible and implausible orders."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, Lt
from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from ingest.contract import code
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from warehouse.catalogue import figure_kinds, indicators
from warehouse.indicators.equipment import LINE

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""08:00 of a Friday in the ward."""

WARDS = ("hong-bang", "le-chan")

FIGURE_KINDS = (*figure_kinds(), *(one.id for one in indicators() if one.baseline))
"""What people enter."""


HAPPENINGS = [kind for kind in event_types().values() if not issubclass(kind, ImportWithdrawn)]
"""The event types that say what happened, and not that others are to count no more."""


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
        kinds: event types to choose from; `HAPPENINGS` when `None`.
        spread: over how long they happen.
        keys: how many entities of each kind they are about.
    """
    random = Random(seed)
    types = list(kinds or HAPPENINGS)
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
            values[name] = code_of(kind, name, random.randrange(keys))
        elif not field.is_required() and random.random() < 0.3:
            continue
        else:
            values[name] = _value(random, kind, name, field.annotation, at)
    return kind.model_validate(values)


def _value(random: Random, kind: type[Event], name: str, annotation: Any, at: datetime) -> Any:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _value(random, kind, name, get_args(annotation)[0], at)
    if origin is Literal:
        return random.choice(get_args(annotation))
    if origin in (Union, UnionType):
        return _value(random, kind, name, next(part for part in get_args(annotation) if part is not type(None)), at)
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
    if name == "kind_code" and kind.stream == "figure":
        return random.choice(FIGURE_KINDS)
    number = random.randrange(4)
    if name == "category" and number == 0:
        return LINE
    return code_of(kind, name, number)


def code_of(kind: type[Event], name: str, number: int) -> str:
    """A code of the kind that a field takes; another number gives another one."""
    made = _CODES.get(str(text_of(kind, name).pattern))
    return made(number) if made else f"{name[:3]}-{number if number < 1_000_000 else _in_letters(number)}"


def _in_letters(number: int) -> str:
    """A number of many digits without any, for it could be a telephone number."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


@cache
def text_of(kind: type[Event], name: str) -> StringConstraints:
    """What the texts of a field have to be like."""
    return next(part for part in parts_of(kind, name) if isinstance(part, StringConstraints))


def parts_of(kind: type[Event], name: str) -> list[Any]:
    """The plain types of a field, and all that is asked of their values."""
    field = kind.model_fields[name]
    return [*_parts(field.annotation), *field.metadata]


def _parts(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Annotated:
        inner, *asked = get_args(annotation)
        yield from _parts(inner)
        yield from asked
    elif get_origin(annotation) in (Union, UnionType, list):
        for part in get_args(annotation):
            yield from _parts(part)
    else:
        yield annotation


def _pattern(kind: Any) -> str:
    pattern = next(part.pattern for part in get_args(kind) if isinstance(part, StringConstraints))
    assert isinstance(pattern, str)
    return pattern


_CODES: dict[str, Callable[[int], str]] = {
    _pattern(code.Pseudonym): lambda number: f"{number:032x}",
    _pattern(code.Digest): lambda number: f"{number:064x}",
    _pattern(code.PeriodCode): lambda number: f"20{10 + number % 90}",
    _pattern(code.AreaCode): lambda number: f"TDP-{number % 1000:03}",
    _pattern(code.ProcedureCode): lambda number: f"1.{number:06}",
    _pattern(code.UnitCode): lambda number: f"H24.{number % 1000}",
    _pattern(code.AccountName): lambda number: f"lan.{number % 1000}",
    _pattern(code.TicketNumber): lambda number: f"A{number:03}",
}
"""Kinds of codes that are not just words, by their pattern."""


def bounds_of(kind: type[Event], name: str) -> tuple[Any, Any] | None:
    """The least and the greatest value of a number or a time; a bound that a time may not reach counts. `None`: it is neither."""
    parts = parts_of(kind, name)
    asked = [one for part in parts for one in (part.metadata if isinstance(part, FieldInfo) else [part])]
    least = next((one.ge for one in asked if isinstance(one, Ge)), None)
    most = next(
        (one.le for one in asked if isinstance(one, Le)), next((one.lt for one in asked if isinstance(one, Lt)), None)
    )
    return None if least is None or most is None else (least, most)
