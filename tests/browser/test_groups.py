"""The residential groups, as a grid and on the map: a layer shows its states at once, by colour, sign and words; each leads to its page."""

import json
import re
from itertools import count

import pytest
from playwright.sync_api import expect

from commands.developers.pretend_map import pretend_features
from dashboard.ward_map.file import NAME
from tests.browser.conftest import PATIENCE, live
from tests.browser.support.served import served
from tests.dashboard.support.devices import DeviceReader
from tests.dashboard.support.ward import CAMERAS, OFFLINE, PETITIONS, stock

pytestmark = pytest.mark.browser

SEEN = """() => Object.fromEntries([...document.querySelectorAll(".cell")].map(cell => {
  const mark = getComputedStyle(cell, "::before").content.replaceAll('"', "");
  const hatched = getComputedStyle(cell).backgroundImage.includes("gradient");
  return [Number(cell.textContent), hatched ? "hatched" : mark === "none" ? "" : mark];
}))"""
"""What a cell shows besides its colour, by the number of the group."""

EVERY = set(range(1, 71))


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("groups")
    features = [*pretend_features(), *map(placed, ("tdp-012-l1", "tdp-013-l1"))]
    (folder / NAME).write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    with served(folder, reader=DeviceReader()) as found:
        yield found


def placed(device):
    """A loudspeaker whose place is known."""
    place = {"type": "Point", "coordinates": [106.67, 20.86]}
    return {"type": "Feature", "properties": {"device": device, "kind": "speaker"}, "geometry": place}


NAMES = count(1)


@pytest.fixture(scope="module")
def page(board, chromium):
    """Where a person has logged in, for one test after the other: it has compiled everything already."""
    name = f"person-{next(NAMES)}"
    password = board.accounts.add(name, frozenset({"leader"}))
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    opened.goto(f"{board.url}/login?next=/")
    opened.fill("[name=name]", name)
    opened.fill("[name=password]", password)
    opened.keyboard.press("Enter")
    live(opened)
    yield opened
    context.close()


@pytest.fixture
def overview(board, page):
    """The page shows the overview anew."""
    page.goto(board.url)
    live(page)


def those(page, sign):
    return {int(number) for number, shown in page.evaluate(SEEN).items() if shown == sign}


def choose(page, layer):
    page.locator(".layers").get_by_text(layer, exact=True).click()
    expect(page.locator("#groups")).to_have_attribute(
        "data-layer", {"camera": "cameras", "kiến nghị": "petitions"}[layer]
    )


@pytest.mark.usefixtures("overview")
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


@pytest.mark.usefixtures("overview")
def test_a_cell_is_pressed_and_its_group_s_devices_say_since_when(board, page, artefacts):
    page.locator("#group-12").press("Enter")
    page.wait_for_url(f"{board.url}/group/12")
    expect(page.locator("#group-devices")).to_contain_text("mất kết nối")
    page.locator("#group-devices a").first.click()
    page.wait_for_url(f"{board.url}/device/tdp-012-l1")
    expect(page.locator("#device-said")).to_contain_text("03:15, đã 7 giờ")
    page.screenshot(path=artefacts / "device.png")


def test_an_administrator_looks_at_a_file_of_boundaries_takes_it_and_goes_back(board, screen, artefacts):
    name = f"person-{next(NAMES)}"
    password = board.accounts.add(name, frozenset({"admin"}))
    page = screen(f"{board.url}/login?next=/boundaries")
    page.fill("[name=name]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    expect(page.locator("#boundaries-now")).to_contain_text("map.geojson")
    page.on("dialog", lambda dialog: dialog.accept())

    def choose_file(features):
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        page.locator("#boundaries-upload input").set_input_files(
            {"name": "phuong.geojson", "mimeType": "application/geo+json", "buffer": content}
        )

    choose_file([*pretend_features()][:-1])
    expect(page.locator("#boundaries-fault")).to_contain_text("thiếu ranh giới tổ")
    expect(page.locator("#boundaries-take")).to_be_disabled()
    choose_file([*pretend_features(), placed("nobody-1")])
    expect(page.locator("#boundaries-preview")).to_contain_text("không biết các thiết bị: nobody-1")
    expect(page.locator("#boundaries-preview .area")).to_have_count(70)
    page.screenshot(path=artefacts / "boundaries.png", full_page=True)
    expect(page.locator("#boundaries-now")).to_contain_text("map.geojson")
    page.locator("#boundaries-take").click()
    expect(page.locator("#boundaries-now")).to_contain_text(f"tệp {name} nạp lúc")
    expect(page.locator("#boundaries-kept")).to_contain_text(name)
    page.locator("#boundaries-back-button").click()
    expect(page.locator("#boundaries-now")).to_contain_text("map.geojson")
    expect(page.locator("#boundaries-back-button")).to_be_disabled()


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.dataset.name")


def test_the_tab_key_stops_once_at_the_grid_and_at_the_map_and_arrows_move_within(board, page):
    """Keys as in WAI-ARIA's grid; how many groups a row has depends on the screen."""
    page.goto(f"{board.url}/groups")
    live(page)
    expect(page.locator("#area-70")).to_be_attached()
    for stops in (".cell[tabindex='0']", ".area[tabindex='0']", "#map .device[tabindex='0']"):
        expect(page.locator(stops)).to_have_count(1)
    page.locator("#group-1").focus()
    page.keyboard.press("ArrowLeft")
    assert focused(page) == "group-1", "there is nothing before it"
    for key, number in (("ArrowRight", 2), ("ArrowDown", 12), ("End", 20), ("ArrowUp", 10), ("Home", 1),
                        ("Control+End", 70), ("Control+Home", 1), ("ArrowDown", 11)):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == f"group-{number}", key
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "group-11", "it is remembered where one was"
    page.locator("#area-35").focus()
    for there, back in (("ArrowRight", "ArrowLeft"), ("ArrowDown", "ArrowUp")):
        page.keyboard.press(there)
        assert focused(page) not in ("area-35", ""), there
        page.locator("#area-35").focus()
        page.keyboard.press(back)
        assert focused(page) not in ("area-35", ""), back
        page.locator("#area-35").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{board.url}/group/35")


def test_on_the_map_each_group_looks_as_its_cell_and_is_pressed_by_mouse_keyboard_and_finger(
    board, page, chromium, artefacts
):
    page.goto(f"{board.url}/groups")
    live(page)
    signs = """() => Object.fromEntries([...document.querySelectorAll(".area")].map(area => [Number(area.id.slice(5)),
      ["warning", "critical"].filter(sign => getComputedStyle(area.querySelector(".mark-" + sign)).display !== "none").join()]))"""
    expect(page.locator("#area-12")).to_have_class(re.compile("worst-warning"))
    assert page.evaluate(signs)["52"] == "critical"
    page.locator("#map-card").screenshot(path=artefacts / "map.png")
    choose(page, "camera")
    expect(page.locator("#map")).to_have_attribute("data-layer", "cameras")
    assert {int(number) for number, sign in page.evaluate(signs).items() if sign == "warning"} == {5, 30}
    assert page.locator(".area .symbol-cameras:visible").count() == len(CAMERAS)
    page.locator("#area-12").press("Enter")
    page.wait_for_url(f"{board.url}/group/12")
    page.go_back()
    live(page)
    page.locator("#area-52 text").click()
    page.wait_for_url(f"{board.url}/group/52")
    context = chromium.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        storage_state=page.context.storage_state(),
    )
    phone = context.new_page()
    phone.goto(f"{board.url}/groups")
    live(phone)
    phone.locator("#area-17 text").tap()
    phone.wait_for_url(f"{board.url}/group/17")
    phone.goto(f"{board.url}/")
    live(phone)
    phone.locator("#group-17").tap()
    phone.wait_for_url(f"{board.url}/group/17")
    context.close()


def test_devices_whose_place_is_known_stand_there_and_say_that_they_are_offline(board, page):
    page.goto(f"{board.url}/groups")
    live(page)
    expect(page.locator(".device:visible")).to_have_count(2)
    expect(page.locator("#area-1 .symbol-speakers")).to_be_visible()
    expect(page.locator("#area-20 .symbol-speakers")).to_be_hidden(), "it is not in the middle of its group as well"
    board.push(stock("S02", 1, split=("key", "tdp-012-l1")))
    expect(page.locator("[data-name='tdp-012-l1']")).to_have_class(re.compile("is-lost"))
    assert page.locator(".device .flag:visible").count() == 1
    page.locator("[data-name='tdp-012-l1']").press("Enter")
    page.wait_for_url(f"{board.url}/device/tdp-012-l1")


@pytest.mark.usefixtures("overview")
def test_what_is_pushed_changes_the_chosen_layer(board, page):
    choose(page, "camera")
    area = ("area_code", "TDP-036")
    board.push(stock("C01", 3, 4, area), stock("C02", 1, split=area))
    expect(page.locator("#group-36")).to_have_class("cell speakers-normal cameras-warning petitions-none worst-warning")
    assert those(page, "▲") == {5, 30, 36}
    board.push(stock("C01", 8, 42), stock("C02", 34))
    expect(page.locator("#group-30")).to_have_class(re.compile("cameras-critical")), "once the tile is"
