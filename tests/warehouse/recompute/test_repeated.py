"""What repeats in a query is a column, and the query means the same."""

import pytest

from tests.warehouse.support.inline import InlineEngine
from warehouse.recompute.repeated import named_once

LONG = f"if((a > 1), ({' + '.join(f'a * {number}' for number in range(1, 30))}), toInt64(5))"
LAMBDA = f"arraySum(arrayMap(t -> plus(t, {LONG}), [a, 1]))"


@pytest.mark.parametrize(
    ("expressions", "columns"),
    [
        ([LONG], 0),
        ([LONG, "1"], 0),
        ([LONG, f"greatest({LONG}, toInt64(2))"], 1),
        ([f"plus({LONG}, {LONG})"], 1),
        ([f"plus({LONG}, greatest({LONG}, 4))", f"plus({LONG}, greatest({LONG}, 4))", LONG], 2),
        ([LAMBDA, f"plus({LAMBDA}, {LONG})"], 1),
        ([LAMBDA, f"plus({LAMBDA}, {LONG})", LONG], 2),
        ([f"concat('{'(' * 120}', '->')", f"concat('{'(' * 120}', '->')"], 1),
        ([f"a IN ({', '.join(map(str, range(60)))})", f"(a + 1) IN ({', '.join(map(str, range(60)))})"], 0),
    ],
)
def test_it_gives_the_same_values(expressions: list[str], columns: int) -> None:
    rows = "SELECT arrayJoin([toInt64(-3), 1, 2, 70]) AS a"
    named, below = named_once(expressions, rows)
    assert below.count(" AS shared_") == columns
    assert sum(map(len, named)) + len(below) <= sum(map(len, expressions)) + len(rows) + 50 * columns
    engine = InlineEngine()
    try:
        answers = [
            engine.answer(f"SELECT {', '.join(f'{text} AS c{n}' for n, text in enumerate(texts))} FROM ({source})")  # noqa: S608
            for texts, source in ((named, below), (expressions, rows))
        ]
    finally:
        engine.close()
    assert answers[0] == answers[1]


def test_what_a_function_is_given_for_each_element_stays_where_it_is() -> None:
    inner = f"plus(t, {LONG})"
    twice = f"arrayMap(t -> multiply({inner}, {inner}), [a])"
    named, below = named_once([twice], "SELECT 1 AS a")
    assert (named, below) == ([twice], "SELECT 1 AS a")
