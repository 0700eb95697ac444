"""Equipment: devices and lines of the service centre that do not work, for the team of QĐ 833."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import equipment
from warehouse.model.alarm_rule import ONE_STOP, RESPONSE_TEAM, AlarmRule, MeasuredFigure, Rise
from warehouse.model.indicator import Threshold

LOST = AlarmRule(
    id="equipment.lost",
    sentence=Label("{value} mất liên lạc: {names}", "{value} out of reach: {names}"),
    measure=MeasuredFigure(equipment.LOST, names="key"),
    page="/equipment",
    hold=timedelta(minutes=5),
    clear_hold=timedelta(minutes=2),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Xem thiết bị có điện, đã bật chưa", "See whether it has power and is switched on"),
        Label("Kiểm tra dây mạng, bộ chia mạng nơi đặt", "Check the cable and the switch where it stands"),
        Label(
            "Nhiều thiết bị cùng nơi: bộ chia mạng hoặc điện của nơi ấy",
            "Several at one place: its switch or its power",
        ),
        Label("Đã thôi dùng: bỏ khỏi danh sách thiết bị", "No longer in use: take it off the list"),
    ),
)

FAULT = AlarmRule(
    id="equipment.fault",
    sentence=Label("{value} báo lỗi: {names}", "{value} with a fault: {names}"),
    measure=MeasuredFigure(equipment.FAULTY, names="key"),
    page="/equipment",
    hold=timedelta(minutes=5),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=60),
    checklist=(
        Label("Xem lỗi trên màn hình của thiết bị", "Read the fault on the device's own display"),
        Label("Hết giấy, kẹt giấy, mở nắp: xử lý tại chỗ", "No paper, jam, door open: deal with it on the spot"),
        Label("Cần sửa: chuyển việc sang máy khác, gọi bảo hành", "Needs repair: use another one, call the service"),
    ),
)

SUPPLIES = AlarmRule(
    id="equipment.supplies",
    sentence=Label("{value} sắp hết vật tư: {names}", "{value} run low: {names}"),
    measure=MeasuredFigure(equipment.SUPPLIES, names="key"),
    page="/equipment",
    limits=Threshold(warning=0, critical=None),
    hold=timedelta(minutes=15),
    clear_hold=timedelta(minutes=15),
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label("Thêm giấy, thay hộp mực", "Add paper, change the toner"),
        Label("Trong kho hết: đề nghị mua", "None in store: order it"),
    ),
)

LINE_DOWN = AlarmRule(
    id="line.down",
    sentence=Label("Đường truyền {subject} gián đoạn", "Line {subject} is down"),
    # The minutes of the month grow while it is down; where a month ends they begin anew, and the pause before clearing is longer than that.
    measure=Rise(equipment.LINE_OUTAGE, within=timedelta(minutes=2), by="device_id"),
    page="/equipment",
    limits=Threshold(warning=None, critical=0.5),
    clear=0,
    clear_hold=timedelta(minutes=3),
    team=RESPONSE_TEAM,
    escalate_after=timedelta(minutes=30),
    checklist=(
        Label("Xem đèn modem, bộ định tuyến; khởi động lại một lần", "Look at modem and router; restart them once"),
        Label("Gọi nhà mạng, ghi số phiếu báo hỏng", "Call the provider, note the number of the report"),
        Label(
            "Chuyển quầy sang đường dự phòng (4G) nếu có", "Put the counters on the reserve line (4G) if there is one"
        ),
        Label("Đang có họp trực tuyến: báo cho bên chủ trì", "During an online meeting: tell whoever chairs it"),
    ),
)

LINE_POOR = AlarmRule(
    id="line.poor",
    sentence=Label("Đường truyền mất gói {value}", "The line loses {value} of packets"),
    measure=MeasuredFigure(equipment.LINE_LOSS),
    page="/equipment",
    hold=timedelta(minutes=10),
    clear_hold=timedelta(minutes=10),
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    escalate_after=timedelta(hours=4),
    checklist=(
        Label("Xem máy nào đang tải nhiều", "See which PC loads much"),
        Label("Báo nhà mạng kèm số đo ở trang Thiết bị", "Tell the provider, with the figures of the page"),
    ),
)
