"""Dossier system: what the pretend TTHC system answers, in the words of the national portal, personal fields included."""

from datetime import UTC, date, datetime, timedelta

from connectors.simulator.systems.dossiers import LONGEST, SimulatedDossier, changes_of_day
from connectors.simulator.systems.people import person
from connectors.simulator.ward import UNIT, Pretend
from ingest.contract.calendar import local_day
from ingest.contract.clock import WARD_OFFSET

FIELDS = {
    "chung_thuc": "Chứng thực",
    "ho_tich": "Hộ tịch",
    "dat_dai": "Đất đai",
    "bao_tro_xa_hoi": "Bảo trợ xã hội",
    "ho_kinh_doanh": "Đăng ký hộ kinh doanh",
    "khac": "Lĩnh vực khác",
}

STATES = {
    1: "Mới đăng ký",
    2: "Được tiếp nhận",
    3: "Không được tiếp nhận",
    4: "Đang xử lý",
    5: "Yêu cầu bổ sung giấy tờ",
    6: "Yêu cầu thực hiện nghĩa vụ tài chính",
    7: "Công dân yêu cầu rút hồ sơ",
    8: "Dừng xử lý",
    9: "Đã xử lý xong",
    10: "Đã trả kết quả",
}


def local_text(moment: datetime) -> str:
    """A time as this system writes it: local, without its zone."""
    return (moment.astimezone(UTC) + WARD_OFFSET).strftime("%Y-%m-%dT%H:%M:%S")


def item(pretend: Pretend, dossier: SimulatedDossier, index: int) -> dict[str, object]:
    """One change of one dossier as the system tells it."""
    change = dossier.changes[index]
    procedure = dossier.procedure
    owner = person(pretend.chance("owner", dossier.code))
    officer = person(pretend.chance("officer", procedure.field))
    digitised = pretend.chance("digitised", dossier.code)
    told: dict[str, object] = {
        "IdThayDoi": f"{dossier.code}-{index + 1:02}",
        "LoaiThayDoi": change.kind,
        "ThoiDiem": local_text(change.at),
        "MaHoSo": dossier.code,
        "DonViId": UNIT,
        "MaTTHC": procedure.code,
        "TenTTHC": procedure.name,
        "MaLinhVuc": procedure.field,
        "TenLinhVuc": FIELDS[procedure.field],
        "KenhThucHien": dossier.channel,
        "LoaiDoiTuong": dossier.applicant,
        "TrangThaiHoSoIdCu": change.old,
        "TrangThaiHoSoId": change.new,
        "TenTrangThai": STATES[change.new],
        "NgayNopHoSo": local_text(dossier.changes[0].at),
        "NgayTiepNhan": local_text(dossier.received_at) if dossier.received_at else None,
        "ThoiGianThucHien": procedure.limit,
        "LoaiThoiGianThucHien": procedure.unit,
        "CoPhiLePhi": procedure.fee,
        "PhaiTraBanGiay": procedure.paper,
        "DuocSoHoa": digitised.random() < 0.86,
        "HoSoCoThanhPhanSoHoa": digitised.random() < 0.31,
        "DuocLayTuKhoDMQG": digitised.random() < 0.18,
        "TaiKhoanDuocXacThucVoiVNeID": dossier.channel == 2,
        "ChuHoSo": owner.name,
        "SoDienThoaiChuHoSo": owner.phone,
        "EmailChuHoSo": owner.email,
        "SoGiayToChuHoSo": owner.identity,
        "NgaySinhChuHoSo": owner.born,
        "DiaChiChuHoSo": owner.address,
        "NguoiXuLy": officer.name,
        "NoiDungXuLy": f"Hồ sơ của {owner.name}",
    }
    if change.old is None and change.new == 1:
        told["NgayTiepNhan"] = None
    return told | {name: local_text(v) if isinstance(v, datetime) else v for name, v in change.more.items()}


def page(pretend: Pretend, since: date, cursor: str | None, now: datetime, size: int) -> dict[str, object]:
    """One page of changes, oldest first, up to now.

    Args:
        pretend: the ward.
        since: first day of the system's memory; dossiers that were finished before it are forgotten.
        cursor: the cursor of the page before.
        now: the present; later changes have not happened.
        size: changes on a page at most.
    """
    last = cursor or ""
    day = _day_of(last) or since - timedelta(days=LONGEST)
    found: list[dict[str, object]] = []
    more = False
    while day <= local_day(now) and not more:
        for dossier, index in _told(pretend, since, day):
            change = dossier.changes[index]
            position = f"{local_text(change.at)}|{dossier.code}-{index + 1:02}"
            if change.at > now:
                break
            if position <= last:
                continue
            if len(found) == size:
                more = True
                break
            found.append(item(pretend, dossier, index))
            cursor = position
        day += timedelta(days=1)
    return {"MaLoi": 0, "ThongBao": "Thành công", "DuLieu": found, "ConTroTiepTheo": cursor, "ConNua": more}


def _told(pretend: Pretend, since: date, day: date) -> list[tuple[SimulatedDossier, int]]:
    """The day's changes that the system remembers, in the order of their positions."""
    if day >= since:
        return changes_of_day(pretend, day)
    return [
        (dossier, index)
        for dossier, index in changes_of_day(pretend, day)
        if local_day(dossier.changes[-1].at) >= since
    ]


def _day_of(cursor: str) -> date | None:
    try:
        return date.fromisoformat(cursor[:10])
    except ValueError:
        return None
