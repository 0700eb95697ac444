"""Truyền thanh: whether the loudspeakers are connected, what they broadcast today, and whether it reaches every group."""

from datetime import timedelta

from dashboard.components.broadcasts import schedule
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import groups_part, member_bars
from dashboard.words import text
from ingest.contract.label import Label

CONNECTED = Label("Kết nối", "Connected")
SCHEDULE = Label("Lịch phát", "Schedule")
BROADCASTS = Label("Lịch phát hôm nay", "Broadcasts today")
SUCCESS = Label("Phát thành công", "Success")
AIRTIME = Label("Thời lượng", "Airtime")
BY_TYPE = Label("Thời lượng theo loại", "Airtime by kind")

PAGE = wall_page(
    "/speakers",
    text.SPEAKERS,
    order=4,
    pace=timedelta(seconds=12),
    lines=(
        CardRow(
            15,
            (
                Card("connected", CONNECTED, "S01", ("S02", "S03")),
                Card("schedule", SCHEDULE, "S04"),
                Card("success", SUCCESS, "S05", ("S06", "S11")),
                Card("airtime", AIRTIME, "S08"),
            ),
        ),
        CardRow(
            22,
            (
                Card(
                    "groups", text.GROUPS_TITLE, part=groups_part(choice=False, layer="speakers"), smalls=("S07", "S09")
                ),
                Card("broadcasts", BROADCASTS, part=schedule("broadcasts", 8)),
                Card("by-type", BY_TYPE, part=member_bars("by-type", "S08", "bulletin_type", 4)),
            ),
            (42, 30, 28),
        ),
    ),
)
