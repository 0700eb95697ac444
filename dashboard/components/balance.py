"""Balance: how many dossiers were received and are not finished, and where they are, so that the figures beside each other add up."""

from dash import html

from dashboard.components.widget import Widget
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.words import number
from ingest.contract.label import Label

RECEIVED, FINISHED = "D02", "D03"
UNFINISHED = {
    "D05": Label("{count} đang xử lý", "{count} open"),
    "D13": Label("{count} chờ bổ sung", "{count} awaiting a supplement"),
    "D23": Label("{count} chờ nộp phí hoặc dừng", "{count} unpaid or stopped"),
}
"""By the indicator that counts them, what dossiers are that were received and are not finished."""
UNHEARD = Label(
    "{count} trong báo cáo 2025, nguồn chưa báo kết quả", "{count} of the report of 2025, of which nothing was heard"
)
SUM = Label(
    "{received} tiếp nhận − {finished} đã giải quyết = {rest}: {parts}",
    "{received} received − {finished} finished = {rest}: {parts}",
)


def dossier_balance(name: str) -> Widget:
    """The sum in one sentence; nothing where a part of it is not known."""

    def updates(state: BoardState) -> PropertyUpdates:
        return {PropertyUpdate(name, "children"): _said(state)}

    return Widget(lambda state: html.Div(id=name, className="balance"), updates)


def _said(state: BoardState) -> str:
    readings = {id: state.read(id) for id in (RECEIVED, FINISHED, *UNFINISHED)}
    if not all(reading.known for reading in readings.values()):
        return ""
    count = {id: reading.numerator for id, reading in readings.items()}
    rest = count[RECEIVED] - count[FINISHED]
    unheard = rest - sum(count[id] for id in UNFINISHED)
    if rest < 0 or unheard < 0:  # flows and stocks are of different instants
        return ""
    parts = [(label, count[id]) for id, label in UNFINISHED.items()] + [(UNHEARD, unheard)]
    said = [state.say(label, count=number.whole_number(several, state.language)) for label, several in parts if several]
    numbers = {"received": count[RECEIVED], "finished": count[FINISHED], "rest": rest}
    shown = {which: number.whole_number(value, state.language) for which, value in numbers.items()}
    return state.say(SUM, parts=", ".join(said), **shown) if rest else ""
