"""Procedures: the administrative procedures that the pretend ward handles, with their limits."""

from typing import Literal, NamedTuple


class Procedure(NamedTuple):
    """One procedure: code, field, limit, and how it usually goes."""

    code: str
    name: str
    field: str
    limit: int
    unit: Literal["giờ", "ngày", "ngày làm việc"]
    share: float
    """Of all dossiers."""
    online: float
    """Share that is submitted online."""
    fee: bool
    paper: bool
    """Whether the result has to be handed out on paper."""


# The names are the national ones; that 1.012300 is the code of its procedure is not verified.
PROCEDURES = (
    Procedure("2.000815", "Chứng thực bản sao từ bản chính", "chung_thuc", 8, "giờ", 0.24, 0.22, True, True),
    Procedure("2.000884", "Chứng thực chữ ký", "chung_thuc", 4, "giờ", 0.12, 0.10, True, True),
    Procedure("1.001193", "Đăng ký khai sinh", "ho_tich", 8, "giờ", 0.09, 0.80, False, True),
    Procedure("2.000635", "Cấp bản sao trích lục hộ tịch", "ho_tich", 8, "giờ", 0.09, 0.90, True, False),
    Procedure("1.004873", "Xác nhận tình trạng hôn nhân", "ho_tich", 3, "ngày làm việc", 0.07, 0.75, True, False),
    Procedure("1.000656", "Đăng ký khai tử", "ho_tich", 8, "giờ", 0.03, 0.65, False, True),
    Procedure(
        "1.012783", "Cấp đổi Giấy chứng nhận quyền sử dụng đất", "dat_dai", 10, "ngày làm việc", 0.05, 0.60, True, True
    ),
    Procedure("1.012796", "Đính chính Giấy chứng nhận đã cấp", "dat_dai", 12, "ngày", 0.04, 0.55, False, True),
    Procedure("1.001776", "Trợ cấp xã hội hằng tháng", "bao_tro_xa_hoi", 7, "ngày làm việc", 0.06, 0.70, False, False),
    Procedure("1.001731", "Hỗ trợ chi phí mai táng", "bao_tro_xa_hoi", 3, "ngày làm việc", 0.04, 0.70, False, False),
    Procedure(
        "1.001612", "Đăng ký thành lập hộ kinh doanh", "ho_kinh_doanh", 3, "ngày làm việc", 0.06, 0.92, True, False
    ),
    Procedure(
        "2.000720", "Thay đổi đăng ký hộ kinh doanh", "ho_kinh_doanh", 3, "ngày làm việc", 0.04, 0.92, True, False
    ),
    Procedure("1.012300", "Cấp giấy phép xây dựng nhà ở", "khac", 8, "ngày làm việc", 0.03, 0.75, True, True),
    Procedure(
        "2.002165",
        "Giải quyết yêu cầu bồi thường tại cơ quan trực tiếp quản lý",
        "khac",
        2,
        "ngày làm việc",
        0.04,
        0.65,
        False,
        False,
    ),
)
