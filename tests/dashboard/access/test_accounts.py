import stat

import pytest

from dashboard.access.accounts import FIRST, Accounts, ensure_first, first_password
from dashboard.store.store import BoardStore
from tests.dashboard.support.board import QUICK_HASH
from tests.dashboard.support.ward import board_settings


@pytest.fixture
def settings(tmp_path):
    return board_settings(tmp_path)


def test_the_first_account_is_made_once_and_its_password_shown_once(settings):
    password = ensure_first(settings)
    assert password
    assert ensure_first(settings) is None
    account = Accounts(settings).check(FIRST, password)
    assert account
    assert account.rights == {"admin", "analyst", "leader"}


def test_where_nobody_sees_it_the_first_password_waits_for_the_owner_of_the_store(settings):
    password = ensure_first(settings, leave=True)
    assert password
    waiting = first_password(settings)
    assert waiting.read_text("utf-8") == f"{FIRST}  /  {password}\n"
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600
    assert ensure_first(settings, leave=True) is None  # a second start changes neither
    assert Accounts(settings).check(FIRST, password)
    assert not waiting.exists()


def test_no_password_is_kept(settings):
    password = ensure_first(settings)
    ((hash,),) = BoardStore(settings.folder).read("SELECT hash FROM accounts")
    assert hash.startswith("$argon2id$")
    files = list(settings.folder.iterdir())
    assert {path.name for path in files} <= {"store.db", "store.db-wal", "store.db-shm", "store-copy.db"}
    for path in files:
        assert password.encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.folder.stat().st_mode) == 0o700


def test_passwords_are_long_random_and_of_several_kinds(settings):
    accounts = Accounts(settings, QUICK_HASH)
    passwords = {accounts.add(f"person-{n}", frozenset({"leader"})) for n in range(3)}
    assert len(passwords) == 3
    for password in passwords:
        assert len(password) >= 20
        assert any(c.isdigit() for c in password)
        assert any(c.isupper() for c in password)
        assert any(c.islower() for c in password)


def test_a_wrong_password_or_name_is_nobody(settings):
    accounts = Accounts(settings, QUICK_HASH)
    password = accounts.add("lan", frozenset({"leader"}))
    assert accounts.check("lan", password + "x") is None
    assert accounts.check("nobody", password) is None
    assert accounts.check("lan", "") is None


def test_reset_and_remove_are_seen_by_another_process(settings):
    here, there = Accounts(settings, QUICK_HASH), Accounts(settings, QUICK_HASH)
    old = here.add("lan", frozenset({"analyst"}))
    assert there.check("lan", old)
    new = here.reset("lan")
    assert there.check("lan", old) is None
    assert there.check("lan", new)
    assert there.all()["lan"].rights == {"analyst"}
    here.remove("lan")
    assert there.all() == {}


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "../x", "tên", "a\nb"])
def test_unusable_names_are_refused(settings, name):
    with pytest.raises(ValueError, match="name"):
        Accounts(settings, QUICK_HASH).add(name, frozenset({"leader"}))


def test_a_name_is_taken_once_and_rights_must_exist(settings):
    accounts = Accounts(settings, QUICK_HASH)
    accounts.add("lan", frozenset({"leader"}))
    with pytest.raises(ValueError, match="already"):
        accounts.add("lan", frozenset({"leader"}))
    with pytest.raises(ValueError, match="no such right: root"):
        accounts.add("minh", frozenset({"root"}))
    with pytest.raises(KeyError):
        accounts.reset("nobody")
    with pytest.raises(KeyError):
        accounts.remove("nobody")
