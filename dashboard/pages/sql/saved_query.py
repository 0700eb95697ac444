"""Saved query: what each analyst keeps under a name of their own."""

from dashboard.settings import BoardSettings
from dashboard.store.store import BoardStore

MOST = 200
"""Queries one person may keep."""
LONGEST = 20_000
"""Characters of one query."""
LONGEST_NAME = 80


class SavedQueries:
    """Every person's queries. Each method raises `StoreUnavailable` where the store cannot be read or changed now."""

    def __init__(self, settings: BoardSettings) -> None:
        self._store = BoardStore(settings.folder)

    def of(self, person: str) -> dict[str, str]:
        """A person's queries by name."""
        return dict(sorted(self._store.read("SELECT name, sql FROM saved_queries WHERE person = ?", (person,))))

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
        with self._store.change() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO saved_queries (person, name, sql) VALUES (?, ?, ?)", (person, name, sql)
            )
            count = "SELECT count() FROM saved_queries WHERE person = ?"
            if connection.execute(count, (person,)).fetchall()[0][0] > MOST:
                raise ValueError(f"a person may keep {MOST} queries; delete some")

    def delete(self, person: str, name: str) -> None:
        """Forget a query; one that is not there is fine."""
        with self._store.change() as connection:
            connection.execute("DELETE FROM saved_queries WHERE person = ? AND name = ?", (person, name))
