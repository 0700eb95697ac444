"""What a snapshot has to carry on from one life of a worker to the one after the next."""

import json
from datetime import timedelta

from ingest.contract.clock import milliseconds
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold, LateStocks
from streams.fold.plan import plans
from streams.partition.state import PartitionState
from streams.write.batch import WriteBatch, merge_late_stocks
from tests.support.made import START, events
from warehouse.model.correction import Cause

TOPIC = topic_of("queue")
KINDS = list(dict.fromkeys(event for plan in plans(TOPIC) for event in plan.entity.events))
MINUTE = 60_000


def cause(at_ms: int) -> Cause:
    return Cause("ticket.called", "t-1", "id", at_ms, 7)


def test_minutes_that_are_being_recomputed_are_not_done_yet() -> None:
    partition = PartitionState((TOPIC, 0), 0)
    place, other = ("ticket", "hong-bang"), ("ticket", "le-chan")
    partition.fold.late_stocks = {place: LateStocks(1_000, 5_000, cause(1_000))}
    partition.take_overdue()
    partition.fold.late_stocks = {place: LateStocks(3_000, 9_000, cause(3_000)), other: LateStocks(2, 3, cause(2))}
    again = Fold(*partition.place)
    partition.fold.offset = 0
    block = WriteBatch()
    block.cut([partition], with_memory=True)
    ((_, snapshot),) = block.memories
    again.load(snapshot.offset, json.loads(json.dumps(snapshot.pieces)))
    assert again.late_stocks[place] == LateStocks(1_000, 9_000, cause(1_000))
    assert again.late_stocks[other] == LateStocks(2, 3, cause(2))
    assert partition.fold.late_stocks[place].from_ms == 3_000
    assert merge_late_stocks({}, partition.fold.late_stocks) == partition.fold.late_stocks


def test_what_an_earlier_life_wrote_is_not_forgotten_by_the_life_after_the_next() -> None:
    """The revisions of its rows are unknown: what comes late for them is recomputed from the rows, however many lives later."""
    made = [one for one in events(5, 200, kinds=KINDS, keys=10, spread=timedelta(minutes=8)) if one.ward == "hong-bang"]
    early, late = made[: len(made) // 2], made[len(made) // 2 :]
    now = milliseconds(START + timedelta(minutes=9))
    first, second, third = (Fold(TOPIC, 0) for _ in range(3))
    first.fold(early, range(len(early)))
    first.close(now)
    first.take()
    snapshot = first.dump()
    first.fold(late, range(len(early), len(made)))
    first.close(now + MINUTE)
    written = [value for value in first.take() if value.offset >= len(early)]
    second.load(len(early) - 1, json.loads(json.dumps(snapshot)))
    second.expect(written)
    second.fold(late, range(len(early), len(made)))
    second.take()
    third.load(second.offset, json.loads(json.dumps(second.dump())))
    third.close(now + 3 * MINUTE)
    rows = [value for value in third.take() if value.grain == "stock"]
    last = max(value.window_ms for value in written if value.grain == "stock")
    assert min(value.window_ms for value in rows) == last + MINUTE
    assert {late.until_ms for late in third.late_stocks.values()} == {last + MINUTE}
