import json
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from ingest.untrusted.redaction import LARGEST, known_names, redacted

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
    assert json.loads(redacted(json.dumps(kept).encode(), KNOWN)) == kept


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
    kept = redacted(json.dumps(payload, ensure_ascii=False).encode(), KNOWN, frozenset({"quy_danh"}))
    assert "guy" not in kept
    json.loads(kept)


@pytest.mark.parametrize(
    "number", ["0912345678", "+84912345678", "84912345678", "031090001234", "0912 345 678", "012.345.678-9"]
)
def test_never_keeps_telephone_or_identity_numbers(number):
    assert json.loads(redacted(json.dumps({"id": number}).encode(), KNOWN)) == {"id": "[text]"}


def test_what_is_no_json_keeps_its_shape_only():
    assert redacted('{"hoTen": "Nguyễn Văn A", "sdt": 0912'.encode(), KNOWN) == '{"xxxxx": "xxxxxx xxx x", "xxx": 9999'
    broken = redacted(b'{"hoTen": "Nguy\xe1\xbb"}', KNOWN)
    assert broken.startswith("base64:")


def test_is_bounded():
    for payload in (
        b"[" + b"1," * 50_000 + b"1]",
        b"x" * 100_000,
        b"\xff" * 100_000,
        "ễ".encode() * 50_000,
        b"[" * 50_000,
    ):
        assert len(redacted(payload, KNOWN).encode()) <= LARGEST


@given(st.binary(max_size=300))
def test_any_bytes_have_a_redacted_form(payload):
    assert len(redacted(payload, KNOWN).encode()) <= LARGEST


@given(st.recursive(st.text() | st.integers() | st.floats(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_any_json_has_a_redacted_form(value):
    redacted(json.dumps(value).encode(), KNOWN).encode()
