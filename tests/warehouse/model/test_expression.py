"""Expressions, worked out by hand in both renderings."""

from datetime import UTC, date, datetime, time
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub

import pytest

from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from warehouse.model.expression import (
    DAY,
    DAY_MS,
    MINUTE,
    NEVER,
    WARD_OFFSET_MS,
    Sql,
    SymbolicTruthError,
    choose,
    greatest,
    joined,
    least,
    rounded_up,
    sql,
    starts_with,
    ward_day,
    ward_month,
    window_start,
)

A, B = Sql("a"), Sql("b")


def test_units():
    assert milliseconds(datetime(2100, 1, 1, tzinfo=UTC)) == NEVER
    assert (MINUTE, DAY_MS, WARD_OFFSET_MS) == (60_000, 86_400_000, 25_200_000)
    assert DAY.days == 1


@pytest.mark.parametrize(
    ("operator", "written"),
    [
        (add, "+"), (sub, "-"), (mul, "*"), (lt, "<"), (le, "<="), (gt, ">"), (ge, ">="), (eq, "="), (ne, "!="),
        (and_, "AND"), (or_, "OR"),
    ],
)  # fmt: skip
def test_an_operator_writes_itself(operator, written):
    assert sql(operator(A, B)) == f"(a {written} b)"
    assert sql(operator(A, 3)) == f"(a {written} 3)"


@pytest.mark.parametrize(("operator", "written"), [(add, "+"), (sub, "-"), (and_, "AND"), (or_, "OR")])
def test_a_constant_may_stand_first(operator, written):
    assert sql(operator(3, A)) == f"(3 {written} a)"


def test_a_symbol_is_neither_true_nor_false():
    with pytest.raises(SymbolicTruthError):
        bool(A)
    with pytest.raises(SymbolicTruthError):
        _ = 1 if A < B else 2


@pytest.mark.parametrize(
    ("value", "written"),
    [(True, "true"), (False, "false"), (0, "0"), (-7, "-7"), ("a", "'a'"), ("it's \\", r"'it\'s \\'"), (A, "a")],
)
def test_a_constant_is_a_literal(value, written):
    assert sql(value) == written


@pytest.mark.parametrize("value", [1.5, None, b"a", datetime(2026, 1, 1, tzinfo=UTC)])
def test_nothing_else_has_a_place_in_a_declaration(value):
    with pytest.raises(TypeError, match="no place in a declaration"):
        sql(value)


def test_least_and_greatest():
    assert least(3, -1, 2) == -1
    assert greatest(3, -1, 2) == 3
    assert sql(least(A, 3)) == "least(toInt64(a), toInt64(3))"
    assert sql(greatest(3, A, B)) == "greatest(toInt64(3), toInt64(a), toInt64(b))"


def test_choose():
    assert choose(True, 1, 2) == 1
    assert choose(False, 1, 2) == 2
    assert sql(choose(A == 1, B, "x")) == "if((a = 1), b, 'x')"


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (1, 60), (59, 60), (60, 60), (61, 120), (120, 120)])
def test_rounded_up(value, expected):
    assert rounded_up(value, 60) == expected


def test_texts():
    assert joined("a", 3) == "a 3"
    assert sql(joined(A, "x")) == "concat(toString(a), ' ', toString('x'))"
    assert sql(joined("x", A)) == "concat(toString('x'), ' ', toString(a))"
    assert starts_with("abc", "ab")
    assert not starts_with("abc", "b")
    assert sql(starts_with(A, "it's")) == r"startsWith(a, 'it\'s')"


def test_a_day_begins_at_the_ward_s_midnight():
    midnight = milliseconds(ward_moment(date(2026, 11, 16), time()))
    assert ward_day(midnight) == (date(2026, 11, 16) - date(1970, 1, 1)).days
    assert ward_day(midnight - 1) == ward_day(midnight) - 1
    assert ward_day(midnight + DAY_MS - 1) == ward_day(midnight)
    assert sql(ward_day(A)) == "intDiv(a + 25200000, 86400000)"


def test_a_month_begins_at_the_ward_s_midnight():
    midnight = milliseconds(ward_moment(date(2026, 12, 1), time()))
    assert (ward_month(midnight - 1), ward_month(midnight)) == (202_611, 202_612)
    assert ward_month(NEVER) == 210_001
    assert sql(ward_month(A)) == "toInt64(toYYYYMM(toDateTime(intDiv(a, 1000), 'Asia/Ho_Chi_Minh')))"


@pytest.mark.parametrize("size", [MINUTE, 15 * MINUTE, 60 * MINUTE, DAY_MS])
def test_windows_begin_at_the_ward_s_midnight(size):
    midnight = milliseconds(ward_moment(date(2026, 11, 16), time()))
    assert window_start(midnight, size) == window_start(midnight + size - 1, size) == midnight
    assert window_start(midnight - 1, size) == midnight - size
    assert window_start(midnight + size, size) == midnight + size
    assert sql(window_start(A, size)) == f"(intDiv(a + 25200000, {size}) * {size} - 25200000)"


def test_rounding_in_sql():
    assert sql(rounded_up(A, 60)) == "(intDiv(a + 59, 60) * 60)"
