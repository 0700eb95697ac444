"""Attempts: what a worker is about to do with each partition, noted so that the next start knows where a process died.

Whatever ends a process (a signal, the kernel for want of memory, a fault in a library) leaves no time for a last word. So there is a note
for each partition, a few bytes in the data folder, written before the work and read at the next start:

- a note is open from the first record that is taken until everything that was taken is written, and while a partition is recovered;
- a start that finds a note of another process open counts a death; everything that gets written in between begins the count anew;
- after `DEATHS` of them the partition is taken up carefully (`recovery/`): before each record, and before each step that is written,
  the note says which; a step that ends the process is halved the next time, down to a single record;
- a record is to blame that ended the process `FOLDED` times while it alone was folded, or `WRITTEN` times while it alone was written,
  each time within `AT_ONCE`: writing may wait for the warehouse for long, and who dies meanwhile was killed from outside.
  Whoever kills a worker from outside, however often, would have to meet the same record that soon each time.

So a record that kills its worker does so five times at most where it is folded, and eight times and once more for each halving of a step
where it is written. The note need not survive a power cut: it is then counted from 0.
"""

import asyncio
import logging
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path

from warehouse.store.positions import PartitionKey

log = logging.getLogger(__name__)

DEATHS = 3
"""Deaths without anything written in between after which a partition is taken up carefully."""
FOLDED, WRITTEN = 2, 5
"""Deaths over one and the same record alone after which it is set aside."""
AT_ONCE = 2.0
"""Seconds in which a record that is written ends the process, if it does."""

STEP = 4_096
"""Positions of the longest careful step."""

_FORM = struct.Struct("<Q9q")
_CHECK = struct.Struct("<I")


@dataclass
class AttemptNote:
    """What is noted of a partition."""

    owner: int = 0
    """Which process; 0: the note is closed."""
    deaths: int = 0
    """How many processes have died without anything written in between."""
    done: int = -1
    """Last position that was written."""
    until: int = -1
    """Last position that was worked on."""
    bad: int = -1
    """Last position of the last step that ended the process while it was written; -1: none has, or it is behind us."""
    first: int = -1
    """First position that is at stake now; -1: none in particular."""
    last: int = -1
    is_writing: int = 0
    """Whether it is being written, and no longer folded."""
    was: int = -1
    """What was at stake at the last death, if it was one record alone."""
    again: int = 0
    """How many deaths in a row that was."""

    def died(self) -> None:
        """Count a death, with what was at stake."""
        self.deaths += 1
        is_one = 0 <= self.first == self.last
        self.again = 0 if not is_one else self.again + 1 if self.was == self.first else 1
        self.was = self.first if is_one else -1
        if self.first >= 0 and self.is_writing:
            self.bad = self.last

    @property
    def is_careful(self) -> bool:
        """Whether the partition has to be taken up carefully."""
        return self.deaths >= DEATHS

    @property
    def culprit(self) -> int | None:
        """The record that is to blame, if that is certain."""
        limit = WRITTEN if self.is_writing else FOLDED
        return self.was if self.is_careful and self.again >= limit else None


def step_end(first: int, bad: int) -> int:
    """Last position of the next careful step.

    Args:
        first: its first one.
        bad: last position of the step that failed before; -1: none has.
    """
    left = bad - first + 1
    return first + (STEP if left < 1 else max(1, left // 2)) - 1


class Attempts:
    """The notes of the partitions that a worker has.

    Args:
        folder: where they are, the same for all workers on a PC; `None`: they are kept in memory only.
        owner: a number that no other process has.
    """

    def __init__(self, folder: Path | None, owner: int | None = None) -> None:
        self._folder = folder
        self._owner = owner or int.from_bytes(os.urandom(7)) + 1
        self._files: dict[PartitionKey, int] = {}
        self._notes: dict[PartitionKey, AttemptNote] = {}
        self._targets: dict[PartitionKey, int] = {}
        """How far the process that died was at work: who has got so far has got on."""

    def begin(self, place: PartitionKey) -> AttemptNote:
        """A partition is about to be recovered: read what was noted of it, and note that we have it."""
        note = self._read(place)
        if note.owner not in (0, self._owner):
            note.died()
        self._notes[place], self._targets[place] = note, note.until
        note.owner = self._owner
        self._write(place, note)
        return note

    def work(self, place: PartitionKey, until: int) -> None:
        """Records up to a position are about to be worked on."""
        note = self._notes.get(place)
        if note is not None and (until > note.until or not note.owner):
            note.until, note.owner = max(until, note.until), self._owner
            self._write(place, note)

    def stake(self, place: PartitionKey, first: int = -1, last: int = -1, is_writing: bool = False) -> None:
        """These records, and no others, are to blame if the process dies now; without any, none is."""
        note = self._notes.get(place)
        if note is not None:
            note.first, note.last, note.is_writing = first, last, int(is_writing)
            self._write(place, note)

    @contextmanager
    def writing(self, place: PartitionKey, first: int, last: int) -> Iterator[None]:
        """These records are written meanwhile, and are to blame if the process dies at once."""
        self.stake(place, first, last, is_writing=True)
        later = asyncio.get_running_loop().call_later(AT_ONCE, self.stake, place)
        try:
            yield
        finally:
            later.cancel()

    def written(self, place: PartitionKey, position: int) -> None:
        """Everything up to a position is written."""
        note = self._notes.get(place)
        if note is None or not note.owner or (position <= note.done and position < note.until):
            return
        if position >= self._targets[place] or (position > note.done and not note.is_careful):
            note.deaths = 0
        if position > note.done:
            note.again, note.was, note.done = 0, -1, position
        note.first = note.last = -1
        if position >= note.bad:
            note.bad = -1
        if position >= note.until:
            note.owner = 0
        self._write(place, note)

    def passed(self, place: PartitionKey) -> None:
        """A partition was taken up carefully, and nothing is left that may be to blame."""
        note = self._notes.get(place)
        if note is not None:
            note.deaths, note.bad, note.again, note.was, note.until = 0, -1, 0, -1, note.done
            self._targets[place] = -1
            self._write(place, note)

    def _read(self, place: PartitionKey) -> AttemptNote:
        file = self._file(place)
        if file is None:
            return self._notes.get(place, AttemptNote())
        found = os.pread(file, _FORM.size + _CHECK.size, 0)
        body, check = found[: _FORM.size], found[_FORM.size :]
        if len(check) != _CHECK.size or _CHECK.unpack(check)[0] != zlib.crc32(body):
            return AttemptNote()
        return AttemptNote(*_FORM.unpack(body))

    def _write(self, place: PartitionKey, note: AttemptNote) -> None:
        file = self._file(place)
        if file is not None:
            body = _FORM.pack(*astuple(note))
            try:
                os.pwrite(file, body + _CHECK.pack(zlib.crc32(body)), 0)
            except OSError as error:  # a full disk stops nothing here
                log.warning("cannot write the note of attempts: %s", error)

    def _file(self, place: PartitionKey) -> int | None:
        if self._folder is None:
            return None
        if place not in self._files:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                path = self._folder / f"{place[0]}-{place[1]}"
                self._files[place] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                log.warning("cannot write notes of attempts in %s: %s", self._folder, error)
                self._folder = None
                return None
        return self._files[place]
