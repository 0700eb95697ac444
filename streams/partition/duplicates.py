"""Duplicates: which records have been there before, under the same id.

Sources send twice, and a whole day again after a mishap of theirs. The first copy of an id counts; a later one with the same content is
a repeat, one with another content a conflict: both are kept beside the events and counted nowhere.

The memory here only raises suspicion - a hash is no proof - and the warehouse decides.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy
from numpy.typing import NDArray

from ingest.contract.envelope import AnyEnvelope, decode_stored, decoded
from ingest.contract.errors import InvalidEvent
from warehouse.store.event_ids import KEPT, StoredEventId

LOOSE = 50_000
"""Hashes in the quick, large form; more are packed, eight bytes each."""

IdHashes = NDArray[numpy.uint64]


class EventIdMemory:
    """The ids of one partition, as hashes. Pure: the day is said by whoever asks."""

    def __init__(self) -> None:
        self._loose: set[int] = set()
        self._loose_day = date.min
        self._days: dict[date, IdHashes] = {}

    def __len__(self) -> int:
        return len(self._loose) + sum(map(len, self._days.values()))

    @property
    def nbytes(self) -> int:
        """Size of what is packed; at most some more than `LOOSE` are not."""
        return sum(known.nbytes for known in self._days.values())

    @property
    def loose(self) -> int:
        """How many are not packed."""
        return len(self._loose)

    def load(self, day: date, hashes: Sequence[int]) -> None:
        """Remember the hashes of a day."""
        self._pack(day, hashes)

    def suspects(self, hashes: Sequence[int]) -> set[int]:
        """Indices of those that are remembered, or stand a second time among these."""
        found: set[int] = set()
        if not self._loose.isdisjoint(hashes):
            found |= {index for index, one in enumerate(hashes) if one in self._loose}
        if self._days:
            asked = numpy.array(hashes, dtype=numpy.uint64)
            for known in self._days.values():
                there = known[numpy.minimum(numpy.searchsorted(known, asked), len(known) - 1)] == asked
                found.update(numpy.flatnonzero(there).tolist())
        if len(set(hashes)) < len(hashes):
            seen: set[int] = set()
            for index, one in enumerate(hashes):
                if one in seen:
                    found.add(index)
                seen.add(one)
        return found

    def add(self, hashes: Iterable[int], day: date) -> None:
        """Remember hashes from this day on, and forget the days that are over."""
        if day != self._loose_day or len(self._loose) > LOOSE:
            self._pack(self._loose_day, list(self._loose))
            self._loose.clear()
            self._loose_day = day
            for old in [one for one in self._days if one < day - KEPT]:
                del self._days[old]
        self._loose.update(hashes)

    def _pack(self, day: date, hashes: Sequence[int]) -> None:
        if hashes:
            packed = numpy.array(hashes, dtype=numpy.uint64)
            known = self._days.get(day)
            self._days[day] = numpy.sort(packed if known is None else numpy.concatenate((known, packed)), kind="stable")


class DuplicateVerdict:
    """Which records of a batch count, and which were there before."""

    def __init__(self) -> None:
        self.fresh: list[int] = []
        """Indices of those that count."""
        self.repeated: list[tuple[int, int]] = []
        """Indices of repeats, with the offset of the first copy."""
        self.conflicts: list[tuple[int, int]] = []
        """The same of those whose content is another one."""


def judge_duplicates(
    envelopes: Sequence[AnyEnvelope],
    offsets: Sequence[int],
    suspects: set[int],
    stored: dict[tuple[str, str], StoredEventId],
) -> DuplicateVerdict:
    """Decide which records are copies of earlier ones.

    Args:
        envelopes: the events of a batch.
        offsets: their offsets.
        suspects: indices of those that may be copies.
        stored: the first copies that the warehouse has of these, by ward and id.
    """
    result = DuplicateVerdict()
    in_doubt = {(envelopes[index].ward, envelopes[index].id) for index in suspects}
    known = {key: copy for key, copy in stored.items() if key in in_doubt}
    offset_of = {key: copy.offset for key, copy in known.items()}
    first: dict[tuple[str, str], AnyEnvelope | InvalidEvent] = dict(
        zip(known, decode_stored([copy.event for copy in known.values()]), strict=True)
    )
    for index, one in enumerate(envelopes):
        key = (one.ward, one.id)
        if key not in in_doubt or offset_of.setdefault(key, offsets[index]) == offsets[index]:
            first.setdefault(key, one)
            result.fresh.append(index)
        elif _say_the_same(first[key], one):
            result.repeated.append((index, offset_of[key]))
        else:
            result.conflicts.append((index, offset_of[key]))
    return result


def _say_the_same(first: AnyEnvelope | InvalidEvent, one: AnyEnvelope) -> bool:
    """Whether two events tell the same; when they were taken in does not matter."""
    return not isinstance(first, InvalidEvent) and _told(first) == _told(one)


def _told(one: AnyEnvelope) -> tuple[Any, ...]:
    event = decoded(one)
    return event.type, event.time, event.subject, event.data
