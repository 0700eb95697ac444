"""A view that analysts see, documented column by column."""

from typing import NamedTuple

from ingest.contract.label import Label

LOCAL = "'Asia/Ho_Chi_Minh'"


class ViewColumn(NamedTuple):
    """A documented column."""

    name: str
    type: str
    label: Label


class View(NamedTuple):
    """A documented view; `query` is its SELECT."""

    name: str
    label: Label
    columns: list[ViewColumn]
    query: str


def parse_columns(lines: str) -> list[ViewColumn]:
    """Columns from lines of `name | type | Vietnamese | English`; empty lines mean nothing."""
    rows = [[part.strip() for part in line.split("|")] for line in lines.splitlines() if line.strip()]
    return [ViewColumn(name, kind, Label(vi, en)) for name, kind, vi, en in rows]


def local_sql(ms: str) -> str:
    """SQL of a moment in ms as local time."""
    return f"fromUnixTimestamp64Milli({ms}, {LOCAL})"
