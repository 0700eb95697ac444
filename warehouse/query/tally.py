"""Tally: how many events of the last 24 hours are valid, how many were rejected, and how many dead letters wait."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from warehouse.store.client import Client

REACH = timedelta(hours=24)


class Tally(NamedTuple):
    """What was counted."""

    valid: int
    """Events that happened within the reach; heartbeats, ours and the sources', do not count."""
    rejected: int
    """Dead letters that came in for the first time within the reach."""
    waiting: int
    """Dead letters, however old, that were not sent again."""


def tally(client: Client, now: datetime) -> Tally:
    """Count.

    Args:
        client: an open connection.
        now: the present by the install's clock.
    """
    since = now - REACH
    ((valid,),) = client.query(
        "SELECT uniqExact(topic, id) FROM raw_events WHERE topic != %(health)s AND at_ms > %(since)s AND at_ms <= %(now)s",
        {"health": topic_of("health"), "since": milliseconds(since), "now": milliseconds(now)},
    )
    ((rejected, waiting),) = client.query(
        "SELECT countIf(first > %(since)s), countIf(id NOT IN (SELECT id FROM raw_letter_replays FINAL WHERE outcome = 'sent')) "
        "FROM (SELECT id, min(received_at) AS first FROM raw_dead_letters GROUP BY id)",
        {"since": since},
    )
    return Tally(valid, rejected, waiting)
