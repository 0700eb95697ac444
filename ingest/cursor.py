"""Cursor: how far a source has been read, in a small file that survives a power cut."""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

LONGEST = 4_096


class Cursor:
    """One connector's cursor.

    Args:
        folder: where cursors are kept; made if it is not there.
        connector_id: whose it is.
    """

    def __init__(self, folder: Path, connector_id: str) -> None:
        self.path = folder / f"{connector_id}.cursor"

    def read(self) -> str | None:
        """The saved cursor; None at the first start, or when the file cannot be read: then the source is read anew."""
        try:
            return self.path.read_text(encoding="utf-8") or None
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            log.warning("%s is damaged; its source is read from the beginning, and known events count once", self.path)
            return None

    def save(self, cursor: str) -> None:
        """Save the cursor: afterwards it is on disk, and never half of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(cursor)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
