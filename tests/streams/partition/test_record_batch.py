"""A chunk cut to what is wanted of it."""

from streams.partition.record_batch import RecordBatch
from streams.recovery.take_up import grouped

WHOLE = RecordBatch(
    [3, 4, 5, 6, 7, 8], [b"3", b"4", b"5", b"6", None, b"8"], [b"a", b"b", b"c", b"d", b"e", b"f"], 30, 80
)


def test_what_was_taken_before_is_left_out() -> None:
    assert WHOLE.since(2) is WHOLE
    assert WHOLE.since(7) == RecordBatch([7, 8], [None, b"8"], [b"e", b"f"], 30, 80)
    assert WHOLE._replace(keys=None).since(8).offsets == [8]


def test_pieces_are_small_and_miss_nothing() -> None:
    assert list(WHOLE.pieces(4)) == [
        RecordBatch([3, 4, 5, 6], [b"3", b"4", b"5", b"6"], [b"a", b"b", b"c", b"d"], 30, 80),
        RecordBatch([7, 8], [None, b"8"], [b"e", b"f"], 30, 80),
    ]
    assert [one.offsets for one in WHOLE._replace(keys=None).pieces(6)] == [WHOLE.offsets]


def test_only_what_lies_in_holes_is_kept() -> None:
    assert WHOLE.within([(0, 100)]) is WHOLE
    assert WHOLE.within([(0, 3), (5, 5), (7, 9)]) == RecordBatch(
        [3, 5, 7, 8], [b"3", b"5", None, b"8"], [b"a", b"c", b"e", b"f"], 30, 80
    )
    assert WHOLE.within([(0, 2), (9, 9)]).offsets == []


def test_positions_are_kafkas_offsets_moved() -> None:
    assert WHOLE.moved(0) is WHOLE
    assert WHOLE.moved(-3).offsets == [0, 1, 2, 3, 4, 5]


def test_holes_that_lie_near_each_other_are_read_in_one_go() -> None:
    assert grouped([(1, 2), (5, 5), (9_000, 9_001), (10_999, 11_000)]) == [
        [(1, 2), (5, 5)],
        [(9_000, 9_001), (10_999, 11_000)],
    ]
    assert grouped([]) == []
