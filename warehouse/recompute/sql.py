"""Recompute: an indicator's values from the raw events alone, as SQL - the second rendering of every aggregate.

The parity suite, the audit, the proof of a tile and late events use it. Every query gives the columns ward, window_ms, dimension,
member, numerator, denominator; groups without any entity are absent.
"""

from datetime import timedelta

from warehouse.model.aggregate import Flow, Stock
from warehouse.model.entity_sql import SqlState, entity_sql, minutes_sql
from warehouse.model.expression import MINUTE, NEVER, Sql, sql, window_start
from warehouse.model.indicator import GAUGE_WINDOW, Indicator
from warehouse.recompute.repeated import named_once

_MILLISECOND = timedelta(milliseconds=1)
_TOTAL = "('', '')"


def flow_sql(indicator: Indicator, source: str = "raw_events") -> str:
    """All windows of the indicator's flows; filter on `ward` and `window_ms` around it."""
    size = indicator.window // _MILLISECOND
    rows = [
        _flow_rows(indicator, part, size, is_numerator, source)
        for parts, is_numerator in ((indicator.value.numerator, True), (indicator.value.denominator, False))
        for part in parts
        if isinstance(part, Flow)
    ]
    return _grouped(rows, "sum")


def stock_sql(indicator: Indicator, now_ms: int, source: str = "raw_events") -> str:
    """The indicator's stocks as they were at one moment, in the window that holds it or ends there."""
    rows = [
        _stock_rows(indicator, part, now_ms, is_numerator, source)
        for parts, is_numerator in ((indicator.value.numerator, True), (indicator.value.denominator, False))
        for part in parts
        if isinstance(part, Stock)
    ]
    return _grouped(rows, "max" if indicator.takes_largest else "sum")


def stocks_sql(indicator: Indicator, start_ms: int, end_ms: int, source: str = "raw_events") -> str:
    """The indicator's stocks at the end of every whole minute after `start_ms` up to `end_ms`: what `stock_sql` gives for each.

    One pass over the events; see `minutes_sql` for what makes it cheap. A day at once is well; there must be a minute in it.
    """
    first, last = (start_ms // MINUTE + 1) * MINUTE, end_ms // MINUTE * MINUTE
    state, now = SqlState(), Sql("minute")
    sides: list[list[str]] = [[], []]
    conditions: list[str] = []
    for side, parts in enumerate((indicator.value.numerator, indicator.value.denominator)):
        for part in parts:
            if isinstance(part, Stock):
                is_counted = f"counts_{len(conditions)}"
                conditions.append(sql(part.where(state, now)))
                amount = sql(part.added(state, now)) if part.added else "1"
                sides[side].append(f"if({is_counted}, toInt64({amount}), toInt64(0))")
    if indicator.takes_largest and len(conditions) > 1:
        raise ValueError(f"{indicator.id}: the largest of several parts is not defined")
    n, d = (" + ".join(side) or "toInt64(0)" for side in sides)
    splits = _splits(indicator, state)
    each = indicator.value.each
    states = minutes_sql(indicator.of, {*state.asked, each} - {""}, first, last, source)
    (n, d, *conditions), states = named_once([n, d, *conditions], states)
    columns = [f"{condition} AS counts_{number}" for number, condition in enumerate(conditions)]
    rows = (
        f"SELECT ward, minute - {MINUTE} AS window_ms, arrayJoin({splits}) AS split, {n} AS n, {d} AS d{_named(each)}\n"
        f"FROM (SELECT *, {', '.join(columns)} FROM ({states}))\n"
        f"WHERE {' OR '.join(f'counts_{number}' for number in range(len(columns)))}"
    )
    return _grouped([_once(rows, each)], "max" if indicator.takes_largest else "sum")


def _grouped(rows: list[str], function: str) -> str:
    union = "\nUNION ALL\n".join(rows)
    return (
        f"SELECT ward, window_ms, split.1 AS dimension, split.2 AS member, {function}(n) AS numerator, {function}(d) AS denominator\n"
        f"FROM (\n{union}\n)\nGROUP BY ward, window_ms, dimension, member"
    )


def _flow_rows(indicator: Indicator, part: Flow, size_ms: int, is_numerator: bool, source: str) -> str:
    state = SqlState()
    at = Sql(f"toInt64({sql(part.at(state))})")
    conditions = [f"{at.text} < {NEVER}"] + ([sql(part.where(state))] if part.where else [])
    amount = sql(part.added(state)) if part.added else "1"
    window = sql(window_start(at, size_ms))
    return _rows(indicator, state, window, amount, conditions, is_numerator, source)


def _stock_rows(indicator: Indicator, part: Stock, now_ms: int, is_numerator: bool, source: str) -> str:
    state, now = SqlState(), Sql(f"toInt64({now_ms})")
    amount = sql(part.added(state, now)) if part.added else "1"
    window = str(window_start(now_ms - 1, GAUGE_WINDOW // _MILLISECOND))
    conditions = [sql(part.where(state, now))]
    return _rows(indicator, state, window, amount, conditions, is_numerator, source, until_ms=str(now_ms))


def _rows(
    indicator: Indicator,
    state: SqlState,
    window: str,
    amount: str,
    conditions: list[str],
    is_numerator: bool,
    source: str,
    until_ms: str | None = None,
) -> str:
    splits, each = _splits(indicator, state), indicator.value.each
    states = entity_sql(indicator.of, until_ms, source, fields={*state.asked, each})
    (window, amount, *conditions), states = named_once([window, amount, *conditions], states)
    n, d = (f"toInt64({amount})", "toInt64(0)") if is_numerator else ("toInt64(0)", f"toInt64({amount})")
    rows = (
        f"SELECT ward, toInt64({window}) AS window_ms, arrayJoin({splits}) AS split, {n} AS n, {d} AS d{_named(each)}\n"
        f"FROM ({states})\nWHERE {' AND '.join(conditions)}"
    )
    return _once(rows, each)


def _named(each: str) -> str:
    return f", {each} AS each" if each else ""


def _once(rows: str, each: str) -> str:
    """The rows, with each value of the field `each` counted once."""
    once = "SELECT ward, window_ms, split, max(n) AS n, max(d) AS d"
    return f"{once} FROM ({rows}) GROUP BY ward, window_ms, split, each" if each else rows


def _splits(indicator: Indicator, state: SqlState) -> str:
    """The total and one member of each dimension, as an array of pairs."""
    members = (f"({sql(name)}, toString({sql(member(state))}))" for name, member in indicator.dimensions)
    return f"[{', '.join([_TOTAL, *members])}]"
