import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


FOLLOWS_SCHEME = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--dim)";
  const dim = getComputedStyle(probe).color;
  probe.remove();
  return getComputedStyle(document.querySelector("#sql-chart .ytick text")).fill === dim;
}"""
"""Whether the letters of the chart have the colour that the scheme gives them."""


def ask(page, sql):
    page.locator("textarea").first.fill(sql)
    page.keyboard.press("Control+Enter")


@pytest.mark.long
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_query_gives_table_chart_and_csv(open_board, artefacts, kiosk, language):
    with open_board("/sql", ("analyst",), (1600, 900), language) as page:
        ask(
            page,
            "SELECT window_start, numerator AS visits FROM indicator_values WHERE indicator = 'Q01' AND dimension = ''",
        )
        expect(page.locator("#sql-table .ag-row").first).to_be_visible()
        expect(page.locator("#sql-table .ag-header-cell-text")).to_have_text(["window_start", "visits"])
        page.screenshot(path=artefacts / f"sql-{language}.png")
        page.get_by_role("tab").nth(1).click()
        expect(page.locator("#sql-chart .main-svg").first).to_be_visible()
        for _ in range(2):
            page.click("#account")
            page.click("#theme")
            page.wait_for_function(FOLLOWS_SCHEME)
        with page.expect_download() as download:
            page.click("#sql-csv")
        assert download.value.path().read_text("utf-8-sig").startswith("window_start,visits")


def test_a_refusal_names_the_rule(open_board):
    with open_board("/sql", ("analyst",)) as page:
        ask(page, "SELECT file('/etc/passwd')")
        expect(page.locator("#sql-fault")).to_contain_text("file")


@pytest.mark.long
def test_a_query_is_kept(open_board):
    with open_board("/sql", ("analyst",)) as page:
        page.locator("textarea").first.fill("SELECT id FROM indicators")
        page.fill("#sql-name", "mine")
        page.click("#sql-save")
        page.reload()
        page.click("#sql-saved")
        page.get_by_role("option", name="mine").click()
        expect(page.locator("textarea").first).to_have_value("SELECT id FROM indicators")


def test_who_may_not_sees_that(open_board):
    with open_board("/sql", ("leader",)) as page:
        expect(page.locator(".alone")).to_contain_text("không có quyền")
