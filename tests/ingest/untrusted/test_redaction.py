import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from ingest.untrusted.json_text import DEEPEST
from ingest.untrusted.redaction import LARGEST, MARKS, has_marks, is_name, known_names, reads_any_name, redact

KNOWN = frozenset({"id", "at", "state", "count", "parts", "name"})


class Leaf(BaseModel):
    kind: str = Field(alias="loai")


class Tree(BaseModel):
    code: str = Field(validation_alias=AliasChoices("MaHoSo", AliasPath("ho_so", 0)))  # type: ignore[pydantic-alias]  # the subject
    leaves: list[Leaf | int]
    more: dict[str, Leaf] = {}
    under: "Tree | None" = None


class Typed(TypedDict):
    one: int


@dataclass
class Classed:
    two: Typed


def test_names_of_a_payload_type_are_all_ways_to_write_them():
    assert known_names(TypeAdapter(list[Tree])) == {
        "code", "MaHoSo", "ho_so", "leaves", "more", "under", "kind", "loai",
    }  # fmt: skip
    assert known_names(TypeAdapter(Classed | None)) == {"one", "two"}
    assert known_names(TypeAdapter(str)) == frozenset()


def test_keeps_codes_numbers_and_times_of_known_fields():
    kept = {
        "id": "H24.1-230101-0001",
        "at": "2026-03-02 08:00:00+07:00",
        "count": -3.5,
        "state": None,
        "parts": [True, "x", {"id": "y"}],
    }
    assert json.loads(redact(json.dumps(kept).encode(), KNOWN)) == kept


@pytest.mark.parametrize(
    "payload",
    [
        {"hoTen": "Nguyen-Van-A"},
        {"HO_TEN": "Nguyen-Van-A"},
        {"parts": [{"ChuHoSo": {"id": "Nguyen-Van-A"}}]},
        {"name": "Nguyen-Van-A"},  # known to the model, personal all the same
        {"quyDanh": "Nguyen-Van-A"},
        {"unknown": "Nguyen-Van-A"},
        {"unknown": {"id2": "Nguyen-Van-A"}},
        {"Nguyễn Văn A": 1},
        {"state": "Nguyễn Văn A"},
        {"state": "Nguyen Van A"},
        {"state": "2026-03-02 Nguyen Van A"},
        ["Nguyen-Van-A"],
        "Nguyen-Van-A",
    ],
)
def test_never_keeps_a_name(payload):
    kept = redact(json.dumps(payload, ensure_ascii=False).encode(), KNOWN, frozenset({"quy_danh"}))
    assert "guy" not in kept
    json.loads(kept)


@pytest.mark.parametrize(
    "number", ["0912345678", "+84912345678", "84912345678", "031090001234", "0912 345 678", "012.345.678-9"]
)
def test_never_keeps_telephone_or_identity_numbers(number):
    assert json.loads(redact(json.dumps({"id": number}).encode(), KNOWN)) == {"id": "[text]"}


def test_what_is_no_json_keeps_its_shape_only():
    assert redact('{"hoTen": "Nguyễn Văn A", "sdt": 0912'.encode(), KNOWN) == '{"xxxxx": "xxxxxx xxx x", "xxx": 9999'
    broken = redact(b'{"hoTen": "Nguy\xe1\xbb"}', KNOWN)
    assert broken.startswith("base64:")


def test_is_bounded():
    for payload in (
        b"[" + b"1," * 50_000 + b"1]",
        b"x" * 100_000,
        b"\xff" * 100_000,
        "ễ".encode() * 50_000,
        b"[" * 50_000,
    ):
        assert len(redact(payload, KNOWN).encode()) <= LARGEST


@given(st.binary(max_size=300))
def test_any_bytes_have_a_redacted_form(payload):
    assert len(redact(payload, KNOWN).encode()) <= LARGEST


json_values = st.recursive(
    st.text() | st.integers() | st.floats() | st.booleans() | st.none(),
    lambda x: st.lists(x) | st.dictionaries(st.text() | st.sampled_from(sorted(KNOWN)), x),
)


def is_of_its_form(value, kept):
    """Whether a redacted value has the form of the value, with nothing but marks, codes, times and numbers in it."""
    if isinstance(value, dict):
        names = {name if is_name(name) else "[name]" for name in value}
        return set(kept) == names
    if isinstance(value, list):
        return len(kept) == len(value) and all(map(is_of_its_form, value, kept))
    if isinstance(value, str):
        return kept in ("[text]", value)
    if value is None or isinstance(value, bool):
        return kept is value
    return kept in ("[number]", value)


@given(json_values)
def test_any_json_keeps_its_form_and_no_text_of_an_unknown_field(value):
    kept = redact(json.dumps(value).encode(), KNOWN)
    assert len(kept.encode()) <= LARGEST
    if len(kept.encode()) < LARGEST:
        assert is_of_its_form(value, json.loads(kept)) or "[personal]" in kept
    outside = redact(json.dumps({"unknown": value, "other": [value]}).encode(), frozenset())
    if len(outside.encode()) < LARGEST:
        assert set(texts(json.loads(outside))) <= set(MARKS)


def texts(value):
    """The texts of a JSON value, without names."""
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"parts":', "}"), ('[{"parts":', "}]")])
def test_what_is_nested_too_deeply_is_cut_off(opened, closed):
    """`DEEPEST` levels are kept, as in what is read; a list is as deep as an object."""
    levels = opened.count("[") + opened.count("{")
    for depth in (DEEPEST // levels - 1, 200):
        kept = redact(f"{opened * depth}1{closed * depth}".encode(), KNOWN)
        value, found = json.loads(kept), 0
        while isinstance(value, dict | list):
            value, found = (value["parts"] if isinstance(value, dict) else value[0]), found + 1
        inner = 1 if opened.endswith(":") else "[number]"
        assert (found, value) == ((depth * levels, inner) if depth * levels < DEEPEST else (DEEPEST, "[deep]"))
    assert (
        len(redact(f"{opened * 1_000}1{closed * 1_000}".encode(), KNOWN)) <= LARGEST
    )  # only its shape, if it cannot be read


@pytest.mark.parametrize(
    ("number", "is_kept"),
    [
        (0, True), (99_999_999, True), (-99_999_999, True), (100_000_000, False), (-100_000_000, False), (912_345_678, False),
        (999_999_999, False), (1_000_000_000, True), (4_102_444_799, True), (4_102_444_800, False), (999_999_999_999, False),
        (1_000_000_000_000, True), (999_999_999_999_999, True), (1_000_000_000_000_000, False), (-1_795_150_800, False),
        (912_345_678.5, True), (0.1, True), (1e15, False), (-1e15, False),
    ],
)  # fmt: skip
def test_a_number_is_kept_that_is_no_telephone_card_or_account(number, is_kept):
    """Small ones, times in seconds or milliseconds, and those with a fraction."""
    assert json.loads(redact(json.dumps({"count": number}).encode(), KNOWN)) == {
        "count": number if is_kept else "[number]"
    }
    assert json.loads(redact(json.dumps({"other": number}).encode(), KNOWN)) == {"other": "[number]"}


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("A-001", True), ("x" * 80, True), ("x" * 81, False), ("", False), ("2026-11-19", True), ("2026-11-19T08:15:00+07:00", True),
        ("2026-11-19 " + "0" * 29, True), ("2026-11-19 " + "0" * 30, False), ("2026-11-19x", False), ("a b", False),
        ("12345678", True), ("123456789", False), ("0123456789", False), ("1234567890123", False), ("12345678901234567x", True),
    ],
)  # fmt: skip
def test_a_text_is_kept_that_is_a_code_or_a_time(text, is_kept):
    assert json.loads(redact(json.dumps({"state": text}).encode(), KNOWN)) == {"state": text if is_kept else "[text]"}


def test_a_list_is_of_its_field_and_an_object_in_it_of_its_own():
    value = {"parts": ["a", {"id": "b", "other": "c"}, [["d"]]], "other": ["e", {"id": "f"}]}
    assert json.loads(redact(json.dumps(value).encode(), KNOWN)) == {
        "parts": ["a", {"id": "b", "other": "[text]"}, [["d"]]],
        "other": ["[text]", {"id": "f"}],
    }


def test_whether_anything_was_taken_out():
    for value in ("[text]", ["a", "[number]"], {"a": [{"b": "x [deep]"}]}, {"[name]": 1}, {"[name]": "a"}):
        assert has_marks(value)
    for unmarked in ("text", [], {}, ["a", 1, None, True], {"a": {"b": "x"}}, 7):
        assert not has_marks(unmarked)


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("a", True),
        ("_a.b-1", True),
        ("a" * 40, True),
        ("a" * 41, False),
        ("1a", False),
        ("a b", False),
        ("", False),
        ("a0912345678", False),
    ],
)
def test_a_field_keeps_a_name_that_a_programmer_gives(name, is_kept):
    assert is_name(name) is is_kept


def test_a_type_may_take_fields_that_it_does_not_name():
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")

    assert not reads_any_name(TypeAdapter(list[Leaf]))

    class LooseTyped(TypedDict):
        __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]
        one: int

    either: Any = Typed | Tree.model_fields["leaves"].annotation
    assert not reads_any_name(TypeAdapter(either))
    assert reads_any_name(TypeAdapter(list[Loose]))
    assert reads_any_name(TypeAdapter(LooseTyped))
    assert reads_any_name(TypeAdapter(dict[str, int]))
    assert reads_any_name(TypeAdapter(list[Any]))


def test_the_shape_of_what_cannot_be_read_is_that_of_its_first_half():
    assert redact(b"{" + b"a" * 5_000, KNOWN) == "{" + "x" * (LARGEST // 2 - 1)
    text = "Ố1! " * 10
    assert redact(f"{{{text}".encode(), KNOWN) == "{" + "x9! " * 10
    kept = redact(b'{"a\xff1', KNOWN)
    assert base64.b64decode(kept.removeprefix("base64:")) == b'{"x\xff9'


def test_what_is_kept_ends_at_the_largest_size():
    kept = redact(json.dumps({"state": "a", "parts": ["b" * 70] * 200}).encode(), KNOWN)
    assert len(kept) == LARGEST
    assert kept.startswith('{"state": "a", "parts": ["bbb')


@pytest.mark.parametrize("code", ["PA 12/2026", "HS 2026 0001", "A 101", "TDP 17"])
def test_a_code_with_spaces_is_kept_and_can_be_replayed(code: str) -> None:
    assert json.loads(redact(json.dumps({"code": code}).encode(), frozenset({"code"}))) == {"code": code}


@pytest.mark.parametrize(
    "text", ["DT 0912 345 678", "SO 12 LE LOI", "12 Le Loi", "An 2026", "CCCD 031 085 001 234", "Le Loi 12"]
)
def test_what_could_be_a_number_an_address_or_a_name_is_no_code_with_spaces(text: str) -> None:
    assert json.loads(redact(json.dumps({"code": text}).encode(), frozenset({"code"}))) == {"code": "[text]"}


def test_a_code_of_a_table_may_be_words_but_not_those_of_a_person() -> None:
    told = {
        "field": "Cải cách hành chính",
        "other": "Cải cách hành chính",
        "by": "Nguyễn Văn An",
        "line": "0912 345 678",
    }
    kept = json.loads(redact(json.dumps(told).encode(), frozenset(told), coded=frozenset({"field", "by", "line"})))
    assert kept == {"field": "Cải cách hành chính", "other": "[text]", "by": "[text]", "line": "[text]"}
