"""Law: the acts that figures follow, with article, and what of them could not be verified.

NĐ 309/2026 was read in a copy that lacks its Đ15 (what is repealed); of NĐ 118/2025, NĐ 367/2025 and TT 03/2025/TT-VPCP no text is at hand.
"""

from datetime import date

from ingest.contract.label import Label

REVISED = date(2026, 11, 29)
"""Since when the definitions hold that a reading of all of them against the formula document of QĐ 766 and the decrees in force changed."""


def decision_766(item: str) -> Label:
    """An index of the decision, as the national portal computes it."""
    return Label(
        f"QĐ 766/QĐ-TTg (23/6/2022), mục {item} của tài liệu “Mô tả công thức tính chỉ số 766” (bản đối chiếu 07/10/2026; chưa xác minh là văn "
        "bản chính thức)",
        f"QĐ 766/QĐ-TTg (23 June 2022), item {item} of the document that describes its formulas (as compared on 7 October 2026; that it is "
        "official is not verified)",
    )


LIMIT = Label(
    "NĐ 118/2025/NĐ-CP Đ17.3, sửa đổi tại NĐ 309/2026/NĐ-CP Đ8.3 (thời hạn tính từ khi tiếp nhận hồ sơ đầy đủ, ghi trên giấy hẹn; hồ sơ không phụ "
    "thuộc địa giới: từ khi cơ quan giải quyết nhận được, chỉ biết qua ngày hẹn); BLDS 2015 Đ147–148 (cách tính ngày); tính lại từ đầu sau bổ "
    "sung là NĐ 61/2018 Đ19.4 (hết hiệu lực), chưa xác minh ở NĐ 118/2025",
    "NĐ 118/2025/NĐ-CP Đ17.3 as amended by NĐ 309/2026/NĐ-CP Đ8.3 (the limit runs from the receipt of a complete dossier, as the receipt says; of "
    "one that another ward took in, from when the body in charge has it, which only the due date tells); Civil Code 2015 Đ147-148 (how days are "
    "counted); anew after a supplement was NĐ 61/2018 Đ19.4 (repealed), not verified in NĐ 118/2025",
)
ASKED_ONCE = Label(
    "NĐ 118/2025/NĐ-CP Đ17.2a, sửa đổi tại NĐ 309/2026/NĐ-CP Đ8.1 (hướng dẫn đầy đủ trong một lần)",
    "NĐ 118/2025/NĐ-CP Đ17.2a as amended by NĐ 309/2026/NĐ-CP Đ8.1 (complete guidance at once)",
)
APOLOGY = Label(
    "NĐ 61/2018 Đ19.9 (hết hiệu lực): xin lỗi chậm nhất trước hạn một ngày, hẹn lại một lần; NĐ 118/2025 và TT 03/2025/TT-VPCP thay thế, chưa có "
    "toàn văn nên chưa xác minh được điều tương ứng; NĐ 309/2026 không sửa gì về việc này (trừ Đ15 bãi bỏ, chưa đọc được)",
    "NĐ 61/2018 Đ19.9 (repealed): the apology a day before the due date, one new date; NĐ 118/2025 and TT 03/2025/TT-VPCP replace it, whose "
    "text is not at hand, so that the article that answers to it is not verified; NĐ 309/2026 amends nothing of it (but for Đ15, unread)",
)
PETITION = Label(
    "QĐ 255/2025/QĐ-UBND Hải Phòng (31/12/2025) cho hạn của kênh, chưa có toàn văn; không ghi hạn thì QĐ 766 mục 5.2",
    "QĐ 255/2025/QĐ-UBND of Hải Phòng (31 December 2025) for the channel's date, whose text is not at hand; without one QĐ 766, item 5.2",
)
STATION = Label(
    "TT 39/2020/TT-BTTTT Đ16 (đài truyền thanh cấp xã báo cáo định kỳ); ngưỡng của phường",
    "TT 39/2020/TT-BTTTT Đ16 (the commune's station reports regularly); the limits are the ward's",
)
URGENT = Label(
    "NĐ 49/2024/NĐ-CP: bản tin khẩn cấp phát ngay (điều khoản chưa xác minh); 60 giây là ngưỡng của phường",
    "NĐ 49/2024/NĐ-CP: an emergency bulletin is broadcast at once (article not verified); 60 seconds are the ward's limit",
)
SHARING = Label(
    "NĐ 278/2025/NĐ-CP Đ24 (kết nối, chia sẻ trước 31/12/2026); giờ chốt 16:45 là của phường",
    "NĐ 278/2025/NĐ-CP Đ24 (connected by 31 December 2026); the cut at 16:45 is the ward's",
)
TEAMS = Label("NĐ 224/2026/NĐ-CP Đ79 (tổ công nghệ số cộng đồng)", "NĐ 224/2026/NĐ-CP Đ79 (community digital teams)")
CAMERAS = Label(
    "Luật 91/2025/QH15 Đ32 (ghi hình nơi công cộng): chỉ số đếm, không hình ảnh; ngưỡng của phường",
    "Luật 91/2025/QH15 Đ32 (recording in public places): counts alone, no pictures; the limits are the ward's",
)
EMERGENCY_TEAM = Label(
    "QĐ 833/QĐ-UBND của phường (11/8/2025, tổ ứng cứu khẩn cấp công nghệ thông tin); ngưỡng của phường",
    "QĐ 833/QĐ-UBND of the ward (11 August 2025, the emergency IT team); the limits are the ward's",
)
