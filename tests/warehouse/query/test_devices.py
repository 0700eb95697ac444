"""Devices as pages show them: what they told last, as many at work as the figures count, and what became of what they did."""

from datetime import timedelta
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.decoder import DecodedEvent
from ingest.contract.envelope import decode_stored, envelope
from ingest.contract.events.camera import DetectionEnded, DetectionStarted, HealthFault, HealthOffline, HealthOnline
from ingest.contract.events.equipment import EquipmentDown, EquipmentRegistered, EquipmentSupply, EquipmentUp
from ingest.contract.events.speaker import (
    BroadcastCompleted,
    BroadcastFailed,
    BroadcastStarted,
    DeviceDecommissioned,
    DeviceFault,
    DeviceHeartbeat,
    DeviceOffline,
)
from streams.fold.fold import Fold
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.catalogue import indicator
from warehouse.entities.camera import CAMERA
from warehouse.entities.speaker import SPEAKER
from warehouse.query.devices import DeviceChange, DeviceHappening, device_changes, device_happenings, devices_now
from warehouse.recompute.sql import stock_sql
from warehouse.store.client import connect
from warehouse.store.events import rows_after
from warehouse.store.snapshots import Snapshot, write_snapshots

NOW = START + timedelta(days=3)
NOW_MS = milliseconds(NOW)
WARD = "devices"
pytestmark = pytest.mark.embedded
SPEAKING: dict[str, Any] = {"device_id": "tdp-017-l1", "area_code": "TDP-017"}
SEEN: dict[str, Any] = {"camera_id": "cho-01", "origin": "frigate", "area_code": "TDP-017"}
PLAYED: dict[str, Any] = {**SPEAKING, "bulletin_id": "b", "bulletin_type": "thong_thuong"}
NOTICED: dict[str, Any] = {
    **SEEN,
    "event_ref": "d-1",
    "detection": "intrusion",
    "object_class": "person",
    "started_at": NOW - timedelta(hours=2),
}
PRINTER: dict[str, Any] = {"device_id": "may-in-1", "category": "may_in"}


def ago(**length):
    return NOW - timedelta(**length)


def ms(**length):
    return milliseconds(ago(**length))


def beat(device, area, at):
    return DeviceHeartbeat(device_id=device, area_code=area, at=at, status="idle", volume=70)


TOLD = [
    *(beat("tdp-017-l1", "TDP-017", ago(hours=9, minutes=-minute)) for minute in range(30)),
    DeviceFault(**SPEAKING, at=ago(hours=8), code="amplifier", severity="warning"),
    DeviceOffline(**SPEAKING, at=ago(hours=7), reason="last_will"),
    DeviceOffline(**SPEAKING, at=ago(hours=6), reason="last_will"),
    *(beat("tdp-018-l1", "TDP-018", ago(minutes=minute)) for minute in range(4)),
    beat("tdp-019-l1", "TDP-019", ago(days=2)),
    DeviceDecommissioned(device_id="tdp-019-l1", area_code="TDP-019", at=ago(days=1), decided_by="van_hoa", reason_code="hong"),
    BroadcastStarted(**PLAYED, broadcast_id="p-1", at=ago(hours=20)),
    BroadcastCompleted(**PLAYED, broadcast_id="p-1", at=ago(hours=19), played_s=600),
    BroadcastFailed(**PLAYED, broadcast_id="p-2", at=ago(hours=5), error_code="no_answer"),
    HealthOnline(**SEEN, at=ago(days=1)),
    HealthOnline(**SEEN, at=ago(minutes=5)),
    HealthFault(**SEEN, at=ago(hours=1), code="blur", state="active"),
    HealthOffline(camera_id="nowhere-01", origin="frigate", at=ago(hours=3)),
    DetectionStarted(**NOTICED),
    DetectionEnded(**NOTICED, ended_at=ago(hours=1)),
    EquipmentRegistered(**PRINTER, at=ago(days=2), watched_by="ping"),
    EquipmentUp(**PRINTER, at=ago(days=2)),
    EquipmentDown(**PRINTER, at=ago(hours=1)),
    EquipmentSupply(**PRINTER, at=ago(hours=4), supply="toner", state="low"),
]  # fmt: skip


@pytest.fixture(scope="module")
def client(warehouse):
    with connect(warehouse) as opened:
        said = [
            envelope(one, id=f"{n}", ward=WARD, source="/devices/test/1", recorded_at=NOW) for n, one in enumerate(TOLD)
        ]
        store(
            opened,
            [*said, *events(seed=4, count=600, kinds=[*SPEAKER.events, *CAMERA.events], spread=timedelta(days=60))],
        )
        yield opened


def one(client, id):
    (found,) = devices_now(client, WARD, NOW_MS, id=id)
    return found


def test_a_group_s_devices_say_when_they_were_heard_and_what_is_wrong(client):
    camera, speaker = sorted(devices_now(client, WARD, NOW_MS, area="TDP-017"))
    assert (speaker.id, speaker.works, speaker.is_missed, speaker.heard_ms) == ("tdp-017-l1", False, True, ms(hours=6))
    assert (speaker.faults, camera.faults, camera.works) == (("amplifier",), ("blur",), True)
    assert camera.heard_ms == ms(minutes=5)


def test_a_group_s_devices_are_those_that_the_fold_remembers_and_that_came_since(client):
    def told():
        return [devices_now(client, WARD, NOW_MS, area=area) for area in ("TDP-016", "TDP-017", "TDP-018", "TDP-019")]

    said = told()
    assert [*map(len, said)] == [0, 2, 1, 1]
    for topic in ("ioc.speaker.v1", "ioc.camera.v1"):
        fold = Fold(topic, 0)
        (rows,) = rows_after(client, topic, 0, -1)
        events_of = [
            one for one in decode_stored([event.encode() for _, event in rows]) if isinstance(one, DecodedEvent)
        ]
        fold.fold(events_of, [offset for offset, _ in rows])
        fold.take()
        write_snapshots(client, [((topic, 0), Snapshot(fold.offset, fold.offset, fold.dump()))])
    assert told() == said
    later = "ALTER TABLE fold_snapshots UPDATE taken_at = taken_at + INTERVAL 1 DAY WHERE 1"
    client.execute(later, None, {"mutations_sync": 2})
    assert told() == said, "by the snapshots alone"


def test_one_that_beats_works_and_one_that_was_taken_down_is_not_missed(client):
    assert one(client, "tdp-018-l1").works
    gone = one(client, "tdp-019-l1")
    assert (gone.is_in_use, gone.works, gone.is_missed) == (False, False, False)


def test_devices_without_a_group_are_there(client):
    printer = one(client, "may-in-1")
    assert (printer.kind, printer.category, printer.area_code, printer.faults) == (
        "equipment",
        "may_in",
        "",
        ("toner",),
    )
    assert one(client, "nowhere-01").area_code == ""
    assert devices_now(client, WARD, NOW_MS, id="none") == []


def test_only_what_changed_is_events_of_it(client):
    assert [(change.at_ms, change.kind, change.code) for change in device_changes(client, WARD, NOW_MS, one(client, "tdp-017-l1"))] == [
        (ms(hours=7), "device.offline", ""),
        (ms(hours=8), "device.fault", "amplifier"),
        (ms(hours=9), "device.heartbeat", ""),
    ]  # fmt: skip
    assert device_changes(client, WARD, NOW_MS, one(client, "cho-01")) == [
        DeviceChange(ms(hours=1), "health.fault", "blur", "active"),
        DeviceChange(ms(days=1), "health.online", "", ""),
    ]


def test_what_it_played_or_noticed_ends_one_way_or_another(client):
    assert device_happenings(client, WARD, NOW_MS, one(client, "tdp-017-l1")) == [
        DeviceHappening(ms(hours=5), ms(hours=5), "thong_thuong", "failed"),
        DeviceHappening(ms(hours=20), ms(hours=19), "thong_thuong", "completed"),
    ]
    assert device_happenings(client, WARD, NOW_MS, one(client, "cho-01")) == [
        DeviceHappening(ms(hours=2), ms(hours=1), "intrusion", "ended")
    ]


@pytest.mark.parametrize(("id", "kind"), [("S01", "speaker"), ("C01", "camera")])
def test_as_many_are_in_use_and_at_work_as_the_figure_counts(client, id, kind):
    moment = milliseconds(START + timedelta(days=50))
    rows = client.query(stock_sql(indicator(id), moment))
    counted = {ward: sides for ward, _, dimension, _, *sides in rows if not dimension and ward != WARD}
    for ward, sides in counted.items():
        mine = [found for found in devices_now(client, ward, moment) if found.kind == kind]
        assert [sum(found.works for found in mine), sum(found.is_in_use for found in mine)] == sides
    assert counted
