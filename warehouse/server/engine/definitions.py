"""Definitions: the files in which the engine keeps what tables and views are. An empty one keeps it from starting at all.

A disk without room can leave such a file empty, though the engine has said that the view is made or the table is changed. Views are
made again from what is declared. Of tables there are copies beside the store, made at each start after the migrations; whatever
changed a table since then (its retention, by the nightly job) is carried out again by who did it.
"""

import logging
import os
from pathlib import Path

from ingest.contract.errors import ConfigurationError

log = logging.getLogger(__name__)

_HALF_MADE = "_tmp_replace_"
"""How the engine calls what it makes before that takes the place of what was there."""

_FILES = "store/*/*/*.sql"
_COPIES = "definitions"


def keep_definitions(store: Path, views: frozenset[str]) -> None:
    """Copy the definitions of tables; copies of tables that are gone go too.

    Args:
        store: the engine's folder.
        views: names of the views, which need no copy.
    """
    tables = {path.relative_to(store): path for path in store.glob(_FILES) if path.stem not in views}
    copies = store / _COPIES
    try:
        for copy in copies.glob(_FILES):
            if copy.relative_to(copies) not in tables:
                copy.unlink()
        for name, path in tables.items():
            definition, copy = path.read_bytes(), copies / name
            if definition and (not copy.exists() or copy.read_bytes() != definition):
                _write(copy, definition)
    except OSError as error:
        log.warning("the definitions of tables could not be copied: %s", error)


def mend_definitions(store: Path, views: frozenset[str]) -> None:
    """Remove the empty definitions of views, and bring those of tables back from their copies.

    Args:
        store: the engine's folder, which nobody else has open.
        views: names of the views.

    Raises:
        ConfigurationError: that of a table is empty and has no copy: only a backup can bring it back.
        OSError: the disk still has no room for it.
    """
    for path in sorted(store.glob(_FILES)):
        if path.stat().st_size:
            continue
        if path.stem in views or path.name.startswith(_HALF_MADE):
            log.warning("the definition of %s is empty, perhaps because the disk was full: recreating it", path.stem)
            path.unlink()
            continue
        copy = store / _COPIES / path.relative_to(store)
        if not copy.exists():
            raise ConfigurationError(
                f"{path} is empty: the engine no longer knows what the table {path.stem} is. Stop everything, and bring the last backup "
                "back with ./ioc restore."
            )
        log.warning(
            "the definition of the table %s is empty, perhaps because the disk was full: taking its copy", path.stem
        )
        _write(path, copy.read_bytes())


def _write(path: Path, content: bytes) -> None:
    """Replace a file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
