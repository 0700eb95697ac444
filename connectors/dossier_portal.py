"""Dossier portal: the information system of the one-stop shop (TTHC), asked for the changes of its dossiers.

A page is a list of changes in the national portal's words, oldest first, with a cursor for the next
page. Each change names the dossier's old and new state; from the pair follows our event. The system writes local times
without a zone: they are read as Asia/Ho_Chi_Minh here, and that is the only place where a missing zone is accepted. The
dossier's code becomes a pseudonym, so does the change's id, and who submitted it is not read at all.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from ingest.contract.clock import WARD_ZONE
from ingest.contract.connector import Connector, Context, Identified, Mapped, Poll, ReceivedMessage
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.events import dossier
from ingest.contract.label import Label
from ingest.contract.quantity import EARLIEST, LATEST
from ingest.untrusted.foreign_fields import Hidden, PlainInt

PAGE_SIZE = "200"

RECEIVED = 2
"""State "Được tiếp nhận"."""

UNITS: dict[str, Literal["gio", "ngay", "ngay_lam_viec"]] = {
    "giờ": "gio",
    "ngày": "ngay",
    "ngày làm việc": "ngay_lam_viec",
}
"""The portal's units of a limit (LoaiThoiGianThucHien) and ours."""


def _text(value: Any) -> Any:
    # Numbers would be read as seconds since 1970: this source never means that.
    if not isinstance(value, str):
        raise ValueError("a time must be a text such as 2025-07-01T08:15:00")
    return value


def _in_ward(moment: datetime) -> datetime:
    if not EARLIEST.year <= moment.year < LATEST.year:
        raise ValueError(f"a time must lie between {EARLIEST.year} and {LATEST.year}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=WARD_ZONE)).astimezone(UTC)


LocalTime = Annotated[datetime, BeforeValidator(_text), AfterValidator(_in_ward)]
"""A time of the ward, with or without its zone."""


class PortalChange(BaseModel):
    """One change of one dossier, in the portal's fields; those of the applicant are not among them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    change_id: Hidden = Field(alias="IdThayDoi")
    change: Literal["trang_thai", "hen_lai", "danh_gia", "dinh_chinh"] = Field("trang_thai", alias="LoaiThayDoi")
    at: LocalTime = Field(alias="ThoiDiem")
    code: Hidden = Field(alias="MaHoSo")
    unit_id: str = Field(alias="DonViId")
    procedure: str = Field(alias="MaTTHC")
    field: str = Field(alias="MaLinhVuc")
    channel: Literal[1, 2, 3] = Field(alias="KenhThucHien")
    applicant_type: Literal[0, 1, 2] = Field(0, alias="LoaiDoiTuong")
    state_from: dossier.State | None = Field(None, alias="TrangThaiHoSoIdCu")
    state_to: dossier.State = Field(alias="TrangThaiHoSoId")
    submitted_at: LocalTime | None = Field(None, alias="NgayNopHoSo")
    received_at: LocalTime | None = Field(None, alias="NgayTiepNhan")
    completed_at: LocalTime | None = Field(None, alias="NgayKetThucXuLy")
    returned_at: LocalTime | None = Field(None, alias="NgayTra")
    due_at: LocalTime | None = Field(None, alias="NgayHenTra")
    old_due_at: LocalTime | None = Field(None, alias="NgayHenTraCu")
    limit_value: PlainInt = Field(0, alias="ThoiGianThucHien")
    limit_unit: Literal["giờ", "ngày", "ngày làm việc"] = Field("ngày làm việc", alias="LoaiThoiGianThucHien")
    has_fee: bool = Field(False, alias="CoPhiLePhi")
    paper_result: bool = Field(False, alias="PhaiTraBanGiay")
    digitised: bool = Field(False, alias="DuocSoHoa")
    # Of a synchronised dossier this is the mark of reuse, whatever its name says (formula document of QĐ 766, item 4.3).
    reused: bool = Field(False, alias="HoSoCoThanhPhanSoHoa")
    vneid: bool = Field(False, alias="TaiKhoanDuocXacThucVoiVNeID")
    national_store: bool = Field(False, alias="DuocLayTuKhoDMQG")
    step: str = Field("khac", alias="MaBuoc")
    department: str = Field("khac", alias="PhongBanXuLyId")
    step_due_at: LocalTime | None = Field(None, alias="HanBuoc")
    supplement_due_at: LocalTime | None = Field(None, alias="ThoiHanBoSung")
    request_no: PlainInt = Field(1, alias="LanYeuCauBoSung")
    paid_online: Literal[0, 1, 2] | None = Field(None, alias="DuocThanhToanTrucTuyen")
    result: Literal["dong_y", "tu_choi"] = Field("dong_y", alias="KetQuaXuLy")
    e_result: bool = Field(False, alias="DinhKemKetQua")
    digitised_result: bool = Field(False, alias="DaSoHoaKetQua")
    return_method: Literal[1, 2, 3] = Field(1, alias="HinhThucTra")
    apology: bool = Field(False, alias="CoPhieuXinLoi")
    reason_code: str = Field("khac", alias="MaLyDo")
    outage: str | None = Field(None, alias="MaSuCo")
    score: PlainInt | None = Field(None, alias="DiemDanhGia")
    dissatisfied: bool = Field(False, alias="KhongHaiLong")
    corrected: list[str] = Field(default_factory=list, alias="CacTruongDinhChinh")


def _common(change: PortalChange, context: Context) -> dict[str, Any]:
    """The fields that every event of a dossier has."""
    return {
        "dossier_ref": context.pseudonym(change.code),
        "unit_id": change.unit_id,
        "procedure_code": change.procedure,
        "field_code": change.field,
        "channel": change.channel,
        "applicant_type": change.applicant_type,
        "state_from": change.state_from,
        "state_to": change.state_to,
    }


def _received(change: PortalChange, common: dict[str, Any]) -> Event:
    return dossier.DossierReceived(
        **common,
        received_at=change.received_at or change.at,
        due_at=change.due_at,
        limit_value=change.limit_value,
        limit_unit=UNITS[change.limit_unit],
        has_fee=change.has_fee,
        requires_paper_result=change.paper_result,
        digitised_component=change.digitised,
        reused_data=change.reused,
        vneid_verified=change.vneid,
        from_national_store=change.national_store,
    )


def _supplement_requested(change: PortalChange, common: dict[str, Any]) -> Event:
    return dossier.DossierSupplementRequested(
        **common,
        requested_at=change.at,
        supplement_due_at=change.supplement_due_at,
        request_no=change.request_no,
    )


def _processing(change: PortalChange, common: dict[str, Any]) -> Event:
    """Into state 4: what it means depends on where the dossier comes from."""
    if change.state_from == 5:
        return dossier.DossierSupplemented(**common, at=change.at, due_at=change.due_at)
    if change.state_from == 6:
        return dossier.DossierPaid(**common, at=change.at, online=change.paid_online or 0)
    if change.state_from == 8:
        return dossier.DossierResumed(**common, at=change.at, reason_code=change.reason_code)
    return dossier.DossierStepChanged(
        **common,
        step_code=change.step,
        dept_code=change.department,
        started_at=change.at,
        step_due_at=change.step_due_at,
    )


def _completed(change: PortalChange, common: dict[str, Any]) -> Event:
    return dossier.DossierCompleted(
        **common,
        completed_at=change.completed_at or change.at,
        result_kind="approved" if change.result == "dong_y" else "rejected",
        e_result=change.e_result,
        digitised_result=change.digitised_result,
    )


INTO_STATE: dict[int, Callable[[PortalChange, dict[str, Any]], Event]] = {
    1: lambda c, common: dossier.DossierRegistered(**common, submitted_at=c.submitted_at or c.at),
    2: _received,
    3: lambda c, common: dossier.DossierRefusedIntake(**common, at=c.at, reason_code=c.reason_code),
    4: _processing,
    5: _supplement_requested,
    6: lambda c, common: dossier.DossierPaymentRequested(**common, at=c.at),
    7: lambda c, common: dossier.DossierWithdrawn(**common, at=c.at),
    8: lambda c, common: dossier.DossierSuspended(**common, at=c.at, reason_code=c.reason_code),
    9: _completed,
    10: lambda c, common: dossier.DossierReturned(**common, returned_at=c.returned_at or c.at, method=c.return_method),
}
"""What a change of state means, by the state it leads into."""


def _rescheduled(change: PortalChange, common: dict[str, Any]) -> Event:
    if change.old_due_at is None or change.due_at is None:
        raise InvalidEvent("missing_part", "a new appointment needs `NgayHenTraCu` and `NgayHenTra`")
    return dossier.DossierRescheduled(
        **common,
        at=change.at,
        old_due_at=change.old_due_at,
        new_due_at=change.due_at,
        apology_sent=change.apology,
        reason_code=change.reason_code,
        outage_ref=change.outage,
    )


def _rated(change: PortalChange, common: dict[str, Any]) -> Event:
    if change.score is None:
        raise InvalidEvent("missing_part", "a mark needs `DiemDanhGia`")
    return dossier.DossierRated(**common, at=change.at, score=change.score, dissatisfied=change.dissatisfied)


def _corrected(change: PortalChange, common: dict[str, Any]) -> Event:
    return dossier.DossierCorrected(
        **common,
        at=change.at,
        received_at=change.received_at if "NgayTiepNhan" in change.corrected else None,
        due_at=change.due_at if "NgayHenTra" in change.corrected else None,
        completed_at=change.completed_at if "NgayKetThucXuLy" in change.corrected else None,
        fields=change.corrected,
        reason=change.reason_code,
    )


OTHER_CHANGES: dict[str, Callable[[PortalChange, dict[str, Any]], Event]] = {
    "hen_lai": _rescheduled,
    "danh_gia": _rated,
    "dinh_chinh": _corrected,
}
"""Changes that leave the state as it is."""


def to_events(received: ReceivedMessage, context: Context) -> Mapped:
    """One change of a dossier as one event; two where it was paid online as it was filed, for which there is no state."""
    change: PortalChange = received.payload
    common, id = _common(change, context), context.pseudonym(change.change_id)
    other = OTHER_CHANGES.get(change.change)
    found = [Identified((other or INTO_STATE[change.state_to])(change, common), id)]
    if other is None and change.state_to == RECEIVED and change.paid_online:
        paid = dossier.DossierPaid(**common, at=change.received_at or change.at, online=change.paid_online)
        found.append(Identified(paid, f"{id}-paid"))
    return found


def _items(page: Any) -> list[Any]:
    items = page.get("DuLieu") if isinstance(page, dict) else None
    if not isinstance(items, list):
        raise InvalidEvent("not_a_page", "an answer of the dossier system holds no list `DuLieu`")
    return items


def _next_cursor(page: Any) -> str | None:
    cursor = page.get("ConTroTiepTheo") if isinstance(page, dict) else None
    return cursor if isinstance(cursor, str) and cursor else None


def _parameters(cursor: str | None) -> dict[str, str]:
    return {"soLuong": PAGE_SIZE} if cursor is None else {"soLuong": PAGE_SIZE, "conTro": cursor}


CONNECTOR = Connector(
    id="dossier_portal",
    label=Label(vi="Hệ thống giải quyết TTHC", en="Dossier system"),
    system="dossier",
    way=Poll(
        path="/api/ho-so/thay-doi",
        every=timedelta(seconds=5),
        items=_items,
        next_cursor=_next_cursor,
        parameters=_parameters,
    ),
    payload=TypeAdapter(PortalChange),
    events=(
        dossier.DossierRegistered,
        dossier.DossierReceived,
        dossier.DossierRefusedIntake,
        dossier.DossierStepChanged,
        dossier.DossierSupplementRequested,
        dossier.DossierSupplemented,
        dossier.DossierPaymentRequested,
        dossier.DossierPaid,
        dossier.DossierSuspended,
        dossier.DossierResumed,
        dossier.DossierRescheduled,
        dossier.DossierWithdrawn,
        dossier.DossierCompleted,
        dossier.DossierReturned,
        dossier.DossierRated,
        dossier.DossierCorrected,
    ),
    map=to_events,
    sample="dossier_portal.jsonl",
    personal=frozenset(
        {
            "IdThayDoi",
            "MaHoSo",
            "IdHoSo",
            "ChuHoSo",
            "SoDienThoaiChuHoSo",
            "EmailChuHoSo",
            "SoGiayToChuHoSo",
            "NgaySinhChuHoSo",
            "DiaChiChuHoSo",
            "SoDinhDanh",
            "NguoiNop",
            "NguoiXuLy",
            "NoiDungXuLy",
            "YKienDanhGia",
        }
    ),
    guide=Label(
        vi=(
            "Đề nghị đơn vị vận hành hệ thống thông tin giải quyết TTHC mở cho phường một tài khoản chỉ đọc đối với "
            "giao diện “thay đổi hồ sơ” của mã đơn vị phường, rồi đặt địa chỉ gốc và mã truy cập (bearer token) vào "
            "cấu hình in ở trên. Hệ thống này chỉ hỏi, không ghi gì sang phía họ. Mỗi câu trả lời là danh sách thay "
            "đổi từ cũ đến mới kèm con trỏ; giờ không ghi múi được hiểu là giờ Việt Nam."
        ),
        en=(
            "Ask the operator of the dossier system for a read-only account on the interface “changes of dossiers”, "
            "limited to the ward's unit id, and put its base URL and bearer token into the settings printed above. We "
            "only ask and never write. Each answer lists changes from old to new with a cursor; times without a zone "
            "are read as Vietnam's time."
        ),
    ),
)
