"""Amount: numbers and periods as people of the ward write them - `11.796`, `12,5`, `11/2026`, `Quý 3/2026` - and as a spreadsheet holds them."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from dashboard.words import number
from dashboard.words.number import SPACE
from ingest.contract.errors import InvalidInput
from ingest.contract.label import LANGUAGES, Label, Language
from warehouse.figures.day_total import LARGEST, TIME_DECIMALS, day_scale
from warehouse.figures.kind import STRETCH, FigureKind, FigurePeriod, PeriodGrain, grain_of, read_period
from warehouse.model.indicator import Indicator
from warehouse.model.reading import Reading

NUMBER = Label("“{text}” không phải là số; viết 11.796 hoặc 12,5", "“{text}” is no number; write 11.796 or 12,5")
DECIMALS = Label(
    "chỉ được {count} chữ số thập phân",
    "at most {count} digits after the comma",
    "at most {count} digit after the comma",
)
RANGE = Label("phải từ {least} đến {most}", "must be between {least} and {most}")
OVER_WHOLE = Label("{part} lớn hơn tổng số {whole}", "{part} is more than the {whole} that there are")
NO_WHOLE = Label("cần tổng số lớn hơn 0 ({of})", "it needs how many there are in all, more than 0 ({of})")
NO_SHARE = Label(
    "{id} là số đếm, không có tổng số: để trống ô này", "{id} is a count, out of nothing: leave this cell empty"
)
DAY = Label("“{text}” không phải là ngày; viết 05/03/2026", "“{text}” is no day; write 05/03/2026")
PERIOD = Label("“{text}” không phải là kỳ {grain}", "“{text}” is no {grain}")
GRAINS: dict[PeriodGrain | None, Label] = {
    "month": Label("tháng, như 11/2026", "month, such as 11/2026"),
    "quarter": Label("quý, như Quý 3/2026", "quarter, such as Q3/2026"),
    "year": Label("năm, như 2026", "year, such as 2026"),
    None: Label("như 01/07/2025-29/08/2025", "stretch of days, such as 01/07/2025-29/08/2025"),
}
SAID: dict[PeriodGrain | None, Label] = {
    "month": Label("tháng {p.first:%m/%Y}", "{p.first:%m/%Y}"),
    "quarter": Label("quý {quarter}/{p.first:%Y}", "Q{quarter} {p.first:%Y}"),
    "year": Label("năm {p.first:%Y}", "{p.first:%Y}"),
    None: Label("{p.first:%d/%m/%Y}–{p.last:%d/%m/%Y}", "{p.first:%d/%m/%Y}–{p.last:%d/%m/%Y}"),
}
LONGEST = 40
"""Characters of a number or a period."""

_VIETNAMESE = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?")
_QUARTER = re.compile(r"(?:quý|quy|q)\s*([1-4])\s*[/-]\s*(20\d\d)", re.IGNORECASE)
_MONTH = re.compile(r"(?:tháng\s*)?(0?[1-9]|1[0-2])\s*[/-]\s*(20\d\d)", re.IGNORECASE)
_STRETCH = re.compile(r"(\d\d)/(\d\d)/(20\d\d)\s*[-–]\s*(\d\d)/(\d\d)/(20\d\d)")
_YEAR = re.compile(r"(?:năm\s*)?(20\d\d)(?:\.0)?", re.IGNORECASE)
_CODE = re.compile(r"20\d\d(?:-(?:0[1-9]|1[0-2]|Q[1-4])|-\d\d-\d\d/20\d\d-\d\d-\d\d)?")


class EntryRefused(InvalidInput):
    """What was written cannot be entered; the words say why."""

    def __init__(self, said: Label, field: str = "") -> None:
        super().__init__(f"{said.vi} | {said.en}")
        self.said = said
        self.field = field
        """The column of a file that it is about."""


def refusal(said: Label, field: str = "", **values: object) -> EntryRefused:
    """A refusal, with values put into its words."""
    return EntryRefused(said.filled(**values), field)


def read_number(given: Any, decimals: int, field: str = "") -> int:
    """A number in units of its last decimal.

    Raises:
        EntryRefused: it is none, or has more decimals.
    """
    shown = str(given).strip()[:LONGEST]
    exact = _exact(given, shown)
    if exact is None:
        raise refusal(NUMBER, field, text=shown)
    scaled = exact.scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise refusal(DECIMALS, field, count=decimals)
    return int(scaled)


def _exact(given: Any, shown: str) -> Decimal | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, str):
        text = re.sub(r"\s", "", given)
        if len(text) > LONGEST or not _VIETNAMESE.fullmatch(text):
            return None
        return Decimal(text.replace(".", "").replace(",", "."))
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < Decimal(10) ** 15 else None


def read_amounts(kind: FigureKind, given: Any, whole: Any) -> tuple[int, int]:
    """Numerator and denominator of a kind.

    Raises:
        EntryRefused: it is no number, out of range, or more than the whole.
    """
    numerator = read_number(given, kind.decimals, "value")
    if not kind.least * kind.scale <= numerator <= kind.most * kind.scale:
        least, most = (
            Label(*(number.whole_number(one, language) for language in LANGUAGES)) for one in (kind.least, kind.most)
        )
        raise EntryRefused(RANGE.filled(least=least, most=most), "value")
    if kind.of_whole is None:
        return numerator, 1
    denominator = read_number(whole, 0, "whole") if whole not in (None, "") else 0
    if not 0 < denominator <= kind.most:
        raise EntryRefused(NO_WHOLE.filled(of=kind.of_whole), "whole")
    if numerator > denominator:
        raise refusal(OVER_WHOLE, "value", part=numerator, whole=denominator)
    return numerator, denominator


def read_day_amounts(one: Indicator, given: Any, whole: Any) -> tuple[int, int]:
    """Numerator and denominator of a total of a day; 1 is the denominator of what is no ratio.

    Raises:
        EntryRefused: it is no number, negative, too large, has nothing to be out of, or is more than that.
    """
    scale = day_scale(one)
    numerator = read_number(given, TIME_DECIMALS, "value") if scale > 1 else read_number(given, 0, "value")
    numerator = numerator * scale // 10**TIME_DECIMALS if scale > 1 else numerator
    if not 0 <= numerator <= LARGEST:
        raise refusal(RANGE, "value", least=0, most=number.whole_number(LARGEST // scale, "vi"))
    if not one.is_ratio:
        if whole not in (None, ""):
            raise refusal(NO_SHARE, "whole", id=one.id)
        return numerator, 1
    denominator = read_number(whole, 0, "whole") if whole not in (None, "") else 0
    if not 0 < denominator <= LARGEST:
        raise refusal(NO_WHOLE, "whole", of=one.id)
    if scale == 1 and numerator > denominator:
        raise refusal(OVER_WHOLE, "value", part=numerator, whole=denominator)
    return numerator, denominator


def read_written_day(given: Any) -> date:
    """The day that somebody wrote, or that a spreadsheet holds.

    Raises:
        EntryRefused: it is none.
    """
    text = str(given).strip()[:LONGEST]
    for shape in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text.removesuffix("T00:00:00"), shape).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    raise refusal(DAY, "day", text=text)


def read_written_period(kind: FigureKind, given: Any) -> FigurePeriod:
    """The period that somebody wrote, of the length that the kind has.

    Raises:
        EntryRefused: it is none, or of another length.
    """
    text = str(given).strip()[:LONGEST]
    try:
        found = read_period(_code(text))
    except ValueError:
        found = None
    if found is None or grain_of(found.code) != kind.period:
        raise EntryRefused(PERIOD.filled(text=text, grain=GRAINS[kind.period]), "period")
    return found


def _code(text: str) -> str:
    if _CODE.fullmatch(text):
        return text
    if found := _QUARTER.fullmatch(text):
        return f"{found[2]}-Q{found[1]}"
    if found := _MONTH.fullmatch(text):
        return f"{found[2]}-{int(found[1]):02}"
    if found := _STRETCH.fullmatch(text):
        return f"{found[3]}-{found[2]}-{found[1]}{STRETCH}{found[6]}-{found[5]}-{found[4]}"
    if found := _YEAR.fullmatch(text):
        return found[1]
    raise ValueError(text)


def period_name(code: str, language: Language) -> str:
    """What a period is called."""
    found = read_period(code)
    if found.first == found.last:
        return f"{found.first:%d/%m/%Y}"
    return SAID[grain_of(code)].text(language, p=found, quarter=(found.first.month + 2) // 3)


def amount_text(indicator: Indicator, is_share: bool, stated: tuple[int, int], language: Language) -> str:
    """What was entered, as people read it: with its unit, and of a share the two numbers."""
    shown = number.with_unit(Reading(indicator, *stated, 0, 1), language)
    sides = "/".join(number.whole_number(side, language) for side in stated)
    return f"{sides}{SPACE}= {shown}" if is_share and not indicator.unit.out_of else shown
