"""Events stored in a warehouse as the worker stores them, for tests that need no Kafka."""

from collections.abc import Sequence
from datetime import datetime

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, encode
from ingest.contract.topic import topic_of
from warehouse.store import sink
from warehouse.store.client import Client


def store(client: Client, envelopes: Sequence[Envelope], first: int = 0, at: Sequence[datetime] = ()) -> None:
    """Store envelopes as raw rows of partition 0, with their index, counted from `first`, as offset; `at`: as if stored then."""
    rows = sink.RawRows()
    for offset, one in enumerate(envelopes, first):
        row = (
            topic_of(one.data.stream),
            0,
            offset,
            one.ward,
            one.data.kind,
            one.subject,
            one.id,
            milliseconds(one.time),
            encode(one),
        )
        for name, value in zip(sink.RAW_COLUMNS, row, strict=True):
            rows.columns[name].append(value)
    if at:
        client.insert("raw_events", {**rows.columns, "ingested_at": list(at)})
    else:
        sink.write_raw(client, rows)
