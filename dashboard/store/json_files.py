"""JSON files: takes over what accounts, keys, screens and saved queries were kept in before there was a store.

A file is taken over in one transaction and then moved to `before-store/`, for its owner only. What was taken over is known by its
content, so that a crash between the two brings nothing back that was removed since. What is in the store already stays as it is.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ingest.contract.clock import RealClock
from ingest.contract.errors import InvalidInput
from ingest.contract.label import Label

ASIDE = "before-store"


class OldFileError(InvalidInput):
    """A file cannot be taken over; `label` says which and what to do."""

    def __init__(self, path: Path, error: Exception) -> None:
        self.label = Label(
            f"Không đọc được {path} của phiên bản trước ({error!r}). Hãy sửa lại tệp này, hoặc chuyển nó đi chỗ khác.",
            f"{path} of the earlier version cannot be read ({error!r}). Fix it, or move it elsewhere.",
        )
        super().__init__(self.label.en)


class TakenFile(NamedTuple):
    """A file whose content is in the store."""

    name: str
    sha256: str


def has_old_files(folder: Path) -> bool:
    """Whether there is anything to take over."""
    return any((folder / name).exists() for name in _FILES)


def import_old_files(connection: sqlite3.Connection, folder: Path) -> list[TakenFile]:
    """Put what stands in the files into the store.

    Args:
        connection: in a transaction.
        folder: where the files are.

    Returns:
        The files that `move_aside` has to move once the transaction is committed.

    Raises:
        OldFileError: a file is not what an earlier version wrote.
    """
    taken = []
    for name, (statement, rows) in _FILES.items():
        with suppress(FileNotFoundError):
            text = (folder / name).read_bytes()
            found = TakenFile(name, hashlib.sha256(text).hexdigest())
            known = connection.execute("SELECT 1 FROM json_files WHERE name = ? AND sha256 = ?", found).fetchall()
            if not known:
                try:
                    connection.executemany(statement, list(rows(json.loads(text))))
                except (ValueError, TypeError, KeyError, AttributeError, sqlite3.IntegrityError) as error:
                    raise OldFileError(folder / name, error) from error
                now = RealClock().now().isoformat()
                connection.execute("INSERT INTO json_files (name, sha256, taken_at) VALUES (?, ?, ?)", (*found, now))
            taken.append(found)
    return taken


def move_aside(taken: list[TakenFile], folder: Path) -> None:
    """Move files whose content is in the store, so that nothing is lost and nobody takes them for what holds."""
    aside = folder / ASIDE
    aside.mkdir(mode=0o700, exist_ok=True)
    for name, sha256 in taken:
        with suppress(FileNotFoundError):  # another process was faster
            os.replace(folder / name, aside / f"{name}.{sha256[:8]}")


def _accounts(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield row["name"], row["hash"], json.dumps(row["rights"]), row["changed_at"]


def _feed_keys(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        scopes = row.get("scopes", ["feed"])  # keys were for the feed only before there were scopes
        yield (
            row["id"],
            row["name"],
            row["hash"],
            json.dumps(row["wards"], ensure_ascii=False),
            row["made_at"],
            row["expires_at"],
            json.dumps(scopes),
        )


def _displays(rows: Any) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        stops, ends = json.dumps(row["stops"], ensure_ascii=False), row["expires_at"]
        yield row["id"], row["name"], row["hash"], row["made_at"], stops, row["network"], ends, row["language"]


def _saved_queries(people: Any) -> Iterator[tuple[Any, ...]]:
    for person, queries in people.items():
        for name, sql in queries.items():
            yield person, name, sql


_FILES: dict[str, tuple[str, Callable[[Any], Iterator[tuple[Any, ...]]]]] = {
    "accounts.json": (
        "INSERT INTO accounts (name, hash, rights, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        _accounts,
    ),
    "feed_keys.json": (
        "INSERT INTO feed_keys (id, name, hash, wards, made_at, expires_at, scopes) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        _feed_keys,
    ),
    "displays.json": (
        "INSERT INTO displays (id, name, hash, made_at, stops, network, expires_at, language) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        _displays,
    ),
    "queries.json": (
        "INSERT INTO saved_queries (person, name, sql) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        _saved_queries,
    ),
}
