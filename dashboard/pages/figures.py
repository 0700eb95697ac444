"""Chỉ tiêu khác: figures that no machine tells, as people entered them, each with its period."""

from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.entered_list import entered_list
from dashboard.words import text
from ingest.contract.label import Label
from warehouse.figures import reform, society, training

OTHER = Label("Chỉ tiêu khác", "Other figures")
TRAINING = Label("Tập huấn chuyển đổi số", "Digital training")
SOCIETY = Label("Kinh tế - xã hội", "Economy and society")
REFORM = Label("Cải cách hành chính, Đề án 06, ISO", "Reform, Đề án 06, ISO")
SCORES = Label("Điểm và chỉ số", "Scores")

TRAINED = (training.MOOC_STAFF, training.MOOC_TEAMS, training.LITERACY_STAFF, training.LITERACY_TEAMS)
LIVED = (
    society.REVENUE, society.SPENDING, society.BUSINESSES, society.POPULATION, society.POOR, society.HEALTH_BOOK,
    society.NO_CASH_ALLOWANCES,
)  # fmt: skip
REFORMED = (reform.PLANS, reform.TASKS_06, reform.PROCEDURES_CUT, reform.ISO_9001, reform.ISO_18091)
SCORED = (reform.PORTAL_SCORE, reform.REFORM_INDEX)

PAGE = wall_page(
    "/figures",
    OTHER,
    order=6,
    menu=text.MENU_FIGURES,
    pace=None,
    lines=(
        CardRow(
            12,
            (
                Card("training", TRAINING, part=entered_list(TRAINED)),
                Card("scores", SCORES, part=entered_list(SCORED, "D16")),
            ),
        ),
        CardRow(
            16,
            (
                Card("society", SOCIETY, part=entered_list(LIVED)),
                Card("reform", REFORM, part=entered_list(REFORMED)),
            ),
        ),
    ),
)
