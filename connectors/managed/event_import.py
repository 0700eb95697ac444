"""Event import: a file of events of before as events, by the reader and the mapping that declared sources of files have.

A column bears the name of a field of the event; others are not read. So what leaves here is what the event's model takes, and no more.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args, get_origin

from connectors.declared.declaration import InvalidDeclaration
from connectors.declared.load import load_text
from connectors.declared.mapping import declarable_events
from connectors.declared.value import field_kind
from ingest.administration.message import KIND_COLUMN, ImportedRow, MappedFile, SourceRefused
from ingest.contract.connector import Connector, Context, FileDrop
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.label import Label
from ingest.files.table import Row, table_rows
from ingest.source.mapper import Mapper
from ingest.untrusted.json_text import parse_json

MOST_ROWS = 10_000

_ID = "import"
_YES_NO = {
    "có": True,
    "Có": True,
    "true": True,
    "TRUE": True,
    "1": True,
    "không": False,
    "Không": False,
    "false": False,
    "FALSE": False,
    "0": False,
}
_FIELD = re.compile(r"([a-z][a-z0-9_]*)[,:]")


def importable_events() -> dict[str, type[Event]]:
    """The events that a file may hold, by kind: what people enter as figures goes by rights of its own."""
    return {kind: event for kind, event in declarable_events().items() if event.stream != "figure"}


def map_event_file(file: Path, context: Context) -> MappedFile:
    """What a file would become; nothing is sent.

    Args:
        file: CSV, XLSX or JSON lines.
        context: with the clock and the pseudonyms to use.

    Raises:
        SourceRefused: it cannot be read, has too many rows, or names no kind of event.
    """
    rows: list[ImportedRow] = []
    dropped: dict[str, None] = {}
    mapper: Mapper | None = None
    kind = ""
    try:
        for row in _rows(file):
            if mapper is None:
                kind = str(row.cells.get(KIND_COLUMN, "")).strip()
                mapper = Mapper(_connector(kind, row), context)
            if len(rows) == MOST_ROWS:
                raise InvalidEvent("too_many_rows", f"more than {MOST_ROWS} rows: split it")
            rows.append(_mapped(mapper, kind, row))
            dropped |= dict.fromkeys(row.cells.keys() - (mapper.connector.reads or frozenset()))
    except (InvalidEvent, InvalidDeclaration) as error:
        raise SourceRefused(Label(f"Không đọc được tệp: {error}", f"The file cannot be read: {error}")) from None
    return MappedFile(kind=kind, rows=tuple(rows), dropped=tuple(sorted(dropped))[:50])


def _mapped(mapper: Mapper, kind: str, row: Row) -> ImportedRow:
    first = f"{next(iter(row.letters.values()), '')}{row.number}"
    taken = mapper.take(json.dumps(row.cells).encode())
    if taken.dead_letter:
        said = _FIELD.match(taken.dead_letter.error)
        field = said[1] if said and said[1] in row.letters else KIND_COLUMN
        cell = f"{row.letters[field]}{row.number}" if field in row.letters else first
        return ImportedRow(
            row=row.number, cell=cell, reason=taken.dead_letter.reason_code, detail=taken.dead_letter.error
        )
    (made,) = taken.envelopes
    return ImportedRow(row=row.number, cell=first, event=made.data.model_dump_json(exclude_none=True))


def _connector(kind: str, row: Row) -> Connector:
    event = importable_events().get(kind)
    if event is None:
        raise InvalidEvent("unknown_kind", f"{KIND_COLUMN}: {kind[:40]!r} is none of {', '.join(importable_events())}")
    if missing := [
        name
        for name, field in event.model_fields.items()
        if field.is_required() and row.letters and name not in row.letters
    ]:
        raise InvalidEvent("missing_columns", f"its header does not have the columns {', '.join(missing)}")
    return load_text(_ID, _declaration(event))


def _declaration(event: type[Event]) -> str:
    """The declaration of a source whose columns bear the names of the event's fields."""
    yes_no = "\n".join(f"{json.dumps(word)} = {json.dumps(value)}" for word, value in _YES_NO.items())
    fields = []
    for name, model in event.model_fields.items():
        if get_origin(model.annotation) is Literal and len(get_args(model.annotation)) == 1:
            continue  # it can be nothing else, as that a document is not secret
        table = ', table = "yes_no"' if field_kind(event, name) == "truth" else ""
        fields.append(f"{name} = {{column = {json.dumps(name)}{table}}}")
    condition = json.dumps(f"\"{KIND_COLUMN}\" == '{event.kind}'", ensure_ascii=False)
    return f"""
label = {{vi = "Nhập sự kiện", en = "Imported events"}}
number = "1.234,5"
[way]
kind = "files"
[tables.yes_no]
{yes_no}
[[events]]
event = "{event.kind}"
when = {condition}
[events.fields]
{chr(10).join(fields)}
"""


def _rows(file: Path) -> Iterator[Row]:
    if file.suffix.lower() != ".jsonl":
        yield from table_rows(file, FileDrop(timedelta(days=1), frozenset({KIND_COLUMN})))
        return
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if line.strip():
            value = parse_json(line)
            if not isinstance(value, dict):
                raise InvalidEvent("not_json", f"line {number} is no object")
            yield Row(number, value)
