"""Queue: how many come, how long they wait, how many counters serve them."""

from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.entities.queue import COUNTER, SESSION, TICKET
from warehouse.figures.kind import BaselineUnit, baseline
from warehouse.indicators import law
from warehouse.indicators.dismantled import is_in_use, is_silent, silent_since
from warehouse.model.aggregate import Aggregate, Count, Flow, Largest, Level, Mean, Quantile, Ratio, Stock
from warehouse.model.expression import MINUTE, NEVER, choose, least, ward_day
from warehouse.model.indicator import MINUTES, Ask, Derived, Indicator, Threshold, Unit

PEOPLE = Unit(Label("người", "people", "person"))
VISITS = Unit(Label("lượt", "visits", "visit"))
COUNTERS = Unit(Label("quầy", "counters", "counter"), out_of=True)

PROMISED_WAIT = 15 * MINUTE


def waiting(t: Any, now: Any) -> Any:
    """The ticket was issued today and nobody has called it, or not since it went to another queue; nor has it ended."""
    called_at = choose(is_in_another_queue(t), NEVER, least(t.called_at, t.serving_at))
    ended = least(called_at, t.served_at, t.no_show_at, t.cancelled_at, t.expired_at)
    return (t.issued_at <= now) & (ended > now) & (ward_day(t.issued_at) == ward_day(now))


def is_in_another_queue(t: Any) -> Any:
    """The ticket was called, then sent to another queue, and not called again."""
    return t.transferred_at >= t.last_called_at


def waiting_since(t: Any) -> Any:
    """Since when its holder waits: in another queue, since the transfer."""
    return choose(is_in_another_queue(t), t.transferred_at, t.issued_at)


def serving_since(t: Any) -> Any:
    """When service began at the last counter; where nobody noted it, the last call."""
    was_noted = (t.serving_at < NEVER) & (t.serving_at >= t.transferred_at)
    return choose(was_noted, t.serving_at, t.last_called_at)


def ticket_closed_at(t: Any) -> Any:
    """When the ticket was done with: served, else given up or expired."""
    return choose(t.served_at < NEVER, t.served_at, least(t.no_show_at, t.cancelled_at, t.expired_at))


def abandoned_at(t: Any) -> Any:
    """When the citizen gave up waiting; `NEVER` if not, or if called before."""
    return least(t.cancelled_at, t.expired_at)


def serving_today(s: Any, now: Any) -> Any:
    """The counter opened today and still serves."""
    return (s.started_at <= now) & (s.ended_at > now) & (ward_day(s.started_at) == ward_day(now))


def is_registered_counter(c: Any, now: Any) -> Any:
    """The counter has been heard of, and was not given up."""
    return is_in_use(c.registered_at, c.heard_at, c.decommissioned_at, now)


def occupied(ask: Ask) -> tuple[int, int] | None:
    """Minutes of service and of open counters; `None` where the kiosk cannot have told of all that were open."""
    served, opened = (ask(id).numerator // MINUTE for id in ("Q06", "Q12"))
    return (served, opened) if served <= opened else None


TICKETS = Indicator(
    id="Q01",
    label=Label("Lượt lấy số hôm nay", "Tickets issued today"),
    definition=Label("Số phiếu đã phát trong ngày", "Tickets issued on the local day"),
    unit=VISITS,
    of=TICKET,
    value=Count(at=lambda t: t.issued_at),
    by=("service_code",),
    window=timedelta(minutes=15),
)

WAITING = Indicator(
    id="Q02",
    label=Label("Đang chờ", "Waiting now"),
    definition=Label(
        "Phiếu phát hôm nay chưa được gọi, hoặc đã gọi rồi chuyển sang hàng khác mà chưa được gọi lại; chưa hủy, chưa hết hạn",
        "Tickets of today not yet called, or called, sent to another queue and not called again; neither cancelled nor expired",
    ),
    version=2,
    since=law.REVISED,
    unit=PEOPLE,
    of=TICKET,
    value=Level(waiting),
    by=("service_code",),
    threshold=Threshold(warning=26, critical=39),
)

MEAN_WAIT = Indicator(
    id="Q03",
    label=Label("Thời gian chờ trung bình (60 phút)", "Mean wait, 60 min"),
    definition=Label(
        "Trung bình từ lúc phát đến lần gọi đầu, của các lượt được gọi trong 60 phút qua",
        "Mean of first call minus issue, over the tickets called in the last 60 minutes",
    ),
    unit=MINUTES,
    counted=VISITS.label,
    of=TICKET,
    value=Mean(
        amount=lambda t: t.called_at - t.issued_at,
        at=lambda t: t.called_at,
        where=lambda t: t.issued_at <= t.called_at,
    ),
    by=("service_code",),
    window=timedelta(minutes=5),
    span=timedelta(minutes=60),
    threshold=Threshold(warning=15, critical=30),
)

LONG_WAIT = Indicator(
    id="Q04",
    label=Label("90 % lượt chờ không quá", "90% waited no longer than"),
    definition=Label(
        "90 % lượt được gọi trong ngày chờ không quá số này, từ lúc phát đến lần gọi đầu; làm tròn lên 15 giây",
        "90% of the tickets called on the local day waited no longer, from issue to first call; rounded up to 15 seconds",
    ),
    unit=MINUTES,
    counted=VISITS.label,
    of=TICKET,
    value=Quantile(
        90,
        amount=lambda t: t.called_at - t.issued_at,
        at=lambda t: t.called_at,
        where=lambda t: t.issued_at <= t.called_at,
        step=MINUTE // 4,
    ),
    threshold=Threshold(warning=25, critical=None),
)

LONGEST_WAIT = Indicator(
    id="Q05",
    label=Label("Chờ lâu nhất hiện tại", "Longest current wait"),
    definition=Label(
        "Thời gian đã chờ của người chờ lâu nhất; ai đã được gọi rồi chuyển sang hàng khác thì tính từ lúc chuyển",
        "How long the one who waits longest has waited; for who was called and sent to another queue, since then",
    ),
    version=2,
    since=law.REVISED,
    unit=MINUTES,
    of=TICKET,
    value=Largest(amount=lambda t, now: now - waiting_since(t), where=waiting),
    by=("service_code",),
    threshold=Threshold(warning=15, critical=30),
)

MEAN_SERVICE = Indicator(
    id="Q06",
    label=Label("Thời gian phục vụ trung bình", "Mean service time"),
    definition=Label(
        "Trung bình từ lúc bắt đầu phục vụ (nếu không ghi thì từ lần gọi cuối) đến lúc phục vụ xong, của các lượt xong trong ngày; ai được "
        "chuyển hàng thì chỉ tính ở quầy cuối",
        "Mean of service end minus service start (the last call where no start was noted), over the tickets served on the local day; of who "
        "was sent to another queue, at the last counter only",
    ),
    version=2,
    since=law.REVISED,
    unit=MINUTES,
    counted=VISITS.label,
    of=TICKET,
    value=Mean(
        amount=lambda t: t.served_at - serving_since(t),
        at=lambda t: t.served_at,
        where=lambda t: serving_since(t) <= t.served_at,
    ),
    by=("service_code",),
    window=timedelta(minutes=15),
)

SERVICE_LEVEL = Indicator(
    id="Q07",
    label=Label("Mức phục vụ trong 15 phút", "Service level, 15 min"),
    definition=Label(
        "Lượt được gọi trong 15 phút / (lượt được gọi + lượt bỏ sau hơn 15 phút chờ), trong ngày",
        "Called within 15 minutes / (called + abandoned after more than 15 minutes), on the local day",
    ),
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=TICKET,
    value=Ratio(
        numerator=Count(
            at=lambda t: t.called_at,
            where=lambda t: (t.issued_at <= t.called_at) & (t.called_at - t.issued_at <= PROMISED_WAIT),
        ),
        denominator=Count(
            at=lambda t: t.called_at,
            where=lambda t: t.issued_at <= t.called_at,
        )
        + Count(
            at=abandoned_at,
            where=lambda t: (t.called_at == NEVER) & (abandoned_at(t) - t.issued_at > PROMISED_WAIT),
        ),
    ),
    threshold=Threshold(warning=80, critical=60, below=True),
)

COUNTERS_OPEN = Indicator(
    id="Q08",
    label=Label("Quầy đang phục vụ", "Counters open"),
    definition=Label(
        "Quầy đang mở / tổng số quầy đã đăng ký; chỉ quầy có quyết định thôi dùng mới không tính, quầy không có tín hiệu vẫn tính (Q13)",
        "Counters open / counters registered; only one that was decommissioned is left out, one without any sign still counts (Q13)",
    ),
    version=2,
    since=law.REVISED,
    unit=COUNTERS,
    of=COUNTER,
    value=Ratio(
        numerator=Level(lambda c, now: is_registered_counter(c, now) & (c.state == "open")),
        denominator=Level(is_registered_counter),
    ),
)

COUNTERS_SILENT = Indicator(
    id="Q13",
    label=Label("Quầy không có tín hiệu quá 30 ngày", "Counters silent for over 30 days"),
    definition=Label(
        "Quầy không mở, tạm dừng hay đóng lần nào quá 30 ngày; vẫn tính trong Q08; nêu tên, kèm giờ có tín hiệu cuối (ms từ 1970), đến khi có "
        "tín hiệu hoặc có quyết định thôi dùng",
        "Counters not opened, paused or closed for over 30 days; they still count in Q08; named, with the time of the last sign (ms since "
        "1970), until there is a sign or they are decommissioned",
    ),
    version=2,
    since=law.REVISED,
    unit=COUNTERS._replace(out_of=False),
    of=COUNTER,
    value=Level(lambda c, now: is_registered_counter(c, now) & is_silent(c.heard_at, now)),
    by=(silent_since(lambda c: c.heard_at),),
)

OPEN_TIME = Indicator(
    id="Q12",
    label=Label("Thời gian mở quầy hôm nay", "Counter open time today"),
    definition=Label(
        "Tổng thời gian các quầy mở trong ngày, từ lúc mở đến lúc tạm dừng hoặc đóng; kiosk không cho biết giờ mở quầy thì không có "
        "số liệu",
        "Time for which counters were open on the local day, from opening to pause or close; no data where the kiosk does not tell "
        "when a counter opened",
    ),
    unit=Unit(Label("giờ", "h"), 1 / 3_600_000, 1),
    of=SESSION,
    value=Aggregate(
        (
            Flow(
                at=lambda s: s.ended_at,
                where=lambda s: s.started_at <= s.ended_at,
                amount=lambda s: s.ended_at - s.started_at,
            ),
            Stock(serving_today, amount=lambda s, now: now - s.started_at),
        )
    ),
    window=timedelta(minutes=15),
)

OCCUPANCY = Derived(
    id="Q09",
    label=Label("Hiệu suất quầy", "Counter occupancy"),
    definition=Label(
        "Tổng thời gian phục vụ của các lượt đã xong / tổng thời gian mở quầy, trong ngày; tốt nhất từ 60 đến 85 %; không có số liệu khi phục vụ "
        "nhiều hơn thời gian mở mà kiosk cho biết",
        "Service time of the tickets served / time for which counters were open, on the local day; best between 60 and 85%; no data where "
        "there was more service than the kiosk tells of counters that were open",
    ),
    version=2,
    since=law.REVISED,
    unit=Unit(Label("%", "%"), 100.0, 1),
    made_of=(MEAN_SERVICE, OPEN_TIME),
    value=occupied,
    formula=Label("tử số của Q06 / Q12, bằng phút", "numerator of Q06 / Q12, in minutes"),
    is_ratio=True,
    threshold=Threshold(warning=85, critical=None),
)

WAITING_PER_COUNTER = Derived(
    id="Q14",
    label=Label("Người chờ trên một quầy đang mở", "Waiting per open counter"),
    definition=Label(
        "Số người đang chờ / số quầy đang mở; không quầy nào mở thì chia cho 1",
        "People waiting / counters open; where none is open, divided by 1",
    ),
    since=law.REVISED,
    unit=Unit(
        Label("người/quầy", "people a counter", "person a counter"),
        decimals=1,
        short=Label("người", "people", "person"),
    ),
    counted=COUNTERS.label,
    made_of=(WAITING, COUNTERS_OPEN),
    value=lambda ask: (ask("Q02").numerator, max(ask("Q08").numerator, 1)),
    formula=Label("Q02 / tử số của Q08, ít nhất là 1", "Q02 / numerator of Q08, at least 1"),
    is_ratio=True,
    # With all 13 counters open the limit of those waiting (Q02) is reached at three a counter.
    threshold=Threshold(warning=3, critical=6),
)

ABANDONED = Indicator(
    id="Q10",
    label=Label("Tỷ lệ bỏ lượt", "Abandonment"),
    definition=Label(
        "(lượt vắng mặt khi gọi + lượt hủy) / lượt đã kết thúc (phục vụ xong, vắng mặt, hủy, hết hạn), trong ngày",
        "(no-shows + cancelled) / tickets closed (served, no-show, cancelled, expired), on the local day",
    ),
    unit=Unit(Label("%", "%"), 100.0, 1),
    of=TICKET,
    value=Ratio(
        numerator=Count(
            at=ticket_closed_at, where=lambda t: (t.served_at == NEVER) & (least(t.no_show_at, t.cancelled_at) < NEVER)
        ),
        denominator=Count(at=ticket_closed_at),
    ),
    by=("service_code",),
    threshold=Threshold(warning=5, critical=None),
)

VISITS_SO_FAR = Indicator(
    id="Q11",
    label=Label("Lượt công dân lũy kế", "Visits since 01/7/2025"),
    definition=Label(
        "Số nền (NQ11) cộng số phiếu đã phát sau ngày cuối của số nền; phiếu phát trước đó đã nằm trong số nền",
        "The baseline (NQ11) plus tickets issued after its last day; earlier tickets are in the baseline",
    ),
    version=2,
    since=law.REVISED,
    unit=VISITS,
    of=TICKET,
    value=Count(at=lambda t: t.issued_at),
    span="period",
    baseline=baseline("Q11", BaselineUnit(Label("lượt công dân", "visits"), VISITS)),
)
