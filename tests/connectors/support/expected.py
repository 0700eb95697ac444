"""What each connector's sample becomes; `python -m tests.connectors.support.expected` writes it down, to be read before it is approved."""

import json
from typing import Any

from paho.mqtt.client import topic_matches_sub

from connectors import catalogue
from ingest.contract.connector import Connector, Poll, Subscription
from tests.declarations.test_connectors import SAMPLES, mapper

EXPECTED = SAMPLES / "expected"


def told(connector: Connector, sample: list[Any]) -> list[list[dict[str, Any]]]:
    """The events of each message, one after the other by one mapping; a refusal as its reason."""
    way, one, found = connector.way, mapper(connector), []
    for line in sample:
        payload, topic, retained, said = None, way.path if isinstance(way, Poll) else "", False, line
        if isinstance(way, Subscription):
            topic, said, retained = line["topic"], line["payload"], line["retained"]
            payload = next(known for filter_, known in way.payloads.items() if topic_matches_sub(filter_, topic))
        body = said if isinstance(said, str) else json.dumps(said)
        taken = one.take(body.encode(), payload=payload, address=topic, retained=retained)
        if taken.dead_letter is not None:
            found.append([{"refused": taken.dead_letter.reason_code}])
            continue
        found.append([
            {
                "id": envelope.id,
                "type": envelope.type,
                "subject": envelope.subject,
                "time": envelope.time.isoformat(),
                "data": json.loads(envelope.data.model_dump_json()),
            }
            for envelope in taken.envelopes
        ])  # fmt: skip
    return found


if __name__ == "__main__":
    EXPECTED.mkdir(exist_ok=True)
    for connector in catalogue():
        if not (isinstance(connector.way, Poll) and connector.way.status):
            sample = [json.loads(line) for line in (SAMPLES / connector.sample).read_text("utf-8").splitlines()]
            lines = [json.dumps(events, ensure_ascii=False) for events in told(connector, sample)]
            (EXPECTED / f"{connector.id}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
