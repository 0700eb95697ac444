"""Short name: what an indicator is called under its figure, where its card says already what it is about.

The whole name is in the figure's description and on its proof.
"""

from ingest.label import Label, Language
from warehouse.indicator import measure

SHORT: dict[str, Label] = {
    "Q01": Label("lượt lấy số hôm nay", "tickets today"),
    "Q02": Label("người đang chờ", "people waiting"),
    "Q03": Label("chờ trung bình 1 giờ", "mean wait, 1 h"),
    "Q04": Label("9/10 lượt chờ dưới", "9 in 10 wait less than"),
    "Q05": Label("chờ lâu nhất", "longest wait"),
    "Q06": Label("phục vụ trung bình", "mean service"),
    "Q07": Label("được gọi trong 15 phút", "called within 15 min"),
    "Q08": Label("quầy mở", "counters open"),
    "Q09": Label("hiệu suất quầy", "counter occupancy"),
    "Q10": Label("bỏ lượt", "abandoned"),
    "Q11": Label("lượt từ 01/7/2025", "visits since 01/7/2025"),
    "D01": Label("nhận hôm nay", "received today"),
    "D02": Label("tiếp nhận lũy kế", "received in all"),
    "D03": Label("đã giải quyết", "finished"),
    "D04": Label("tỷ lệ giải quyết", "completion rate"),
    "D05": Label("đang xử lý", "open"),
    "D06": Label("trong hạn", "in time"),
    "D07": Label("sắp đến hạn", "near due"),
    "D08": Label("quá hạn", "overdue"),
    "D09": Label("đúng hạn theo QĐ 766", "on time by QĐ 766"),
    "D10": Label("xong trước hạn", "finished early"),
    "D11": Label("xong quá hạn", "finished late"),
    "D12": Label("xử lý trung bình", "mean processing"),
    "D13": Label("chờ bổ sung", "awaiting supplement"),
    "D14": Label("yêu cầu bổ sung > 1 lần", "asked more than once"),
    "D15": Label("trễ có phiếu xin lỗi", "late with apology"),
    "D16": Label("điểm QĐ 766 ước tính", "QĐ 766 score, estimated"),
    "D17": Label("nộp trực tuyến", "filed online"),
    "D18": Label("thanh toán trực tuyến", "paid online"),
    "D19": Label("số hóa", "digitised"),
    "D20": Label("lượt đến mỗi hồ sơ", "visits per dossier"),
    "D21": Label("hẹn lại > 1 lần", "re-appointed > 1×"),
    "D22": Label("dùng lại dữ liệu", "data reused"),
    "P01": Label("tiếp nhận từ đầu kỳ", "received this period"),
    "P02": Label("trả lời đúng hạn", "answered on time"),
    "P03": Label("sắp đến hạn", "near due"),
    "P04": Label("quá hạn", "overdue"),
    "P05": Label("hài lòng khi giải quyết", "satisfied"),
    "S01": Label("cụm loa trực tuyến", "clusters online"),
    "S02": Label("mất kết nối", "offline"),
    "S03": Label("đang phát", "playing"),
    "S04": Label("buổi phát hôm nay", "broadcasts today"),
    "S05": Label("phát thành công", "broadcast success"),
    "S06": Label("tin khẩn phát sau", "urgent news after"),
    "S07": Label("tổ được phủ", "groups covered"),
    "S08": Label("đã phát hôm nay", "airtime today"),
    "S09": Label("tổ có loa kết nối", "groups with a loudspeaker online"),
    "C01": Label("camera trực tuyến", "cameras online"),
    "C02": Label("mất hình, che khuất", "no picture, covered"),
    "C03": Label("sự kiện 24 giờ", "events, 24 h"),
    "C04": Label("chờ xác nhận", "unacknowledged"),
    "C05": Label("xác nhận sau", "acknowledged after"),
    "C06": Label("người tại sảnh chờ", "people in the hall"),
    "C07": Label("lượt qua nút", "crossings"),
    "V01": Label("văn bản đã ký số", "documents signed"),
    "V02": Label("tin bài đã đăng", "items published"),
    "V03": Label("tổ có tổ công nghệ số", "groups with a digital team"),
    "H01": Label("trễ dữ liệu", "data lag"),
    "H02": Label("sự kiện hợp lệ", "valid events"),
    "H03": Label("sự kiện lỗi chờ", "dead letters waiting"),
    "H04": Label("nguồn mất kết nối", "sources down"),
    "H05": Label("gián đoạn phần mềm", "software outage"),
    "H06": Label("gửi thành phố đúng giờ", "city feed on time"),
    "H07": Label("nhịp hệ thống", "system heartbeat"),
}


def short_name(id: str, language: Language) -> str:
    """The short name; the whole one where there is none."""
    return SHORT.get(id, measure(id).label).text(language)
