from dataclasses import replace

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.board.layout import fill_layout
from dashboard.components.balance import dossier_balance
from dashboard.components.broadcasts import schedule
from dashboard.components.card import Card, CardRow, wall_page
from dashboard.components.widget import member_bars
from dashboard.state.page import PropertyUpdate
from dashboard.words import number
from ingest.contract.label import Label
from tests.dashboard.support import ward
from tests.dashboard.support.ward import board_state
from warehouse.readings import Readings

TITLE = Label("Thẻ", "Card")
HOUR_MS = 3_600_000


def test_figures_need_height_and_cards_share_the_width():
    set_viewer(Viewer("lan", frozenset({"admin"})))
    cards = (Card("a", TITLE, "Q02"), Card("b", TITLE, smalls=("Q03", "Q05")))
    page = wall_page(
        "/x", TITLE, 1, None, (CardRow(10, cards, (60, 40)), CardRow(20, (Card("c", TITLE, smalls=("Q07",)),)))
    )
    found = fill_layout(page.layout(board_state()), page.updates(board_state())).children[1]
    assert found.style == {"--rows": "minmax(min-content, 10fr) minmax(0, 20fr)"}
    assert [line.style["--columns"] for line in found.children[:2]] == [
        "minmax(0, 60fr) minmax(0, 40fr)",
        "minmax(0, 1fr)",
    ]


@pytest.mark.parametrize(
    "asked", [{"big": "X01"}, {"smalls": ("Q03", "X01")}, {"part": member_bars("a", "X01", "kind", 3)}]
)
def test_what_is_not_declared_is_an_error(asked):
    with pytest.raises(KeyError):
        Card("a", TITLE, **asked).updates(board_state())


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (board_state(), "Không có"),
        (replace(board_state(), readings=Readings(), signs={}), "–"),
        (board_state(extra=[ward.stock("H04", 1, split=("key", "queue_kiosk"))]), "–"),
    ],
)
def test_bars_of_nothing_say_so_and_a_dash_where_nobody_knows(moment, said):
    found = member_bars("bars", "Q02", "service_code", 3).updates(moment)
    assert [value for update, value in found.items() if update.path == "children"] == [said, "", "", "", "", ""]


def test_small_figures_that_are_times_have_their_unit():
    card = Card("a", TITLE, smalls=("D12", "Q02"))
    found = card.updates(board_state(extra=[ward.flow("D12", ward.TODAY_MS, 11 * HOUR_MS, 2)]))
    assert found[PropertyUpdate("d12-figure", "children")] == "5,5\u00a0giờ"
    assert found[PropertyUpdate("q02-figure", "children")].isdigit()


def test_bars_are_in_the_indicators_unit():
    played = ward.flow("S08", ward.NOW_MS // HOUR_MS * HOUR_MS, 204 * 60_000, split=("bulletin_type", "uu_tien"))
    found = member_bars("bars", "S08", "bulletin_type", 2).updates(board_state(extra=[played]))
    assert {"Ưu tiên", "204"} <= {value for value in found.values() if isinstance(value, str)}


@pytest.mark.parametrize(
    ("count", "times"),
    [(4, ["06:00", "09:00", "10:00", "17:00"]), (3, ["09:00", "10:00", "17:00"]), (2, ["10:00", "17:00"]), (1, [""])],
)
def test_the_days_broadcasts_with_what_is_over_giving_way(count, times):
    planned = [(6, 1), (9, 1), (10, 0), (17, 0)]
    values = [ward.stock("S04", 2, 4)] + [
        ward.stock("S04", over, 1, ("start_at", str(ward.TODAY_MS + hour * HOUR_MS))) for hour, over in planned
    ]
    found = schedule("day", count).updates(board_state(extra=values))
    assert [value for update, value in found.items() if update.id.endswith("-at")] == times
    states = [value for update, value in found.items() if update.id.endswith("-detail")]
    assert states == ["đã phát xong", "đã phát xong", "trong giờ phát", "sắp tới"][-count:] or count == 1


def test_a_day_without_broadcasts_says_so():
    found = schedule("day", 2).updates(board_state(extra=[ward.stock("S04", 0, 0)]))
    assert "Chưa được báo lịch phát nào hôm nay" in found.values()
    assert "–" in schedule("day", 2).updates(board_state()).values()
    down = [ward.stock("S04", 0, 0), ward.stock("H04", 1, split=("key", "smart_loudspeaker"))]
    assert "–" in schedule("day", 2).updates(board_state(extra=down)).values(), "nobody knows"


def test_what_is_received_and_not_finished_adds_up_or_is_not_said():
    values = [ward.stock("D05", 141), ward.stock("D13", 8), ward.stock("D23", 4)]
    counted = [ward.flow("D02", ward.TODAY_MS, 649), ward.flow("D03", ward.TODAY_MS, 491)]
    (said,) = dossier_balance("a").updates(board_state(extra=[*values, *counted])).values()
    received, finished = (board_state(extra=counted).read(id).numerator for id in ("D02", "D03"))
    rest = received - finished
    assert said.startswith(
        f"{number.whole_number(received, 'vi')} tiếp nhận − {number.whole_number(finished, 'vi')} đã giải quyết = {rest}: 141 đang xử lý"
    )
    assert said.endswith(f"{rest - 153} trong báo cáo 2025, nguồn chưa báo kết quả")
    assert list(dossier_balance("a").updates(board_state()).values()) == [""], "a part is not known"
