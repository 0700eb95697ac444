"""Mapping: a declaration at work, from a source's message to our events.

It is made once, when a file is read, and everything that can be known without a message is checked then: that expressions are
some, that events and their fields exist, that none is missing, and that what the file itself gives is what the field takes. Before a
message is mapped, everything is taken out of it that no expression names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from connectors.declared.declaration import Declaration, EventRule, FieldRule, InvalidDeclaration
from connectors.declared.expression import Expression, InvalidExpression, Steps, column
from connectors.declared.value import converter, field_kind, field_type, to_text
from ingest.contract.code import AreaCode, Reference
from ingest.contract.connector import Context, Identified, Mapped, ReceivedMessage
from ingest.contract.envelope import invalid_event
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from ingest.contract.personal_fields import PERSONAL, normalise_field_name
from ingest.untrusted.foreign_fields import named_area

MOST_MADE = 1_000
"""Events that one message may become."""

MESSAGE, ITEM, TOPIC, RECEIVED = "_message", "_item", "_topic", "_received_at"
"""What an expression finds beside a message's own fields: for each of a list, the whole message, and the item where it is no
object; for MQTT, the levels of the topic; and when the message came, for sources that tell no time."""

_REFERENCE: TypeAdapter[str] = TypeAdapter(Reference)

Recorder = Callable[[str, str, Any, Any], None]
"""Told of each field: event's kind, field, what was found in the message, and what it became."""


@cache
def declarable_events() -> dict[str, type[Event]]:
    """The events that a declaration may name, by kind: all but those of alarms, of our own processes and of imports."""
    known = [one for one in event_types().values() if not issubclass(one, ImportWithdrawn)]
    return {one.kind: one for one in known if one.stream not in ("alarm", "health") or one.kind.startswith("app.")}


@dataclass(frozen=True)
class _Field:
    """One field of an event, and where it comes from."""

    name: str
    read: Expression | None
    table: Mapping[str, Any] | None
    otherwise: Any
    make: Callable[[Any, Callable[[str], str]], Any]
    is_needed: bool
    given: Any = None

    def value(self, scope: Any, steps: Steps, context: Context, record: Callable[[Any, Any], None]) -> Any:
        """Its value for a message; `None` leaves it out.

        Raises:
            InvalidEvent: there is none, or it is not what the field takes.
        """
        if self.read is None:
            record(None, self.given)
            return self.given
        found = self.read.of(scope, steps)
        try:
            value = self._made(found, context)
        except InvalidEvent as fault:
            raise InvalidEvent(fault.reason, f"{self.name}, from `{self.read.text}`: {fault.detail}") from None
        record(found, value)
        return value

    def _made(self, found: Any, context: Context) -> Any:
        if found is None or (isinstance(found, str) and not found.strip()):
            if self.otherwise is None and self.is_needed:
                raise InvalidEvent("missing_part", "the message does not have it")
            return self.otherwise
        if self.table is None:
            return self.make(found, context.pseudonym)
        value = self.table.get(str(found).lower() if isinstance(found, bool) else to_text(found), self.otherwise)
        if value is None:
            raise InvalidEvent("unknown_code", "the table does not have the source's code: add it there")
        return value


@dataclass(frozen=True)
class _Id:
    """What an event is known by, and where that comes from."""

    parts: tuple[Expression, ...]
    is_kept: bool = False
    is_of_message: bool = False

    def of(self, kind: str, scope: Any, steps: Steps, context: Context) -> str:
        """The id of an event of a kind.

        Raises:
            InvalidEvent: the message does not have it.
        """
        said = [to_text(part) for part in (one.of(scope, steps) for one in self.parts) if part is not None]
        if len(said) < len(self.parts):
            raise InvalidEvent("missing_part", f"id of {kind}: the message does not have all of it")
        if self.is_kept:
            return _kept_id(said[0])
        # A source's own id may hold what leads to a person; and one message may tell several things under one id.
        return context.pseudonym("\x1f".join(said if self.is_of_message else (kind, *said)))


@dataclass(frozen=True)
class _Event:
    """One event of a declaration."""

    type: type[Event]
    when: Expression | None
    id: _Id | None
    fields: tuple[_Field, ...]

    def made(self, scope: Any, steps: Steps, context: Context, record: Recorder) -> Event | Identified:
        """The event of a message.

        Raises:
            InvalidEvent: the message does not make one.
        """
        kind, values = self.type.kind, {}
        for one in self.fields:
            value = one.value(scope, steps, context, lambda found, made, name=one.name: record(kind, name, found, made))  # type: ignore[misc]
            if value is not None:
                values[one.name] = value
        try:
            event = self.type.model_validate(values)
        except ValidationError as error:
            raise self._fault(error) from None
        return Identified(event, self.id.of(kind, scope, steps, context)) if self.id else event

    def _fault(self, error: ValidationError) -> InvalidEvent:
        """Pydantic's error, with the expressions that the fields come from."""
        fault = invalid_event(error)
        wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        read = [f"`{one.read.text}`" for one in self.fields if one.name in wrong and one.read]
        return InvalidEvent(fault.reason, f"{fault.detail} (from {', '.join(read)})" if read else fault.detail)


class DeclaredMapping:
    """The mapping of one declaration.

    Args:
        declaration: which.
        file: its file's name, for errors.

    Raises:
        InvalidDeclaration: it contradicts itself or the events.
    """

    def __init__(self, declaration: Declaration, file: str) -> None:
        checking = _Checking(declaration)
        self._each = checking.expression("each", declaration.each)
        self._ignore = checking.expression("ignore", declaration.ignore)
        self._events = [checking.event(number, rule) for number, rule in enumerate(declaration.events, 1)]
        checking.finish()
        if checking.faults:
            raise InvalidDeclaration(file, checking.faults)
        self.events = tuple(dict.fromkeys(one.type for one in self._events))
        """The event types that may come out."""
        self._is_timed_by_us = RECEIVED in checking.names
        self.reads = frozenset(checking.names - {MESSAGE, ITEM, TOPIC, RECEIVED})
        """The names of all fields that are read."""
        self.coded = frozenset(
            name
            for one in self._events
            for field in one.fields
            if field.read and field.table is not None
            for name in field.read.results
        ) - {MESSAGE, ITEM, TOPIC, RECEIVED}
        """The names of those that are read by a table of codes."""
        self.needs = frozenset(
            name for one in self._events for field in one.fields
            if field.read and field.is_needed and field.otherwise is None and len(field.read.names) == 1
            for name in field.read.names
        )  # fmt: skip
        """The names of those without which no event can be made."""

    def __call__(self, received: ReceivedMessage, context: Context) -> Mapped:
        """The events of one message.

        Raises:
            InvalidEvent: it makes none.
        """
        return self.recorded(received, context, lambda kind, field, found, made: None)

    def recorded(self, received: ReceivedMessage, context: Context, record: Recorder) -> list[Event | Identified]:
        """The events of one message; `record` is told of each field on the way.

        Raises:
            InvalidEvent: it makes none.
        """
        if received.retained and self._is_timed_by_us:
            return []  # a state that the broker remembers, and not a happening of now
        steps = Steps()
        message = _kept(received.payload, self.reads)
        if not isinstance(message, dict | list):
            message = {ITEM: message}
        if isinstance(message, dict):
            message = {**message, TOPIC: received.address.split("/"), RECEIVED: received.received_at.isoformat()}
        if self._ignore and self._ignore.holds(message, steps):
            return []
        made: list[Event | Identified] = []
        for scope in self._scopes(message, steps):
            if self._each and self._ignore and self._ignore.holds(scope, steps):
                continue
            taking = [one for one in self._events if one.when is None or one.when.holds(scope, steps)]
            if not taking:
                raise InvalidEvent("no_mapping", "no event's `when` takes it, and neither does `ignore`")
            made += [one.made(scope, steps, context, record) for one in taking]
            if len(made) > MOST_MADE:
                raise InvalidEvent("too_many_events", f"one message makes more than {MOST_MADE} events")
        _check_ids(made)
        return made

    def _scopes(self, message: Any, steps: Steps) -> Iterator[Any]:
        if self._each is None:
            yield message
            return
        items = self._each.of(message, steps)
        if not isinstance(items, list):
            raise InvalidEvent("missing_part", f"`{self._each.text}` finds no list in the message")
        for item in items:
            steps.take(1)
            yield {**(item if isinstance(item, dict) else {ITEM: item}), MESSAGE: message}


class _Checking:
    """Turns the parts of a declaration into what works, and gathers what is wrong with them."""

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._zone = ZoneInfo(declaration.zone)
        self._personal = PERSONAL | {normalise_field_name(one) for one in declaration.personal}
        self._used: set[str] = set()
        self.names: set[str] = set()
        self.faults: list[Label] = []
        said = declaration.id
        read = self.expression("id", said.expression, hides=not said.is_kept) if said else None
        self._message_id = _Id((read,), said.is_kept, is_of_message=True) if said and read else None

    def expression(self, place: str, text: str | None, *, hides: bool = False) -> Expression | None:
        """An expression; `hides`: a digest stands in for what it finds, which may then be personal."""
        if text is None:
            return None
        try:
            return self._taken(place, Expression(text), hides)
        except InvalidExpression as fault:
            self._fault(place, fault.label.vi, fault.label.en)
            return None

    def _taken(self, place: str, read: Expression, hides: bool) -> Expression:
        self.names |= read.names
        personal = sorted(name for name in read.results if normalise_field_name(name) in self._personal)
        if personal and not hides:
            self._fault(
                place,
                f"đọc dữ liệu cá nhân ({', '.join(personal)}): chỉ được dùng cho id và các trường được thay bằng bí danh",
                f"it reads personal data ({', '.join(personal)}): only ids and fields that become pseudonyms may",
            )
        return read

    def event(self, number: int, rule: EventRule) -> _Event:
        """One event."""
        place = f"events[{number}] {rule.event}"
        known = declarable_events().get(rule.event)
        when = self.expression(f"{place}.when", rule.when)
        named = self._id(place, rule)
        if known is None:
            kinds = ", ".join(declarable_events())
            self._fault(
                place, f"không có loại sự kiện này; các loại có: {kinds}", f"there is no such event; there are {kinds}"
            )
            return _Event(Event, when, None, ())
        rules = {
            name: one for name, one in self._declaration.fields.items() if name in known.model_fields
        } | rule.fields
        self._used |= rules.keys()
        fields = [self._field(f"{place}.fields.{name}", known, name, one) for name, one in rules.items()]
        for name, model in known.model_fields.items():
            if model.is_required() and name not in rules:
                self._fault(
                    f"{place}.fields.{name}",
                    "sự kiện cần trường này: hãy thêm vào",
                    "the event needs this field: add it",
                )
        return _Event(known, when, named, tuple(one for one in fields if one))

    def _id(self, place: str, rule: EventRule) -> _Id | None:
        """What an event is known by: by its own rule, else by the file's."""
        texts = (rule.id,) if isinstance(rule.id, str) else rule.id or ()
        if texts:
            read = [self.expression(f"{place}.id", text, hides=True) for text in texts]
            return _Id(tuple(one for one in read if one))
        return self._message_id

    def finish(self) -> None:
        """See that nothing was declared in vain."""
        for name in sorted(self._declaration.fields.keys() - self._used):
            self._fault(f"fields.{name}", "không sự kiện nào có trường này", "no event has this field")

    def _field(self, place: str, event: type[Event], name: str, rule: FieldRule) -> _Field | None:
        if name not in event.model_fields:
            self._fault(
                place,
                f"sự kiện không có trường này; các trường có: {', '.join(event.model_fields)}",
                f"the event has no such field; it has {', '.join(event.model_fields)}",
            )
            return None
        if sum(one is not None for one in (rule.expression, rule.column, rule.value)) != 1:
            self._fault(place, "cần đúng một trong from, column, value", "it needs exactly one of from, column, value")
            return None
        declared, kind = self._declaration, field_kind(event, name)
        hides = kind == "pseudonym"
        read = (
            self._taken(place, column(rule.column), hides)
            if rule.column
            else self.expression(place, rule.expression, hides=hides)
        )
        table = None if rule.table is None else declared.tables.get(rule.table)
        if rule.table is not None and table is None:
            self._fault(place, f"không có bảng [tables.{rule.table}]", f"there is no table [tables.{rule.table}]")
        for where, value in self._given(rule, table):
            self._check(f"{place}.{where}", event, name, value, hides=hides)
        make = converter(kind, rule.time or declared.times, self._zone, rule.number or declared.number)
        if rule.is_named:
            make = lambda value, _: named_area(to_text(value))  # noqa: E731
            if AreaCode not in (hint := field_type(event, name), *get_args(hint)):
                self._fault(place, "chỉ mã tổ dân phố mới lấy được từ tên", "only a group's code can be in a name")
        is_needed = event.model_fields[name].is_required()
        return _Field(name, read, table, rule.otherwise, make, is_needed, rule.value)

    def _given(self, rule: FieldRule, table: Mapping[str, Any] | None) -> Iterator[tuple[str, Any]]:
        """The values that the file itself gives to a field."""
        if rule.value is not None:
            yield "value", rule.value
        if rule.otherwise is not None:
            yield "otherwise", rule.otherwise
        for code, value in (table or {}).items():
            yield f"table.{code}", value

    def _check(self, place: str, event: type[Event], name: str, value: Any, *, hides: bool) -> None:
        if hides:
            self._fault(
                place,
                "trường này là bí danh, chỉ lấy được từ tin",
                "this field is a pseudonym, which only a message gives",
            )
            return
        try:
            TypeAdapter(field_type(event, name)).validate_python(value)
        except ValidationError as error:
            why = invalid_event(error).detail.removeprefix(": ")
            self._fault(
                place,
                f"{value!r} không dùng được cho trường này ({why})",
                f"{value!r} is not what the field takes ({why})",
            )

    def _fault(self, place: str, vi: str, en: str) -> None:
        self.faults.append(Label(f"{place}: {vi}", f"{place}: {en}"))


def _kept_id(said: str) -> str:
    """A source's own id that stays as it is.

    Raises:
        InvalidEvent: it is no code.
    """
    try:
        return _REFERENCE.validate_python(said)
    except ValidationError as error:
        fault = invalid_event(error)
        raise InvalidEvent(fault.reason, f"id{fault.detail}") from None


def _kept(value: Any, names: frozenset[str]) -> Any:
    """A message without the fields that nobody reads."""
    if isinstance(value, dict):
        return {name: _kept(one, names) for name, one in value.items() if name in names}
    if isinstance(value, list):
        return [_kept(one, names) for one in value]
    return value


def _check_ids(made: Sequence[Event | Identified]) -> None:
    """See that a message does not give one id to two happenings, of which only the first would count.

    Raises:
        InvalidEvent: reason `same_id`.
    """
    ids = [one.id for one in made if isinstance(one, Identified)]
    if len(set(ids)) < len(ids):
        raise InvalidEvent("same_id", "the message tells two happenings under one id: say more in `id`")
