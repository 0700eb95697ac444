"""The store of what people set: several processes, crashes, damage, and the JSON files of earlier versions."""

import json
import logging
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands import account, display, doctor, feed_key
from dashboard.access.accounts import FIRST, Accounts
from dashboard.access.api_key import FeedKeys
from dashboard.access.displays import Displays
from dashboard.access.rights import RIGHTS
from dashboard.pages.sql.saved_query import SavedQueries
from dashboard.store import store as stores
from dashboard.store.changes import OURSELVES, recent_changes
from dashboard.store.store import BUSY, DAMAGED, BoardStore, StoreUnavailable, StoreView
from ingest.contract.errors import ConfigurationError
from tests.dashboard.support.board import QUICK_HASH, BoardOfTests
from tests.dashboard.support.ward import board_settings
from tests.support.warehouse_server import ROOT
from warehouse.maintenance.backups import files, restore
from warehouse.maintenance.backups.tables import BackupError

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
JSON_FILES = Path(__file__).parent / "json_files"
"""As the last version without a store wrote them."""
KEY = "ioc_a00af5f4_WSisdJcWkjoLIWstielKuyEy9V8MJ99IG_qzyH8ISWk"
AUDIT_KEY = "ioc_8283be96_u1q4wRYteLIsJZ2eBWkLEz-3BkhKCCAh8RXnqyOgtmY"
TOKEN = "iocw_262a4a23_KxCviPRU6YX_dt-A3Xjrif_yZO0oPSKjSUBygJ-EHxM"
COUNTED = "SELECT sql FROM saved_queries WHERE person = 'lan' ORDER BY name"


@pytest.fixture
def settings(tmp_path):
    return board_settings(tmp_path)


@pytest.fixture
def store(settings):
    return BoardStore(settings.folder)


@contextmanager
def processes(folder, *each):
    """Processes that are ready to act and wait for a line."""
    command = [sys.executable, "-m", "tests.dashboard.support.store_process", str(folder)]
    started = [
        subprocess.Popen([*command, *act], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for act in each
    ]
    try:
        for process in started:
            assert process.stdout.readline() == "ready\n"
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


def go(started):
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()


def said(started):
    """What each says until it ends."""
    found = [process.communicate()[0].strip() for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    return found


# -- Several processes


@pytest.mark.processes
def test_processes_that_change_the_same_at_the_same_time_lose_nothing(settings, tmp_path):
    rounds = 30
    with processes(tmp_path, ("many", "board", str(rounds)), ("many", "command", str(rounds))) as started:
        go(started)
        said(started)
    made = [f"{who} {number}" for who in ("board", "command") for number in range(rounds)]
    stay = [name for name in made if int(name.split()[1]) % 2 == 0]
    assert sorted(SavedQueries(settings).of("lan")) == sorted(made)
    assert sorted(key.name for key in FeedKeys(settings).all().values()) == sorted(stay)
    assert sorted(one.name for one in Displays(settings).all().values()) == sorted(stay)
    assert len(recent_changes(BoardStore(settings.folder), 1000)) == 2 * (len(made) + rounds)


@pytest.mark.processes
def test_of_two_that_add_the_same_account_one_is_refused(settings, tmp_path):
    with processes(tmp_path, ("add", "lan"), ("add", "lan")) as started:
        go(started)
        passwords = said(started)
    refused, password = sorted(passwords, key=lambda one: "already" not in one)
    assert "refused" in refused
    assert Accounts(settings, QUICK_HASH).check("lan", password)


@pytest.mark.processes
def test_of_two_first_starts_one_makes_the_account(settings, tmp_path):
    with processes(tmp_path, ("first",), ("first",)) as started:
        go(started)
        passwords = said(started)
    assert passwords.count("None") == 1
    assert Accounts(settings, QUICK_HASH).check(FIRST, next(one for one in passwords if one != "None"))


# -- Crashes


@pytest.mark.processes
def test_who_is_killed_in_the_middle_of_a_change_has_changed_nothing(settings, tmp_path):
    SavedQueries(settings).save("lan", "waits", "SELECT 1")
    with processes(tmp_path, ("hang",)) as started:
        go(started)
        assert started[0].stdout.readline() == "changed\n"
        assert SavedQueries(settings).of("lan") == {"waits": "SELECT 1"}, "nobody sees half a change"
    assert SavedQueries(settings).of("lan") == {"waits": "SELECT 1"}
    SavedQueries(settings).save("lan", "more", "SELECT 2")
    assert len(SavedQueries(settings).of("lan")) == 2


@pytest.mark.processes
def test_a_kill_at_any_moment_leaves_what_was_kept_and_nothing_by_halves(store, tmp_path):
    chance = random.Random(11)
    for _ in range(6):
        with processes(tmp_path, ("count",)) as started:
            go(started)
            for _ in range(chance.randint(1, 12)):
                kept = int(started[0].stdout.readline())
            started[0].kill()
            rest = started[0].stdout.read().split()
        kept = int(rest[-1]) if rest else kept
        (first,), (second,) = store.read(COUNTED)
        assert first == second
        assert int(first) in (kept, kept + 1), "all that was said to be kept, and at most what was just being kept"
        assert store.read("PRAGMA integrity_check") == [("ok",)]


# -- In use, or damaged


def test_a_change_waits_only_so_long_and_reading_not_at_all(settings):
    accounts = Accounts(settings, QUICK_HASH)
    accounts.add("lan", frozenset({"leader"}))
    impatient = BoardStore(settings.folder, timedelta(milliseconds=50))
    with BoardStore(settings.folder).change():
        with pytest.raises(StoreUnavailable) as refused, impatient.change():
            pass
        assert refused.value.public == BUSY
        assert list(Accounts(settings, QUICK_HASH).all()) == ["lan"]
    with impatient.change() as connection:
        connection.execute("DELETE FROM accounts")
    assert accounts.all() == {}


def test_what_raises_in_the_middle_changes_nothing(store):
    def break_off():
        with store.change() as connection:
            connection.execute("INSERT INTO saved_queries VALUES ('lan', 'a', 'b')")
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert store.read("SELECT * FROM saved_queries") == []


def test_each_commit_is_on_the_disk_and_the_log_stays_short(store, settings, monkeypatch):
    log_file = settings.folder / "store.db-wal"
    with store.change() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
        assert connection.execute("PRAGMA synchronous").fetchall() == [(2,)], "FULL"
        assert connection.execute("PRAGMA wal_autocheckpoint").fetchall() == [(0,)], "none beside a commit"
        connection.execute("INSERT INTO saved_queries VALUES ('lan', 'a', 'SELECT 1')")
    assert log_file.stat().st_size > 0
    monkeypatch.setattr(stores, "LARGEST_LOG", 1)
    with store.change() as connection:
        connection.execute("DELETE FROM saved_queries")
    assert log_file.stat().st_size == 0
    assert store.read("SELECT * FROM saved_queries") == []


def test_a_store_that_is_damaged_while_it_is_open_is_read_from_its_copy(store, settings, monkeypatch):
    monkeypatch.setattr(stores, "LARGEST_LOG", 1)
    with store.change() as connection:
        connection.execute("INSERT INTO saved_queries VALUES ('lan', 'a', 'SELECT 1')")
    path = settings.folder / "store.db"
    whole = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (whole - 4096))
    store.read("PRAGMA shrink_memory")  # what was read before is not known any more
    assert store.read("SELECT sql FROM saved_queries") == [("SELECT 1",)]
    with pytest.raises(StoreUnavailable) as refused, store.change():
        pass
    assert refused.value.public == DAMAGED


def test_what_was_read_holds_while_the_store_cannot_be_read(store, monkeypatch):
    names = StoreView(store, "SELECT name FROM accounts", lambda rows: [name for (name,) in rows])
    assert names() == []

    def fail(*_):
        raise StoreUnavailable(BUSY)

    monkeypatch.setattr(store, "read_if_changed", fail)
    assert names() == []
    with pytest.raises(StoreUnavailable):
        StoreView(store, "SELECT 1", list)()


DAMAGE = {
    "garbage": lambda whole: b"\xff" * len(whole),
    "emptied": lambda whole: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "zeros": lambda whole: whole[:4096] + bytes(len(whole) - 4096),
    "another database": lambda whole: b"",
}


def damage(folder, how):
    path = folder / "store.db"
    if how == "gone":
        path.unlink()
        return
    assert {one.name for one in folder.glob("store.db*")} == {"store.db"}, "the last one to close it leaves one file"
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    if how == "another database":
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE accounts (name)")


@pytest.mark.parametrize("how", [*DAMAGE, "gone"])
async def test_a_damaged_store_stops_neither_the_wall_nor_log_in_and_says_what_to_do(settings, how, tmp_path, caplog):
    password = Accounts(settings, QUICK_HASH).add("lan", frozenset({"leader"}))
    token = Displays(settings).add("hall", NOW)[1]
    damage(settings.folder, how)
    caplog.set_level(logging.ERROR, "dashboard.store")
    tested = BoardOfTests(tmp_path)
    async with tested.client() as client:
        entered = await client.get(f"/wall?token={token}", follow_redirects=True, headers={"accept": "text/html"})
        assert (entered.status_code, entered.url.path) == (200, "/wall/")
        assert (await client.post("/login", data={"name": "lan", "password": password})).status_code == 303
    assert "./ioc down" in caplog.text
    with pytest.raises(StoreUnavailable) as refused:
        Displays(settings).add("another", NOW)
    assert refused.value.public == DAMAGED
    for text in (refused.value.detail.vi, refused.value.detail.en):
        assert f"{settings.folder / 'store.db'}" in text
        assert "./ioc down" in text


@pytest.mark.parametrize("how", ["garbage", "gone"])
def test_what_is_said_to_be_done_mends_a_damaged_store(settings, how):
    Displays(settings).add("hall", NOW)
    damage(settings.folder, how)
    with pytest.raises(StoreUnavailable) as refused:
        BoardStore(settings.folder).check()
    mend = refused.value.detail.en.partition("./ioc down; ")[2].partition("; ./ioc up")[0]
    subprocess.run(["/bin/sh", "-c", mend], check=True)
    assert [one.name for one in Displays(settings).all().values()] == ["hall"]
    Displays(settings).add("desk", NOW)
    assert (settings.folder / "damaged" / "store.db").exists() == (how == "garbage")


async def test_without_a_copy_nobody_enters_and_everybody_is_told_why(settings, tmp_path, monkeypatch, capsys):
    token = Displays(settings).add("hall", NOW)[1]
    damage(settings.folder, "garbage")
    (settings.folder / "store-copy.db").unlink()
    tested = BoardOfTests(tmp_path)
    async with tested.client() as client:
        page = {"accept": "text/html"}
        wall = await client.get(f"/wall?token={token}", headers=page)
        assert wall.status_code == 503
        assert DAMAGED.vi in wall.text
        log_in = await client.post("/login", data={"name": "lan", "password": "x"}, headers=page)
        assert log_in.status_code == 503
        assert DAMAGED.vi in log_in.text
        feed = await client.get("/api/feed/v1/indicators", headers={"authorization": f"Bearer {KEY}"})
        assert feed.status_code == 503
        assert (await client.get("/livez")).status_code == 200
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IOC_DATA_FOLDER", str(tmp_path))
    for command in (account.main, feed_key.main, display.main):
        assert command(["list"]) == 1
        told = capsys.readouterr().err
        assert "./ioc restore" in told
        assert "bị hỏng" in told
    assert doctor.main([]) == 1
    assert "./ioc restore" in "".join(capsys.readouterr())


# -- Versions


def test_a_store_of_a_newer_version_is_refused(store, settings):
    with store.change() as connection:
        connection.execute("INSERT INTO schema_migrations VALUES (9999, 'later', '', '')")
    with pytest.raises(ConfigurationError, match="9999_later"):
        BoardStore(settings.folder).check()


def test_a_store_of_an_earlier_version_is_migrated_once(store, tmp_path, monkeypatch):
    with store.change() as connection:
        connection.execute("INSERT INTO saved_queries VALUES ('lan', 'a', 'SELECT 1')")
    folder = tmp_path / "migrations"
    shutil.copytree(stores.MIGRATIONS, folder)
    newest = len(list(folder.glob("*.sql"))) + 1
    (folder / f"{newest:04}_more.sql").write_text(
        "ALTER TABLE saved_queries ADD COLUMN note TEXT NOT NULL DEFAULT 'none';\n"
    )
    monkeypatch.setattr(stores, "MIGRATIONS", folder)
    for _ in range(2):
        migrated = BoardStore(tmp_path / "dashboard")
        assert migrated.read("SELECT name, note FROM saved_queries") == [("a", "none")]
    assert migrated.read("SELECT version FROM schema_migrations") == [(version,) for version in range(1, newest + 1)]


# -- JSON files of earlier versions


@pytest.fixture
def former(settings):
    """An install of the last version without a store."""
    shutil.copytree(JSON_FILES, settings.folder)
    return settings


def test_what_stands_in_the_json_files_of_an_earlier_version_is_taken_over(former):
    accounts, keys, displays = Accounts(former, QUICK_HASH), FeedKeys(former), Displays(former)
    assert {one.name: one.rights for one in accounts.all().values()} == {"admin": RIGHTS, "lan": {"leader"}}
    assert accounts.check("admin", "Mat-khau-thu-14423")
    city, audit = keys.find(KEY), keys.find(AUDIT_KEY)
    assert (city.name, city.wards, city.scopes) == ("Hải Phòng", ("hong-bang", "le-chan"), ("feed",))
    assert audit.scopes == ("feed", "board")
    assert audit.expires_at == NOW + timedelta(days=1)
    hall = displays.find(TOKEN)
    assert hall.stops == (("/", timedelta(seconds=30)), ("/queue", timedelta(seconds=20)))
    assert (hall.name, str(hall.network), hall.language) == ("Sảnh tầng 1", "10.0.0.0/8", "en")
    assert {one.name for one in displays.all().values()} == {"Sảnh tầng 1", "desk"}
    assert SavedQueries(former).of("lan") == {"chờ lâu": 'SELECT 1 AS "một"'}
    assert not list(former.folder.glob("*.json"))
    kept = {path.name.rpartition(".")[0]: path for path in (former.folder / "before-store").iterdir()}
    assert {name: path.read_bytes() for name, path in kept.items()} == {
        path.name: path.read_bytes() for path in JSON_FILES.iterdir()
    }
    assert stat.S_IMODE((former.folder / "before-store").stat().st_mode) == 0o700


def test_keys_from_before_there_were_scopes_are_for_the_feed(settings):
    rows = json.loads((JSON_FILES / "feed_keys.json").read_text())
    del rows[0]["scopes"]
    settings.folder.mkdir()
    (settings.folder / "feed_keys.json").write_text(json.dumps(rows))
    assert FeedKeys(settings).find(KEY).scopes == ("feed",)


def test_a_file_is_taken_over_once_whatever_was_cut_off(former):
    Accounts(former, QUICK_HASH).remove("lan")
    shutil.copy(JSON_FILES / "accounts.json", former.folder)  # as if it had not been moved
    assert list(Accounts(former, QUICK_HASH).all()) == ["admin"]
    assert not (former.folder / "accounts.json").exists()


def test_a_json_file_that_cannot_be_read_is_named_and_nothing_is_taken_over(former):
    (former.folder / "queries.json").write_text('{"lan": ')
    with pytest.raises(StoreUnavailable, match=r"queries\.json") as refused:
        Accounts(former, QUICK_HASH).all()
    assert "queries.json" in refused.value.detail.vi
    assert (former.folder / "accounts.json").exists()
    (former.folder / "queries.json").unlink()
    assert len(Accounts(former, QUICK_HASH).all()) == 2


# -- Who changed what


def test_who_changed_what_is_written_down_without_secrets(settings, monkeypatch):
    monkeypatch.setenv("LOGNAME", "truc-ban")
    accounts, keys, displays, store = (
        Accounts(settings, QUICK_HASH),
        FeedKeys(settings),
        Displays(settings),
        BoardStore(settings.folder),
    )
    passwords = [accounts.add("lan", frozenset({"leader"})), accounts.reset("lan")]
    accounts.change("lan", "Mat-khau-thu-14423")
    key, text = keys.make("city", ("hong-bang",), NOW, NOW)
    keys.make("audit", ("hong-bang",), NOW, NOW, by=OURSELVES)
    display, token = displays.add("hall", NOW)
    keys.remove(key.id)
    displays.revoke(display.id)
    accounts.remove("lan")
    found = recent_changes(store, 100)
    assert [(one.by, one.kind, one.subject, one.act) for one in reversed(found)] == [
        ("truc-ban", "account", "lan", "added"),
        ("truc-ban", "account", "lan", "reset"),
        ("lan", "account", "lan", "password"),
        ("truc-ban", "feed_key", f"{key.id} city", "added"),
        ("truc-ban", "display", f"{display.id} hall", "added"),
        ("truc-ban", "feed_key", f"{key.id} city", "removed"),
        ("truc-ban", "display", f"{display.id} hall", "removed"),
        ("truc-ban", "account", "lan", "removed"),
    ]
    assert len(recent_changes(store, 2)) == 2
    written = str(store.read("SELECT * FROM changes"))
    for secret in (
        *passwords,
        text.split(f"{key.id}_")[1],
        token.split(f"{display.id}_")[1],
        "Mat-khau-thu-14423",
        "argon2",
    ):
        assert secret not in written


# -- Backups


def test_a_backup_holds_the_store_as_it_is_without_what_was_deleted(settings, tmp_path):
    queries, accounts = SavedQueries(settings), Accounts(settings, QUICK_HASH)
    queries.save("lan", "gone", "SELECT 'removed canary'")
    queries.delete("lan", "gone")
    queries.save("lan", "stays", "SELECT 'kept canary'")
    accounts.add("lan", frozenset({"leader"}))
    path = files.files_to_back_up(tmp_path, secrets=False)["data/dashboard/store.db"]
    with BoardStore(settings.folder).change() as connection:
        connection.execute("DELETE FROM accounts")
        held = files.backup_content(path)
    assert accounts.all() == {}
    assert b"kept canary" in held
    assert b"removed canary" not in held
    other = board_settings(tmp_path / "other")
    other.folder.mkdir(parents=True)
    (other.folder / "store.db").write_bytes(held)
    assert list(Accounts(other, QUICK_HASH).all()) == ["lan"], "as it was before the change that was not kept yet"


def test_of_a_damaged_store_the_copy_is_backed_up(settings, tmp_path):
    SavedQueries(settings).save("lan", "a", "SELECT 'kept canary'")
    for how in ("emptied", "garbage", "gone"):
        damage(settings.folder, how)
        path = files.files_to_back_up(tmp_path, secrets=False)["data/dashboard/store.db"]
        assert b"kept canary" in files.backup_content(path)
    (settings.folder / "store-copy.db").unlink()
    with pytest.raises(BackupError, match="doctor"):
        files.backup_content(path)


def test_a_backup_of_json_files_takes_the_place_of_a_store(settings, tmp_path):
    Accounts(settings, QUICK_HASH).add("minh", frozenset({"leader"}))
    kept = Accounts(settings, QUICK_HASH)  # its log is there too
    assert list(kept.all()) == ["minh"]
    work = tmp_path / "restore.part"
    (work / "warehouse").mkdir(parents=True)
    shutil.copytree(JSON_FILES, work / "files" / "data" / "dashboard")
    restore.swap_folders(work, tmp_path, tmp_path / "aside")
    assert list(Accounts(settings, QUICK_HASH).all()) == ["admin", "lan"]
    assert Displays(settings).find(TOKEN)
    assert list(Accounts(settings.model_copy(update={"data_folder": tmp_path / "aside"})).all()) == ["minh"]
