import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.access.accounts import Accounts
from dashboard.access.session import Sessions
from ingest.contract.clock import RealClock
from tests.dashboard.support.board import QUICK_HASH
from tests.dashboard.support.ward import board_settings


@pytest.fixture
def settings(tmp_path):
    return board_settings(tmp_path)


@pytest.fixture
def accounts(settings):
    found = Accounts(settings, QUICK_HASH)
    found.add("lan", frozenset({"leader"}))
    return found


@pytest.fixture
def now():
    return RealClock().now() + timedelta(seconds=1)


def key_of(sessions: Sessions, cookie: str) -> str:
    key = sessions.key(cookie)
    assert key
    return key


def begun(sessions: Sessions, now: datetime) -> str:
    """The key of a new session."""
    return key_of(sessions, sessions.begin("lan", now))


def test_a_log_in_is_known_by_its_cookie(settings, accounts, now):
    sessions = Sessions(settings, accounts)
    key = begun(sessions, now)
    assert sessions.account(key, now).name == "lan"


def test_a_cookie_of_another_key_or_changed_is_none_of_ours(settings, accounts, now):
    cookie = Sessions(settings, accounts).begin("lan", now)
    other = Sessions(
        board_settings(settings.data_folder, session_secret="another-secret-of-the-tests-98765432"), accounts
    )
    assert other.key(cookie) is None
    assert Sessions(settings, accounts).key(f"x{cookie}") is None
    assert Sessions(settings, accounts).key("") is None
    assert Sessions(settings, accounts).key("\udcff.x") is None


def test_the_file_holds_nothing_to_log_in_with(settings, accounts, now):
    cookie = Sessions(settings, accounts).begin("lan", now)
    text = (settings.folder / "sessions.json").read_text()
    assert cookie not in text
    assert cookie.split(".")[0] not in text


def test_it_outlives_a_restart(settings, accounts, now):
    cookie = Sessions(settings, accounts).begin("lan", now)
    later = Sessions(settings, accounts)
    assert later.account(key_of(later, cookie), now).name == "lan"


def test_logging_out_ends_it_on_the_server(settings, accounts, now):
    sessions = Sessions(settings, accounts)
    cookie = sessions.begin("lan", now)
    sessions.end(key_of(sessions, cookie), now)
    assert sessions.account(key_of(sessions, cookie), now) is None
    again = Sessions(settings, accounts)
    assert again.account(key_of(again, cookie), now) is None


def test_it_expires_when_unused_and_in_any_case(settings, accounts, now):
    sessions = Sessions(settings, accounts)
    key = begun(sessions, now)
    idle, longest = settings.session_idle, settings.session_longest
    assert sessions.account(key, now + idle - timedelta(minutes=1))
    assert sessions.account(key, now + 2 * idle - timedelta(minutes=2)), "it was used meanwhile"
    assert sessions.account(key, now + 4 * idle) is None
    key = begun(sessions, now)
    for hours in range(0, int(longest.total_seconds() // 3600)):
        assert sessions.account(key, now + timedelta(hours=hours))
    assert sessions.account(key, now + longest) is None


def test_looking_without_using_does_not_keep_it_alive(settings, accounts, now):
    sessions = Sessions(settings, accounts)
    key = begun(sessions, now)
    assert sessions.account(key, now + settings.session_idle / 2, used=False)
    assert sessions.account(key, now + settings.session_idle, used=False) is None


def test_a_new_password_or_a_removed_account_ends_its_log_ins(settings, accounts):
    early = datetime.now(UTC)
    sessions = Sessions(settings, accounts)
    key = begun(sessions, early)
    accounts.reset("lan")
    assert sessions.account(key, early) is None
    later = RealClock().now() + timedelta(seconds=1)
    key = begun(sessions, later)
    accounts.remove("lan")
    assert sessions.account(key, later) is None


def test_what_has_expired_leaves_the_file(settings, accounts, now):
    sessions = Sessions(settings, accounts)
    sessions.begin("lan", now)
    sessions.begin("lan", now + timedelta(days=30))
    assert len(json.loads((settings.folder / "sessions.json").read_text())) == 1
