"""Open data: the views that analysts may read, the tables beneath them, and the folders in which the engine keeps these."""

from collections.abc import Iterable
from typing import NamedTuple

from warehouse.server.engine.engine import EngineConnection, identifier, literal
from warehouse.server.sql_gate import syntax_tree

DISK = "kept"
"""A replica's name for the disk on which the owner's engine keeps its data."""


class OpenData(NamedTuple):
    """What a replica shows, as the statements that make it there."""

    views: dict[str, str]
    """By name: CREATE VIEW."""
    tables: dict[str, str]
    """By name: ATTACH TABLE, on `DISK`."""
    beneath: dict[str, list[str]]
    """The tables beneath each view."""
    folders: list[str]
    """Where the tables' data are, absolute."""


def read_open_data(engine: EngineConnection, database: str, names: Iterable[str]) -> OpenData:
    """What is open, as it is defined now.

    Args:
        engine: a connection of the owner's engine.
        database: where the views are.
        names: of the views; those that are not there are left out.
    """
    rows = engine.rows(
        "SELECT name, engine, as_select, create_table_query, toString(uuid), data_paths FROM system.tables "
        f"WHERE database = {literal(database)}"
    )
    there = {str(row[0]): row[1:] for row in rows}
    found = OpenData({}, {}, {}, [])
    selects = {name: _sources(engine, database, row[1]) for name, row in there.items() if row[0] == "View"}
    for name in sorted(names):
        if name in selects:
            found.beneath[name] = sorted(_add(name, selects, there, database, found))
    return found


def _add(
    name: str, selects: dict[str, set[str]], there: dict[str, list[object]], database: str, found: OpenData
) -> set[str]:
    """Add a view or table with all that is beneath it; the tables that this is."""
    engine, _, create, uuid, paths = there[name]
    if name in selects:
        found.views[name] = str(create)
        beneath: set[str] = set()
        for source in selects[name] & there.keys():
            beneath |= _add(source, selects, there, database, found)
        return beneath
    if not str(engine).endswith("MergeTree"):
        return set()
    if name not in found.tables:
        head, settings, options = str(create).rpartition(" SETTINGS ")
        _, _, definition = head.partition(" (")
        found.tables[name] = (
            f"ATTACH TABLE {identifier(database)}.{identifier(name)} UUID {literal(str(uuid))} ({definition}{settings}"
            f"storage_policy = {literal(DISK)}, {options}"
        )
        found.folders.extend(str(path) for path in paths) if isinstance(paths, list) else None
    return {name}


def _sources(engine: EngineConnection, database: str, select: object) -> set[str]:
    """Names of the tables and views of the database from which a view reads."""
    tree = syntax_tree.parse_syntax_tree([str(row[0]) for row in engine.rows(f"EXPLAIN AST {select}")])
    names = {node.says for node in tree.walk() if node.kind == "TableIdentifier"}
    return {name.removeprefix(f"{database}.") for name in names}
