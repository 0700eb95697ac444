"""Where in Kafka a partition goes on: nothing is skipped and nothing is read twice, whatever happened to the log."""

from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.kafka.offsets import Extent
from streams.recovery.log_identity import LogIdentity, find_log, is_same_record
from tests.support.examples import examples
from tests.support.made import events
from warehouse.store.positions import PartitionProgress, PositionBase, kafka_offset_of

PLACE = ("ioc.queue.v1", 0)


class Kafka(NamedTuple):
    """A cluster's log: what it holds from `first` on."""

    cluster: str
    first: int
    records: list[str]

    @property
    def extent(self) -> Extent:
        return Extent(self.first, self.first + len(self.records))


class Reader:
    """The warehouse's side of one partition."""

    def __init__(self) -> None:
        self.stored: dict[int, str] = {}
        self.bases: list[PositionBase] = []

    async def find(self, kafka: Kafka, used: int = -1) -> LogIdentity:
        newest = max(self.stored, default=-1)

        async def is_ours(offset: int, position: int) -> bool | None:
            mine = self.stored.get(position)
            return None if mine is None else mine == kafka.records[offset - kafka.first]

        found = await find_log(
            PLACE, kafka.cluster, kafka.extent, self.bases, PartitionProgress(newest, max(newest, used), -1), is_ours
        )
        if found.begun:
            self.bases = [one for one in self.bases if one != found.base] + [found.base]
        return found

    async def read(self, kafka: Kafka, count: int | None = None) -> list[str]:
        """Take what is new, or the first of it; what was there before is told by its id."""
        found = await self.find(kafka)
        position = max(max(self.stored, default=-1) + 1, found.base.first, found.begin)
        new = kafka.records[position - found.base.base - kafka.first :][:count]
        fresh = [record for record in new if record not in self.stored.values()]
        for record in new:
            assert position not in self.stored
            self.stored[position] = record
            position += 1
        return fresh


def made(name: str, start: int, count: int) -> list[str]:
    return [f"{name}-{number}" for number in range(start, start + count)]


async def test_a_log_that_only_grows_is_read_on() -> None:
    reader = Reader()
    assert await reader.read(Kafka("a", 0, made("x", 0, 5))) == made("x", 0, 5)
    assert await reader.read(Kafka("a", 0, made("x", 0, 5))) == []
    assert await reader.read(Kafka("a", 3, made("x", 3, 6))) == made("x", 5, 4)
    assert reader.bases == [PositionBase("a", 0, 0)]


async def test_a_new_kafka_goes_on_behind_the_newest_position() -> None:
    reader = Reader()
    await reader.read(Kafka("a", 0, made("x", 0, 5)))
    assert await reader.read(Kafka("b", 0, [])) == []
    assert await reader.read(Kafka("b", 0, made("y", 0, 3))) == made("y", 0, 3)
    assert await reader.read(Kafka("b", 0, made("y", 0, 4))) == made("y", 3, 1)
    assert sorted(reader.stored) == list(range(9))
    known = {PLACE: reader.bases}
    assert [kafka_offset_of(known, "b", PLACE, position) for position in (4, 5, 8)] == [None, 0, 3]
    assert kafka_offset_of(known, "c", PLACE, 5) is None


async def test_positions_from_before_there_were_bases_are_kafkas() -> None:
    reader = Reader()
    reader.stored = dict(enumerate(made("x", 0, 5)))
    assert await reader.read(Kafka("a", 0, made("x", 0, 7))) == made("x", 5, 2)
    assert reader.bases == [PositionBase("a", 0, 0)]
    assert kafka_offset_of({}, "a", PLACE, 3) == 3


async def test_a_new_kafka_goes_on_behind_values_whose_events_are_lost() -> None:
    reader = Reader()
    await reader.read(Kafka("a", 0, made("x", 0, 5)))
    found = await reader.find(Kafka("b", 0, made("y", 0, 2)), used=20)
    assert (found.base, found.begin, found.end) == (PositionBase("b", 21, 21), 21, 23)


@pytest.mark.parametrize("after", [0, 1, 4, 9, 30])
async def test_a_log_that_was_cut_is_read_from_where_it_differs(after: int) -> None:
    reader = Reader()
    await reader.read(Kafka("a", 0, made("x", 0, 100)))
    cut = made("x", 0, 95) + made("z", 0, after)
    assert await reader.read(Kafka("a", 0, cut)) == made("z", 0, after)
    assert await reader.read(Kafka("a", 0, [*cut, "more"])) == ["more"]


async def test_a_topic_that_was_made_again_is_read_whole() -> None:
    reader = Reader()
    await reader.read(Kafka("a", 0, made("x", 0, 100)))
    assert await reader.read(Kafka("a", 0, [])) == []
    assert await reader.read(Kafka("a", 0, made("z", 0, 150))) == made("z", 0, 150)


async def test_a_topic_that_was_made_again_and_grew_longer_is_read_whole() -> None:
    reader = Reader()
    await reader.read(Kafka("a", 0, made("x", 0, 100)))
    assert await reader.read(Kafka("a", 0, made("z", 0, 150))) == made("z", 0, 150)
    assert await reader.read(Kafka("a", 0, made("w", 0, 3))) == made("w", 0, 3)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["grow", "grow", "expire", "cut", "again", "move"]), st.integers(0, 12), st.integers(0, 12)
        ),
        max_size=12,
    )
)
@settings(max_examples=examples(60))
@example(steps=[("grow", 0, 1), ("move", 0, 3), ("expire", 1, 5), ("again", 0, 1)])
async def test_whatever_happens_each_record_that_can_be_read_is_read_once(steps: list[tuple[str, int, int]]) -> None:
    reader, read, kafka, number = Reader(), [], Kafka("0", 0, []), 0
    for step, (what, some, few) in enumerate(steps):
        if what == "expire":
            gone = min(some, len(kafka.records))
            lost = [one for one in kafka.records[:gone] if one not in read]
            read += lost  # nobody can read them any more
            kafka = Kafka(kafka.cluster, kafka.first + gone, kafka.records[gone:])
        elif what == "cut":
            kept = kafka.records[: max(0, len(kafka.records) - some)]
            read += [one for one in kafka.records[len(kept) :] if one not in read]
            kafka = Kafka(kafka.cluster, kafka.first, kept)
        elif what in ("again", "move"):
            read += [one for one in kafka.records if one not in read]
            kafka = Kafka(kafka.cluster if what == "again" else str(step), 0, [])
        kafka = kafka._replace(records=kafka.records + made("r", number, few))
        number += few
        if few % 3:
            read += await reader.read(kafka, count=few % 5)
    read += await reader.read(kafka)
    assert len(read) == len(set(read)) == number


def test_records_are_compared_by_what_tells_them_apart() -> None:
    one, other = (envelope.model_dump_json(exclude_none=True).encode() for envelope in events(1, 2))
    stored = {(*PLACE, 7): "1-0", (*PLACE, 8): ""}
    assert is_same_record(stored, PLACE, 7, one)
    assert not is_same_record(stored, PLACE, 7, other)
    assert not is_same_record(stored, PLACE, 7, b"no event")
    assert is_same_record(stored, PLACE, 8, b"no event")
    assert not is_same_record(stored, PLACE, 8, one)
    assert is_same_record(stored, PLACE, 9, one) is None
    assert is_same_record(stored, PLACE, 7, None) is None
