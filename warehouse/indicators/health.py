"""Health: whether the sources report, how long the ward's own software was away, and whether the city gets its feed."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.health import CUT, OUTAGE, SOURCE, SYSTEM, TALLY
from warehouse.indicators import law
from warehouse.model.aggregate import Count, Dimension, Largest, Level, Ratio
from warehouse.model.deadline import working_time
from warehouse.model.expression import DAY_MS, MINUTE, greatest, joined, least, window_start
from warehouse.model.indicator import MINUTES, PERCENT, SECONDS, Indicator, Threshold, Unit

KIOSK = "queue_kiosk"
"""The source that is switched off with the office."""
SILENCE = MINUTE
"""A connector signals every ten seconds."""

UP_SINCE = "up_since"
"""The dimension whose members are the sources, each with when it came into sight; as those of `dismantled.SILENT_SINCE`."""

DELIVERED_WITHIN = 15 * MINUTE
"""A cut of 16:45 has to be with the city before 17:00 (precedent: Sơn La)."""


TALLY_COUNTS = 15 * MINUTE
"""The keeper tallies every five minutes; an older tally says nothing about now."""


def is_fresh(t: Any, now: Any) -> Any:
    """The tally was taken a short while ago."""
    return (t.taken_at <= now) & (now - t.taken_at <= TALLY_COUNTS)


def is_known_source(s: Any, now: Any) -> Any:
    """The source has been heard of."""
    return s.registered_at <= now


def is_watched(s: Any, now: Any) -> Any:
    """The source has been heard of, and nobody has switched it off."""
    return is_known_source(s, now) & (s.off == 0)


def is_meant_to_run(s: Any, now: Any) -> Any:
    """The source is one that runs day and night, or the office has been open for as long as a silence counts."""
    return (s.key != KIOSK) | (working_time(now - SILENCE, now) >= SILENCE)


def is_down(s: Any, now: Any) -> Any:
    """It says so, or gave no sign for a minute, though it is meant to run."""
    return is_watched(s, now) & is_meant_to_run(s, now) & ((s.up == 0) | (now - s.seen_at > SILENCE))


def today_ms(o: Any, now: Any) -> Any:
    """How much of the outage lies in the ward's local day so far."""
    return greatest(least(o.ended_at, now) - greatest(o.started_at, window_start(now, DAY_MS)), 0)


LAG = Indicator(
    id="H01",
    label=Label("Độ trễ dữ liệu", "Data lag"),
    definition=Label(
        "Thời gian từ tín hiệu mới nhất của nguồn không có tín hiệu đã lâu nhất; nguồn đã tắt không tính; ngoài giờ làm việc thường là máy lấy "
        "số, nên không có ngưỡng: nguồn nào mất kết nối thì H04 nêu",
        "Time since the newest sign of the source that has been silent longest, without those that are switched off; after hours mostly the "
        "kiosk, and so without a limit: which source is down is in H04",
    ),
    version=2,
    since=law.REVISED,
    unit=SECONDS,
    of=SOURCE,
    value=Largest(
        amount=lambda s, now: now - s.seen_at,
        where=lambda s, now: is_watched(s, now) & (s.seen_at > 0),
    ),
    by=("key", Dimension(UP_SINCE, lambda s: joined(s.key, s.up_at))),
    inside=(UP_SINCE,),
    late_after=timedelta(seconds=30),
)

VALID = Indicator(
    id="H02",
    label=Label("Sự kiện hợp lệ", "Valid events"),
    definition=Label(
        "Sự kiện hợp lệ / (hợp lệ + bị loại) trong 24 giờ, không tính tín hiệu của chính hệ thống; hệ thống tự đếm 5 phút một lần, quá 15 phút "
        "không đếm được thì không có số liệu",
        "Valid events / (valid + rejected) within 24 hours, without the system's own signs of life; counted every 5 minutes, no data "
        "where the last count is older than 15",
    ),
    unit=PERCENT,
    of=TALLY,
    value=Ratio(
        numerator=Level(is_fresh, amount=lambda t, now: t.valid),
        denominator=Level(is_fresh, amount=lambda t, now: t.valid + t.rejected),
    ),
    threshold=Threshold(warning=99.5, critical=None, below=True),
)

DEAD_LETTERS_WAITING = Indicator(
    id="H03",
    label=Label("Sự kiện lỗi chờ xử lý", "Dead letters waiting"),
    definition=Label(
        "Sự kiện lỗi chưa được gửi lại, theo lần đếm mới nhất (5 phút một lần, quá 15 phút thì không có số liệu); lý do của từng sự kiện "
        "ở trang Sự kiện lỗi",
        "Dead letters not sent again yet, by the newest count (every 5 minutes, no data where it is older than 15); the reason of each "
        "is on the page of dead letters",
    ),
    unit=Unit(Label("sự kiện", "letters", "letter")),
    of=TALLY,
    value=Ratio(numerator=Level(is_fresh, amount=lambda t, now: t.waiting), denominator=Level(is_fresh)),
    is_known_by_denominator=True,
    threshold=Threshold(warning=0, critical=None),
)

DOWN = Indicator(
    id="H04",
    label=Label("Nguồn mất kết nối", "Sources down"),
    definition=Label(
        "Nguồn báo mất kết nối, hoặc không có tín hiệu quá 60 giây; máy lấy số tắt ngoài giờ làm việc và nguồn đã tắt không tính",
        "Sources that say they are down, or gave no sign for 60 seconds; the kiosk counts in opening hours only, as it is switched off "
        "after; without sources that somebody has switched off",
    ),
    version=3,
    since=law.REVISED,
    unit=Unit(Label("nguồn", "sources", "source")),
    of=SOURCE,
    value=Level(is_down),
    by=("key",),
    threshold=Threshold(warning=None, critical=0),
)

OUTAGE_TODAY = Indicator(
    id="H05",
    label=Label("Gián đoạn phần mềm hộ tịch", "Civil-status software outage"),
    definition=Label(
        "Số phút phần mềm không trả lời trong ngày, theo phần mềm",
        "Minutes on the local day in which the software did not answer, by software",
    ),
    unit=MINUTES,
    of=OUTAGE,
    value=Level(lambda o, now: (o.started_at <= now) & (today_ms(o, now) > 0), amount=today_ms),
    by=("app",),
    threshold=Threshold(warning=0, critical=60),
)

FEED_ON_TIME = Indicator(
    id="H06",
    label=Label("Đồng bộ thành phố đúng giờ", "City feed on time"),
    definition=Label(
        "Lần gửi đến thành phố trong vòng 15 phút sau giờ chốt số / lần gửi đã đến giờ chốt, trong 7 ngày",
        "Deliveries that reached the city within 15 minutes of their cut / deliveries whose cut was due, in 7 days",
    ),
    law=law.SHARING,
    unit=PERCENT,
    of=CUT,
    value=Ratio(
        numerator=Count(
            at=lambda c: c.cut_at,
            where=lambda c: c.delivered_at - c.cut_at <= DELIVERED_WITHIN,
        ),
        denominator=Count(at=lambda c: c.cut_at),
    ),
    by=("dataset",),
    span=timedelta(days=7),
    threshold=Threshold(warning=100, critical=90, below=True),
)

FEED_LATE = Indicator(
    id="H08",
    label=Label("Gửi thành phố muộn, 24 giờ", "City feed late, 24 h"),
    definition=Label(
        "Lần gửi đã đến giờ chốt trong 24 giờ qua mà thành phố không nhận được trong 15 phút",
        "Deliveries whose cut was due in the last 24 hours that did not reach the city within 15 minutes",
    ),
    law=law.SHARING,
    since=law.REVISED,
    unit=Unit(Label("lần", "deliveries", "delivery")),
    of=CUT,
    value=Count(
        at=lambda c: c.cut_at,
        where=lambda c: c.delivered_at - c.cut_at > DELIVERED_WITHIN,
    ),
    by=("dataset",),
    window=timedelta(hours=1),
    span=timedelta(hours=24),
    threshold=Threshold(warning=0, critical=None),
)

HEARTBEAT = Indicator(
    id="H07",
    label=Label("Tín hiệu hoạt động của hệ thống", "System heartbeat"),
    definition=Label(
        "Thời gian từ tín hiệu mới nhất của chính hệ thống đã đi hết đường từ đầu vào đến bảng",
        "Time since the newest heartbeat of the system itself that came the whole way from the entrance to the board",
    ),
    unit=SECONDS,
    of=SYSTEM,
    value=Largest(
        amount=lambda s, now: now - s.seen_at,
        where=lambda s, now: is_known_source(s, now) & (s.seen_at > 0),
    ),
    threshold=Threshold(warning=30, critical=60),
    late_after=timedelta(seconds=30),
)
