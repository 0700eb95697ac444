"""What the decoder reads is what the models accept, with the same values; everything else is left to them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

import pytest
from annotated_types import Ge, Len
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model, field_validator

from ingest.contract import decoder as module
from ingest.contract.code import Word
from ingest.contract.decoder import DecodedEvent, Decoder
from ingest.contract.envelope import AHEAD_LIMIT, FUTURE_LIMIT, Envelope, decode, decoded, encode, event_decoder, judge
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.quantity import EARLIEST, LATEST
from tests.connectors.support.poison import HUGE, NO_NUMBERS, OTHER_TYPES, TEXTS, TIMES, values, with_value
from tests.declarations.test_connectors import MAPPED, replayed
from tests.support.examples import examples
from tests.support.made import events

KINDS = list(event_types().values())
GOOD = {kind: events(8, 12, [kind]) for kind in KINDS}

of_each = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def is_read(record: bytes, latest: datetime = LATEST) -> bool:
    """Whether the decoder takes a record; it may only take what the models accept, and has to give the same."""
    ((fast,), left) = event_decoder().read([record], latest)
    slow, has_unknown = judge(record, latest)
    if fast is None:
        assert left == [0]
        return False
    assert left == []
    assert not isinstance(slow, InvalidEvent), (record, slow)
    assert not has_unknown, record
    assert fast == decoded(slow), record
    assert fast.at_ms == slow.at_ms
    assert encode(fast) == encode(slow), record  # of the same types, with the same zones
    return True


def judged(record: bytes) -> tuple[Any, int]:
    """What the models say of a record, in the form of `decode`."""
    one, has_unknown = judge(record, LATEST)
    return (str(one) if isinstance(one, InvalidEvent) else decoded(one)), has_unknown


def agree(record: bytes) -> bool:
    """The same as `is_read`; and the neighbours of a record, and what is said of it, are the same as by the models alone."""
    neighbours = [encode(GOOD[kind][0]) for kind in KINDS[:2]]
    first, one, last = (batch := decode([neighbours[0], record, neighbours[1]])).events
    assert (first, last) == tuple(decoded(GOOD[kind][0]) for kind in KINDS[:2])
    assert (str(one) if isinstance(one, InvalidEvent) else one, batch.unknown_fields) == judged(record)
    return is_read(record)


@of_each
def test_events_of_every_type_are_read(kind: type[Event]) -> None:
    for one in GOOD[kind]:
        assert is_read(encode(one))
        read = decode([encode(one)]).events[0]
        assert isinstance(read, DecodedEvent)
        assert (read.type, read.ward, read.data.kind, read.data.stream) == (one.type, one.ward, kind.kind, kind.stream)
        assert {name: getattr(read.data, name) for name in kind.model_fields} == dict(one.data)


@pytest.mark.parametrize("connector", MAPPED, ids=lambda connector: connector.id)
def test_what_connectors_make_of_their_samples_is_read(connector: Any) -> None:
    assert all(is_read(encode(one)) for one in replayed(connector))


@of_each
def test_every_field_has_the_ends_that_its_model_gives_it(kind: type[Event]) -> None:
    for name in kind.model_fields:
        for value in values(kind, name):
            # What is written with escapes is left to the models.
            is_read_here = value.is_good and "\\" not in value.text
            assert agree(with_value(GOOD[kind][0], "n-1", name, value.text)) == is_read_here, (name, value)


ODD = (*HUGE, *NO_NUMBERS, *OTHER_TYPES, *TEXTS, *TIMES, "null", "1", "1.0", "1e0", "-0", "-0.0", "0.1234567", "01", '"a\\n"', '"1"')  # fmt: skip


@of_each
def test_no_odd_value_makes_a_difference(kind: type[Event]) -> None:
    for name in kind.model_fields:
        for text in ODD:
            is_read(with_value(GOOD[kind][0], "n-1", name, text))


def wrapped_with(name: str, text: str) -> bytes:
    """A good record with this text as the value of a field of its envelope."""
    record = json.loads(encode(GOOD[KINDS[0]][0])) | {name: "@value@"}
    return json.dumps(record).replace('"@value@"', text, 1).encode()


@pytest.mark.parametrize("name", [*Envelope.model_fields, "at_ms", "kind", "\\u0069d"])
def test_nor_does_one_in_the_envelope(name: str) -> None:
    for text in (*ODD, '"x y"', '"x' + "y" * 200 + '"', '"A"', '"/a/b"', '"/"', '"1.0"', '"a-\\u0062"', '"a\\\\"'):
        agree(wrapped_with(name, text))


FORMS = (
    "2026-11-20T01:00:00Z", "2026-11-20t01:00:00z", "2026-11-20 01:00:00Z", "2026-11-20T08:00:00+07:00", "2026-11-20T08:00:00+0700",
    "2026-11-20T08:00:00+07", "2026-11-20T01:00Z", "2026-11-20T01:00:00.1Z", "2026-11-20T01:00:00.123456Z", "2026-11-20T01:00:00,5Z",
    "2026-11-20T01:00:00.1234565Z", "2026-11-20T01:00:00.9999995Z", "2026-11-20T01:00:00.999999500000000001+00:00",
    "2026-11-20T01:00:00.9999995z", "2026-11-20T01:00:00.9999995-00:01", "2026-11-20T01:00:00.999999\\u0039Z", "2026-11-20T01:00:60Z",
    "2026-11-20T24:00:00Z", "2026-11-20T01:00:00-00:00", "2026-11-20T01:00:00+23:59", "2026-11-20T01:00:00+24:00",
    "2026-11-20T01:00:00.Z", "2026-11-20_01:00:00Z", "2026-11-20", "20261120T010000Z", "1795136400", "2026-11-20T01:00:00\u221207:00",
    "2019-12-31T23:59:59.999999Z", "2020-01-01T00:00:00Z", "2020-01-01T06:59:59+07:00", "2099-12-31T23:59:59.999999Z",
    "2099-12-31T23:59:59.9999999Z", "2100-01-01T00:00:00Z", "2100-01-01T06:59:59+07:00", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_time_has_the_same_value_in_every_form(form: str) -> None:
    kind = next(kind for kind in KINDS if kind.kind == "ticket.issued")
    agree(with_value(GOOD[kind][0], "n-1", "issued_at", f'"{form}"'))
    agree(wrapped_with("time", f'"{form}"'))
    agree(wrapped_with("recordedtime", f'"{form}"'))


def test_clocks_that_are_ahead_are_judged_to_the_microsecond() -> None:
    one = GOOD[KINDS[0]][0]
    step = timedelta(microseconds=1)
    for late, expected in ((FUTURE_LIMIT, True), (FUTURE_LIMIT + step, False)):
        record = json.loads(encode(one)) | {"recordedtime": (one.time - late).isoformat()}
        assert agree(json.dumps(record).encode()) == expected
    for now, expected in ((one.recordedtime - AHEAD_LIMIT, True), (one.recordedtime - AHEAD_LIMIT - step, False)):
        assert is_read(encode(one), now + AHEAD_LIMIT) == expected
        assert isinstance(decode([encode(one)], now).events[0], DecodedEvent) == expected


def doubled() -> Iterator[bytes]:
    """Records that name a field twice, before and after the good one."""
    for kind in KINDS[:3]:
        whole = encode(GOOD[kind][0])
        fields = {**json.loads(whole), **json.loads(whole)["data"]}
        for name, value in fields.items():
            others: tuple[Any, ...] = (value, None, "x", 7, {}, KINDS[0].type(), "2026-11-20T01:00:00Z")
            for other in others:
                text = f'"{name}":{json.dumps(other)}'.encode()
                yield whole.replace(b"{", b"{" + text + b",", 1)
                yield whole[:-1] + b"," + text + b"}"
                yield whole.replace(b'"data":{', b'"data":{' + text + b",", 1)
                yield whole[:-2] + b"," + text + b"}}"


def test_of_a_field_that_is_named_twice_both_take_the_same() -> None:
    assert {is_read(record) for record in doubled()} == {True, False}


ALL = [encode(one) for some in GOOD.values() for one in some]
PIECES = [
    *(text.encode() for text in (*ODD, *FORMS)), b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u0000", b"\x00", b"\xff", b"\xc3\xa9",
    b"\xed\xa0\x80", b" ", b"\n", b"-", b".", b"e", b"0", b"9" * 20, b"null", b"true", b'"data":{', b'"type":', b'"at_ms":1', b'"id":"1",',
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good record of which some bytes were taken away, replaced, repeated or put in."""
    record = draw(st.sampled_from(ALL))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(record)))
        end = min(len(record), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3) | st.just(record[start:end] * 2))
        record = record[:start] + piece + record[end:]
    return record


@settings(max_examples=examples(1_000), derandomize=True, deadline=None)
@given(mutated())
def test_no_change_of_bytes_makes_a_difference(record: bytes) -> None:
    agree(record)


def test_one_that_is_written_in_another_way_leaves_its_neighbours_to_the_decoder() -> None:
    plain = encode(GOOD[KINDS[0]][0])
    odd = plain.replace(b'"id":"', b'"id":"\\u0061')
    _, left = event_decoder().read([plain, odd, plain], LATEST)
    assert left == [1]


def test_good_texts_are_forgotten_without_any_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 2)
    small = Decoder(Envelope, event_types(), FUTURE_LIMIT)
    for _ in range(2):
        read, left = small.read(ALL, LATEST)
        assert left == []
        assert read == [small.of(one) for some in GOOD.values() for one in some]


class _Base(Event):
    stream = "x"
    kind = "y"


class _WithValidator(_Base):
    @field_validator("*")
    @classmethod
    def checked(cls, value: Any) -> Any:
        return value


class _WithConfiguration(_Base):
    model_config = ConfigDict(str_strip_whitespace=True)


REFUSED: dict[str, Any] = {
    "another name": (bool, Field(alias="b")),
    "another name to read": (bool, Field(validation_alias="b")),
    "a default that is made": (bool, Field(default_factory=bool)),
    "another rule": (int, Field(gt=1)),
    "a rule for a truth value": (Annotated[bool, Len(1, 2)], ...),
    "a free text": (str, ...),
    "a text with a rule for numbers": (Annotated[str, Ge(1)], ...),
    "a time without bounds": (AwareDatetime, ...),
    "a time with another bound": (Annotated[AwareDatetime, Ge(EARLIEST)], ...),
    "two types": (int | bool, ...),
    "a list that may be absent": (Annotated[list[Word], Len(1, 2)] | None, ...),
    "a list without a length": (list[Word], ...),
    "a list with a length and more": (Annotated[list[Word], Len(1, 2), Ge(1)], ...),
    "a list of numbers": (Annotated[list[int], Len(1, 2)], ...),
    "a model": (BaseModel, ...),
}


@pytest.mark.parametrize("field", REFUSED.values(), ids=REFUSED)
def test_a_field_that_the_decoder_cannot_read_as_the_models_do_is_refused_at_the_start(field: Any) -> None:
    model = create_model("Refused", __base__=_Base, a=field)
    with pytest.raises(TypeError, match="know"):
        Decoder(Envelope, {model.type(): model}, FUTURE_LIMIT)


@pytest.mark.parametrize("model", [_WithValidator, _WithConfiguration])
def test_what_a_model_does_by_itself_is_refused_at_the_start(model: type[Event]) -> None:
    with pytest.raises(TypeError, match=r"of its own|does not know"):
        Decoder(Envelope, {model.type(): model}, FUTURE_LIMIT)
