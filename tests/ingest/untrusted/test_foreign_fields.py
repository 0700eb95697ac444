from datetime import UTC, datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from ingest.contract.quantity import EARLIEST, LATEST
from ingest.untrusted.foreign_fields import EpochSeconds, Hidden, PlainFloat, PlainInt, named_area


@pytest.mark.parametrize("value", ["1", "1.000", "", True, False, None, [1], 1.5])
def test_a_whole_number_is_written_as_one(value):
    with pytest.raises(ValidationError):
        TypeAdapter(PlainInt).validate_python(value)


def test_numbers_are_taken_as_they_are():
    assert TypeAdapter(PlainInt).validate_python(-7) == -7
    assert TypeAdapter(PlainFloat).validate_python(1.5) == 1.5
    for value in ("1.5", True):
        with pytest.raises(ValidationError, match="must be written as a number"):
            TypeAdapter(PlainFloat).validate_python(value)


def seconds(value):
    return TypeAdapter(EpochSeconds).validate_python(value)


def test_seconds_are_a_time_to_the_millisecond():
    assert seconds(1_794_790_812) == datetime(2026, 11, 16, 1, 0, 12, tzinfo=UTC)
    assert seconds(1_794_790_812.1144) == datetime(2026, 11, 16, 1, 0, 12, 114_000, tzinfo=UTC)
    assert seconds(1_794_790_812.1146) == datetime(2026, 11, 16, 1, 0, 12, 115_000, tzinfo=UTC)


def test_times_have_an_earliest_and_are_before_a_latest():
    first, last = EARLIEST.timestamp(), LATEST.timestamp()
    assert seconds(first) == EARLIEST
    assert seconds(last - 1) < LATEST
    for value in (first - 1, last, 0, -1, 1_794_790_812_000, float("nan"), float("inf"), True, "1794790812", None):
        with pytest.raises(ValidationError, match="seconds since 1970"):
            seconds(value)


@pytest.mark.parametrize(
    ("name", "area"),
    [
        ("tdp-017-l1", "TDP-017"), ("TDP_017", "TDP-017"), ("tdp017_cong_cho", "TDP-017"), ("tdp-0171", None), ("tdp-17", None),
        ("x-tdp-017", None), ("", None), ("tdp--017", None),
    ],
)  # fmt: skip
def test_a_device_that_is_named_after_its_group(name, area):
    assert named_area(name) == area


def test_a_hidden_code_is_bounded_in_length_alone():
    assert TypeAdapter(Hidden).validate_python("Nguyễn Văn A") == "Nguyễn Văn A"
    assert len(TypeAdapter(Hidden).validate_python("x" * 200)) == 200
    for value in ("", "x" * 201):
        with pytest.raises(ValidationError):
            TypeAdapter(Hidden).validate_python(value)
