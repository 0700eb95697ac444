"""Changes: who changed what in the store, and when. Written in the transaction of the change itself."""

import getpass
import os
import sqlite3
from datetime import datetime
from typing import NamedTuple

from dashboard.store.store import BoardStore
from ingest.contract.clock import RealClock

OURSELVES = "ioc"
"""Who changes what the system itself needs, as the audit's key."""

MOST = 10_000
"""Changes that are kept; the oldest go."""


class StoreChange(NamedTuple):
    """One change."""

    at: datetime
    by: str
    """An account of the board, a user of this PC, or the system itself."""
    kind: str
    """`account`, `feed_key`, `display`, `source`, `import` or `map`."""
    subject: str
    """Name of the account; id and name of the key or screen; id of the source, and in brackets what of it; number of the map."""
    act: str
    """`added`, `removed`; of an account also `reset` (to a random password) and `password` (chosen by the person); of a
    source what was done with it, and `refused` if it was not done after all; of a map `taken` and `withdrawn`."""


def record_change(connection: sqlite3.Connection, kind: str, subject: str, act: str, by: str = "") -> None:
    """Write down a change.

    Args:
        connection: in the transaction of the change.
        kind: of what was changed.
        subject: what was changed.
        act: what was done.
        by: who did it; the user of this PC who runs the process, if left out.
    """
    row = (RealClock().now().isoformat(), by or _user(), kind, subject, act)
    connection.execute("INSERT INTO changes (at, by, kind, subject, act) VALUES (?, ?, ?, ?, ?)", row)
    connection.execute("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?", (MOST,))


def recent_changes(store: BoardStore, most: int) -> list[StoreChange]:
    """The last changes that people made, newest first.

    Raises:
        StoreUnavailable: the store cannot be read now.
    """
    query = "SELECT at, by, kind, subject, act FROM changes WHERE by != ? ORDER BY id DESC LIMIT ?"
    return [StoreChange(datetime.fromisoformat(at), *rest) for at, *rest in store.read(query, (OURSELVES, most))]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        return str(os.getuid())
