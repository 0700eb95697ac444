"""Topics: one a stream, one for changed values, one for dead letters; declared here, made by `python -m ingest`."""

from datetime import timedelta
from typing import NamedTuple

from ingest.contract.events import streams

MEGABYTE = 1_048_576


class Topic(NamedTuple):
    """A Kafka topic and the settings that are part of the contract (partitions and copies are the install's)."""

    name: str
    configs: dict[str, str]


def topic_of(stream: str) -> str:
    """The topic of a stream, for example `ioc.queue.v1`."""
    return f"ioc.{stream}.v1"


VALUES = "ioc.value.v1"
"""Changed indicator values on their way from the fold to the board."""

ALARMS = topic_of("alarm")
"""What was decided, done and told about alarms: the alarm process and the boards read it from its beginning."""

ALARMS_KEPT = timedelta(days=400)
"""How long Kafka keeps `ALARMS` at least: no alarm is active for longer without anything being done about it."""

LASTING = (topic_of("reference"), topic_of("figure"), ALARMS)
"""Topics whose events the warehouse keeps for ever: the register of residential groups, where each is entered once and counts for as long
as it is not taken out; what people entered, with who and why; and the log of the alarms."""

DEAD_LETTERS = "ioc.dlq.v1"
"""Events that can never be processed, with their reason."""


def all_topics(retention_ms: int) -> list[Topic]:
    """Every topic of the system.

    Args:
        retention_ms: how long events are kept, in milliseconds; dead letters are kept four times as long, values an hour, alarms at least
            `ALARMS_KEPT`.
    """
    # Power cuts are common in a ward and one node has no replica: acknowledged must mean on disk.
    durable = {"flush.messages": "1", "max.message.bytes": str(MEGABYTE), "cleanup.policy": "delete"}
    kept = {ALARMS: max(retention_ms, round(ALARMS_KEPT.total_seconds() * 1000))}
    events = [
        Topic(topic, {**durable, "retention.ms": str(kept.get(topic, retention_ms))})
        for topic in map(topic_of, streams())
    ]
    return [
        *events,
        Topic(VALUES, {"retention.ms": "3600000", "max.message.bytes": str(MEGABYTE), "cleanup.policy": "delete"}),
        Topic(DEAD_LETTERS, {**durable, "retention.ms": str(4 * retention_ms)}),
    ]
