"""System: the warehouse, the disk, the streams, audit, backup, calendar and dead letters of this install itself."""

from datetime import timedelta

from ingest.contract.label import Label
from ingest.runtime.restarts import LOOP
from warehouse.model.alarm_rule import INSTALLER_DOCTOR, OFFICE, RESPONSE_TEAM, AlarmRule, FactName
from warehouse.model.indicator import Threshold

WAREHOUSE_AWAY = AlarmRule(
    id="system.warehouse",
    sentence=Label(
        "Kho dữ liệu không trả lời, số liệu ngừng cập nhật", "The warehouse does not answer, figures stand still"
    ),
    measure=FactName("warehouse_away"),
    page="/system",
    limits=Threshold(warning=None, critical=0),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    checklist=(
        Label(
            "Xem trang Hệ thống: máy có vừa chạy lại phần nào, đĩa còn chỗ không",
            "See on the System page whether a part was started again, and whether the disk has room",
        ),
        INSTALLER_DOCTOR,
    ),
)

DISK = AlarmRule(
    id="system.disk",
    sentence=Label("Đĩa còn ít chỗ trống: {value}", "Little room left on the disk: {value}"),
    measure=FactName("disk"),
    page="/system",
    limits=Threshold(warning=3, critical=1, below=True),
    clear=3.3,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Xem đĩa nào, còn bao nhiêu trên trang Hệ thống", "See which disk and how much, on the System page"),
        Label(
            "Nhờ người quản lý máy xóa tệp thừa, chép bản sao lưu sang đĩa khác",
            "Have whoever keeps the PC delete what is not needed and move backups to another disk",
        ),
        INSTALLER_DOCTOR,
    ),
)

STREAM_STOPPED = AlarmRule(
    id="system.stream",
    sentence=Label("Luồng {subject} đã dừng", "Stream {subject} is stopped"),
    measure=FactName("stream_stopped"),
    page="/letters",
    limits=Threshold(warning=None, critical=0),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    checklist=(
        Label("Mở trang Sự kiện lỗi, xem lý do", "Open the page of dead letters, see why"),
        Label(
            "Nguồn gửi sai: báo nhà cung cấp; sửa xong thì cho chạy tiếp",
            "Tell the supplier; once fixed, let it go on",
        ),
    ),
)

CRASH_LOOP = AlarmRule(
    id="system.restarts",
    sentence=Label(
        "{subject} dừng liên tục: đã chạy lại {value} lần trong 10 phút",
        "{subject} is in a crash loop: started again {value} times in 10 minutes",
    ),
    measure=FactName("restarts"),
    page="/system",
    limits=Threshold(warning=None, critical=LOOP - 1),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    checklist=(
        Label("Xem lý do và nhật ký trên trang Hệ thống", "See the reason, and the log, on the System page"),
        Label(
            "Xử lý luồng: xem trang Sự kiện lỗi, sự kiện gây lỗi tự được tách ra",
            "Streams: see the Dead letters page; an event that is to blame is set aside automatically",
        ),
        INSTALLER_DOCTOR,
    ),
)

AUDIT_DIFFERS = AlarmRule(
    id="system.audit",
    sentence=Label("Đối soát: {value} sai lệch", "The audit found differences: {value}"),
    measure=FactName("audit_differences"),
    page="/system",
    limits=Threshold(warning=None, critical=0),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Xem báo cáo đối soát trên trang Hệ thống", "Read the audit's report on the System page"),
        Label(
            "Chưa dùng các số bị nêu tên để báo cáo; đêm nay hệ thống tự đối soát lại",
            "Report none of the figures that are named; the system audits again tonight",
        ),
        Label("Người cài đặt: đối soát lại ngay bằng ./ioc audit", "Installer: audit again at once by ./ioc audit"),
    ),
)

AUDIT_MISSED = AlarmRule(
    id="system.audit_missed",
    sentence=Label("Chưa đối soát lại {value}", "No audit for {value}"),
    measure=FactName("audit_age"),
    page="/system",
    limits=Threshold(warning=26, critical=None),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label(
            "Xem lý do ở mục Việc hằng đêm, đĩa, cách báo, trang Hệ thống",
            "See the reason among the nightly jobs, on the System page",
        ),
        Label("Để máy chạy qua đêm: hệ thống tự đối soát", "Leave the PC on over night: it audits by itself"),
        Label("Người cài đặt: đối soát ngay bằng ./ioc audit", "Installer: audit at once by ./ioc audit"),
    ),
)

BACKUP_MISSED = AlarmRule(
    id="system.backup_missed",
    sentence=Label("Chưa sao lưu được {value}", "No backup {value}"),
    measure=FactName("backup_age"),
    page="/system",
    # There is one every night; one that failed is tried again every quarter of an hour.
    limits=Threshold(warning=26, critical=72),
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label(
            "Xem lý do ở mục Việc hằng đêm, đĩa, cách báo, trang Hệ thống",
            "See the reason among the nightly jobs, on the System page",
        ),
        Label("Xem đĩa sao lưu còn chỗ, còn cắm không", "Check that the backup disk has room and is attached"),
        Label("Người cài đặt: sao lưu ngay bằng ./ioc backup", "Installer: make one at once by ./ioc backup"),
    ),
)

CALENDAR = AlarmRule(
    id="system.calendar",
    sentence=Label(
        "Còn {value} là sang năm chưa có lịch nghỉ: hạn trả hồ sơ có thể sai",
        "{value} left until a year whose days off are not known: due dates may be wrong",
    ),
    measure=FactName("days_to_unknown_year"),
    page="/system",
    # Swapped days are announced in autumn; limits given in December reach into January.
    limits=Threshold(warning=45, critical=15, below=True),
    clear_hold=timedelta(),
    in_opening_hours=True,
    team=OFFICE,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label(
            "Tìm văn bản nghỉ lễ, hoán đổi ngày làm việc của năm ấy",
            "Find the announcement of that year's days off and swaps",
        ),
        Label(
            "Gửi văn bản cho người cài đặt, kể cả khi không hoán đổi ngày nào",
            "Send it to the installer, even where nothing is swapped",
        ),
        Label(
            "Người cài đặt: ghi năm ấy vào calendar.toml, rồi ./ioc down và ./ioc up",
            "Installer: enter the year in calendar.toml, then ./ioc down and ./ioc up",
        ),
    ),
)

DEAD_LETTERS = AlarmRule(
    id="system.letters",
    sentence=Label("{value} sự kiện lỗi trong 24 giờ chưa xử lý", "{value} dead letters of 24 hours not dealt with"),
    measure=FactName("dead_letters"),
    page="/letters",
    limits=Threshold(warning=0, critical=100),
    hold=timedelta(minutes=1),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label("Mở trang Sự kiện lỗi, xem nguồn nào gửi sai", "Open the Dead letters page, see which source"),
        Label("Sửa xong thì gửi lại", "Once fixed, send them again"),
    ),
)

WAY_FAILS = AlarmRule(
    id="system.way",
    sentence=Label(
        "Không gửi được cảnh báo bằng {subject} đã {value} phút", "Alarms cannot be sent by {subject} for {value} min"
    ),
    measure=FactName("way_fails"),
    page="/system",
    limits=Threshold(warning=10, critical=None),
    clear=0,
    clear_hold=timedelta(),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Xem lý do trên trang Hệ thống", "See the reason on the System page"),
        Label(
            "Người cài đặt: kiểm tra mạng, địa chỉ, mật khẩu (docs/alarms.md)",
            "Installer: check network, address and password (docs/alarms.md)",
        ),
        Label("Trong lúc chờ: nhìn bảng, báo bằng điện thoại", "Meanwhile: watch the board, tell people by phone"),
    ),
)
