"""Backup and restore by their commands, on the real engine; no Kafka takes part (tests/faults has that)."""

import hashlib
import json
import tarfile
from pathlib import Path

import pyrage
import pytest

from commands import backup, restore
from commands.install import preflight
from commands.install.settings import install_of
from commands.supervision.stack import Stack
from dashboard.access.accounts import Accounts
from dashboard.access.displays import Displays
from ingest.contract.clock import RealClock
from tests.support import raw
from tests.support.made import events
from warehouse.maintenance.backups.sealing import public_key
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect
from warehouse.store.snapshots import Snapshot, write_snapshots

pytestmark = pytest.mark.embedded

COUNT = 2000


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("kept"), ("warehouse",)) as running:
        folder = running.folder
        with connect(running.settings(WarehouseSettings)) as client:
            raw.store(client, events(seed=3, count=COUNT))
            write_snapshots(client, [(("ioc.queue.v1", 0), Snapshot(7, 7, [["one", [1, 2]]]))])
        for name, text in {
            "connectors/petition_portal.cursor": "the place",
            "dashboard/city_cuts.json": "{}",
            "dashboard/sessions.json": "[]",
            "calendar.toml": "# days off",
        }.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        Accounts(running.install.board).add("lan", frozenset({"leader"}))
        Displays(running.install.board).add("hall", RealClock().now())
        yield running


@pytest.fixture
def here(monkeypatch, tmp_path):
    """Become somebody at a terminal of an install."""
    monkeypatch.chdir(tmp_path)

    def become(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return become


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    """The file with the key, which is kept elsewhere."""
    file = tmp_path_factory.mktemp("safe") / "key.txt"
    assert backup.main(["--new-key", str(file)]) == 0
    return file


@pytest.fixture(scope="module")
def sealed(stack, key, tmp_path_factory):
    """A backup with secrets, taken while the warehouse runs, where only the public key is known."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        for name, value in stack.variables.items():
            patch.setenv(name, value)
        patch.setenv("IOC_KEEPER_BACKUP_KEY", public_key(str(key)))
        assert backup.main(["--with-secrets", "--json"]) == 0
    (file,) = (stack.folder / "backups").glob("*.age")
    return file


@pytest.fixture(scope="module")
def made(sealed, key, tmp_path_factory):
    """The same, opened as any program for age files does."""
    file = tmp_path_factory.mktemp("open") / sealed.stem
    identity = next(line for line in key.read_text().splitlines() if line.startswith("AGE-SECRET-KEY"))
    pyrage.decrypt_file(str(sealed), str(file), [pyrage.x25519.Identity.from_str(identity)])
    return file


def fingerprint(settings: WarehouseSettings):
    with connect(settings) as client:
        return client.query("SELECT count(), sum(cityHash64(*)) FROM raw_events")


def test_a_backup_is_one_private_file_that_says_what_is_in_it(made, sealed):
    assert sealed.name.startswith("ioc-hong-bang-20")
    assert sealed.name.endswith(".tar.age")
    assert sealed.stat().st_mode & 0o077 == 0
    with tarfile.open(made) as tar:
        names = tar.getnames()
        content = tar.extractfile(names[-1])
        assert content
        manifest = json.load(content)
    assert names[-1] == "manifest.json"
    assert {"data/connectors/petition_portal.cursor", "data/dashboard/store.db", "data/calendar.toml"} <= set(names)
    assert "data/dashboard/city_cuts.json" in names
    assert "data/secrets/ioc_pseudonym_secret" in names
    assert "data/dashboard/sessions.json" not in names
    assert manifest["tables"]["raw_events"]["rows"] == COUNT
    assert set(names[:-1]) == set(manifest["files"])


def test_a_key_is_for_its_owner_only_and_never_overwritten(key, capsys):
    text = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    assert f"# public key: {public_key(str(key))}" in text
    assert backup.main(["--new-key", str(key)]) == 1
    said = capsys.readouterr().err
    assert "never overwritten" in said
    assert "không bao giờ ghi đè" in said
    assert key.read_text() == text


def test_secrets_go_nowhere_without_a_key(stack, here, tmp_path, capsys):
    here(stack.variables)
    assert backup.main(["--with-secrets", "--to", str(tmp_path / "usb")]) == 1
    said = capsys.readouterr().err
    assert "./ioc backup --new-key" in said
    assert "phải được mã hóa" in said
    assert backup.main(["--to", str(tmp_path / "usb"), "--key", "age1nothing"]) == 1
    assert "Đây không phải khóa công khai" in capsys.readouterr().err
    assert not list((tmp_path / "usb").glob("*"))


def test_an_encrypted_backup_shows_nothing_to_those_without_the_key(stack, sealed):
    held = sealed.read_bytes()
    assert held.startswith(b"age-encryption.org/v1")
    for secret in [*(stack.folder / "secrets").iterdir()]:
        assert secret.read_bytes().strip() not in held
    assert b"the place" not in held
    noted = sealed.with_name(sealed.name + ".sha256").read_text()
    assert noted == f"{hashlib.sha256(held).hexdigest()}  {sealed.name}\n"


@pytest.mark.parametrize(
    "damage", ["no key", "no such key", "another key", "cut", "cut at a block", "bit", "noted", "longer"]
)
def test_an_encrypted_backup_that_cannot_be_opened_changes_nothing(sealed, key, here, tmp_path, capsys, damage):
    file, another = tmp_path / sealed.name, tmp_path / "another.txt"
    backup.main(["--new-key", str(another)])
    held = sealed.read_bytes()
    middle = len(held) // 2
    broken = {
        "cut": held[:middle],
        "cut at a block": held[: middle - middle % 65552],
        "bit": held[:middle] + bytes([held[middle] ^ 1]) + held[middle + 1 :],
        "noted": held[:-1] + bytes([held[-1] ^ 1]),
        "longer": held + b"x",
    }
    file.write_bytes(broken.get(damage, held))
    if damage == "noted":
        file.with_name(file.name + ".sha256").write_bytes(sealed.with_name(sealed.name + ".sha256").read_bytes())
    keys = {"no key": [], "no such key": ["--key", str(tmp_path / "x")], "another key": ["--key", str(another)]}
    here({"IOC_DATA_FOLDER": str(tmp_path / "fresh")})
    for more in ([], ["--dry-run"]):
        assert restore.main([str(file), *keys.get(damage, ["--key", str(key)]), *more]) == 1
        said = capsys.readouterr().err
        assert {"no key": "đã được mã hóa", "no such key": "Không đọc được tệp khóa", "another key": "khóa khác"}.get(
            damage, "bị hỏng"
        ) in said
        assert {"no key": "is encrypted", "no such key": "cannot be read", "another key": "another key"}.get(
            damage, "damaged"
        ) in said
    assert {path.name for path in (tmp_path / "fresh").iterdir()} == {"secrets"}


@pytest.mark.long
def test_without_being_asked_no_secret_goes_with_it(stack, here, tmp_path, monkeypatch, capsys):
    here(stack.variables)
    (tmp_path / ".env").write_text("IOC_BOARD_PORT=8051\nexport IOC_KAFKA_PASSWORD=hunter2hunter2\n")
    with monkeypatch.context() as patch:
        patch.setattr("commands.install.settings.ROOT", tmp_path)
        assert backup.main(["--to", str(tmp_path / "usb")]) == 0
    (file,) = (tmp_path / "usb").iterdir()
    assert b"hunter2" not in file.read_bytes()
    assert b"IOC_BOARD_PORT=8051" in file.read_bytes()
    for secret in (stack.folder / "secrets").iterdir():
        assert secret.read_bytes() not in file.read_bytes()
    assert "pseudonym" in capsys.readouterr().err
    fresh = tmp_path / "fresh"  # with secrets of its own, and without settings
    (tmp_path / ".env").unlink()
    here({"IOC_DATA_FOLDER": str(fresh)})
    assert restore.main([str(file)]) == 0
    assert "secret here is another" in capsys.readouterr().err
    kept = (fresh / "settings-of-backup.env").read_text()
    assert kept == "IOC_BOARD_PORT=8051\n# IOC_KAFKA_PASSWORD is a secret and was left out\n"
    assert backup.main(["--json"]) == 0  # a stopped install is backed up as well
    report = json.loads(capsys.readouterr().out)
    assert report["tables"]["raw_events"]["rows"] == COUNT
    assert Path(report["file"]).parent == fresh / "backups"


def test_a_restored_install_has_the_same_rows_and_files(stack, sealed, key, here, tmp_path):
    before = fingerprint(stack.settings(WarehouseSettings))
    other = Stack(tmp_path / "other", ("warehouse",))
    for name, text in {"connectors/petition_portal.cursor": "newer", "connectors/other.cursor": "x"}.items():
        (other.folder / name).parent.mkdir(exist_ok=True, parents=True)
        (other.folder / name).write_text(text)
    with other:  # its own tables and accounts, which are to be moved aside
        Accounts(other.install.board).add("minh", frozenset({"leader"}))
    here(other.variables)
    assert restore.main([str(sealed), "--key", str(key)]) == 0
    assert not list(other.folder.glob("opened-*")), "nothing of it lies open any more"
    with Stack(other.folder, ("warehouse",)) as again:  # which reads the restored secrets
        settings = again.settings(WarehouseSettings)
        assert fingerprint(settings) == before
        with connect(settings) as client:
            assert client.query("SELECT count() FROM events")[0][0] == COUNT  # the views are there again
            assert client.query("SELECT count() > 1, uniqExact(offset) FROM fold_snapshots") == [(1, 1)]
    assert (other.folder / "connectors" / "petition_portal.cursor").read_text() == "the place"
    assert not (other.folder / "connectors" / "other.cursor").exists()
    assert Accounts(other.install.board).all() == Accounts(stack.install.board).all()
    assert Displays(other.install.board).all() == Displays(stack.install.board).all()
    secret = "secrets/ioc_pseudonym_secret"
    assert (other.folder / secret).read_text() == (stack.folder / secret).read_text()
    (aside,) = other.folder.glob("before-restore-*")
    assert (aside / "connectors" / "other.cursor").read_text() == "x"
    assert (aside / "warehouse").is_dir()
    assert list(Accounts(other.install.board.model_copy(update={"data_folder": aside})).all()) == ["minh"]
    assert (aside / secret).is_file()
    assert not list(other.folder.glob("restore-*"))


def test_a_dry_run_shows_and_changes_nothing(stack, made, here, tmp_path, capsys):
    here(stack.variables)
    assert restore.main([str(made), "--dry-run", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["tables"]["raw_events"] == {"backup": COUNT, "there": COUNT}
    assert report["polled"] == ["petition_portal"]
    fresh = tmp_path / "fresh"
    here({"IOC_DATA_FOLDER": str(fresh)})
    assert restore.main([str(made), "--dry-run"]) == 0
    assert f"raw_events{COUNT:>30}" in capsys.readouterr().err
    assert {path.name for path in fresh.iterdir()} == {"secrets"}


def test_a_running_install_is_not_restored(stack, made, here, capsys):
    here(stack.variables)
    assert restore.main([str(made)]) == 1
    assert "./ioc down" in capsys.readouterr().err
    assert not list(stack.folder.glob("before-restore-*"))


@pytest.mark.parametrize("damage", ["cut", "bit", "other"])
def test_a_damaged_backup_changes_nothing(made, here, tmp_path, capsys, damage):
    whole = made.read_bytes()
    at = whole.index(b"the place")
    broken = {
        "cut": whole[: len(whole) // 2],
        "bit": whole[:at] + b"The place" + whole[at + 9 :],
        "other": b"no tar at all" * 1000,
    }
    file = tmp_path / "broken.tar"
    file.write_bytes(broken[damage])
    here({"IOC_DATA_FOLDER": str(tmp_path / "fresh")})
    assert restore.main([str(file)]) == 1
    assert "Take another" in capsys.readouterr().err
    assert not (tmp_path / "fresh" / "warehouse").exists()
    assert not list((tmp_path / "fresh").glob("restore-*"))


def test_another_wards_backup_is_refused(made, here, tmp_path, capsys):
    here({"IOC_DATA_FOLDER": str(tmp_path / "fresh"), "IOC_WARD": "le-chan"})
    for options in ([], ["--dry-run"]):
        assert restore.main([str(made), *options]) == 1
        assert "hong-bang" in capsys.readouterr().err
    there = {path.name for path in (tmp_path / "fresh").iterdir()} if (tmp_path / "fresh").exists() else set()
    assert there <= {"secrets"}, "nothing of it is written"
    assert not list(tmp_path.rglob("restor*"))


def test_a_restore_that_was_cut_off_stops_the_next_start(tmp_path):
    stack = Stack(tmp_path / "x", ("warehouse",))
    install = install_of(stack.variables, stack.folder / "secrets")
    preflight.check_restore(install)
    install.run.mkdir(exist_ok=True)
    (install.run / "restoring").write_text("/somewhere")
    with pytest.raises(preflight.CannotStartError, match="/somewhere"):
        preflight.check_restore(install)
