import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract.errors import InvalidEvent
from ingest.untrusted.json_text import check_json, parse_json, parse_json_loosely

REASONS = {"not_json", "encoding", "too_deep", "non_finite", "out_of_range", "duplicate_keys"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"offline", "not_json"),
        (b'{"v": NaN}', "non_finite"),
        (b'{"v": -Infinity}', "non_finite"),
        (b'{"v": 1e999}', "non_finite"),
        (b"9" * 5000, "out_of_range"),
        (b"18446744073709551616", "out_of_range"),
        (b"-9223372036854775809", "out_of_range"),
        (b'[{"a":{"b":1,"b":2}}]', "duplicate_keys"),
        (b'"\\ud800"', "encoding"),
        (b'{"\\udfff":1}', "encoding"),
        (b'"a\\u0000b"', "encoding"),
        (b'"\xff"', "encoding"),
        (b"\xef\xbb\xbf{}", "encoding"),
        (b"\xff\xfe{\x00", "encoding"),
        (b"[" * 100_000, "too_deep"),
        (b"[" * 33 + b"]" * 33, "too_deep"),
        (b'{"a":' * 100_000, "too_deep"),
    ],
)
def test_refused_with_its_reason(body, reason):
    with pytest.raises(InvalidEvent) as fault:
        parse_json(body)
    assert fault.value.reason == reason


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -(2**63), 2**63 - 1, 1.5, "", "Nguyễn Văn A 😀", [], {}, {"a": [1, {"b": None}]}, [[[]] * 3]],
)
def test_reads_what_json_means(value):
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


def test_depth_is_counted_in_objects_and_lists():
    parse_json(b"[" * 32 + b"1" + b"]" * 32)
    with pytest.raises(InvalidEvent):
        parse_json(b"[" * 33 + b"1" + b"]" * 33)


def test_one_bad_part_does_not_spoil_its_neighbours():
    good, bad, other = parse_json_loosely(b'[{"a":1},{"a":1,"a":2},{"a":1e999}]')
    check_json(good)
    for one in (bad, other):
        with pytest.raises(InvalidEvent):
            check_json(one)


def outcome(body):
    try:
        return parse_json(body), None
    except InvalidEvent as fault:
        return None, fault.reason


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_with_a_reason(body):
    value, reason = outcome(body)
    assert reason is None or reason in REASONS
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # it can be written again


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_value_is_read_or_refused_with_a_reason(value):
    got, reason = outcome(json.dumps(value).encode())
    assert (reason is None and got == value) or reason in REASONS
