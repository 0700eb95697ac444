"""Decoder: records become events in slots, by classes that are generated from the event types' models.

The pydantic models are the only declaration. Of each, a msgspec class with the same fields is made, which checks names, types, listed
values and ranges of numbers while it reads the bytes. What it cannot check is checked here: the range of times, and the rules of texts.
Those are asked of pydantic, once for each text, as long as it is remembered.

The decoder refuses nothing. A record that it does not take is for pydantic to judge, which is slower and says why.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Union, cast, get_args, get_origin

import msgspec
from annotated_types import Ge, Le, Len, Lt
from msgspec.structs import force_setattr
from pydantic import AllowInfNan, AwareDatetime, BaseModel, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ingest.contract.clock import milliseconds
from ingest.contract.event import Event
from ingest.contract.quantity import EARLIEST, LATEST

MOST_TEXTS = 16_384
"""Texts of one kind that are remembered as good; of more, all are forgotten."""

_EARLIEST_MS, _LATEST_MS = milliseconds(EARLIEST), milliseconds(LATEST)
_MICROSECOND = timedelta(microseconds=1)

_MADE_ID = re.compile(r"[0-9a-f]{32}")
"""An id made of a natural key (`Event.natural_id`): whatever its digits, it keeps all rules of `EventId`."""

_FINER = re.compile(rb"\.[0-9]{7}[0-9]*[-+Zz]")
"""A time that is finer than a microsecond: pydantic cuts it, msgspec rounds it."""


class DecodedData(msgspec.Struct, frozen=True, gc=False):
    """The fields of an event; a subclass for each event type."""

    stream: ClassVar[str]
    kind: ClassVar[str]


class DecodedEvent(msgspec.Struct, frozen=True, gc=False):
    """`Envelope` in slots, with the same values; a subclass for each event type."""

    type: ClassVar[str]

    specversion: str
    id: str
    source: str
    time: datetime
    subject: str
    dataschema: str
    partitionkey: str
    recordedtime: datetime
    data: Any
    """A `DecodedData`."""
    at_ms: int
    """`time` in milliseconds since 1970, rounded down."""

    @property
    def ward(self) -> str:
        """The ward it belongs to: the partition key."""
        return self.partitionkey


class Decoder:
    """Reads records of all event types.

    Args:
        envelope: the model of envelopes.
        events: the models of events, by CloudEvents type.
        ahead: how far a time may be ahead of the clock of the connector that took the event in.

    Raises:
        TypeError: a model declares something that the decoder cannot do as pydantic does.
    """

    def __init__(self, envelope: type[BaseModel], events: Mapping[str, type[Event]], ahead: timedelta) -> None:
        texts: dict[tuple[Any, ...], _Texts] = {}
        self._fields = tuple(name for name, _ in _of_envelope(envelope))
        self._classes = {type_: _event_class(envelope, type_, model) for type_, model in events.items()}
        self._kept = {self._classes[type_]: _keeps(envelope, model, texts, ahead) for type_, model in events.items()}
        self._json = msgspec.json.Decoder(Union[tuple(self._classes.values())])  # noqa: UP007

    def read(self, records: Sequence[bytes], latest: datetime) -> tuple[list[DecodedEvent | None], list[int]]:
        """Read a batch.

        Args:
            records: values of Kafka records.
            latest: the last time at which an event may have been taken in.

        Returns:
            For each record its event, or `None`: pydantic has to judge; and the indices of those.
        """
        until = min(latest + _MICROSECOND, LATEST)
        is_plain = _is_plain(b"".join(records))
        parse, kept = self._json.decode, self._kept
        events: list[DecodedEvent | None] = []
        for record in records:
            try:
                event: DecodedEvent = parse(record)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                events.append(None)
                continue
            at_ms = kept[type(event)](event, until)
            if at_ms and (is_plain or _is_plain(record)):
                force_setattr(event, "at_ms", at_ms)
                events.append(event)
            else:
                events.append(None)
        return events, [index for index, event in enumerate(events) if event is None]

    def of(self, envelope: Any) -> DecodedEvent:
        """The same event in slots.

        Args:
            envelope: an `Envelope`, or what has its fields.
        """
        made = self._classes[envelope.type]
        values = {name: getattr(envelope, name) for name in self._fields}
        data_class = made.__annotations__["data"]
        data = data_class(**{name: getattr(envelope.data, name) for name in data_class.__struct_fields__})
        return made(**values, data=data, at_ms=milliseconds(envelope.time))


class _Texts:
    """The texts of one kind that are known to be good."""

    def __init__(self, rules: tuple[Any, ...]) -> None:
        self._validate = TypeAdapter(Annotated[(str, *rules)]).validator.validate_python
        self.known: set[str | None] = {None}
        """`None` is the value of a field that may be absent; of others msgspec does not take it."""

    def allow(self, text: str) -> bool:
        """Whether pydantic takes a text as it is; it is remembered then."""
        if text in self.known:
            return True
        try:
            is_good: bool = self._validate(text) == text
        except ValidationError:
            return False
        if is_good:
            if len(self.known) > MOST_TEXTS:
                self.known.clear()
                self.known.add(None)
            self.known.add(text)
        return is_good


Keeps = Callable[[DecodedEvent, datetime], int]
"""Time in milliseconds of an event that msgspec has read, or 0 if it does not keep the other rules; asked with the first time at which it
cannot have been taken in."""


class _Field(NamedTuple):
    """A field as msgspec reads it, and what is left to check."""

    type_: Any
    rules: tuple[Any, ...] = ()
    """Of a text, or of the texts of a list: what pydantic asks of it."""
    is_moment: bool = False
    is_list: bool = False


def _is_plain(record: bytes) -> bool:
    """Whether msgspec reads the times of a record as pydantic does; with escapes they could be written in many ways."""
    return b"\\" not in record and _FINER.search(record) is None


def _event_class(envelope: type[BaseModel], type_: str, model: type[Event]) -> type[DecodedEvent]:
    data = msgspec.defstruct(
        f"Decoded{model.__name__}",
        _members(model, model.model_fields),
        bases=(DecodedData,),
        namespace={"stream": model.stream, "kind": model.kind},
        forbid_unknown_fields=True,
        frozen=True,
        gc=False,
        kw_only=True,
    )
    members = _members(envelope, [name for name, _ in _of_envelope(envelope)])
    # `at_ms` is never read: a record that has such a field fails its range or is found by its value.
    own: list[Any] = [("data", data), ("at_ms", Annotated[int, msgspec.Meta(ge=1)], 0)]
    made: Any = msgspec.defstruct(
        f"Decoded{model.__name__}Event",
        [*members, *own],
        bases=(DecodedEvent,),
        namespace={"type": type_},
        tag_field="type",
        tag=type_,
        forbid_unknown_fields=True,
        frozen=True,
        gc=False,
        kw_only=True,
    )
    return cast("type[DecodedEvent]", made)


def _of_envelope(envelope: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    """The fields of the envelope that are the same for all event types."""
    return [(name, field) for name, field in envelope.model_fields.items() if name not in ("type", "data")]


def _members(model: type[BaseModel], names: Iterable[str]) -> list[Any]:
    decorators = model.__pydantic_decorators__
    if any(getattr(decorators, one.name) for one in fields(decorators)):
        raise TypeError(f"{model.__name__} has validators or serializers of its own")
    if model.model_config.keys() - {"frozen", "extra", "defer_build"}:
        raise TypeError(f"{model.__name__} is configured in a way that the decoder does not know")
    declared = [(name, model.model_fields[name]) for name in names]
    return [(name, _field(one).type_, *(() if one.is_required() else (one.get_default(),))) for name, one in declared]


def _keeps(
    envelope: type[BaseModel], model: type[Event], known: dict[tuple[Any, ...], _Texts], ahead: timedelta
) -> Keeps:
    """The function that checks events of one type; it is written out, because a loop over the fields takes three times as long."""
    parts = [(f"event.{name}", _field(field)) for name, field in _of_envelope(envelope)]
    parts += [(f"data.{name}", _field(field)) for name, field in model.model_fields.items()]
    moments = [place for place, field in parts if field.is_moment and place not in ("event.time", "event.recordedtime")]
    texts = [
        (place, field, known.setdefault(field.rules, _Texts(field.rules))) for place, field in parts if field.rules
    ]
    names: dict[str, Any] = {
        "earliest": EARLIEST,
        "last": LATEST,
        "ahead": ahead,
        "is_made": _MADE_ID.fullmatch,
        "milliseconds": milliseconds,
    }
    # Most events name their own time twice.
    tests = [f"({place} == at or {place} is None or earliest <= {place} < last)" for place in moments]
    for number, (place, field, kind) in enumerate(texts):
        names |= {f"known{number}": kind.known, f"allow{number}": kind.allow}
        if field.is_list:
            tests.append(f"all(map(allow{number}, {place}))")
        elif place == "event.id":
            tests.append(f"(is_made({place}) or allow{number}({place}))")
        else:
            tests.append(f"({place} in known{number} or allow{number}({place}))")
    source = f"""
def keeps(event, until):
    data, at, recorded = event.data, event.time, event.recordedtime
    if (
        not event.at_ms
        and (earliest <= at <= recorded < until or earliest <= recorded < until and recorded < at < last and at - recorded <= ahead)
        and {" and ".join(tests)}
    ):
        return milliseconds(at)
    return 0
"""
    exec(source, names)  # noqa: S102  (names of declared fields, and nothing that came from outside)
    made: Keeps = names["keeps"]
    return made


def _field(about: FieldInfo) -> _Field:
    """How a field is read.

    Raises:
        TypeError: it declares something that this does not know.
    """
    if about.alias or about.validation_alias or about.default_factory:
        raise TypeError(f"{about}: neither aliases nor default factories are known here")
    return _typed(about.annotation, tuple(about.metadata))


def _typed(annotation: Any, rules: tuple[Any, ...]) -> _Field:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _typed(inner, (*_flat(more), *rules))
    if origin in (Union, UnionType) and not rules:
        inner, *others = [part for part in get_args(annotation) if part is not NoneType]
        field = _typed(inner, ())
        if not field.is_list and not others:
            return field._replace(type_=field.type_ | None)
    if annotation is str and any(isinstance(rule, StringConstraints) for rule in rules):
        return _Field(str, rules)
    if annotation is AwareDatetime and set(rules) == {Ge(EARLIEST), Lt(LATEST)}:
        return _Field(Annotated[datetime, msgspec.Meta(tz=True)], is_moment=True)
    if annotation in (int, float):
        return _Field(_number(annotation, rules))
    if origin is list and len(rules) == 1 and isinstance(length := rules[0], Len):
        inside = _typed(get_args(annotation)[0], ())
        bounds = msgspec.Meta(min_length=length.min_length, max_length=length.max_length)
        if inside.type_ is str:
            return _Field(Annotated[list[str], bounds], inside.rules, is_list=True)
    if (origin is Literal or annotation is bool) and not rules:
        return _Field(annotation)
    raise TypeError(f"the decoder does not know {annotation} with {rules}")


def _number(type_: type[float], rules: tuple[Any, ...]) -> Any:
    """A number within its range."""
    bounds: dict[str, Any] = {}
    for rule in rules:
        if isinstance(rule, Ge):
            bounds["ge"] = rule.ge
        elif isinstance(rule, Le):
            bounds["le"] = rule.le
        elif rule != AllowInfNan(False):  # JSON as msgspec reads it has neither
            raise TypeError(f"the decoder does not know a number with {rule}")
    return Annotated[type_, msgspec.Meta(**bounds)]


def _flat(rules: Iterable[Any]) -> Iterator[Any]:
    for rule in rules:
        yield from rule.metadata if isinstance(rule, FieldInfo) else (rule,)
