"""Thiết bị: what of the service centre works, what does not and since when, whether the leased line holds, also during meetings, and what is looked up."""

from datetime import timedelta

from dashboard.charts.bars import Bar
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import Widget, bars_part, member_bars
from dashboard.state.page import BoardState
from dashboard.words import text
from ingest.contract.label import Label
from warehouse.indicators.dismantled import last_sign
from warehouse.indicators.equipment import DOWN_SINCE

EQUIPMENT = Label("Thiết bị", "Equipment")
AT_WORK = Label("Hoạt động", "Working")
LOST = Label("Mất liên lạc", "Out of reach")
FAULTS = Label("Báo lỗi", "Faults")
LINE = Label("Đường truyền", "Leased line")
KINDS = Label("Hoạt động theo loại", "Working by kind")
NAMED = Label("Mất liên lạc, từ lúc nào", "Out of reach, and since when")
FAULTY = Label("Đang báo lỗi", "With a fault")
LOW = Label("Sắp hết vật tư", "Supplies low")
MEETINGS = Label("Họp trực tuyến", "Online meetings")
LOOKUPS = Label("Lượt tra cứu tại kiosk", "Look-ups at the kiosk")


def _kinds(state: BoardState) -> list[Bar]:
    """How many of each kind work, of how many."""
    return [
        Bar(
            text.name_of_code(kind, state.language),
            reading.denominator,
            warning=reading.denominator - reading.numerator,
            shown=f"{reading.numerator}/{reading.denominator}",
        )
        for kind, reading in state.members("E01", "category").items()
    ]


def _lost(count: int) -> Widget:
    """The devices that do not answer, longest first, as grave as their number in the tile is."""

    def rows(state: BoardState) -> list[Bar]:
        is_critical = state.read("E02").status == "critical"
        found = []
        for member, reading in state.members("E02", DOWN_SINCE).items():
            if reading.numerator:
                device, since_ms = last_sign(member)
                minutes = max(1, (state.now_ms - since_ms) // 60_000)
                said = state.say(text.SINCE, time=text.clock_time(since_ms, state.now_ms))
                found.append(Bar(device, minutes, 0 if is_critical else minutes, minutes if is_critical else 0, said))
        return found

    return bars_part("named", count, ("E02",), rows)


PAGE = wall_page(
    "/equipment",
    EQUIPMENT,
    order=7,
    menu=text.MENU_OPERATION,
    pace=timedelta(seconds=20),
    lines=(
        CardRow(
            15,
            (
                Card("at-work", AT_WORK, "E01"),
                Card("out-of-reach", LOST, "E02", ("E05",)),
                Card("faults", FAULTS, "E03", ("E04",)),
                Card("line", LINE, "E06", ("E07", "E08", "E09")),
            ),
        ),
        CardRow(
            22,
            (
                Card("kinds", KINDS, part=bars_part("kinds", 11, ("E01",), _kinds)),
                Card("named", NAMED, part=_lost(8)),
            ),
            (50, 50),
        ),
        CardRow(
            14,
            (
                Card("faulty", FAULTY, part=member_bars("faulty", "E03", "key", 5)),
                Card("low", LOW, part=member_bars("low", "E04", "key", 5)),
                Card("meetings", MEETINGS, "E12", ("E11",)),
                Card("lookups", LOOKUPS, "E10"),
            ),
        ),
    ),
)
