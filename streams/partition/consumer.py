"""Consumer: what a worker asks of whoever reads Kafka for it."""

from typing import Protocol

from streams.partition.state import PartitionKey, PartitionState


class Consumer(Protocol):
    """Whoever reads Kafka for a worker."""

    def highwater(self, place: PartitionKey) -> int | None:
        """Kafka's offset after the last record of a partition; `None` while that is not known."""
        ...

    def is_heard(self, place: PartitionKey) -> bool:
        """Whether Kafka has spoken of a partition lately."""
        ...

    async def seek_to(self, place: PartitionKey, offset: int) -> None:
        """Make Kafka's offset the next one that is read of a partition."""
        ...


class NullConsumer:
    """A consumer that knows nothing of Kafka and reads on from where it is."""

    def highwater(self, place: PartitionKey) -> int | None:
        """Not known."""
        return None

    def is_heard(self, place: PartitionKey) -> bool:
        """True: nothing says otherwise."""
        return True

    async def seek_to(self, place: PartitionKey, offset: int) -> None:
        """Go on reading where it is."""


def unread(partition: PartitionState, consumer: Consumer) -> int:
    """How many records Kafka has of a partition that it has not taken yet, as far as is known; 0 while it takes none."""
    highwater = consumer.highwater(partition.place) if partition.is_open else None
    return max(0, highwater - partition.kafka_offset) if highwater is not None else 0


def has_caught_up(partition: PartitionState, consumer: Consumer) -> bool:
    """Whether a partition has taken all that Kafka has."""
    highwater = consumer.highwater(partition.place)
    is_read = partition.is_open and highwater is not None and partition.kafka_offset >= highwater
    return is_read and consumer.is_heard(partition.place)
