import pytest

from warehouse.store.halted_partitions import halt_partition, read_halted_partitions, resume_partition

pytestmark = pytest.mark.embedded

PLACE = ("ioc.queue.v1", 7)


def test_a_stop_stands_until_somebody_lets_it_go_on(client):
    assert not resume_partition(client, *PLACE, by="an", allowance=5)  # nothing to let go on
    assert PLACE not in read_halted_partitions(client)
    halt_partition(client, *PLACE, 41, "51/1000")
    stopped = read_halted_partitions(client)[PLACE]
    assert (stopped.is_stopped, stopped.offset, stopped.reason, stopped.changed_by) == (True, 41, "51/1000", "worker")
    assert resume_partition(client, *PLACE, by="an 'o", allowance=5)
    resumed = read_halted_partitions(client)[PLACE]
    assert (resumed.is_stopped, resumed.offset, resumed.reason) == (False, 41, "51/1000")
    assert (resumed.changed_by, resumed.allowance) == ("an 'o", 5)
    assert resumed.changed_at > stopped.changed_at
    assert not resume_partition(client, *PLACE, by="an", allowance=9)
    halt_partition(client, *PLACE, 60, "50/50")
    assert read_halted_partitions(client)[PLACE].is_stopped


def test_a_clock_that_was_set_back_does_not_hide_the_newest_word(client):
    place = ("ioc.queue.v1", 8)
    halt_partition(client, *place, 1, "50/50")
    client.execute("INSERT INTO raw_stops SELECT * REPLACE (changed_at + INTERVAL 1 DAY AS changed_at) FROM raw_stops")
    tomorrow = read_halted_partitions(client)[place].changed_at
    assert resume_partition(client, *place, by="an", allowance=0)
    assert not read_halted_partitions(client)[place].is_stopped
    assert read_halted_partitions(client)[place].changed_at > tomorrow


def test_the_newest_word_survives_a_merge(client):
    place = ("ioc.queue.v1", 9)
    halt_partition(client, *place, 1, "50/50")
    resume_partition(client, *place, by="an", allowance=0)
    halt_partition(client, *place, 2, "60/60")
    client.execute("OPTIMIZE TABLE raw_stops FINAL")
    assert read_halted_partitions(client)[place].offset == 2
