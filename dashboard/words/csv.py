"""CSV: tables as CSV that a spreadsheet program opens without running anything in them."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from ingest.contract.label import Label

CSV = Label("Tải CSV", "Download CSV")

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_download(content: str, name: str) -> dict[str, str]:
    """A file for the browser to keep; the mark at its beginning tells spreadsheet programs how its letters are written."""
    return {"content": f"\ufeff{content}", "filename": name, "type": "text/csv"}


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table as CSV with a head line; texts that a spreadsheet would take for formulas get an apostrophe."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([_cell(column) for column in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text
