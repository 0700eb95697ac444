"""Number: how figures are written, in Vietnamese (11.796 · 99,88 %) and in English (11,796 · 99.88%)."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction

from ingest.contract.label import Label, Language
from ingest.runtime.disk_space import size_text
from warehouse.model.indicator import MINUTES, PERCENT, SECONDS, Indicator, Measure
from warehouse.model.reading import Reading

NONE = "–"
"""Stands where nothing is known, or for a ratio over nothing."""

OVER = Label("{count} {what}", "of {count} {what}")
"""How many a mean or a quantile is made of."""

MANY_SECONDS = 120

SPACE = "\u00a0"
"""Keeps a figure and its unit on one line."""


def whole_number(value: int, language: Language) -> str:
    """A whole number with its thousands marked, for example 11.796."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if language == "vi" else grouped


def decimal(value: Fraction, decimals: int, language: Language, *, floor: bool = False) -> str:
    """A number with so many decimals, or without any where it is exactly whole.

    Args:
        value: the exact number.
        decimals: digits after the mark.
        language: decides the marks.
        floor: cut off instead of round, so that a ratio shows 100 only when it is all.
    """
    if value.denominator == 1:
        return whole_number(value.numerator, language)
    step = Decimal(1).scaleb(-decimals)
    scaled = value * 10**decimals
    # Half up on the exact fraction: floats would write 0,15 as 0,1 or 0,2 by chance.
    digits = scaled.__floor__() if floor else (scaled + Fraction(1, 2)).__floor__()
    text = f"{(digits * step).quantize(step, ROUND_FLOOR if floor else ROUND_HALF_UP):,}"
    return text.translate(str.maketrans(",.", ".,")) if language == "vi" else text


def percent(numerator: int, denominator: int, language: Language, decimals: int = 2) -> str:
    """A ratio as a percentage without its sign, never rounded up: 99,996 % is 99,99.

    Returns:
        The digits, or a dash where the denominator is 0.
    """
    return decimal(Fraction(100 * numerator, denominator), decimals, language, floor=True) if denominator else NONE


def size(count: int, language: Language) -> str:
    """So many bytes, for people: `81,5 GB`."""
    said = size_text(count)
    return said.replace(".", ",") if language == "vi" else said


def figure_text(reading: Reading, language: Language) -> str:
    """A reading's value in its indicator's unit, without the unit; out of how many where it is written so (11/13)."""
    one = reading.indicator
    if reading.figure is None or (one.is_ratio and not reading.denominator):
        return NONE
    if one.unit.out_of:
        return _out_of(reading, language)
    return decimal(_exact(reading), one.unit.decimals, language, floor=is_share(one))


def with_unit(reading: Reading, language: Language, *, is_short: bool = False) -> str:
    """A reading's value with its unit, for example `8,4 phút`; short where there is little room, where many seconds are minutes."""
    if is_short and reading.indicator.unit == SECONDS and (reading.figure or 0) >= MANY_SECONDS:
        return f"{whole_number(reading.numerator // 60_000, language)}{SPACE}{MINUTES.label.text(language)}"
    text, unit = figure_text(reading, language), reading.indicator.unit
    label = (unit.short if is_short else None) or unit.label
    return text if text == NONE else f"{text}{gap(reading.indicator, language)}{label.text(language, count=text)}"


def fraction_text(reading: Reading, language: Language) -> str:
    """Numerator and denominator, for example `4.288/4.293`; of a mean its count; empty where there is no denominator."""
    one = reading.indicator
    if reading.ranked is not None and not one.is_ratio:
        return _over(one, reading.numerator, language)
    is_number_by_itself = isinstance(one, Indicator) and one.is_known_by_denominator
    if not one.is_ratio or not reading.known or is_number_by_itself:
        return ""
    if is_share(one) or one.unit.out_of or reading.ranked is not None:
        return _out_of(reading, language)
    return _over(one, reading.denominator, language)


def _over(one: Measure, count: int, language: Language) -> str:
    if not one.counted:
        return ""
    what = one.counted.text(language, count=count)
    return OVER.text(language, count=whole_number(count, language), what=what).replace(" ", SPACE)


def _out_of(reading: Reading, language: Language) -> str:
    unit = reading.indicator.unit
    factor = _factor(unit.factor) if unit.out_of else Fraction(1)
    sides = (side * factor for side in (reading.numerator, reading.denominator))
    return "/".join(decimal(side, unit.decimals, language) for side in sides)


def sides(one: Measure, pair: tuple[int, int], language: Language) -> str:
    """Numerator and denominator with nothing rounded, for example `5.888.165 ms / 42`; of what is not a ratio the numerator alone."""
    numerator, denominator = (whole_number(side, language) for side in pair)
    if one.unit.factor <= SECONDS.factor:
        numerator += f"{SPACE}ms"
    return f"{numerator}{SPACE}/{SPACE}{denominator}" if one.is_ratio else numerator


def value_of(one: Measure, pair: tuple[int, int], language: Language) -> str:
    """The value that numerator and denominator of one window or member give, with its unit."""
    return with_unit(Reading(one, *pair, 0, 1), language)


def gap(one: Measure, language: Language) -> str:
    """What stands between figure and unit."""
    return "" if one.unit.label.en == "%" and language == "en" else SPACE


def is_share(one: Measure) -> bool:
    """Whether the value is a part of a whole, in per cent."""
    return one.is_ratio and one.unit.factor == PERCENT.factor


def _exact(reading: Reading) -> Fraction:
    factor = _factor(reading.indicator.unit.factor)
    if reading.ranked is not None:
        return reading.ranked * factor
    value = reading.numerator * factor
    return value / reading.denominator if reading.indicator.is_ratio else value


def _factor(factor: float) -> Fraction:
    return Fraction(factor).limit_denominator(10**9)
