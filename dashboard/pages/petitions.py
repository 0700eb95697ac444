"""Phản ánh, kiến nghị: how many came in and whence, and whether they are answered in time."""

from datetime import timedelta

from dashboard.charts.slot_chart import Series, SlotChart
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import chart_part, member_bars
from dashboard.words import text
from ingest.contract.label import Label

ANSWERED = Label("Trả lời", "Answers")
RECEIVED = Label("Tiếp nhận", "Received")
DUE = Label("Thời hạn", "Deadlines")
SATISFIED = Label("Hài lòng", "Satisfaction")
CHANNELS = Label("Theo kênh", "By channel")
FIELDS = Label("Theo lĩnh vực", "By field")
DAILY = Label("Tiếp nhận theo ngày", "Received by day")
PER_DAY = Label("kiến nghị / ngày", "petitions / day")

BY_DAY = SlotChart("petitions-by-day", PER_DAY, (Series("P01"),), timedelta(days=1), 28, usual=False)

PAGE = wall_page(
    "/petitions",
    text.PETITIONS,
    order=3,
    pace=timedelta(seconds=12),
    lines=(
        CardRow(
            15,
            (
                Card("answered", ANSWERED, "P02"),
                Card("received", RECEIVED, "P01"),
                Card("due", DUE, "P04", ("P03",)),
                Card("satisfied", SATISFIED, "P05", ("P06",)),
            ),
        ),
        CardRow(
            16,
            (
                Card(
                    "channels", CHANNELS, part=member_bars("channels", "P01", "channel", 4), note=text.WITHOUT_BASELINE
                ),
                Card(
                    "petition-fields",
                    FIELDS,
                    part=member_bars("petition-fields", "P01", "field_code", 6),
                    note=text.WITHOUT_BASELINE,
                ),
            ),
        ),
        CardRow(17, (Card("daily", DAILY, part=chart_part(BY_DAY), note=text.FOUR_WEEKS),)),
    ),
)
