"""Equipment: what of the service centre works and what does not, what runs out, whether the leased line holds, also during meetings."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.equipment import EQUIPMENT, EQUIPMENT_OUTAGE, LOOKUP, MEETING
from warehouse.indicators import law
from warehouse.indicators.dismantled import is_in_use
from warehouse.model.aggregate import Aggregate, Count, Dimension, Flow, Level, Ratio, Stock
from warehouse.model.deadline import working_time
from warehouse.model.expression import DAY_MS, MINUTE, greatest, joined, least, ward_day, window_start
from warehouse.model.indicator import MINUTES, Indicator, Threshold, Unit

DEVICES = Unit(Label("thiết bị", "devices", "device"))
LINES = Unit(Label("đường", "lines", "line"), out_of=True)

LINE = "duong_truyen"
"""Category of a line; all others are devices."""

SILENCE = 5 * MINUTE
"""A device that speaks by itself does so once a minute."""

MEASURED_WITHIN = 15 * MINUTE
"""A line is measured every five minutes; an older measurement says nothing about now."""

DOWN_SINCE = "down_since"
"""The dimension whose members are the devices that do not answer, each with since when."""


def is_listed(e: Any, now: Any) -> Any:
    """The device is on the ward's list."""
    return is_in_use(e.registered_at, e.listed_at, e.removed_at, now)


def is_watched_device(e: Any, now: Any) -> Any:
    """It is a device of the list, no line, and there is a way to know whether it works."""
    return is_listed(e, now) & (e.category != LINE) & (e.watched_by != "unwatched")


def is_working(e: Any, now: Any) -> Any:
    """It answered last, or spoke by itself a short while ago."""
    return (e.up == 1) & ((e.watched_by != "heartbeat") | (now - e.beat_at <= SILENCE))


def is_office_open(now: Any) -> Any:
    """Devices are switched off with the office."""
    return working_time(now - MINUTE, now) > 0


def is_missed(e: Any, now: Any) -> Any:
    """It has answered before and does not now, though the office is open."""
    is_silent = (e.watched_by == "heartbeat") & (now - e.beat_at > SILENCE)
    return is_watched_device(e, now) & (e.heard_at <= now) & ((e.up == 0) | is_silent) & is_office_open(now)


def lost_since(e: Any) -> Any:
    """Since when it does not answer, in ms."""
    return greatest(e.down_at, e.beat_at)


def has_fault(e: Any) -> Any:
    """The device says that something is wrong with it."""
    paper = (e.no_paper == "active") | (e.jammed == "active") | (e.output_full == "active")
    supply = (e.no_toner == "active") | (e.no_supply == "active")
    care = (e.service == "active") | (e.overdue_maintenance == "active") | (e.disk_full == "active")
    return paper | supply | care | (e.door_open == "active") | (e.offline == "active")


def runs_out(e: Any) -> Any:
    """Something that it uses up is nearly gone."""
    printing = (e.paper == "low") | (e.toner == "low") | (e.ink == "low")
    return printing | (e.drum == "low") | (e.fuser == "low") | (e.waste == "low") | (e.other == "low")


def is_line(e: Any, now: Any) -> Any:
    """It is a line of the list that has answered before."""
    return is_listed(e, now) & (e.category == LINE) & (e.heard_at <= now)


def is_measured(e: Any, now: Any) -> Any:
    """It is a line that was measured a short while ago."""
    return is_line(e, now) & (now - e.measured_at <= MEASURED_WITHIN)


def has_delay(e: Any, now: Any) -> Any:
    """It is a line of which some answer came."""
    return is_measured(e, now) & (e.loss < 100)


def working_ms_today(o: Any, now: Any) -> Any:
    """How much of the outage lies in the opening hours of the ward's local day so far."""
    begun = greatest(o.started_at, window_start(now, DAY_MS))
    return greatest(working_time(begun, greatest(begun, least(o.ended_at, now))), 0)


def is_meeting_of_the_day(m: Any, now: Any) -> Any:
    """It begins on the day and was not cancelled."""
    return (m.cancelled == 0) & (ward_day(m.starts_at) == ward_day(now)) & (m.starts_at <= m.ended_at)


WORKING = Indicator(
    id="E01",
    label=Label("Thiết bị hoạt động", "Equipment at work"),
    definition=Label(
        "Thiết bị đang trả lời / thiết bị trong danh sách có theo dõi, theo loại; thiết bị chưa từng trả lời được tính là chưa hoạt động; "
        "ngoài giờ làm việc thiết bị tắt làm số này giảm, không phải cảnh báo (E02)",
        "Devices that answer / devices on the list that are watched, by kind; one that never answered counts as not at work; devices that "
        "are switched off after hours lower it, which is no alarm (E02)",
    ),
    law=law.EMERGENCY_TEAM,
    since=law.REVISED,
    unit=DEVICES._replace(out_of=True),
    of=EQUIPMENT,
    value=Ratio(
        numerator=Level(lambda e, now: is_watched_device(e, now) & is_working(e, now)),
        denominator=Level(is_watched_device),
    ),
    by=("category", "place"),
)

LOST = Indicator(
    id="E02",
    label=Label("Thiết bị mất liên lạc", "Equipment out of reach"),
    definition=Label(
        "Thiết bị đã từng trả lời mà nay không trả lời, trong giờ làm việc; nêu tên, kèm từ lúc nào (ms từ 1970)",
        "Devices that answered before and do not now, in opening hours; named, with the time since when (ms since 1970)",
    ),
    law=law.EMERGENCY_TEAM,
    since=law.REVISED,
    unit=DEVICES,
    of=EQUIPMENT,
    value=Level(is_missed),
    by=("category", "place", "key", Dimension(DOWN_SINCE, lambda e: joined(e.key, lost_since(e)))),
    threshold=Threshold(warning=0, critical=4),
)

FAULTY = Indicator(
    id="E03",
    label=Label("Thiết bị báo lỗi", "Equipment with a fault"),
    definition=Label(
        "Thiết bị tự báo qua SNMP là đang lỗi: hết giấy, kẹt giấy, mở nắp, hết mực, ngoại tuyến, cần sửa, đầy khay ra, quá hạn bảo trì, đầy đĩa; "
        "một thiết bị tính một lần",
        "Devices that say by SNMP that something is wrong: no paper, jam, door open, no toner, offline, service asked for, output full, "
        "maintenance overdue, disk full; a device counts once",
    ),
    law=law.EMERGENCY_TEAM,
    since=law.REVISED,
    unit=DEVICES,
    of=EQUIPMENT,
    value=Level(lambda e, now: is_listed(e, now) & has_fault(e)),
    by=("category", "key", "no_paper", "jammed", "door_open", "no_toner", "disk_full"),
    threshold=Threshold(warning=0, critical=None),
)

SUPPLIES = Indicator(
    id="E04",
    label=Label("Thiết bị sắp hết vật tư", "Supplies low"),
    definition=Label(
        "Thiết bị còn từ 10 % trở xuống một loại vật tư (giấy, mực, trống, sấy, hộp mực thải đầy), theo chính thiết bị báo",
        "Devices with 10% or less of a supply left (paper, toner, drum, fuser, waste box full), as they say themselves",
    ),
    since=law.REVISED,
    unit=DEVICES,
    of=EQUIPMENT,
    value=Level(lambda e, now: is_listed(e, now) & runs_out(e)),
    by=("category", "key", "paper", "toner"),
    threshold=Threshold(warning=0, critical=None),
)

LOST_TODAY = Indicator(
    id="E05",
    label=Label("Thời gian thiết bị mất liên lạc hôm nay", "Equipment downtime today"),
    definition=Label(
        "Tổng số phút làm việc trong ngày mà thiết bị không trả lời, cộng trên mọi thiết bị, theo loại; không kể đường truyền",
        "Minutes of opening hours on the local day in which devices did not answer, added up over all devices, by kind; without lines",
    ),
    since=law.REVISED,
    unit=MINUTES._replace(decimals=0),
    of=EQUIPMENT_OUTAGE,
    value=Level(
        lambda o, now: (o.started_at <= now) & (o.category != LINE) & (working_ms_today(o, now) > 0),
        amount=working_ms_today,
    ),
    by=("category", "device_id"),
)

LINES_UP = Indicator(
    id="E06",
    label=Label("Đường truyền thông suốt", "Lines up"),
    definition=Label(
        "Đường truyền mà ít nhất một địa chỉ ở đầu kia trả lời / đường truyền trong danh sách đã từng thông",
        "Lines of which at least one address beyond it answers / lines on the list that have ever been up",
    ),
    since=law.REVISED,
    unit=LINES,
    of=EQUIPMENT,
    value=Ratio(
        numerator=Level(lambda e, now: is_line(e, now) & (e.up == 1)),
        denominator=Level(is_line),
    ),
    by=("key",),
    threshold=Threshold(warning=None, critical=100, below=True, share=True),
)

LINE_OUTAGE = Indicator(
    id="E07",
    label=Label("Gián đoạn đường truyền trong tháng", "Line outage, month"),
    definition=Label(
        "Tổng số phút đường truyền không thông trong tháng: các lần đã hết trong tháng, cộng lần đang diễn ra",
        "Minutes in which a line was down in the month: the outages that ended in the month, and the one that is going on",
    ),
    since=law.REVISED,
    unit=MINUTES,
    of=EQUIPMENT_OUTAGE,
    value=Aggregate(
        (
            Flow(
                at=lambda o: o.ended_at,
                where=lambda o: (o.category == LINE) & (o.started_at <= o.ended_at),
                amount=lambda o: o.ended_at - o.started_at,
            ),
            Stock(
                lambda o, now: (o.category == LINE) & (o.started_at <= now) & (o.ended_at > now),
                amount=lambda o, now: now - o.started_at,
            ),
        )
    ),
    by=("device_id",),
    span="month",
    threshold=Threshold(warning=0, critical=240),
)

LINE_LOSS = Indicator(
    id="E08",
    label=Label("Mất gói trên đường truyền", "Line loss"),
    definition=Label(
        "Phần trăm câu hỏi không có trả lời trong 5 phút gần nhất, trung bình các đường truyền",
        "Per cent of questions without an answer within the last 5 minutes, the mean of the lines",
    ),
    since=law.REVISED,
    unit=Unit(Label("%", "%"), 1.0, 1),
    counted=LINES.label,
    of=EQUIPMENT,
    value=Ratio(
        numerator=Level(is_measured, amount=lambda e, now: e.loss),
        denominator=Level(is_measured),
    ),
    by=("key",),
    threshold=Threshold(warning=2, critical=20),
)

LINE_DELAY = Indicator(
    id="E09",
    label=Label("Độ trễ đường truyền", "Line delay"),
    definition=Label(
        "Thời gian trả lời trung bình trong 5 phút gần nhất, trung bình các đường truyền",
        "Mean time until an answer within the last 5 minutes, the mean of the lines",
    ),
    since=law.REVISED,
    unit=Unit(Label("ms", "ms"), 1.0, 0),
    counted=LINES.label,
    of=EQUIPMENT,
    value=Ratio(
        numerator=Level(has_delay, amount=lambda e, now: e.delay_ms),
        denominator=Level(has_delay),
    ),
    by=("key",),
    threshold=Threshold(warning=150, critical=500),
)

MEETINGS = Indicator(
    id="E11",
    label=Label("Cuộc họp trực tuyến hôm nay", "Online meetings today"),
    definition=Label(
        "Cuộc họp trong lịch họp trực tuyến của phường bắt đầu trong ngày, đã, đang và sắp họp; không tính cuộc họp đã hủy",
        "Meetings in the ward's calendar of online meetings that begin on the local day, over, under way and to come; without cancelled ones",
    ),
    since=law.REVISED,
    unit=Unit(Label("cuộc họp", "meetings", "meeting")),
    of=MEETING,
    value=Level(is_meeting_of_the_day),
)

MEETINGS_HELD = Indicator(
    id="E12",
    label=Label("Họp trực tuyến thông suốt trong tháng", "Online meetings with the line up, month"),
    definition=Label(
        "Cuộc họp trực tuyến mà ít nhất một đường truyền thông suốt từ đầu đến cuối / cuộc họp đã kết thúc trong tháng mà đường truyền được "
        "theo dõi suốt cuộc họp",
        "Online meetings during which at least one line was up all along / those that ended in the month while the line was watched",
    ),
    leaves_out=Label(
        "Cuộc họp không biết đường truyền thế nào: không có đường truyền trong danh sách thiết bị, hoặc hệ thống tắt trong lúc họp",
        "Meetings of which it is not known how the line was: no line on the list of devices, or the system was off meanwhile",
    ),
    since=law.REVISED,
    unit=Unit(Label("cuộc họp", "meetings"), out_of=True),
    of=MEETING,
    value=Ratio(
        numerator=Count(
            at=lambda m: m.ended_at,
            where=lambda m: m.line == "held",
        ),
        denominator=Count(
            at=lambda m: m.ended_at,
            where=lambda m: m.line != "unknown",
        ),
    ),
    span="month",
    threshold=Threshold(warning=100, critical=80, below=True, share=True),
)

LOOKUPS = Indicator(
    id="E10",
    label=Label("Lượt tra cứu tại kiosk hôm nay", "Look-ups at the kiosk today"),
    definition=Label(
        "Lượt tra cứu tại kiosk tra cứu trong ngày, theo thủ tục và theo loại (hồ sơ, thủ tục, phí, số thứ tự)",
        "Look-ups at the look-up kiosk on the local day, by procedure and by what was looked up (dossier, procedure, fee, queue)",
    ),
    since=law.REVISED,
    unit=Unit(Label("lượt", "look-ups", "look-up")),
    of=LOOKUP,
    value=Count(at=lambda one: one.made_at),
    by=("procedure_code", "subject_code"),
    window=timedelta(hours=1),
)
