"""A view that analysts see, documented column by column."""

from typing import NamedTuple

from ingest.contract.label import Label

LOCAL = "'Asia/Ho_Chi_Minh'"


class Column(NamedTuple):
    """A documented column."""

    name: str
    type: str
    label: Label


class View(NamedTuple):
    """A documented view; `query` is its SELECT."""

    name: str
    label: Label
    columns: list[Column]
    query: str


def described(lines: str) -> list[Column]:
    """Columns from lines of `name | type | Vietnamese | English`; empty lines mean nothing."""
    rows = [[part.strip() for part in line.split("|")] for line in lines.splitlines() if line.strip()]
    return [Column(name, kind, Label(vi, en)) for name, kind, vi, en in rows]


def local(ms: str) -> str:
    """SQL of a moment in ms as local time."""
    return f"fromUnixTimestamp64Milli({ms}, {LOCAL})"
