"""Letter replay: what becomes of a dead letter with the code of today, and sending what comes of it.

A dead letter of a Kafka record is judged by the record itself. One of a connector has only the redacted payload, so it can be mapped
again only if nothing that its connector reads was taken out; a guess would be an invented event. What is sent has the id that
it would have had at first, so that it counts once however often it is sent.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from ingest.contract.connector import Connector, Context, Subscription
from ingest.contract.envelope import AnyEnvelope, decode, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.label import Label
from ingest.kafka.producer import Producer
from ingest.mqtt.subscriber import payload_of
from ingest.runtime.failpoint import failpoint
from ingest.source.mapper import MappedMessage, Mapper
from ingest.untrusted.dead_letter import DeadLetter, known_fields
from ingest.untrusted.redaction import LARGEST, has_marks, is_name, reads_any_name

Outcome = Literal["sent", "refused", "lost", "redacted"]

OUTCOMES: dict[Outcome, Label] = {
    "sent": Label(vi="gửi lại", en="sent again"),
    "refused": Label(vi="vẫn không đọc được", en="still invalid"),
    "lost": Label(vi="Kafka không còn giữ", en="Kafka no longer has it"),
    "redacted": Label(
        vi="thiếu phần đã che: đề nghị nguồn gửi lại", en="parts were taken out: ask the source to send it again"
    ),
}
"""What can become of a dead letter."""

ALREADY_THERE = "already_there"
"""Detail of a dead letter whose events came again by themselves: nothing is sent."""

_UNREADABLE = frozenset(
    {"not_json", "encoding", "too_deep", "duplicate_keys", "non_finite", "out_of_range", "too_large"}
)
"""Reasons that are about the text of a message, of which only the shape was kept."""


class ReplayPlan(NamedTuple):
    """What becomes of one dead letter."""

    dead_letter: DeadLetter
    outcome: Outcome
    detail: str
    """Why, in English; empty where there is nothing to say."""
    envelopes: tuple[AnyEnvelope, ...] = ()
    """What is sent again."""


class _Redacted(InvalidEvent):
    """A mapping needs what was taken out."""

    def __init__(self, detail: str) -> None:
        super().__init__("redacted", detail)


def plan_record(dead_letter: DeadLetter, record: bytes | None) -> ReplayPlan:
    """What becomes of a dead letter of a Kafka record.

    Args:
        dead_letter: the dead letter.
        record: the record's value.
    """
    (event,) = decode([record or b""]).events
    if isinstance(event, InvalidEvent):
        return ReplayPlan(dead_letter, "refused", str(event))
    return ReplayPlan(dead_letter, "sent", "", (event,))


SourcePlans = Callable[[Sequence[DeadLetter]], Sequence[ReplayPlan]]
"""What becomes of dead letters of connectors, in their order; may block, and raise `Unavailable`."""


class SourceReplay:
    """Maps dead letters of connectors again.

    Args:
        connectors: those of today.
        ward: the ward of dead letters that name none.
        pseudonym: the install's.
    """

    def __init__(self, connectors: Iterable[Connector], ward: str, pseudonym: Callable[[str], str]) -> None:
        self._connectors = {connector.id: connector for connector in connectors}
        self._ward = ward
        self._pseudonym = pseudonym
        self._clock = _ReceiptClock()
        self._mappings: dict[tuple[str, str], Mapper] = {}

    def plans(self, dead_letters: Sequence[DeadLetter]) -> list[ReplayPlan]:
        """What becomes of dead letters of connectors."""
        return [self.plan(dead_letter) for dead_letter in dead_letters]

    def plan(self, dead_letter: DeadLetter) -> ReplayPlan:
        """What becomes of a dead letter of a connector."""
        connector = self._connectors.get(dead_letter.connector or "")
        if connector is None:
            return ReplayPlan(dead_letter, "refused", f"there is no connector {dead_letter.connector} any more")
        if dead_letter.reason_code == "conflict":
            return ReplayPlan(
                dead_letter, "refused", "conflict: another message under its id came first, and that one stands"
            )
        try:
            return self._mapped(dead_letter, connector, _payload(dead_letter, connector))
        except _Redacted as fault:
            return ReplayPlan(dead_letter, "redacted", fault.detail)

    def _mapped(self, dead_letter: DeadLetter, connector: Connector, payload: TypeAdapter[Any] | None) -> ReplayPlan:
        mapper = self._mapper(connector, dead_letter.ward or self._ward)
        # It happened when it happened: a mapping that asks for the time gets that of the message's arrival.
        self._clock.moment = dead_letter.received_at
        body = dead_letter.payload_redacted.encode()
        taken, if_retained = (
            self._alone(mapper, body, payload, dead_letter.address, retained=retained) for retained in (False, True)
        )
        if isinstance(connector.way, Subscription) and taken.envelopes != if_retained.envelopes:
            raise _Redacted("whether MQTT repeated it from memory was not kept")
        if taken.dead_letter is not None:
            outcome: Outcome = "redacted" if taken.dead_letter.reason_code == "redacted" else "refused"
            return ReplayPlan(dead_letter, outcome, f"{taken.dead_letter.reason_code}: {taken.dead_letter.error}")
        if any(has_marks(json.loads(encode(one))) for one in taken.envelopes):
            raise _Redacted("what was taken out would get into an event")
        return ReplayPlan(dead_letter, "sent", "" if taken.envelopes else "only a heartbeat", taken.envelopes)

    def _alone(
        self, mapper: Mapper, body: bytes, payload: TypeAdapter[Any] | None, address: str, *, retained: bool
    ) -> MappedMessage:
        """The outcome of one message on its own, independent of the others in the plan."""
        mapper.forget()
        return mapper.take(body, payload=payload, address=address, retained=retained)

    def _mapper(self, connector: Connector, ward: str) -> Mapper:
        key = connector.id, ward
        if key not in self._mappings:
            self._mappings[key] = Mapper(connector, Context(self._clock, ward, self._careful))
        return self._mappings[key]

    def _careful(self, code: str) -> str:
        """The pseudonym of a code, but never of a mark that stands for one."""
        if has_marks(code):
            raise _Redacted("a code of which only a pseudonym may be kept")
        return self._pseudonym(code)


class _ReceiptClock:
    """Shows when the dead letter at hand came in."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


async def send_replays(plans: Sequence[ReplayPlan], producer: Producer) -> None:
    """Send what the plans say; returns when Kafka has all of it.

    Raises:
        Unavailable: it does not; nothing may be noted then, and the same may be sent again.
    """
    envelopes = [envelope for plan in plans for envelope in plan.envelopes]
    if envelopes:
        await producer.send(envelopes)
        failpoint("dead_letters.sent")


def _payload(dead_letter: DeadLetter, connector: Connector) -> TypeAdapter[Any] | None:
    """The type of a dead letter's payload where it is not the connector's own, once it is certain that nothing is missing that is read.

    Raises:
        _Redacted: something is, or may be.
    """
    if dead_letter.reason_code in _UNREADABLE:
        raise _Redacted("of a message that could not be read only its shape is kept")
    value = _whole(dead_letter.payload_redacted)
    known = known_fields(connector)
    if missing := next(_missing(value, known), None):
        raise _Redacted(f"`{missing}` was taken out, and the connector reads it")
    payload = None
    if isinstance(connector.way, Subscription):
        if not dead_letter.address:
            raise _Redacted("its MQTT topic is not kept")
        payload = payload_of(connector.way, dead_letter.address)
    reads_more = reads_any_name(payload or connector.payload) or not all(map(is_name, known))
    if reads_more and connector.reads is None and has_marks(value):
        raise _Redacted("parts were taken out, and the connector reads more than it names")
    return payload


def _whole(payload_redacted: str) -> dict[str, Any] | list[Any]:
    """The payload, if it is kept from beginning to end.

    Raises:
        _Redacted: it was cut, or only its shape is kept.
    """
    value = None
    if len(payload_redacted.encode()) < LARGEST:
        with suppress(json.JSONDecodeError):
            value = json.loads(payload_redacted)
    if not isinstance(value, dict | list):
        raise _Redacted("only a part of it is kept, or its shape")
    return value


def _missing(value: Any, known: frozenset[str], field: str = "") -> Iterator[str]:
    """The known fields that were taken out."""
    if isinstance(value, dict):
        for name in value.keys() & known:
            yield from _missing(value[name], known, name)
    elif isinstance(value, list):
        for one in value:
            yield from _missing(one, known, field)
    elif has_marks(value):
        yield field
