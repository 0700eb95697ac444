import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source.cursor import Cursor
from tests.ingest.support.toy import context

PSEUDONYM = context("w").pseudonym
CODE = "2026-03-02T08:00:00+07:00|H31.14.2-260302-0001|ễ"


def test_reads_what_was_saved(tmp_path):
    cursor = Cursor(tmp_path / "connectors", "one", PSEUDONYM)
    assert cursor.read() is None
    cursor.save(CODE)
    cursor.save("next")
    assert Cursor(tmp_path / "connectors", "one", PSEUDONYM).read() == "next"
    assert [path.name for path in (tmp_path / "connectors").iterdir()] == ["one.cursor"]


@given(st.text(max_size=300))
def test_whatever_it_is_comes_back_and_is_not_in_the_file(tmp_path_factory, text):
    cursor = Cursor(tmp_path_factory.getbasetemp(), "any", PSEUDONYM)
    cursor.save(text)
    assert cursor.read() == (text or None)
    if len(text) > 8:
        assert text.encode() not in cursor.path.read_bytes()


def test_a_plain_one_of_an_earlier_version_is_sealed_when_it_is_read(tmp_path):
    (tmp_path / "one.cursor").write_text(CODE)
    cursor = Cursor(tmp_path, "one", PSEUDONYM)
    assert cursor.read() == CODE
    assert b"H31.14.2" not in cursor.path.read_bytes()
    assert cursor.path.stat().st_mode & 0o077 == 0
    assert cursor.read() == CODE


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"sealed.1.", b"sealed.1.%%", b"sealed.1." + b"A" * 80])
def test_a_damaged_file_means_reading_anew(tmp_path, content):
    (tmp_path / "one.cursor").write_bytes(content)
    assert Cursor(tmp_path, "one", PSEUDONYM).read() is None


def test_another_key_and_another_connector_open_nothing(tmp_path):
    Cursor(tmp_path, "one", PSEUDONYM).save(CODE)
    assert Cursor(tmp_path, "one", lambda code: "00" * 16).read() is None
    (tmp_path / "one.cursor").rename(tmp_path / "other.cursor")
    assert Cursor(tmp_path, "other", PSEUDONYM).read() is None


def test_a_save_that_is_cut_leaves_the_old_cursor(tmp_path):
    cursor = Cursor(tmp_path, "one", PSEUDONYM)
    cursor.save("old")
    (tmp_path / "one.new").write_text("half")
    assert cursor.read() == "old"
    cursor.save("new")
    assert cursor.read() == "new"
