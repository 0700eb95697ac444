"""Own event: what a process of the system tells of itself, sent to Kafka on a connection that ends with it."""

import asyncio
from datetime import datetime, timedelta

from ingest.contract.envelope import envelope
from ingest.contract.errors import Unavailable
from ingest.contract.event import Event
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import Producer

PATIENCE = timedelta(seconds=10)
"""How long it waits for Kafka; whoever tells comes again."""


async def send_own_events(ingest: IngestSettings, process: str, now: datetime, *events: Event) -> None:
    """Send events; returns when Kafka has them.

    Args:
        ingest: which Kafka, and the ward.
        process: which of the system's processes tells of it.
        now: the present by the install's clock.
        events: what happened.

    Raises:
        InvalidEvent: one says that it happened in the future.
        Unavailable: Kafka is away.
    """
    source = f"/{ingest.ward}/ioc/{process}"
    envelopes = [envelope(one, ward=ingest.ward, source=source, recorded_at=now) for one in events]
    producer = Producer(ingest)
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await producer.start()
    except TimeoutError:
        raise Unavailable("Kafka", "it did not answer in time") from None
    try:
        await producer.send(envelopes)
    finally:
        await producer.stop()
