"""Expression: what a declaration reads of a message, in JMESPath, within bounds that hold by construction.

JMESPath is a complete specification with one small library in pure Python that AWS keeps; it has no loops, no recursion and no
definitions, so what an expression can cost follows from its text. JSONata is richer, but can recurse without end and has no
maintained implementation in Python; jq is a language of programs, and its binding a C library. What is left out of JMESPath here is
what reads fields without naming them (`*` over an object, `keys`, `values`) or writes out a whole value (`to_string`, `map`,
`merge`): the names in an expression are all that is read of a message.
"""

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from jmespath.exceptions import JMESPathError
from jmespath.parser import Parser
from jmespath.visitor import TreeInterpreter

from ingest.contract.errors import InvalidEvent, InvalidInput
from ingest.contract.label import Label

LONGEST = 300
"""Characters of an expression."""

MOST_NODES = 60
"""Parts of an expression."""

DEEPEST = 16
"""Parts of an expression inside each other."""

MOST_STEPS = 100_000
"""Steps that the expressions of one message may take together: about a tenth of a second."""

FUNCTIONS = {
    "abs", "avg", "ceil", "contains", "ends_with", "floor", "join", "length", "max", "max_by", "min", "min_by", "not_null", "reverse",
    "sort", "sort_by", "starts_with", "sum", "to_number", "type",
}  # fmt: skip
"""The functions of JMESPath that may be used."""

_PATHS = ("subexpression", "pipe", "projection", "filter_projection")
"""Parts of an expression in which each goes on from what the one before it finds."""

_UNNAMED = Label(
    "“*” trên một đối tượng đọc cả trường không nêu tên: hãy nêu tên từng trường",
    "`*` over an object reads fields without naming them: name each field",
)


class InvalidExpression(InvalidInput):
    """A text that is not an expression, or one that is refused."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label


class Steps(TreeInterpreter):  # type: ignore[misc]  # jmespath has no types
    """Evaluates the expressions of one message, until they have taken too many steps."""

    def __init__(self, most: int = MOST_STEPS) -> None:
        super().__init__()
        self._left = most

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Evaluate one part of an expression."""
        self.take(1)
        return super().visit(node, *args, **kwargs)

    def visit_flatten(self, node: Any, value: Any) -> Any:
        """As in JMESPath; costs as many steps as the list is long."""
        made = super().visit_flatten(node, value)
        self.take(len(made or ()))
        return made

    def visit_comparator(self, node: Any, value: Any) -> Any:
        """As in JMESPath, but of single values: lists and objects are equal to nothing."""
        left, right = (self.visit(child, value) for child in node["children"])
        if isinstance(left, list | dict) or isinstance(right, list | dict):
            return node["value"] == "ne" if node["value"] in ("eq", "ne") else None
        literals = [{"type": "literal", "children": [], "value": one} for one in (left, right)]
        return super().visit_comparator({**node, "children": literals}, value)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """As in JMESPath; costs as many steps as what it is given is long."""
        given = [self.visit(child, value) for child in node["children"]]
        self.take(sum(len(one) for one in given if isinstance(one, list | dict | str)))
        return self._functions.call_function(node["value"], given)

    def take(self, count: int) -> None:
        """Count steps.

        Raises:
            InvalidEvent: reason `too_costly`.
        """
        self._left -= count
        if self._left < 0:
            raise InvalidEvent("too_costly", "its expressions take too many steps: it holds too much at once")


class Expression:
    """One expression.

    Args:
        text: as it was written.

    Raises:
        InvalidExpression: it is none, too long, or refused.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        if not 0 < len(text) <= LONGEST:
            raise InvalidExpression(
                Label(f"biểu thức phải có từ 1 đến {LONGEST} ký tự", f"an expression has 1 to {LONGEST} characters")
            )
        try:
            self._tree = Parser().parse(text).parsed
        except (JMESPathError, RecursionError) as error:
            where = getattr(error, "lex_position", None)
            at = ("", "") if where is None else (f", ở ký tự {where + 1}", f", at character {where + 1}")
            raise InvalidExpression(
                Label(f"không phải biểu thức JMESPath{at[0]}", f"this is not a JMESPath expression{at[1]}")
            ) from None
        parts = list(_parts(self._tree))
        _check_parts(parts)
        self.names = frozenset(node["value"] for node, _, _ in parts if node["type"] == "field")
        """All fields that it reads."""
        self.results = frozenset(node["value"] for node, _, leads in parts if node["type"] == "field" and not leads)
        """Those whose values may come out, and not only what is inside them."""

    def of(self, value: Any, steps: Steps) -> Any:
        """What it finds in a value.

        Raises:
            InvalidEvent: reasons `too_costly`, and `expression` where a function does not take what it is given.
        """
        try:
            return steps.visit(self._tree, value)
        except (JMESPathError, TypeError, ValueError, OverflowError) as error:
            raise InvalidEvent(
                "expression", f"`{self.text}` does not fit the message: {type(error).__name__}"
            ) from None

    def holds(self, value: Any, steps: Steps) -> bool:
        """Whether it finds anything but nothing, an empty value and false."""
        found = self.of(value, steps)
        return found not in (None, "", [], {}) and found is not False


def column(name: str) -> Expression:
    """The expression that reads the field of a name, whatever characters that has."""
    return Expression('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"')


def _parts(node: Any, depth: int = 1, leads: bool = False) -> Iterator[tuple[Any, int, bool]]:
    """The parts of an expression, each with its depth and whether it only leads to fields inside what it finds."""
    yield node, depth, leads
    children = [child for child in node["children"] if isinstance(child, dict)]
    path = children[:2] if node["type"] == "filter_projection" else children if node["type"] in _PATHS else []
    leading = [_begins_with_field(after) for after in path[1:]]
    for child, is_leading in zip_longest(children, leading, fillvalue=False):
        yield from _parts(child, depth + 1, leads or is_leading)


def _begins_with_field(node: Any) -> bool:
    """Whether the first that a part of an expression does with a value is to go to a field in it."""
    if node["type"] in (*_PATHS, "index_expression", "flatten"):
        return _begins_with_field(node["children"][0])
    return bool(node["type"] == "field")


def _check_parts(parts: list[tuple[Any, int, bool]]) -> None:
    """See that an expression stays within its bounds.

    Raises:
        InvalidExpression: it does not.
    """
    if len(parts) > MOST_NODES or max(depth for _, depth, _ in parts) > DEEPEST:
        raise InvalidExpression(
            Label(
                f"biểu thức quá phức tạp (tối đa {MOST_NODES} phần, lồng nhau {DEEPEST} lớp): hãy tách nhỏ",
                f"the expression has too many parts (at most {MOST_NODES}, {DEEPEST} inside each other): split it",
            )
        )
    for node, _, _ in parts:
        if node["type"] == "value_projection":
            raise InvalidExpression(_UNNAMED)
        if node["type"] == "function_expression" and node["value"] not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            raise InvalidExpression(
                Label(
                    f"không dùng được hàm {node['value']}; các hàm dùng được: {known}",
                    f"the function {node['value']} cannot be used; those that can: {known}",
                )
            )
