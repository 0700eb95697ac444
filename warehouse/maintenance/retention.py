"""Retention: how long each table keeps its rows, as settings say, carried out by the engine itself (TTL).

Whole parts are dropped where a table is partitioned by the time that counts; what a register says once and for all stays. A longer retention holds at once. A shorter one that would
delete rows is announced first, in the log, by `./ioc doctor` and `./ioc status`, and carried out a day later: a slip of
the pen in `.env` can be taken back.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.contract.topic import LASTING
from warehouse.maintenance.status import AnnouncedRetention
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client

SNAPSHOTS = 3
"""Newest snapshots of each partition that stay, however old: a PC that was off over the holidays goes on from them."""

SNAPSHOT_DAYS = 90
"""After which even those go."""

NOTICE = timedelta(days=1)
"""How long before rows go it is said."""

_LASTING = " OR ".join(f"(topic = '{topic}')" for topic in LASTING)
_INGESTED = "toDateTime(ingested_at)"
_TTL = re.compile(r" TTL (?P<since>.+?) \+ toInterval(?P<unit>Day|Month)\((?P<count>\d+)\)(?: SETTINGS|$)")
_DAYS_OF = {"Day": 1, "Month": 30}


class RetentionRule(NamedTuple):
    """How long one table keeps its rows."""

    table: str
    since: str
    """SQL for the moment from which it counts, as the engine writes it."""
    days: int
    is_partitioned: bool
    """Whether the table is partitioned by that moment, so that whole parts expire."""


class RetentionChange(NamedTuple):
    """A rule that the table does not have yet."""

    rule: RetentionRule
    was_days: int | None
    """`None`: it kept its rows for ever."""
    rows: int
    """How many rows are older than the rule allows."""

    @property
    def loses(self) -> bool:
        """Whether rows go that would have stayed."""
        return self.rows > 0 and (self.was_days is None or self.rule.days < self.was_days)


def retention_rules(settings: WarehouseSettings) -> list[RetentionRule]:
    """The rule of every table that does not keep its rows for ever."""
    raw, values, dead_letters, audits = (
        kept.days for kept in (settings.keep_raw, settings.keep_values, settings.keep_letters, settings.keep_audits)
    )
    snapshots = max(SNAPSHOT_DAYS, settings.keep_snapshots.days)
    return [
        RetentionRule(
            "raw_events",
            f"if({_LASTING}, toDateTime('2100-01-01 00:00:00'), {_INGESTED})",
            raw,
            is_partitioned=False,
        ),
        RetentionRule("raw_repeats", _INGESTED, raw, is_partitioned=True),
        RetentionRule(
            "raw_values", "toDateTime(fromUnixTimestamp64Milli(window_ms, 'UTC'))", values, is_partitioned=True
        ),
        RetentionRule("raw_corrections", "toDateTime(corrected_at)", values, is_partitioned=True),
        RetentionRule("raw_dead_letters", "toDateTime(received_at)", dead_letters, is_partitioned=False),
        RetentionRule("raw_letter_replays", "toDateTime(replayed_at)", dead_letters, is_partitioned=False),
        RetentionRule("audits", "toDateTime(started_at)", audits, is_partitioned=False),
        RetentionRule("fold_snapshots", "toDateTime(taken_at)", snapshots, is_partitioned=False),
    ]


def retention_changes(client: Client, settings: WarehouseSettings) -> list[RetentionChange]:
    """What differs between the settings and the tables that are there; changes nothing."""
    asked = "SELECT name, engine_full FROM system.tables WHERE database = {database:String}"
    engines: dict[str, str] = dict(client.query(asked, {"database": settings.database}))
    found = []
    for rule in retention_rules(settings):
        if rule.table in engines:
            known = _TTL.search(engines[rule.table])
            was = int(known["count"]) * _DAYS_OF[known["unit"]] if known else None
            if not known or known["unit"] != "Day" or was != rule.days or known["since"] != rule.since:
                found.append(RetentionChange(rule, was, _going(client, rule)))
    return found


def apply_retention(client: Client, change: RetentionChange) -> None:
    """Make the table keep its rows as long as the rule says."""
    rule = change.rule
    # What has expired is worked out from each part's newest row; nothing is rewritten for that.
    client.execute(
        f"ALTER TABLE {rule.table} MODIFY SETTING materialize_ttl_recalculate_only = 1, "
        f"ttl_only_drop_parts = {int(rule.is_partitioned)}"
    )
    client.execute(f"ALTER TABLE {rule.table} MODIFY TTL {rule.since} + INTERVAL {rule.days} DAY")


def sync_retention(
    client: Client, settings: WarehouseSettings, announced: Mapping[str, AnnouncedRetention], now: datetime
) -> tuple[list[RetentionChange], dict[str, AnnouncedRetention]]:
    """Carry out what harms nobody, and what was announced long enough ago.

    Args:
        client: an open connection of the owner.
        settings: what is to hold.
        announced: by table, what has been announced.
        now: the present in real time.

    Returns:
        What was carried out, and what is announced now.
    """
    done: list[RetentionChange] = []
    waiting: dict[str, AnnouncedRetention] = {}
    for change in retention_changes(client, settings):
        known = announced.get(change.rule.table)
        since = known.since if known and known.days == change.rule.days else now
        if change.loses and now - since < NOTICE:
            waiting[change.rule.table] = AnnouncedRetention(days=change.rule.days, rows=change.rows, since=since)
        else:
            apply_retention(client, change)
            done.append(change)
    return done, waiting


def thin_snapshots(client: Client, settings: WarehouseSettings) -> int:
    """Delete snapshots that are older than settings say, but for the newest of each partition, once they are worth it.

    Returns:
        How many pieces were deleted.
    """
    places = client.query(
        "SELECT topic, partition, offset FROM fold_snapshots GROUP BY topic, partition, offset "
        f"ORDER BY offset DESC LIMIT {SNAPSHOTS} BY topic, partition"
    )
    old = "taken_at < now() - INTERVAL %(seconds)s SECOND AND (topic, partition, offset) NOT IN %(places)s"
    parameters = {"seconds": round(settings.keep_snapshots.total_seconds()), "places": tuple(places)}
    if not places:
        return 0
    ((going, there),) = client.query(f"SELECT countIf({old}), count() FROM fold_snapshots", parameters)
    if going * 4 < there or not going:  # each deletion writes anew what stays
        return 0
    client.execute(f"ALTER TABLE fold_snapshots DELETE WHERE {old}", parameters, {"mutations_sync": 1})
    return int(going)


def _going(client: Client, rule: RetentionRule) -> int:
    """How many rows are older than the rule allows."""
    asked = f"SELECT count() FROM {rule.table} WHERE {rule.since} + INTERVAL {rule.days} DAY <= now()"
    return int(client.query(asked)[0][0])
