"""Feed: what the city reads of a ward's figures - rows by window, with parts and revision, in the order in which they were written.

The order makes corrections come by themselves: a row that is written again, because its window went on or was recomputed, moves
to the end and is read once more by whoever follows the cursor. What is declared to stay `inside` the ward is not a row of it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.contract.clock import milliseconds
from warehouse.catalogue import indicators
from warehouse.model.expression import sql
from warehouse.model.grace import GRACE
from warehouse.model.indicator import GAUGE_WINDOW, Indicator
from warehouse.store.client import Client

SETTLED = timedelta(seconds=2)
"""Rows become readable so long after they were written, so that none slips in before a cursor that has passed it."""


class FeedRow(NamedTuple):
    """One figure of one window."""

    ward: str
    indicator: str
    grain: str
    window_ms: int
    dimension: str
    member: str
    numerator: int
    denominator: int
    newest_ms: int
    as_of_ms: int
    revision: int
    written_ms: int


class FeedCursor(NamedTuple):
    """The last row that was read: its time of writing, and its key among those written at once."""

    written_ms: int
    ward: str
    indicator: str
    grain: str
    window_ms: int
    dimension: str
    member: str


class FeedQuestion(NamedTuple):
    """Which rows are asked for."""

    wards: tuple[str, ...]
    indicators: tuple[str, ...]
    """Ids; empty for all."""
    start: datetime
    """Windows that begin at or after this."""
    end: datetime
    """Windows that begin before this."""
    dimension: str | None
    """Only this dimension; empty for totals; `None` for all."""
    after: FeedCursor | None
    limit: int


_COLUMNS = "ward, indicator, grain, window_ms, dimension, member, numerator, denominator, newest_ms, as_of_ms, revision"
_WRITTEN = "toUnixTimestamp64Milli(written_at)"
_KEY = f"({_WRITTEN}, ward, indicator, grain, window_ms, dimension, member)"


def goes_out_sql() -> str:
    """Whether a stored row may leave the ward."""
    inside = [f"({sql(one.id)}, {sql(dimension)})" for one in indicators() for dimension in one.inside]
    return f"(indicator, dimension) NOT IN ({', '.join(inside)})" if inside else "true"


def feed_rows(client: Client, question: FeedQuestion) -> list[FeedRow]:
    """The rows that were asked for, in the order in which they were written, at most `limit`."""
    conditions = [
        "ward IN {wards:Array(String)}",
        "window_ms >= {start:Int64} AND window_ms < {end:Int64}",
        f"written_at <= now64(3) - toIntervalMillisecond({SETTLED // timedelta(milliseconds=1)})",
        goes_out_sql(),
    ]
    parameters: dict[str, object] = {
        "wards": list(question.wards),
        "start": milliseconds(question.start),
        "end": milliseconds(question.end),
        "limit": question.limit,
    }
    if question.indicators:
        conditions.append("indicator IN {indicators:Array(String)}")
        parameters["indicators"] = list(question.indicators)
    if question.dimension is not None:
        conditions.append("dimension = {dimension:String}")
        parameters["dimension"] = question.dimension
    if question.after is not None:
        names = {
            "after_written": "Int64", "after_ward": "String", "after_indicator": "String", "after_grain": "String",
            "after_window": "Int64", "after_dimension": "String", "after_member": "String",
        }  # fmt: skip
        conditions.append(f"{_KEY} > ({', '.join(f'{{{name}:{kind}}}' for name, kind in names.items())})")
        parameters.update(zip(names, question.after, strict=True))
    query = (
        f"SELECT {_COLUMNS}, {_WRITTEN} AS written_ms FROM raw_values FINAL "
        f"WHERE {' AND '.join(conditions)} ORDER BY {_KEY} LIMIT {{limit:UInt32}}"
    )
    return [FeedRow(*row) for row in client.query(query, parameters)]


def cursor_after(row: FeedRow) -> FeedCursor:
    """The cursor that goes on after a row."""
    return FeedCursor(row.written_ms, row.ward, row.indicator, row.grain, row.window_ms, row.dimension, row.member)


def is_complete(one: Indicator, row: FeedRow, now_ms: int) -> bool:
    """Whether the row's window is over and its grace has passed: it changes only by a correction from now on."""
    return now_ms >= window_end_ms(one, row) + GRACE // timedelta(milliseconds=1)


def window_end_ms(one: Indicator, row: FeedRow) -> int:
    """End of the row's window; a stock is kept in a grain of its own."""
    size = GAUGE_WINDOW if row.grain == "stock" else one.window
    return row.window_ms + size // timedelta(milliseconds=1)


def known_ids() -> frozenset[str]:
    """Ids that may be asked for; a derived measure is calculated from the rows of others."""
    return frozenset(one.id for one in indicators())
