from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.pages.sql.callbacks import SqlAnswers, column_chart, columns, number_columns, result_rows
from ingest.contract.errors import QueryRefused
from tests.dashboard.support.board import REFUSED, BoardOfTests, answer, call
from warehouse.query.adhoc import QueryResult, ResultColumn


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path)


async def run(client, sql):
    return await call(client, "sql-table.columnDefs", [(("sql-run", "n_clicks"), 1)], [(("sql-text", "value"), sql)])


async def test_an_answer_is_a_table(tested):
    async with tested.logged_in(("analyst",)) as client:
        got = await run(client, "SELECT 1")
    assert got["sql-table"]["columnDefs"][1] == {"field": "c1", "headerName": "dossiers"}
    assert got["sql-table"]["rowData"][0] == {"c0": "dat_dai", "c1": 3, "c2": "=1+1"}
    assert got["sql-status"]["children"] == "2 dòng · 0,02 giây"
    assert got["sql-fault"]["children"] == ""


async def test_a_refusal_is_told_plainly(tested):
    async with tested.logged_in(("analyst",)) as client:
        got = await run(client, "SELECT file('/etc/passwd')")
    assert "file() is not allowed" in got["sql-fault"]["children"]
    assert "sql-table" not in got


async def test_a_page_that_is_opened_says_that_queries_are_off(tested, monkeypatch):
    async with tested.logged_in(("analyst",)) as client, tested.logged_in(("leader",), "minh") as leader:
        opened = "sql-fault.children", [(("sql-text", "id"), "sql-text")]
        assert await call(client, *opened) == {}
        monkeypatch.setitem(REFUSED, "SELECT 1", QueryRefused("off", "no Landlock"))
        assert "no Landlock" in (await call(client, *opened))["sql-fault"]["children"]
        assert await call(leader, *opened) == {}


async def test_without_the_right_nothing_runs(tested):
    async with tested.logged_in(("leader",)) as client:
        got = await run(client, "SELECT 1")
        assert "quyền" in got["sql-fault"]["children"]
        assert await call(client, "sql-download.data", [(("sql-csv", "n_clicks"), 1)]) == {}
        saved = await call(
            client,
            "sql-saved.data",
            [(("sql-save", "n_clicks"), 1)],
            [(("sql-name", "value"), "x"), (("sql-text", "value"), "SELECT 1")],
        )
        assert "sql-saved" not in saved


async def test_csv_is_of_ones_own_last_answer_and_safe(tested):
    async with tested.logged_in(("analyst",)) as client, tested.logged_in(("analyst",), "minh") as other:
        await run(client, "SELECT 1")
        content = (await call(client, "sql-download.data", [(("sql-csv", "n_clicks"), 1)]))["sql-download"]["data"]
        assert content["content"] == "\ufefffield,dossiers,note\r\ndat_dai,3,'=1+1\r\nho_tich,5,\r\n"
        assert await call(other, "sql-download.data", [(("sql-csv", "n_clicks"), 1)]) == {}


async def test_a_chart_is_of_the_chosen_columns(tested):
    async with tested.logged_in(("analyst",)) as client:
        await run(client, "SELECT 1")
        choices = await call(client, "sql-across.data", [(("sql-answer", "data"), {"run": 1})])
        assert choices["sql-across"] == {"data": ["field", "dossiers", "note"], "value": "field"}
        assert choices["sql-up"] == {"data": ["dossiers"], "value": "dossiers"}
        drawn = await call(
            client,
            "sql-drawn.children",
            [
                (("sql-shown", "value"), "chart"),
                (("sql-across", "value"), "field"),
                (("sql-up", "value"), "dossiers"),
                (("sql-kind", "value"), "bar"),
                (("sql-answer", "data"), None),
            ],
        )
        others = [(("sql-across", "value"), None), (("sql-up", "value"), None), (("sql-kind", "value"), "bar")]
        unseen = [(("sql-shown", "value"), "table"), *others, (("sql-answer", "data"), None)]
        assert await call(client, "sql-drawn.children", unseen) == {}, "nothing is drawn on a tab that is not open"
    (trace,) = drawn["sql-drawn"]["children"]["props"]["children"][0]["props"]["figure"]["data"]
    assert trace["x"] == ["dat_dai", "ho_tich"]
    assert trace["y"] == [3, 5]


async def test_queries_are_kept_chosen_and_deleted(tested):
    async with tested.logged_in(("analyst",)) as client:
        texts = [(("sql-name", "value"), "mine"), (("sql-text", "value"), "SELECT 7")]
        saved = await call(client, "sql-saved.data", [(("sql-save", "n_clicks"), 1)], texts)
        assert saved["sql-saved"]["data"] == ["mine"]
        chosen = await call(client, "sql-text.value", [(("sql-saved", "value"), "mine")])
        assert chosen["sql-text"]["value"] == "SELECT 7"
        bad = [(("sql-name", "value"), ""), (("sql-text", "value"), "SELECT 7")]
        refused = await call(client, "sql-saved.data", [(("sql-save", "n_clicks"), 1)], bad)
        assert refused["sql-fault"]["children"]
        gone = await call(
            client, "sql-saved.data", [(("sql-delete", "n_clicks"), 1)], [(("sql-name", "value"), "mine")]
        )
        assert gone["sql-saved"]["data"] == []


def test_values_travel_without_loss():
    row = (2**60, Decimal("1.5"), datetime(2026, 11, 24, 3, tzinfo=UTC), date(2026, 1, 2), b"x", [1], None, True)
    assert list(result_rows([row])[0].values()) == [
        str(2**60), 1.5, "2026-11-24 10:00:00", "2026-01-02", "b'x'", "[1]", None, True,
    ]  # fmt: skip
    assert columns(["a.b[0]"]) == [{"field": "c0", "headerName": "a.b[0]"}]


def test_numbers_are_found():
    mixed = QueryResult(
        (ResultColumn("a", ""), ResultColumn("b", ""), ResultColumn("c", "")),
        [("x", None, True), ("y", 2, False)],
        False,
        timedelta(),
    )
    assert number_columns(mixed) == ["b"]


def test_old_answers_are_forgotten():
    answers = SqlAnswers()
    for n in range(20):
        answers.keep(f"s{n}", answer("", ""))
    assert answers.of("s0") is None
    assert answers.of("s19")


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (["2026-11-24 10:00:00", "2026-11-24 10:15:00"], "date"),
        (["2026-11-24"], "date"),
        (["dat_dai", "1022"], "category"),
        (["1022"], "category"),
        (["2026-11-24", None], "category"),
        ([1, 2.5], None),
    ],
)
def test_the_axis_is_of_what_stands_across(x, kind):
    drawn = column_chart(x, list(range(len(x))), "bar", "y", "vi")
    assert drawn.layout.xaxis.type == kind


def test_a_chart_is_what_was_asked_for():
    line, bars = (column_chart([1], [2], kind, "n", "vi") for kind in ("scatter", "bar"))
    assert (line.data[0].type, line.data[0].mode, bars.data[0].type) == ("scatter", "lines+markers", "bar")
    assert column_chart([1], ["2026-11-24"], "bar", "n", "vi").layout.yaxis.tickformat == "", "no format of figures"
    (said,) = column_chart([], [], "bar", "", "en").layout.annotations
    assert said.text == "There is nothing to draw yet."
