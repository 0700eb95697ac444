"""Dead letters by day: how many dead letters came in on each of the ward's days, by reason."""

from datetime import date, datetime
from typing import NamedTuple

from ingest.contract.clock import WARD_ZONE
from warehouse.store.client import Client


class DeadLetterDay(NamedTuple):
    """The dead letters of one day with one reason."""

    day: date
    reason: str
    dead_letters: int


def count_by_day(client: Client, since: datetime) -> list[DeadLetterDay]:
    """How many dead letters there are by day and reason, each counted on the day on which it first came.

    Args:
        client: an open connection.
        since: those that came in at or after this.
    """
    rows = client.query(
        f"SELECT toDate(first, '{WARD_ZONE.key}') AS day, reason_code, count() FROM ("
        "SELECT id, any(reason_code) AS reason_code, min(received_at) AS first FROM raw_dead_letters "
        "WHERE received_at >= %(since)s GROUP BY id) GROUP BY day, reason_code ORDER BY day, reason_code",
        {"since": since},
    )
    return [DeadLetterDay(*row) for row in rows]
