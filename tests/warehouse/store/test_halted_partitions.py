import pytest

from warehouse.store.halted_partitions import read_stops, resume, stop

pytestmark = pytest.mark.embedded

PLACE = ("ioc.queue.v1", 7)


def test_a_stop_stands_until_somebody_lets_it_go_on(client):
    assert not resume(client, *PLACE, by="an", allowance=5)  # nothing to let go on
    assert PLACE not in read_stops(client)
    stop(client, *PLACE, 41, "51/1000")
    stopped = read_stops(client)[PLACE]
    assert (stopped.is_stopped, stopped.offset, stopped.reason, stopped.changed_by) == (True, 41, "51/1000", "worker")
    assert resume(client, *PLACE, by="an 'o", allowance=5)
    resumed = read_stops(client)[PLACE]
    assert (resumed.is_stopped, resumed.offset, resumed.reason) == (False, 41, "51/1000")
    assert (resumed.changed_by, resumed.allowance) == ("an 'o", 5)
    assert resumed.changed_at > stopped.changed_at
    assert not resume(client, *PLACE, by="an", allowance=9)
    stop(client, *PLACE, 60, "50/50")
    assert read_stops(client)[PLACE].is_stopped


def test_a_clock_that_was_set_back_does_not_hide_the_newest_word(client):
    place = ("ioc.queue.v1", 8)
    stop(client, *place, 1, "50/50")
    client.execute("INSERT INTO raw_stops SELECT * REPLACE (changed_at + INTERVAL 1 DAY AS changed_at) FROM raw_stops")
    tomorrow = read_stops(client)[place].changed_at
    assert resume(client, *place, by="an", allowance=0)
    assert not read_stops(client)[place].is_stopped
    assert read_stops(client)[place].changed_at > tomorrow


def test_the_newest_word_survives_a_merge(client):
    place = ("ioc.queue.v1", 9)
    stop(client, *place, 1, "50/50")
    resume(client, *place, by="an", allowance=0)
    stop(client, *place, 2, "60/60")
    client.execute("OPTIMIZE TABLE raw_stops FINAL")
    assert read_stops(client)[place].offset == 2
