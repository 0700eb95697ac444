"""Repeated: what stands several times in expressions of SQL becomes a column of the rows that they are about.

A deadline in working hours is two thousand letters long, and a declaration asks for it a dozen times. The engine takes longer to
understand such a query than to answer it, in proportion to its length.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from zlib import crc32

_SHORTEST = 100
"""Of so many letters an expression must be to be worth a column."""

_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[()]|->")
_FUNCTION = re.compile(r"\w*\Z")


def named_once(expressions: Sequence[str], rows: str) -> tuple[list[str], str]:
    """The expressions with a column's name for each long part that repeats, and the rows with these columns.

    Args:
        expressions: over the columns of the rows, and free of aggregates.
        rows: a SELECT.
    """
    texts, columns = list(expressions), dict[str, str]()
    while repeated := [one for one, count in Counter(_all_parts([*texts, *columns.values()])).items() if count > 1]:
        # What holds another one is longer, and so becomes a column before it and over it.
        longest = max(repeated, key=lambda part: (len(part), part))
        # Another text has another name, also in another part of the query: the gate counts what a name may stand for.
        name = f"shared_{crc32(longest.encode()):08x}"
        named = partial(re.compile(rf"(?<!\w){re.escape(longest)}").sub, name)
        texts = [*map(named, texts)]
        columns = {known: named(column) for known, column in columns.items()} | {name: longest}
    for name, column in reversed(columns.items()):
        rows = f"SELECT *, {column} AS {name} FROM ({rows})"
    return texts, rows


def _all_parts(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from _parts(text)


def _parts(text: str) -> Iterator[str]:
    """Every call of a function and every bracket in a text that is a value by itself."""
    open_: list[tuple[int, bool]] = []
    is_inside = False  # a function that is given to a function, and so about more than the rows
    for token in _TOKEN.finditer(text):
        if token[0] == "(":
            open_.append((token.start(), is_inside))
        elif token[0] == "->":
            is_inside = True
        elif token[0] == ")":
            start, is_inside = open_.pop()
            begin = start - len(_FUNCTION.findall(text[max(0, start - 40) : start])[0])
            part = text[begin : token.end()]
            is_value = not part.startswith("(SELECT ") and not text.endswith(" IN ", 0, begin)
            if is_value and not is_inside and len(part) >= _SHORTEST:
                yield part
