"""Transport: Faust reads whole partition chunks, and starts where the warehouse says.

Faust's stream machinery costs tens of microseconds a message, so one of its messages here is all that one fetch brought of one
partition: `Chunk`, whose offset is the last one's. Positions come from the warehouse and never from Kafka's commits, which Faust can
let run ahead of the work (faust-streaming #606, #316).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, ClassVar, NamedTuple

from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage


class Chunk(NamedTuple):
    """Consecutive records of one partition."""

    offsets: list[int]
    values: list[bytes | None]


Assigned = Callable[[set[TP]], Awaitable[Mapping[TP, int]]]
"""Called with the partitions that the worker now has; returns the offset from which to read each."""


class ChunkConsumer(driver.Consumer):  # type: ignore[misc]
    """The aiokafka consumer of Faust, a message a chunk."""

    assigned: ClassVar[Assigned]

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message for each partition that has something new."""
        generation = self.app.consumer_generation_id
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for tp, chunk in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if chunk and (active is None or tp in active or tp in self._buffered_partitions):
                yield tp, self._to_message(tp, chunk)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        last = record[-1]
        return ConsumerMessage(
            last.topic,
            last.partition,
            last.offset,
            (last.timestamp or 0) / 1000,
            last.timestamp_type,
            (),
            None,
            Chunk([one.offset for one in record], [one.value for one in record]),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek every assigned partition to where the warehouse stands."""
        positions = await type(self).assigned(set(self.assignment()))
        for tp, offset in positions.items():
            await self._seek(tp, offset)
        return positions


def transport(assigned: Assigned) -> type[driver.Transport]:
    """A transport class for `faust.App`, bound to the worker that knows the positions."""
    consumer = type("BoundChunkConsumer", (ChunkConsumer,), {"assigned": staticmethod(assigned)})
    return type("ChunkTransport", (driver.Transport,), {"Consumer": consumer})
