"""Names of fields that carry personal data in whatever system: their values are never kept, wherever they stand.

From the national portal's dossiers, kiosks, petitions and cameras; the Vietnamese and English names in use there. A
connector adds what its own source calls such fields.
"""


def folded(name: str) -> str:
    """A field's name without capitals, `_` and `-`, so that all ways of writing it are one."""
    return name.casefold().replace("_", "").replace("-", "")


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
    folded(name) for name in " ".join((_PEOPLE, _NUMBERS, _REACHED_BY, _FREE_TEXT, _PICTURES, _SECRETS)).split()
)
"""The names, folded."""
