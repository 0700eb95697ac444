"""Expression: one Python lambda, two renderings.

A declaration such as `lambda t: t.called_at - t.issued_at <= 15 * MINUTE` is called with a real entity to fold, and with a symbolic
one to write its SQL. So there is one definition, in one language, and no way for the two to drift apart.

The rules that make this work: times are whole milliseconds since 1970 (`NEVER` while something has not happened), calculations are
on whole numbers only, conditions are joined with `&` and `|` (each side in brackets), and what Python has no operator for is a
function here that takes either kind of value.
"""

from __future__ import annotations

from datetime import timedelta
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


class Sql:
    """A symbolic value that writes itself as ClickHouse SQL."""

    __slots__ = ("text",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, text: str) -> None:
        self.text = text

    def __add__(self, other: Any) -> Sql:
        return Sql(f"({self.text} + {sql(other)})")

    def __radd__(self, other: Any) -> Sql:
        return Sql(f"({sql(other)} + {self.text})")

    def __sub__(self, other: Any) -> Sql:
        return Sql(f"({self.text} - {sql(other)})")

    def __rsub__(self, other: Any) -> Sql:
        return Sql(f"({sql(other)} - {self.text})")

    def __mul__(self, other: Any) -> Sql:
        return Sql(f"({self.text} * {sql(other)})")

    def __lt__(self, other: Any) -> Sql:
        return Sql(f"({self.text} < {sql(other)})")

    def __le__(self, other: Any) -> Sql:
        return Sql(f"({self.text} <= {sql(other)})")

    def __gt__(self, other: Any) -> Sql:
        return Sql(f"({self.text} > {sql(other)})")

    def __ge__(self, other: Any) -> Sql:
        return Sql(f"({self.text} >= {sql(other)})")

    def __eq__(self, other: object) -> Sql:  # type: ignore[override]
        return Sql(f"({self.text} = {sql(other)})")

    def __ne__(self, other: object) -> Sql:  # type: ignore[override]
        return Sql(f"({self.text} != {sql(other)})")

    def __and__(self, other: Any) -> Sql:
        return Sql(f"({self.text} AND {sql(other)})")

    def __rand__(self, other: Any) -> Sql:
        return Sql(f"({sql(other)} AND {self.text})")

    def __or__(self, other: Any) -> Sql:
        return Sql(f"({self.text} OR {sql(other)})")

    def __ror__(self, other: Any) -> Sql:
        return Sql(f"({sql(other)} OR {self.text})")

    def __bool__(self) -> bool:
        raise SymbolicTruthError(
            "a declaration joins conditions with & and |, and uses the functions of warehouse.model.expression"
        )


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


def least(*values: Any) -> Any:
    """The smallest of the values."""
    try:  # costs nothing where the fold asks, which is for every event
        return min(values)
    except SymbolicTruthError:
        return Sql(f"least({', '.join(f'toInt64({sql(value)})' for value in values)})")


def greatest(*values: Any) -> Any:
    """The largest of the values."""
    try:  # costs nothing where the fold asks, which is for every event
        return max(values)
    except SymbolicTruthError:
        return Sql(f"greatest({', '.join(f'toInt64({sql(value)})' for value in values)})")


def choose(condition: Any, then: Any, otherwise: Any) -> Any:
    """`then` where the condition holds, else `otherwise`."""
    if isinstance(condition, Sql):
        return Sql(f"if({condition.text}, {sql(then)}, {sql(otherwise)})")
    return then if condition else otherwise


def rounded_up(value: Any, step: int) -> Any:
    """The smallest multiple of `step` that a whole number of 0 or more does not exceed."""
    if isinstance(value, Sql):
        return Sql(f"(intDiv({value.text} + {step - 1}, {step}) * {step})")
    return -(-value // step) * step


def joined(first: Any, second: Any) -> Any:
    """Both as one text, with a space between."""
    if isinstance(first, Sql) or isinstance(second, Sql):
        return Sql(f"concat(toString({sql(first)}), ' ', toString({sql(second)}))")
    return f"{first} {second}"


def starts_with(text: Any, beginning: str) -> Any:
    """Whether a text begins so."""
    if isinstance(text, Sql):
        return Sql(f"startsWith({text.text}, {sql(beginning)})")
    return text.startswith(beginning)


def ward_day(ms: Any) -> Any:
    """Number of the ward's local day; two times on the same date have the same one."""
    if isinstance(ms, Sql):
        return Sql(f"intDiv({ms.text} + {WARD_OFFSET_MS}, {DAY_MS})")
    return (ms + WARD_OFFSET_MS) // DAY_MS


def window_start(ms: Any, size_ms: int) -> Any:
    """Start of the window of `size_ms` that holds the time; windows are aligned to the ward's midnight."""
    if isinstance(ms, Sql):
        return Sql(f"(intDiv({ms.text} + {WARD_OFFSET_MS}, {size_ms}) * {size_ms} - {WARD_OFFSET_MS})")
    return (ms + WARD_OFFSET_MS) // size_ms * size_ms - WARD_OFFSET_MS
