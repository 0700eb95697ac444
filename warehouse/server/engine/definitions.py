"""Definitions: the files in which the engine keeps what tables and views are. An empty one keeps it from starting at all.

A disk without room can leave the file of a view empty, though the engine has said that the view is made.
"""

import logging
from pathlib import Path

from ingest.contract.errors import ConfigurationError

log = logging.getLogger(__name__)

_HALF_MADE = "_tmp_replace_"
"""How the engine calls what it makes before that takes the place of what was there."""


def remove_empty_definitions(store: Path, views: frozenset[str]) -> None:
    """Remove the empty definitions of views; they are made again from what is declared.

    Args:
        store: the engine's folder, which nobody else has open.
        views: names of the views.

    Raises:
        ConfigurationError: that of a table is empty, which only a backup can bring back.
    """
    for path in sorted(store.glob("store/*/*/*.sql")):
        if path.stat().st_size:
            continue
        if path.stem not in views and not path.name.startswith(_HALF_MADE):
            raise ConfigurationError(
                f"{path} is empty: the engine no longer knows what the table {path.stem} is. Stop everything, and bring the last backup "
                "back with ./ioc restore."
            )
        log.warning("the definition of %s is empty, perhaps because the disk was full: recreating it", path.stem)
        path.unlink()
