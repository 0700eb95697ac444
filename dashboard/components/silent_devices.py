"""Silent devices: the devices that count as taken down because nothing was heard of them for so long, each with its last sign."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.state.page import BoardState
from dashboard.words import text
from ingest.contract.label import Label
from warehouse.catalogue import indicators
from warehouse.indicators.dismantled import AFTER, SILENT_SINCE, last_sign
from warehouse.model.expression import DAY_MS, ward_day

HEADS = (Label("Thiết bị", "Device"), Label("Tín hiệu cuối", "Last sign"), Label("Im lặng", "Silent for"))
DAYS = Label("{count} ngày", "{count} days")
NONE = Label(
    "Không có thiết bị nào im lặng quá {days} ngày, nên thiết bị nào cũng được tính.",
    "No device is silent for over {days} days, so each of them is counted.",
)
LEFT_OUT = Label(
    "Im lặng quá {days} ngày: coi như đã tháo, không tính. Còn dùng thì kiểm tra tại chỗ; có tín hiệu là tính lại.",
    "Silent for over {days} days: taken for dismantled and left out. If it is in use, look at it; with a sign it counts again.",
)


def silent_table(state: BoardState) -> list[Component]:
    """All of them, those that fell silent last first; and what it means."""
    found = sorted(
        (
            (last_sign(member), one.of.label)
            for one in indicators()
            if SILENT_SINCE in {dimension.name for dimension in one.dimensions}
            for member, reading in state.members(one.id, SILENT_SINCE).items()
            if reading.numerator
        ),
        key=lambda row: -row[0][1],
    )
    said = html.P(state.say(LEFT_OUT if found else NONE, days=AFTER // DAY_MS), className="quiet")
    if not found:
        return [said]
    rows: list[list[Cell]] = [
        [
            f"{state.say(label)} {device}",
            f"{text.local_time(heard_ms):%H:%M %d/%m/%Y}",
            state.say(DAYS, count=ward_day(state.now_ms) - ward_day(heard_ms)),
        ]
        for (device, heard_ms), label in found
    ]
    return [said, data_table([state.say(head) for head in HEADS], rows)]
