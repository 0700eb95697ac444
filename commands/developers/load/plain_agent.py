"""Plain agent: a plain Faust agent, one event at a time, in front of the same fold and the same sink.

`python -m commands.developers.load.plain_agent` takes the place of `python -m streams`.
"""

import asyncio
from typing import Any

import faust
from faust.types import TP

from ingest.contract.events import streams
from ingest.contract.settings import IngestSettings, read_settings
from ingest.contract.topic import topic_of
from ingest.kafka.producer import Producer
from ingest.runtime import process
from streams.app import credentials
from streams.partition.consumer import NullConsumer
from streams.partition.record_batch import RecordBatch
from streams.settings import StreamsSettings
from streams.worker import Worker
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client


def main() -> None:
    """Read every topic as Faust's documentation shows it, and hand each event to the worker on its own."""
    settings, ingest, warehouse = (
        read_settings(StreamsSettings),
        read_settings(IngestSettings),
        read_settings(WarehouseSettings),
    )
    process.prepare_process("plain-agent")
    clients = Client(warehouse), Client(warehouse)
    worker = Worker(settings, ingest, *clients, Producer(ingest), ingest.clock(), NullConsumer())
    folder = settings.folder(ingest.data_folder)
    folder.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.group,
        broker=f"kafka://{ingest.bootstrap}",
        broker_credentials=credentials(ingest),
        datadir=str(folder),
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        value_serializer="raw",
        key_serializer="raw",
    )

    ready = asyncio.Event()

    @app.on_partitions_assigned.connect  # type: ignore[untyped-decorator]
    async def assigned(sender: Any, assigned: set[TP], **_: Any) -> None:
        if not ready.is_set():  # told more than once at start, and this peer does not seek
            await worker.assigned({(tp.topic, tp.partition) for tp in assigned})
            await worker.recovered()
            ready.set()

    @app.task  # type: ignore[untyped-decorator]
    async def run() -> None:
        await worker.run()

    async def agent(stream: Any) -> None:
        await ready.wait()
        async for event in stream.events():
            message = event.message
            await worker.take((message.topic, message.partition), RecordBatch([message.offset], [event.value]))

    for name in map(topic_of, streams()):
        app.agent(app.topic(name, value_type=bytes), name=name, concurrency=1)(agent)
    faust.Worker(app, quiet=True, override_logging=False, redirect_stdouts=False).execute_from_commandline()


if __name__ == "__main__":
    main()
