"""Saved query: what each analyst keeps under a name of their own."""

import json
from pathlib import Path

from dashboard.accounts import write_private
from dashboard.settings import BoardSettings

MOST = 200
"""Queries one person may keep."""
LONGEST = 20_000
"""Characters of one query."""
LONGEST_NAME = 80


class SavedQueries:
    """Every person's queries, in one file."""

    def __init__(self, settings: BoardSettings) -> None:
        self._path: Path = settings.folder / "queries.json"

    def of(self, person: str) -> dict[str, str]:
        """A person's queries by name."""
        return dict(sorted(self._read().get(person, {}).items()))

    def save(self, person: str, name: str, sql: str) -> None:
        """Keep a query under a name; another of that name is replaced.

        Raises:
            ValueError: the name or the query is empty or too long, or there are too many.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= LONGEST_NAME:
            raise ValueError(f"a name has 1 to {LONGEST_NAME} characters")
        if not 1 <= len(sql.strip()) <= LONGEST:
            raise ValueError(f"a query has 1 to {LONGEST} characters")
        everybody = self._read()
        own = {**everybody.get(person, {}), name: sql}
        if len(own) > MOST:
            raise ValueError(f"a person may keep {MOST} queries; delete some")
        self._write({**everybody, person: own})

    def delete(self, person: str, name: str) -> None:
        """Forget a query; one that is not there is fine."""
        everybody = self._read()
        own = {one: sql for one, sql in everybody.get(person, {}).items() if one != name}
        self._write({**everybody, person: own})

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            kept: dict[str, dict[str, str]] = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return kept

    def _write(self, everybody: dict[str, dict[str, str]]) -> None:
        write_private(self._path, json.dumps(everybody, ensure_ascii=False, indent=1))
