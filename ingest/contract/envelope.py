"""Envelope: an event on the wire, as CloudEvents 1.0 JSON in structured mode.

`encode` is strict and is what connectors produce; `decode` is lenient (unknown fields are ignored and counted) and is what the
fold reads. A whole batch is validated in one call; only when that fails is each event tried alone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, create_model

from ingest.contract.code import PERSONAL_DATA, EventId, Reference
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.quantity import LATEST, Moment
from ingest.untrusted.personal_fields import looks_personal

FUTURE_LIMIT = timedelta(minutes=5)
"""How far ahead of the connector's clock an event may claim to be."""

AHEAD_LIMIT = timedelta(days=45)
"""How far ahead of the reader's clock the connector's own may be: a reader closes every minute until then."""

WardName = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=r"^[a-z0-9][a-z0-9-]*$")]
"""A ward, as in `IngestSettings.ward`."""

SourceName = Annotated[str, StringConstraints(min_length=2, max_length=200, pattern=r"^/[A-Za-z0-9._/-]+$")]
"""A CloudEvents source, `/<ward>/<system>/<connector>`."""

SchemaName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[a-z0-9._:-]+$")]
"""Name of an event type's schema, `urn:ward-ioc:<stream>:<kind>:v1`."""


class Envelope(BaseModel):
    """An event with its id, source and times; one subclass an event type, made from the declarations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: Literal["1.0"] = "1.0"
    id: EventId
    source: SourceName
    type: str
    time: Moment
    subject: Reference
    dataschema: SchemaName
    partitionkey: WardName
    recordedtime: Moment
    data: Any

    @property
    def ward(self) -> str:
        """The ward it belongs to: the partition key."""
        return self.partitionkey


class Decoded(NamedTuple):
    """What became of a batch."""

    events: list[Envelope | InvalidEvent]
    """One entry a record, in order."""
    unknown_fields: int
    """How many events carried a field that this version does not know."""


def envelope(event: Event, *, ward: str, source: str, recorded_at: datetime, id: str | None = None) -> Envelope:
    """Wrap an event for the wire.

    Args:
        event: what happened.
        ward: the ward it belongs to.
        source: CloudEvents source, `/<ward>/<system>/<instance>`.
        recorded_at: when the connector took it in.
        id: the source's own id; without one, a hash of the natural key.

    Raises:
        InvalidEvent: it claims to be more than five minutes in the future (`time_in_future`).
    """
    check_time(event.occurred_at, recorded_at)
    return _envelope_of(event.type())(
        id=id or event.natural_id(source),
        source=source,
        type=event.type(),
        time=event.occurred_at,
        subject=event.subject,
        dataschema=f"urn:ward-ioc:{event.stream}:{event.kind}:v1",
        partitionkey=ward,
        recordedtime=recorded_at,
        data=event,
    )


def encode(wrapped: Envelope) -> bytes:
    """The bytes of a Kafka record's value."""
    return wrapped.model_dump_json(exclude_none=True).encode()


def decode(records: Sequence[bytes], now: datetime | None = None) -> Decoded:
    """Validate a batch of records.

    No value is taken for one of another type (`"12"` or `true` for a number): SQL reads the same record, and by its own rules.

    Args:
        records: values of Kafka records.
        now: the present by the reader's clock, where it has to be asked; `None`: what a connector's clock said is believed.

    Returns:
        One envelope or `InvalidEvent` a record, in order. Reasons: `not_json`, `unknown_type`, `invalid_field`, `personal_data`,
        `time_in_future`.
    """
    latest = LATEST if now is None else now + AHEAD_LIMIT
    try:
        batch = _batch().validate_json(b"[" + b",".join(records) + b"]", strict=True)
        if len(batch) == len(records):
            return Decoded([_in_time(one, latest) for one in batch], 0)
    except ValidationError:
        pass  # at least one is bad or newer than this code: judge them one by one
    decoded = [_decode_one(record, latest) for record in records]
    return Decoded([one for one, _ in decoded], sum(unknown for _, unknown in decoded))


def decode_stored(records: Sequence[bytes]) -> list[Envelope | InvalidEvent]:
    """Read a batch of records that were accepted once, perhaps by an earlier version, whose codes had fewer rules.

    What was counted stays counted: a code is taken as it was. Numbers and times have today's ranges, since no figure can hold others.

    Args:
        records: values of Kafka records that are stored.

    Returns:
        One envelope or `InvalidEvent` a record, in order.
    """
    found = decode(records).events
    return [
        _older(record, one) if isinstance(one, InvalidEvent) else one
        for one, record in zip(found, records, strict=True)
    ]


def check_time(occurred_at: datetime, recorded_at: datetime) -> None:
    """Refuse a time that is further ahead than clocks may differ.

    Raises:
        InvalidEvent: reason `time_in_future`.
    """
    if occurred_at - recorded_at > FUTURE_LIMIT:
        raise InvalidEvent(
            "time_in_future", f"it says {occurred_at.isoformat()}, taken in at {recorded_at.isoformat()}"
        )


def invalid_event(error: ValidationError) -> InvalidEvent:
    """Our error for pydantic's: names the fields and the rules they break, never the values."""
    faults = error.errors(include_url=False, include_context=False)
    kinds = {fault["type"] for fault in faults}
    if "json_invalid" in kinds:
        return InvalidEvent("not_json", faults[0]["msg"])
    if kinds & {"union_tag_invalid", "union_tag_not_found"}:
        return InvalidEvent("unknown_type", "the type is not one of the declared event types")
    # A field that is not ours bears a name that its sender has chosen, which is nobody's business here.
    ours = [fault for fault in faults if fault["type"] != "extra_forbidden"]
    personal = [fault for fault in ours if fault["type"] == PERSONAL_DATA or _is_personal(fault["input"])]
    named = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in (personal or ours)[:5]
    )
    if personal:
        return InvalidEvent(PERSONAL_DATA, named)
    # Only times have a bound that they may not reach; see `quantity`.
    is_late = any(fault["type"] == "less_than" for fault in ours)
    return InvalidEvent("time_in_future" if is_late else "invalid_field", named or "a field that is not known")


def _is_personal(value: object) -> bool:
    return isinstance(value, str) and looks_personal(value)


def _decode_one(record: bytes, latest: datetime) -> tuple[Envelope | InvalidEvent, bool]:
    """The envelope or why there is none, and whether it carried unknown fields."""
    try:
        return _in_time(_one().validate_json(record, strict=True), latest), False
    except ValidationError as error:
        if any(fault["type"] != "extra_forbidden" for fault in error.errors(include_url=False)):
            return invalid_event(error), False
    return _in_time(_one().validate_json(record, strict=True, extra="ignore"), latest), True


def _in_time(wrapped: Envelope, latest: datetime) -> Envelope | InvalidEvent:
    """The envelope, unless it was ahead of the clock of the connector that took it in, or that one far ahead of the reader's."""
    if wrapped.recordedtime > latest:
        return InvalidEvent("time_in_future", f"it says that it was taken in {wrapped.recordedtime.isoformat()}")
    if wrapped.time - wrapped.recordedtime > FUTURE_LIMIT:
        return InvalidEvent(
            "time_in_future", f"it says {wrapped.time.isoformat()}, taken in {wrapped.recordedtime.isoformat()}"
        )
    return wrapped


@cache
def _envelope_of(type_: str) -> type[Envelope]:
    """The envelope class of one event type."""
    event = event_types()[type_]
    only: Any = Literal[type_]
    return create_model(f"Envelope_{event.__name__}", __base__=Envelope, type=(only, ...), data=(event, ...))


@cache
def _one() -> TypeAdapter[Any]:
    union: Any = None
    for type_ in event_types():
        union = _envelope_of(type_) if union is None else union | _envelope_of(type_)
    return TypeAdapter(Annotated[union, Field(discriminator="type")])


@cache
def _batch() -> TypeAdapter[Any]:
    union: Any = None
    for type_ in event_types():
        union = _envelope_of(type_) if union is None else union | _envelope_of(type_)
    return TypeAdapter(list[Annotated[union, Field(discriminator="type")]])


def _older(record: bytes, fault: InvalidEvent) -> Envelope | InvalidEvent:
    """An event whose codes need only be what every version took for one; else why it is none today."""
    try:
        kind = event_types()[_Typed.model_validate_json(record).type]
        loose = _loose(kind).validate_json(record, extra="ignore")
    except (ValidationError, KeyError):
        return fault
    data = kind.model_construct(**{name: getattr(loose.data, name) for name in kind.model_fields})
    rest = {name: getattr(loose, name) for name in Envelope.model_fields if name != "data"}
    return _in_time(_envelope_of(kind.type()).model_construct(**rest, data=data), LATEST)


class _Typed(BaseModel):
    type: str


_ANY_CODE = StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")


@cache
def _loose(kind: type[Event]) -> TypeAdapter[Any]:
    """The envelope of an event type in which every text is any code."""
    data = _loosened(f"Loose_{kind.__name__}", kind)
    base = _loosened("Loose_envelope", Envelope)
    return TypeAdapter(create_model(f"Loose_envelope_{kind.__name__}", __base__=base, data=(data, ...)))


def _loosened(name: str, model: type[BaseModel]) -> Any:
    """A model of the same fields, in which every text is any code."""
    fields: dict[str, Any] = {
        field: (_loose_kind(about.annotation, about.metadata), about.default if not about.is_required() else ...)
        for field, about in model.model_fields.items()
    }
    return create_model(name, __config__=ConfigDict(frozen=True), **fields)


def _loose_kind(annotation: Any, asked: Sequence[Any] = ()) -> Any:
    if annotation is str:
        return Annotated[str, _ANY_CODE]
    parts = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _loose_kind(parts[0], parts[1:])
    if get_origin(annotation) is list:
        annotation = list[_loose_kind(parts[0])]  # type: ignore[misc]
    elif get_origin(annotation) in (Union, UnionType):
        annotation = Union[tuple(map(_loose_kind, parts))]  # noqa: UP007
    for one in asked:
        annotation = Annotated[annotation, one]
    return annotation
