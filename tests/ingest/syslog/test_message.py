"""Messages of both RFCs become objects, and whatever else comes is a dead letter or plain text."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.errors import InvalidEvent
from ingest.syslog.message import LONGEST, read_syslog
from ingest.untrusted.json_text import check_json
from tests.support.examples import examples


def test_rfc_5424() -> None:
    raw = (
        '<165>1 2026-11-19T08:15:14.003+07:00 ups-01 apcupsd 1017 POWER [power@32473 source="bat\\"tery" level="80"][x a="1"] '
        "Mất điện lưới"
    )
    assert read_syslog(raw.encode()) == {
        "severity": "notice", "facility": 20, "at": "2026-11-19T08:15:14.003000+07:00", "host": "ups-01", "app": "apcupsd",
        "process": "1017", "kind": "POWER", "data": {"power": {"source": 'bat"tery', "level": "80"}, "x": {"a": "1"}},
        "said": "Mất điện lưới",
    }  # fmt: skip
    bare = read_syslog(b"<0>1 - - - - - - \xef\xbb\xbfhello\tworld")
    assert bare == {"severity": "emergency", "facility": 0, "said": "hello world"}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"<28>Nov 19 08:15:14 router pppd[311]: link down", ("router", "pppd", "311", "link down")),
        (b"<28>kernel: eth0 down", (None, "kernel", None, "eth0 down")),
        (b"<28>just text, and more", (None, None, None, "just text, and more")),
    ],
)
def test_rfc_3164_whose_times_have_no_year_and_are_not_read(raw: bytes, told: tuple[str | None, ...]) -> None:
    found = read_syslog(raw)
    assert tuple(found.get(name) for name in ("host", "app", "process", "said")) == told
    assert (found["severity"], "at" in found) == ("warning", False)


@pytest.mark.parametrize("raw", [b"hello", b"<192>x", b"<>x", b"", b"<13>" + b"x" * LONGEST])
def test_what_is_none(raw: bytes) -> None:
    with pytest.raises(InvalidEvent, match=r"not_syslog|too_large"):
        read_syslog(raw)


@settings(max_examples=examples(300), derandomize=True)
@given(
    rest=st.binary(max_size=200), begin=st.sampled_from([b"<13>", b"<13>1 - - - - - ", b'<13>1 - - - - - [a b="', b""])
)
def test_whatever_comes_is_an_object_or_refused(begin: bytes, rest: bytes) -> None:
    with suppress(InvalidEvent):
        check_json(read_syslog(begin + rest))
