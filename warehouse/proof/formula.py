"""Formula: what an indicator counts, in the words of its own declaration.

The declaration's lambdas are Python; here they are read back from the source and written as one would on paper. So what a person
reads is what is folded and what is written as SQL.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from ingest.contract.label import Label, Language
from warehouse.model.aggregate import Dimension, Flow
from warehouse.model.expression import MINUTE, NEVER
from warehouse.model.indicator import Indicator

_NEVER = Label("chưa xảy ra", "never")
_IF = Label("nếu", "if")
_ELSE = Label("nếu không", "otherwise")
_HAS_HAPPENED = Label("đã có {what}", "{what} has happened")
_HAS_NOT_HAPPENED = Label("chưa có {what}", "{what} has not happened")
_CHOICE = Label("(nếu {when} thì {this}, nếu không thì {other})", "({this} if {when}, otherwise {other})")
_ONLY = Label("({this}, chỉ khi {when})", "({this}, only if {when})")
_CALLS = {
    "least": Label("nhỏ nhất của ({these})", "least of ({these})"),
    "greatest": Label("lớn nhất của ({these})", "greatest of ({these})"),
}
_PLACES = ("warehouse.indicators.", "warehouse.figures.")

_SIGNS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥", " * ": " × ", " - ": " − "}
_WORDS = {
    " and ": Label(" và ", " and "),
    " or ": Label(" hoặc ", " or "),
    "not ": Label("không ", "not "),
}
_MINUTES = Label("phút", "min")
_HOURS = Label("giờ", "h")
_SECONDS = Label("giây", "s")


class FormulaTerm(NamedTuple):
    """One part of the numerator or of the denominator."""

    is_numerator: bool
    is_flow: bool
    """Counted when it happens; else counted as long as it is so."""
    largest: bool
    """Whether the largest amount is taken instead of the sum."""
    at: str
    """When it happens; empty for what is so at a moment."""
    where: str
    """Which entities count; empty for all."""
    amount: str
    """What each adds; empty for 1."""


class Definition(NamedTuple):
    """What a name in the formula stands for."""

    name: str
    steps: tuple[str, ...]
    """What is named first, for use in the text."""
    text: str


def formula_terms(one: Indicator, language: Language) -> list[FormulaTerm]:
    """The parts of an indicator, numerator first."""
    found = []
    for parts, is_numerator in ((one.value.numerator, True), (one.value.denominator, False)):
        for part in parts:
            where, amount = _said(part.where, language), _said(part.amount, language)
            if isinstance(part, Flow):
                found.append(FormulaTerm(is_numerator, True, False, _said(part.at, language), where, amount))
            else:
                found.append(FormulaTerm(is_numerator, False, part.largest, "", where, amount))
    return found


def ranked(one: Indicator, language: Language) -> str:
    """What a quantile is of; empty for what is none."""
    return _said(one.value.rank.amount, language) if one.value.rank else ""


def number(value: int, language: Language) -> str:
    """A number as a person writes it: what is as large as a duration in ms is one."""
    if value == NEVER:
        return _NEVER.text(language)
    for size, unit in ((60 * MINUTE, _HOURS), (MINUTE, _MINUTES), (1000, _SECONDS)):
        if value >= size and value % size == 0:
            return f"{value // size} {unit.text(language)}"
    return str(value)


def formula_definitions(one: Indicator, language: Language) -> list[Definition]:
    """What the names of the indicator's own functions stand for, each after those that use it."""
    found: dict[str, Definition] = {}
    given = [getattr(part, name, None) for part in one.parts for name in ("at", "where", "amount")]
    given += [one.value.rank.amount] if one.value.rank else []
    given += [dimension.member for dimension in one.by if isinstance(dimension, Dimension)]
    waiting = [called for function in given if function for called in _own(function)]
    while waiting:
        function = waiting.pop(0)
        if function.__name__ not in found:
            found[function.__name__] = _definition(function, language)
            waiting += [called for called in _own(function) if called is not function]
    return list(found.values())


def _definition(function: Callable[..., Any], language: Language) -> Definition:
    node = _declared(function)
    say = _Readable(function, language)
    steps = [step for statement in node.body for step in _steps(statement, say, language)]
    (text,) = [say(one.value) for one in node.body if isinstance(one, ast.Return) and one.value is not None]
    return Definition(_named(function), tuple(steps), text)


def _steps(statement: ast.stmt, say: "_Readable", language: Language) -> list[str]:
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return [f"{statement.targets[0].id} = {say(statement.value)}"]
    if isinstance(statement, ast.If):
        when = f"{_IF.text(language)} {say(statement.test)}"
        return [
            f"{step} ({said})"
            for branch, said in ((statement.body, when), (statement.orelse, _ELSE.text(language)))
            for one in branch
            for step in _steps(one, say, language)
        ]
    return []


def _said(function: Callable[..., Any] | None, language: Language) -> str:
    """A lambda's expression, readable; a named function by its name."""
    if function is None:
        return ""
    return _named(function) if _is_named(function) else _Readable(function, language)(_lambda(function).body)


def _named(function: Callable[..., Any]) -> str:
    return f"{function.__name__}({', '.join(inspect.signature(function).parameters)})"


def _is_named(function: Callable[..., Any]) -> bool:
    return function.__name__ != "<lambda>"


def _own(function: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions declared beside the indicators that a function is, or calls."""
    body = _declared(function) if _is_named(function) else _lambda(function)
    names = [node.func.id for node in ast.walk(body) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    called = [function.__globals__.get(name) for name in dict.fromkeys(names)]
    mine: list[Callable[..., Any]] = [
        one for one in called if inspect.isfunction(one) and one.__module__.startswith(_PLACES)
    ]
    return [function, *mine] if _is_named(function) else mine


def _declared(function: Callable[..., Any]) -> ast.FunctionDef:
    nodes = _nodes(function.__module__)
    return next(n for n in nodes if isinstance(n, ast.FunctionDef) and n.name == function.__name__)


def _lambda(function: Callable[..., Any]) -> ast.Lambda:
    """The lambda in the source: the one in its line.

    Raises:
        ValueError: the line holds another one as well.
    """
    line = function.__code__.co_firstlineno
    nodes = _nodes(function.__module__)
    found = [node for node in nodes if isinstance(node, ast.Lambda) and node.lineno == line]
    if len(found) != 1:
        raise ValueError(f"{function.__module__}, line {line}: write each lambda on a line of its own")
    return found[0]


@cache
def _nodes(module: str) -> list[ast.FunctionDef | ast.Lambda]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]


class _Joined(ast.NodeTransformer):
    """Writes joined conditions with brackets only around those joined otherwise; the standard library puts in more."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """The whole condition as one word."""
        sides = [
            f"({self.visit(side).id})" if isinstance(side, ast.BoolOp) else ast.unparse(self.visit(side))
            for side in node.values
        ]
        return ast.Name((" and " if isinstance(node.op, ast.And) else " or ").join(sides))


def _text(expression: ast.expr) -> str:
    return ast.unparse(_Joined().visit(expression))


class _Readable(ast.NodeTransformer):
    """Writes expressions without what Python needs and a reader does not, and with the values of constants."""

    def __init__(self, function: Callable[..., Any], language: Language) -> None:
        self._names = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
        self._arguments = set(inspect.signature(function).parameters)
        self._language = language

    def __call__(self, expression: ast.expr) -> str:
        copy = ast.parse(ast.unparse(expression), mode="eval").body
        visited = self.visit(copy)
        text = _text(visited)
        if isinstance(visited, ast.Name):  # a choice that is the whole expression needs no brackets
            text = re.sub(r"^\((.*)\)$", r"\1", text)
        for sign, shown in _SIGNS.items():
            text = text.replace(sign, shown)
        for word, label in _WORDS.items():
            text = text.replace(word, label.text(self._language))
        return re.sub(r"'([^']*)'", r"“\1”", text)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """An entity's field is written as its name."""
        if isinstance(node.value, ast.Name) and node.value.id in self._arguments:
            return ast.Name(node.attr)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """What is before or at “never” has happened, or has not."""
        if self._constant(node.comparators[0]) == NEVER and isinstance(node.ops[0], ast.Lt | ast.Eq):
            label = _HAS_HAPPENED if isinstance(node.ops[0], ast.Lt) else _HAS_NOT_HAPPENED
            return self._words(label, what=node.left)
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A choice is a sentence, and so is the least or the greatest of several."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "choose":
            when, this, other = node.args
            if self._constant(other) == NEVER:
                return self._words(_ONLY, when=when, this=this)
            return self._words(_CHOICE, when=when, this=this, other=other)
        if name in _CALLS:
            these = ", ".join(_text(self.visit(one)) for one in node.args)
            return ast.Name(_CALLS[name].text(self._language, these=these))
        return self.generic_visit(node)  # type: ignore[return-value]

    def _words(self, label: Label, **parts: ast.expr) -> ast.Name:
        return ast.Name(label.text(self._language, **{name: _text(self.visit(part)) for name, part in parts.items()}))

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """A constant is its value; `&` and `|` are words, and sides that need no brackets have none."""
        value = self._constant(node)
        if value is not None:
            return ast.Name(number(value, self._language))
        left, right = self.visit(node.left), self.visit(node.right)
        if not isinstance(node.op, ast.BitAnd | ast.BitOr):
            return ast.BinOp(left, node.op, right)
        word: ast.boolop = ast.And() if isinstance(node.op, ast.BitAnd) else ast.Or()
        joined: list[ast.expr] = []
        for side in (left, right):
            joined += side.values if isinstance(side, ast.BoolOp) and type(side.op) is type(word) else [side]
        return ast.BoolOp(word, joined)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A constant is its value."""
        value = None if node.id in self._arguments else self._constant(node)
        if value is None and isinstance(said := self._names.get(node.id), str):
            return ast.Constant(said)
        return node if value is None else ast.Name(number(value, self._language))

    def _constant(self, node: ast.expr) -> int | None:
        value: Any = None
        if isinstance(node, ast.Name):
            value = self._names.get(node.id)
        elif isinstance(node, ast.Constant):
            value = node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            sides = (self._constant(node.left), self._constant(node.right))
            value = None if None in sides else sides[0] * sides[1]  # type: ignore[operator]
        return value if isinstance(value, int) else None
