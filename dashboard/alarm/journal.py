"""Journal: the acts of the alarms that are on somebody's mind, in a file of the board's own, on disk before anything follows.

With it the board goes on while the warehouse is away, and knows after a restart what was done. One act a line, for its owner
only; what a power cut left half written at its end is dropped.
"""

import json
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dashboard.store.private_file import write_private
from ingest.contract.errors import Unavailable
from warehouse.store.alarm_log import Act

log = logging.getLogger("dashboard.alarm")


class AlarmJournal:
    """The file.

    Args:
        path: where it is; its folder is made if need be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def exists(self) -> bool:
        """Whether this install has written one before."""
        return self._path.exists()

    def read(self) -> list[Act]:
        """Everything in it."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for number, line in enumerate(lines, 1):
            try:
                found.append(Act(*json.loads(line)))
            except (ValueError, TypeError):
                log.warning("%s: line %d is invalid and skipped", self._path, number)
        return found

    def append(self, acts: Sequence[Act]) -> None:
        """Add acts; when this returns they are on the disk.

        Raises:
            Unavailable: the disk does not take them; nothing may follow from them.
        """
        text = "".join(f"{json.dumps(act, ensure_ascii=False)}\n" for act in acts).encode()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                if size and os.pread(descriptor, 1, size - 1) != b"\n":
                    text = b"\n" + text  # after half a line a new one begins
                if os.write(descriptor, text) != len(text):
                    raise OSError("no room for a whole line")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise Unavailable("the alarms' journal", str(error)) from error

    def rewrite(self, acts: Iterable[Act]) -> None:
        """Keep only these acts.

        Raises:
            Unavailable: the disk does not take them; the old ones stay.
        """
        try:
            write_private(self._path, "".join(f"{json.dumps(act, ensure_ascii=False)}\n" for act in acts))
        except OSError as error:
            raise Unavailable("the alarms' journal", str(error)) from error
