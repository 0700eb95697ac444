"""The dossier system's rules: local times, states into events, codes kept outside."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.dossier_portal import CONNECTOR
from ingest.contract.connector import Poll
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import dossier
from tests.connectors.support.taking import events, reason, take

CHANGE = {
    "IdThayDoi": "H24.12-261119-0001-01",
    "ThoiDiem": "2026-11-19T08:15:00",
    "MaHoSo": "H24.12-261119-0001",
    "DonViId": "H24.12",
    "MaTTHC": "2.000815",
    "MaLinhVuc": "chung_thuc",
    "KenhThucHien": 1,
    "TrangThaiHoSoIdCu": None,
    "TrangThaiHoSoId": 2,
    "NgayHenTra": "2026-11-20T08:15:00",
    "ThoiGianThucHien": 8,
    "LoaiThoiGianThucHien": "giờ",
}


def change(**changed: Any) -> dict[str, Any]:
    return {**CHANGE, **changed}


def test_local_times_are_vietnams() -> None:
    (received,) = events(CONNECTOR, CHANGE)
    assert received.received_at == datetime(2026, 11, 19, 1, 15, tzinfo=UTC)
    assert received.due_at == datetime(2026, 11, 20, 1, 15, tzinfo=UTC)
    assert received.limit_unit == "gio"
    (zoned,) = events(CONNECTOR, change(ThoiDiem="2026-11-19T01:15:00Z"))
    assert zoned.received_at == received.received_at


@pytest.mark.parametrize(
    "time", ["2026-02-30T08:00:00", "2026-11-19T25:00:00", "19/11/2026", "1999-11-19T08:00:00", 1794790800, "", None]
)
def test_a_time_that_is_none(time: Any) -> None:
    assert reason(CONNECTOR, change(ThoiDiem=time)) == "invalid_field"


def test_a_time_in_the_future() -> None:
    assert reason(CONNECTOR, change(ThoiDiem="2026-11-19T10:06:00")) == "time_in_future"


@pytest.mark.parametrize(
    ("old", "new", "more", "kind"),
    [
        (None, 1, {}, dossier.DossierRegistered),
        (1, 2, {}, dossier.DossierReceived),
        (1, 3, {}, dossier.DossierRefusedIntake),
        (2, 4, {}, dossier.DossierStepChanged),
        (4, 4, {}, dossier.DossierStepChanged),
        (4, 5, {}, dossier.DossierSupplementRequested),
        (5, 4, {}, dossier.DossierSupplemented),
        (4, 6, {}, dossier.DossierPaymentRequested),
        (6, 4, {}, dossier.DossierPaid),
        (4, 8, {}, dossier.DossierSuspended),
        (8, 4, {}, dossier.DossierResumed),
        (4, 7, {}, dossier.DossierWithdrawn),
        (4, 9, {}, dossier.DossierCompleted),
        (9, 10, {}, dossier.DossierReturned),
        (10, 10, {"LoaiThayDoi": "danh_gia", "DiemDanhGia": 5}, dossier.DossierRated),
        (4, 4, {"LoaiThayDoi": "hen_lai", "NgayHenTraCu": "2026-11-19T08:00:00"}, dossier.DossierRescheduled),
        (4, 4, {"LoaiThayDoi": "dinh_chinh", "CacTruongDinhChinh": ["NgayHenTra"]}, dossier.DossierCorrected),
    ],
)
def test_states_into_events(old: int | None, new: int, more: dict[str, Any], kind: type[Any]) -> None:
    (made,) = events(CONNECTOR, change(TrangThaiHoSoIdCu=old, TrangThaiHoSoId=new, **more))
    assert type(made) is kind
    assert (made.state_from, made.state_to) == (old, new)


@pytest.mark.parametrize("more", [{"LoaiThayDoi": "hen_lai"}, {"LoaiThayDoi": "danh_gia"}])
def test_a_part_is_missing(more: dict[str, Any]) -> None:
    assert reason(CONNECTOR, change(**more)) == "missing_part"


def test_the_code_stays_outside() -> None:
    (envelope,) = take(CONNECTOR, CHANGE).envelopes
    assert "261119-0001" not in envelope.model_dump_json()
    assert len(envelope.subject) == len(envelope.id) == 32


def test_pages() -> None:
    way = CONNECTOR.way
    assert isinstance(way, Poll)
    assert way.items({"DuLieu": [CHANGE]}) == [CHANGE]
    assert way.next_cursor({"ConTroTiepTheo": "a"}) == "a"
    assert way.next_cursor({"ConTroTiepTheo": ""}) is None
    assert way.parameters("a") == {"soLuong": "200", "conTro": "a"}
    shapeless: tuple[Any, ...] = ({}, [], None, {"DuLieu": {}})
    for page in shapeless:
        with pytest.raises(InvalidEvent, match="DuLieu"):
            way.items(page)
