"""Template: a file to fill in, of each kind that can be imported, as CSV or as a workbook."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

from dashboard.entry.day_file import day_template
from dashboard.entry.file import figure_template
from ingest.contract.label import Label, Language

FIGURES, DAYS = "figures", "days"
TEMPLATES = {
    FIGURES: Label("Số liệu của kỳ", "Figures of a period"),
    DAYS: Label("Tổng ngày trước khi có IOC", "Totals of days before this system"),
}
"""What a file can be about."""

FileKind = Literal["csv", "xlsx"]


def template_file(of: str, kind: FileKind, today: date, language: Language = "vi") -> bytes:
    """A file to fill in.

    Args:
        of: one of `TEMPLATES`.
        kind: of the file.
        today: the ward's day.
        language: of what explains a row.
    """
    lines = day_template(today, language) if of == DAYS else figure_template(today, language)
    return (_workbook if kind == "xlsx" else _csv)(lines)


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
