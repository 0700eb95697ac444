"""Halted partitions: streams that were stopped because too much of what came could not be processed, and who let them go on.

The newest row of a partition stands. A worker that finds its partition stopped does not read it; one that finds it resumed
reads on from where it stands, with the allowance in mind as long as it has not got past `offset`.
"""

from datetime import datetime
from typing import NamedTuple

from warehouse.store.client import Client


class HaltedPartition(NamedTuple):
    """The newest word about one partition."""

    topic: str
    partition: int
    offset: int
    """Where it stopped: the first record that was not taken."""
    is_stopped: bool
    """False: somebody let it go on."""
    reason: str
    """Why, as the failure rate says it: bad records and of how many, for example `51/1000`."""
    changed_by: str
    """Who stopped it or let it go on; `worker` for a stop."""
    allowance: int
    """Bad records that may pass uncounted after it was let go on."""
    changed_at: datetime


BY_WORKER = "worker"

_COLUMNS = ", ".join(HaltedPartition._fields)


def read_halted_partitions(client: Client) -> dict[tuple[str, int], HaltedPartition]:
    """The newest word about every partition that was ever stopped, by topic and partition."""
    rows = client.query(f"SELECT {_COLUMNS} FROM raw_stops FINAL ORDER BY topic, partition")
    return {(row[0], row[1]): HaltedPartition(*row) for row in rows}


def halt_partition(client: Client, topic: str, partition: int, offset: int, reason: str) -> None:
    """Note that a partition is stopped; saying it twice does no harm.

    Args:
        client: an open connection.
        topic: the stream's topic.
        partition: which part of it.
        offset: the first record that was not taken.
        reason: as `FailureRate.tripped` says it.
    """
    _write(client, topic, partition, offset, True, reason, BY_WORKER, 0)


def resume_partition(client: Client, topic: str, partition: int, by: str, allowance: int) -> bool:
    """Let a stopped partition go on; its worker looks every few seconds.

    Args:
        client: an open connection.
        topic: the stream's topic.
        partition: which part of it.
        by: who decided so.
        allowance: bad records that may pass before they are counted again.

    Returns:
        False: it is not stopped, and nothing is changed.
    """
    newest = read_halted_partitions(client).get((topic, partition))
    if newest is None or not newest.is_stopped:
        return False
    _write(client, topic, partition, newest.offset, False, newest.reason, by, allowance)
    return True


def _write(
    client: Client, topic: str, partition: int, offset: int, is_stopped: bool, reason: str, by: str, allowance: int
) -> None:
    """Add a row that is newer than the one before, even if the clock was set back in between."""
    client.execute(
        f"INSERT INTO raw_stops ({_COLUMNS}) "
        "SELECT %(topic)s, %(partition)s, %(offset)s, %(is_stopped)s, %(reason)s, %(by)s, %(allowance)s, greatest(now64(6), "
        "(SELECT max(changed_at) FROM raw_stops WHERE topic = %(topic)s AND partition = %(partition)s) + INTERVAL 1 MICROSECOND)",
        {
            "topic": topic,
            "partition": partition,
            "offset": offset,
            "is_stopped": is_stopped,
            "reason": reason,
            "by": by,
            "allowance": allowance,
        },
    )
