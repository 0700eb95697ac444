"""Health: sources that are silent, software that does not answer."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import health
from warehouse.model.alarm_rule import (
    INSTALLER_DOCTOR,
    RESPONSE_TEAM,
    AlarmRule,
    MeasuredFigure,
    NoHeartbeat,
    Rise,
    Silence,
)
from warehouse.model.indicator import Threshold

KIOSK = ("queue_kiosk",)
"""Sources that are switched off with the office."""

SOURCE_SILENT = AlarmRule(
    id="source.silent",
    sentence=Label("Nguồn {subject} mất kết nối", "Source {subject} is down"),
    measure=Silence(but=KIOSK),
    page="/system",
    limits=Threshold(warning=None, critical=60),
    clear=30,
    hold=timedelta(seconds=30),
    team=RESPONSE_TEAM,
    checklist=(
        Label("Xem phần mềm hoặc thiết bị nguồn còn chạy không", "See whether the source itself runs"),
        Label("Kiểm tra mạng từ máy này đến nguồn", "Check the network from this PC to it"),
        Label(
            "Xem trang Quản trị → Nguồn: tin cuối lúc nào, lỗi gì, cách kết nối",
            "See on the page Administration → Sources when it was last heard, what is wrong, and how it is connected",
        ),
        INSTALLER_DOCTOR,
    ),
)

KIOSK_SILENT = AlarmRule(
    id="source.kiosk_silent",
    sentence=SOURCE_SILENT.sentence,
    measure=Silence(only=KIOSK),
    page="/queue",
    limits=Threshold(warning=None, critical=60),
    clear=30,
    hold=timedelta(seconds=30),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    checklist=(
        Label("Xem máy lấy số còn điện, còn mạng không", "Check that the kiosk has power and network"),
        Label("Trong lúc chờ: cấp phiếu số giấy", "Meanwhile: give out paper numbers"),
    ),
)

SOFTWARE_AWAY = AlarmRule(
    id="software.away",
    sentence=Label("{subject} không trả lời", "{subject} does not answer"),
    # The minutes of today grow while it is away. Across midnight they begin anew: the pause before clearing is longer than that.
    measure=Rise(health.OUTAGE_TODAY, within=timedelta(minutes=2), by="app"),
    page="/system",
    limits=Threshold(warning=None, critical=0.5),
    clear=0,
    clear_hold=timedelta(minutes=3),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    checklist=(
        Label("Gọi đầu mối hỗ trợ của phần mềm", "Call the software's help desk"),
        Label(
            "Ghi giờ bắt đầu, giữ bằng chứng cho hồ sơ quá hạn", "Note the time, as proof for dossiers that get late"
        ),
        Label("Báo công dân đang chờ", "Tell the citizens who wait"),
    ),
)

HEARTBEAT = AlarmRule(
    id="system.heartbeat",
    sentence=Label(
        "Không có tín hiệu hoạt động {value}: số liệu ngừng cập nhật", "No heartbeat for {value}: figures stand still"
    ),
    measure=NoHeartbeat(),
    page="/system",
    limits=Threshold(warning=None, critical=60),
    clear=30,
    hold=timedelta(seconds=15),
    team=RESPONSE_TEAM,
    checklist=(
        Label(
            "Xem trang Hệ thống: phần nào dừng, chạy lại, kho có trả lời không",
            "See on the System page which part stopped or was started again, and whether the warehouse answers",
        ),
        INSTALLER_DOCTOR,
    ),
)

CITY_CUT = AlarmRule(
    id="city.cut",
    sentence=Label("Gửi thành phố muộn {value} trong 24 giờ", "{value} to the city late within 24 hours"),
    measure=MeasuredFigure(health.FEED_LATE),
    page="/system",
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=4),
    checklist=(
        Label(
            "Xem lần gửi nào muộn và vì sao ở trang Hệ thống",
            "See on the System page which cut was late, and why",
        ),
        Label("Gọi đầu mối của thành phố", "Call the city's contact"),
    ),
)
