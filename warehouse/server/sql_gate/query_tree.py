"""Query tree: what `EXPLAIN QUERY TREE` prints, read back as what a query really uses once every name is resolved."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.contract.errors import InvalidInput

PASSES = 1
"""Of the engine's passes over the tree, the one that resolves names; the others only rewrite what it gave."""

_NODE = re.compile(r"([A-Z]+(?:[ _][A-Z]+)*) id: (\d+)(?:, (.*))?")
# Where an alias may stand before a name, it can be any text: what counts is the last of what looks like the name.
_NAMES = {
    "FUNCTION": re.compile(r"function_name: ([^,]+)(?:, .*)?"),
    "TABLE": re.compile(r"(?:alias: .*, )?table_name: ([^\s,]+)(?:, .*)?"),
    "TABLE_FUNCTION": re.compile(r"(?:alias: .*, )?table_function_name: ([^\s,]+)(?:, .*)?"),
    "COLUMN": re.compile(r"(?:alias: .*, )?column_name: (.*), result_type: .*, source_id: (\d+)"),
}
_SOURCES = frozenset(
    {"TABLE", "TABLE_FUNCTION", "QUERY", "UNION", "JOIN", "CROSS JOIN", "ARRAY_JOIN", "ARGUMENTS", "INTERPOLATE"}
)
_OTHERS = frozenset({"LIST", "CONSTANT", "LAMBDA", "ARGUMENT", "SORT", "WINDOW"})
_COLUMNS = "PROJECTION COLUMNS"
_HEADINGS = frozenset(
    """
    PROJECTION|JOIN TREE|WHERE|PREWHERE|GROUP BY|HAVING|QUALIFY|ORDER BY|INTERPOLATE|LIMIT BY LIMIT|LIMIT BY OFFSET
    |LIMIT BY|LIMIT|OFFSET|ARGUMENTS|PARAMETERS|WINDOW|PARTITION BY|FRAME BEGIN OFFSET|FRAME END OFFSET|FILL FROM
    |FILL TO|FILL STEP|FILL STALENESS|INTERPOLATE_EXPRESSION|EXPRESSION|LEFT TABLE EXPRESSION|RIGHT TABLE EXPRESSION
    |TABLE EXPRESSION|JOIN EXPRESSION|JOIN EXPRESSIONS|QUERIES|CORRELATED COLUMNS
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)


class UnknownError(InvalidInput):
    """A line of the tree that this module does not know."""


@dataclass
class Resolved:
    """What a query uses."""

    functions: set[str] = field(default_factory=set)
    """Ordinary, aggregate and window functions, by the engine's own names."""
    table_functions: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    """With their databases."""
    columns: set[tuple[str, str]] = field(default_factory=set)
    """Of tables alone: table and column."""


def parse_query_tree(lines: Sequence[str]) -> Resolved:
    """What is in a printed tree.

    Raises:
        UnknownError: it holds what is not known here, or a column from nowhere.
    """
    found = Resolved()
    sources: dict[int, tuple[str, str]] = {}
    columns: list[tuple[str, int]] = []
    for line in _without_projected_names(lines):
        text = line.strip()
        node = _NODE.fullmatch(text)
        if not node:
            if text not in _HEADINGS and not text.startswith("EXPRESSION "):
                raise UnknownError(line)
            continue
        kind, id, rest = node[1], int(node[2]), node[3] or ""
        named = _NAMES[kind].fullmatch(rest) if kind in _NAMES else None
        if (kind in _NAMES and not named) or kind not in _SOURCES | _OTHERS | _NAMES.keys():
            raise UnknownError(line)
        if kind in _SOURCES:
            sources[id] = kind, named[1] if named else ""
        if kind == "COLUMN" and named:
            columns.append((named[1], int(named[2])))
        elif kind == "FUNCTION" and named:
            found.functions.add(named[1])
    found.tables = {name for kind, name in sources.values() if kind == "TABLE"}
    found.table_functions = {name for kind, name in sources.values() if kind == "TABLE_FUNCTION"}
    for name, source in columns:
        if source not in sources:
            raise UnknownError(name)
        kind, table = sources[source]
        if kind == "TABLE":
            found.columns.add((table, name))
    return found


def _without_projected_names(lines: Sequence[str]) -> Iterator[str]:
    """The lines without the names that a query gives its columns, which may be any text."""
    deeper_than: int | None = None
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        if deeper_than is not None and depth > deeper_than:
            continue
        deeper_than = depth if line.strip() == _COLUMNS else None
        if deeper_than is None:
            yield line
