"""What a connector makes of one message, for tests."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from paho.mqtt.client import topic_matches_sub
from pydantic import SecretStr

from ingest.contract.connector import Connector, Context, Subscription
from ingest.contract.envelope import Envelope
from ingest.source.mapper import MappedMessage, Mapper
from ingest.untrusted.pseudonym import pseudonymiser

NOW = datetime(2026, 11, 19, 3, tzinfo=UTC)


class Still:
    """A clock that stands."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


CONTEXT = Context(Still(), "hong-bang", pseudonymiser(SecretStr("a secret of at least thirty-two characters")))


class Conversation:
    """Several messages of one source, one after the other, of which the connector remembers what it needs."""

    def __init__(self, connector: Connector) -> None:
        self._clock = Still()
        self._mapper = Mapper(connector, replace(CONTEXT, clock=self._clock))

    def now(self, moment: datetime) -> None:
        """Set the clock."""
        self._clock.moment = moment

    def take(self, content: Any, topic: str = "", retained: bool = False) -> MappedMessage:
        """Offer the next message; a text is sent bare."""
        way = self._mapper.connector.way
        payload = None
        if isinstance(way, Subscription):
            payload = next(one for filter_, one in way.payloads.items() if topic_matches_sub(filter_, topic))
        body = content if isinstance(content, str) else json.dumps(content)
        return self._mapper.take(body.encode(), payload=payload, address=topic, retained=retained)

    def events(self, content: Any, topic: str = "", retained: bool = False) -> list[Any]:
        """The events of the next message, which is accepted."""
        taken = self.take(content, topic, retained)
        assert taken.dead_letter is None, taken.dead_letter
        return [envelope.data for envelope in taken.envelopes]

    def envelopes(self, lines: list[dict[str, Any]]) -> list[Envelope]:
        """What a part of a sample becomes."""
        return [one for line in lines for one in self.take(line["payload"], line["topic"], line["retained"]).envelopes]


def take(connector: Connector, content: Any, topic: str = "", *, retained: bool = False) -> MappedMessage:
    """Offer one message; a text is sent bare."""
    return Conversation(connector).take(content, topic, retained)


def events(connector: Connector, content: Any, topic: str = "", *, retained: bool = False) -> list[Any]:
    """The events of one message that is accepted."""
    taken = take(connector, content, topic, retained=retained)
    assert taken.dead_letter is None, taken.dead_letter
    return [envelope.data for envelope in taken.envelopes]


def reason(connector: Connector, content: Any, topic: str = "") -> str:
    """Why one message is refused."""
    taken = take(connector, content, topic)
    assert taken.dead_letter is not None
    return taken.dead_letter.reason_code
