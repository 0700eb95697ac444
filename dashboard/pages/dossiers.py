"""Hồ sơ: what came in, what is open and how old, what is due, and how far it goes online."""

from datetime import timedelta

from dashboard.charts.slot_chart import Series, SlotChart
from dashboard.components.balance import dossier_balance
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import chart_part, field_bars
from dashboard.words import text
from ingest.contract.label import Label

ON_TIME = Label("Đúng hạn", "On time")
RESULT = Label("Giải quyết", "Results")
OPEN = Label("Đang xử lý", "Open")
SUPPLEMENT = Label("Bổ sung, hẹn lại", "Supplements, delays")
ONLINE = Label("Trực tuyến và số hóa", "Online and digital")
SCORE = Label("QĐ 766", "QĐ 766")
FIELDS = Label("Đang xử lý theo lĩnh vực", "Open by field")
RECEIVED = Label("Hồ sơ tiếp nhận theo giờ", "Received by hour")
HOURLY = Label("hồ sơ / giờ", "dossiers / hour")

RECEIVED_TODAY = SlotChart(
    "received", HOURLY, (Series("D01"),), timedelta(hours=1), 11, today=True, begins=timedelta(hours=7)
)

PAGE = wall_page(
    "/dossiers",
    text.DOSSIERS,
    order=2,
    pace=timedelta(seconds=15),
    lines=(
        CardRow(
            15,
            (
                Card("open", OPEN, "D05", ("D06", "D07", "D08", "D24"), part=dossier_balance("balance")),
                Card("on-time", ON_TIME, "D09", ("D10", "D11", "D12")),
                Card("result", RESULT, "D04", ("D02", "D03", "D28")),
                Card("supplement", SUPPLEMENT, "D13", ("D14", "D15", "D21", "D23")),
            ),
        ),
        CardRow(
            24,
            (
                Card("fields", FIELDS, part=field_bars(7)),
                Card("received", RECEIVED, part=chart_part(RECEIVED_TODAY), smalls=("D01",)),
            ),
        ),
        CardRow(
            13,
            (
                Card("online", ONLINE, "D17", ("D18", "D19", "D22", "D25", "D26", "D27")),
                Card("score", SCORE, "D16", ("D20",)),
            ),
        ),
    ),
)
