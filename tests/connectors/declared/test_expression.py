"""Expressions read what they name, and cost what their text allows."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath import search

from connectors.declared.expression import LONGEST, MOST_STEPS, Expression, InvalidExpression, Steps, column
from ingest.contract.errors import InvalidEvent

MESSAGE = {
    "loai": "tiep_nhan",
    "phieu": {"ma": "PA-1", "nguon": None},
    "dong": [{"ma": 1, "duyet": True}, {"ma": 2, "duyet": False}],
    "Ngày đăng": "01/07/2026",
    'a\\"b': 3,
}


def found(text, message=MESSAGE):
    return Expression(text).of(message, Steps())


@pytest.mark.parametrize(
    "text",
    ["loai", "phieu.ma", "phieu.nguon", "dong[*].ma", "dong[?duyet].ma | [0]", "dong[-1].ma", "not_null(phieu.nguon, loai)",
     "join('-', [loai, phieu.ma])", "loai == 'tiep_nhan' && dong[0].ma == `1`", "phieu == phieu.ma", "max_by(dong, &ma).ma",
     "dong[].ma", "length(dong)", "to_number('12')", "dong[?ma > `1`] | [0].ma", "nothing.here"],
)  # fmt: skip
def test_they_mean_what_jmespath_says(text):
    assert found(text) == search(text, MESSAGE)


def test_a_column_is_read_whatever_its_name_holds():
    assert column("Ngày đăng").of(MESSAGE, Steps()) == "01/07/2026"
    assert column('a\\"b').of(MESSAGE, Steps()) == 3


@pytest.mark.parametrize(
    ("text", "all_names", "results"),
    [
        ("a.b.c", "a b c", "c"),
        ("content[*].id", "content id", "id"),
        ("content[?kind == 'x'].id", "content kind id", "kind id"),
        ("hoTen", "hoTen", "hoTen"),
        ("hoTen.[@]", "hoTen", "hoTen"),
        ("hoTen | @", "hoTen", "hoTen"),
        ("hoTen[*].[@]", "hoTen", "hoTen"),
        ("hoTen[0]", "hoTen", "hoTen"),
        ("a[?hoTen.b == 'x'].c", "a hoTen b c", "b c"),
        ("not_null(a, hoTen)", "a hoTen", "a hoTen"),
    ],
)
def test_which_names_are_read_and_which_only_lead_there(text, all_names, results):
    read = Expression(text)
    assert read.names == set(all_names.split())
    assert read.results == set(results.split())


@pytest.mark.parametrize(
    "text",
    ["", "a.", "[", "a" * (LONGEST + 1), "(" * 250, "*.a", "@.*", "keys(@)", "values(@)", "to_string(@)", "map(&a, b)", "merge(a, b)",
     "eval('x')", "|".join(["[@,@][]"] * 12), ".".join("abcdefghijklmnopqrstuvwxyz" * 3), "&a | &b | f(&c)"],
)  # fmt: skip
def test_what_is_none_or_could_read_or_cost_more_is_refused_in_words(text):
    with pytest.raises(InvalidExpression) as error:
        Expression(text)
    assert error.value.label.vi != error.value.label.en


@pytest.mark.parametrize(
    "text",
    [
        "[@,@][] | [@,@][] | [@,@][] | [@,@][]",
        "a[*].b[*].c[*]",
        "sort(a[].b[].c[])",
        "a[?b[?c == 'x']]",
        "max_by(a, &length(b)).b[0].c",
    ],
)
def test_one_that_explodes_ends(text):
    """A message as large as any that is taken, and an expression as costly as any that is not refused."""
    read, steps = Expression(text), Steps()
    message = {"a": [{"b": [{"c": ["x"] * 30}] * 30}] * 300}
    ended = None
    for _ in range(MOST_STEPS):
        try:
            read.of(message, steps)
        except InvalidEvent as fault:
            ended = fault.reason
            break
    assert ended == "too_costly"


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text):
    try:
        read = Expression(text)
    except InvalidExpression:
        return
    with suppress(InvalidEvent):
        read.of(MESSAGE, Steps())


def test_truth_is_jmespath_s():
    for text, holds in {
        "phieu.nguon": False,
        "dong[9]": False,
        "`0`": True,
        "`false`": False,
        "''": False,
        "loai": True,
    }.items():
        assert Expression(text).holds(MESSAGE, Steps()) is holds
