"""Quix counts: plain counts by Quix Streams, whose sink gathers the records of a partition between two checkpoints.

`python -m commands.developers.load.quix_counts` takes the place of `python -m streams`.
"""

from quixstreams import Application
from quixstreams.kafka import ConnectionConfig
from quixstreams.sinks import BatchingSink, SinkBatch

from commands.developers.load.plain_counts import ROWS, PlainCounts, connection
from ingest.contract.events import streams
from ingest.contract.settings import read_settings
from ingest.contract.topic import topic_of
from streams.settings import StreamsSettings


class CountingSink(BatchingSink):  # type: ignore[misc]
    """Hands what was gathered to the counts."""

    def __init__(self) -> None:
        super().__init__()
        self._counts = PlainCounts()

    def write(self, batch: SinkBatch) -> None:
        """Store what was gathered of one partition."""
        items = list(batch)
        self._counts.take(batch.topic, batch.partition, [one.offset for one in items], [one.value for one in items])


def main() -> None:
    """Read every topic."""
    app = Application(
        ConnectionConfig.from_librdkafka_dict(connection()),
        consumer_group=read_settings(StreamsSettings).group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        commit_every=ROWS,
        loglevel="WARNING",
    )
    sink = CountingSink()
    for name in map(topic_of, streams()):
        topic = app.topic(name, value_deserializer="bytes", key_deserializer="bytes")
        app.dataframe(topic).sink(sink)
    app.run()


if __name__ == "__main__":
    main()
