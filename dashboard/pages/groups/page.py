"""Groups page: the residential groups on the map, beside the numbered grid; each leads to its own page."""

from datetime import timedelta

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.ward_map import MAP_PART
from dashboard.components.widget import groups_part
from dashboard.words import text
from ingest.contract.label import Label

MAP = Label("Bản đồ", "Map")

PAGE = wall_page(
    "/groups",
    MAP,
    order=6,
    pace=timedelta(seconds=20),
    lines=(
        CardRow(
            40,
            (
                Card("map", MAP, part=MAP_PART, smalls=("S01", "C01", "S07")),
                Card("groups", text.GROUPS_TITLE, part=groups_part(choice=False)),
            ),
            (62, 38),
        ),
    ),
)
