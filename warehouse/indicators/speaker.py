"""Speaker: whether the loudspeakers are connected, what is planned, and whether it is heard."""

from datetime import timedelta
from typing import Any

from ingest.label import Label
from warehouse.aggregate import Aggregate, Flow, Level, Ratio
from warehouse.entities.speaker import BROADCAST, SCHEDULE, SPEAKER
from warehouse.expression import MINUTE, least, ward_day
from warehouse.indicator import MINUTES, Indicator, Threshold, Unit

CLUSTERS = Unit(Label("cụm", "clusters"))

SILENCE = 3 * MINUTE
"""Three missed heartbeats."""


def registered(s: Any, now: Any) -> Any:
    """The loudspeaker has been heard of."""
    return s.registered_at <= now


def online(s: Any, now: Any) -> Any:
    """Connected, and heard within three heartbeats."""
    return registered(s, now) & (s.connected == 1) & (now - s.seen_at <= SILENCE)


def planned_today(s: Any, now: Any) -> Any:
    """It begins on the ward's local day, and has not been called off."""
    return (ward_day(s.start_at) == ward_day(now)) & (s.cancelled_at > now)


def ended_at(b: Any) -> Any:
    """When the loudspeaker was done: at the end, or where it had to stop."""
    return least(b.completed_at, b.failed_at, b.pre_empted_at)


ONLINE = Indicator(
    id="S01",
    label=Label("Cụm loa trực tuyến", "Speakers online"),
    definition=Label("Cụm loa đang kết nối / cụm loa đã đăng ký", "Loudspeakers connected / registered"),
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=SPEAKER,
    value=Ratio(numerator=Level(online), denominator=Level(registered)),
    by=("area_code",),
    threshold=Threshold(warning=95, critical=80, below=True),
)

OFFLINE = Indicator(
    id="S02",
    label=Label("Loa mất kết nối", "Speakers offline"),
    definition=Label(
        "Cụm loa đã đăng ký mà mất kết nối hoặc im quá 3 nhịp",
        "Registered loudspeakers disconnected or silent for 3 beats",
    ),
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: registered(s, now) & ((s.connected == 0) | (now - s.seen_at > SILENCE))),
    by=("area_code",),
    threshold=Threshold(warning=0, critical=3),
)

PLAYING = Indicator(
    id="S03",
    label=Label("Đang phát", "Playing now"),
    definition=Label("Cụm loa đang kết nối và đang phát", "Loudspeakers connected and playing"),
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: online(s, now) & (s.status == "playing")),
)

SCHEDULE_TODAY = Indicator(
    id="S04",
    label=Label("Lịch phát hôm nay", "Schedule today"),
    definition=Label(
        "Lịch phát đã qua giờ kết thúc / lịch phát trong ngày, không tính lịch bị huỷ; tách theo giờ bắt đầu (ms từ 1970). "
        "Loa có phát thật hay không: xem tỷ lệ phát thành công (S05)",
        "Planned broadcasts whose end has passed / planned for the local day, without those called off; by their start "
        "(ms since 1970). Whether loudspeakers really played is told by broadcast success (S05)",
    ),
    unit=Unit(Label("lượt", "broadcasts"), out_of=True),
    of=SCHEDULE,
    value=Ratio(
        numerator=Level(lambda s, now: planned_today(s, now) & (s.start_at + s.duration_s * 1000 <= now)),
        denominator=Level(planned_today),
    ),
    by=("start_at", "bulletin_type"),
)

AIRTIME = Indicator(
    id="S08",
    label=Label("Thời lượng phát hôm nay", "Airtime today"),
    definition=Label(
        "Tổng số phút đã phát trong ngày, cộng trên mọi cụm loa, theo loại bản tin",
        "Minutes played on the local day, added up over all loudspeakers, by type of bulletin",
    ),
    unit=MINUTES._replace(decimals=0),
    of=BROADCAST,
    value=Aggregate((Flow(ended_at, amount=lambda b: b.played_s * 1000),)),
    by=("bulletin_type",),
    window=timedelta(hours=1),
)
