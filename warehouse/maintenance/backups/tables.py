"""Tables: the engine's part of a backup. It copies tables into the folder that it knows as `HAND_OVER`, and back.

A backup is taken while workers write, so its order matters. They write events first and then what was made of them; copies
are taken the other way round. So whatever a figure, a correction or the fold's memory in a backup knows of, its event is in
the backup too; what is not made of the newest events yet is made when a worker recovers, as after any crash.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from ingest.contract.errors import Refused
from warehouse.server.engine.config import HAND_OVER
from warehouse.store.client import Client

FIRST = ("fold_snapshots", "raw_corrections", "raw_values")
"""Made of events, so copied before them."""

SHORTEST_LOOK, LONGEST_LOOK = 0.02, 0.5
"""Seconds between two looks at how far the engine is."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much, in bytes; 0 of 0 where that is not known."""

PartitionKey = tuple[str, int]


class BackupError(Refused):
    """A backup cannot be made, or does not serve; nothing has been changed.

    Args:
        why: in English.
        vi: in Vietnamese, where a job at night may say it on the board.
    """

    def __init__(self, why: str, vi: str = "") -> None:
        super().__init__(why)
        self.vi = vi or why


class Content(NamedTuple):
    """What a table holds, whatever the order of its rows."""

    rows: int
    checksum: int


class Newest(NamedTuple):
    """How far one partition is."""

    offset: int
    at_ms: int
    """When its newest event happened; 0 where no event says."""
    stored_ms: int
    """When its newest row was stored, in real time."""


class Copier:
    """Has the engine copy tables, and waits for it.

    Args:
        asking: connection on which statements are given.
        watching: another one, on which their progress is asked.
        tell: told how far it is.
    """

    def __init__(self, asking: Client, watching: Client, tell: Progress) -> None:
        self._asking = asking
        self._watching = watching
        self._tell = tell

    def copy(self, database: str, tables: Sequence[str], to: str) -> None:
        """Copy tables of a database into a folder of the hand-over folder, all as they are at one moment."""
        named = ", ".join(f"TABLE {database}.{table}" for table in tables)
        self._run(f"BACKUP {named} TO Disk('{HAND_OVER}', '{to}')", ", ".join(tables))

    def restore(self, table: str, database: str, into: str, source: str) -> Content:
        """Make a table from its copy, without letting the engine merge or expire anything before it has been counted.

        Args:
            table: its name.
            database: what its database was called.
            into: the database to make it in, which must be there.
            source: the copy's folder in the hand-over folder.
        """
        copy = f"RESTORE TABLE {database}.{table} AS {into}.{table} FROM Disk('{HAND_OVER}', '{source}')"
        self._run(copy + " SETTINGS structure_only = 1", table)
        self._asking.execute(f"SYSTEM STOP MERGES {into}.{table}")
        self._run(copy + " SETTINGS allow_non_empty_tables = 1", table)
        return table_content(self._asking, into, table)

    def _run(self, statement: str, what: str) -> None:
        ((id, status),) = self._asking.query(f"{statement} ASYNC")
        pause = SHORTEST_LOOK
        while status in ("CREATING_BACKUP", "RESTORING"):
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_LOOK)
            asked = "SELECT status, error, bytes_read, total_size FROM system.backups WHERE id = {id:String}"
            ((status, error, done, whole),) = self._watching.query(asked, {"id": id})
            self._tell(what, done, whole)
            if status in ("BACKUP_CREATED", "RESTORED"):
                return
            if status not in ("CREATING_BACKUP", "RESTORING"):
                raise BackupError(f"{what}: {error.partition(', Stack trace')[0] or status}")


def stored_tables(client: Client, database: str) -> dict[str, int]:
    """The tables that hold rows, with their bytes on disk; views are made again at every start."""
    asked = (
        "SELECT name, toInt64(ifNull(total_bytes, 0)) FROM system.tables "
        "WHERE database = {database:String} AND engine LIKE '%MergeTree' ORDER BY name"
    )
    return dict(client.query(asked, {"database": database}))


def table_content(client: Client, database: str, table: str) -> Content:
    """A table's rows and their checksum, as they lie there."""
    ((rows, checksum),) = client.query(f"SELECT count(), sum(cityHash64(*)) FROM {database}.{table}")
    return Content(rows, checksum)


def newest(client: Client, database: str, there: Iterable[str]) -> dict[PartitionKey, Newest]:
    """How far each partition is: the newest record of it in any of the tables that hold records.

    Args:
        client: an open connection.
        database: where the tables are.
        there: the tables that it has; a database of an earlier version has fewer.
    """
    found: dict[PartitionKey, Newest] = {}
    for table in set(there) & set(_NEWEST):
        rows = client.query(_NEWEST[table].format(database=database))
        merge(found, {(topic, partition): Newest(*values) for topic, partition, *values in rows})
    return found


def merge(known: dict[PartitionKey, Newest], more: Mapping[PartitionKey, Newest]) -> None:
    """Put what is newer into `known`."""
    for place, one in more.items():
        known[place] = Newest(*map(max, known.get(place, one), one))


_NEWEST = {
    "raw_events": (
        "SELECT topic, partition, max(offset), max(at_ms), max(toUnixTimestamp64Milli(ingested_at)) "
        "FROM {database}.raw_events GROUP BY topic, partition"
    ),
    "raw_repeats": (
        "SELECT topic, partition, max(offset), max(at_ms), max(toUnixTimestamp64Milli(ingested_at)) "
        "FROM {database}.raw_repeats GROUP BY topic, partition"
    ),
    "raw_dead_letters": (
        "SELECT original_topic, partition, max(offset), 0, 0 "
        "FROM {database}.raw_dead_letters WHERE original_topic != '' AND offset >= 0 GROUP BY original_topic, partition"
    ),
}
