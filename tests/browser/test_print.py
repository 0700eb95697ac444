"""Pages on paper: what Chromium prints of them on A4."""

import io

import pypdf
import pytest
from playwright.sync_api import expect

from dashboard.apps.page_list import pages
from tests.browser.conftest import shown
from tests.browser.support.served import served
from tests.dashboard.support.alarms import wall

pytestmark = [pytest.mark.browser, pytest.mark.long]

A4 = (595, 842)
"""Points."""
LOG_OUT = "Thoát"
MORE_ROWS = """() => {
  const body = document.querySelector('#alarms-cleared tbody'), row = body.rows[0];
  for (let n = 0; n < 120; n++) body.appendChild(row.cloneNode(true)).cells[1].textContent = 'Hàng ' + n;
}"""
CUT = """() => [...document.querySelectorAll('.graph .main-svg')].map(svg => [svg.getBoundingClientRect(),
    svg.closest('.card').getBoundingClientRect()]).filter(([svg, card]) => svg.right > card.right || svg.bottom > card.bottom).length"""


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with served(tmp_path_factory.mktemp("print")) as found:
        found.show(wall())
        yield found


@pytest.fixture(scope="module")
def page(board, chromium):
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    page = context.new_page()
    password = board.accounts.add("lan", frozenset({"admin"}))
    page.goto(f"{board.url}/login?next=/")
    page.fill("[name=name]", "lan")
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{board.url}/")
    yield page
    context.close()


def plain(said):
    """A text without its spaces: where letters of two parts of a font meet, a reader of PDF sees one."""
    return "".join(said.split())


class Sheet(str):
    """The text of a sheet of paper."""

    def __contains__(self, said):
        return super().__contains__(plain(said))


def ready(page):
    """Wait until the page is filled, and knows what time it is."""
    shown(page)
    page.wait_for_function("() => window.iocClock.now() !== null")


def sheets(page) -> list[Sheet]:
    """Every sheet that is printed; all of them are A4."""
    read = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", prefer_css_page_size=True, print_background=True)))
    assert {(round(float(one.mediabox.width)), round(float(one.mediabox.height))) for one in read.pages} == {A4}
    return [Sheet(plain(one.extract_text())) for one in read.pages]


def test_every_page_prints_on_a4_without_its_menu(board, page):
    """Name, ward and moment stand on every sheet, and nothing of the menu on any."""
    for one in pages().values():
        if one.arguments is not None:
            continue
        page.goto(f"{board.url}{one.path}?theme=dark&lang=vi")
        ready(page)
        found = sheets(page)
        assert 1 <= len(found) <= 4, one.path
        for sheet in found:
            assert one.label.vi in sheet, one.path
            assert "Phường Hồng Bàng, thành phố Hải Phòng" in sheet, one.path
            assert "Số liệu lúc 10:1" in sheet, one.path
            assert LOG_OUT not in sheet, one.path
            assert "Vận hành" not in sheet, one.path
        assert f"Trang 1/{len(found)}" in found[0], one.path
        assert "DỮ LIỆU GIẢ LẬP" in found[0], one.path


def test_what_is_read_on_the_screen_is_on_the_paper(board, page):
    page.goto(f"{board.url}/?theme=dark&lang=vi")
    ready(page)
    expect(page.locator(".graph .main-svg").first).to_be_visible()
    whole = Sheet("".join(sheets(page)))
    for said in (
        "99,88",
        "4.288/4.293",
        "Cụm loa mất kết nối",
        "sự kiện mới nhất 10:15",
        "chờ TB, phút",
        "Hộ kinh doanh",
    ):
        assert said in whole, said
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 703, "height": 1000})
    assert page.evaluate(CUT) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('.graph .xtick text')).fill") == "rgb(68, 82, 100)"
    assert page.evaluate("getComputedStyle(document.querySelector('#q02-figure')).color") == "rgb(16, 22, 31)"
    page.emulate_media(media="null")
    page.set_viewport_size({"width": 1920, "height": 1080})


def test_a_long_table_goes_on_over_sheets_under_the_same_heads(board, page):
    page.goto(f"{board.url}/alarms?lang=vi")
    ready(page)
    expect(page.locator("#alarms-cleared tbody tr").first).to_be_visible()
    page.evaluate(MORE_ROWS)
    found = [sheet for sheet in sheets(page) if "Hàng " in sheet]
    assert len(found) >= 3
    assert all("Nhận sau" in sheet for sheet in found)
    assert all(f"Hàng {n}" in Sheet("".join(found)) for n in range(120))
