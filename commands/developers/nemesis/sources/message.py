"""Message: one message of a source, and what must become of it - worked out by the same mapping that the connectors use."""

import json
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from paho.mqtt.client import topic_matches_sub
from pydantic import TypeAdapter
from xxhash import xxh64_intdigest

from connectors import catalogue
from connectors.declared.load import load_connectors
from ingest.contract.clock import RealClock
from ingest.contract.connector import Connector, Context
from ingest.contract.envelope import Envelope, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import event_types
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.source.mapper import Mapper
from ingest.untrusted.dead_letter import from_source
from ingest.untrusted.pseudonym import pseudonymiser

DECLARED = Path(__file__).parent / "declared"
"""Declarations of the sources without a connector in code, one of each way in."""

MessageNature = Literal["event", "poison", "repeat", "conflict", "refused"]
"""`poison`: signed, but no sense in it; `refused`: not even taken in."""


class MessagePlan(NamedTuple):
    """One message."""

    token: str
    """Names it in the journal; no other message has it."""
    connector: str
    ward: str
    body: bytes
    address: str = ""
    """MQTT topic."""
    post_id: str = ""
    """`webhook-id`."""
    nature: MessageNature = "event"
    first: str = ""
    """Token of the message that it repeats or contradicts."""
    lane: str = ""
    """Messages of one lane are said one after the other."""
    flaw: str = ""
    """Why it is going to be refused."""


class ExpectedOutcome(NamedTuple):
    """What an acknowledged message must have become: an event, or a dead letter (whose topic is empty)."""

    topic: str
    id: str
    digest: int
    """Of what the event says, whenever it was taken in."""


class MessageMeaning:
    """Tells what becomes of messages.

    Args:
        ingest: the install's; its pseudonyms are part of ids.
    """

    def __init__(self, ingest: IngestSettings) -> None:
        self._pseudonym = pseudonymiser(ingest.pseudonym_secret)
        self._mappings: dict[tuple[str, str], Mapper] = {}

    def of(self, saying: MessagePlan) -> tuple[ExpectedOutcome, ...]:
        """What it must become once it is acknowledged."""
        if saying.nature == "refused":
            return ()
        taken = self.mapping(saying).take(saying.body, payload=_payload(saying), address=saying.address)
        if taken.dead_letter is not None:
            return (ExpectedOutcome("", taken.dead_letter.id, 0),)
        return tuple(
            ExpectedOutcome(topic_of(event_types()[one.type].stream), one.id, digest(encode(one)))
            for one in taken.envelopes
        )

    def envelopes(self, saying: MessagePlan) -> tuple[Envelope, ...]:
        """Its events, for a way that bypasses the connectors."""
        return self.mapping(saying).take(saying.body, payload=_payload(saying), address=saying.address).envelopes

    def mapping(self, saying: MessagePlan) -> Mapper:
        """The mapping of its connector for its ward."""
        key = (saying.connector, saying.ward)
        if key not in self._mappings:
            context = Context(RealClock(), saying.ward, self._pseudonym)
            self._mappings[key] = Mapper(connector(saying.connector), context)
        return self._mappings[key]


def conflict_dead_letter(saying: MessagePlan) -> str:
    """Id of the dead letter that the intake makes of a post whose `webhook-id` came with another body before."""
    fault = InvalidEvent("conflict", "")
    now = RealClock().now()
    return from_source(connector(saying.connector), saying.body, fault, ward=saying.ward, received_at=now).id


def digest(record: bytes | str) -> int:
    """A number for what an event says, whenever it was taken in."""
    told = json.loads(record)
    told.pop("recordedtime", None)
    return int(xxh64_intdigest(json.dumps(told, sort_keys=True).encode()))


@cache
def connector(id: str) -> Connector:
    """The connector of that id."""
    return next(one for one in (*catalogue(), *load_connectors(DECLARED)) if one.id == id)


def _payload(saying: MessagePlan) -> TypeAdapter[object] | None:
    payloads = getattr(connector(saying.connector).way, "payloads", {})
    return next((one for filter_, one in payloads.items() if topic_matches_sub(filter_, saying.address)), None)
