"""How far behind a partition is, moment by moment."""

from streams.watchdog.lag import NOTHING, Backlog, PartitionLag


def test_nothing_waits_where_everything_is_stored() -> None:
    backlog = Backlog()
    assert backlog.measure(position=0, end=None, now=100) == NOTHING
    assert backlog.measure(position=7, end=7, now=100) == NOTHING


def test_the_oldest_record_that_was_taken_and_is_not_stored_tells_the_age() -> None:
    backlog = Backlog()
    backlog.take(last_offset=4, first_at=90, last_at=93)
    backlog.take(last_offset=9, first_at=94, last_at=99)
    assert backlog.measure(position=0, end=10, now=100) == PartitionLag(10, 10, 0)
    assert backlog.measure(position=3, end=10, now=101) == PartitionLag(7, 11, 0)  # the first chunk is half stored
    assert backlog.measure(position=5, end=10, now=102) == PartitionLag(5, 8, 0)
    assert backlog.measure(position=10, end=10, now=103) == NOTHING


def test_what_has_not_been_taken_is_as_old_as_what_was_stored_last() -> None:
    """A worker that is an hour behind and has nothing in hand at the moment."""
    backlog = Backlog()
    backlog.take(last_offset=99, first_at=6_390, last_at=6_400)
    backlog.measure(position=0, end=1_000, now=10_000)
    assert backlog.measure(position=100, end=1_000, now=10_001) == PartitionLag(900, 3_601, 0)


def test_after_a_quiet_time_a_new_record_is_young() -> None:
    backlog = Backlog()
    backlog.take(last_offset=4, first_at=10, last_at=10)
    backlog.measure(position=5, end=5, now=11)
    assert backlog.measure(position=5, end=6, now=5_000) == PartitionLag(1, 0, 0)
    assert backlog.measure(position=5, end=6, now=5_009) == PartitionLag(1, 9, 9)


def test_a_position_that_does_not_move_is_told() -> None:
    backlog = Backlog()
    assert backlog.measure(position=5, end=9, now=100).unmoved == 0
    assert backlog.measure(position=5, end=12, now=130).unmoved == 30
    assert backlog.measure(position=6, end=12, now=131).unmoved == 0
    assert backlog.measure(position=6, end=12, now=141).unmoved == 10
