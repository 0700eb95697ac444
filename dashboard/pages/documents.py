"""Văn bản và tin bài: what the office signed and published, and which groups have a digital team."""

from datetime import timedelta

from dashboard.charts.chart import SERIES
from dashboard.charts.slot_chart import Series, SlotChart
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import chart_part, member_bars
from dashboard.words import text
from ingest.contract.label import Label

DOCUMENTS = Label("Văn bản và tin bài", "Documents and news")
BY_DAY = Label("Văn bản ban hành theo ngày", "Documents issued by day")
NEWS_BY_DAY = Label("Tin bài theo ngày và nền tảng", "Items by day and platform")
PLATFORMS = Label("Tin bài theo nền tảng", "Items by platform")
PER_DAY = Label("văn bản / ngày", "documents / day")
ITEMS_PER_DAY = Label("tin / ngày", "items / day")
DAYS = 28

ISSUED = SlotChart("issued", PER_DAY, (Series("V01", of_denominator=True),), timedelta(days=1), DAYS, usual=False)
PUBLISHED = SlotChart(
    "published",
    ITEMS_PER_DAY,
    tuple(
        Series("V02", ("platform", platform), colour, text.CODES[platform])
        for platform, colour in zip(("zalo", "portal", "fanpage", "speaker"), SERIES, strict=False)
    ),
    timedelta(days=1),
    DAYS,
    usual=False,
)

PAGE = wall_page(
    "/documents",
    DOCUMENTS,
    order=6,
    menu=text.MENU_FIGURES,
    pace=timedelta(seconds=12),
    lines=(
        CardRow(
            13,
            (
                Card("signed", text.DOCUMENTS, "V01"),
                Card("news", text.NEWS, "V02"),
                Card("teams", text.TEAMS, "V03"),
            ),
        ),
        CardRow(
            18,
            (
                Card("issued", BY_DAY, part=chart_part(ISSUED), note=text.FOUR_WEEKS),
                Card(
                    "platforms",
                    PLATFORMS,
                    part=member_bars("platforms", "V02", "platform", 4),
                    note=text.WITHOUT_BASELINE,
                ),
            ),
            (62, 38),
        ),
        CardRow(18, (Card("published", NEWS_BY_DAY, part=chart_part(PUBLISHED), note=text.FOUR_WEEKS),)),
    ),
)
