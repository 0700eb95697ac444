"""Personal fields: which fields carry personal data, and which texts look like it wherever they stand.

Values of fields with these names are never kept. They are from the national portal's dossiers, kiosks, petitions and cameras: the
Vietnamese and English names in use there. A connector adds what its own source calls such fields.

A text that looks like a person's number or name is refused in a code of an event and taken out of a dead letter. This is a
second net: which fields are read at all is the first one.
"""

import re
import unicodedata
from functools import lru_cache


def _without_marks(text: str) -> str:
    if text.isascii():
        return text
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def normalise_field_name(name: str) -> str:
    """A field's name without capitals, marks, spaces, `_` and `-`, so that all ways of writing it are one."""
    # A source sends the same few names again and again; long ones, that anybody may send, are not kept.
    return _normalised(name) if len(name) <= 40 else _normalised.__wrapped__(name)


@lru_cache(1024)
def _normalised(name: str) -> str:
    return re.sub(r"[\s_-]", "", _without_marks(name)).casefold()


_PEOPLE = """
ChuHoSo TenChuHoSo HoTen HoVaTen Ten TenCongDan CongDan NguoiNop TenNguoiNop NguoiNopHoSo NguoiXuLy CanBo CanBoXuLy
NguoiKy NguoiPhanAnh NguoiDan KhachHang NgaySinh NgaySinhChuHoSo NamSinh GioiTinh DanToc
name full_name first_name last_name middle_name given_name family_name applicant applicant_name owner owner_name citizen
citizen_name person submitter customer customer_name staff_name officer date_of_birth birth_date birthday dob gender
"""

_NUMBERS = """
CCCD CMND SoCCCD SoCMND SoDinhDanh SoDinhDanhCaNhan SoGiayTo SoGiayToChuHoSo HoChieu MaSoThue BHXH BHYT SoBHYT SoBHXH
VNeID TaiKhoan TaiKhoanNganHang BienSo BienSoXe
id_number identity identity_number national_id citizen_id passport passport_number tax_code plate license_plate
licence_plate recognized_license_plate recognized_license_plate_score account account_number
"""

_REACHED_BY = """
SoDienThoai SoDienThoaiChuHoSo DienThoai SDT DiDong Email EmailChuHoSo ThuDienTu DiaChi DiaChiChuHoSo DiaChiThuongTru
DiaChiTamTru DiaChiLienHe ToaDo KinhDo ViDo
phone phone_number mobile telephone tel email mail address home_address street mac mac_address ip ip_address
latitude longitude lat lon lng coordinates
"""

_FREE_TEXT = """
NoiDung NoiDungXuLy NoiDungPhanAnh TieuDe TrichYeu GhiChu YKien NhanXet MoTa LyDo LoiNhan
note notes comment comments content text body title subject description message feedback reason_text
"""

_PICTURES = """
Anh AnhChanDung KhuonMat TepDinhKem DinhKem DuongDan
sub_label face face_name thumbnail snapshot image photo picture clip box path_data attributes attachment url rtsp
"""

_SECRETS = "MatKhau password passwd token secret api_key authorization username user"

PERSONAL = frozenset(
    normalise_field_name(name)
    for name in " ".join((_PEOPLE, _NUMBERS, _REACHED_BY, _FREE_TEXT, _PICTURES, _SECRETS)).split()
)
"""The names, folded."""


_UNLINKED = r"(?<![A-Za-z0-9])[A-Za-z]{0,12}(?:\+|00)?"
"""Where a number may begin: not amid letters and digits, as in a hash, but after a word such as `SDT`."""

_GAP = r"[ ._-]?"

_NUMBERS_OF_PEOPLE = re.compile(
    rf"""{_UNLINKED}(?:
      (?:84{_GAP}|0)[35789](?:{_GAP}[0-9]){{8}}       # mobile telephone
    | (?:84{_GAP}|0)2(?:{_GAP}[0-9]){{9}}             # telephone at home
    | 0[0-9]{{2}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{3}}   # CCCD, as it is written on the card too
    | (?!20[0-9]{{2}}[01][0-9][0-3][0-9])[0-9]{{12}}  # other twelve digits, unless they are a date with its time
    | [0-9]{{9}} | [0-9]{{3}}[ .][0-9]{{3}}[ .][0-9]{{3}}           # CMND
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)

_PLATE = re.compile(
    r"""(?<![A-Za-z0-9])[1-9][0-9](?:
      [A-Za-z]{1,2}[ .-]?(?:[0-9]{5}|[0-9]{3}\.[0-9]{2}) | [A-Za-z]{1,2}[ .-][0-9]{4}
    | -?[A-Za-z][A-Za-z0-9][ .-]?(?:[0-9]{5}|[0-9]{3}\.[0-9]{2}) | -[A-Za-z][A-Za-z0-9][ -][0-9]{4}
    )(?![A-Za-z0-9])""",
    re.VERBOSE,
)

_MADE = re.compile(
    r"(?<![A-Za-z0-9])(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64})(?![A-Za-z0-9])"
)
"""Hashes and UUIDs: by chance some parts of them are digits only."""

_NAMED = frozenset(["nguyen", "tran", "huynh", "hoang"])
"""Family names that are nothing else."""

_ALSO_NAMED = frozenset(
    [
        "le",
        "pham",
        "phan",
        "vu",
        "vo",
        "dang",
        "bui",
        "do",
        "ho",
        "ngo",
        "duong",
        "ly",
        "dinh",
        "trinh",
        "doan",
        "luong",
        "mai",
        "truong",
        "cao",
        "lam",
        "dao",
        "ha",
        "chu",
        "ta",
        "thai",
        "quach",
        "luu",
    ]
)
"""Family names that are also words of codes: `ho_tich`, `do_vat`, `le_hoi`."""

_MIDDLE = frozenset(
    [
        "van",
        "thi",
        "duc",
        "huu",
        "quang",
        "minh",
        "thanh",
        "ngoc",
        "hong",
        "thu",
        "xuan",
        "hai",
        "tuan",
        "kim",
        "gia",
        "quoc",
        "tien",
        "trong",
        "nhu",
        "my",
        "bich",
        "tuyet",
        "thuy",
        "phuong",
        "viet",
    ]
)
"""Middle names."""

_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_APART = re.compile(r"[^a-z]+")


def looks_personal(text: str) -> bool:
    """Whether a text looks like a telephone, identity or plate number, an e-mail address or the name of a person."""
    return looks_like_number(text) or looks_like_name(text)


def looks_like_number(text: str) -> bool:
    """Whether a text holds what looks like a telephone, identity or plate number, or an e-mail address."""
    if "@" in text:
        return True
    if len(text) < 7:
        return False
    if len(text) >= 32:
        text = _MADE.sub("#", text)
        if len(text) < 7:
            return False
    return _NUMBERS_OF_PEOPLE.search(text) is not None or _PLATE.search(text) is not None


def looks_like_name(text: str) -> bool:
    """Whether a text begins as the name of a Vietnamese person does, with or without marks, spaces and capitals.

    Lower-case words are taken for a name only if the second of them is `van` or `thi`, or the family's name is nothing else:
    most codes of a ward are such words (`ho_tich`, `dat_dai`).
    """
    plain = _without_marks(text)
    apart = _CAPITALS.sub(" ", plain)
    words = [word for word in _APART.split(apart.lower()) if word]
    if not apart[:1].isalpha() or not words:
        return False
    family, rest = words[0], words[1:]
    if not rest:
        return family.startswith(("nguyenvan", "nguyenthi", "tranvan", "tranthi", "levan", "phamvan", "phamthi"))
    if family in _NAMED:
        return True
    if family not in _ALSO_NAMED or len(rest) < 2:
        return False
    is_written_as_name = apart[0].isupper()
    return (
        rest[0] in _MIDDLE if is_written_as_name else rest[0] in ("van", "thi") and (family, rest[0]) != ("do", "thi")
    )
