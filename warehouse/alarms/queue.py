"""Queue: people wait too long, few counters are open for them, or nobody comes although the office is open."""

from datetime import timedelta

from ingest.contract.label import Label
from warehouse.indicators import queue
from warehouse.model.alarm_rule import ONE_STOP, RESPONSE_TEAM, AlarmRule, MeasuredFigure, NoEvent, Rise
from warehouse.model.indicator import Threshold

OPEN_A_COUNTER = (
    Label("Mở thêm quầy hoặc chuyển người sang quầy vắng", "Open a counter, or move people to a free one"),
    Label("Báo người đang chờ thời gian dự kiến", "Tell those who wait how long it will take"),
    Label("Kiểm tra phần mềm một cửa, hộ tịch có lỗi không", "Check whether the software is at fault"),
)

LONGEST_WAIT = AlarmRule(
    id="queue.longest_wait",
    sentence=Label("Chờ quá {limit}: {subject}", "Waiting over {limit}: {subject}"),
    measure=MeasuredFigure(queue.LONGEST_WAIT, by="service_code"),
    page="/queue",
    clear=10,
    hold=timedelta(minutes=1),
    in_opening_hours=True,
    team=ONE_STOP,
    checklist=OPEN_A_COUNTER,
)

WAITING = AlarmRule(
    id="queue.waiting",
    sentence=Label("{value} đang chờ", "{value} waiting"),
    measure=MeasuredFigure(queue.WAITING),
    page="/queue",
    clear=20,
    hold=timedelta(minutes=2),
    in_opening_hours=True,
    team=ONE_STOP,
    checklist=OPEN_A_COUNTER,
)

FEW_COUNTERS = AlarmRule(
    id="queue.few_counters",
    sentence=Label("Ít quầy mở: {value} đang chờ", "Few counters are open: {value} wait"),
    measure=MeasuredFigure(queue.WAITING_PER_COUNTER),
    page="/queue",
    clear=2.5,
    hold=timedelta(minutes=5),
    clear_hold=timedelta(minutes=5),
    in_opening_hours=True,
    team=ONE_STOP,
    checklist=OPEN_A_COUNTER,
)

RUSH = AlarmRule(
    id="queue.rush",
    sentence=Label("Số người chờ tăng thêm {value} trong 15 phút", "{value} more waiting than 15 minutes ago"),
    measure=Rise(queue.WAITING, within=timedelta(minutes=15)),
    page="/queue",
    limits=Threshold(warning=15, critical=None),
    clear=5,
    in_opening_hours=True,
    team=ONE_STOP,
    checklist=OPEN_A_COUNTER,
)

NO_TICKETS = AlarmRule(
    id="queue.no_tickets",
    sentence=Label("Không ai lấy số trong {value} làm việc", "No ticket for {value} of opening hours"),
    measure=NoEvent(queue.TICKETS),
    page="/queue",
    limits=Threshold(warning=90, critical=None),
    hold=timedelta(minutes=5),  # so long tickets of before may still be coming in after a pause, or a first start
    in_opening_hours=True,
    team=RESPONSE_TEAM,
    checklist=(
        Label("Xem máy lấy số còn giấy, còn hoạt động không", "Check that the kiosk has paper and works"),
        Label("Thử lấy một số", "Take a number as a trial"),
    ),
)

COUNTERS_SILENT = AlarmRule(
    id="queue.counters_silent",
    sentence=Label("{value} không có tín hiệu quá 30 ngày: {names}", "{value} silent for over 30 days: {names}"),
    measure=MeasuredFigure(queue.COUNTERS_SILENT, names="silent_since"),
    page="/queue",
    limits=Threshold(warning=0, critical=None),
    in_opening_hours=True,
    team=ONE_STOP,
    escalate_after=timedelta(hours=8),
    checklist=(
        Label(
            "Còn dùng: xem bàn gọi số của quầy có kết nối không",
            "In use: check that the counter's caller is connected",
        ),
        Label("Đã thôi dùng: ghi vào danh mục của phường", "Not in use: enter it in the ward's register as closed"),
    ),
)
