"""Một cửa: who waits, how long, who serves them, and when people come."""

from datetime import timedelta

from dashboard.charts import heatmap
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import ARRIVALS, Widget, member_bars
from dashboard.pages.today import is_closed
from dashboard.words import text
from ingest.contract.label import Label

WAIT = Label("Đang chờ", "Waiting")
LEVEL = Label("Mức phục vụ", "Service level")
COUNTERS = Label("Quầy", "Counters")
VISITS = Label("Lượt đến", "Visits")
WAITING_BY = Label("Đang chờ theo dịch vụ", "Waiting by service")
VISITS_BY = Label("Lượt hôm nay theo dịch vụ", "Visits today by service")
HEAT = Label("Lượt đến theo giờ và ngày", "Visits by hour and day")
SEVEN_DAYS = Label("7 ngày gần nhất", "last 7 days")
QUARTERS = Label("theo 15 phút", "by 15 min")

PAGE = wall_page(
    "/queue",
    text.QUEUE,
    order=1,
    has_news=lambda state: not is_closed(state),
    pace=timedelta(seconds=15),
    lines=(
        CardRow(
            15,
            (
                Card("waiting", WAIT, "Q02", ("Q05", "Q03", "Q14")),
                Card("level", LEVEL, "Q07", ("Q04", "Q10")),
                Card("counters", COUNTERS, "Q08", ("Q09", "Q06", "Q12")),
                Card("visits", VISITS, "Q01", ("Q11",)),
            ),
            (30, 22, 24, 24),
        ),
        CardRow(
            22,
            (
                Card("arrivals", text.ARRIVALS, part=ARRIVALS, note=QUARTERS),
                Card("waiting-by", WAITING_BY, part=member_bars("waiting-by", "Q02", "service_code", 6)),
            ),
            (65, 35),
        ),
        CardRow(
            18,
            (
                Card(
                    "heat",
                    HEAT,
                    part=Widget(
                        lambda state: heatmap.heat(state, "heat"),
                        lambda state: heatmap.heat_updates(state, "heat", "Q01"),
                        ("Q01",),
                        through="Q01",
                    ),
                    note=SEVEN_DAYS,
                ),
                Card("visits-by", VISITS_BY, part=member_bars("visits-by", "Q01", "service_code", 6)),
            ),
            (65, 35),
        ),
    ),
)
