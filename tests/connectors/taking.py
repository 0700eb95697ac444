"""What a connector makes of one message, for tests."""

import json
from datetime import UTC, datetime
from typing import Any

from paho.mqtt.client import topic_matches_sub
from pydantic import SecretStr

from ingest.connector import Connector, Context, Subscription
from ingest.mapping import Mapping, Taken
from ingest.pseudonym import pseudonyms

NOW = datetime(2026, 11, 19, 3, tzinfo=UTC)


class Still:
    """A clock that stands."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


CONTEXT = Context(Still(), "hong-bang", pseudonyms(SecretStr("a secret of at least thirty-two characters")))


def take(connector: Connector, content: Any, topic: str = "", *, retained: bool = False) -> Taken:
    """Offer one message; a text is sent bare."""
    way = connector.way
    payload = None
    if isinstance(way, Subscription):
        payload = next(one for filter_, one in way.payloads.items() if topic_matches_sub(filter_, topic))
    body = content if isinstance(content, str) else json.dumps(content)
    return Mapping(connector, CONTEXT).take(body.encode(), payload=payload, address=topic, retained=retained)


def events(connector: Connector, content: Any, topic: str = "", *, retained: bool = False) -> list[Any]:
    """The events of one message that is accepted."""
    taken = take(connector, content, topic, retained=retained)
    assert taken.letter is None, taken.letter
    return [envelope.data for envelope in taken.envelopes]


def reason(connector: Connector, content: Any, topic: str = "") -> str:
    """Why one message is refused."""
    taken = take(connector, content, topic)
    assert taken.letter is not None
    return taken.letter.reason_code
