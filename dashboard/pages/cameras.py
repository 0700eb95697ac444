"""Camera: whether the cameras see, what they noticed and who looked at it, and how much passes."""

from datetime import timedelta

from dashboard.charts.slot_chart import Series, SlotChart
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import chart_part, member_bars
from dashboard.words import text
from ingest.contract.label import Label

SIGHT = Label("Tình trạng", "Health")
ALERTS = Label("Cảnh báo", "Alerts")
HALL = Label("Sảnh chờ", "Hall")
TRAFFIC = Label("Lưu lượng", "Traffic")
BY_HOUR = Label("Sự kiện theo giờ", "Events by hour")
KINDS = Label("Sự kiện theo loại", "Events by kind")
FAULTY = Label("Camera đang có lỗi", "Cameras with a fault")
PER_HOUR = Label("sự kiện / giờ", "events / hour")
PER_FIVE = Label("lượt / 5 phút", "crossings / 5 min")
BY_FIVE = Label("Lưu lượng theo 5 phút", "Traffic by 5 min")

EVENTS = SlotChart("events", PER_HOUR, (Series("C03"),), timedelta(hours=1), 24)
CROSSINGS = SlotChart("crossings", PER_FIVE, (Series("C07"),), timedelta(minutes=5), 48)

PAGE = wall_page(
    "/cameras",
    text.CAMERAS,
    order=5,
    pace=timedelta(seconds=12),
    lines=(
        CardRow(
            15,
            (
                Card("sight", SIGHT, "C01", ("C02",)),
                Card("alerts", ALERTS, "C04", ("C09", "C05", "C03")),
                Card("hall", HALL, "C06"),
                Card("traffic", TRAFFIC, "C07"),
            ),
        ),
        CardRow(
            16,
            (
                Card("events", BY_HOUR, part=chart_part(EVENTS), note=text.DAY_LONG),
                Card("kinds", KINDS, part=member_bars("kinds", "C03", "detection", 6), note=text.DAY_LONG),
            ),
            (62, 38),
        ),
        CardRow(
            16,
            (
                Card("crossings", BY_FIVE, part=chart_part(CROSSINGS)),
                Card("faulty", FAULTY, part=member_bars("faulty", "C02", "key", 6)),
            ),
            (62, 38),
        ),
    ),
)
