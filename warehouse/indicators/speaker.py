"""Speaker: whether the loudspeakers are connected, what is planned, and whether it is heard."""

from datetime import timedelta
from typing import Any

from ingest.contract.events.speaker import NO_AREA
from ingest.contract.label import Label
from warehouse.entities.speaker import BROADCAST, SCHEDULE, SPEAKER
from warehouse.indicators import law, office
from warehouse.indicators.dismantled import is_in_use, is_silent, silent_since
from warehouse.model.aggregate import Aggregate, Count, Each, Flow, Level, Quantile, Ratio
from warehouse.model.expression import MINUTE, NEVER, choose, greatest, least, ward_day
from warehouse.model.indicator import MINUTES, SECONDS, Derived, Indicator, Threshold, Unit

CLUSTERS = Unit(Label("cụm", "clusters", "cluster"))
GROUPS = Unit(Label("tổ", "groups", "group"))

URGENT = "khan_cap"
"""A bulletin that has to be heard at once."""
HEARD_WITHIN = MINUTE

SILENCE = SPEAKER.silent_after_ms
"""Three missed heartbeats."""


def heard_at(s: Any) -> Any:
    """When the loudspeaker last said anything."""
    return greatest(s.seen_at, s.reported_at)


def is_registered_speaker(s: Any, now: Any) -> Any:
    """The loudspeaker has been heard of, and was not taken down."""
    return is_in_use(s.registered_at, heard_at(s), s.decommissioned_at, now)


def online(s: Any, now: Any) -> Any:
    """Connected, and heard within three heartbeats."""
    return is_registered_speaker(s, now) & (s.connected == 1) & (now - s.seen_at <= SILENCE)


def planned_today(s: Any, now: Any) -> Any:
    """It begins on the ward's local day, and has not been called off."""
    return (ward_day(s.start_at) == ward_day(now)) & (s.cancelled_at > now)


def ended_at(b: Any) -> Any:
    """When the loudspeaker was done: at the end, or where it had to stop."""
    return least(b.completed_at, b.failed_at, b.pre_empted_at)


def ordered(b: Any) -> Any:
    """It was to be played to the end: nothing more urgent took its place."""
    return b.pre_empted_at == NEVER


def heard(b: Any) -> Any:
    """It began after it had been ordered, and both are known."""
    return (b.issued_at <= b.started_at) & (b.started_at < NEVER)


def missed(b: Any) -> Any:
    """The broadcast failed, or began too late after it had been ordered."""
    was_late = (b.issued_at < NEVER) & (b.started_at < NEVER) & (b.started_at - b.issued_at > HEARD_WITHIN)
    return was_late | (b.failed_at < NEVER)


ONLINE = Indicator(
    id="S01",
    label=Label("Cụm loa trực tuyến", "Speakers online"),
    definition=Label(
        "Cụm loa đang kết nối / cụm loa đã đăng ký; chỉ cụm có quyết định tháo mới không tính, cụm không có tín hiệu vẫn tính (S10)",
        "Loudspeakers connected / registered; only one that was decommissioned is left out, one without any sign still counts (S10)",
    ),
    law=law.STATION,
    version=2,
    since=law.REVISED,
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=SPEAKER,
    value=Ratio(numerator=Level(online), denominator=Level(is_registered_speaker)),
    by=("area_code",),
    threshold=Threshold(warning=95, critical=80, below=True),
)

OFFLINE = Indicator(
    id="S02",
    label=Label("Loa mất kết nối", "Speakers offline"),
    definition=Label(
        "Cụm loa đã đăng ký, chưa có quyết định tháo, mà mất kết nối hoặc không có tín hiệu quá 3 phút; cảnh báo theo tỷ lệ ở S01",
        "Registered loudspeakers, not decommissioned, that are disconnected or gave no sign for 3 minutes; the share in S01 gives the warning",
    ),
    law=law.STATION,
    version=2,
    since=law.REVISED,
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: is_registered_speaker(s, now) & ((s.connected == 0) | (now - s.seen_at > SILENCE))),
    by=("area_code", "key"),
    threshold=Threshold(warning=0, critical=None),
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
        "Lịch phát đã qua giờ kết thúc / lịch phát trong ngày, không tính lịch bị hủy; tách theo giờ bắt đầu (ms từ 1970). "
        "Loa có phát thật hay không: xem tỷ lệ phát thành công (S05)",
        "Planned broadcasts whose end has passed / planned for the local day, without those called off; by their start "
        "(ms since 1970). Whether loudspeakers really played is told by broadcast success (S05)",
    ),
    law=law.STATION,
    unit=Unit(Label("lượt", "broadcasts"), out_of=True),
    of=SCHEDULE,
    value=Ratio(
        numerator=Level(lambda s, now: planned_today(s, now) & (s.start_at + s.duration_s * 1000 <= now)),
        denominator=Level(planned_today),
    ),
    by=("start_at", "bulletin_type"),
)

SUCCESS = Indicator(
    id="S05",
    label=Label("Tỷ lệ phát thành công", "Broadcast success"),
    definition=Label(
        "Lượt phát hết trên từng cụm loa / lượt phát được giao đã kết thúc (phát hết, lỗi, hoặc phần mềm báo không liên lạc được), "
        "trong ngày; lượt nhường cho bản tin ưu tiên hơn không tính",
        "Broadcasts played to the end, loudspeaker by loudspeaker / broadcasts ordered that are over (played, failed, or said by "
        "the software to be out of reach), on the local day; those that gave way to a more urgent bulletin do not count",
    ),
    law=law.STATION,
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=BROADCAST,
    value=Ratio(
        numerator=Count(at=ended_at, where=lambda b: ordered(b) & (b.completed_at < NEVER)),
        denominator=Count(at=ended_at, where=ordered),
    ),
    by=("bulletin_type", "area_code"),
    threshold=Threshold(warning=98, critical=90, below=True),
)

EMERGENCY = Indicator(
    id="S06",
    label=Label("Bản tin khẩn cấp: thời gian phát", "Emergency bulletins: time until heard"),
    definition=Label(
        "95 % lượt phát bản tin khẩn cấp bắt đầu không muộn hơn số này kể từ lúc phát lệnh, trong 30 ngày, làm tròn lên giây; "
        "kèm số cụm loa phát được / được giao",
        "95% of the broadcasts of emergency bulletins began no later than this after the order, in 30 days, rounded up to "
        "seconds; with the loudspeakers that played / that were ordered to",
    ),
    law=law.URGENT,
    unit=SECONDS,
    counted=Label("lượt", "broadcasts", "broadcast"),
    of=BROADCAST,
    value=Quantile(
        95,
        amount=lambda b: choose(heard(b), b.started_at - b.issued_at, 0),
        at=lambda b: b.started_at,
        where=lambda b: (b.bulletin_type == URGENT) & heard(b),
        step=1000,
        out_of=Count(
            at=lambda b: least(b.started_at, b.failed_at),
            where=lambda b: b.bulletin_type == URGENT,
        ),
    ),
    span=timedelta(days=30),
    threshold=Threshold(warning=60, critical=120),
)

EMERGENCY_MISSED = Indicator(
    id="S11",
    label=Label("Cụm loa phát bản tin khẩn cấp muộn hoặc không phát được", "Emergency bulletins late or unheard"),
    definition=Label(
        "Lượt phát bản tin khẩn cấp trong 60 phút qua bắt đầu muộn quá 60 giây kể từ lúc phát lệnh, hoặc bị lỗi; cụm loa không báo gì thì ở S02",
        "Broadcasts of emergency bulletins within 60 minutes that began over 60 seconds after the order, or failed; a loudspeaker that "
        "says nothing is in S02",
    ),
    law=law.URGENT,
    since=law.REVISED,
    unit=CLUSTERS,
    of=BROADCAST,
    value=Count(
        at=lambda b: least(b.started_at, b.failed_at),
        where=lambda b: (b.bulletin_type == URGENT) & missed(b),
    ),
    by=("area_code",),
    window=timedelta(minutes=5),
    span=timedelta(minutes=60),
    threshold=Threshold(warning=0, critical=6),
)

SILENT = Indicator(
    id="S10",
    label=Label("Cụm loa không có tín hiệu quá 30 ngày", "Speakers silent for over 30 days"),
    definition=Label(
        "Cụm loa không có tín hiệu nào quá 30 ngày; vẫn tính trong S01, S02; nêu tên, kèm giờ có tín hiệu cuối (ms từ 1970), đến khi có tín hiệu "
        "hoặc có quyết định tháo",
        "Loudspeakers without any sign for over 30 days; they still count in S01 and S02; named, with the time of the last sign (ms since "
        "1970), until there is a sign or they are decommissioned",
    ),
    version=2,
    since=law.REVISED,
    unit=CLUSTERS,
    of=SPEAKER,
    value=Level(lambda s, now: is_registered_speaker(s, now) & is_silent(heard_at(s), now)),
    by=(silent_since(heard_at),),
)

HEARD_AREAS = Indicator(
    id="S09",
    label=Label("Tổ dân phố có loa trực tuyến", "Groups with a loudspeaker online"),
    definition=Label(
        "Tổ dân phố có ít nhất một cụm loa đang kết nối", "Residential groups with at least one loudspeaker connected"
    ),
    unit=GROUPS,
    of=SPEAKER,
    value=Each("area_code", lambda s, now: online(s, now) & (s.area_code != NO_AREA)),
)

COVERED = Derived(
    id="S07",
    label=Label("Tổ dân phố được phủ", "Groups covered"),
    definition=Label(
        "Tổ dân phố có ít nhất một cụm loa đang kết nối / tổ dân phố của phường",
        "Residential groups with at least one loudspeaker connected / residential groups of the ward",
    ),
    version=2,
    since=law.REVISED,
    unit=GROUPS._replace(out_of=True),
    made_of=(HEARD_AREAS, office.TEAMS),
    value=lambda ask: (ask("S09").numerator, ask("V03").denominator),
    formula=Label("S09 / mẫu số của V03", "S09 / denominator of V03"),
    is_ratio=True,
    threshold=Threshold(warning=100, critical=85, below=True, share=True),
)

AIRTIME = Indicator(
    id="S08",
    label=Label("Tổng thời lượng phát (phút × cụm loa)", "Airtime (minutes × loudspeakers)"),
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
