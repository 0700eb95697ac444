"""Rebuild: states and windows that the fold no longer has in memory, asked of the raw events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.topic import LASTING, topic_of
from warehouse.catalogue import indicator, indicators
from warehouse.model.correction import Cause, Correction, correction
from warehouse.model.entity import Entity, EntityState, Latest, state_type
from warehouse.model.entity_sql import entity_sql
from warehouse.model.expression import DAY_MS, MINUTE, Sql, sql, ward_day, window_start
from warehouse.model.indicator import Indicator
from warehouse.model.reading import TOTAL, Split
from warehouse.model.value import Value
from warehouse.recompute.sql import flow_sql, stocks_sql
from warehouse.store.client import Client
from warehouse.store.withdrawn import counted_sql


def entity_states(
    client: Client, entity: Entity, pairs: Iterable[tuple[str, str]], topic: str, partition: int, until_offset: int
) -> list[EntityState]:
    """The entities' states as they were after an offset; those that no event has touched are absent.

    Args:
        client: an open connection.
        entity: their kind.
        pairs: (ward, key) of each.
        topic: the topic they live on.
        partition: the partition they live on.
        until_offset: the last offset that counts; what was taken back behind it still did.
    """
    condition = f"topic = %(topic)s AND partition = %(partition)s AND offset <= %(offset)s AND {_WANTED}"
    place = {"topic": topic, "partition": partition, "offset": until_offset}
    return _states(client, entity, list(pairs), counted_sql(condition, "withdrawn_by > %(offset)s"), place)


def stored_states(client: Client, entity: Entity, ward: str, keys: Sequence[str], only: str = "1") -> list[EntityState]:
    """The states of some entities of a ward as all that is stored makes them, or what a condition holds for; untouched ones are absent."""
    topics = {"topics": tuple({topic_of(event.stream) for event in entity.events})}
    source = f"(SELECT * FROM raw_events WHERE topic IN %(topics)s AND {_WANTED} AND {only})"
    return _states(client, entity, [(ward, key) for key in keys], source, topics)


_WANTED = "ward IN %(wards)s AND subject IN %(keys)s"


def _states(
    client: Client, entity: Entity, wanted: list[tuple[str, str]], source: str, place: dict[str, Any]
) -> list[EntityState]:
    origins = [f"{name}_origin" for name, rule in entity.fields.items() if isinstance(rule, Latest)]
    parameters = {**place, "wards": tuple({ward for ward, _ in wanted}), "keys": tuple({key for _, key in wanted})}
    columns = ", ".join(["ward", "key", "newest_at", *entity.fields, *origins])
    query = f"SELECT {columns} FROM ({entity_sql(entity, source=source, with_origins=True)})"
    asked = set(wanted)
    return [_state(entity, row) for row in client.query(query, parameters) if (row[0], row[1]) in asked]


def recompute_windows(
    client: Client, id: str, ward: str, windows: Mapping[int, Cause], topic: str, partition: int, offset: int
) -> tuple[list[Value], list[Correction]]:
    """Windows of an indicator's flows from the raw events; what differs from what is stored is the next revision.

    Members that no longer count anything are given as 0, so that their old values do not stay. What does not differ is given too: it may
    have been stored by a worker that died before it told the boards.

    Args:
        client: an open connection.
        id: the indicator.
        ward: the ward.
        windows: starts of the windows, each with the event that came late for it.
        topic: topic of these events.
        partition: their partition.
        offset: the last offset stored of it.

    Returns:
        The rows, and a correction for each total among them; none of windows that begin before `lost_until`.
    """
    until_ms = 0 if topic in LASTING else lost_until(client)
    kept = {start: cause for start, cause in windows.items() if start > until_ms}
    if not kept:
        return [], []
    place = {"id": id, "ward": ward, "windows": tuple(kept)}
    found: dict[tuple[int, Split], list[int]] = {}
    for start, dimension, member, *row in client.query(
        "SELECT window_ms, dimension, member, numerator, denominator, revision, newest_ms FROM raw_values FINAL "
        "WHERE ward = %(ward)s AND indicator = %(id)s AND grain = 'flow' AND window_ms IN %(windows)s",
        place,
    ):
        found[start, (dimension, member)] = row
    counted: dict[tuple[int, Split], tuple[int, int]] = {
        (start, (dimension, member)): (numerator, denominator)
        for start, dimension, member, numerator, denominator in client.query(
            f"SELECT window_ms, dimension, member, numerator, denominator FROM ({flow_sql(indicator(id))}) "
            "WHERE ward = %(ward)s AND window_ms IN %(windows)s",
            place,
        )
    }
    size_ms = indicator(id).window // timedelta(milliseconds=1)
    values: list[Value] = []
    corrections: list[Correction] = []
    for start, split in sorted(found.keys() | counted.keys()):
        cause = kept[start]
        # What happened later counts in it by a time that it tells, for example the period that a figure is about.
        at_ms = min(cause.at_ms, start + size_ms - 1)
        *old, revision, newest = found.get((start, split), (0, 0, 0, at_ms))
        sums = counted.get((start, split), (0, 0))
        is_revised = tuple(old) != sums
        value = Value(
            ward, id, "flow", start, *split, *sums, newest, newest, topic, partition, offset, offset, revision + is_revised
        )  # fmt: skip
        values.append(value)
        if is_revised and split == TOTAL:
            corrections.append(correction(value, (old[0], old[1]), cause))
    return values, corrections


def lost_until(client: Client) -> int:
    """Up to when windows begin that may count events which are not kept any more, in ms; 0: all are kept.

    Figures of such windows stand as they are, for they would come out too small.
    """
    kept_ms = milliseconds(RealClock().now() - client.settings.keep_raw)
    asked = (
        "SELECT count() FROM raw_values WHERE window_ms <= %(kept)s AND written_at < fromUnixTimestamp64Milli(%(kept)s)"
    )
    return kept_ms if client.query(asked, {"kept": kept_ms})[0][0] else 0


def split_at_midnights(from_ms: int, until_ms: int) -> list[tuple[int, int]]:
    """The time from `from_ms` to `until_ms` cut at the ward's midnights: each piece is one call of `recompute_stocks`."""
    cuts = range(int(window_start(from_ms, DAY_MS)) + DAY_MS, until_ms, DAY_MS)
    return [*zip([from_ms, *(cut + 1 for cut in cuts)], [*cuts, until_ms], strict=True)]


def days_to_recompute(
    client: Client, entity_id: str, ward: str, from_ms: int, until_ms: int, cause: Cause
) -> list[tuple[int, int]]:
    """The pieces of `split_at_midnights` in which there is anything to recompute: a stored minute, or the late event's own.

    Args:
        client: an open connection.
        entity_id: the kind of entity.
        ward: the ward.
        from_ms: the first moment that may have changed.
        until_ms: the last one.
        cause: the event that came late.
    """
    ids = tuple(one.id for one in indicators() if one.of.id == entity_id and one.has_stock)
    rows = client.query(
        f"SELECT DISTINCT {sql(ward_day(Sql('(as_of_ms - 1)')))} FROM raw_values WHERE ward = %(ward)s AND indicator IN %(ids)s "
        "AND grain = 'stock' AND as_of_ms = window_ms + %(minute)s AND window_ms >= %(from)s AND window_ms <= %(until)s",
        {"ward": ward, "ids": ids, "minute": MINUTE, "from": from_ms - MINUTE, "until": until_ms},
    )
    days = {day for (day,) in rows} | {ward_day(_minute_end(cause.at_ms) - 1)}
    return [piece for piece in split_at_midnights(from_ms, until_ms) if ward_day(piece[1] - 1) in days]


def recompute_stocks(
    client: Client,
    entity_id: str,
    ward: str,
    from_ms: int,
    until_ms: int,
    topic: str,
    partition: int,
    offset: int,
    cause: Cause,
) -> tuple[list[Value], list[Correction]]:
    """The stocks of one kind of entity from the raw events, at every minute's end of which a row is stored: what differs.

    A member's row stands until the next one, so a member also gets a row where it has none and the row before no longer tells it,
    at the latest in the first minute after `until_ms`.

    Args:
        client: an open connection.
        entity_id: the kind.
        ward: the ward.
        from_ms: the first moment that may have changed.
        until_ms: the last one; see `split_at_midnights`.
        topic: topic of the event that came late.
        partition: its partition.
        offset: the last offset stored of it.
        cause: the event that came late; its own minute gets a row in any case.

    Returns:
        The rows, and for each total among them one correction a day: the day's last; none of what begins before `lost_until`.
    """
    values: list[Value] = []
    corrections: list[Correction] = []
    if from_ms <= lost_until(client):
        return values, corrections
    for one in indicators():
        if one.of.id != entity_id or not one.has_stock:
            continue
        found: list[Value] = []
        days_last: dict[int, Correction] = {}
        shown = _stocks_before(client, one, ward, from_ms)
        stored = _stored_minutes(client, one, ward, from_ms, until_ms)
        own = _minute_end(cause.at_ms)
        if from_ms <= own <= until_ms:
            stored.setdefault(own, {})
        for (is_after, _), group in groupby(sorted(stored), lambda minute: (minute > until_ms, ward_day(minute - 1))):
            if is_after and not found:
                break
            minutes = list(group)
            counted = _counted(client, one, ward, minutes[0], minutes[-1])
            for minute in minutes:
                rows, truth = stored[minute], counted.get(minute, {})
                for split in sorted({TOTAL, *shown, *rows, *truth}):
                    known, sums = rows.get(split), truth.get(split, (0, 0))
                    old = known[:2] if known else shown.get(split, (0, 0))
                    shown[split] = sums
                    if old == sums or (known is not None and is_after):
                        continue
                    revision, newest = known[2:] if known else (0, min(cause.at_ms, minute))
                    value = Value(
                        ward, one.id, "stock", minute - MINUTE, *split, *sums, newest, minute,
                        topic, partition, offset, minute + revision + 1, revision + 1,
                    )  # fmt: skip
                    found.append(value)
                    if split == TOTAL:
                        days_last[ward_day(minute - 1)] = correction(value, old, cause)
        values += found
        corrections += days_last.values()
    return values, corrections


def _stocks_before(client: Client, one: Indicator, ward: str, before_ms: int) -> dict[Split, tuple[int, int]]:
    """What a reader takes for a stock and its members just before a time."""
    rows = client.query(
        "SELECT dimension, member, numerator, denominator FROM raw_values FINAL WHERE ward = %(ward)s "
        "AND indicator = %(id)s AND grain = 'stock' AND window_ms < %(window)s ORDER BY window_ms DESC LIMIT 1 BY dimension, member",
        {"ward": ward, "id": one.id, "window": _minute_end(before_ms) - MINUTE},
    )
    return {(dimension, member): (n, d) for dimension, member, n, d in rows}


def _stored_minutes(
    client: Client, one: Indicator, ward: str, from_ms: int, until_ms: int
) -> dict[int, dict[Split, tuple[int, int, int, int]]]:
    """The closing rows by minute's end: of the minutes in the span, and of the first one after it."""
    rows = client.query(
        "SELECT as_of_ms, dimension, member, numerator, denominator, revision, newest_ms FROM raw_values FINAL "
        "WHERE ward = %(ward)s AND indicator = %(id)s AND grain = 'stock' AND as_of_ms = window_ms + %(minute)s "
        "AND window_ms >= %(from)s AND window_ms <= (SELECT if(count() = 0, %(until)s, min(window_ms)) FROM raw_values "
        "WHERE ward = %(ward)s AND indicator = %(id)s AND grain = 'stock' AND as_of_ms = window_ms + %(minute)s AND window_ms >= %(until)s)",
        {
            "ward": ward,
            "id": one.id,
            "minute": MINUTE,
            "from": _minute_end(from_ms) - MINUTE,
            "until": until_ms // MINUTE * MINUTE,
        },
    )
    found: dict[int, dict[Split, tuple[int, int, int, int]]] = {}
    for minute, dimension, member, *known in rows:
        found.setdefault(minute, {})[dimension, member] = (known[0], known[1], known[2], known[3])
    return found


def _counted(
    client: Client, one: Indicator, ward: str, first_ms: int, last_ms: int
) -> dict[int, dict[Split, tuple[int, int]]]:
    """The stocks by minute's end, from the raw events."""
    source = f"(SELECT * FROM raw_events WHERE topic = {sql(topic_of(one.of.events[0].stream))} AND ward = %(ward)s)"
    rows = client.query(
        f"SELECT window_ms, dimension, member, numerator, denominator FROM ({stocks_sql(one, first_ms - MINUTE, last_ms, source)})",
        {"ward": ward},
    )
    found: dict[int, dict[Split, tuple[int, int]]] = {}
    for window, dimension, member, n, d in rows:
        found.setdefault(window + MINUTE, {})[dimension, member] = (n, d)
    return found


def _minute_end(ms: int) -> int:
    """End of the minute that sees a time: the minute's own end still belongs to it."""
    return -(-ms // MINUTE) * MINUTE


def _state(entity: Entity, row: tuple[Any, ...]) -> EntityState:
    ward, key, newest_at, *values = row
    origins = iter(values[len(entity.fields) :])
    fields: list[Any] = []
    for rule, value in zip(entity.fields.values(), values, strict=False):
        if isinstance(rule, Latest):
            at, id = next(origins)
            fields.append([(at, id, value)] if at else [])
        else:
            fields.append(value)
    return state_type(entity).load([ward, key, newest_at, fields])
