"""Table: the rows of a CSV or XLSX file, one by one, within bounds that hold whatever the file claims to be.

Of a workbook the values are read, never formulas, and it is read as it is unpacked: what its parts say that they unpack to is
bounded before anything is, and no more than that is unpacked (`zipfile`). XML that defines entities is refused (`defusedxml`).
"""

import csv
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from defusedxml.common import DefusedXmlException

from ingest.contract.connector import FileDrop
from ingest.contract.errors import InvalidEvent
from ingest.files.tcvn3 import from_tcvn3

LARGEST_FILE = 50 * 1_048_576
"""Bytes of a file."""

LARGEST_UNPACKED = 300 * 1_048_576
"""Bytes of all parts of a workbook together; its sheets are read in a stream."""

LARGEST_PART = 24 * 1_048_576
"""Bytes of a part of a workbook that has to be in memory as a whole, such as its texts."""

MOST_PARTS = 1_000

MOST_ROWS = 200_000
"""Rows of a file; a workbook has at most 1,048,576."""

MOST_COLUMNS = 200

_DELIMITERS = ",;\t|"
_CODECS = {"utf-8": "utf-8-sig", "windows-1258": "cp1258", "tcvn3": "latin-1"}
_BROKEN = (
    DefusedXmlException, zipfile.BadZipFile, zlib.error, SyntaxError, EOFError, NotImplementedError, RuntimeError, LookupError,
    TypeError, ValueError, AttributeError, OverflowError,
)  # fmt: skip
"""What openpyxl and those beneath it raise for a workbook that is damaged, encrypted or none."""


class Row(NamedTuple):
    """One row."""

    number: int
    """As a spreadsheet counts, from 1."""
    cells: dict[str, Any]
    """By column, as JSON holds it; empty ones are left out."""
    letters: Mapping[str, str] = MappingProxyType({})
    """By column, how a spreadsheet calls it: `B`."""


def table_rows(file: Path, way: FileDrop) -> Generator[Row, None, None]:
    """The rows of a file under its header, without empty ones.

    Raises:
        InvalidEvent: the file is none that can be read; from then on nothing of it is.
    """
    if file.stat().st_size > LARGEST_FILE:
        raise InvalidEvent("too_large", f"a file of more than {LARGEST_FILE} bytes: split it")
    suffix = file.suffix.lower()
    if suffix in (".csv", ".txt"):
        lines = _csv_lines(file, way)
    elif suffix == ".xlsx":
        lines = _workbook_lines(file, way)
    else:
        raise InvalidEvent("unknown_kind", "it is neither .csv nor .xlsx: save it as one of these")
    numbered = enumerate(lines, 1)
    header = next((line for number, line in numbered if number == way.header_row), ())
    columns = _columns(header, way.needs)
    letters = {name: _letter(place) for place, name in enumerate(columns) if name}
    for number, line in numbered:
        if number > MOST_ROWS:
            raise InvalidEvent("too_many_rows", f"only its first {MOST_ROWS} rows were read: split it")
        cells = {name: value for name, value in zip(columns, line, strict=False) if name and value is not None}
        if cells:
            yield Row(number, cells, letters)


def column_name(text: str) -> str:
    """A column's name, with single spaces, its letters composed (NFC)."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()


def _columns(header: Sequence[Any], needs: frozenset[str]) -> list[str]:
    columns = [column_name(str(cell)) if cell is not None else "" for cell in header]
    if missing := sorted(needs - set(columns)):
        raise InvalidEvent("missing_columns", f"its header does not have the columns {', '.join(missing)}")
    named = [name for name in columns if name]
    if len(set(named)) < len(named):
        raise InvalidEvent("duplicate_columns", "two of its columns have the same name")
    return columns


def _letter(place: int) -> str:
    """What a spreadsheet calls the column at a place, from 0."""
    # The one of openpyxl would load numpy into every process that reads CSV.
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def _csv_lines(file: Path, way: FileDrop) -> Iterator[list[Any]]:
    with file.open("rb") as raw:
        start = raw.read(2)
    codec = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else _CODECS[way.encoding]
    try:
        with file.open(encoding=codec, newline="") as text:
            head = next(islice(text, way.header_row - 1, None), "")[:65_536]
            text.seek(0)
            delimiter = max(_DELIMITERS, key=head.count)
            for line in csv.reader(text, delimiter=delimiter):
                yield [_cell(cell, way) for cell in line[:MOST_COLUMNS]]
    except UnicodeError as error:
        raise InvalidEvent(
            "encoding", f"it is not in {codec}: save it as “CSV UTF-8”, or say `encoding` in the declaration"
        ) from error
    except csv.Error as error:
        raise InvalidEvent("not_csv", f"it cannot be read as CSV: {error}") from None


def _workbook_lines(file: Path, way: FileDrop) -> Iterator[list[Any]]:
    # Only here: with it comes numpy, of no use to a process that reads no workbook.
    from openpyxl import load_workbook

    try:
        _check_parts(file)
        with file.open("rb") as opened:
            with warnings.catch_warnings(action="ignore"):
                workbook = load_workbook(opened, read_only=True, data_only=True, keep_links=False)
            sheet = workbook[way.sheet] if way.sheet else workbook.worksheets[0]
            sheet.reset_dimensions()  # what the sheet says of its own size may be wrong
            for line in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True):
                width = len(line)
                while width and line[width - 1] is None:  # nearly all: each line is as wide as one may be
                    width -= 1
                yield [_cell(cell, way) for cell in line[:width]]
    except _BROKEN as error:
        known = f"it has no sheet {way.sheet}, or " if way.sheet and isinstance(error, LookupError) else ""
        raise InvalidEvent("not_xlsx", f"{known}it cannot be read as XLSX: {type(error).__name__}") from None


def _check_parts(file: Path) -> None:
    """See that a workbook does not unpack to more than it may, before any of it is unpacked."""
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
    in_memory = [part.file_size for part in parts if not part.filename.startswith("xl/worksheets/sheet")]
    is_small = len(parts) <= MOST_PARTS and sum(part.file_size for part in parts) <= LARGEST_UNPACKED
    if not is_small or max(in_memory, default=0) > LARGEST_PART:
        raise InvalidEvent(
            "too_large", f"it unpacks to more than {LARGEST_UNPACKED} bytes, or one part of it to {LARGEST_PART}"
        )


def _cell(value: Any, way: FileDrop) -> Any:
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", from_tcvn3(value) if way.encoding == "tcvn3" else value).strip()
        return text or None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value
