"""Camera: cameras that see nothing, and what they saw that nobody has looked at."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import camera
from warehouse.model.alarm_rule import ONE_STOP, POLICE, RESPONSE_TEAM, AlarmRule, MeasuredFigure
from warehouse.model.indicator import Threshold

FAULT = AlarmRule(
    id="camera.fault",
    sentence=Label(
        "{value} mất hình, bị che hoặc lỗi: {names}", "{value} without a picture, covered or faulty: {names}"
    ),
    measure=MeasuredFigure(camera.FAULTY, names="key"),
    page="/cameras",
    hold=timedelta(minutes=1),
    clear_hold=timedelta(minutes=3),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=30),
    checklist=(
        Label("Xem hình camera bên cạnh có bị gì không", "See what the next camera shows"),
        Label("Kiểm tra nguồn điện, dây mạng tại chỗ", "Check power and cable on site"),
        Label("Bị che hoặc phá: báo công an phường", "Covered or damaged: tell the police"),
    ),
)

SILENT = AlarmRule(
    id="camera.silent",
    sentence=Label("{value} không có tín hiệu quá 30 ngày: {names}", "{value} silent for over 30 days: {names}"),
    measure=MeasuredFigure(camera.SILENT, names="silent_since"),
    page="/cameras",
    limits=Threshold(warning=0, critical=None),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label("Còn dùng: kiểm tra tại chỗ", "In use: look on site"),
        Label("Đã thôi dùng: ghi vào danh mục của phường", "Not in use: enter it in the ward's register as removed"),
    ),
)

HALL = AlarmRule(
    id="camera.hall",
    sentence=Label("Sảnh chờ đông: {value}", "The hall is crowded: {value}"),
    measure=MeasuredFigure(camera.HALL_OCCUPANCY),
    page="/cameras",
    hold=timedelta(minutes=5),
    clear_hold=timedelta(minutes=5),
    in_opening_hours=True,
    team=ONE_STOP,
    checklist=(
        Label("Xem hình, mời bớt người ra khu chờ khác", "Look, and lead people to another waiting area"),
        Label("Mở thêm quầy", "Open a counter"),
    ),
)

UNSEEN = AlarmRule(
    id="camera.unseen",
    sentence=Label(
        "Cảnh báo camera chờ xác nhận đã {value}: {names}", "Nobody has looked at a camera alert for {value}: {names}"
    ),
    measure=MeasuredFigure(camera.LONGEST_UNACKNOWLEDGED, names="camera_id"),
    page="/cameras",
    team=POLICE,
    escalate_after=timedelta(minutes=5),
    checklist=(
        Label("Mở hình, xác nhận thật hay báo nhầm", "Look, and say whether it is true or false"),
        Label("Thật: báo lực lượng tại chỗ", "True: send somebody"),
    ),
)
