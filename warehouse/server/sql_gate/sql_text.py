"""SQL text, cut into tokens: the engine's own rendering of a statement, never what a person typed.

The engine's syntax tree leaves some parts out (windows written in place, for one), so the text is looked at as well.
Whatever this module does not know for certain is refused.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import Literal, NamedTuple

from ingest.contract.errors import InvalidInput

Kind = Literal["word", "name", "string", "number", "sign"]

_TOKEN = re.compile(
    r"""
    (?P<space>[ ]+)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<name>`[^`\\\x00-\x1f]*`|"[^"\\\x00-\x1f]*")
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?\w*)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>->|::|\|\||[()\[\],.+*/%=!<>:?^-])
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENTS = re.compile(r"--|/\*")

_SYNTAX = """
    ALL AND ANTI ARRAY AS ASC BETWEEN BY COLUMNS CUBE DESC DISTINCT ELSE END EXCEPT FILL FROM GLOBAL GROUP HAVING
    ILIKE IN INTERPOLATE INTERSECT IS JOIN LIKE LIMIT NOT OFFSET ON OR ORDER OVER PREWHERE QUALIFY REPLACE ROLLUP
    SELECT SEMI SETS STALENESS STEP THEN TO UNION USING WHEN WHERE WITH
"""
SYNTAX = frozenset(_SYNTAX.split())
"""Words after which a bracket opens that is not a function's."""

_OTHER_KEYWORDS = """
    ANY ASOF CASE COLLATE CROSS CURRENT FINAL FIRST FOLLOWING FULL GROUPING GROUPS INNER LAST LEFT NULL
    NULLS OUTER PARTITION PASTE PRECEDING RANGE RESPECT RIGHT ROW ROWS TIES TOTALS UNBOUNDED WINDOW
"""
KEYWORDS = SYNTAX | frozenset(_OTHER_KEYWORDS.split())
"""Words that are no names where the rendering writes them like this, without quotes."""

CONSTANTS = frozenset({"true", "false", "inf", "nan"})
"""Words that are values."""
_NO_NAMES = KEYWORDS | CONSTANTS


class Token(NamedTuple):
    """A piece of the text; the quotes of a quoted name are taken off."""

    kind: Kind
    text: str
    at: int


class UnclearError(InvalidInput):
    """A text that cannot be cut with certainty."""


def tokens(sql: str) -> list[Token]:
    """The tokens of a statement in the engine's rendering.

    Raises:
        UnclearError: it holds something that such a rendering never needs.
    """
    found, position = [], 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        kind = match.lastgroup if match else None
        if match is None or kind is None or (kind == "sign" and _COMMENTS.match(sql, position)):
            raise UnclearError(sql[position : position + 20])
        if kind != "space":
            text = match[0]
            found.append(Token(kind, text[1:-1] if kind == "name" else text, position))  # type: ignore[arg-type]
        position = match.end()
    return found


def called_names(text: Sequence[Token]) -> Iterator[str]:
    """Names before an opening bracket: every function, wherever it stands."""
    for token, after in pairwise(text):
        if _is(after, "(") and token.kind in ("word", "name") and not (token.kind == "word" and token.text in SYNTAX):
            yield token.text


def other_names(text: Sequence[Token]) -> Iterator[str]:
    """Every other name, wherever it stands: of a column, a table, an alias, a parameter, or of what is none of these."""
    for token, after in zip_longest(text, text[1:]):
        is_name = token.kind == "name" or (token.kind == "word" and token.text not in _NO_NAMES)
        is_ignore_nulls = (
            after is not None and token.kind == after.kind and (token.text, after.text) == ("IGNORE", "NULLS")
        )
        if is_name and not is_ignore_nulls and (after is None or not _is(after, "(")):
            yield token.text


def defined_names(text: Sequence[Token]) -> set[str]:
    """Names that the statement itself gives: aliases, subqueries, windows, parameters of lambdas."""
    given = set()
    interpolated = {token.at for token in _within(text, "INTERPOLATE")}
    for before, word, after in zip(text, text[1:], text[2:], strict=False):
        if _is_word(word, "AS") and word.at not in interpolated:
            if _is_name(after):
                given.add(after.text)
            elif _is_name(before) and _is(after, "("):
                given.add(before.text)
    for index, token in enumerate(text):
        if token.text == "->" and token.kind == "sign":
            given.update(_parameters(text, index))
    return given


def outside_windows(text: Sequence[Token]) -> list[Token]:
    """The text without the windows that are written in place."""
    inside = {token.at for window in window_texts(text) for token in window}
    return [token for token in text if token.at not in inside]


def named_tables(text: Sequence[Token]) -> Iterator[str]:
    """What stands where a table is read, with its database where it has one."""
    for index, token in enumerate(text):
        if (_is_word(token, "FROM") or _is_word(token, "JOIN")) and index + 1 < len(text):
            name = text[index + 1].text if _is_name(text[index + 1]) else ""
            if name and len(text) > index + 3 and _is(text[index + 2], "."):
                name += "." + text[index + 3].text
            if name:
                yield name


def window_texts(text: Sequence[Token]) -> Iterator[list[Token]]:
    """What stands in the brackets of every window that is written in place."""
    for start, token in enumerate(text):
        if _is_word(token, "OVER") and start + 1 < len(text) and _is(text[start + 1], "("):
            yield list(_bracket(text, start + 1))


def _within(text: Sequence[Token], word: str) -> Iterator[Token]:
    for start, token in enumerate(text):
        if _is_word(token, word) and start + 1 < len(text) and _is(text[start + 1], "("):
            yield from _bracket(text, start + 1)


def _parameters(text: Sequence[Token], arrow: int) -> Iterator[str]:
    """Names before the arrow of a lambda: one, or some in brackets."""
    last = arrow - 1
    if last >= 0 and _is_name(text[last]):
        yield text[last].text
    elif last >= 0 and _is(text[last], ")"):
        for index in range(last - 1, -1, -1):
            if _is_name(text[index]):
                yield text[index].text
            elif not _is(text[index], ","):
                return


def subquery_names(text: Sequence[Token]) -> set[str]:
    """Names that may be those of `WITH name AS (SELECT …)`."""
    return {
        name.text
        for name, word, bracket, select in zip(text, text[1:], text[2:], text[3:], strict=False)
        if name.kind in ("word", "name")
        and _is_word(word, "AS")
        and _is(bracket, "(")
        and (_is_word(select, "SELECT") or _is_word(select, "WITH") or _is(select, "("))
    }


def has_sequence(text: Sequence[Token], *words: str) -> bool:
    """Whether these words stand in a row."""
    return any(
        _is_word(text[start], words[0])
        and all(_is_word(token, word) for token, word in zip(text[start:], words, strict=False))
        for start in range(len(text) - len(words) + 1)
    )


def format_at(text: Sequence[Token]) -> tuple[int, int] | None:
    """Where a trailing `FORMAT name` begins and ends in the text; `None` without one."""
    nesting = 0
    for index, token in enumerate(text):
        nesting += _is(token, "(") - _is(token, ")")
        if nesting or not _is_word(token, "FORMAT"):
            continue
        after = text[index + 1 : index + 3]
        if after and after[0].kind in ("word", "name"):
            last = len(after) == 1 or _is_word(after[1], "SETTINGS")
            if last and index and not _is(text[index - 1], ",") and not _is(text[index - 1], "."):
                return token.at, after[0].at + len(after[0].text) + 2 * (after[0].kind == "name")
    return None


def _bracket(text: Sequence[Token], start: int) -> Iterator[Token]:
    nesting = 0
    for token in text[start:]:
        nesting += _is(token, "(") - _is(token, ")")
        if not nesting:
            return
        yield token
    raise UnclearError("bracket without end")


def _is(token: Token, sign: str) -> bool:
    return token.kind == "sign" and token.text == sign


def _is_name(token: Token) -> bool:
    return token.kind == "name" or (token.kind == "word" and token.text not in KEYWORDS)


def _is_word(token: Token, word: str) -> bool:
    return token.kind == "word" and token.text.upper() == word
