"""Undoing an import of events: which there are, what it would do, and when it cannot be done."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import cast

import pytest

from connectors.managed.event_import import importable_events
from dashboard.access.viewer import Viewer
from dashboard.entry import event_undo
from dashboard.entry.act import NOT_ALLOWED
from dashboard.entry.amount import EntryRefused
from dashboard.entry.event_desk import RunningImport
from dashboard.entry.event_undo import EventImport, event_imports, plan_event_undo, record_undo
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore
from ingest.contract.clock import milliseconds
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.contract.label import Label
from warehouse.query.past_events import StoredImport, UnfinishedLife
from warehouse.store.client import Client

AT = datetime(2026, 12, 3, 3, tzinfo=UTC)
SOUND = StoredImport(40, date(2026, 3, 5), date(2026, 3, 9), None, {}, milliseconds(AT - timedelta(hours=1)))
OPEN = UnfinishedLife(Label("Hồ sơ", "Dossier"), ("D05", "D07"))


def plan(monkeypatch, stored):
    monkeypatch.setattr(event_undo, "stored_import", lambda *asked: stored)
    one = EventImport("lo", "dossier.received", AT, "lan", 40)
    return plan_event_undo(cast(Client, None), "hong-bang", one, AT)


def test_what_would_count_no_more_is_said(monkeypatch):
    (said,) = plan(monkeypatch, SOUND).said
    assert (
        "40 sự kiện “Tiếp nhận hồ sơ (dossier.received)” từ 05/03/2026 đến 09/03/2026 sẽ không được tính nữa" in said.vi
    )


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        (SOUND._replace(size=0, first=None, last=None), "không còn sự kiện nào"),
        (SOUND._replace(lost_until=date(2026, 3, 5)), "hết hạn lưu"),
        (SOUND._replace(reopened={"a": OPEN, "b": OPEN}), "Còn 2 hồ sơ có sự kiện của lần nhập khác"),
        (SOUND._replace(newest_ms=milliseconds(AT - timedelta(minutes=14))), "thử lại sau 15 phút"),
    ],
)
async def test_what_would_not_come_out_right_is_refused(monkeypatch, stored, why, tmp_path):
    undo = plan(monkeypatch, stored)
    (said,) = undo.said
    assert why in said.vi
    for rights, told in ((frozenset({"admin"}), said), (frozenset({"leader"}), NOT_ALLOWED)):
        with pytest.raises(EntryRefused) as refused:
            await record_undo(BoardStore(tmp_path), undo, Viewer("minh", rights))
        assert refused.value.said == told


def test_an_import_is_known_from_the_trail_until_it_was_taken_back(tmp_path):
    store = BoardStore(tmp_path)
    for kind, batch, act in (
        ("import", "post.published (ab)", "events: 500"),
        ("import", "dossier.received (cd)", "events: 7"),
        ("import", "post.published (ab)", "events: 20"),
        ("source", "kiosk (x)", "off"),
        ("import", "dossier.received (cd)", "withdraw: 7"),
    ):
        with store.change() as connection:
            record_change(connection, kind, batch, act, "minh")
    assert [(one.batch, one.kind, one.size) for one in event_imports(store)] == [
        ("ab", "post.published", 520),
        ("cd", "dossier.received", 7),
    ]
    with store.change() as connection:
        record_change(connection, "import", "dossier.received (cd)", "withdrawn: 7", "minh")
    assert [one.batch for one in event_imports(store)] == ["ab"]


def test_whatever_can_be_imported_can_be_taken_back_and_no_source_can_do_that():
    streams = {event.stream for event in importable_events().values()}
    assert streams == {one.stream for one in ImportWithdrawn.__subclasses__()}
    ours = {event.kind for event in event_types().values() if issubclass(event, ImportWithdrawn)}
    assert not ours & importable_events().keys()


async def test_a_running_import_that_a_fault_ends_does_not_say_that_it_is_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work(told: Callable[[int], None]) -> None:
        told(1)
        raise KeyError("a fault")

    running = RunningImport(2, work)
    while not running.is_over:
        await asyncio.sleep(0)
    assert running.done == 1
    assert isinstance(running.error, EntryRefused)
    assert "a fault" in caplog.text
