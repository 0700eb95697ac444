"""Dead letter: an event that can never be processed, with its reason and as much of it as may be kept.

Two kinds exist. One never reached Kafka as an event, because its connector could not map it; what it still
tells is the redacted payload. The other lies in Kafka at a topic, partition and offset, from where it can be replayed
after a fix.
"""

import re
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.connector import Connector
from ingest.contract.envelope import Envelope
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import event_types
from ingest.contract.personal_fields import looks_personal
from ingest.contract.quantity import Moment
from ingest.untrusted.redaction import known_names, redact

LONGEST_ERROR = 500
_ADDRESS = re.compile(r"[A-Za-z0-9._:|/+{}-]{0,200}")


class DeadLetter(BaseModel):
    """One dead letter, as it lies in the topic `ioc.dlq.v1`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """Deterministic: the same message, refused again for the same reason, is the same dead letter."""
    ward: str
    original_topic: str | None = None
    """Kafka topic where the event lies; `None`: it never became one."""
    partition: int | None = Field(None, ge=-1, lt=2**31)
    offset: int | None = Field(None, ge=-1, lt=2**63)
    reason_code: str
    """Stable code, for example `time_in_future`."""
    error: str = Field(max_length=LONGEST_ERROR)
    payload_redacted: str
    """What may be kept of the payload, at most 8 kB; see `redaction`."""
    received_at: Moment
    connector: str | None = None
    """The connector whose source sent it."""
    address: str = ""
    """MQTT topic or REST path it came from."""
    schema_version: int = 1

    def encode(self) -> bytes:
        """The bytes of the Kafka record's value; its key is the ward."""
        return self.model_dump_json(exclude_none=True).encode()


def from_source(
    connector: Connector, payload: bytes, fault: InvalidEvent, *, ward: str, received_at: datetime, address: str = ""
) -> DeadLetter:
    """The dead letter of a message that its connector could not turn into events.

    Args:
        connector: whose source sent it.
        payload: as received.
        fault: why it is refused.
        ward: the ward it belongs to.
        received_at: when it came in.
        address: MQTT topic or REST path.
    """
    return DeadLetter(
        id=_id("source", ward, connector.id, fault.reason, payload),
        ward=ward,
        reason_code=fault.reason,
        error=_bounded(fault.detail),
        payload_redacted=redact(payload, known_fields(connector), connector.personal, connector.coded),
        received_at=received_at,
        connector=connector.id,
        address=address if _ADDRESS.fullmatch(address) and not looks_personal(address) else "",
    )


def from_record(
    topic: str,
    partition: int,
    offset: int,
    value: bytes | None,
    fault: InvalidEvent,
    *,
    ward: str,
    received_at: datetime,
) -> DeadLetter:
    """The dead letter of a Kafka record that is not an event of ours.

    Args:
        topic: where it lies.
        partition: where it lies.
        offset: where it lies.
        value: the record's value.
        fault: why it is refused.
        ward: the record's key, or the ward of the reader when it has none.
        received_at: when it was read.
    """
    return DeadLetter(
        id=_id("record", topic, partition, offset),
        ward="unknown" if looks_personal(ward) else ward,
        original_topic=topic,
        partition=partition,
        offset=offset,
        reason_code=fault.reason,
        error=_bounded(fault.detail),
        payload_redacted=redact(value or b"", _event_fields()),
        received_at=received_at,
    )


@cache
def _event_fields() -> frozenset[str]:
    names = set(Envelope.model_fields)
    for event in event_types().values():
        names |= set(event.model_fields)
    return frozenset(names)


def known_fields(connector: Connector) -> frozenset[str]:
    """The names of all foreign fields that a connector reads."""
    if connector.reads is not None:
        return connector.reads
    adapters: list[TypeAdapter[Any]] = [connector.payload, *getattr(connector.way, "payloads", {}).values()]
    return frozenset[str]().union(*map(known_names, adapters))


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_ERROR else text[: LONGEST_ERROR - 1] + "…"


def _id(*parts: object) -> str:
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode(errors="replace"))
        digest.update(b"\x1f")
    return digest.hexdigest()
