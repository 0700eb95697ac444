"""Audit of values: every stored figure of closed windows is what the raw events give by SQL, and every one that they give is stored.

Whole numbers only, so that "the same" means the same to the last unit. A figure of 0 and one that is not there are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from warehouse.audit.report import Grain, Mismatch
from warehouse.model.expression import MINUTE, sql
from warehouse.model.grace import GRACE
from warehouse.model.indicator import Indicator
from warehouse.recompute.sql import flow_sql, stocks_sql
from warehouse.store.client import Client, ServerError

MOST_MISMATCHES = 100_000
"""At most so many mismatches of one question are told."""

SLACK_MS = 2 * MINUTE
"""The newest minutes may be on their way: so long before the last closed one nobody asks whether a minute was closed."""

LONGEST_GAP_MS = 15 * MINUTE
"""Totals are looked at at least so often."""

KEPT, GIVEN = "audit_kept", "audit_given"

_MILLISECOND = timedelta(milliseconds=1)
_MEMORY_LIMIT = 241


class ComparedValues(NamedTuple):
    """What a comparison found."""

    size: int
    """How many figures."""
    mismatches: list[Mismatch]


def compare_flows(client: Client, one: Indicator, start_ms: int, end_ms: int, now_ms: int) -> ComparedValues:
    """The flows of closed windows that begin in [start, end), in both directions.

    Args:
        client: an open connection.
        one: the indicator.
        start_ms: begin of the first window.
        end_ms: later windows are left out.
        now_ms: the present by the install's clock: a window is closed when its grace is over.
    """
    until = min(end_ms, now_ms - (GRACE + one.window) // _MILLISECOND + 1)
    within = f"window_ms >= {start_ms} AND window_ms < {until}"
    stored = (
        "SELECT ward, window_ms, dimension, member, numerator AS n, denominator AS d, toInt64(0) AS en, toInt64(0) AS ed "
        f"FROM raw_values FINAL WHERE indicator = '{one.id}' AND grain = 'flow' AND {within}"
    )
    given = (
        "SELECT ward, window_ms, dimension, member, toInt64(0), toInt64(0), numerator, denominator "
        f"FROM ({flow_sql(one)}) WHERE {within}"
    )
    both = (
        "SELECT toString(ward) AS ward, window_ms, toString(dimension) AS dimension, member, sum(n) AS n, sum(d) AS d, sum(en) AS en, sum(ed) AS ed, "
        "multiIf((n, d) = (en, ed), '', (n, d) = (0, 0), 'missing', (en, ed) = (0, 0), 'extra', 'wrong') AS fault "
        f"FROM ({stored} UNION ALL {given}) GROUP BY ward, window_ms, dimension, member HAVING (n, d, en, ed) != (0, 0, 0, 0)"
    )
    return _told(client, one, "flow", both)


def compare_stocks(client: Client, one: Indicator, start_ms: int, end_ms: int) -> ComparedValues:
    """The stocks of the minutes that begin in [start, end).

    A minute in which the total has a row is one in which the stocks were looked at: there, everything must be as recomputed. A
    member without a row of its own is as in its last row before.
    """
    start, end = start_ms // MINUTE * MINUTE, end_ms // MINUTE * MINUTE
    if start >= end:
        return ComparedValues(0, [])
    closed = client.query(
        "SELECT toString(ward), max(window_ms), minIf(window_ms, window_ms >= %(start)s) AS first FROM raw_values "
        "WHERE indicator = %(id)s AND grain = 'stock' AND as_of_ms = window_ms + %(minute)s GROUP BY ward "
        "HAVING first > 0 AND first < %(end)s",
        {"id": one.id, "minute": MINUTE, "start": start, "end": end},
    )
    if not closed:
        return ComparedValues(0, [])
    try:
        with _prepared(client, one, start, end):
            return _told(client, one, "stock", _stock_points(one, start, end, closed))
    except ServerError as error:
        if error.code != _MEMORY_LIMIT or end - start <= 60 * MINUTE:
            raise
        middle = (start + end) // 2 // MINUTE * MINUTE
        halves = [compare_stocks(client, one, *half) for half in ((start, middle), (middle, end))]
        return ComparedValues(
            sum(half.size for half in halves), [found for half in halves for found in half.mismatches]
        )


@contextmanager
def _prepared(client: Client, one: Indicator, start: int, end: int) -> Iterator[None]:
    """The stored and the recomputed rows as tables of this connection: the comparison looks at them several times."""
    tables = {
        KEPT: "SELECT toString(ward) AS ward, toString(dimension) AS dimension, member, window_ms, numerator, denominator, "
        "toInt64(revision) AS revision, as_of_ms "
        f"FROM raw_values FINAL WHERE indicator = '{one.id}' AND grain = 'stock' AND window_ms >= {start} AND window_ms < {end}",
        GIVEN: "SELECT toString(ward) AS ward, dimension, member, window_ms, numerator AS n, denominator AS d "
        f"FROM ({stocks_sql(one, start, end)})",
    }
    try:
        for name, query in tables.items():
            client.execute(f"CREATE OR REPLACE TEMPORARY TABLE {name} ENGINE = Memory AS {query}")
        yield
    finally:
        for name in tables:
            client.execute(f"DROP TEMPORARY TABLE IF EXISTS {name}")


def _stock_points(one: Indicator, start: int, end: int, closed: list[tuple[str, int, int]]) -> str:
    """Every stock at every minute of which anything is stored: as it is stored, and as recomputed.

    Args:
        one: the indicator.
        start: begin of the first minute.
        end: end of the last.
        closed: wards, each with the last of its minutes that was closed, and the first one in the span.
    """
    # Long: one statement, from its innermost part outwards.
    mine = f"indicator = '{one.id}' AND grain = 'stock'"
    wards, lasts, firsts = (f"[{', '.join(map(sql, column))}]" for column in zip(*closed, strict=True))
    is_past = (
        f"window_ms >= {start} AND window_ms < {end} AND window_ms <= transform(toString(ward), {wards}, {lasts}, 0)"
    )
    rows = f"SELECT * FROM {KEPT} WHERE {is_past}"
    stored = (
        f"SELECT ward, dimension, member, window_ms, if(as_of_ms = window_ms + {MINUTE}, 1, 2) AS has, revision, "
        f"numerator AS n, denominator AS d, toInt64(0) AS en, toInt64(0) AS ed FROM ({rows})"
    )
    # What was so before the first minute, as a row before it, and the first minute as one to look at.
    before = (
        "SELECT toString(ward) AS ward, toString(dimension) AS dimension, member, "
        "argMax((numerator, denominator), (window_ms, version)) AS sums "
        f"FROM raw_values WHERE {mine} AND window_ms < {start} GROUP BY ward, dimension, member"
    )
    carried = (
        "SELECT ward, dimension, member, at.1, at.2, 0, if(at.2 = 1, sums.1, 0), if(at.2 = 1, sums.2, 0), 0, 0 FROM ("
        "SELECT ward, dimension, member, sums, "
        f"arrayJoin([(toInt64({start - MINUTE}), 1), (toInt64(transform(toString(ward), {wards}, {firsts}, 0)), 0)]) AS at FROM ({before}))"
    )
    # While it is quiet, a worker that catches up looks only now and then, but not more seldom than that.
    gaps = (
        f"SELECT ward, window_ms + {LONGEST_GAP_MS} AS at FROM (SELECT ward, window_ms, revision, leadInFrame(window_ms, 1, window_ms) "
        "OVER (PARTITION BY ward ORDER BY window_ms ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next "
        f"FROM ({rows}) WHERE dimension = '') WHERE next - window_ms > {LONGEST_GAP_MS} AND revision = 0"
    )
    minutes = (
        "SELECT ward, window_ms, max(is_gap) AS is_gap, leadInFrame(window_ms, 1, toInt64(0)) OVER ("
        "PARTITION BY ward ORDER BY window_ms ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_minute FROM ("
        f"SELECT ward, window_ms, 0 AS is_gap FROM ({rows}) UNION ALL SELECT ward, at, 1 FROM ({gaps})) GROUP BY ward, window_ms"
    )
    looked_at = f"SELECT ward, '', '', window_ms, if(is_gap, 3, 0), 0, 0, 0, 0, 0 FROM ({minutes})"
    # Where the recomputed rows of a member end, it is 0 from the next minute on.
    given = (
        "SELECT ward, dimension, member, at, 0, 0, 0, 0, if(at = window_ms, n, 0), if(at = window_ms, d, 0) FROM ("
        "SELECT ward, dimension, member, window_ms, n, d, "
        "arrayJoin(if(next = next_minute OR next_minute = 0, [window_ms], [window_ms, next_minute])) AS at FROM ("
        "SELECT ward, dimension, member, window_ms, n, d, next_minute, leadInFrame(window_ms, 1, toInt64(0)) OVER ("
        "PARTITION BY ward, dimension, member ORDER BY window_ms ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next FROM ("
        f"SELECT ward, dimension, member, window_ms, n, d FROM {GIVEN}) AS g INNER JOIN ({minutes}) AS m USING (ward, window_ms)))"
    )
    points = (
        "SELECT ward, dimension, member, window_ms, max(has) AS has, max(revision) AS revision, sum(n) AS n, sum(d) AS d, "
        "sum(en) AS en, sum(ed) AS ed "
        f"FROM ({' UNION ALL '.join((stored, carried, looked_at, given))}) GROUP BY ward, dimension, member, window_ms"
    )
    known = (
        "SELECT ward, dimension, member, window_ms, has, en, ed, "
        "argMaxIf(n, window_ms, has IN (1, 2)) OVER so_far AS n, argMaxIf(d, window_ms, has IN (1, 2)) OVER so_far AS d, "
        "max(has = 1 AND dimension = '') OVER minute AS is_looked_at, "
        "max(has = 1 AND revision = 0) OVER minute AS is_closed "
        f"FROM ({points}) WINDOW minute AS (PARTITION BY ward, window_ms), "
        "so_far AS (PARTITION BY ward, dimension, member ORDER BY window_ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    return (
        "SELECT ward, window_ms, dimension, member, n, d, en, ed, multiIf("
        f"has = 2, if(window_ms < transform(ward, {wards}, {lasts}, 0) - {SLACK_MS}, 'open', ''), "
        "dimension = '' AND has != 1, if(is_closed OR has = 3, 'missing', ''), "
        "(is_looked_at OR has = 1) AND (n, d) != (en, ed), 'wrong', '') AS fault "
        f"FROM ({known}) WHERE {is_past}"
    )


def _told(client: Client, one: Indicator, grain: Grain, both: str) -> ComparedValues:
    fields = "ward, window_ms, dimension, member, n, d, en, ed, fault"
    query = f"SELECT count(), groupArrayIf({MOST_MISMATCHES})(({fields}), fault != '') FROM ({both})"
    ((count, rows),) = client.query(query)
    return ComparedValues(count, [_mismatch(one, grain, row) for row in rows])


def _mismatch(one: Indicator, grain: Grain, row: tuple[Any, ...]) -> Mismatch:
    ward, window_ms, dimension, member, n, d, en, ed, fault = row
    return Mismatch((ward, one.id, grain, window_ms, dimension, member), fault, (n, d), (en, ed))
