"""Durable: a file's new name or place is on disk only when its folder is."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Return when the names of a folder's files are on disk: a file that was made or renamed there survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
