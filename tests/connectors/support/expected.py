"""What the sample of each connector in code becomes; `python -m tests.connectors.support.expected` writes it down, to be read before it is approved."""

import json
from typing import Any

from paho.mqtt.client import topic_matches_sub

from ingest.contract.connector import Connector, Poll, Subscription
from tests.declarations.test_connectors import IN_CODE, SAMPLES, lines, mapper

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
    for connector in IN_CODE:
        if not (isinstance(connector.way, Poll) and connector.way.status):
            made = [json.dumps(events, ensure_ascii=False) for events in told(connector, lines(connector))]
            (EXPECTED / f"{connector.id}.jsonl").write_text("\n".join(made) + "\n", encoding="utf-8")
