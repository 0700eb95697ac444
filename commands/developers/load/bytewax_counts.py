"""Bytewax counts: plain counts by Bytewax, whose source hands over the records of a partition in batches.

`python -m commands.developers.load.bytewax_counts` takes the place of `python -m streams`.
"""

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from commands.developers.load.plain_counts import ROWS, PlainCounts, connection
from ingest.contract.events import streams
from ingest.contract.topic import topic_of


class CountingPartition(StatelessSinkPartition):  # type: ignore[misc]
    """Hands each batch to the counts."""

    def __init__(self) -> None:
        self._counts = PlainCounts()

    def write_batch(self, items: list[KafkaSourceMessage]) -> None:
        """Store a batch."""
        self._counts.take_mixed((one.topic, one.partition, one.offset, one.value) for one in items)


class PlainCountsSink(DynamicSink):  # type: ignore[misc]
    """One sink a worker."""

    def build(self, step_id: str, worker_index: int, worker_count: int) -> CountingPartition:
        """The sink of one worker."""
        return CountingPartition()


def main() -> None:
    """Read every topic."""
    options = connection()
    brokers = [options.pop("bootstrap.servers")]
    flow = Dataflow("plain_counts")
    source = KafkaSource(brokers, list(map(topic_of, streams())), add_config=options, batch_size=ROWS)
    op.output("out", op.input("in", flow, source), PlainCountsSink())
    run_main(flow)


if __name__ == "__main__":
    main()
