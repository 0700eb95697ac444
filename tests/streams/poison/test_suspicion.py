"""Which errors may come from what a record says, what is told of them, and when there are too many."""

import pytest

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime.failpoint import FailpointError
from streams.fold.fold import Fold
from streams.poison.suspicion import SuspectError, describe_error, is_of_content, suspecting
from streams.recovery.set_aside import is_flood
from tests.support.made import START, events
from warehouse.model.value import Value
from warehouse.store import sink
from warehouse.store.client import ServerError
from warehouse.store.halted_partitions import HaltedPartition

PLACE = ("ioc.queue.v1", 0)
VALUE = Value("hong-bang", "Q01", "flow", 0, "", "", 1, 0, 0, 0, *PLACE, 100, 100, 2)


@pytest.mark.parametrize(
    ("error", "may_be"),
    [
        (RecursionError(), True),
        (MemoryError(), True),
        (OverflowError(), True),
        (ServerError("Constraint", 469), True),
        (ServerError("no table", 60), False),
        (Unavailable("Kafka", "away"), False),
        (ConfigurationError("wrong"), False),
        (FailpointError("a bug"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_what_is_away_or_set_up_wrong_is_no_records_fault(error: BaseException, may_be: bool) -> None:
    assert is_of_content(error) == may_be
    with pytest.raises(SuspectError if may_be else type(error)), suspecting((PLACE, 7), culprit=5):
        raise error


def test_the_text_of_an_error_is_not_told() -> None:
    with pytest.raises(SuspectError) as found, suspecting((PLACE, 7)):
        sink.check_values([VALUE._replace(member="0912345678", numerator=2**63)])
    told = found.value.suspects[PLACE].told
    assert told.startswith("OverflowError in warehouse/store/sink.py, check_values, line ")
    assert "0912345678" not in told
    assert describe_error(ServerError("0912345678", 469)) == "ClickHouse 469"


@pytest.mark.parametrize(
    "changed",
    [{"numerator": 2**63}, {"denominator": -(2**63) - 1}, {"version": -1}, {"revision": 2**32}, {"member": "\ud800"}],
)
def test_what_no_column_holds_is_known_before_it_is_stored(changed: dict[str, object]) -> None:
    sink.check_values([VALUE, VALUE._replace(numerator=2**63 - 1, version=2**64 - 1)])
    with pytest.raises((OverflowError, UnicodeEncodeError)):
        sink.check_values([VALUE._replace(**changed)])  # type: ignore[arg-type]


def test_more_than_five_of_a_hundred_are_a_flood_unless_somebody_allowed_them() -> None:
    bad = set(range(100, 150))
    assert is_flood(bad - {149}, 150, None) is None
    assert is_flood(bad, 150, None) == "51/1000"
    assert is_flood(bad, 1_120, None) is None, "half of them are long ago"
    stop = HaltedPartition(*PLACE, 120, True, "51/1000", "worker", 0, START)
    assert is_flood(bad, 150, stop) == "51/1000"
    assert is_flood(bad, 150, stop._replace(is_stopped=False)) is None, "those before it went on count no more"
    resumed = stop._replace(is_stopped=False, offset=0, allowance=10)
    assert is_flood(bad, 150, resumed) is None
    assert is_flood(bad | set(range(151, 160)), 160, resumed) is None
    assert is_flood(bad | set(range(151, 161)), 161, resumed) == "51/1000"


def test_what_an_earlier_life_showed_is_not_told_before_it_is_folded_again() -> None:
    """A way back that is written step by step would show 0 in between, and leave what counts no more as it was."""
    fold = Fold(*PLACE)
    fold.expect([VALUE])
    fold.offset = 99
    assert fold.take() == []
    fold.offset = 100
    ((value,),) = [fold.take()]
    assert (value.numerator, value.revision, value.version) == (0, 2, 100)
    assert fold.take() == []


def test_a_memory_says_what_was_left_out() -> None:
    fold = Fold(*PLACE)
    fold.left_out = {3, 9}
    fold.fold(events(1, 10), range(10))
    fold.take()
    pieces = fold.dump()
    assert Fold.first_unknown(pieces, {3, 9}, 9) is None
    assert Fold.first_unknown(pieces, {3, 5, 7, 9, 12}, 9) == 5
    assert Fold.first_unknown(pieces, {12}, 9) is None, "it lies behind"
    assert Fold.first_unknown([one for one in pieces if one[0] != "left_out"], {3}, 9) == 3, "of an earlier release"
    again = Fold(*PLACE)
    again.load(9, pieces)
    assert again.left_out == {3, 9}
