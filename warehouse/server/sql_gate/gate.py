"""Gate: whether an analyst's SQL may run. Read-only by construction: whatever is not known to be harmless is refused.

The embedded engine's own read-only mode is no protection: under it one can still read and overwrite files. So a text is
judged by what the engine itself makes of it, in this order, each step only after the ones before let it pass:

1. the engine renders it (`formatQuerySingleLine`): one statement, a SELECT, no comments; only this rendering is used on;
2. its tokens: every name, wherever it stands. Before a bracket it is an allowed function. Elsewhere it is an open table or
   one of its columns, or a name that the statement itself gives, and then none of a function that is not allowed: the
   engine takes a function that is only named, without brackets, for a lambda;
   What is in a window that is written in place is seen here only, so nothing is there but columns and plain functions;
3. its syntax tree (`EXPLAIN AST`), which has to show every call of the text: every kind of node, function, name and table is on its list, also tables behind `IN`,
   types are harmless, and no cost grows faster than what it is spent on (`bounds`);
4. its query tree (`EXPLAIN QUERY TREE`): what every name was resolved to is on the lists as well. Not earlier, since this
   evaluates constants, and so runs functions.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches

from ingest.contract.errors import QueryRefused
from warehouse.server.sql_gate import allowlist, bounds, query_tree, sql_text, syntax_tree
from warehouse.server.sql_gate.syntax_tree import Node

LONGEST = 20_000
"""Bytes of SQL that are looked at."""

_LONGEST_RENDERING = 4 * LONGEST
_MOST_NODES = 10_000
_NO_TABLE = "system.one"
"""What the engine reads from where a SELECT has no FROM."""
_NOT_IN_WINDOWS = ("SELECT", "IN", "FROM", "EXISTS", "WITH", "LIKE", "ILIKE")
_OF_NO_TABLE = (_NO_TABLE, "dummy")
_OF_NUMBERS = "number"
_ALL = "all"
"""What the engine writes in `ORDER BY ALL`; elsewhere it knows nothing of this name."""

_UNKNOWN_TABLE = re.compile(r"Unknown table expression identifier '([^']*)'")
_QUALIFIED = re.compile(r"([^\W\d]\w*)(?:\.([^\W\d]\w*))?")

Ask = Callable[[str, Mapping[str, str]], list[str]]
"""Puts one of this module's own questions to the engine: SQL and parameters in, the first column's texts out.

Raises `QueryRefused` with the engine's text where the engine does.
"""


class SqlGate:
    """What analysts may ask of one database.

    Args:
        database: the current database of their connections.
        tables: names of the tables and views that are open to them; without a database: those of `database`.
        closed: names of tables of `database` that are not open, although the engine may not know them at the moment.
    """

    def __init__(self, database: str, tables: Iterable[str], closed: Iterable[str] = ()) -> None:
        self._database = database
        self._open = frozenset(name if "." in name else f"{database}.{name}" for name in tables)
        self._closed_tables = frozenset(closed)
        self._parts_of_open_tables = {part for name in self._open for part in name.split(".")}
        self._functions: frozenset[str] = frozenset()

    def check(self, sql: str, ask: Ask) -> str:
        """Judge a text.

        Returns:
            The engine's rendering of it; only this may be run.

        Raises:
            QueryRefused: names the rule, in Vietnamese and in English.
        """
        rendering = _render(sql, ask)
        text = _tokens(rendering)
        _check_text(text)
        columns = self._open_columns(ask)
        names, of_columns = set(sql_text.other_names(text)), {column for _, column in columns}
        self._check_no_functions(names - of_columns, ask)
        known = of_columns | self._parts_of_open_tables | {_OF_NUMBERS, _ALL} | sql_text.defined_names(text)
        self._check_known(names, known, text)
        tree = _tree(rendering, ask)
        self._check_tables(tree, sql_text.subquery_names(text), ask)
        _check_complete(tree, text)
        _check_tree(tree, known)
        self._check_resolved(self._resolved(rendering, ask), columns)
        return rendering

    def _resolved(self, rendering: str, ask: Ask) -> list[str]:
        try:
            return ask(f"EXPLAIN QUERY TREE passes = {query_tree.PASSES} {rendering}", {})
        except QueryRefused as error:
            # A name that the query gives to a part of itself, where it does not hold.
            found = _UNKNOWN_TABLE.match(str(error))
            raise self._closed(found[1]) if found else error from error

    def _open_columns(self, ask: Ask) -> set[tuple[str, str]]:
        """Table and column of all that is open, as the engine has it now."""
        found = set()
        for database in {name.partition(".")[0] for name in self._open}:
            pairs = ask(
                "SELECT concat(table, '.', name) FROM system.columns WHERE database = {database:String}",
                {"database": database},
            )
            for table, _, column in (pair.partition(".") for pair in pairs):
                if f"{database}.{table}" in self._open:
                    found.add((f"{database}.{table}", column))
        return found

    def _check_no_functions(self, names: set[str], ask: Ask) -> None:
        """Refuse names of functions: the engine may take a name for a function, although it is given in the query."""
        self._functions = self._functions or frozenset(ask("SELECT lower(name) FROM system.functions", {}))
        for name in sorted(names):
            for spelling in {name.lower(), _folded(name)} & self._functions:
                if not allowlist.is_allowed(spelling):
                    raise _function(name)

    def _check_known(self, names: set[str], known: set[str], text: list[sql_text.Token]) -> None:
        unknown = names - known
        for name in sql_text.named_tables(text):
            if unknown & set(name.split(".")):
                raise self._closed(name)
        for name in sorted(unknown):
            raise _name(name, known)

    def _check_tables(self, tree: Node, subqueries: set[str], ask: Ask) -> None:
        nodes = list(tree.walk())
        if len(nodes) > _MOST_NODES:
            raise sql_refusal("size", f"Câu lệnh quá phức tạp (hơn {_MOST_NODES} phần).", "The query is too complex.")
        in_place = [name for node in nodes for name in _tables_in_place(node)]
        sets = [name for node in nodes for name in _tables_as_sets(node)]
        bare = {name for name in [*in_place, *sets] if "." not in name and f"{self._database}.{name}" not in self._open}
        hidden = bare and bare & self._closed_tables.union(
            ask("SELECT name FROM system.tables WHERE database = {database:String}", {"database": self._database})
        )
        for name in in_place:
            if not self._is_open(name) and (name not in subqueries or name in hidden):
                raise self._closed(name)
        for name in sets:
            if not self._is_open(name) and ("." in name or name in hidden):
                raise self._closed(name)

    def _check_resolved(self, lines: list[str], columns: set[tuple[str, str]]) -> None:
        try:
            found = query_tree.parse_query_tree(lines)
        except query_tree.UnknownError as error:
            raise _syntax(str(error).strip()) from None
        for name in found.tables:
            if not self._is_open(name):
                raise self._closed(name)
        for name in found.table_functions - allowlist.TABLE_FUNCTIONS:
            raise _function(name)
        for name in found.functions:
            if not allowlist.is_allowed_as_resolved(name):
                raise _function(name)
        for _, name in found.columns - columns - {_OF_NO_TABLE}:
            raise _name(name)

    def _is_open(self, name: str) -> bool:
        found = _QUALIFIED.fullmatch(name)
        return bool(found) and (
            name == _NO_TABLE or (name if "." in name else f"{self._database}.{name}") in self._open
        )

    def _closed(self, name: str) -> QueryRefused:
        there = ", ".join(sorted(self._open)) or "-"
        return sql_refusal(
            "table",
            f"Không được đọc bảng {name[:80]!r}. Các bảng được phép: {there}.",
            f"Table {name[:80]!r} is not open to you. Open are: {there}.",
        )


def sql_refusal(rule: str, vi: str, en: str) -> QueryRefused:
    """A refusal with its reason in both languages."""
    return QueryRefused(rule, f"{vi} / {en}")


def _function(name: str) -> QueryRefused:
    return sql_refusal(
        "function",
        f"Không được dùng hàm {name[:80]!r}.",
        f"Function {name[:80]!r} is not on the list of allowed functions.",
    )


def _name(name: str, known: Iterable[str] = ()) -> QueryRefused:
    like = ", ".join(get_close_matches(name, sorted(known), 3))
    return sql_refusal(
        "name",
        f"Không có cột hay tên nào là {name[:80]!r}." + (f" Có phải là: {like}?" if like else ""),
        f"{name[:80]!r} is neither a column of an open table nor a name that the query gives."
        + (f" Did you mean: {like}?" if like else ""),
    )


def _folded(name: str) -> str:
    """A name without the differences that a person does not see."""
    return unicodedata.normalize("NFKC", name).casefold()


def _syntax(part: str) -> QueryRefused:
    return sql_refusal("syntax", f"Không được dùng ở đây: {part[:80]!r}.", f"Not allowed here: {part[:80]!r}.")


def check_length(sql: str) -> None:
    """What is seen before an engine is asked: whether there is a text at all, that is valid and not too long.

    Raises:
        QueryRefused: names the rule.
    """
    try:
        size = len(sql.encode())
    except UnicodeEncodeError:
        raise sql_refusal("text", "Văn bản không hợp lệ.", "The text is not valid Unicode.") from None
    if size > LONGEST:
        raise sql_refusal("size", f"Câu lệnh dài hơn {LONGEST} byte.", f"The query is longer than {LONGEST} bytes.")
    if not sql.strip() or "\0" in sql:
        raise sql_refusal("text", "Chưa có câu lệnh.", "There is no query.")


def _render(sql: str, ask: Ask) -> str:
    check_length(sql)
    try:
        (rendering,) = ask("SELECT formatQuerySingleLine({sql:String}) AS rendering", {"sql": sql})
    except QueryRefused as error:
        if "Multi-statements" in str(error):
            raise sql_refusal("one statement", "Chỉ được một câu lệnh.", "Only one statement at a time.") from None
        raise QueryRefused("syntax", str(error).partition(": In scope SELECT formatQuery")[0]) from error.__cause__
    if len(rendering) > _LONGEST_RENDERING:
        raise sql_refusal("size", "Câu lệnh quá dài.", "The query is too long.")
    if not re.match(r"(?:SELECT|WITH)\b|\(", rendering):
        raise sql_refusal(
            "read only", "Chỉ được đọc: câu lệnh phải là SELECT.", "Reading only: the query must be a SELECT."
        )
    return rendering


def _tokens(rendering: str) -> list[sql_text.Token]:
    try:
        return sql_text.tokens(rendering)
    except sql_text.UnclearError as error:
        raise _syntax(str(error)) from None


def _check_text(text: list[sql_text.Token]) -> None:
    if sql_text.has_sequence(text, "INTO", "OUTFILE"):
        raise _syntax("INTO OUTFILE")
    if sql_text.has_sequence(text, "WITH", "RECURSIVE"):
        raise _syntax("WITH RECURSIVE")
    if sql_text.format_at(text):
        raise _syntax("FORMAT")
    for token in text:
        if token.kind == "word" and token.text.upper() in allowlist.NO_CLAUSES:
            raise _syntax(token.text)
    for name in sql_text.called_names(text):
        if not allowlist.is_allowed(name) and name not in allowlist.TABLE_FUNCTIONS:
            raise _function(name)
    _check_windows(text)


def _check_windows(text: list[sql_text.Token]) -> None:
    """Refuse in `OVER (…)` what the tree does not show."""
    try:
        windows = list(sql_text.window_texts(text))
    except sql_text.UnclearError as error:
        raise _syntax(str(error)) from None
    for window in windows:
        for token in window:
            if token.text == "->" or (token.kind == "word" and token.text.upper() in _NOT_IN_WINDOWS):
                raise _syntax(f"OVER (… {token.text} …)")
        for name in sql_text.called_names(window):
            if name.lower() in allowlist.TYPED or bounds.is_bounded(name):
                raise _syntax(f"OVER (… {name}(…) …)")


def _tree(rendering: str, ask: Ask) -> Node:
    try:
        return syntax_tree.parse_syntax_tree(ask(f"EXPLAIN AST {rendering}", {}))
    except syntax_tree.UnreadableError as error:
        raise _syntax(str(error)) from None


def _check_complete(tree: Node, text: list[sql_text.Token]) -> None:
    """Refuse a tree in which a call of the text is missing: what it does not show cannot be judged."""
    called = Counter(name.lower() for name in sql_text.called_names(sql_text.outside_windows(text)))
    for name in called - Counter(node.says.lower() for node in tree.walk() if node.kind == "Function"):
        raise _syntax(f"{name}(…)")


def _check_tree(tree: Node, known: set[str]) -> None:
    for node in tree.walk():
        _check_node(node, known)
    excess = bounds.find_excess(tree)
    if excess:
        raise sql_refusal("cost", excess.vi, excess.en)


def _check_node(node: Node, known: set[str]) -> None:
    if node.kind not in allowlist.NODES:
        raise _syntax("SETTINGS" if node.kind == "Set" else node.kind)
    if node.kind == "TableExpression":
        for child in node.children:
            if child.kind == "Function" and child.says not in allowlist.TABLE_FUNCTIONS:
                raise _function(child.says)
    if node.kind == "Identifier" and node.says not in known and not set(node.says.split(".")) <= known:
        raise _name(node.says, known)
    if node.kind != "Function":
        return
    if not allowlist.is_allowed(node.says) and node.says not in allowlist.TABLE_FUNCTIONS:
        raise _function(node.says)
    if node.says.lower() in allowlist.TYPED:
        there = bounds.arguments(node)
        kind = there[-1 if node.says.lower() == allowlist.JSON_CAST else 1] if len(there) > 1 else None
        if kind is None or kind.kind != "Literal" or not allowlist.is_allowed_type(kind.says):
            raise _syntax(f"{node.says}(…, {kind.says if kind else ''})")


def _tables_in_place(node: Node) -> list[str]:
    return [node.says] if node.kind == "TableIdentifier" else []


def _tables_as_sets(node: Node) -> list[str]:
    """Names behind `IN`, which the engine may take for a table."""
    if node.kind != "Function" or node.says.lower() not in allowlist.MEMBERSHIP:
        return []
    there = bounds.argument(node, 1)
    return [there.says] if there and there.kind == "Identifier" else []
