"""Announcer: the boards hear what changed."""

from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.errors import Unavailable
from ingest.kafka.producer import Producer
from ingest.runtime.failpoint import failpoint
from streams.warehouse_connections import Stopping
from streams.write.batch import WriteBatch
from warehouse.model.value_push import encode_push, pushes


class Announcer:
    """Tells the boards of figures that are stored."""

    def __init__(self, producer: Producer, stopping: Stopping) -> None:
        self._producer = producer
        self._stopping = stopping

    async def tell(self, block: WriteBatch) -> None:
        """Tell what a block changes; a figure that boards never hear of would look live and be old, so this does not give up.

        Raises:
            Unavailable: Kafka is away, and the worker is stopping.
        """
        values, now_ms = [*block.untold, *block.values], milliseconds(RealClock().now())
        records = [(push.ward, encode_push(push)) for push in pushes(values, block.newest_recorded, now_ms)]
        while records:
            try:
                await self._producer.push(records)
                failpoint("streams.pushed")
                return
            except Unavailable as error:
                await self._stopping.pause(error.retry_after.total_seconds(), error)
