"""App: the Faust application, made from settings, and the one place where a worker is attached to it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import faust

from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.client import client_options
from ingest.runtime.failpoint import failpoint
from streams.partition.record_batch import RecordBatch
from streams.partition.state import PartitionKey
from streams.settings import StreamsSettings
from streams.transport import RecordBatchTransport
from streams.watchdog.exit import or_end
from streams.watchdog.freeze import SESSION
from streams.worker import Worker

RECORDS_AT_ONCE = 2_000
"""Records in one batch, at most; they take ten times the bytes that were fetched."""

COMMIT_EVERY = 1.0
"""Seconds between two notes of the position for lag monitors."""


class BatchObserver(Protocol):
    """What knows how a worker gets on."""

    def take(self, place: PartitionKey, batch: RecordBatch) -> None:
        """Note a batch, with Kafka's offsets, that the worker is about to take."""

    async def run(self, worker: Worker) -> None:
        """Look at a worker, in its own loop, for ever."""


def build_app(settings: StreamsSettings, ingest: IngestSettings) -> faust.App:
    """The application, without any agent yet."""
    return faust.App(
        settings.group,
        broker=";".join(f"kafka://{address}" for address in ingest.bootstrap.split(",")),
        broker_credentials=credentials(ingest),
        datadir=str(settings.folder(ingest.data_folder)),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=settings.fetch_bytes,
        # A group that is formed while Kafka does not know its topics yet has no partitions until somebody looks again.
        consumer_metadata_max_age_ms=5_000,
        broker_session_timeout=SESSION.total_seconds(),
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=10.0,
        # What is fetched is unpacked when it is asked for: a batch is folded, and one for each topic waits.
        broker_max_poll_records=RECORDS_AT_ONCE,
        stream_buffer_maxsize=1,
        stream_wait_empty=False,
        value_serializer="raw",
        key_serializer="raw",
    )


def attach_worker(app: faust.App, worker: Worker, signs: BatchObserver) -> None:
    """Give a worker one agent a topic, and what it has to be told.

    Faust's own acknowledgements are off: positions come from the warehouse, and Kafka's committed offsets are written here, after
    the fact, for lag monitors.
    """
    app.transport = RecordBatchTransport(app.conf.broker_consumer, app, worker)
    for name in [*map(topic_of, streams()), DEAD_LETTERS]:
        app.agent(app.topic(name, value_type=bytes, acks=False), name=name, concurrency=1)(_agent(worker, signs))

    @app.on_before_shutdown.connect  # type: ignore[untyped-decorator]
    @app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
    async def revoked(*_: Any, **__: Any) -> None:
        await or_end(worker.revoked())

    @app.task  # type: ignore[untyped-decorator]
    async def run() -> None:
        await or_end(worker.run())

    @app.task  # type: ignore[untyped-decorator]
    async def tell() -> None:
        await or_end(signs.run(worker))

    @app.timer(COMMIT_EVERY)  # type: ignore[untyped-decorator]
    async def commit() -> None:
        positions = worker.committed()
        if positions and await app.consumer.note(positions):
            failpoint("streams.committed")


def _agent(worker: Worker, signs: BatchObserver) -> Callable[[Any], Awaitable[None]]:
    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            place: PartitionKey = (event.message.topic, event.message.partition)
            signs.take(place, event.value)
            await or_end(worker.take(place, event.value))

    return agent


def credentials(ingest: IngestSettings) -> Any:
    """Faust's words for the cluster's encryption and log-in; `None` for a cluster that wants neither."""
    options = client_options(ingest)
    if "sasl_mechanism" in options:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=options.get("ssl_context"),
        )
    return faust.SSLCredentials(context=options["ssl_context"]) if "ssl_context" in options else None
