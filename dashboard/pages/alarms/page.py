"""Alarms: what needs somebody now, what cleared lately and, for people, the history of the last weeks.

A screen of the wall shows the first two; there is nothing to press. What is asked is in `callbacks`.
"""

from datetime import timedelta

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import Widget
from dashboard.pages.alarms import active, history
from dashboard.words import text
from ingest.contract.label import Label

ACTIVE = Label("Đang báo", "Active")
CLEARED = Label("Đã hết trong 24 giờ", "Cleared within 24 h")
HISTORY = Label("Lịch sử", "History")

PAGE = wall_page(
    "/alarms",
    text.ALARMS,
    order=1,
    pace=timedelta(seconds=20),
    past_updates=history.past_history,
    lines=(
        CardRow(
            25,
            (
                Card("active", ACTIVE, part=Widget(active.active, active.active_updates)),
                Card("cleared", CLEARED, part=Widget(active.cleared, active.cleared_updates)),
            ),
            (62, 38),
        ),
        CardRow(24, (Card("history", HISTORY, part=Widget(history.alarm_history_widget)),), for_people=True),
    ),
)
