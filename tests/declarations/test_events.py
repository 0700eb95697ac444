"""Every event type: its numbers and times have a range, its texts a pattern and a length; and codes hold nobody's number or name."""

import json
import types
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, SecretStr, StringConstraints, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from connectors import catalogue
from ingest.contract import code
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import Envelope, decode, encode, envelope, invalid_event
from ingest.contract.event import Event
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import LANGUAGES
from ingest.contract.topic import ALARMS, topic_of
from ingest.discovery import declared
from ingest.untrusted.pseudonym import pseudonymiser
from tests.support.made import events, parts_of
from warehouse import entities
from warehouse.model.entity import Entity

FIELDS = [(kind, name) for kind in event_types().values() for name in kind.model_fields]
OF_ENVELOPE = [(Envelope, name) for name in Envelope.model_fields if name not in ("data", "type", "specversion")]
GOOD = {kind: events(3, 1, [kind])[0] for kind in event_types().values()}

NUMBERS = (
    "0912345678", "+84912345678", "84 912 345 678", "0912.345.678", "0912-345-678", "02253823456", "SDT0912345678",
    "031199001234", "031-199-001-234", "123456789012", "123456789", "CMND-012345678",
    "15A-99887", "15A99887", "15a-998.87", "29-B1 123.45", "29B1-12345", "15A-9988",
    "a@b.vn", "nguyen.van.a@example.com",
)  # fmt: skip
NAMES = (
    "Nguyễn Văn A", "Nguyen-Van-A", "NguyenVanA", "NGUYEN_VAN_A", "nguyen_van_an", "tran.thi.mai", "Le-Quang-Hung", "Đỗ Thị Lan",
)  # fmt: skip
PERSONS = (*NUMBERS, *NAMES)

KINDS = {name: kind for name, kind in vars(code).items() if get_origin(kind) is Annotated}


def asked(kind: Any, name: str) -> tuple[set[Any], list[Any]]:
    """The plain types of a field, and all that is asked of its values."""
    types_: set[Any] = set()
    rules: list[Any] = []
    for part in parts_of(kind, name):
        if isinstance(part, FieldInfo):
            rules += part.metadata
        elif get_origin(part) is Literal:
            types_.add("literal")
        elif part is AwareDatetime:
            types_.add(datetime)
        elif isinstance(part, type):
            types_.add(part)
        else:
            rules.append(part)
    return types_ - {types.NoneType}, rules


def test_every_event_has_a_name_of_its_own_in_both_languages() -> None:
    """All that take an import back have one name: of which kind the import was stands beside it."""
    kinds: list[type[Event]] = [kind for kind in event_types().values() if not issubclass(kind, ImportWithdrawn)]
    kinds.append(ImportWithdrawn)
    for language in LANGUAGES:
        said = [kind.label.text(language) for kind in kinds]
        assert len(set(said)) == len(said), language
        assert not [one for one in said if one[0].islower() or set("._") & set(one)], language


@pytest.mark.parametrize(
    ("kind", "name"), [*FIELDS, *OF_ENVELOPE], ids=lambda one: one if isinstance(one, str) else one.__name__
)
def test_every_field_is_bounded(kind: type[Event], name: str) -> None:
    found, rules = asked(kind, name)
    if found & {int, float, datetime}:
        assert any(isinstance(rule, Ge | Gt) for rule in rules), "no least value"
        assert any(isinstance(rule, Le | Lt) for rule in rules), "no greatest value"
    elif str in found:
        (text,) = [rule for rule in rules if isinstance(rule, StringConstraints)]
        assert text.pattern
        assert str(text.pattern).startswith("^")
        assert str(text.pattern).endswith("$")
        assert text.max_length is not None
        assert text.max_length <= (code.LONGEST_COMMENT if text in get_args(code.Comment) else 200)
        if any(isinstance(rule, MaxLen | Len) for rule in rules):
            assert list in {get_origin(kind.model_fields[name].annotation)}
    else:
        assert found <= {"literal", bool}, found


def _lists(kind: type[Event]) -> Iterator[str]:
    yield from (name for name, field in kind.model_fields.items() if get_origin(field.annotation) is list)


def test_every_list_is_bounded() -> None:
    for kind in event_types().values():
        for name in _lists(kind):
            assert any(getattr(rule, "max_length", None) for rule in kind.model_fields[name].metadata), (kind, name)


def test_every_text_is_of_a_declared_kind() -> None:
    """So what holds of the kinds holds of every text of every event."""
    patterns = {rule.pattern: rules for kind in KINDS.values() for rules in [kind.__metadata__] for rule in rules[:1]}
    for kind, name in FIELDS:
        found, rules = asked(kind, name)
        if str in found:
            declared = patterns[next(rule.pattern for rule in rules if isinstance(rule, StringConstraints))]
            assert set(declared) <= set(rules), (kind, name)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("text", PERSONS)
def test_what_looks_personal_is_no_code(text: str, name: str) -> None:
    """Refused, told as what it is, and nowhere in what is said about it."""
    if text in NAMES and name in ("DeviceName", "Reference", "EventId", "AccountName", "Assignee", "Comment"):
        return  # streets are named after people, and cameras after streets; on the board people speak of colleagues
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(KINDS[name]).validate_python(text)
    told = invalid_event(refused.value)
    assert told.reason == code.PERSONAL_DATA
    assert text not in str(told)


@pytest.mark.parametrize("name", ["id", "subject"])
@pytest.mark.parametrize("text", ["0912345678", "x|031199001234", "15A-99887"])
def test_nor_does_an_envelope_hold_it(name: str, text: str) -> None:
    one = json.loads(encode(next(iter(GOOD.values())))) | {name: text}
    (refused,) = decode([json.dumps(one).encode()]).events
    assert getattr(refused, "reason", None) == code.PERSONAL_DATA


@given(seed=st.integers(0, 2**32), codes=st.lists(st.text(min_size=1, max_size=30), max_size=40))
def test_no_pseudonym_is_taken_for_a_number(seed: int, codes: list[str]) -> None:
    pseudonym = pseudonymiser(SecretStr(sha256(str(seed).encode()).hexdigest()))
    kinds = [TypeAdapter(one) for one in (code.Pseudonym, code.Reference, code.EventId)]
    for one in map(pseudonym, codes):
        for kind in kinds:
            assert kind.validate_python(one) == one


@given(
    st.sampled_from("0123456789").flatmap(
        lambda digit: st.text(alphabet="0123456789" + digit, min_size=32, max_size=32)
    )
)
def test_not_even_one_that_is_all_digits(digits: str) -> None:
    assert TypeAdapter(code.Reference).validate_python(digits) == digits
    assert TypeAdapter(code.EventId).validate_python(f"{digits}|ended") == f"{digits}|ended"


@given(st.uuids())
def test_no_uuid_is_taken_for_a_number(one: Any) -> None:
    assert TypeAdapter(code.Reference).validate_python(str(one)) == str(one)


def test_a_field_that_nobody_knows_is_not_named() -> None:
    one = json.loads(encode(GOOD[next(iter(GOOD))]))
    one["data"] |= {"Nguyen_Van_A": 1}
    one["time"] = "never"
    (refused,) = decode([json.dumps(one).encode()]).events
    assert "Nguyen" not in str(refused)
    with pytest.raises(ValidationError) as error:
        type(GOOD[next(iter(GOOD))].data).model_validate({"Nguyen_Van_A": 1})
    assert "Nguyen" not in str(invalid_event(error.value))


def test_a_clock_that_is_far_ahead_is_refused_where_the_reader_has_one() -> None:
    now = datetime(2026, 11, 20, 1, tzinfo=UTC)
    good = next(iter(GOOD.values()))
    at = now + timedelta(days=46)
    data = good.data.model_copy(update={good.data.occurred: at})
    ahead = encode(envelope(data, ward="w", source="/w/x/y", recorded_at=at))
    assert getattr(decode([ahead], now).events[0], "reason", None) == "time_in_future"
    assert isinstance(decode([ahead]).events[0], DecodedEvent)
    assert isinstance(decode([ahead], at).events[0], DecodedEvent)


def test_every_event_type_is_sent_by_a_source_or_counted():
    sent = {kind for connector in catalogue() for kind in connector.events}
    counted = {kind for entity in declared(entities, Entity) for kind in entity.events}
    every = set(event_types().values())
    ours = {kind for kind in every if topic_of(kind.stream) == ALARMS or issubclass(kind, ImportWithdrawn)}
    assert not every - sent - counted - ours
    assert not ours & sent, "only the alarm process and the board tell of alarms, and who takes an import back"
