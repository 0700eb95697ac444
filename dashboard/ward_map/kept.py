"""Kept: the boundaries that an administrator has taken in the browser, with who took them and when; the newest are drawn."""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from dashboard.store.changes import record_change
from dashboard.store.store import NAME, BoardStore, StoreUnavailable, StoreView
from dashboard.ward_map.geojson import Boundaries, read_boundaries
from ingest.contract.clock import RealClock

MOST = 10
"""Files that are kept; the oldest go."""
LONGEST_UPLOAD = 700_000
"""Bytes of a file in the browser; a larger one can be put into the data folder."""


class KeptMap(NamedTuple):
    """One file."""

    id: int
    at: datetime
    by: str
    content: bytes


class KeptMaps:
    """The files. Each method raises `StoreUnavailable` where the store cannot be read or changed now.

    Args:
        folder: where the store is.
    """

    def __init__(self, folder: Path) -> None:
        self._store = BoardStore(folder)

    def all(self) -> list[KeptMap]:
        """All of them, the newest first."""
        rows = self._store.read("SELECT id, at, by, content FROM ward_maps ORDER BY id DESC")
        return [_kept(row) for row in rows]

    def take(self, content: bytes, groups: int, by: str) -> Boundaries:
        """Let these be the ward's boundaries.

        Raises:
            MapRefused: it is no map of all of the ward's groups.
        """
        found = read_boundaries(content, groups)
        with self._store.change() as connection:
            row = (RealClock().now().isoformat(), by, content)
            (id,) = connection.execute(
                "INSERT INTO ward_maps (at, by, content) VALUES (?, ?, ?) RETURNING id", row
            ).fetchone()
            connection.execute("DELETE FROM ward_maps WHERE id <= ? - ?", (id, MOST))
            record_change(connection, "map", f"#{id}", "taken", by)
        return found

    def go_back(self, id: int, by: str) -> bool:
        """Let those before be the ward's boundaries again; nothing is done, and `False`, where `id` are no longer the newest."""
        with self._store.change() as connection:
            newest = connection.execute("SELECT max(id) FROM ward_maps").fetchone()
            if newest != (id,):
                return False
            connection.execute("DELETE FROM ward_maps WHERE id = ?", (id,))
            record_change(connection, "map", f"#{id}", "withdrawn", by)
        return True


def drawn_map(folder: Path) -> KeptMap | None:
    """The newest; `None` where there is none, or while the store cannot be read. No store is made by looking."""
    if not (folder / NAME).exists():
        return None
    try:
        return _newest(folder)()
    except StoreUnavailable:
        return None


@lru_cache(maxsize=4)
def _newest(folder: Path) -> StoreView[KeptMap | None]:
    query = "SELECT id, at, by, content FROM ward_maps ORDER BY id DESC LIMIT 1"
    return StoreView(BoardStore(folder), query, lambda rows: _kept(rows[0]) if rows else None)


def _kept(row: tuple[Any, ...]) -> KeptMap:
    id, at, by, content = row
    return KeptMap(id, datetime.fromisoformat(at), by, content)
