"""Office: documents signed, items published, community digital teams."""

from typing import Any

from ingest.contract.label import Label
from warehouse.entities.office import AREA, DOCUMENT, POST
from warehouse.figures.kind import BaselineUnit, baseline
from warehouse.indicators import law
from warehouse.model.aggregate import Count, Level, Ratio
from warehouse.model.indicator import PERCENT, Indicator, Threshold, Unit


def is_area(a: Any, now: Any) -> Any:
    """The residential group was registered and not dissolved since."""
    return (a.registered_at <= now) & (a.exists == 1)


NEWS_ITEMS = Unit(Label("tin", "items", "item"))
TEAMS_OF_GROUPS = Unit(Label("tổ", "teams"), out_of=True)

SIGNED = Indicator(
    id="V01",
    label=Label("Văn bản ban hành được ký số", "Documents digitally signed"),
    definition=Label(
        "Số nền (NV01) cộng văn bản đi đã ký số / văn bản đi đã ban hành mà nguồn cho biết sau ngày cuối của số nền; văn bản mật bị loại "
        "tại nguồn",
        "The baseline (NV01) plus outgoing documents signed / issued that the source tells of after its last day; secret ones are excluded "
        "at the source",
    ),
    version=3,
    since=law.REVISED,
    unit=PERCENT,
    of=DOCUMENT,
    value=Ratio(
        numerator=Count(at=lambda d: d.signed_at),
        denominator=Count(at=lambda d: d.issued_at),
    ),
    span="period",
    baseline=baseline("V01", BaselineUnit(Label("văn bản ký số", "documents signed"), PERCENT, is_share=True)),
    threshold=Threshold(warning=100, critical=None, below=True),
)

ITEMS = Indicator(
    id="V02",
    label=Label("Tin bài đã đăng", "News items published"),
    definition=Label(
        "Số nền (NV02) cộng tin bài nguồn cho biết là đăng sau ngày cuối của số nền, theo nền tảng",
        "The baseline (NV02) plus items that the source says were published after its last day, by platform",
    ),
    version=3,
    since=law.REVISED,
    unit=NEWS_ITEMS,
    of=POST,
    value=Count(at=lambda p: p.published_at),
    by=("platform",),
    span="period",
    baseline=baseline("V02", BaselineUnit(Label("tin bài", "news items"), NEWS_ITEMS)),
)

TEAMS = Indicator(
    id="V03",
    label=Label("Tổ công nghệ số cộng đồng", "Community digital teams"),
    definition=Label(
        "Tổ dân phố có tổ công nghệ số / tổ dân phố; tổ đã sáp nhập, giải thể không tính; khi danh mục tổ dân phố chưa kết nối: số nền (NV03)",
        "Residential groups with a digital team / residential groups; those merged or dissolved are left out; as long as the register is "
        "not connected: the baseline (NV03)",
    ),
    law=law.TEAMS,
    version=3,
    since=law.REVISED,
    unit=TEAMS_OF_GROUPS,
    baseline=baseline("V03", BaselineUnit(Label("tổ công nghệ số", "digital teams"), TEAMS_OF_GROUPS, is_share=True)),
    of=AREA,
    value=Ratio(
        numerator=Level(lambda a, now: is_area(a, now) & (a.team == 1)),
        denominator=Level(is_area),
    ),
)
