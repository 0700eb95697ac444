import stat
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.access.api_key import FeedKeys
from tests.dashboard.support.ward import board_settings

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return board_settings(tmp_path)


def test_a_key_is_known_by_its_text_and_kept_as_a_hash(settings):
    keys = FeedKeys(settings)
    key, text = keys.make("city", ("hong-bang",), NOW, NOW + timedelta(days=1))
    assert text.startswith(f"ioc_{key.id}_")
    assert keys.find(text) == key
    for path in settings.folder.iterdir():
        assert text.removeprefix(f"ioc_{key.id}_").encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_may_hold_underscores(settings):
    keys = FeedKeys(settings)
    for _ in range(40):
        key, text = keys.make("city", ("hong-bang",), NOW, NOW)
        assert keys.find(text) == key


def test_other_texts_are_no_keys(settings):
    keys = FeedKeys(settings)
    key, text = keys.make("city", ("hong-bang",), NOW, NOW)
    other, _ = keys.make("city", ("hong-bang",), NOW, NOW)
    for wrong in (
        "",
        "ioc",
        "ioc__",
        f"ioc_{key.id}_",
        text + "x",
        text[:-1],
        text.replace(key.id, other.id),
        f"x{text}",
    ):
        assert keys.find(wrong) is None


def test_two_keys_live_at_once_and_one_can_go(settings):
    here, there = FeedKeys(settings), FeedKeys(settings)
    old, old_text = here.make("city", ("hong-bang",), NOW, NOW)
    new, new_text = here.make("city", ("hong-bang",), NOW, NOW)
    assert there.find(old_text)
    here.remove(old.id)
    assert there.find(old_text) is None
    assert there.find(new_text) == new
    with pytest.raises(KeyError):
        here.remove(old.id)


def test_it_expires(settings):
    key, _ = FeedKeys(settings).make("city", ("hong-bang",), NOW, NOW + timedelta(days=1))
    assert key.is_valid(NOW)
    assert not key.is_valid(NOW + timedelta(days=1))
