"""Office: documents signed, items published, community digital teams."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.office import AREA, DOCUMENT, POST
from warehouse.indicators import law
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit, reported


def is_area(a: Any, now: Any) -> Any:
    """The residential group was registered and not dissolved since."""
    return (a.registered_at <= now) & (a.exists == 1)


SIGNED = Indicator(
    id="V01",
    label=Label("Văn bản ban hành được ký số", "Documents digitally signed"),
    definition=Label(
        "1.768/1.768 văn bản của báo cáo (01/7–29/8/2025) cộng văn bản đi đã ký số / văn bản đi đã ban hành mà nguồn cho biết từ 30/8/2025; văn "
        "bản mật bị loại tại nguồn",
        "The report's 1,768 of 1,768 documents (1 July to 29 August 2025) plus outgoing documents signed / issued that the source tells of "
        "since 30 August 2025; secret ones are excluded at the source",
    ),
    version=2,
    since=law.REVISED,
    unit=PERCENT,
    of=DOCUMENT,
    value=Ratio(
        numerator=Count(at=lambda d: d.signed_at),
        denominator=Count(at=lambda d: d.issued_at),
    ),
    span="period",
    baseline=reported(1_768, 1_768),
    threshold=Threshold(warning=100, critical=None, below=True),
)

ITEMS = Indicator(
    id="V02",
    label=Label("Tin bài đã đăng", "News items published"),
    definition=Label(
        "600 tin bài của báo cáo (“trên 600”, 01/7–29/8/2025) cộng tin bài nguồn cho biết là đăng từ 30/8/2025, theo nền tảng",
        "The report's 600 items (“over 600”, 1 July to 29 August 2025) plus those that the source says were published since 30 August "
        "2025, by platform",
    ),
    version=2,
    since=law.REVISED,
    unit=Unit(Label("tin", "items")),
    of=POST,
    value=Count(at=lambda p: p.published_at),
    by=("platform",),
    span="period",
    baseline=reported(600),
)

TEAMS = Indicator(
    id="V03",
    label=Label("Tổ công nghệ số cộng đồng", "Community digital teams"),
    definition=Label(
        "Tổ dân phố có tổ công nghệ số / tổ dân phố; tổ đã sáp nhập, giải thể không tính",
        "Residential groups with a digital team / residential groups; those merged or dissolved are left out",
    ),
    law=law.TEAMS,
    version=2,
    since=law.REVISED,
    unit=Unit(Label("tổ", "teams"), out_of=True),
    of=AREA,
    value=Ratio(
        numerator=Level(lambda a, now: is_area(a, now) & (a.team == 1)),
        denominator=Level(is_area),
    ),
)
