"""What is not connected leaves its room to the rest, and one line of the page says what it is."""

from dataclasses import replace

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.board.layout import fill_layout
from dashboard.pages import cameras, documents, overview, speakers
from dashboard.state.page import BoardState, Page, PropertyUpdate
from dashboard.words.freshness import FreshnessSign
from ingest.contract.label import Language
from tests.dashboard.support.ward import NOW_MS, board_state


def without(*sources: str, language: Language = "vi") -> BoardState:
    """The ward without some of its sources: never heard, or switched off."""
    one = board_state(language)
    return replace(one, signs={source: sign for source, sign in one.signs.items() if source not in sources})


def shown(page: Page, state: BoardState, id: str, path: str = "children") -> object:
    set_viewer(Viewer("test", frozenset({"leader"})))
    updates = page.updates(state)
    fill_layout(page.layout(state), updates)  # raises for an update without a place
    return updates[PropertyUpdate(id, path)]


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "Chưa kết nối: Camera, Tin bài"), ("en", "Not connected: Cameras, News")]
)
def test_the_overviews_other_cards_take_the_room(language: Language, said: str) -> None:
    page, some = overview.PAGE, without("frigate", "content_post", language=language)
    assert shown(page, some, "not-connected") == said
    assert [shown(page, some, f"{id}-card", "className") for id in ("cameras", "news")] == ["card is-absent"] * 2
    assert "is-absent" not in str(shown(page, some, "groups-card", "className"))  # loudspeakers and petitions are there
    assert shown(page, some, "groups-fresh", "data-state") == "live"
    assert shown(page, some, "line-1", "style") == {"--columns": " ".join(["minmax(0, 1fr)"] * 3), "--others": "2"}
    third = "minmax(0, 38fr) minmax(0, 15.5fr) minmax(0, 14fr) minmax(0, 13.5fr)"
    assert shown(page, some, "line-3", "style") == {"--columns": third, "--others": "3"}
    assert shown(page, without(language=language), "not-connected") == ""
    assert shown(page, without(language=language), "line-1", "className") == "line line-1"


def test_an_overview_of_hardly_anything_says_how_more_is_connected() -> None:
    page, most = overview.PAGE, [source for source in board_state().signs if source != "queue_kiosk"]
    one = without(*most)
    assert str(shown(page, one, "not-connected")).startswith("Chưa kết nối: Hồ sơ, ")
    assert str(shown(page, one, "not-connected")).endswith("Người quản trị kết nối từng nguồn ở Vận hành → Nguồn.")
    assert shown(page, one, "lines", "className") == "is-sparse"
    assert shown(page, without("frigate", "content_post"), "lines", "className") == ""


def test_a_line_without_a_card_leaves_its_room_to_the_other_lines() -> None:
    page, some = documents.PAGE, without("content_post")
    assert shown(page, some, "not-connected") == "Chưa kết nối: Tin bài"
    assert "is-absent" in str(shown(page, some, "line-3", "className"))  # the news of four weeks
    assert str(shown(page, some, "lines", "style")).count("minmax") == 2
    assert shown(page, some, "line-2", "style") == {"--columns": "minmax(0, 62fr)", "--others": "1"}


def test_a_card_of_two_sources_stays_while_one_of_them_is_heard() -> None:
    some = without("frigate")
    other = replace(some, signs={**some.signs, "onvif": FreshnessSign(NOW_MS - 1000, False)})
    assert shown(cameras.PAGE, other, "not-connected") == "Chưa kết nối: Sảnh chờ"  # which Frigate alone tells
    assert "is-absent" not in str(shown(cameras.PAGE, other, "sight-card", "className"))
    assert "is-absent" in str(shown(cameras.PAGE, other, "hall-card", "className"))


def test_a_figure_made_of_several_sources_does_not_hide_which_is_missing() -> None:
    some = without("smart_loudspeaker")  # the reach of the loudspeakers is made of the register as well
    assert shown(speakers.PAGE, some, "not-connected") == "Chưa kết nối: Truyền thanh"


def test_a_screen_passes_over_a_page_of_which_nothing_is_connected() -> None:
    assert cameras.PAGE.has_news(without())
    assert not cameras.PAGE.has_news(without("frigate"))
    assert shown(cameras.PAGE, without("frigate"), "not-connected") == "Chưa kết nối: Camera"


def test_nothing_leaves_its_room_before_any_source_was_heard() -> None:
    assert shown(overview.PAGE, replace(board_state(), signs={}), "not-connected") == ""
