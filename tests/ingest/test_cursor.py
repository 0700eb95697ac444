import pytest

from ingest.cursor import Cursor


def test_reads_what_was_saved(tmp_path):
    cursor = Cursor(tmp_path / "connectors", "one")
    assert cursor.read() is None
    cursor.save("2026-03-02T08:00:00+07:00|ễ")
    cursor.save("next")
    assert Cursor(tmp_path / "connectors", "one").read() == "next"
    assert [path.name for path in (tmp_path / "connectors").iterdir()] == ["one.cursor"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe"])
def test_a_damaged_file_means_reading_anew(tmp_path, content):
    (tmp_path / "one.cursor").write_bytes(content)
    assert Cursor(tmp_path, "one").read() is None


def test_a_save_that_is_cut_leaves_the_old_cursor(tmp_path):
    cursor = Cursor(tmp_path, "one")
    cursor.save("old")
    (tmp_path / "one.new").write_text("half")
    assert cursor.read() == "old"
    cursor.save("new")
    assert cursor.read() == "new"
