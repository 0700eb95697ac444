"""The dossier system's rules: local times, states into events, codes kept outside."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.dossier_portal import CONNECTOR
from ingest.contract.connector import Poll
from ingest.contract.errors import InvalidEvent
from ingest.contract.events import dossier
from ingest.contract.quantity import EARLIEST, LATEST
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


@pytest.mark.parametrize(
    ("time", "is_one"),
    [
        (f"{EARLIEST.year}-06-01T00:00:00", True),
        (f"{EARLIEST.year - 1}-06-01T00:00:00", False),
        (f"{LATEST.year - 1}-06-01T00:00:00", True),
        (f"{LATEST.year}-06-01T00:00:00", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-12:00", False),
    ],
)
def test_every_time_lies_between_two_years(time: str, is_one: bool) -> None:
    """Also one that is not needed here."""
    if is_one:
        assert events(CONNECTOR, change(NgayTra=time)) == events(CONNECTOR, CHANGE)
    else:
        assert reason(CONNECTOR, change(NgayTra=time)) == "invalid_field"


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


def test_an_apology_is_only_what_the_portal_says_is_one() -> None:
    moved = {"LoaiThayDoi": "hen_lai", "NgayHenTraCu": "2026-11-19T08:00:00"}
    for said, is_one in (({}, False), ({"CoPhieuXinLoi": False}, False), ({"CoPhieuXinLoi": True}, True)):
        (rescheduled,) = events(CONNECTOR, change(**moved, **said))
        assert rescheduled.apology_sent is is_one


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


COMMON = {
    "unit_id": "H24.12",
    "procedure_code": "2.000815",
    "field_code": "chung_thuc",
    "channel": 1,
    "applicant_type": 0,
}
BARE = {
    name: value
    for name, value in CHANGE.items()
    if name not in ("NgayHenTra", "ThoiGianThucHien", "LoaiThoiGianThucHien")
}
AT = datetime(2026, 11, 19, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, 1, {"submitted_at": AT}),
        (
            1,
            2,
            {
                "received_at": AT, "due_at": None, "limit_value": 0, "limit_unit": "ngay_lam_viec", "has_fee": False,
                "requires_paper_result": False, "digitised_component": False, "reused_data": False, "vneid_verified": False,
                "from_national_store": False,
            },
        ),
        (1, 3, {"at": AT, "reason_code": "khac"}),
        (2, 4, {"step_code": "khac", "dept_code": "khac", "started_at": AT, "step_due_at": None}),
        (4, 5, {"requested_at": AT, "supplement_due_at": None, "request_no": 1}),
        (5, 4, {"at": AT, "due_at": None}),
        (4, 6, {"at": AT}),
        (6, 4, {"at": AT, "online": 0}),
        (4, 8, {"at": AT, "reason_code": "khac"}),
        (8, 4, {"at": AT, "reason_code": "khac"}),
        (4, 7, {"at": AT}),
        (4, 9, {"completed_at": AT, "result_kind": "approved", "e_result": False, "digitised_result": False}),
        (9, 10, {"returned_at": AT, "method": 1}),
    ],
)  # fmt: skip
def test_what_is_left_out_has_a_documented_default(old: int | None, new: int, expected: dict[str, Any]) -> None:
    (made,) = events(CONNECTOR, {**BARE, "TrangThaiHoSoIdCu": old, "TrangThaiHoSoId": new})
    data = made.model_dump()
    assert len(data.pop("dossier_ref")) == 32
    assert data == {**COMMON, "state_from": old, "state_to": new, **expected}


FULL = {
    "LoaiDoiTuong": 2, "NgayNopHoSo": "2026-11-18T08:00:00", "NgayTiepNhan": "2026-11-18T09:00:00",
    "NgayKetThucXuLy": "2026-11-18T10:00:00", "NgayTra": "2026-11-18T11:00:00", "NgayHenTra": "2026-11-20T08:15:00",
    "ThoiGianThucHien": 3, "LoaiThoiGianThucHien": "ngày", "CoPhiLePhi": True, "PhaiTraBanGiay": True,
    "HoSoCoThanhPhanSoHoa": True, "DuocSoHoa": True, "TaiKhoanDuocXacThucVoiVNeID": True, "DuocLayTuKhoDMQG": True,
    "MaBuoc": "tham_dinh", "PhongBanXuLyId": "pb-1", "HanBuoc": "2026-11-19T17:00:00", "ThoiHanBoSung": "2026-11-25T17:00:00",
    "LanYeuCauBoSung": 2, "DuocThanhToanTrucTuyen": 2, "KetQuaXuLy": "tu_choi", "DinhKemKetQua": True, "DaSoHoaKetQua": True,
    "HinhThucTra": 3, "CoPhieuXinLoi": True, "MaLyDo": "thieu_giay_to", "MaSuCo": "sc-1", "DiemDanhGia": 2, "KhongHaiLong": True,
    "NgayHenTraCu": "2026-11-19T08:15:00", "CacTruongDinhChinh": ["NgayHenTra"],
}  # fmt: skip
DUE = datetime(2026, 11, 20, 1, 15, tzinfo=UTC)


def day_before(hour: int) -> datetime:
    """A local hour of the 18th."""
    return datetime(2026, 11, 18, hour - 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("trang_thai", None, 1, {"submitted_at": day_before(8)}),
        (
            "trang_thai",
            1,
            2,
            {
                "received_at": day_before(9), "due_at": DUE, "limit_value": 3, "limit_unit": "ngay", "has_fee": True,
                "requires_paper_result": True, "digitised_component": True, "reused_data": True, "vneid_verified": True,
                "from_national_store": True,
            },
        ),
        ("trang_thai", 1, 3, {"at": AT, "reason_code": "thieu_giay_to"}),
        (
            "trang_thai", 2, 4,
            {"step_code": "tham_dinh", "dept_code": "pb-1", "started_at": AT, "step_due_at": datetime(2026, 11, 19, 10, tzinfo=UTC)},
        ),
        (
            "trang_thai", 4, 5,
            {"requested_at": AT, "supplement_due_at": datetime(2026, 11, 25, 10, tzinfo=UTC), "request_no": 2},
        ),
        ("trang_thai", 5, 4, {"at": AT, "due_at": DUE}),
        ("trang_thai", 6, 4, {"at": AT, "online": 2}),
        ("trang_thai", 4, 8, {"at": AT, "reason_code": "thieu_giay_to"}),
        ("trang_thai", 8, 4, {"at": AT, "reason_code": "thieu_giay_to"}),
        (
            "trang_thai", 4, 9,
            {"completed_at": day_before(10), "result_kind": "rejected", "e_result": True, "digitised_result": True},
        ),
        ("trang_thai", 9, 10, {"returned_at": day_before(11), "method": 3}),
        (
            "hen_lai", 4, 4,
            {
                "at": AT, "old_due_at": datetime(2026, 11, 19, 1, 15, tzinfo=UTC), "new_due_at": DUE, "apology_sent": True,
                "reason_code": "thieu_giay_to", "outage_ref": "sc-1",
            },
        ),
        ("danh_gia", 10, 10, {"at": AT, "score": 2, "dissatisfied": True}),
        (
            "dinh_chinh", 4, 4,
            {"at": AT, "received_at": None, "due_at": DUE, "completed_at": None, "fields": ["NgayHenTra"], "reason": "thieu_giay_to"},
        ),
    ],
)  # fmt: skip
def test_every_field_gets_to_its_place(kind: str, old: int | None, new: int, expected: dict[str, Any]) -> None:
    made = events(CONNECTOR, {**BARE, **FULL, "LoaiThayDoi": kind, "TrangThaiHoSoIdCu": old, "TrangThaiHoSoId": new})[0]
    data = made.model_dump()
    assert len(data.pop("dossier_ref")) == 32
    assert data == {**COMMON, "applicant_type": 2, "state_from": old, "state_to": new, **expected}


@pytest.mark.parametrize(("said", "online"), [(0, None), (1, 1), (2, 2)])
def test_who_pays_online_as_he_files_has_paid(said: int, online: int | None) -> None:
    filed = take(
        CONNECTOR, {**BARE, "TrangThaiHoSoIdCu": 1, "TrangThaiHoSoId": 2, "DuocThanhToanTrucTuyen": said}
    ).envelopes
    paid = [one.data for one in filed[1:]]
    assert [(type(one), one.online, one.at) for one in paid] == ([(dossier.DossierPaid, online, AT)] if online else [])
    assert len({one.id for one in filed}) == len(filed)


def test_the_marks_of_digitised_and_reused_papers_are_the_portals() -> None:
    """`HoSoCoThanhPhanSoHoa` of a synchronised dossier says that something was used again (QĐ 766, item 4.3)."""
    (made,) = events(CONNECTOR, {**BARE, "TrangThaiHoSoIdCu": 1, "TrangThaiHoSoId": 2, "HoSoCoThanhPhanSoHoa": True})
    assert (made.digitised_component, made.reused_data) == (False, True)


@pytest.mark.parametrize("named", [[], ["NgayHenTra"], ["NgayKetThucXuLy"], ["NgayTiepNhan"]])
def test_a_correction_tells_only_what_it_names(named: list[str]) -> None:
    told = {"LoaiThayDoi": "dinh_chinh", "CacTruongDinhChinh": named, "TrangThaiHoSoId": 9}
    (made,) = events(CONNECTOR, {**BARE, **FULL, **told})
    assert (made.received_at is not None, made.due_at is not None, made.completed_at is not None) == (
        "NgayTiepNhan" in named,
        "NgayHenTra" in named,
        "NgayKetThucXuLy" in named,
    )


def test_a_mark_is_one_of_content_unless_it_says_otherwise() -> None:
    (made,) = events(CONNECTOR, {**BARE, "LoaiThayDoi": "danh_gia", "DiemDanhGia": 4, "TrangThaiHoSoId": 10})
    assert made.model_dump(include={"score", "dissatisfied"}) == {"score": 4, "dissatisfied": False}
