"""Template: a file to fill in, of each kind that can be imported, as CSV or as a workbook."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Literal

from dashboard.entry.day_file import day_template
from dashboard.entry.file import figure_template
from ingest.administration.message import KIND_COLUMN
from ingest.contract.events import event_types
from ingest.contract.label import Label, Language
from warehouse.catalogue import day_kinds, indicator

PSEUDONYM = 32
"""Characters of a pseudonym."""
PSEUDONYMOUS = Label("mã ở nguồn (được thay bằng bí danh)", "the source's code (a pseudonym stands in for it)")
CODE, LIST = Label("mã, không dấu", "a code"), Label("chỉ ghi được trong JSONL", "in JSON lines only")
TIME = Label("ngày giờ: 05/03/2026 08:30", "time: 05/03/2026 08:30")
OPTIONAL = Label(" (bỏ trống được)", " (may be empty)")

FIGURES, DAYS = "figures", "days"
TEMPLATES = {
    FIGURES: Label("Số liệu của kỳ", "Figures of a period"),
    DAYS: Label("Tổng ngày trước khi có IOC", "Totals of days before this system"),
}
"""What a file can be about."""

EVENTS = tuple(sorted({event.kind for id in day_kinds() for event in indicator(id).of.events}))
"""The kinds of events of before of which figures through time are made."""

FileKind = Literal["csv", "xlsx"]


def template_file(of: str, kind: FileKind, today: date, language: Language = "vi") -> bytes:
    """A file to fill in.

    Args:
        of: one of `TEMPLATES`, or a kind of event.
        kind: of the file.
        today: the ward's day.
        language: of what explains a row.
    """
    if of in EVENTS:
        lines = event_template(of, language)
    else:
        lines = day_template(today, language) if of == DAYS else figure_template(today, language)
    return (_workbook if kind == "xlsx" else _csv)(lines)


def event_template(kind: str, language: Language) -> Iterable[Sequence[str]]:
    """The lines of a file of events: a column for each field of the model, and a row that says how each is written."""
    event = next(one for one in event_types().values() if one.kind == kind)
    schema = event.model_json_schema()
    fields = {name: one for name, one in schema["properties"].items() if "const" not in one}
    hints = [
        _hint(one, language) + ("" if name in schema["required"] else OPTIONAL.text(language))
        for name, one in fields.items()
    ]
    return [[KIND_COLUMN, *fields], [kind, *hints]]


def _hint(field: dict[str, Any], language: Language) -> str:
    """How a value of a field is written."""
    kinds = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
    told = kinds[0]
    if "enum" in told:
        return " | ".join(map(str, told["enum"]))
    if told.get("format") == "date-time":
        return TIME.text(language)
    if told.get("type") == "boolean":
        return "có | không"
    if told.get("type") in ("integer", "number"):
        return f"{told.get('minimum', 0)} … {told['maximum']}" if "maximum" in told else "0"
    if told.get("maxLength") == told.get("minLength") == PSEUDONYM:
        return PSEUDONYMOUS.text(language)
    return (LIST if told.get("type") == "array" else CODE).text(language)


def _csv(lines: Iterable[Sequence[str]]) -> bytes:
    """As a Vietnamese spreadsheet opens it."""
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(lines)
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _workbook(lines: Iterable[Sequence[str]]) -> bytes:
    from openpyxl import Workbook  # only here: with it comes numpy

    book = Workbook(write_only=True)
    sheet = book.create_sheet("So lieu")
    for line in lines:
        sheet.append(list(line))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()
