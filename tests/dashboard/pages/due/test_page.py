"""The only page with codes of dossiers: for people who act on them, and on no screen of the wall."""

import pytest

from dashboard.access.viewer import Viewer
from dashboard.apps.page_list import pages
from dashboard.pages.due.table import chosen_field, due_table
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS
from warehouse.query.due import DueDossier

NEAR = DueDossier("484d84ce", "chung_thuc", "2.000884", NOW_MS + 5_400_000, 5_400_000, False)
OVER = DueDossier("09bbb6fb", "ho_tich", "2.000635", NOW_MS - 7_200_000, 7_200_000, True)
ASKED = [(("due-tick", "n_intervals"), 0)]


class Reader:
    async def ask(self, question):
        return [OVER, NEAR]


def test_each_dossier_says_until_when_in_sign_and_word():
    (table,) = due_table([OVER, NEAR], "vi")
    said = texts(table)
    for part in ("09bbb6fb", "Hộ tịch", "08:15 24/11/2026", "quá 2 giờ", "Chứng thực", "còn 1,5 giờ"):
        assert part in said
    assert "Không có hồ sơ" in texts(due_table([], "vi")[0])


@pytest.mark.parametrize(("rights", "may"), [("leader", True), ("admin", True), ("analyst", False), ("display", False)])
def test_who_may_see_them(rights, may):
    assert pages()["/due"].may_be_seen_by(Viewer("lan", frozenset({rights}))) == may


async def test_codes_go_to_those_who_may_only(tmp_path):
    tested = BoardOfTests(tmp_path, reader=Reader())
    async with tested.logged_in() as client:
        assert "484d84ce" in str(await call(client, "due-list.children", ASKED, [(("url", "search"), "")]))
    async with tested.logged_in(rights=("analyst",), name="minh") as client:
        assert await call(client, "due-list.children", ASKED, [(("url", "search"), "")]) == {}


async def test_a_field_of_the_address_is_shown_and_kept_alone(tmp_path):
    tested = BoardOfTests(tmp_path, reader=Reader())
    of = [(("url", "search"), "?field=ho_tich")]
    async with tested.logged_in() as client:
        shown = str(await call(client, "due-list.children", ASKED, of))
        kept = await call(client, "due-download.data", [(("due-csv", "n_clicks"), 1)], of)
    assert OVER.code in shown
    assert NEAR.code not in shown
    assert "Tất cả · 2" in shown
    assert kept["due-download"]["data"]["content"].count("\r\n") == 2
    assert chosen_field("?" + "&".join("field" for _ in range(99))) == chosen_field(None) == ""
