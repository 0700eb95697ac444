"""One suite over every connector: names, texts, and its recorded sample, which is full of personal fields.

A line of a sample is what the source sends: a webhook's body, one item of a page, for MQTT `{topic, payload, retained}`
(a payload that is a text is sent bare), for a probe `{status, at}`.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub
from pydantic import SecretStr, TypeAdapter, ValidationError

from connectors import catalogue
from connectors.declared.ready import STANDING
from ingest.contract.connector import Connector, Context, Poll, Subscription
from ingest.contract.envelope import Envelope, decode, decoded, encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.topic import topic_of
from ingest.source.mapper import MAPPING_BUG, MappedMessage, Mapper
from ingest.untrusted.dead_letter import known_fields
from ingest.untrusted.json_text import parse_json
from ingest.untrusted.pseudonym import pseudonymiser
from streams.fold.fold import Fold
from tests.support.examples import examples

SAMPLES = Path(__file__).parent.parent / "connectors" / "samples"
FOLDER = Path(__file__).parent.parent.parent / "connectors"
READY = FOLDER / "ready" / "samples"
"""Samples of those that are declared."""
NOT_SOURCES = {"__init__", "__main__", "settings", "describe"}
NOW = datetime(2026, 11, 30, tzinfo=UTC)
FUZZED, LONG = 500, 2_000
"""Malformed messages over all connectors."""

CONNECTORS = catalogue()
PROBES = [one for one in CONNECTORS if isinstance(one.way, Poll) and one.way.status]
IN_CODE = [one for one in CONNECTORS if one.reads is None]
MAPPED = [one for one in CONNECTORS if one not in PROBES]


class _Still:
    def now(self) -> datetime:
        return NOW


class Sent(NamedTuple):
    """One message of a sample as the transports hand it on."""

    body: bytes
    payload: TypeAdapter[Any] | None = None
    address: str = ""
    retained: bool = False


def mapper(connector: Connector) -> Mapper:
    secret = pseudonymiser(SecretStr("a secret of at least thirty-two characters"))
    return Mapper(connector, Context(clock=_Still(), ward="hong-bang", pseudonym=secret))


def lines(connector: Connector) -> list[Any]:
    sample = SAMPLES / connector.sample if connector.sample else READY / f"{connector.id}.jsonl"
    said = [json.loads(line) for line in sample.read_text("utf-8").splitlines()]
    if isinstance(connector.way, Subscription) and not connector.sample:
        return [{"topic": connector.way.topics[0], "payload": one, "retained": False} for one in said]
    return said


def sent(connector: Connector, line: Any) -> Sent:
    way = connector.way
    if not isinstance(way, Subscription):
        return Sent(json.dumps(line).encode(), address=way.path if isinstance(way, Poll) else "")
    topic, said = line["topic"], line["payload"]
    payload = next((one for filter_, one in way.payloads.items() if topic_matches_sub(filter_, topic)), None)
    body = said if isinstance(said, str) else json.dumps(said)
    # Half a surrogate pair is what a device with broken UTF-8 sends.
    return Sent(body.encode(errors="surrogatepass"), payload, topic, line["retained"])


def take(connector: Connector, line: Any, into: Mapper | None = None) -> MappedMessage:
    one = sent(connector, line)
    return (into or mapper(connector)).take(one.body, payload=one.payload, address=one.address, retained=one.retained)


def replayed(connector: Connector) -> list[Envelope]:
    """The events of a sample, whose messages come one after the other."""
    into = mapper(connector)
    return [envelope for line in lines(connector) for envelope in take(connector, line, into).envelopes]


def ids(connectors: list[Connector]) -> list[str]:
    return [one.id for one in connectors]


each = pytest.mark.parametrize("connector", CONNECTORS, ids=ids(CONNECTORS))
each_mapped = pytest.mark.parametrize("connector", MAPPED, ids=ids(MAPPED))


def test_the_import_rules_name_every_connector() -> None:
    project = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (rule,) = [rule for rule in project["tool"]["importlinter"]["contracts"] if rule["type"] == "independence"]
    assert rule["modules"] == [f"connectors.{connector.id}" for connector in IN_CODE]


def test_one_connector_a_file() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py")} - NOT_SOURCES
    assert set(ids(IN_CODE)) == modules
    assert len(IN_CODE) == len(modules)
    assert {one.id for one in CONNECTORS if one not in IN_CODE} == set(STANDING)


@each
def test_texts_in_both_languages(connector: Connector) -> None:
    assert connector.guide
    assert all(text.strip() for text in (*connector.label.both, *connector.guide.both))
    assert connector.guide.vi != connector.guide.en
    assert connector.system


@each_mapped
def test_the_sample_replays(connector: Connector) -> None:
    dead_letters = [taken.dead_letter for line in lines(connector) if (taken := take(connector, line)).dead_letter]
    assert dead_letters == []


@each_mapped
def test_every_declared_event_comes_out_and_no_other(connector: Connector) -> None:
    assert {type(envelope.data) for envelope in replayed(connector)} == set(connector.events)


@each_mapped
def test_the_same_message_has_the_same_ids(connector: Connector) -> None:
    first, second = replayed(connector), replayed(connector)
    assert [encode(one) for one in first] == [encode(one) for one in second]


@each_mapped
def test_events_pass_the_wire(connector: Connector) -> None:
    envelopes = replayed(connector)
    read = decode([encode(envelope) for envelope in envelopes])
    assert read.events == [decoded(envelope) for envelope in envelopes]
    assert read.unknown_fields == 0


@each_mapped
def test_no_personal_value_survives(connector: Connector) -> None:
    values = {value for line in lines(connector) for value in personal_values(line, connector.personal)}
    assert values, "the sample holds no personal field"
    for line in lines(connector):
        for text in (encode(one).decode() for one in take(connector, line).envelopes):
            assert [value for value in values if value in text] == []


@each_mapped
def test_no_personal_value_survives_in_a_dead_letter(connector: Connector) -> None:
    values = {value for line in lines(connector) for value in personal_values(line, connector.personal)}
    for line in lines(connector):
        spoiled = spoil(connector, line)
        dead_letter = take(connector, spoiled).dead_letter
        if dead_letter is not None:
            text = dead_letter.encode().decode()
            assert [value for value in values if value in text] == []


@each
def test_names_that_look_personal_are_not_read(connector: Connector) -> None:
    read = known_fields(connector)
    assert not {name for name in read if re.search(r"hoTen|ChuHoSo|DienThoai|cccd|NgaySinh|noiDung|sub_label", name)}


def is_read_once(connector: Connector, one: Sent) -> bool:
    """Whether a payload type takes the parsed message; then it takes the text too, and has the same of it."""
    payload = one.payload or connector.payload
    try:
        parsed = payload.validate_python(parse_json(one.body))
    except (InvalidEvent, ValidationError):
        return False
    assert parsed == payload.validate_json(one.body)
    return True


@each_mapped
def test_a_message_that_was_parsed_is_not_parsed_again(connector: Connector) -> None:
    for line in lines(connector):
        one = sent(connector, line)
        assert is_read_once(connector, one) or isinstance(line.get("payload"), str)


@each_mapped
@settings(max_examples=FUZZED // len(MAPPED) + 1, derandomize=True)
@given(data=st.data())
def test_a_malformed_message_is_a_dead_letter_and_nothing_else(connector: Connector, data: st.DataObject) -> None:
    """Whole messages, changed in up to three places: a mapping raises `InvalidEvent` alone, and what comes out folds and is written."""
    see_malformed(connector, data)


@pytest.mark.faults
@each_mapped
@settings(max_examples=LONG // len(MAPPED) + 1, derandomize=True)
@given(data=st.data())
def test_many_malformed_messages_are_dead_letters_and_nothing_else(connector: Connector, data: st.DataObject) -> None:
    see_malformed(connector, data)


def see_malformed(connector: Connector, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(lines(connector)))
    is_message = isinstance(connector.way, Subscription)
    changed = line["payload"] if is_message else line
    for _ in range(data.draw(st.integers(1, 3))):
        changed = mutated(data, changed)
    line = {**line, "payload": changed} if is_message else changed
    is_read_once(connector, sent(connector, line))
    taken = take(connector, line)
    assert taken.dead_letter is None or not taken.envelopes
    assert taken.dead_letter is None or taken.dead_letter.reason_code != MAPPING_BUG
    for offset, envelope in enumerate(taken.envelopes):
        assert decode([encode(envelope)], NOW).events == [decoded(envelope)]
        fold = Fold(topic_of(envelope.data.stream), 0)
        fold.fold([envelope], [offset])
        for value in fold.take():
            assert all(-(2**63) <= one < 2**63 for one in value if isinstance(one, int))
            json.dumps(value).encode()


@each_mapped
@settings(max_examples=examples(40))
@given(body=st.binary(max_size=60))
def test_any_bytes_are_a_dead_letter_and_nothing_else(connector: Connector, body: bytes) -> None:
    one = sent(connector, lines(connector)[0])
    taken = mapper(connector).take(body, payload=one.payload, address=one.address)
    assert taken.envelopes == () or taken.dead_letter is None


@pytest.mark.parametrize("connector", PROBES, ids=ids(PROBES))
def test_a_probe_replays(connector: Connector) -> None:
    way = connector.way
    assert isinstance(way, Poll)
    assert way.status is not None
    told = [one for line in lines(connector) for one in way.status(line["status"], datetime.fromisoformat(line["at"]))]
    envelopes = mapper(connector).probed(told)
    assert {type(envelope.data) for envelope in envelopes} == set(connector.events)
    assert decode([encode(envelope) for envelope in envelopes]).events == [decoded(envelope) for envelope in envelopes]


def personal_values(value: Any, names: frozenset[str], *, inside: bool = False) -> Iterator[str]:
    """The texts under personal fields and the numbers in them, long enough not to be met by chance."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name in names or not (inside and isinstance(one, int | float)):
                yield from personal_values(one, names, inside=inside or name in names)
    elif isinstance(value, list):
        for one in value:
            yield from personal_values(one, names, inside=inside)
    elif inside and isinstance(value, str | int | float) and len(str(value)) > 5 and not isinstance(value, bool):
        yield str(value)


def spoil(connector: Connector, line: Any) -> Any:
    """The line with its times broken, wherever they are."""

    def broken(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: broken(one) for name, one in value.items()}
        if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
            return "2026-13-45T99:00:00"
        return -1.0 if isinstance(value, float) and value > 1e9 else value

    return broken(line)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just("9999-12-31T23:59:59-12:00")
    | st.sampled_from([0, -1, 1, 2**31, 2**53, 9_300_000_000_000_000, 2**63 - 1, -(2**63), 10**400, 1e308, 4_102_444_800, 1_794_790_812])
    | st.sampled_from(["", "0001-01-01T00:00:00+07:00", "2026-02-30T10:00:00", "2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z"])
    | st.sampled_from(["\ud800", "a\0", "\u202eabc", "e\u0301", "\U0001f600", "x" * 80, "x" * 81, "0912345678", "TDP-017", "offline"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def mutated(data: st.DataObject, value: Any) -> Any:
    """The value with one part somewhere in it replaced or taken away."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 5)):
        name = data.draw(st.sampled_from(sorted(value)))
        rest = {other: one for other, one in value.items() if other != name}
        return rest if data.draw(st.integers(0, 3)) == 0 else {**rest, name: mutated(data, value[name])}
    if isinstance(value, list) and value and data.draw(st.booleans()):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], mutated(data, value[index]), *value[index + 1 :]]
    return data.draw(JSON)
