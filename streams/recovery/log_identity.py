"""Kafka log: which log of Kafka a partition is read from, and where in it its positions begin.

Kafka's offsets begin at 0 again when Kafka begins anew: another PC after a restore, a lost disk, a topic made again. Positions in the
warehouse never do: they are Kafka's offset plus a base, which is looked up, or found anew, when a partition is assigned:

- a cluster that is not known: all that it has is new, and goes on behind the newest position that anything in the warehouse bears;
- a known cluster whose log is shorter than what we have, or has another record where our newest lies: it was cut, or made again.
  The first record that differs from ours is found by halving, and everything from there on is new.

A partition of which we have positions but no base was first read before there were bases: its base is 0.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from pydantic import ValidationError

from ingest.contract.envelope import decode
from ingest.contract.errors import InvalidEvent
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka.offsets import Extent
from ingest.untrusted.dead_letter import DeadLetter
from warehouse.store.positions import PartitionKey, PartitionProgress, PositionBase

log = logging.getLogger(__name__)

IsOurs = Callable[[int, int], Awaitable[bool | None]]
"""Whether a record of Kafka (by its offset) is the one that we have at a position; `None` when that cannot be told."""


class LogIdentity(NamedTuple):
    """Where a partition's records lie now."""

    base: PositionBase
    begun: bool
    """Whether it is another log than before: the base has to be noted."""
    begin: int
    """Position of the oldest record that is still there."""
    end: int
    """Position that the next record will have."""


async def find_log(
    place: PartitionKey,
    cluster: str,
    extent: Extent,
    known: list[PositionBase],
    progress: PartitionProgress,
    is_ours: IsOurs,
) -> LogIdentity:
    """Find out from where in Kafka a partition goes on.

    Args:
        place: topic and partition, for the log.
        cluster: id of the Kafka that is there.
        extent: what it holds of the partition.
        known: the logs that the partition was read from, oldest first.
        progress: how far the warehouse is with it.
        is_ours: compares a record of Kafka with what we have.
    """
    following = progress.used + 1
    ours = [one for one in known if one.cluster == cluster]
    if known and not ours:
        if progress.used >= 0:
            log.warning("%s-%d: this is another Kafka cluster; its first record gets position %d", *place, following)
        return _log(PositionBase(cluster, following - extent.first, following), True, extent)
    # A log of which nothing was stored in the end says nothing.
    base = next(
        (one for one in reversed(ours) if one.first <= progress.newest),
        ours[0] if ours else PositionBase(cluster, 0, 0),
    )
    differs = await _first_that_differs(base, extent, progress.newest, is_ours)
    if differs is None:
        return _log(base, base != (ours[-1] if ours else None), extent)
    log.error(
        "%s-%d: Kafka's log was truncated or recreated. From offset %d on (of %d to %d) all records are new and are read as "
        "position %d and following; Kafka no longer has positions %d to %d",
        *place, differs, extent.first, extent.end - 1, following, base.base + differs, progress.used,
    )  # fmt: skip
    return _log(PositionBase(cluster, following - differs, following), True, extent)


async def _first_that_differs(base: PositionBase, extent: Extent, newest: int, is_ours: IsOurs) -> int | None:
    """Kafka's offset of the first record that is not ours, where there should be one of ours; `None`: it is all as it should be."""
    begun = base.first - base.base
    first, last = max(extent.first, begun), newest - base.base
    if last < first:
        # Nothing to compare with. But a log never begins earlier than it did, nor ends before what we have, unless it was made again.
        is_again = extent.first < begun or extent.end + base.base < max(newest + 1, base.first)
        return extent.first if is_again else None
    there = min(last, extent.end - 1)
    if (
        there < first
    ):  # it ends before our part of it began: perhaps not all of it is new, but repeats are told by their ids
        return extent.first
    verdict = await is_ours(there, there + base.base)
    if there == last and verdict is not False:
        return None
    if verdict:
        return extent.end
    # In doubt a record is new: what is read twice is told by its id, what is left out is lost.
    low, high = first, there  # the first that differs is one of these
    while low < high:
        middle = (low + high) // 2
        if await is_ours(middle, middle + base.base):
            low = middle + 1
        else:
            high = middle
    return (
        low if low > first else extent.first
    )  # nothing is left of our part of it: then what is before it is in doubt as well


def _log(base: PositionBase, begun: bool, extent: Extent) -> LogIdentity:
    return LogIdentity(base, begun, extent.first + base.base, extent.end + base.base)


def record_identity(place: PartitionKey, record: bytes) -> str:
    """What tells a record from others: the event's id, a dead letter's for the dead letters' topic, empty for what is not an event."""
    if place[0] == DEAD_LETTERS:
        try:
            return DeadLetter.model_validate_json(record).id
        except ValidationError:
            return ""
    (event,) = decode([record]).events
    return "" if isinstance(event, InvalidEvent) else event.id


def is_same_record(
    stored: Mapping[tuple[str, int, int], str], place: PartitionKey, position: int, record: bytes | None
) -> bool | None:
    """Whether a record is the one that is stored at a position; `None` when that cannot be told.

    It cannot when either is missing, nor when an event became a dead letter: it was set aside, or another version understands it.
    """
    mine = stored.get((*place, position))
    theirs = None if mine is None or record is None else record_identity(place, record)
    return None if theirs is None or bool(mine) != bool(theirs) else mine == theirs
