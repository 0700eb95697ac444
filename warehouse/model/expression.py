"""Expression: one Python lambda, three renderings.

A declaration such as `lambda t: t.called_at - t.issued_at <= 15 * MINUTE` can be called with a real entity. Called with a symbolic one, it
writes itself: as SQL (`Sql`), or as a step of a program (`program`), which is what the fold runs. So there is one definition, in one
language, and no way for its renderings to drift apart.

The rules that make this work: times are whole milliseconds since 1970 (`NEVER` while something has not happened), calculations are
on whole numbers only, conditions are joined with `&` and `|` (each side in brackets), and what Python has no operator for is a
function here that takes either kind of value.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

NEVER = 4_102_444_800_000
"""The time of what has not happened: 2100-01-01, later than every real time."""

MINUTE = 60_000
"""Milliseconds in a minute."""

DAY = timedelta(days=1)
DAY_MS = 86_400_000
WARD_OFFSET_MS = 7 * 3_600_000
"""Asia/Ho_Chi_Minh is UTC+7 all year."""


class SymbolicTruthError(TypeError):
    """A symbolic value is neither true nor false: it stands for every row."""


class Symbol:
    """A value that stands for many: it writes down what is calculated with it. A subclass a rendering."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def written(self, operator: str, left: Any, right: Any) -> Any:
        """An operation of two values, by Python's sign for it."""
        raise NotImplementedError

    def called(self, function: Callable[..., Any], *values: Any) -> Any:
        """What a function gives for values of which this is one."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self.written("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.written("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.written("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.written("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.written("*", self, other)

    def __lt__(self, other: Any) -> Any:
        return self.written("<", self, other)

    def __le__(self, other: Any) -> Any:
        return self.written("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.written(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.written(">=", self, other)

    def __eq__(self, other: object) -> Any:
        return self.written("==", self, other)

    def __ne__(self, other: object) -> Any:
        return self.written("!=", self, other)

    def __and__(self, other: Any) -> Any:
        return self.written("&", self, other)

    def __rand__(self, other: Any) -> Any:
        return self.written("&", other, self)

    def __or__(self, other: Any) -> Any:
        return self.written("|", self, other)

    def __ror__(self, other: Any) -> Any:
        return self.written("|", other, self)

    def __bool__(self) -> bool:
        raise SymbolicTruthError(
            "a declaration joins conditions with & and |, and uses the functions of warehouse.model.expression"
        )


class Sql(Symbol):
    """A symbolic value that writes itself as ClickHouse SQL."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def written(self, operator: str, left: Any, right: Any) -> Sql:
        """An operation of two values, by Python's sign for it."""
        return Sql(f"({sql(left)} {_SQL_OPERATORS.get(operator, operator)} {sql(right)})")

    def called(self, function: Callable[..., Any], *values: Any) -> Sql:
        """What a function of this module gives, as the engine's own function."""
        return Sql(_SQL_FUNCTIONS[function.__name__](*values))


_SQL_OPERATORS = {"==": "=", "&": "AND", "|": "OR"}


def _of_whole_numbers(function: str) -> Callable[..., str]:
    return lambda *values: f"{function}({', '.join(f'toInt64({sql(value)})' for value in values)})"


_SQL_FUNCTIONS: dict[str, Callable[..., str]] = {
    "least": _of_whole_numbers("least"),
    "greatest": _of_whole_numbers("greatest"),
    "choose": lambda condition, then, otherwise: f"if({sql(condition)}, {sql(then)}, {sql(otherwise)})",
    "joined": lambda first, second: f"concat(toString({sql(first)}), ' ', toString({sql(second)}))",
    "ward_month": lambda ms: f"toInt64(toYYYYMM(toDateTime(intDiv({sql(ms)}, 1000), 'Asia/Ho_Chi_Minh')))",
    "starts_with": lambda text, beginning: f"startsWith({sql(text)}, {sql(beginning)})",
}


def sql(value: Any) -> str:
    """A value as SQL text: a symbolic one as itself, a constant as a literal."""
    if isinstance(value, Sql):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    raise TypeError(f"{value!r} has no place in a declaration: whole numbers, texts and truth values only")


def symbol_among(*values: Any) -> Symbol | None:
    """The first of the values that is a symbol."""
    return next((value for value in values if isinstance(value, Symbol)), None)


def least(*values: Any) -> Any:
    """The smallest of the values."""
    symbol = symbol_among(*values)
    return min(values) if symbol is None else symbol.called(least, *values)


def greatest(*values: Any) -> Any:
    """The largest of the values."""
    symbol = symbol_among(*values)
    return max(values) if symbol is None else symbol.called(greatest, *values)


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition holds, else `otherwise`."""
    if isinstance(condition, Symbol):
        return condition.called(choose, condition, then, otherwise)
    return then if condition else otherwise


def rounded_up(value: Any, step: int) -> Any:
    """The smallest multiple of `step` that a whole number of 0 or more does not exceed."""
    if isinstance(value, Sql):
        return Sql(f"(intDiv({value.text} + {step - 1}, {step}) * {step})")
    return -(-value // step) * step


def joined(first: Any, second: Any) -> Any:
    """Both as one text, with a space between."""
    symbol = symbol_among(first, second)
    return f"{first} {second}" if symbol is None else symbol.called(joined, first, second)


def starts_with(text: Any, beginning: str) -> Any:
    """Whether a text begins so."""
    return text.called(starts_with, text, beginning) if isinstance(text, Symbol) else text.startswith(beginning)


def ward_day(ms: Any) -> Any:
    """Number of the ward's local day; two times on the same date have the same one."""
    if isinstance(ms, Sql):
        return Sql(f"intDiv({ms.text} + {WARD_OFFSET_MS}, {DAY_MS})")
    return (ms + WARD_OFFSET_MS) // DAY_MS


def ward_month(ms: Any) -> Any:
    """The ward's local month as a number, like 202611."""
    symbol = symbol_among(ms)
    return _month_of_day(ward_day(ms)) if symbol is None else symbol.called(ward_month, ms)


@cache
def _month_of_day(day: int) -> int:
    there = date.fromordinal(_FIRST_ORDINAL + day)
    return there.year * 100 + there.month


_FIRST_ORDINAL = date(1970, 1, 1).toordinal()


def window_start(ms: Any, size_ms: int) -> Any:
    """Start of the window of `size_ms` that holds the time; windows are aligned to the ward's midnight."""
    if isinstance(ms, Sql):
        return Sql(f"(intDiv({ms.text} + {WARD_OFFSET_MS}, {size_ms}) * {size_ms} - {WARD_OFFSET_MS})")
    return (ms + WARD_OFFSET_MS) // size_ms * size_ms - WARD_OFFSET_MS
