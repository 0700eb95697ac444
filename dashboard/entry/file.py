"""File: a CSV or XLSX file of figures, one a row, and the template for one; and how rows of any file are read, with what is wrong by cell.

Bounded before it is read and while it is (`ingest.files.table`); of a workbook the values are read, and no formula is calculated.
"""

from collections.abc import Callable, Collection, Iterator, Set
from contextlib import closing
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.entry.act import Statement
from dashboard.entry.amount import EntryRefused, period_name, read_amounts, read_written_period, refusal
from ingest.contract.connector import FileDrop
from ingest.contract.errors import InvalidEvent
from ingest.contract.label import Label, Language
from ingest.files.table import Row, table_rows
from warehouse.catalogue import entered_kinds, figure_kinds
from warehouse.figures.day_total import is_of_a_day

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
LARGEST = 2_000_000
"""Bytes of a file of figures."""
MOST_ROWS = 2_000
MOST_FAULTS = 50
"""Of more, the rest is not listed: the file is another one than it should be."""

COLUMNS = {
    "code": "Mã chỉ tiêu",
    "period": "Kỳ",
    "value": "Số",
    "whole": "Trên tổng số",
    "bound": "Mức",
    "dates": "Ngày của nguồn",
    "source": "Nguồn",
    "reason": "Lý do sửa",
    "name": "Tên chỉ tiêu",
}
"""By field, the title of its column; of the last, which only explains, nothing is read."""

DAY_COLUMNS = {
    "indicator": "Mã chỉ số",
    "day": "Ngày",
    "dimension": "Tách theo",
    "member": "Mã phần",
    **{field: COLUMNS[field] for field in ("value", "whole", "source", "reason")},
    "hint": "Cách ghi",
}
"""The same of a file of totals of days."""

_TITLES = {**COLUMNS, **DAY_COLUMNS}

BOUNDS = {"": "chinh_xac", "đúng": "chinh_xac", "trên": "it_nhat"}
DATES = {"": "ghi_ro", "ghi rõ": "ghi_ro", "suy ra": "suy_ra"}
SOURCES = {"": "nhap_tep", "báo cáo của phường": "bao_cao_phuong"}
REASONS = {
    "": None,
    "gõ nhầm": "go_nham",
    "đơn vị báo cáo sửa số": "don_vi_sua",
    "kiểm tra lại chứng từ": "kiem_tra_lai",
}

UNKNOWN_KIND = Label("không có chỉ tiêu “{text}”", "there is no figure “{text}”")
UNKNOWN_WORD = Label("“{text}” không có trong: {words}", "“{text}” is none of: {words}")
TWICE = Label("chỉ tiêu và kỳ này đã có ở dòng {row}", "this figure and period stand in row {row} already")
TOO_LARGE = Label("tệp lớn hơn {count} byte", "the file has more than {count} bytes")
TOO_MANY = Label("tệp có hơn {count} dòng", "the file has more than {count} rows")
CANNOT_READ = Label("không đọc được tệp: {why}", "the file cannot be read: {why}")

_WAY = FileDrop(sign_of_life=timedelta(days=1), needs=frozenset({COLUMNS["code"], COLUMNS["period"], COLUMNS["value"]}))


class FigureRow(NamedTuple):
    """A row that can be entered."""

    row: Row
    statement: Statement
    reason: str | None


class CellFault(NamedTuple):
    """What is wrong, and in which cell."""

    cell: str
    said: Label


class FigureFile(NamedTuple):
    """What a file says."""

    batch: str
    """A digest of its content, by which what came of it is known."""
    rows: list[FigureRow]
    faults: list[CellFault]

    @property
    def of_days(self) -> set[str]:
        """The indicators of which it tells totals of days."""
        return {row.statement.kind.id for row in self.rows if is_of_a_day(row.statement.kind)}


def read_figure_file(file: Path) -> FigureFile:
    """Read a file of figures of periods.

    Raises:
        EntryRefused: it is none, or beyond a limit.
    """
    return read_rows(file, _WAY, _row, MOST_ROWS)


def read_rows(file: Path, way: FileDrop, read: Callable[[Row], FigureRow], most: int) -> FigureFile:
    """Read a file of rows that can be entered.

    Args:
        file: the file.
        way: which columns it needs.
        read: makes a row into what can be entered; raises `EntryRefused`.
        most: rows that it may have.

    Raises:
        EntryRefused: it is none, or beyond a limit.
    """
    if file.stat().st_size > LARGEST:
        raise refusal(TOO_LARGE, count=LARGEST)
    rows: list[FigureRow] = []
    faults: list[CellFault] = []
    seen: dict[str, int] = {}
    try:
        for count, row in enumerate(table_rows(file, way), 1):
            if count > most:
                raise refusal(TOO_MANY, count=most)
            try:
                found = read(row)
                if found.statement.ref in seen:
                    raise refusal(TWICE, "period", row=seen[found.statement.ref])
                seen[found.statement.ref] = row.number
                rows.append(found)
            except EntryRefused as fault:
                faults.append(CellFault(cell_of(row, fault.field), fault.said))
                if len(faults) >= MOST_FAULTS:
                    break
    except InvalidEvent as error:
        raise refusal(CANNOT_READ, why=error.detail) from error
    return FigureFile(file_digest(file), rows, faults)


def file_digest(file: Path) -> str:
    """By what an import is known: the same content has the same. It has no digits, so that none looks like a person's number."""
    return blake2b(file.read_bytes(), digest_size=6).hexdigest().translate(_LETTERS)


def columns_of(file: Path) -> Set[str]:
    """The columns of a file, by which one tells what it is about; none of one without any row.

    Raises:
        EntryRefused: it cannot be read.
    """
    try:
        with closing(table_rows(file, FileDrop(sign_of_life=timedelta(days=1), needs=frozenset()))) as rows:
            return next((row.letters.keys() for row in rows), frozenset())
    except InvalidEvent as error:
        raise refusal(CANNOT_READ, why=error.detail) from error


def cell_of(row: Row, field: str) -> str:
    """What a spreadsheet calls the cell of a field: `B7`."""
    return f"{row.letters.get(_TITLES.get(field, ''), 'A')}{row.number}"


def _row(row: Row) -> FigureRow:
    def cell(field: str) -> Any:
        return row.cells.get(COLUMNS[field])

    code = str(cell("code") or "").strip()
    kind = entered_kinds().get(code)
    if kind is None:
        raise refusal(UNKNOWN_KIND, "code", text=code[:40])
    period = read_written_period(kind, "" if cell("period") is None else cell("period"))
    amounts = read_amounts(kind, "" if cell("value") is None else cell("value"), cell("whole"))
    source, bound, dates = (
        str(read_word(cell(field), field, known))
        for field, known in (("source", SOURCES), ("bound", BOUNDS), ("dates", DATES))
    )
    statement = Statement(kind, period, amounts, source, bound, dates)
    return FigureRow(row, statement, read_word(cell("reason"), "reason", REASONS))


def read_word(given: Any, field: str, known: dict[str, Any]) -> Any:
    """The code of a word of a list.

    Raises:
        EntryRefused: it is none of them.
    """
    text = str(given or "").strip().lower()
    if text not in known:
        raise refusal(UNKNOWN_WORD, field, text=text[:40], words=", ".join(word for word in known if word))
    return known[text]


def figure_template(today: date, language: Language = "vi", codes: Collection[str] = ()) -> Iterator[list[str]]:
    """The lines of a file to fill in: a row for each figure of the period that is over."""
    yield list(COLUMNS.values())
    for kind in figure_kinds().values():
        if not codes or kind.code in codes:
            period = period_name(kind.last_period(today).code, language).removeprefix("tháng ")
            yield [kind.code, period, "", "", "", "", "", "", kind.label.text(language)]
