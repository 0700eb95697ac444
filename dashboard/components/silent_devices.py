"""Silent devices: the devices of which nothing was heard for so long that somebody has to look, each with its last sign."""

from dash import html
from dash.development.base_component import Component

from dashboard.components.table import Cell, data_table
from dashboard.state.page import BoardState
from dashboard.words import text
from ingest.contract.label import Label
from warehouse.catalogue import indicators
from warehouse.indicators.dismantled import AFTER, SILENT_SINCE, last_sign
from warehouse.model.expression import DAY_MS, ward_day

HEADS = (Label("Thiết bị", "Device"), Label("Tín hiệu cuối", "Last sign"), Label("Không có tín hiệu", "Silent for"))
DAYS = Label("{count} ngày", "{count} days", "{count} day")
NONE = Label(
    "Thiết bị nào cũng có tín hiệu trong {days} ngày qua.",
    "Every device was heard within {days} days.",
)
SILENT = Label(
    "Không có tín hiệu quá {days} ngày, vẫn tính trong số liệu. Còn dùng thì kiểm tra tại chỗ; đã thôi dùng thì ghi vào danh mục của phường.",
    "Silent for over {days} days, and still counted. If it is in use, check it; if not, enter it in the ward's register as removed.",
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
    said = html.P(state.say(SILENT if found else NONE, days=AFTER // DAY_MS), className="quiet")
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
