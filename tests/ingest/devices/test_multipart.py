"""The parts of an answer that does not end, as devices write them: whole, cut, with a wrong length, with pictures between, without end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract.errors import InvalidEvent
from ingest.devices.multipart import LARGEST_HEAD, LARGEST_PART, MultipartReader

TYPE = 'multipart/mixed; boundary="boundary"'


def part(
    document: bytes, *, length: int | None = -1, kind: str = 'application/xml; charset="UTF-8"', line: bytes = b"\r\n"
) -> bytes:
    head = [b"--boundary", b"Content-Type: " + kind.encode()]
    if length is not None:
        head.append(b"Content-Length: %d" % (len(document) if length == -1 else length))
    return line.join([*head, b"", document, b""])


def read(content: bytes, *, at_once: int = 10**9, kind: str = TYPE) -> list[bytes | str]:
    reader = MultipartReader(kind)
    found: list[bytes | str] = []
    for start in range(0, len(content), at_once):
        made = reader.feed(content[start : start + at_once])
        found += [one.reason if isinstance(one, InvalidEvent) else one for one in made]
    return found


PICTURE = part(b"\xff\xd8--bound\r\n\r\n\x00" * 600, kind="image/jpeg")
CASES = {
    "with lengths": (part(b"<a/>") + part(b"<b/>"), [b"<a/>", b"<b/>"]),
    "the last one is not waited for": (part(b"<a/>")[:-2], [b"<a/>"]),
    "without lengths": (part(b"<a/>", length=None) + part(b"<b/>", length=None) + b"--boundary--\r\n", [b"<a/>", b"<b/>"]),
    "lines without CR": (part(b"<a/>", line=b"\n") + part(b"<b/>", line=b"\n"), [b"<a/>", b"<b/>"]),
    "a length that is too short": (part(b"<a>1</a>", length=4) + part(b"<b/>"), [b"<a>1", b"<b/>"]),
    "a length that is too long": (part(b"<a/>", length=900) + part(b"<b/>"), [b"<a/>", b"<b/>"]),
    "half a document": (b"--boundary\r\nContent-Length: 40\r\n\r\n<a><b\r\n" + part(b"<b/>"), [b"<a><b", b"<b/>"]),
    "a picture between": (part(b"<a/>") + PICTURE + part(b"<b/>"), [b"<a/>", b"<b/>"]),
    "JSON between": (part(b'{"a": 1}', kind="application/json") + part(b"<b/>"), [b"<b/>"]),
    "something before the first": (b"hello\r\n" * 50 + part(b"<a/>"), [b"<a/>"]),
    "a document without end": (part(b"<a>" + b"x" * LARGEST_PART, length=None) + part(b"<b/>"), ["too_large", b"<b/>"]),
    "headers without end": (b"--boundary\r\nX: " + b"x" * 2 * LARGEST_HEAD + b"\r\n" + part(b"<b/>"), ["invalid_part", b"<b/>"]),
    "an empty part": (part(b"") + part(b"<b/>"), [b"<b/>"]),
    "no length that is a number": (b"--boundary\r\nContent-Length: many\r\n\r\n<a/>\r\n" + part(b"<b/>"), [b"<a/>", b"<b/>"]),
}  # fmt: skip


@pytest.mark.parametrize("at_once", [1, 7, 10**9])
@pytest.mark.parametrize("case", CASES)
def test_documents_come_out_whatever_is_around_them(case: str, at_once: int) -> None:
    content, expected = CASES[case]
    assert read(content, at_once=at_once) == expected


def test_a_boundary_may_be_named_with_its_hyphens() -> None:
    assert read(part(b"<a/>"), kind="multipart/x-mixed-replace;boundary=--boundary") == [b"<a/>"]


@pytest.mark.parametrize("kind", ["", "text/html", "multipart/mixed", f"multipart/mixed; boundary={'x' * 99}"])
def test_an_answer_that_is_not_in_parts_is_refused(kind: str) -> None:
    with pytest.raises(InvalidEvent, match="not_multipart"):
        MultipartReader(kind)


@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"--boundary", b"\r\n", b"\r\n\r\n", b"--boundary\r\n\r\n", b"<a/>"]), max_size=20))  # fmt: skip
def test_no_bytes_break_it(chunks: list[bytes]) -> None:
    reader = MultipartReader(TYPE)
    for chunk in chunks:
        reader.feed(chunk)
    assert b"<end/>" in reader.feed(b"\r\n" + part(b"x", length=None) + part(b"<end/>") + part(b"<end/>"))
