"""Day file: a file of totals of days before this system counted, one a row, and the template for one."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from dashboard.entry.act import Statement
from dashboard.entry.amount import EntryRefused, read_day_amounts, read_written_day, refusal
from dashboard.entry.file import (
    COLUMNS,
    DAY_COLUMNS,
    REASONS,
    SOURCES,
    FigureFile,
    FigureRow,
    columns_of,
    read_figure_file,
    read_rows,
    read_word,
)
from ingest.contract.code import Reference
from ingest.contract.connector import FileDrop
from ingest.contract.label import Label, Language
from ingest.files.table import Row
from warehouse.catalogue import day_kinds, indicator, measures
from warehouse.figures.day_total import day_scale, no_day_totals, one_day
from warehouse.model.indicator import Indicator
from warehouse.model.reading import TOTAL, Split

MOST_ROWS = 5_000
LONGEST_MEMBER = 34
"""Characters of the code of a part."""

NEEDS = frozenset(DAY_COLUMNS[field] for field in ("indicator", "day", "value"))
"""By which columns such a file is known."""

UNKNOWN = Label("không có chỉ số “{text}”", "there is no indicator “{text}”")
NOT_SPLIT = Label(
    "{id} không tách theo “{text}”; chỉ theo: {names}", "{id} is not split by “{text}”; it is by: {names}"
)
NO_MEMBER = Label("“{text}” không phải là mã của một phần", "“{text}” is no code of a part")
NO_DIMENSION = Label("có mã phần thì phải ghi tách theo gì", "a part needs what it is split by")

COUNT, SHARE = Label("số đếm trong ngày", "count of the day"), Label("số đạt / tổng số", "part / whole")
MEAN = Label("tổng ({unit}) / số lượt", "sum ({unit}) / how many")
SPLITS = Label("tách được theo: {names}", "can be split by: {names}")


def read_entry_file(file: Path) -> FigureFile:
    """Read a file of figures of periods, or of totals of days, as its columns tell.

    Raises:
        EntryRefused: it is neither, or beyond a limit.
    """
    if not columns_of(file) & NEEDS - {COLUMNS["value"]}:
        return read_figure_file(file)
    return read_rows(file, FileDrop(sign_of_life=timedelta(days=1), needs=NEEDS), _row, MOST_ROWS)


def day_template(today: date, language: Language = "vi") -> Iterator[list[str]]:
    """The lines of a file to fill in: a row for each indicator that takes totals of days."""
    yield list(DAY_COLUMNS.values())
    for id in day_kinds():
        one = indicator(id)
        hints = [one.label.text(language), _way(one, language)]
        if one.dimensions:
            names = ", ".join(dimension.name for dimension in one.dimensions)
            hints.append(SPLITS.text(language, names=names))
        yield [id, f"{today - timedelta(days=1):%d/%m/%Y}", "", "", "", "", "", "", "; ".join(hints)]


def _way(one: Indicator, language: Language) -> str:
    if not one.is_ratio:
        return COUNT.text(language)
    if day_scale(one) == 1:
        return SHARE.text(language)
    return MEAN.text(language, unit=one.unit.label.text(language))


def _row(row: Row) -> FigureRow:
    def cell(field: str) -> Any:
        return row.cells.get(DAY_COLUMNS[field])

    code = str(cell("indicator") or "").strip().upper()
    kind = day_kinds().get(code)
    if kind is None:
        known = {one.id: one for one in measures()}
        if code in known and (why := no_day_totals(known[code])):
            raise EntryRefused(why, "indicator")
        raise refusal(UNKNOWN, "indicator", text=code[:40])
    one = indicator(kind.id)
    day = read_written_day("" if cell("day") is None else cell("day"))
    amounts = read_day_amounts(one, "" if cell("value") is None else cell("value"), cell("whole"))
    source = str(read_word(cell("source"), "source", SOURCES))
    split = _split(one, str(cell("dimension") or "").strip(), str(cell("member") or "").strip())
    statement = Statement(kind, one_day(day), amounts, source, split=split)
    return FigureRow(row, statement, read_word(cell("reason"), "reason", REASONS))


def _split(one: Indicator, dimension: str, member: str) -> Split:
    if not dimension and not member:
        return TOTAL
    if not dimension:
        raise EntryRefused(NO_DIMENSION, "dimension")
    names = [known.name for known in one.dimensions]
    if dimension not in names:
        raise refusal(NOT_SPLIT, "dimension", id=one.id, text=dimension[:40], names=", ".join(names) or "–")
    try:
        if len(member) > LONGEST_MEMBER:
            raise ValueError(member)
        return dimension, _references().validate_python(member)
    except (ValidationError, ValueError) as error:
        raise refusal(NO_MEMBER, "member", text=member[:40]) from error


@cache
def _references() -> TypeAdapter[str]:
    return TypeAdapter(Reference)
