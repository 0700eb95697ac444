import dataclasses
import re

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.board.layout import fill_layout
from dashboard.charts.arrivals import ARRIVALS, mean_wait
from dashboard.charts.graph import graph_id
from dashboard.components.tile import freshness_updates
from dashboard.pages.overview import CARDS, PAGE
from dashboard.state.page import PropertyUpdate
from dashboard.words.freshness import Freshness, freshness_signs
from ingest.contract.clock import milliseconds
from tests.dashboard.support.board import components, id_text
from tests.dashboard.support.ward import NOW, NOW_MS, OFFLINE, TODAY_MS, UNKNOWN, board_state, flow, readings, stock
from warehouse.catalogue import indicators
from warehouse.readings import Readings

SHOWN = {"H01", "H04", "H05", "H07"}.union(*CARDS.values())


@pytest.fixture(autouse=True)
def _somebody_looks():
    set_viewer(Viewer("test", frozenset({"admin"})))


def update(found, id, path="children"):
    return found[PropertyUpdate(id, path)]


def texts(component):
    """Everything that a component says, cells of tables included."""
    found = []
    for part in components(component):
        for row in getattr(part, "data", {}).get("body", []) if type(part).__name__ == "Table" else ():
            found += [cell if isinstance(cell, str) else texts(cell) for cell in row]
    for part in components(component):
        if isinstance(part, str):
            found.append(part)
        elif isinstance(getattr(part, "children", None), str):
            found.append(part.children)
    return " ".join(found)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_leaf_has_its_place_and_every_place_its_leaf(language):
    one = board_state(language)
    layout = PAGE.layout(one)
    updates = PAGE.updates(one)
    fill_layout(layout, updates)  # raises for an update without a place
    pushed = {found.id for found in updates}
    ids = {id_text(part.id) for part in components(layout) if getattr(part, "id", None)}
    written_by_browser = {
        "clock",
        "date",
        "latency",
        "menu",
        "account",
        "help",
        "account-all",
        *(f"ways-{place}{part}" for place in range(2) for part in ("", "-all")),
        "ways-all",
        "transport",
        "language",
        "log-out",
        "theme",
        "look-back",
        "groups",
        "layer",
    }
    system_status = {id for id in ids if '"dress"' in id or id.endswith(("-unit", "-after", "-chart"))}
    assert ids - pushed - written_by_browser - system_status == set()


@pytest.mark.parametrize("language", ["vi", "en"])
def test_its_indicators_are_on_the_page_with_their_parts(language):
    updates = PAGE.updates(board_state(language))
    shown = {value for place, value in updates.items() if place.path == "data-indicator"}
    assert shown == SHOWN
    ratios = [one for one in indicators() if one.is_ratio and one.id in SHOWN]
    for one in ratios:
        assert update(updates, one.id.lower(), "data-denominator") > 0
    # 4.288/4.293, 11/13, 67 of 70 …: as text a person sees, not only as an attribute
    whole = " ".join(str(value) for place, value in updates.items() if place.path == "children")
    whole += texts(PAGE.layout(board_state(language)))
    mark = "." if language == "vi" else ","
    for parts in (f"4{mark}288/4{mark}293", "178/185", "11/13", "/70", "/42", "7/7", f"1{mark}768/1{mark}768"):
        assert parts in whole
    assert re.search(r"\d+\u00a0lượt|of\u00a0\d+", whole)


def test_figures_in_vietnamese():
    updates = PAGE.updates(board_state("vi"))
    assert update(updates, "q02-figure") == "23"
    assert update(updates, "d04-figure") == "99,88"
    assert update(updates, "d04-caption") == "4.288/4.293 hồ sơ đã giải quyết từ 01/7/2025"
    assert update(updates, "s01-figure") == "67"
    assert update(updates, "s01-unit") == "/70 cụm loa"
    assert update(updates, "s01-share-figure") == "95,7\u00a0%"
    assert update(updates, "q03-figure") == "8,4\u00a0phút"
    assert update(updates, "q05-figure") == "19\u00a0phút"
    assert update(updates, "q05-after") == ", Đất đai"
    assert update(updates, "c03-figure") == "1.204"
    assert update(updates, "c03-alert-figure") == "6"
    assert update(updates, "v02-zalo-figure") == "251"
    assert "4.288/4.293" in update(updates, "d04", "title")


def test_of_what_has_not_changed_for_an_hour_it_is_said_that_its_source_lives_and_when_it_changed():
    quiet = freshness_updates("teams", Freshness("live", NOW_MS - 2000, NOW_MS - 16 * 3_600_000), board_state("vi"))
    assert update(quiet, "teams-word").replace("\u00a0", " ") == "nguồn hoạt động · tin cuối 18:15 23/11"
    assert update(quiet, "teams-age", "data-since") == 0
    busy = freshness_updates("teams", Freshness("live", NOW_MS - 2000, NOW_MS - 3_600_000), board_state("vi"))
    assert update(busy, "teams-age", "data-since") == NOW_MS - 3_600_000


def test_cards_say_how_fresh_they_are_in_words():
    updates = PAGE.updates(board_state("vi"))
    assert update(updates, "queue-word") == "ĐANG CẬP NHẬT"
    assert update(updates, "queue-fresh", "data-state") == "live"
    assert update(updates, "queue-age", "data-since") == NOW_MS - 2000
    late = PAGE.updates(board_state("en", extra=[stock("H01", 90_000, split=("key", "queue_kiosk"))]))
    assert update(late, "queue-word") == "LATE"
    assert update(late, "queue-age", "data-since") == NOW_MS - 90_000
    assert "needs-look" in update(late, "queue-card", "className")
    down = PAGE.updates(board_state("vi", extra=[stock("H04", 1, split=("key", "queue_kiosk"))]))
    assert update(down, "queue-word") == "MẤT KẾT NỐI DỮ LIỆU từ 10:15"
    assert "fresh-down" in update(down, "q02", "className")
    assert update(down, "q02-figure") == "23", "the last figure is greyed and kept"


def test_before_anything_is_known_the_page_says_so():
    empty = Readings()
    nothing = dataclasses.replace(board_state(), readings=empty, signs=freshness_signs(empty, NOW_MS))
    updates = PAGE.updates(nothing)
    assert update(updates, "queue-word") == "KHÔNG CÓ DỮ LIỆU"
    assert update(updates, "d04-figure") == "–"
    assert update(updates, "q02-figure") == "–"
    assert update(updates, "v02-zalo-figure") == "–"
    assert update(updates, "group-1", "className").split()[-1] == "worst-none"
    assert update(updates, "alarms-title") == "Không có cảnh báo"


def test_groups_stand_in_their_places():
    updates = PAGE.updates(board_state())
    classes = {number: update(updates, f"group-{number}", "className").split() for number in range(1, 71)}
    assert {number for number, found in classes.items() if "speakers-warning" in found} == set(OFFLINE)
    assert {number for number, found in classes.items() if "speakers-none" in found} == set(UNKNOWN)
    assert all("worst-warning" in classes[number] for number in OFFLINE), "as severe as on the tile"
    most = PAGE.updates(board_state(extra=[stock("S01", 50, 70)]))
    assert "speakers-critical" in update(most, "group-12", "className")
    partly = board_state(
        extra=[stock("S01", 1, 2, ("area_code", "TDP-005")), stock("S02", 1, split=("area_code", "TDP-005"))]
    )
    assert "speakers-warning" in update(PAGE.updates(partly), "group-5", "className")


def test_groups_are_coloured_by_cameras_and_petitions():
    updates = PAGE.updates(board_state())
    classes = {number: update(updates, f"group-{number}", "className").split() for number in range(1, 71)}

    def those(found):
        return {number for number, told in classes.items() if found in told}

    assert (those("cameras-normal"), those("cameras-warning"), those("cameras-critical")) == ({36}, {5, 30}, set())
    assert those("cameras-none") == set(range(1, 71)) - {36, 5, 30}
    assert (those("petitions-normal"), those("petitions-warning"), those("petitions-critical")) == ({7}, {8}, {52})
    assert those("petitions-none") == set(range(1, 71)) - {7, 8, 52}
    assert those("worst-critical") == {52}
    assert those("worst-warning") == {*OFFLINE, 5, 8, 30}
    assert those("worst-none") == set(UNKNOWN)


def test_a_group_says_how_many_there_are_of_what():
    updates = PAGE.updates(board_state("vi"))
    assert update(updates, "group-5", "title").splitlines() == [
        "Tổ dân phố 5",
        "loa: bình thường (kết nối 1/1)",
        "camera: cần xem (có hình 2/3, lỗi 1)",
        "kiến nghị: không có dữ liệu",
    ]
    english = PAGE.updates(board_state("en"))
    said = "petitions: to act on (near due 1, overdue 1, received 2)"
    assert update(english, "group-52", "title").splitlines()[-1] == said


def test_what_stands_in_no_known_group_colours_none():
    nowhere = board_state(extra=[stock("C01", 0, 3, ("area_code", "")), stock("C02", 3, split=("area_code", ""))])
    assert PAGE.updates(nowhere) == PAGE.updates(board_state())


def test_arrivals_show_today_against_last_week():
    updates = PAGE.updates(board_state())
    id = graph_id(ARRIVALS)
    bars = update(updates, id, "figure.data.0.y")
    assert bars[:13] == [10 + slot % 4 for slot in range(13)]
    assert bars[13:] == [None] * 29, "what has not come yet is no zero"
    running = update(updates, id, "figure.data.1.y")
    assert [slot for slot, value in enumerate(running) if value is not None] == [13], "only the running one is lighter"
    assert update(updates, id, "figure.data.2.y") == [12] * 42


def test_the_line_ends_at_the_shown_figure():
    start_ms = TODAY_MS + 7 * 3_600_000
    x, y = mean_wait(readings(), start_ms, NOW_MS)
    assert y[-1] == 8.4
    assert x[-1] == (NOW_MS - start_ms) / 60_000
    moved = readings([flow("Q03", NOW_MS // 300_000 * 300_000, 10 * 1_200_000, 10)])
    now = board_state(extra=[flow("Q03", NOW_MS // 300_000 * 300_000, 10 * 1_200_000, 10)]).read("Q03")
    assert now.figure is not None
    assert mean_wait(moved, start_ms, NOW_MS)[1][-1] == round(now.figure, 2)


def test_fields_come_largest_first_and_the_rest_in_one_row():
    updates = PAGE.updates(board_state("vi"))
    places = range(6)
    assert [update(updates, f"fields-{place}-name") for place in (0, 5)] == ["Đất đai", "Còn lại"]
    assert [update(updates, f"fields-{place}-shown") for place in places] == ["128", "96", "74", "41", "37", "22"]
    widths = update(updates, "fields-0-bar", "style")
    assert widths == {"--normal": "94.5%", "--warning": "5.5%", "--critical": "0.0%", "--room": "3ch"}


def test_pretend_data_say_so():
    plain = texts(PAGE.layout(board_state("vi")))
    assert "GIẢ LẬP" not in plain
    pretend = texts(PAGE.layout(board_state("vi", pretend=True, clock_speed=60.0)))
    assert "DỮ LIỆU GIẢ LẬP" in pretend
    assert "đồng hồ giả lập ×60" in pretend


def test_a_quiet_source_has_a_zero_and_a_silent_one_has_nothing():
    quiet = readings()
    hours_later = NOW_MS + 3 * 3_600_000
    quiet.apply([stock("H01", 1000, split=("key", "queue_kiosk"))._replace(as_of_ms=hours_later, version=10**9)])
    one = dataclasses.replace(
        board_state(), readings=quiet, signs=freshness_signs(quiet, hours_later), now_ms=hours_later
    )
    updates = PAGE.updates(one)
    assert update(updates, "q03-figure") == "–", "a mean over nothing"
    assert update(updates, "q03", "data-state") == "live"
    assert update(updates, "queue-word").startswith("nguồn hoạt động · tin")


def test_the_day_is_the_wards():
    before_midnight = milliseconds(NOW.replace(hour=23, minute=59))
    assert PAGE.updates(board_state(now_ms=before_midnight))[PropertyUpdate("q01-figure", "children")] == str(
        sum(10 + s % 4 for s in range(14))
    )
    assert PAGE.updates(board_state(now_ms=before_midnight + 120_000))[PropertyUpdate("q01-figure", "children")] == "0"
