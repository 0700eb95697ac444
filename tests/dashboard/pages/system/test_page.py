from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from dashboard.alarm.observation import observe
from dashboard.alarm.sentence import alarm_sentence
from dashboard.components.silent_devices import silent_table
from dashboard.pages.system import callbacks
from dashboard.pages.system.tables import (
    audit_block,
    change_table,
    disk_table,
    job_table,
    restart_table,
    source_table,
    stream_table,
)
from dashboard.state.alarm import begin_alarm
from dashboard.store.changes import StoreChange
from dashboard.store.store import DAMAGED
from dashboard.system_status import SystemStatus
from dashboard.words.freshness import FreshnessSign
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.kafka import offsets
from ingest.kafka.offsets import Extent, HeldRecords
from ingest.runtime.disk_space import Disk
from ingest.runtime.restarts import Restarts
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.alarms import raised
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, board_state, ingest_settings, stock
from tests.dashboard.test_system_status import NOW, audit
from warehouse.audit.history import StoredPartition
from warehouse.catalogue import alarm_rules
from warehouse.maintenance.status import JobState, MaintenanceState
from warehouse.model.expression import DAY_MS
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client
from warehouse.store.halted_partitions import HaltedPartition
from warehouse.store.positions import PositionBase

QUEUE = "ioc.queue.v1"
KEPT = StoredPartition(QUEUE, 2, 883, 2, 5, 889, NOW_MS - 60_000)
STOP = HaltedPartition(QUEUE, 2, 1204, True, "51/1000", "worker", 0, NOW)
GB = 10**9


def said(parts):
    return " ".join(texts(part) for part in (parts if isinstance(parts, list) else [parts]))


def test_an_audit_is_a_verdict_its_streams_and_what_it_found():
    report = {
        "streams": {QUEUE: {"kafka": 890, "raw": 883, "repeats": 2, "dead_letters": 5, "missing": 0, "doubled": 1}},
        "found": [{"place": "hong-bang Q01 flow", "fault": "wrong", "found": "7", "expected": "8"}],
    }
    clean, differing = (audit_block([audit(count)._replace(report=report)], NOW_MS, "vi") for count in (0, 3))
    assert vars(clean[0])["className"] == "verdict agrees"
    assert "KHÔNG SAI LỆCH · 41.208 giá trị" in said(clean)
    assert vars(differing[0])["className"] == "verdict differs"
    for part in ("hong-bang Q01 flow", "sai", "890", "883"):
        assert part in said(differing)
    assert "quá 26 giờ" in said(audit_block([audit(ago=timedelta(hours=30))], NOW_MS, "vi"))
    assert "Chưa đối soát" in said(audit_block([], NOW_MS, "vi"))


def test_a_report_of_another_shape_is_no_fault():
    reports: tuple[dict[str, Any], ...] = (
        {},
        {"streams": []},
        {"streams": {"x": 5}},
        {"found": "no"},
        {"found": [5]},
        {"streams": {QUEUE: {}}},
    )
    for report in reports:
        assert audit_block([audit()._replace(report=report)], NOW_MS, "en")


def test_streams_say_what_is_stored_and_what_waits():
    table = said(stream_table([KEPT], {(QUEUE, 2): 12, (QUEUE, 0): 1}, [], NOW_MS, "vi"))
    for part in ("Một cửa", "883", "13", "10:14"):
        assert part in table
    assert "đã dừng" in said(stream_table([KEPT], {}, [STOP], NOW_MS, "vi"))


def test_sources_chores_and_disks_have_a_word_beside_the_colour():
    assert "MẤT KẾT NỐI DỮ LIỆU từ 09:41" in said(source_table(board_state("vi")))
    further = board_state("vi")
    further = replace(further, signs={**further.signs, "vendor_x": FreshnessSign(NOW_MS, False)})
    assert "vendor_x" in said(source_table(further))
    failed = MaintenanceState(jobs={"backup": JobState(done_at=NOW, said=Label("no room", "no room"), failed=True)})
    assert "không được: no room" in said(job_table(failed, True, "vi"))
    done = MaintenanceState(jobs={"audit": JobState(done_at=NOW, said=Label("0 sai lệch", "0 differences"))})
    assert "0 sai lệch" in said(job_table(done, True, "vi"))
    assert "0 differences" in said(job_table(done, True, "en"))
    assert "keeper" not in said(job_table(failed, True, "vi"))
    assert "keeper" in said(job_table(MaintenanceState(), False, "vi"))
    words = said(
        disk_table([Disk(Path("/a"), GB // 2, GB), Disk(Path("/b"), 2 * GB, GB), Disk(Path("/c"), 9 * GB, GB)], "vi")
    )
    for word in ("ngừng nhận dữ liệu", "cần dọn", "đủ"):
        assert word in words


def test_changes_of_accounts_keys_and_screens_name_who_made_them():
    acts = [
        ("account", "lan", "password"),
        ("feed_key", "a00af5f4 city", "removed"),
        ("display", "262a4a23 hall", "added"),
    ]
    changed = [StoreChange(NOW, "truc-ban", *act) for act in acts]
    told = said(change_table(changed, None, "vi"))
    for part in ("truc-ban", "Tài khoản lan: đổi mật khẩu", "Khóa a00af5f4 city: xóa", "Màn hình 262a4a23 hall: thêm"):
        assert part in told
    assert "Account lan: password changed" in said(change_table(changed, None, "en"))
    assert DAMAGED.vi in said(change_table([], DAMAGED, "vi"))
    assert change_table([], None, "vi") == []


def test_parts_that_were_started_again_are_told_and_a_crash_loop_is_called_by_name():
    killed = Restarts(
        process="streams-1", ended_at=(NOW, NOW, NOW), how=Label("bị buộc dừng", "was killed"), said=("a line",)
    )
    told = said(restart_table([killed], "vi"))
    for part in ("Xử lý luồng 1", "dừng liên tục: 3 lần", "bị buộc dừng", "a line", "Sự kiện lỗi"):
        assert part in told
    once = said(restart_table([killed.model_copy(update={"ended_at": (NOW,)})], "en"))
    assert "was started again 1 times" in once
    assert "a line" not in once
    assert restart_table([], "vi") == []


def test_a_crash_loop_is_an_alarm_until_it_is_over():
    rule = alarm_rules()["system.restarts"]
    killed = Restarts(process="streams-1", ended_at=(NOW,) * 3, how=Label("bị buộc dừng", "was killed"))
    looping = SystemStatus(restarts=(killed, killed.model_copy(update={"process": "keeper", "ended_at": (NOW,) * 2})))
    found = observe(rule, board_state("vi", system_status=looping), {})
    assert rule.threshold.status(found.of("streams-1").value) == "critical"
    assert rule.is_good(found.of("keeper").value), "an ordinary restart or two"
    away = looping._replace(away_since_ms=NOW_MS)
    assert observe(rule, board_state("vi", system_status=away), {}).of("streams-1").value == 3, (
        "also of the warehouse itself"
    )
    assert rule.is_good(observe(rule, board_state("vi", system_status=SystemStatus()), {}).of("streams-1").value)
    alarm = begin_alarm(raised("system.restarts", "streams-1", "critical", value=3.0))
    said = alarm_sentence(alarm, board_state("vi", system_status=looping))
    assert said == "Xử lý luồng 1 dừng liên tục: đã chạy lại 3 lần trong 10 phút"


def test_devices_that_are_left_out_are_named_with_their_last_sign():
    assert "Thiết bị nào cũng có tín hiệu trong 30 ngày qua" in said(silent_table(board_state("vi")))
    morning = TODAY_MS + 6 * 3_600_000
    silent = [
        stock("S10", 1, split=("silent_since", f"tdp-017-l1 {morning - 45 * DAY_MS}")),
        stock("C08", 1, split=("silent_since", f"tdp017_cong-cho {morning - 31 * DAY_MS}")),
        stock("Q13", 0, split=("silent_since", f"Q14 {morning - 33 * DAY_MS}")),
    ]
    shown = said(silent_table(board_state("vi", extra=silent)))
    for part in ("Cụm loa tdp-017-l1", "06:00 10/10/2026", "45 ngày", "Camera tdp017_cong-cho", "31 ngày", "vẫn tính"):
        assert part in shown
    assert shown.index("tdp017_cong-cho") < shown.index("tdp-017-l1"), "those that fell silent last first"
    assert "Q14" not in shown, "it is back"
    assert "31 days" in said(silent_table(board_state("en", extra=silent)))


def test_what_waits_in_kafka_is_counted_from_where_the_warehouse_stands(monkeypatch, tmp_path):
    extents = {(QUEUE, 2): Extent(0, 895), (QUEUE, 1): Extent(4, 10), ("ioc.camera.v1", 0): Extent(0, 3)}
    monkeypatch.setattr(offsets, "held_records", lambda settings: HeldRecords("new", extents))
    monkeypatch.setattr(callbacks, "read_bases", lambda client: {("ioc.camera.v1", 0): [PositionBase("new", 100, 100)]})
    kept = [KEPT, KEPT._replace(topic="ioc.camera.v1", partition=0, last_offset=101)]
    client = Client(WarehouseSettings(_env_file=None, password=SecretStr("a long enough password")))  # never connects
    waiting = callbacks.unstored_findings(client, ingest_settings(tmp_path), kept)
    assert waiting == {(QUEUE, 2): 5, (QUEUE, 1): 6, ("ioc.camera.v1", 0): 1}

    def away(settings):
        raise Unavailable("Kafka", "away")

    monkeypatch.setattr(offsets, "held_records", away)
    assert callbacks.unstored_findings(client, ingest_settings(tmp_path), kept) == {}


class Found:
    async def ask(self, question):
        return callbacks.FoundStatus([audit()], [KEPT], {}, [], [])


async def test_the_page_is_filled_for_who_may_see_the_board(tmp_path):
    tested, tick = BoardOfTests(tmp_path, reader=Found()), [(("system-tick", "n_intervals"), 0)]
    async with tested.logged_in() as client:
        told = await call(client, "system-audit.children", tick)
        assert "KHÔNG SAI LỆCH" in str(told)
        place = str(await call(client, "system-disks.children", tick))
        assert "Nguồn" in place
        assert "Chưa cài cách báo ra ngoài" in place
        assert "Tài khoản minh" not in place, "who has an account is for administrators"
    (tmp_path / "map.geojson").write_text("{", encoding="utf-8")
    async with tested.logged_in(("admin",), "minh") as client:
        assert "map.geojson không dùng được" in str(await call(client, "system-restarts.children", tick))
        place = str(await call(client, "system-disks.children", tick))
        for part in ("Tài khoản lan: thêm", "Tài khoản minh: thêm"):
            assert part in place
    async with tested.logged_in(("analyst",), "mai") as client:
        assert await call(client, "system-audit.children", tick) == {}
        assert await call(client, "system-disks.children", tick) == {}
