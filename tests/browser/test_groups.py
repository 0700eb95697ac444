"""The map of the residential groups: choosing a layer shows its states at once, each by colour, sign and words."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import live
from tests.browser.support.served import served
from tests.dashboard.support.ward import CAMERAS, OFFLINE, PETITIONS, stock

pytestmark = pytest.mark.browser

SEEN = """() => Object.fromEntries([...document.querySelectorAll(".cell")].map(cell => {
  const mark = getComputedStyle(cell, "::before").content.replaceAll('"', "");
  const hatched = getComputedStyle(cell).backgroundImage.includes("gradient");
  return [Number(cell.textContent), hatched ? "hatched" : mark === "none" ? "" : mark];
}))"""
"""What a cell shows besides its colour, by the number of the group."""

EVERY = set(range(1, 71))


@pytest.fixture
def board(tmp_path):
    with served(tmp_path) as found:
        yield found


@pytest.fixture
def page(board, screen):
    password = board.accounts.add("lan", frozenset({"leader"}))
    opened = screen(f"{board.url}/login?next=/")
    opened.fill("[name=name]", "lan")
    opened.fill("[name=password]", password)
    opened.keyboard.press("Enter")
    live(opened)
    return opened


def those(page, sign):
    return {int(number) for number, shown in page.evaluate(SEEN).items() if shown == sign}


def choose(page, layer):
    page.locator(".layers").get_by_text(layer, exact=True).click()
    expect(page.locator("#groups")).to_have_attribute(
        "data-layer", {"camera": "cameras", "kiến nghị": "petitions"}[layer]
    )


def test_the_layers_show_cameras_and_petitions(page, artefacts):
    assert those(page, "■") == {52}
    assert those(page, "▲") == {*OFFLINE, 5, 8, 30}, "as severe as on the tiles"
    choose(page, "camera")
    chosen = page.locator(".layers label[data-checked]")
    expect(chosen).to_have_css("background-color", "rgba(0, 0, 0, 0)"), "its letters stay legible under the mouse"
    page.locator("#groups-card").screenshot(path=artefacts / "groups-cameras.png")
    assert (those(page, "■"), those(page, "▲"), those(page, "")) == (set(), {5, 30}, {36})
    assert those(page, "hatched") == EVERY - CAMERAS.keys()
    expect(page.locator("#group-5")).to_have_attribute("title", "Tổ dân phố 5\nloa: bình thường (kết nối 1/1)\n"
        "camera: cần xem (có hình 2/3, lỗi 1)\nkiến nghị: không có dữ liệu")  # fmt: skip
    choose(page, "kiến nghị")
    page.locator("#groups-card").screenshot(path=artefacts / "groups-petitions.png")
    assert (those(page, "■"), those(page, "▲"), those(page, "")) == ({52}, {8}, {7})
    assert those(page, "hatched") == EVERY - PETITIONS.keys()


def test_what_is_pushed_changes_the_chosen_layer(board, page):
    choose(page, "camera")
    area = ("area_code", "TDP-036")
    board.push(stock("C01", 3, 4, area), stock("C02", 1, split=area))
    expect(page.locator("#group-36")).to_have_class("cell speakers-normal cameras-warning petitions-none worst-warning")
    assert those(page, "▲") == {5, 30, 36}
    board.push(stock("C01", 8, 42), stock("C02", 34))
    expect(page.locator("#group-30")).to_have_class(re.compile("cameras-critical")), "once the tile is"
