"""Office: documents signed, items published, community digital teams."""

from ingest.contract.label import Label
from warehouse.entities.office import AREA, DOCUMENT, POST
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit

SIGNED = Indicator(
    id="V01",
    label=Label("Văn bản ban hành được ký số", "Documents digitally signed"),
    definition=Label(
        "Văn bản đi đã ký số / văn bản đi đã ban hành, từ đầu kỳ",
        "Outgoing documents signed / issued, since the start of the period",
    ),
    unit=PERCENT,
    of=DOCUMENT,
    value=Ratio(
        numerator=Count(at=lambda d: d.signed_at),
        denominator=Count(at=lambda d: d.issued_at),
    ),
    span="period",
    threshold=Threshold(warning=100, critical=None, below=True),
)

ITEMS = Indicator(
    id="V02",
    label=Label("Tin bài đã đăng", "News items published"),
    definition=Label(
        "Tin bài đã đăng từ đầu kỳ, theo nền tảng", "Items published since the start of the period, by platform"
    ),
    unit=Unit(Label("tin", "items")),
    of=POST,
    value=Count(at=lambda p: p.published_at),
    by=("platform",),
    span="period",
)

TEAMS = Indicator(
    id="V03",
    label=Label("Tổ công nghệ số cộng đồng", "Community digital teams"),
    definition=Label(
        "Tổ dân phố có tổ công nghệ số / tổ dân phố", "Residential groups with a digital team / residential groups"
    ),
    unit=Unit(Label("tổ", "teams"), out_of=True),
    of=AREA,
    value=Ratio(
        numerator=Level(lambda a, now: (a.registered_at <= now) & (a.team == 1)),
        denominator=Level(lambda a, now: a.registered_at <= now),
    ),
)
