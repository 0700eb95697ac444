"""Text: every word of the board that is not an indicator's own label, in Vietnamese and in English, and the names of codes."""

import re
from datetime import datetime

from dashboard.words.freshness import State
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.label import Label, Language

CENTRE = Label(
    "Trung tâm giám sát, điều hành thông minh (IOC) phường {ward}", "Intelligent Operations Centre (IOC) of {ward} ward"
)
CENTRE_KIND = Label("Trung tâm giám sát, điều hành thông minh", "Intelligent Operations Centre")
CENTRE_SHORT = Label("IOC phường {ward}", "IOC of {ward} ward")
CITY = Label("Thành phố {city}", "City of {city}")

STATES: dict[State, Label] = {
    "live": Label("ĐANG CẬP NHẬT", "LIVE"),
    "late": Label("CHẬM", "LATE"),
    "stale": Label("CŨ", "STALE"),
    "unheard": Label("CHỜ TÍN HIỆU THIẾT BỊ từ {time}", "AWAITING DEVICES since {time}"),
    "down": Label("MẤT KẾT NỐI DỮ LIỆU từ {time}", "SOURCE DOWN since {time}"),
    "none": Label("KHÔNG CÓ DỮ LIỆU", "NO DATA"),
    "unconnected": Label("CHƯA KẾT NỐI", "NOT CONNECTED"),
}

QUIET = Label("nguồn hoạt động · tin cuối {time}", "source live · newest {time}")
"""Of a source that reports while nothing has happened for long."""

LIGHTS: dict[State, Label] = {
    "live": Label("", ""),
    "late": Label("chậm", "late"),
    "stale": Label("cũ", "stale"),
    "unheard": Label("chờ thiết bị từ {time}", "awaiting devices since {time}"),
    "down": Label("mất từ {time}", "down since {time}"),
    "none": Label("chưa có", "none yet"),
    "unconnected": Label("chưa kết nối", "not connected"),
}
"""The same, short, for the sources' lights in the head."""

SOURCES: dict[str, Label] = {
    "queue_kiosk": Label("Một cửa", "Queue"),
    "dossier_portal": Label("Hồ sơ", "Dossiers"),
    "smart_loudspeaker": Label("Truyền thanh", "Speakers"),
    "frigate": Label("Camera", "Cameras"),
    "isapi": Label("Camera ISAPI", "ISAPI cameras"),
    "onvif": Label("Camera ONVIF", "ONVIF cameras"),
    "camera_desk": Label("Trực camera", "Camera desk"),
    "petition_portal": Label("Kiến nghị", "Petitions"),
    "document_office": Label("Văn bản", "Documents"),
    "content_post": Label("Tin bài", "News"),
    "ward_register": Label("Danh mục", "Register"),
    "civil_status": Label("Hộ tịch", "Civil status"),
    "equipment": Label("Thiết bị", "Equipment"),
    "lookup_kiosk": Label("Tra cứu", "Look-ups"),
    "online_meeting": Label("Họp trực tuyến", "Meetings"),
}
"""Short names of the sources, by the id of their connector."""

STREAMS: dict[str, Label] = {
    "queue": SOURCES["queue_kiosk"],
    "dossier": SOURCES["dossier_portal"],
    "speaker": SOURCES["smart_loudspeaker"],
    "camera": SOURCES["frigate"],
    "petition": SOURCES["petition_portal"],
    "document": SOURCES["document_office"],
    "content": SOURCES["content_post"],
    "reference": SOURCES["ward_register"],
    "equipment": SOURCES["equipment"],
    "alarm": Label("Cảnh báo", "Alarms"),
    "dlq": Label("Sự kiện lỗi", "Dead letters"),
    "value": Label("Số liệu tính được", "Computed figures"),
    "health": Label("Tín hiệu", "Health"),
    "figure": Label("Số liệu nhập", "Entered figures"),
}
"""Short names of the streams."""

CODES: dict[str, Label] = {
    "nhap_tay": Label("nhập tay", "typed in"),
    "nhap_tep": Label("nhập từ tệp", "imported from a file"),
    "bao_cao_phuong": Label("báo cáo của phường", "the ward's report"),
    "chinh_xac": Label("nguồn ghi đúng số này", "the source gives this number"),
    "it_nhat": Label("nguồn ghi “trên”: ít nhất là số này", "the source says “over”: at least this number"),
    "ghi_ro": Label("nguồn ghi rõ ngày", "the source gives the dates"),
    "suy_ra": Label(
        "nguồn không ghi ngày: ngày cuối suy ra từ văn bản mới nhất được nêu",
        "the source bears no date: the last day follows from the latest act that it names",
    ),
    "go_nham": Label("gõ nhầm", "typing error"),
    "don_vi_sua": Label("đơn vị báo cáo sửa số", "corrected by the unit that reported it"),
    "kiem_tra_lai": Label("kiểm tra lại chứng từ", "checked against the papers"),
    "hoan_tac": Label("hoàn tác lần nhập tệp", "import undone"),
    "tu_choi": Label("người xác nhận không đồng ý", "not confirmed"),
    "dat_dai": Label("Đất đai", "Land"),
    "ho_tich": Label("Hộ tịch", "Civil status"),
    "chung_thuc": Label("Chứng thực", "Certification"),
    "bao_tro_xa_hoi": Label("Bảo trợ xã hội", "Social aid"),
    "bao_tro": Label("Bảo trợ xã hội", "Social aid"),
    "nguoi_co_cong": Label("Người có công", "Veterans"),
    "dang_ky_kinh_doanh": Label("Đăng ký kinh doanh", "Business"),
    "ho_kinh_doanh": Label("Hộ kinh doanh", "Businesses"),
    "kinh_doanh": Label("Hộ kinh doanh", "Businesses"),
    "xay_dung": Label("Xây dựng", "Construction"),
    "cu_tru": Label("Cư trú", "Residence"),
    "lao_dong": Label("Lao động", "Labour"),
    "giao_duc": Label("Giáo dục", "Education"),
    "y_te": Label("Y tế", "Health"),
    "moi_truong": Label("Môi trường", "Environment"),
    "van_hoa": Label("Văn hóa", "Culture"),
    "do_thi": Label("Đô thị", "Urban"),
    "huong_dan": Label("Hướng dẫn", "Guidance"),
    "tra_ket_qua": Label("Trả kết quả", "Hand-out"),
    "khac": Label("Khác", "Other"),
    "mot_cua": Label("Phần mềm một cửa", "One-stop software"),
    "zalo": Label("Zalo", "Zalo"),
    "portal": Label("Cổng", "Portal"),
    "fanpage": Label("Fanpage", "Fanpage"),
    "speaker": Label("Loa", "Speakers"),
    "ha_tang": Label("Hạ tầng", "Infrastructure"),
    "trat_tu_do_thi": Label("Trật tự đô thị", "Public order"),
    "direct": Label("Trực tiếp", "In person"),
    "dvcqg": Label("Cổng DVC quốc gia", "National portal"),
    "city": Label("Cổng thành phố", "City portal"),
    "1022": Label("Tổng đài 1022", "Hotline 1022"),
    "thong_thuong": Label("Thông thường", "Regular"),
    "uu_tien": Label("Ưu tiên", "Priority"),
    "khan_cap": Label("Khẩn cấp", "Emergency"),
    "line_cross": Label("Qua vạch đếm", "Line crossed"),
    "intrusion": Label("Xâm nhập", "Intrusion"),
    "loitering": Label("Lảng vảng", "Loitering"),
    "abandoned_object": Label("Vật bỏ quên", "Abandoned object"),
    "crowd": Label("Tụ tập đông", "Crowd"),
    "congestion": Label("Ùn tắc", "Congestion"),
    "unknown": Label("Không rõ", "Unknown"),
    "may_tinh": Label("Máy tính", "PCs"),
    "may_in": Label("Máy in", "Printers"),
    "may_quet": Label("Máy quét", "Scanners"),
    "may_photocopy": Label("Máy photocopy", "Copiers"),
    "kiosk_lay_so": Label("Kiosk lấy số", "Queue kiosks"),
    "kiosk_tra_cuu": Label("Kiosk tra cứu", "Look-up kiosks"),
    "man_hinh_quay": Label("Màn hình quầy", "Counter displays"),
    "man_hinh_sanh": Label("Màn hình sảnh", "Hall displays"),
    "loa_sanh": Label("Loa sảnh", "Hall loudspeakers"),
    "duong_truyen": Label("Đường truyền", "Leased line"),
}
"""What codes of services, fields, channels, applications, platforms, bulletins, camera events and equipment are called."""

DAYS = (
    Label("Thứ Hai", "Monday"),
    Label("Thứ Ba", "Tuesday"),
    Label("Thứ Tư", "Wednesday"),
    Label("Thứ Năm", "Thursday"),
    Label("Thứ Sáu", "Friday"),
    Label("Thứ Bảy", "Saturday"),
    Label("Chủ nhật", "Sunday"),
)

DAYS_SHORT = (
    Label("T2", "Mon"),
    Label("T3", "Tue"),
    Label("T4", "Wed"),
    Label("T5", "Thu"),
    Label("T6", "Fri"),
    Label("T7", "Sat"),
    Label("CN", "Sun"),
)

# Một cửa
QUEUE = Label("Một cửa", "One-stop office")
WAITING = Label("người đang chờ", "waiting")
LONGEST = Label("lâu nhất", "longest")
MEAN_WAIT = Label("chờ TB", "avg wait")
COUNTERS = Label("quầy mở", "counters open")
SERVICE_LEVEL = Label("≤ 15 phút", "≤ 15 min")
# Hồ sơ
DOSSIERS = Label("Hồ sơ", "Dossiers")
COMPLETED = Label("{parts} hồ sơ đã giải quyết từ 01/7/2025", "{parts} dossiers finished since 01/7/2025")
ON_TIME = Label("đúng hạn tháng này", "on time this month")
NEAR_DUE = Label("sắp đến hạn", "near due")
OVERDUE = Label("quá hạn", "overdue")
# Truyền thanh, camera
SPEAKERS = Label("Truyền thanh", "Loudspeakers")
SPEAKERS_OF = Label("/{all} cụm loa", "/{all} clusters")
SPEAKERS_ONLINE = Label("cụm loa trực tuyến", "loudspeaker clusters online")
SPEAKERS_OFFLINE = Label("mất kết nối", "offline")
PLAYING = Label("đang phát", "playing")
ONLINE_SHARE = Label("trực tuyến", "online")
CAMERAS = Label("Camera", "Cameras")
CAMERAS_OF = Label("/{all} camera", "/{all} cameras")
CAMERAS_ONLINE = Label("camera trực tuyến", "cameras online")
DETECTIONS = Label("sự kiện 24 giờ", "events, 24 h")
ALERTS = Label("cảnh báo 24 giờ", "alerts, 24 h")
# Hàng hai
ARRIVALS = Label("Lượt đến và thời gian chờ", "Arrivals and waiting time")
TODAY_VISITS = Label("lượt hôm nay", "visits today")
ARRIVALS_AXIS = Label("lượt / 15 phút", "visits / 15 min")
WAIT_AXIS = Label("chờ TB, phút", "mean wait, min")
LAST_WEEK = Label("{day} trước", "last {day}")
OPEN_DOSSIERS = Label("Hồ sơ đang xử lý", "Dossiers in progress")
OPEN_NOW = Label("đang xử lý", "open")
RECEIVED_TODAY = Label("nhận hôm nay", "received today")
OTHERS = Label("Còn lại", "Others")
NOTHING = Label("Không có", "None")
NOT_ALLOWED = Label("Tài khoản này không có quyền làm việc đó.", "This account may not do that.")
BACK = Label("← Tổng quan", "← Overview")
READING = Label("Đang đọc…", "Reading…")
GROUPS = Label("{count} tổ dân phố", "{count} residential groups")
GROUPS_TITLE = Label("Tổ dân phố", "Residential groups")
CELL_NORMAL = Label("bình thường", "normal")
CELL_WARNING = Label("cần xem", "to look at")
CELL_CRITICAL = Label("cần xử lý", "to act on")
CELL_NONE = Label("không có dữ liệu", "no data")
GROUP = Label("Tổ dân phố {number}", "Residential group {number}")
NO_DEVICE = Label("Không thiết bị nào có tên này.", "No device bears this name.")
# Hàng ba
SINCE = Label("từ {time}", "since {time}")
AREAS = Label("TDP {numbers}", "groups {numbers}")
FREE = Label("còn {free}", "{free} left")
DOWN_SOURCES = Label("mất kết nối", "sources down")
LAG = Label("trễ dữ liệu", "data lag")
OUTAGE_TODAY = Label("hộ tịch ngừng", "civil-status outage")
PETITIONS = Label("Phản ánh, kiến nghị", "Petitions")
PETITIONS_ON_TIME = Label("đúng hạn tháng này, {parts}", "on time this month, {parts}")
PETITIONS_RECEIVED = Label("tiếp nhận từ 01/7/2025", "received since 01/7/2025")
DOCUMENTS = Label("Văn bản", "Documents")
SIGNED = Label("ký số từ 01/7/2025, {parts}", "signed since 01/7/2025, {parts}")
NEWS = Label("Tin bài", "News items")
PUBLISHED = Label("đã đăng từ 01/7/2025", "published since 01/7/2025")
PUBLISHED_BEFORE = Label(
    "đã đăng từ 01/7/2025, {rest} tin không rõ nền tảng",
    "published since 01/7/2025, {rest} without a platform",
)
DAY_LONG = Label("24 giờ qua", "last 24 hours")
FOUR_WEEKS = Label("28 ngày qua", "last 28 days")
WITHOUT_BASELINE = Label("không gồm số nền", "without the baseline")
TEAMS = Label("Tổ công nghệ số", "Digital teams")
TEAMS_OF = Label("/{all} tổ", "/{all}")
TEAMS_CAPTION = Label("tổ dân phố đã có", "groups have one")
# Chân trang
PRETEND = Label("DỮ LIỆU GIẢ LẬP", "PRETEND DATA")
PRETEND_CLOCK = Label("đồng hồ giả lập", "pretend clock")
SPEED = Label("×{speed}", "×{speed}")
AUDITED = Label(
    "đối soát {time}: {differences} sai lệch / {compared}", "audit {time}: differences {differences} / {compared}"
)
NOT_AUDITED = Label("chưa đối soát", "not audited yet")
BEAT = Label("tín hiệu cuối", "heartbeat")
EVENT_TO_PIXEL = Label("sự kiện → màn hình", "event → pixel")
TRANSPORTS = {
    "push": Label("đẩy trực tiếp", "pushed live"),
    "fallback": Label("đường dự phòng", "fallback"),
    "lost": Label("mất kết nối từ", "disconnected since"),
}
WAYS = {
    "webhook": Label("webhook", "webhook"),
    "mail": Label("thư điện tử", "mail"),
    "mail-escalation": Label("thư điện tử cho cấp trên", "mail to superiors"),
}
UNACKNOWLEDGED = Label("{count} cảnh báo chưa nhận", "{count} unacknowledged alarms", "{count} unacknowledged alarm")
OVERVIEW = Label("Tổng quan", "Overview")
ALARMS = Label("Cảnh báo", "Alarms")
SQL = Label("Truy vấn SQL", "SQL")
DEAD_LETTERS = Label("Sự kiện lỗi", "Dead letters")
SYSTEM = Label("Hệ thống", "System")
DUE = Label("Đến hạn", "Due")
HISTORY = Label("Diễn biến", "History")
PROOF = Label("Kiểm chứng số liệu", "Proof")
LOOK_BACK = Label("Xem lại", "Look back")
MENU = Label("Các trang", "All pages")
MENU_FIGURES = Label("Số liệu", "Figures")
MENU_OPERATION = Label("Vận hành", "Operation")
NOT_CONNECTED = Label("Chưa kết nối: {names}", "Not connected: {names}")
CONNECT = Label(
    "{said}. Người quản trị kết nối từng nguồn ở Vận hành → Nguồn.",
    "{said}. An administrator connects each source under Operation → Sources.",
)
SOURCES_ABSENT = Label("{count} nguồn chưa kết nối", "{count} sources not connected", "{count} source not connected")
SOURCES_LIVE = Label("{live}/{all} nguồn hoạt động", "{live} of {all} sources live")
SCHEME = Label("Nền sáng / tối", "Light / dark")
OTHER_LANGUAGE = Label("English", "Tiếng Việt")
CHANGE_PASSWORD = Label("Đổi mật khẩu", "Change password")
LOG_OUT = Label("Thoát", "Log out")
NOT_FOUND = Label("Không có trang này.", "There is no such page.")
FORBIDDEN = Label("Tài khoản của bạn không có quyền xem trang này.", "Your account may not see this page.")
NO_MEMBER = Label("(không rõ)", "(unknown)")
NEWEST = Label("mới nhất {time}", "newest {time}")


def last_days(days: int) -> Label:
    """What so many days until now are called."""
    return Label("24 giờ qua", "Last 24 hours") if days == 1 else Label(f"{days} ngày qua", f"Last {days} days")


def name_of_code(value: str, language: Language) -> str:
    """What a code is called; an unknown word is made readable, and a device's name is shown as it is."""
    known = CODES.get(value.lower())
    if known:
        return known.text(language)
    return value if any(map(str.isdigit, value)) else value.replace("_", " ").capitalize()


def member(value: str, language: Language) -> str:
    """What a member of a dimension is called; an unknown one exactly as it is."""
    known = CODES.get(value.lower())
    return known.text(language) if known else value or NO_MEMBER.text(language)


def source_name(id: str, language: Language) -> str:
    """Short name of a source."""
    known = SOURCES.get(id)
    return known.text(language) if known else id


def stream_name(topic: str, language: Language) -> str:
    """Short name of the stream that a topic carries; an unknown topic as it is."""
    stream = topic.removeprefix("ioc.").removesuffix(".v1")
    known = STREAMS.get(stream)
    return known.text(language) if known else stream


def way_name(name: str, language: Language) -> str:
    """What a way to tell people of alarms is called; an unknown one as it is."""
    known = WAYS.get(name)
    return known.text(language) if known else name


def local_time(ms: int) -> datetime:
    """A time as the ward's clocks show it."""
    return moment(ms).astimezone(WARD_ZONE)


def clock_time(ms: int, now_ms: int) -> str:
    """A time of day, with the date where it is not today's: `09:41` or `09:41 23/11`."""
    at, now = local_time(ms), local_time(now_ms)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%H:%M %d/%m}"


def state_word(state: State, sign_ms: int, now_ms: int, language: Language) -> str:
    """The word for a state of freshness."""
    return _since(STATES[state], sign_ms, now_ms, language)


def status_word(state: State, sign_ms: int, now_ms: int, language: Language) -> str:
    """The short word for a source's state."""
    return _since(LIGHTS[state], sign_ms, now_ms, language)


def _since(label: Label, sign_ms: int, now_ms: int, language: Language) -> str:
    """The label with its time; of what never gave a sign, the label up to there."""
    text = label.text(language)
    return text.format(time=clock_time(sign_ms, now_ms)) if sign_ms else text.split(_SINCE[language])[0]


_SINCE = {"vi": " từ {", "en": " since {"}


def group_number(area_code: str) -> int | None:
    """The number at the end of a residential group's code (`TDP-017` is 17); `None` when there is none."""
    found = _GROUP_NUMBER.search(area_code)
    return int(found[1]) if found else None


_GROUP_NUMBER = re.compile(r"(\d+)$")
