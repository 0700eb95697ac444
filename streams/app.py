"""App: the Faust application, made from settings; the one place where agents are attached."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.types import TP

from ingest.events import streams
from ingest.kafka_client import client_options
from ingest.settings import IngestSettings
from ingest.topic import DEAD_LETTERS, topic_of
from streams.part import Place
from streams.settings import StreamsSettings
from streams.transport import transport
from streams.worker import Worker

log = logging.getLogger(__name__)

COMMIT_EVERY = 1.0
"""Seconds between two notes of the position for lag monitors."""

BUG = 70
"""Exit code (EX_SOFTWARE) after an error that nobody handles: restart from what the warehouse has."""


def build(settings: StreamsSettings, ingest: IngestSettings, worker: Worker) -> faust.App:
    """The application with one agent a topic.

    Faust's own acknowledgements are off: positions come from the warehouse, and Kafka's committed offsets are written here, after
    the fact, for lag monitors.
    """
    app = faust.App(
        settings.group,
        broker=";".join(f"kafka://{address}" for address in ingest.bootstrap.split(",")),
        broker_credentials=_credentials(ingest),
        datadir=str(settings.folder(ingest.data_folder)),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=settings.fetch_bytes,
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.0,
        broker_rebalance_timeout=10.0,
        stream_buffer_maxsize=8,
        stream_wait_empty=False,
        value_serializer="raw",
        key_serializer="raw",
    )

    async def assigned(places: set[TP]) -> dict[TP, int]:
        positions = await _or_die(worker.assigned({(tp.topic, tp.partition) for tp in places}))
        return {TP(*place): offset for place, offset in positions.items()}

    app.transport = transport(assigned)(app.conf.broker_consumer, app)
    worker.highwater = lambda place: app.consumer.highwater(TP(*place))
    for name in [*map(topic_of, streams()), DEAD_LETTERS]:
        app.agent(app.topic(name, value_type=bytes, acks=False), name=name, concurrency=1)(_agent(worker))

    @app.on_before_shutdown.connect  # type: ignore[untyped-decorator]
    @app.on_partitions_revoked.connect  # type: ignore[untyped-decorator]
    async def revoked(*_: Any, **__: Any) -> None:
        await _or_die(worker.revoked())

    @app.task  # type: ignore[untyped-decorator]
    async def run() -> None:
        await _or_die(worker.run())

    @app.timer(COMMIT_EVERY)  # type: ignore[untyped-decorator]
    async def commit() -> None:
        if positions := worker.committed():
            await app.consumer._commit({TP(*place): offset for place, offset in positions.items()})

    return app


def _agent(worker: Worker) -> Callable[[Any], Awaitable[None]]:
    async def agent(stream: Any) -> None:
        async for event in stream.noack().events():
            place: Place = (event.message.topic, event.message.partition)
            await _or_die(worker.take(place, event.value))

    return agent


async def _or_die(work: Awaitable[Any]) -> Any:
    """Wait for work; on an error that nobody handled, end the process at once.

    An exception that leaves an agent makes Faust go on behind the failed message; only the process's end keeps it
    (faust-streaming #527, #189).
    """
    try:
        return await work
    except asyncio.CancelledError:
        raise
    except BaseException:
        log.exception("unexpected error: the worker ends, and starts again from what the warehouse has")
        os._exit(BUG)


def _credentials(ingest: IngestSettings) -> Any:
    """Faust's words for the cluster's encryption and log-in; `None` for our own Kafka."""
    options = client_options(ingest)
    if "sasl_mechanism" in options:
        return faust.SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=options["sasl_mechanism"],
            ssl_context=options.get("ssl_context"),
        )
    return faust.SSLCredentials(context=options["ssl_context"]) if "ssl_context" in options else None
