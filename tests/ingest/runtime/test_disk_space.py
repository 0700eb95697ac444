import logging

import pytest
from pydantic import ByteSize

from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import Producer
from ingest.runtime.disk_space import Disk, DiskSpace, NoDiskSpace, disks, low_disk, size_text


@pytest.fixture
def settings(tmp_path):
    return IngestSettings(_env_file=None, data_folder=tmp_path, disk_reserve=ByteSize(1))


class Disks:
    """A disk whose free space a test sets."""

    def __init__(self, tmp_path):
        self.free = 500
        self.looks = 0
        self._folder = tmp_path

    def __call__(self, settings):
        self.looks += 1
        return [Disk(self._folder, self.free, 100)]


@pytest.fixture
def found(tmp_path):
    return Disks(tmp_path)


@pytest.fixture
def room(settings, found, monkeypatch):
    seconds = iter(range(10_000))
    monkeypatch.setattr("ingest.runtime.disk_space.time.monotonic", lambda: next(seconds))
    return DiskSpace(settings, found)


def test_it_is_short_below_the_reserve_and_has_room_only_with_a_margin(room, found, caplog):
    caplog.set_level(logging.INFO)
    states = []
    for free in (500, 100, 99, 100, 109, 110, 100):
        found.free = free
        states.append(room.shortage() is not None)
    assert states == [False, False, True, True, True, False, False]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_who_brings_something_is_told_what_to_do(room, found):
    room.check()
    found.free = 5
    with pytest.raises(NoDiskSpace) as refused:
        room.check()
    assert "Đĩa sắp đầy" in refused.value.label.vi
    assert "Free space" in str(refused.value)
    assert refused.value.retry_after.total_seconds() > 1


def test_the_disks_are_looked_at_once_a_second_at_most(settings, found, monkeypatch):
    now = [10.0]
    monkeypatch.setattr("ingest.runtime.disk_space.time.monotonic", lambda: now[0])
    room = DiskSpace(settings, found)
    for moment in (10.0, 10.5, 10.9, 11.1):
        now[0] = moment
        room.shortage()
    assert found.looks == 2


def test_the_reserve_is_never_more_than_a_tenth_of_a_small_disk(settings, tmp_path):
    huge = settings.model_copy(update={"disk_reserve": 10**18})
    (disk,) = disks(huge)
    assert disk.folder == tmp_path
    assert disk.reserve < disk.free * 100
    assert disks(settings)[0].reserve == 1
    assert low_disk(settings) is None


def test_a_folder_that_is_not_there_yet_is_no_disk(settings, tmp_path):
    assert disks(settings.model_copy(update={"data_folder": tmp_path / "none"})) == []


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0.0 kB"), (1500, "1.5 kB"), (2_000_000, "2.0 MB"), (3_400_000_000, "3.4 GB")]
)
def test_sizes_for_people(size, text):
    assert size_text(size) == text


async def test_the_producer_at_the_edge_refuses_before_it_asks_kafka(room, found, settings):
    found.free = 5
    edge, inside = Producer(settings, room), Producer(settings)
    for refused in (edge.send([]), edge.dead_letter()):
        with pytest.raises(NoDiskSpace):
            await refused
    with pytest.raises(Unavailable, match="not connected"):  # workers go on: what is in Kafka is to get out of it
        await inside.send([])
    assert edge.away
