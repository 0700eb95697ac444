"""Limit texts: how an analyst is told which limit a query passed, wherever that was noticed."""

from ingest.contract.errors import QueryRefused
from warehouse.server.sql_gate.gate import sql_refusal

_MEGABYTE = 1024 * 1024


def overtime(seconds: float) -> QueryRefused:
    """It ran too long."""
    return sql_refusal(
        "time",
        f"Câu lệnh chạy quá {seconds:g} giây nên đã dừng. Hãy thu hẹp khoảng thời gian.",
        f"The query ran for more than {seconds:g} s and was ended. Ask for a shorter period.",
    )


def over_memory(size: int) -> QueryRefused:
    """It needed too much memory."""
    return sql_refusal(
        "memory",
        f"Câu lệnh cần hơn {size // _MEGABYTE} MB bộ nhớ nên đã dừng.",
        f"The query needed more than {size // _MEGABYTE} MB of memory and was ended.",
    )


def too_large(size: int) -> QueryRefused:
    """Its answer is too large."""
    return sql_refusal(
        "size",
        f"Kết quả lớn hơn {size // _MEGABYTE} MB. Hãy chọn ít cột hoặc ít dòng hơn.",
        f"The result is larger than {size // _MEGABYTE} MB. Ask for fewer columns or rows.",
    )


def too_many(most: int) -> QueryRefused:
    """The person runs others."""
    return sql_refusal(
        "concurrency",
        f"Mỗi người chỉ chạy được {most} câu lệnh cùng lúc. Hãy đợi câu lệnh trước xong.",
        f"Only {most} queries at once for a person. Wait for the one before to end.",
    )


def all_slots_taken() -> QueryRefused:
    """Others run theirs."""
    return sql_refusal(
        "concurrency",
        "Đang có quá nhiều câu lệnh của mọi người. Hãy thử lại sau.",
        "Too many queries of everybody at once. Try again later.",
    )


def no_replica() -> QueryRefused:
    """Nothing to run it in could be started."""
    return sql_refusal("away", "Chưa chạy được truy vấn. Hãy thử lại.", "No query can run now. Try again.")


def query_interrupted() -> QueryRefused:
    """What ran it has ended."""
    return sql_refusal("away", "Câu lệnh bị ngắt giữa chừng. Hãy chạy lại.", "The query was broken off. Run it again.")


def off() -> QueryRefused:
    """This kernel cannot confine queries."""
    return sql_refusal(
        "off",
        "Truy vấn SQL đang tắt: nhân Linux của máy này không có Landlock để nhốt câu lệnh. Hãy cập nhật hệ điều hành, hoặc quản trị viên "
        "đặt IOC_WAREHOUSE_ANALYST_WITHOUT_LANDLOCK=true nếu chấp nhận chạy không có lớp bảo vệ này, rồi khởi động lại.",
        "Ad-hoc SQL is off: this PC's kernel has no Landlock to confine queries with. Update the system, or an administrator sets "
        "IOC_WAREHOUSE_ANALYST_WITHOUT_LANDLOCK=true to go without this protection, and restarts.",
    )
