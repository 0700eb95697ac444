"""Set aside: records that came and must not count, because what they say makes the fold or the sink fail.

Such a record is a dead letter with its position and no raw row: for the fold, for SQL and for the audit it never came. The dead letter is
written last, so that whatever happens on the way, the record is found, and set aside, once more.
"""

from typing import NamedTuple

from ingest.untrusted.dead_letter import DeadLetter
from warehouse.store.client import Client
from warehouse.store.sink import DeadLetterRecord, write_dead_letters

REASONS = ("not_foldable", "not_storable", "ends_worker", "not_understood")
"""Reason codes of such dead letters."""


class StoredRecord(NamedTuple):
    """A raw row."""

    ward: str
    kind: str
    subject: str
    id: str
    at_ms: int
    event: str


def set_aside_positions(client: Client, topic: str, partition: int) -> set[int]:
    """The positions of a partition's records that were set aside."""
    rows = client.query(
        "SELECT DISTINCT offset FROM raw_dead_letters "
        "WHERE original_topic = %(topic)s AND partition = %(partition)s AND reason_code IN %(reasons)s",
        {"topic": topic, "partition": partition, "reasons": REASONS},
    )
    return {offset for (offset,) in rows}


def stored_record(client: Client, topic: str, partition: int, offset: int) -> StoredRecord | None:
    """The raw row at a position; `None`: there is none."""
    rows = client.query(
        f"SELECT {', '.join(StoredRecord._fields)} FROM raw_events "
        "WHERE topic = %(topic)s AND partition = %(partition)s AND offset = %(offset)s LIMIT 1",
        {"topic": topic, "partition": partition, "offset": offset},
    )
    return StoredRecord(*rows[0]) if rows else None


def remove_raw_row(client: Client, topic: str, partition: int, offset: int, record: StoredRecord) -> None:
    """Take a raw row away; returns when nobody sees it any more."""
    client.execute(
        "DELETE FROM raw_events WHERE topic = %(topic)s AND ward = %(ward)s AND subject = %(subject)s AND at_ms = %(at_ms)s "
        "AND id = %(id)s AND partition = %(partition)s AND offset = %(offset)s",
        {**record._asdict(), "topic": topic, "partition": partition, "offset": offset},
        {"lightweight_deletes_sync": 2, "mutations_sync": 2},
    )


def changed_windows(client: Client, topic: str, partition: int, offset: int) -> list[tuple[str, int]]:
    """The closed windows of flows whose total a record changed: indicator and start."""
    return [
        (indicator, window_ms)
        for indicator, window_ms in client.query(
            "SELECT DISTINCT toString(indicator), window_ms FROM raw_corrections "
            "WHERE topic = %(topic)s AND partition = %(partition)s AND offset = %(offset)s AND grain = 'flow'",
            {"topic": topic, "partition": partition, "offset": offset},
        )
    ]


def write_dead_letter(client: Client, dead_letter: DeadLetter) -> None:
    """Store the dead letter of a record that was set aside, unless it has come by way of Kafka meanwhile."""
    if not client.query("SELECT 1 FROM raw_dead_letters WHERE id = %(id)s LIMIT 1", {"id": dead_letter.id}):
        write_dead_letters(client, [DeadLetterRecord(dead_letter, -1, -1)])
