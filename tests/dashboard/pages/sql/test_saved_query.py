import pytest

from dashboard.pages.sql import saved_query
from dashboard.pages.sql.saved_query import SavedQueries
from tests.dashboard.support.ward import board_settings


@pytest.fixture
def saved(tmp_path):
    return SavedQueries(board_settings(tmp_path))


def test_each_person_has_their_own(saved):
    saved.save("lan", "waits", "SELECT 1")
    saved.save("minh", "waits", "SELECT 2")
    assert saved.of("lan") == {"waits": "SELECT 1"}
    assert saved.of("minh") == {"waits": "SELECT 2"}
    assert saved.of("nobody") == {}


def test_a_name_is_replaced_and_deleted(saved):
    saved.save("lan", "  chờ   lâu ", "SELECT 1")
    saved.save("lan", "chờ lâu", "SELECT 2")
    assert saved.of("lan") == {"chờ lâu": "SELECT 2"}
    saved.delete("lan", "chờ lâu")
    saved.delete("lan", "chờ lâu")
    assert saved.of("lan") == {}


@pytest.mark.parametrize(("name", "sql"), [("", "SELECT 1"), ("x" * 81, "SELECT 1"), ("x", " "), ("x", "y" * 20_001)])
def test_what_is_empty_or_too_long_is_refused(saved, name, sql):
    with pytest.raises(ValueError, match="characters"):
        saved.save("lan", name, sql)


def test_there_is_an_end(saved, monkeypatch):
    monkeypatch.setattr(saved_query, "MOST", 2)
    saved.save("lan", "a", "1")
    saved.save("lan", "b", "2")
    saved.save("lan", "b", "3")
    with pytest.raises(ValueError, match="delete some"):
        saved.save("lan", "c", "4")
