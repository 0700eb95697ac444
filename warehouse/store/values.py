"""Values: the readings that the board, the feed and the report ask of the warehouse; the only SQL they need."""

from typing import Any

from warehouse.catalogue import indicators
from warehouse.model.reading import CHART_DAYS, kept_from
from warehouse.model.value import Value
from warehouse.store.client import Client

_COLUMNS = ", ".join(Value._fields)


def current_values(
    client: Client,
    ward: str,
    now_ms: int,
    chart_days: int = CHART_DAYS,
    until_ms: int | None = None,
    stocks_from_ms: int = 0,
) -> list[Value]:
    """Every value that a ward's shown figures and charts are made of, in one question.

    Args:
        client: an open connection.
        ward: the ward.
        now_ms: the moment of the figures, in ms.
        chart_days: how many days back charts reach.
        until_ms: windows that begin later are left out.
        stocks_from_ms: stocks whose newest row is of an older window are left out; with it the answer takes the same time however
            many years are stored.
    """
    since: dict[int, list[str]] = {}
    for one in indicators():
        if one.has_flow:
            since.setdefault(kept_from(one, now_ms, chart_days), []).append(one.id)
    parameters: dict[str, Any] = {
        "ward": ward,
        "until": until_ms,
        "stocks": tuple(one.id for one in indicators() if one.has_stock),
    }
    spans = []
    for number, (start, ids) in enumerate(since.items()):
        spans.append(f"(indicator IN %(ids_{number})s AND window_ms >= {start})")
        parameters[f"ids_{number}"] = tuple(ids)
    until = "" if until_ms is None else " AND window_ms <= %(until)s"
    stocks = f"ward = %(ward)s AND grain = 'stock' AND indicator IN %(stocks)s AND window_ms >= {stocks_from_ms}{until}"
    rows = client.query(
        f"SELECT {_COLUMNS} FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'flow' AND ({' OR '.join(spans)}){until} "
        f"UNION ALL SELECT {_COLUMNS} FROM raw_values FINAL WHERE {stocks} AND (indicator, window_ms, dimension, member) IN "
        f"(SELECT indicator, max(window_ms), dimension, member FROM raw_values WHERE {stocks} GROUP BY indicator, dimension, member)",
        parameters,
    )
    return [Value(*row) for row in rows]
