"""Mapper: one foreign message becomes envelopes or a dead letter; never both, never neither, whatever it holds.

The one path that webhooks, polls and MQTT share: read strictly, check against the payload type, map, wrap. What became
of messages is counted here.
"""

import json
import logging
import traceback
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from ingest.contract.connector import Connector, ConnectorMemory, Context, Identified, Mapped, ReceivedMessage
from ingest.contract.envelope import Envelope, envelope, invalid_event
from ingest.contract.errors import InvalidEvent, IocError
from ingest.source.trace import MessageTrace
from ingest.untrusted.dead_letter import DeadLetter, from_source, known_fields
from ingest.untrusted.json_text import check_json, parse_json_loosely

log = logging.getLogger(__name__)

LONGEST_TEXT = 200

MAPPING_BUG = "mapping_bug"
"""Reason of a message that a mapping did not survive; after a fix of the mapping it can be replayed."""


class MappedMessage(NamedTuple):
    """What became of one message: a dead letter, or events (none for a mere heartbeat)."""

    envelopes: tuple[Envelope, ...] = ()
    dead_letter: DeadLetter | None = None


class ParsedMessage(NamedTuple):
    """A message that its reader has parsed and checked (`ingest.untrusted.json_text`), so that it is not parsed again."""

    value: Any


class Mapper:
    """One connector's mapping, with its counts."""

    def __init__(self, connector: Connector, context: Context) -> None:
        self.connector = connector
        self.context = context
        self.forget()
        self.counts: Counter[str] = Counter()
        """Since the start: messages, events, dead_letters, unknown_fields and what each way adds."""
        self.trace = MessageTrace()
        """What came lately."""
        self._known = frozenset(known_fields(connector))
        self._has_told = False
        self._bugs: set[str] = set()

    def take(
        self,
        body: bytes,
        *,
        parsed: ParsedMessage | None = None,
        payload: TypeAdapter[Any] | None = None,
        address: str = "",
        retained: bool = False,
    ) -> MappedMessage:
        """Turn one message into events, or into a dead letter if that can never succeed.

        A bug in a mapping must not end the process, which would meet the same message again and again: so this is the one
        place where whatever a message causes is caught.

        Args:
            body: as received. What is not JSON is offered to the payload type as a text (`online`).
            parsed: the value of the body, where the reader needed it already.
            payload: the type of this message, where it is not the connector's own.
            address: MQTT topic or REST path.
            retained: whether MQTT repeated it from memory.
        """
        self.counts["messages"] += 1
        received_at = self.context.clock.now()
        try:
            value = self._value(body, parsed, payload or self.connector.payload)
            made = self._mapped(ReceivedMessage(value, address, received_at, retained), received_at)
        except InvalidEvent as fault:
            return MappedMessage(dead_letter=self.refused(body, fault, address=address))
        except (IocError, MemoryError):
            raise  # not the message's fault
        except Exception as error:
            return MappedMessage(dead_letter=self.refused(body, self._bug(error), address=address))
        self.counts["events"] += len(made)
        self.trace.note(received_at, body, address, made)
        return MappedMessage(made)

    def forget(self) -> None:
        """Forget what the connector remembers of earlier messages: the next is taken for itself alone."""
        self.context = replace(self.context, memory=ConnectorMemory())

    def hold_back(self, before: Counter[str], count: int) -> None:
        """Forget messages that do not go on to Kafka now; their source still has them, and they will be mapped again.

        Args:
            before: the counts before they were mapped.
            count: how many they are.
        """
        self.counts.subtract(self.counts - before)
        self.counts["held_back"] += count

    def probed(self, made: Mapped) -> tuple[Envelope, ...]:
        """Wrap what a probe found; its events come from us and not from outside, so a fault in them is a bug."""
        envelopes = self._wrapped(made, self.context.clock.now())
        self.counts["events"] += len(envelopes)
        return envelopes

    def refused(self, body: bytes, fault: InvalidEvent, *, address: str = "") -> DeadLetter:
        """The dead letter of a message."""
        self.counts["dead_letters"] += 1
        now = self.context.clock.now()
        letter = from_source(self.connector, body, fault, ward=self.context.ward, received_at=now, address=address)
        self.trace.note(now, body, address, (), letter)
        return letter

    def _value(self, body: bytes, parsed: ParsedMessage | None, payload: TypeAdapter[Any]) -> Any:
        """The message in the connector's own words; only of one that the payload type refuses is the text parsed again, to say why.

        Raises:
            InvalidEvent: it is not of that type.
        """
        if parsed is None:
            try:
                parsed = ParsedMessage(parse_json_loosely(body))
            except InvalidEvent as fault:
                return _text(body, payload, fault)
            check_json(parsed.value)
        self._count_unknown(parsed.value)
        try:
            return payload.validate_python(parsed.value)
        except ValidationError:
            pass
        try:
            return payload.validate_json(body)
        except ValidationError as error:
            raise invalid_event(error) from None

    def _mapped(self, received: ReceivedMessage, received_at: datetime) -> tuple[Envelope, ...]:
        try:
            return self._wrapped(self.connector.map(received, self.context), received_at)
        except ValidationError as error:
            raise invalid_event(error) from None

    def _wrapped(self, made: Mapped, received_at: datetime) -> tuple[Envelope, ...]:
        source = self.connector.source(self.context.ward)
        wrapped = []
        for one in made:
            event, id_ = one if isinstance(one, Identified) else (one, None)
            if not isinstance(event, self.connector.events):
                raise TypeError(f"{self.connector.id} made a {type(event).__name__}, which it does not declare")
            wrapped.append(envelope(event, ward=self.context.ward, source=source, recorded_at=received_at, id=id_))
        return tuple(wrapped)

    def _bug(self, error: Exception) -> InvalidEvent:
        """What a mapping did not survive, told once in the log: where, and neither the message nor what the error says of it."""
        frames = traceback.extract_tb(error.__traceback__)
        last = frames[-1]
        place = f"{type(error).__name__} in {last.filename.rpartition('/')[2]}, line {last.lineno}"
        if place not in self._bugs:
            self._bugs.add(place)
            trace = "".join(traceback.format_list(frames))
            log.error("%s: its mapping failed, %s:\n%s", self.connector.id, place, trace.rstrip())
        return InvalidEvent(MAPPING_BUG, place)

    def _count_unknown(self, raw: Any) -> None:
        unseen = [raw]
        while unseen:
            value = unseen.pop()
            if isinstance(value, dict):
                if self._known.issuperset(value):
                    unseen += value.values()
                    continue
                unknown = value.keys() - self._known
                self.counts["unknown_fields"] += len(unknown)
                self._tell(len(unknown))
                unseen += (one for name, one in value.items() if name in self._known)
            elif isinstance(value, list):
                unseen += value

    def _tell(self, count: int) -> None:
        """Say once that a source sends fields that are not used: its makers may have changed something. Their names are its own affair."""
        if count and not self._has_told:
            self._has_told = True
            log.info("%s sends fields that no mapping uses; unknown_fields counts them", self.connector.id)


def _text(body: bytes, payload: TypeAdapter[Any], fault: InvalidEvent) -> Any:
    """A message that is a bare word instead of JSON, if the payload type takes one.

    Raises:
        InvalidEvent: it does not; the fault of reading it as JSON.
    """
    if fault.reason != "not_json" or not 0 < len(body) <= LONGEST_TEXT:
        raise fault
    text = body.decode()
    check_json(text)
    try:
        return payload.validate_json(json.dumps(text))
    except ValidationError:
        raise fault from None
