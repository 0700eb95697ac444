"""Withdrawn: events of an import that was taken back, moved from the events that count to `raw_repeats`.

There each bears the position of what took it back. So what stood before that position, or was shown before that moment, can still be counted.
"""

from typing import NamedTuple

from ingest.contract.events.import_withdrawal import IMPORTED, import_source
from ingest.runtime.failpoint import failpoint
from warehouse.store.client import Client
from warehouse.store.sink import RAW_COLUMNS, REPEAT_COLUMNS

_COLUMNS = ", ".join(RAW_COLUMNS)
_MINE = (
    "topic = %(topic)s AND partition = %(partition)s AND ward = %(ward)s AND offset < %(position)s "
    "AND startsWith(id, %(imported)s) AND JSONExtractString(event, 'source') = %(source)s"
)


class WithdrawnImport(NamedTuple):
    """An import that is taken back."""

    topic: str
    partition: int
    ward: str
    batch: str
    position: int
    """Of the event that takes it back."""

    @property
    def parameters(self) -> dict[str, object]:
        """For SQL."""
        return {**self._asdict(), "imported": IMPORTED, "source": import_source(self.ward, self.batch)}


class WithdrawnKind(NamedTuple):
    """Events of one kind that are taken back."""

    kind: str
    subjects: list[str]
    first_ms: int


def withdrawn_kinds(client: Client, one: WithdrawnImport) -> list[WithdrawnKind]:
    """What it takes back, whether it has been moved or not."""
    rows = client.query(
        "SELECT toString(kind), groupUniqArray(subject), min(at_ms) FROM ("
        f"SELECT kind, subject, at_ms FROM raw_events WHERE {_MINE} UNION ALL "
        "SELECT kind, subject, at_ms FROM raw_repeats WHERE topic = %(topic)s AND partition = %(partition)s "
        "AND ward = %(ward)s AND withdrawn_by = %(position)s) GROUP BY kind ORDER BY kind",
        one.parameters,
    )
    return [WithdrawnKind(*row) for row in rows]


def move_withdrawn(client: Client, one: WithdrawnImport) -> None:
    """Move what it takes back; returns when nobody counts it any more. May be done twice."""
    client.execute(
        f"INSERT INTO raw_repeats ({', '.join(REPEAT_COLUMNS)}, ingested_at, withdrawn_by, withdrawn_at) "
        f"SELECT {_COLUMNS}, false, offset, ingested_at, %(position)s, now64(3) FROM raw_events WHERE {_MINE}",
        one.parameters,
    )
    failpoint("withdrawal.copied")
    client.execute(
        f"DELETE FROM raw_events WHERE {_MINE}",
        one.parameters,
        {"lightweight_deletes_sync": 2, "mutations_sync": 2},
    )


def counted_sql(condition: str, still: str) -> str:
    """SQL of the events that a condition holds for, with those that counted `still`, as a subquery.

    Args:
        condition: about columns of `raw_events`.
        still: about `withdrawn_by` and `withdrawn_at`.
    """
    return (
        f"(SELECT {_COLUMNS}, ingested_at FROM raw_events WHERE {condition} UNION ALL "
        f"SELECT {_COLUMNS}, ingested_at FROM raw_repeats WHERE {condition} AND withdrawn_by >= 0 AND {still})"
    )
