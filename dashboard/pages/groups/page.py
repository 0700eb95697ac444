"""Groups page: the residential groups on the map, beside the numbered grid; each leads to its own page."""

from datetime import timedelta

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import groups_part
from dashboard.ward_map.card import MAP_PART
from dashboard.words import text
from ingest.contract.label import Label

MAP = Label("Bản đồ", "Map")

PAGE = wall_page(
    "/groups",
    MAP,
    order=6,
    menu=text.MENU_OPERATION,
    pace=timedelta(seconds=20),
    lines=(
        CardRow(
            40,
            (
                Card("map", MAP, part=MAP_PART, smalls=("S07", "C02")),
                Card("groups", text.GROUPS_TITLE, part=groups_part(choice=False)),
            ),
            (62, 38),
        ),
    ),
)
