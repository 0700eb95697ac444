"""Find: the single changes that a module's source text admits.

A mutation replaces the text of one expression or statement at its position, so that the rest of the module keeps its form:
declarations, decorators and everything that reads source text work as they are. That is why this is a script of our own; mutmut
generates modules of another form, and LibCST, on which it is built, is a dependency that nothing else here needs.
"""

import ast
import re
import sys
from collections import Counter
from typing import Any, NamedTuple

SWAPS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.FloorDiv: ("//", "*"), ast.Div: ("/", "*"),
    ast.Mod: ("%", "+"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.Pow: ("**", "*"),
}  # fmt: skip

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")), ast.LtE: ("<=", ("<", ">")), ast.Gt: (">", (">=", "<=")), ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)), ast.NotEq: ("!=", ("==",)), ast.In: ("in", ("not in",)), ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)), ast.IsNot: ("is not", ("is",)),
}  # fmt: skip

NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "least": "greatest", "greatest": "least"}

SQL = re.compile(
    r"\b(SELECT|FROM|WHERE|GROUP BY|PARTITION BY|toInt64|intDiv|Int64|min|max|count|countIf|kind|JSON\w+)\b[ (]"
)
SQL_SWAPS = {
    " AND ": " OR ", " OR ": " AND ", " <= ": " < ", " < ": " <= ", " >= ": " > ", " > ": " >= ", " = ": " != ", " + ": " - ",
    " - ": " + ", "min(": "max(", "max(": "min(", "minIf(": "maxIf(", "maxIf(": "minIf(", "argMax": "argMin", " IN (": " NOT IN (",
    "sum(": "max(", "UNION ALL": "UNION DISTINCT", "least(": "greatest(", "greatest(": "least(", " DESC": " ASC",
}  # fmt: skip
"""What is exchanged inside of texts that are SQL."""

LARGE = 100
"""Of a larger whole number a neighbour hardly differs: it is doubled; where it is a bound, the comparison is mutated."""

TELLING = 12
"""Characters that say which expression it is; of a shorter one the one around it is told."""

IGNORED_KEYWORDS = ("strict", "frozen", "slots", "repr")
"""Arguments of which behaviour does not depend as long as the code is right."""


class Mutation(NamedTuple):
    """One change of one module."""

    module: str
    function: str
    """Qualified name of the function or class around it; `<module>` outside of any."""
    change: str
    """`old → new`, in one line; ` #2` follows the second of the same kind in a function."""
    begin: int
    """Byte where the replaced text begins."""
    end: int
    """Byte after it."""
    text: str
    """What stands there instead."""
    line: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by, however lines move."""
        return self.module, self.function, self.change

    def applied(self, source: bytes) -> bytes:
        """The module with the change."""
        return source[: self.begin] + self.text.encode() + source[self.end :]


def mutations(module: str, source: str) -> list[Mutation]:
    """All single changes of a module, in the order of their places."""
    found = _Finder(source)
    found.visit(ast.parse(source))
    seen: Counter[tuple[str, str]] = Counter()
    made = []
    for function, begin, end, text, old, new in sorted(found.changes, key=lambda change: change[1:4]):
        change = f"{_short(old)} → {_short(new)}"
        seen[function, change] += 1
        if seen[function, change] > 1:
            change += f" #{seen[function, change]}"
        made.append(Mutation(module, function, change, begin, end, text, found.bytes[:begin].count(b"\n") + 1))
    return made


def _short(text: str) -> str:
    return " ".join(text.split())


class _Finder(ast.NodeVisitor):
    """Collects changes as (function, begin, end, replacement, old text, new text)."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.changes: list[tuple[str, int, int, str, str, str]] = []
        self._lines = [0]
        for text in self.bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(text))
        self._names: list[str] = []
        self._around: list[ast.expr | ast.stmt] = []

    def visit(self, node: ast.AST) -> None:
        """Visit a node, knowing those around it."""
        if not isinstance(node, ast.expr | ast.stmt):
            super().visit(node)
            return
        self._around.append(node)
        super().visit(node)
        self._around.pop()

    # Positions

    def _begin(self, node: Any) -> int:
        return self._lines[int(node.lineno) - 1] + int(node.col_offset)

    def _end(self, node: Any) -> int:
        return self._lines[int(node.end_lineno) - 1] + int(node.end_col_offset)

    def _text(self, begin: int, end: int) -> str:
        return self.bytes[begin:end].decode()

    def _replace(self, node: Any, text: str, begin: int | None = None, end: int | None = None) -> None:
        """Replace a part of a node; the change is told by the whole node, or by what is around it if that is short."""
        outer, last = self._begin(node), self._end(node)
        for around in reversed(self._around):
            if last - outer >= TELLING or not (isinstance(around, ast.expr) or not hasattr(around, "body")):
                break
            outer, last = self._begin(around), self._end(around)
        first, after = self._begin(node) if begin is None else begin, self._end(node) if end is None else end
        old = self._text(outer, last)
        new = self._text(outer, first) + text + self._text(after, last)
        function = ".".join(self._names) or "<module>"
        self.changes.append((function, first, after, text, old, new))

    def _between(self, node: Any, left: ast.AST, right: ast.AST, old: str, new: str) -> None:
        """Replace an operator, which stands between two nodes and perhaps brackets and a comment."""
        begin, end = self._end(left), self._begin(right)
        gap = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0].encode()), self._text(begin, end))
        token = re.search(re.escape(old).replace(r"\ ", r"\s+"), gap)
        if token:
            self._replace(node, new, begin + token.start(), begin + token.end())

    # Definitions

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._names.append(node.name)
        if not isinstance(node, ast.ClassDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.visit(default)
        self._body(node.body)
        self._names.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _named  # noqa: N815

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.visit(statement)

    # Statements

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node, node.target)
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assigned(node, node.targets[0])
        self.visit(node.value)

    def _assigned(self, node: ast.stmt, target: ast.expr) -> None:
        if isinstance(target, ast.Attribute | ast.Subscript) and self._names[-1:] != ["__init__"]:
            self._replace(node, "pass")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass")
        if type(node.op) in SWAPS:
            old, new = SWAPS[type(node.op)]
            self._between(node, node.target, node.value, old + "=", new + "=")
        self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call | ast.Await):
            if re.match(r"(await )?_?(log|logger|LOG)\.", self._text(self._begin(node), self._end(node))):
                return
            self._replace(node, "pass")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace(node, "pass")  # what it says is for people

    def visit_Delete(self, node: ast.Delete) -> None:
        self._replace(node, "pass")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._replace(node, "pass")
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node, "return None")
        self.visit(node.value)

    def visit_If(self, node: ast.If | ast.While) -> None:
        if _short(self._text(self._begin(node.test), self._end(node.test))) == "TYPE_CHECKING":
            return
        self._negated(node.test)
        self.generic_visit(node)

    visit_While = visit_If  # noqa: N815

    def _negated(self, test: ast.expr) -> None:
        if not isinstance(test, ast.UnaryOp | ast.Compare | ast.Constant):
            self._replace(test, f"(not ({self._text(self._begin(test), self._end(test))}))")

    # Expressions

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negated(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._negated(test)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if _is_type(node.left) or _is_type(node.right):
            return
        if type(node.op) in SWAPS and not _is_text(node.left) and not _is_text(node.right):
            self._between(node, node.left, node.right, *SWAPS[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(node, left, right, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._replace(node, f"({self._text(self._begin(node.operand), self._end(node.operand))})")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        values = [node.left, *node.comparators]
        for left, operator, right in zip(values, node.ops, values[1:], strict=False):
            old, others = COMPARISONS[type(operator)]
            for new in others:
                self._between(node, left, right, old, new)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in NAMES:
            self._replace(node, NAMES[node.func.id], self._begin(node.func), self._end(node.func))
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in IGNORED_KEYWORDS:
                self.visit(keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int):
            others = (node.value + 1, node.value - 1) if abs(node.value) <= LARGE else (node.value * 2,)
            for other in others:
                self._replace(node, str(other))
        elif isinstance(node.value, float):
            self._replace(node, repr(node.value * 2 + 1))
        elif isinstance(node.value, str):
            self._in_sql(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._in_sql(node)
        if sys.version_info >= (3, 12):  # before, what stands in brackets has no position of its own
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    self.visit(part.value)

    def _in_sql(self, node: ast.expr) -> None:
        begin = self._begin(node)
        text = self._text(begin, self._end(node))
        if not SQL.search(text):
            return
        masked = (
            re.sub(r"\{[^{}]*\}", lambda part: "\0" * len(part[0]), text) if isinstance(node, ast.JoinedStr) else text
        )
        for old, new in SQL_SWAPS.items():
            for found in re.finditer(r"(?<!\w)" + re.escape(old) if old[0].isalpha() else re.escape(old), masked):
                at = begin + len(text[: found.start()].encode())
                self._replace(node, new, at, at + len(old))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _is_type(node: ast.expr) -> bool:
    """Whether an operand of `|` is a type: a name in capital letters or `None`."""
    if isinstance(node, ast.Constant):
        return node.value is None
    if isinstance(node, ast.Subscript):
        return _is_type(node.value) or (
            isinstance(node.value, ast.Name) and node.value.id in ("list", "dict", "tuple", "set")
        )
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("int", "str", "bytes", "float", "bool", "list", "dict", "tuple", "set") or (
        name[:1].isupper() and not name.isupper()
    )
