"""Query: the readings that the board, the feed and the report ask of the warehouse; the only SQL they need."""

from typing import Any

from warehouse.client import Client
from warehouse.expression import DAY_MS
from warehouse.indicator import indicators
from warehouse.reading import CHART_DAYS, span_start
from warehouse.value import Value

_COLUMNS = ", ".join(Value._fields)


def current_values(client: Client, ward: str, now_ms: int, chart_days: int = CHART_DAYS) -> list[Value]:
    """Every value that a ward's shown figures and charts are made of.

    Args:
        client: an open connection.
        ward: the ward.
        now_ms: the moment of the figures, in ms; later windows are left out.
        chart_days: how many days back charts reach.
    """
    values: list[Value] = []
    for one in indicators():
        if one.has_flow:
            start = min(span_start(one, now_ms), now_ms - chart_days * DAY_MS)
            values += _values(
                client,
                "ward = %(ward)s AND indicator = %(id)s AND grain = 'flow' AND window_ms BETWEEN %(start)s AND %(now)s",
                {"ward": ward, "id": one.id, "start": start, "now": now_ms},
            )
    stocks = (
        f"SELECT {_COLUMNS} FROM raw_values FINAL WHERE ward = %(ward)s AND grain = 'stock' AND window_ms <= %(now)s "
        "ORDER BY window_ms DESC LIMIT 1 BY indicator, dimension, member"
    )
    return values + [Value(*row) for row in client.query(stocks, {"ward": ward, "now": now_ms})]


def history(client: Client, ward: str, id: str, start_ms: int, end_ms: int) -> list[Value]:
    """An indicator's values in [start, end), total and members, oldest first."""
    return _values(
        client,
        "ward = %(ward)s AND indicator = %(id)s AND window_ms >= %(start)s AND window_ms < %(end)s",
        {"ward": ward, "id": id, "start": start_ms, "end": end_ms},
    )


def _values(client: Client, condition: str, parameters: dict[str, Any]) -> list[Value]:
    query = f"SELECT {_COLUMNS} FROM raw_values FINAL WHERE {condition} ORDER BY window_ms"
    return [Value(*row) for row in client.query(query, parameters)]
