"""What the worker's tests share: events on their way, and what has to come of them."""

import asyncio
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from commands.supervision.stack import Stack
from ingest.contract.envelope import AnyEnvelope, Envelope, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka.producer import Producer
from streams.fold.fold import Fold
from tests.support.made import HAPPENINGS, START, code_of, events
from warehouse.audit.report import AuditReport
from warehouse.audit.run import run_audit
from warehouse.audit.scope import scope_since
from warehouse.model.value import Value
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

Figures = dict[tuple[str, str, int, str, str], tuple[int, int]]


def a_clock(since_start: timedelta = timedelta(hours=2), speed: int = 1) -> dict[str, str]:
    """Variables of a clock that runs from a little after the events that the tests make up, so many times as fast as the real one.

    Of stocks that late events change, each second's recomputing takes as much of the processor as all else: it is done once in a while.
    """
    return {
        "IOC_CLOCK_ORIGIN": (START + since_start).isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        "IOC_CLOCK_SPEED": str(speed),
        "IOC_STREAMS_RECOMPUTE_EVERY": "PT30S",
    }


def send(stack: Stack, envelopes: Sequence[Envelope], raw: Sequence[bytes] = (), topic: str = "ioc.queue.v1") -> None:
    """Send events, then records as they are."""

    async def work() -> None:
        producer = Producer(stack.settings(IngestSettings))
        await producer.start()
        await producer.send(envelopes)
        await producer.deliver([(topic, b"hong-bang", record) for record in raw])
        await producer.stop()

    asyncio.run(work())


def until(condition: Callable[[], bool], patience: float = 150) -> bool:
    """Whether it comes about in time. What takes long to ask is asked less often: it is to wait for the work, not to hold it up."""
    end = time.monotonic() + patience
    while (asked := time.monotonic()) < end:
        try:
            if condition():
                return True
        except Unavailable:
            pass
        time.sleep(max(0.1, 2 * (time.monotonic() - asked)))
    return False


def flows(client: Client) -> Figures:
    rows = client.query(
        "SELECT ward, indicator, window_ms, dimension, member, numerator, denominator FROM raw_values FINAL "
        "WHERE grain = 'flow' AND (numerator != 0 OR denominator != 0)"
    )
    return {tuple(row[:5]): (row[5], row[6]) for row in rows}


def folded(envelopes: Sequence[AnyEnvelope]) -> Iterator[Value]:
    """What a fold without Kafka, warehouse or interruption makes of the events."""
    folds: dict[str, Fold] = {}
    for one in envelopes:
        topic = topic_of(one.data.stream)
        folds.setdefault(topic, Fold(topic, 0)).fold([one], [0])
    for fold in folds.values():
        yield from fold.take()


def expected(envelopes: Sequence[AnyEnvelope]) -> Figures:
    """The flows of such a fold."""
    return {
        (value.ward, value.indicator, value.window_ms, value.dimension, value.member): (
            value.numerator,
            value.denominator,
        )
        for value in folded(envelopes)
        if value.grain == "flow" and (value.numerator or value.denominator)
    }


def made(seed: int, count: int, streams: Sequence[str] = ()) -> list[Envelope]:
    """Events close enough in time that no life is over and begun again, which no source does.

    Args:
        seed: the same seed gives the same events.
        count: how many.
        streams: of which they are; of all if left out. What comes late is recomputed stream by stream, which takes most of the time.
    """
    kinds = [kind for kind in HAPPENINGS if kind.stream in streams]
    keys = max(1, count // (2 if streams else 10))
    return events(seed=seed, count=count, kinds=kinds, keys=keys, spread=timedelta(minutes=90))


def check(client: Client, sent: list[Envelope], patience: float = 90) -> None:
    """What was sent is stored and counted, once, and nothing else is."""
    ids, figures = {one.id for one in sent}, expected(sent)
    until(
        lambda: client.query("SELECT uniqExact(id) FROM raw_events")[0][0] == len(ids) and flows(client) == figures,
        patience,
    )
    stored = [id for (id,) in client.query("SELECT id FROM raw_events FINAL")]
    assert set(stored) == ids
    assert len(stored) == len(ids)
    found = flows(client)
    assert {key: found.get(key) for key in found.keys() | figures.keys() if found.get(key) != figures.get(key)} == {}


def audit(stack: Stack, lost: int = 0, patience: float = 240) -> AuditReport:
    """Everything that is stored, counted again: figures from the rows, minute by minute, and rows from Kafka, offset by offset.

    Args:
        stack: what runs.
        lost: so many records are known to be lost.
        patience: seconds until minutes that events came too late for have been recomputed.
    """
    ingest = stack.settings(IngestSettings)
    # What differs is looked at again, which costs less than everything; but what is lost never comes.
    pauses = (1.0,) if lost else (1.0, 2.0, 4.0, 8.0, 16.0)
    found: list[AuditReport] = []

    def finds_no_more() -> bool:
        with connect(stack.settings(WarehouseSettings)) as client:
            found.append(run_audit(client, ingest, scope_since(ingest, None), patience=pauses))
        return found[-1].differences == lost

    until(finds_no_more, patience)
    return found[-1]


def later(one: Envelope, days: int, id: str | None = None) -> Envelope:
    """The same happening, to something else and so many days later."""
    at = one.time + timedelta(days=days)
    other = code_of(type(one.data), one.data.about, zlib.crc32(f"{one.subject}-{days}-{id}".encode()) % 100_000_000)
    data = one.data.model_copy(update={one.data.occurred: at, one.data.about: other})
    return envelope(data, ward=one.ward, source=one.source, recorded_at=at, id=id or f"{one.id}-later-{days}")
