"""What is not connected leaves its room: on a desk, a phone and the wall the other cards fill it, and everything can be read."""

import pytest

from tests.browser.conftest import live, shown
from tests.browser.support.legible import DESK_LEAST, FINGER, log_in, look
from tests.browser.support.served import served
from tests.dashboard.support import ward

pytestmark = [pytest.mark.browser, pytest.mark.long]

PAGES = ("/", "/documents", "/equipment")
HOLES = """() => [...document.querySelectorAll("main")].flatMap(main => {
  const seen = part => part.getClientRects().length && getComputedStyle(part).visibility === "visible";
  const end = part => part.getBoundingClientRect();
  const cards = [...main.querySelectorAll(".line > *")].filter(seen);
  const right = Math.max(...cards.map(card => end(card).right)), tops = [...new Set(cards.map(card => Math.round(end(card).top)))];
  return tops.filter(top => Math.max(...cards.filter(card => end(card).top <= top + 1 && end(card).bottom > top + 1).map(card => end(card).right)) < right - 2);
})"""
"""Rows of cards that end before the others do."""


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Neither cameras nor loudspeakers nor news, and of the equipment its devices alone."""
    sources = {
        source: age
        for source, age in ward.SOURCES.items()
        if source not in ("frigate", "smart_loudspeaker", "content_post")
    }
    monkeypatch.setattr(ward, "SOURCES", {**sources, "equipment": 12})
    with served(tmp_path) as found:
        yield found


def test_the_other_cards_fill_the_room_and_one_line_says_what_is_missing(board, chromium):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    log_in(board, page)
    found: dict[tuple[str, object], list[object]] = {}
    for path in PAGES:
        page.goto(f"{board.url}{path}")
        shown(page)
        for size, finger in (((1920, 1080), 0), ((1366, 768), 0), ((390, 844), FINGER)):
            page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
            page.wait_for_timeout(400)  # charts are drawn
            found[path, size] = [*look(page, DESK_LEAST, finger).faults, *page.evaluate(HOLES)]
    page.goto(board.url)
    assert page.locator("#not-connected").inner_text() == "Chưa kết nối: Truyền thanh, Camera, Tin bài"
    context.close()
    wall = chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce").new_page()
    wall.goto(board.add_display(("/", 30), ("/documents", 30))[1])
    live(wall)
    for path in ("/", "/documents"):
        wall.evaluate("path => dash_clientside.set_props('wall-path', { data: path })", path)
        wall.wait_for_timeout(1_500)
        found[path, "wall"] = [*look(wall, 30).faults, *wall.evaluate(HOLES)]
    wall.context.close()
    assert {place: faults for place, faults in found.items() if faults} == {}
