"""A backup goes back: on another PC with an empty Kafka, and on its own PC whose Kafka has gone on since."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from commands import restore
from commands.install.settings import install_of
from commands.supervision.stack import Stack
from ingest.contract.envelope import Envelope
from ingest.contract.settings import IngestSettings
from tests.streams.support.counting import a_clock, expected, flows, made, send, until
from warehouse.audit.run import run_audit
from warehouse.audit.scope import scope_since
from warehouse.maintenance.backups import backup
from warehouse.maintenance.backups.backup import BackupOrigin, BackupResult
from warehouse.maintenance.backups.sealing import make_key
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(500)]

PARTS = ("ingest", "warehouse", "streams")


class Kept:
    """A stack that was backed up while events came in, and what it was sent."""

    def __init__(self, stack: Stack, key: Path) -> None:
        self.stack = stack
        self.key = key
        self.before = made(21, 400)
        self.during = made(22, 400)
        self.after = made(23, 200)
        self.backup: BackupResult | None = None

    @property
    def sent(self) -> list[Envelope]:
        return [*self.before, *self.during, *self.after]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    key = tmp_path_factory.mktemp("safe") / "key.txt"
    public = make_key(key)
    with Stack(tmp_path_factory.mktemp("kept"), PARTS, a_clock()) as stack:
        kept = Kept(stack, key)
        origin = BackupOrigin(stack.settings(IngestSettings), stack.settings(WarehouseSettings), Path("none"))
        send(stack, kept.before)
        with connect(origin.warehouse) as client:
            check(client, kept.before)

            def send_on() -> None:
                for i in range(0, 400, 50):
                    send(stack, kept.during[i : i + 50])

            sending = threading.Thread(target=send_on)
            sending.start()
            kept.backup = backup.make_backup(
                origin, stack.folder / "backups", True, lambda what, done, whole: None, public
            )
            sending.join()
            send(stack, kept.after)
            check(client, kept.sent)
        yield kept


def check(client: Client, envelopes: list[Envelope]) -> None:
    """See that every event counts exactly once."""
    ids, figures = {one.id for one in envelopes}, expected(envelopes)
    until(lambda: client.query("SELECT uniqExact(id) FROM raw_events")[0][0] >= len(ids) and flows(client) == figures)
    stored = client.query("SELECT id FROM raw_events FINAL")
    assert {id for (id,) in stored} == ids
    assert len(stored) == len(ids)
    found = flows(client)
    assert {key: found.get(key) for key in found.keys() | figures.keys() if found.get(key) != figures.get(key)} == {}
    rows, places = client.query("SELECT count(), uniqExact(topic, partition, offset) FROM raw_events FINAL")[0]
    assert rows == places


def restored(stack: Stack, kept: Kept, patch: pytest.MonkeyPatch, elsewhere: Path) -> None:
    """Run `./ioc restore` for a stack that does not run."""
    patch.chdir(elsewhere)
    for name, value in stack.variables.items():
        patch.setenv(name, value)
    assert kept.backup is not None
    assert restore.main([str(kept.backup.path), "--key", str(kept.key)]) == 0
    stack.install = install_of(stack.variables, stack.folder / "secrets")


def test_on_another_pc_what_is_sent_again_counts_once_and_what_is_new_counts(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Stack(tmp_path / "other", PARTS, a_clock())
    restored(other, kept, monkeypatch, tmp_path)
    with other, connect(other.settings(WarehouseSettings)) as client:
        had = client.query("SELECT uniqExact(id) FROM raw_events")[0][0]
        assert had >= len(kept.before)
        newer = made(24, 200)
        send(other, kept.sent)  # polled sources are read again, others send what they still have
        send(other, newer)
        check(client, [*kept.sent, *newer])
        assert until(lambda: client.query("SELECT count() FROM raw_repeats FINAL")[0][0] == had)
        audited(client, other)


def test_on_the_same_pc_the_events_since_come_back_from_kafka(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.stack.stop()
    restored(kept.stack, kept, monkeypatch, tmp_path)
    for part in PARTS:
        kept.stack.start(part)
    for part in PARTS:
        kept.stack.wait(part)
    with connect(kept.stack.settings(WarehouseSettings)) as client:
        check(client, kept.sent)
        newer = made(25, 100)
        send(kept.stack, newer)
        kept.after = [*kept.after, *newer]
        check(client, kept.sent)
        assert client.query("SELECT count() FROM raw_repeats FINAL")[0][0] == 0
        audited(client, kept.stack)


def audited(client: Client, stack: Stack) -> None:
    ingest = stack.settings(IngestSettings)
    report = run_audit(client, ingest, scope_since(ingest, timedelta(hours=6)))
    assert report.compared > 0
    assert report.differences == 0, report.found
