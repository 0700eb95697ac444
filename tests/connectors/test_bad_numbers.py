"""Numbers that are none, or that nothing real has: each is refused, none becomes another number."""

from typing import Any

import pytest

from connectors import dossier_portal, frigate, queue_kiosk, smart_loudspeaker
from ingest.contract.connector import Connector
from tests.connectors.support.taking import reason
from tests.connectors.test_dossier_portal import change
from tests.connectors.test_frigate import tracked
from tests.connectors.test_queue_kiosk import message

AT = 1794790800


def heartbeat(**changed: Any) -> tuple[Connector, Any, str]:
    content = {"ts": AT, "state": "idle", "vol": 40, "rssi": -70, **changed}
    return smart_loudspeaker.CONNECTOR, content, "loa/tdp-017-l1/status"


def schedule(**changed: Any) -> tuple[Connector, Any, str]:
    content = {
        "event": "created",
        "ts": AT,
        "type": "uu_tien",
        "source": "xa",
        "start": AT,
        "duration_s": 60,
        "targets": 7,
    }
    return smart_loudspeaker.CONNECTOR, {**content, **changed}, "loa/schedule/PT-1"


def broadcast(**changed: Any) -> tuple[Connector, Any, str]:
    content = {
        "ts": AT,
        "event": "completed",
        "broadcast_id": "PT-1",
        "bulletin": {"id": "BT-1", "type": "khan_cap"},
        **changed,
    }
    return smart_loudspeaker.CONNECTOR, content, "loa/tdp-017-l1/broadcast"


def passage(**changed: Any) -> tuple[Connector, Any, str]:
    content = {"type": "new", "before": None, "after": tracked(entered_zones=["vach_a"], **changed)}
    return frigate.CONNECTOR, content, "frigate/events"


def people(count: Any) -> tuple[Connector, Any, str]:
    return frigate.CONNECTOR, count, "frigate/sanh_mot_cua/person"


@pytest.mark.parametrize(
    ("connector", "content", "topic"),
    [
        heartbeat(vol="12,5"),
        heartbeat(vol="1.234,5"),
        heartbeat(vol=12.5),
        heartbeat(vol=None),
        heartbeat(vol=""),
        heartbeat(vol="40"),
        heartbeat(vol=True),
        heartbeat(vol=-1),
        heartbeat(vol=101),
        heartbeat(rssi=1),
        heartbeat(ts=AT * 1000),  # milliseconds where seconds are due
        heartbeat(ts=-1),
        heartbeat(ts=str(AT)),
        heartbeat(ts=4102444800),  # 2100
        schedule(duration_s=-1),
        schedule(duration_s="1.234,5"),
        schedule(targets=None),
        passage(top_score=1.5),
        passage(top_score=-0.5),
        passage(top_score="0,5"),
        passage(top_score="0.5"),
        passage(start_time=AT * 1000),
        people(-1),
        people(1.5),
        people(10_001),
        people(2**63 - 1),
        broadcast(played_s=86_401),
        broadcast(played_s=9_300_000_000_000_000),
        broadcast(played_s=-(2**63)),
        broadcast(played_s=1e308),
        schedule(duration_s=86_401),
        schedule(targets=2**63 - 1),
        heartbeat(ts=946_684_800),  # 2000, where the clock of a device begins that has lost the time
        people(None),
        (queue_kiosk.CONNECTOR, message("ticket.called", counter={"id": "Q01"}, call=-1), ""),
        (queue_kiosk.CONNECTOR, message("ticket.served", counter={"id": "Q01"}, rating={"score": 0}), ""),
        (queue_kiosk.CONNECTOR, message("ticket.served", counter={"id": "Q01"}, rating={"score": None}), ""),
        (dossier_portal.CONNECTOR, change(TrangThaiHoSoIdCu=1, TrangThaiHoSoId=2, ThoiGianThucHien=-1), ""),
        (dossier_portal.CONNECTOR, change(TrangThaiHoSoIdCu=1, TrangThaiHoSoId=2, ThoiGianThucHien="12,5"), ""),
        (dossier_portal.CONNECTOR, change(TrangThaiHoSoIdCu=1, TrangThaiHoSoId=2, ThoiGianThucHien="1.000"), ""),
        (dossier_portal.CONNECTOR, change(TrangThaiHoSoId=None), ""),
        (dossier_portal.CONNECTOR, change(TrangThaiHoSoId=11), ""),
        (dossier_portal.CONNECTOR, change(LoaiThayDoi="danh_gia", DiemDanhGia=6), ""),
        (dossier_portal.CONNECTOR, change(LoaiThayDoi="danh_gia", DiemDanhGia="5.000"), ""),
    ],
)  # fmt: skip
def test_is_refused(connector: Connector, content: Any, topic: str) -> None:
    assert reason(connector, content, topic) == "invalid_field"


def test_digits_that_are_no_json_are_no_number() -> None:
    assert reason(*people("0012")) == "not_json"
