"""Transport: Faust reads whole batches of a partition, and starts where the warehouse says.

Faust's stream machinery costs tens of microseconds a message, so one of its messages here is all that one fetch brought of one
partition: `RecordBatch`, whose offset is the last one's. Positions come from the warehouse and never from Kafka's commits, which Faust can
let run ahead of the work (faust-streaming #606, #316).

Where Faust would seek to what was committed, the worker is told which partitions it has, and seeks each when it has recovered; until
then, and while it is stopped, nothing of a partition is fetched. Faust drops fetched messages here and there (around a rebalance, or
when it believes to have read further): the worker sees by the offsets when one is missing, and reads again.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from aiokafka.errors import IllegalStateError, KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.exceptions import ConsumerNotStarted
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT, ConsumerMessage

from streams.partition.record_batch import RecordBatch as RecordBatch
from streams.partition.state import PartitionKey
from streams.watchdog.exit import or_end
from streams.watchdog.freeze import SESSION
from streams.worker import Worker

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that the consumer's thread may take for something that asks nobody else."""

HEARD = SESSION.total_seconds() / 2
"""Seconds after Kafka's last word of a partition in which what it said there was holds: a worker that is cut off from Kafka may have
lost its partitions to another, which knows of events that this one does not."""

PAUSE = 0.02
"""Seconds until it is looked again whether a partition may be read; a batch keeps an agent busy for some three times as long."""

FETCH_WAIT = 0.1
"""Seconds that a broker may keep a request for which it has nothing. There is one at a time, and it leaves out a partition of which
something still waits here: one partition with much to read, among others with nothing, is read again after this time only."""


def next_fetch(opened: set[TP], active: set[TP] | None, patience: float) -> tuple[set[TP], float]:
    """The partitions to ask for, and for how many seconds at most.

    Faust leaves out a partition whose last batch still waits for its agent, and nobody tells when that one is taken: a long wait for the
    others would hold up the one that has most to read, to a batch a second.

    Args:
        opened: those that may be read.
        active: those that Faust does not leave out; `None`: all.
        patience: seconds that Faust would wait.
    """
    wanted = opened if active is None else opened & active
    return wanted, patience if wanted == opened else PAUSE


class BareRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Records as the client decodes them; making a `ConsumerRecord` of each would take longer than decoding."""

    def __iter__(self) -> Iterator[Any]:
        return self._records_iterator  # type: ignore[no-any-return]  # without a call of ours for each record

    def _consumer_record(self, tp: TopicPartition, record: Any) -> Any:
        return record


class ConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The thread of Kafka's client, which lets a broker wait no longer than `FETCH_WAIT`."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        fetcher.PartitionRecords = BareRecords  # where every client of this process looks for it
        client = super()._create_worker_consumer(transport)
        client._fetch_max_wait_ms = round(FETCH_WAIT * 1000)  # noqa: SLF001  # Faust has 1.5 s and no setting
        return client


class RecordBatchConsumer(driver.Consumer):  # type: ignore[misc]
    """The aiokafka consumer of Faust, a message a batch; it reads for the worker of its transport."""

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message for each partition that has something new."""
        generation = self.app.consumer_generation_id
        records, active = await self._wait_next_records(timeout)
        if records is None or self.should_stop:
            return
        if not self.flow_active:
            await self.perform_seek()
            return
        for tp, batch in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                break
            if batch and (active is None or tp in active or tp in self._buffered_partitions):
                # Faust drops whatever lies before what it believes to have read, so also what is read again after a seek.
                self._read_offset[tp] = None
                yield tp, self._to_message(tp, batch)

    async def perform_seek(self) -> None:
        """Tell the worker which partitions it has; it seeks them itself."""
        await or_end(self._worker.assigned({(tp.topic, tp.partition) for tp in self.assignment()}))

    def client(self) -> AIOKafkaConsumer:
        """Kafka's client, which another thread works with.

        Raises:
            ConsumerNotStarted: there is none yet.
        """
        return self._thread._ensure_consumer()  # noqa: SLF001  # Faust has no public way

    async def note(self, offsets: Mapping[PartitionKey, int]) -> bool:
        """Tell Kafka how far we are, for those who watch its lag; False: it was not heard, which harms nobody."""
        wanted = {TopicPartition(*place): OffsetAndMetadata(offset, "") for place, offset in offsets.items()}
        try:
            async with asyncio.timeout(PATIENCE):
                await self._thread.call_thread(self.client().commit, wanted)
        except (KafkaError, TimeoutError) as error:
            log.info("cannot commit offsets to Kafka: %s", type(error).__name__)
            return False
        return True

    @property
    def _worker(self) -> Worker:
        return self.transport.worker  # type: ignore[no-any-return]

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> Any:
        opened = {tp for tp in self.assignment() if self._worker.is_open((tp.topic, tp.partition))}
        wanted, patience = next_fetch(opened, active_partitions, timeout)
        if not wanted:
            await self.sleep(PAUSE)
            return {}
        return await super()._getmany(wanted, patience)

    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        last = record[-1]
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            last.offset,
            (last.timestamp or 0) / 1000,
            last.timestamp_type,
            (),
            None,
            RecordBatch(
                [one.offset for one in record],
                [one.value for one in record],
                [one.key for one in record],
                record[0].timestamp or 0,
                last.timestamp or 0,
            ),
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )


class RecordBatchTransport(driver.Transport):  # type: ignore[misc]
    """Faust's transport over aiokafka, whose consumer reads for a worker.

    Args:
        url: the brokers, as `faust.App` has them.
        app: the application.
        worker: who is told which partitions there are, and says from where and when each is read.
    """

    Consumer = RecordBatchConsumer

    def __init__(self, url: list[Any], app: AppT, worker: Worker) -> None:
        super().__init__(url, app)
        self.worker = worker


class AppConsumer:
    """The worker's consumer: that of a Faust app, which makes it when it starts.

    Args:
        consumer: the app's.
    """

    def __init__(self, consumer: Callable[[], RecordBatchConsumer]) -> None:
        self._consumer = consumer

    async def seek_to(self, place: PartitionKey, offset: int) -> None:
        """Make an offset the next one that is read of a partition, if it is still ours."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self._consumer().seek_wait({TP(*place): offset})
        except IllegalStateError:
            log.info("%s-%d is no longer assigned to this worker", *place)

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record of a partition; `None` if it is not ours, or was not read yet."""
        return self._known(AIOKafkaConsumer.highwater, place)

    def is_heard(self, place: PartitionKey) -> bool:
        """Whether Kafka has answered for a partition within the last `HEARD` seconds."""
        heard_ms = self._known(AIOKafkaConsumer.last_poll_timestamp, place)
        return heard_ms is not None and time.time() - heard_ms / 1000 < HEARD

    def _known(self, ask: Callable[[AIOKafkaConsumer, TopicPartition], int | None], place: PartitionKey) -> int | None:
        """What the client knows of a partition; its thread may give it up at any moment, also between two steps of an answer."""
        try:
            return ask(self._consumer().client(), TopicPartition(*place))
        except (AssertionError, AttributeError, ConsumerNotStarted, IllegalStateError):
            return None
