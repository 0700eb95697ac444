"""A measure's history: its chart, its table, its spreadsheet, and what is said where it cannot be read."""

import csv
from datetime import datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.apps.page_list import pages
from dashboard.charts.period_ways import PERIODS
from dashboard.pages.history.callbacks import NO_SPAN, TOO_MANY, HistoryPeriod, chosen_period
from dashboard.pages.history.choice import HistoryChoice, history_choice, periods, splits
from dashboard.pages.history.page import PAGE
from dashboard.pages.history.tables import HistoryNote, history_chart, history_csv, value_history_table
from dashboard.words.dimension_name import DIMENSIONS
from ingest.contract.clock import WARD_ZONE, milliseconds
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS, board_state
from warehouse.catalogue import measure, measures
from warehouse.history.series import bucket_edges, buckets, series_points
from warehouse.query.day_totals import DayTotal

HOUR_MS = 3_600_000


def choose(grain="hour", span="2", since=None, at=""):
    return [(("url", "search"), HistoryChoice(grain=grain, span=span, since=since or "", at=at).search())]


CHOSEN = choose()
CHART = '{"name":"timeline","type":"dress"}'
OUTPUT = f"{CHART}.data"


def told(id="Q07", **changed):
    hours = bucket_edges("hour", NOW_MS, 2)[-4:]
    rows = [(hours[1], "flow", "", "", 9, 12, 0, 1), (hours[2], "flow", "", "", 1204, 1300, 2, 2)]
    now = series_points(measure(id), hours, {id: buckets(hours, rows)})
    week = series_points(measure(id), hours, {id: buckets(hours, [(hours[0], "flow", "", "", 1, 2, 0, 1)])})
    return HistoryNote(measure(id), "hour", now, **{"week": week, **changed})


def test_every_value_stands_in_the_table_with_what_was_revised_marked():
    said = texts(value_history_table(told(), "vi"))
    for part in ("10:00 24/11/2026 · đang chạy", "92,6", "1.204/1.300", "Cùng thứ tuần trước", "50", "2 lần"):
        assert part in said
    assert "Cùng thứ năm trước" not in said, "nothing is known of it"
    assert "Chưa có số liệu" in texts(value_history_table(HistoryNote(measure("Q07"), "hour", []), "vi"))


def test_what_people_entered_of_days_before_is_marked_in_chart_table_and_spreadsheet():
    edges = bucket_edges("day", NOW_MS, 3)
    entered = [DayTotal(edges[0], "", "", 25, 0, "bao_cao_phuong")]
    rows = [(edges[0], "flow", "", "", 1, 0, 0, 1), (edges[1], "flow", "", "", 30, 0, 0, 1)]
    now = series_points(measure("D02"), edges, {"D02": buckets(edges, rows, entered)})
    note = HistoryNote(measure("D02"), "day", now)
    *_, mark = history_chart(note, "vi").data
    assert (mark.name, *mark.y) == ("theo số liệu nhập", 25)
    assert "22/11/2026 · theo số liệu nhập: báo cáo của phường" in texts(value_history_table(note, "vi"))
    assert [row["entered"] for row in csv.DictReader(StringIO(history_csv(note, "en")))] == [
        "as entered: the ward's report",
        "",
        "",
    ]


@pytest.mark.parametrize(("id", "is_said"), [("Q02", True), ("Q01", False)])
def test_a_definition_that_changed_is_said(id, is_said):
    """Older figures may be those of the definition before."""
    set_viewer(Viewer("lan", frozenset({"analyst", "leader"})))
    assert ("Định nghĩa lần 2, từ 29/11/2026" in texts(PAGE.layout(board_state(argument=id)))) == is_said


def test_the_chart_has_gaps_where_nothing_is_known():
    figure = history_chart(told(), "vi")
    now, week, revised = figure.data
    assert list(now.y[:2]) == [None, 75]
    assert week.line.dash == "dash"
    assert (revised.name, *revised.x) == ("đã sửa", now.x[2])
    assert not figure.layout.annotations
    assert history_chart(told("Q01", week=()), "en").data[0].type == "bar"


def test_a_chart_of_nothing_says_so():
    nothing = series_points(measure("Q07"), [NOW_MS, NOW_MS + HOUR_MS], {"Q07": {}})
    (said,) = history_chart(HistoryNote(measure("Q07"), "hour", nothing), "vi").layout.annotations
    assert said.text == "Chưa có số liệu nào."


def test_the_spreadsheet_has_plain_numbers():
    rows = list(csv.DictReader(StringIO(history_csv(told(), "en"))))
    assert rows[0]["numerator"] == ""
    assert rows[2]["start"] == "2026-11-24T10:00:00+07:00"
    assert float(rows[2]["Q07 (%)"]) == pytest.approx(92.615, abs=0.001)
    assert (rows[2]["numerator"], rows[2]["denominator"], rows[2]["revision"]) == ("1204", "1300", "2")


class Client:
    """A warehouse in which an indicator counted 5 in one hour, and nobody entered totals of days."""

    def __init__(self, hour_ms):
        self.asked = []
        self._rows = [(hour_ms, "flow", "", "", 5, 0, 0, hour_ms)]

    def query(self, query, parameters=None):
        if "covers_from" in query:
            return []
        self.asked.append(query)
        return self._rows if len(self.asked) == 1 else []


class Reader:
    def __init__(self):
        self.client = None

    async def ask(self, question):
        return question(self.client)


async def test_it_is_read_for_people_who_may(tmp_path):
    reader = Reader()
    tested = BoardOfTests(tmp_path, reader=reader)
    reader.client = Client(bucket_edges("hour", tested.live.now_ms(), 2)[-2])
    async with tested.logged_in() as client:
        answer = await call(client, OUTPUT, CHOSEN, [(("timeline-of", "data"), "Q01")])
        assert answer[CHART]["data"]["figure"]["data"][0]["y"][-1] == 5
        assert len(reader.client.asked) == 3, "now, a week and a year before"
    async with tested.logged_in(rights=("analyst",), name="minh") as client:
        assert await call(client, OUTPUT, CHOSEN, [(("timeline-of", "data"), "Q01")]) == {}


async def test_one_can_go_back_to_any_moment(tmp_path):
    reader = Reader()
    tested = BoardOfTests(tmp_path, reader=reader)
    then = choose(at="2026-11-20T10:15")
    of = [(("timeline-of", "data"), "Q01")]
    reader.client = Client(milliseconds(datetime(2026, 11, 20, 10, tzinfo=WARD_ZONE)))
    async with tested.logged_in() as client:
        answer = await call(client, OUTPUT, then, of)
        drawn = answer[CHART]["data"]["figure"]["data"][0]
        assert (drawn["x"][-1], drawn["y"][-1]) == ("2026-11-20T10:00", 5)
        said, _, back, _ = answer["timeline-said"]["children"]
        assert said == "Đến 10:15 20/11/2026."
        assert back["props"]["href"] == "/history/Q01"
        assert "đang chạy" not in str(answer["timeline-table"])
        reader.client = Client(bucket_edges("hour", tested.live.now_ms(), 2)[-2])
        answer = await call(client, OUTPUT, choose(at="2999-01-01T00:00"), of)
        assert "chưa đến" in str(answer["timeline-said"])
        assert "đang chạy" in str(answer["timeline-table"])


@pytest.mark.parametrize(
    ("chosen", "before", "expected"),
    [
        (("hour", "2", None, "2026-11-20"), "", "?at=2026-11-20T23:59"),
        (("hour", "2", None, "2999-01-01"), "?at=2026-11-20T23:59", ""),
        (("day", "92", None, None), "", "?grain=day&span=92"),
        (("hour", "7", "2026-11-20", None), "?grain=day&span=92", "?grain=hour&span=7&since=2026-11-20"),
        (("hour", "2", None, None), "?grain=day&span=92", ""),
        (("hour", "2", None, None), "", ""),
        (("hour", "2", None, "2026-11-20"), "?at=2026-11-20T10:15", "?at=2026-11-20T10:15"),
        (("day", "92", None, None), "?period=week", "?period=week"),
    ],
)
async def test_what_is_chosen_stands_in_the_address(tmp_path, chosen, before, expected):
    names = ("timeline-grain", "timeline-span", "timeline-since", "timeline-until")
    inputs = [((name, "value"), value) for name, value in zip(names, chosen, strict=True)]
    state = [(("url", "search"), before), (("timeline-of", "data"), "Q01")]
    async with BoardOfTests(tmp_path).logged_in() as client:
        answer = await call(client, "url.search", inputs, state)
    assert answer == {"url": {"search": expected}}


@given(
    st.sampled_from(measures()),
    st.builds(HistoryChoice, st.sampled_from([None, *PERIODS]), st.sampled_from(["", *DIMENSIONS]), *[st.just("")] * 4),
)
def test_an_address_that_was_made_is_read_again(one, chosen):
    found = history_choice(chosen.search(), one)
    assert found == history_choice(found.search(), one)
    assert not found.split or found.split in splits(one)
    if chosen.period in periods(one) and chosen.split in ("", *splits(one)):
        assert found == chosen if chosen.period else found == HistoryChoice()


@given(st.text(max_size=200))
def test_whatever_stands_in_an_address_is_a_choice(search):
    found = history_choice(search, measure("Q01"))
    assert found.period is None or found.period in PERIODS
    assert all(len(value or "") <= 20 for value in found)


@pytest.mark.parametrize("id", ["X99", None, 5, "Q01'"])
async def test_only_what_is_declared_is_read(tmp_path, id):
    async with BoardOfTests(tmp_path).logged_in() as client:
        assert await call(client, OUTPUT, CHOSEN, [(("timeline-of", "data"), id)]) == {}


async def test_a_warehouse_that_is_away_is_named(tmp_path):
    async with BoardOfTests(tmp_path).logged_in() as client:
        answer = await call(client, OUTPUT, CHOSEN, [(("timeline-of", "data"), "Q01")])
        assert "không trả lời" in answer["timeline-said"]["children"]
        other = choose("century", "9")
        assert (
            "không trả lời"
            in (await call(client, OUTPUT, other, [(("timeline-of", "data"), "D04")]))["timeline-said"]["children"]
        )


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (("hour", "7", None), HistoryPeriod("hour", 7)),
        (("hour", "366", None), HistoryPeriod("hour", 31, TOO_MANY)),
        (("day", "1827", None), HistoryPeriod("day", 731, TOO_MANY)),
        (("quarter", "731", None), HistoryPeriod("quarter", 731)),
        (("year", "century", None), HistoryPeriod("year", 1827)),
        (("whole", "31", "2026-11-10"), HistoryPeriod("whole", 15)),
        (("whole", "31", "2026-11-24"), HistoryPeriod("whole", 1)),
        (("month", "31", "2025-07-01"), HistoryPeriod("month", 512)),
        (("hour", "2", "2026-10-01"), HistoryPeriod("hour", 31, TOO_MANY)),
        (("whole", "31", "2025-06-30"), HistoryPeriod("whole", 31, NO_SPAN)),
        (("whole", "31", "2026-11-25"), HistoryPeriod("whole", 31, NO_SPAN)),
        (("whole", "31", "soon"), HistoryPeriod("whole", 31, NO_SPAN)),
        (("whole", "31", ["2026-11-10"]), HistoryPeriod("whole", 31, NO_SPAN)),
    ],
)
def test_a_period_is_chosen_within_bounds(chosen, expected):
    grain, span, since = chosen
    assert chosen_period(measure("Q01"), grain, span, since, NOW_MS) == expected


@pytest.mark.parametrize(
    ("chosen", "name"),
    [
        (("quarter", "366", None), "Q4/2026 · đang chạy"),
        (("year", "366", None), "2026 · đang chạy"),
        (("whole", "31", "2026-11-10"), "10/11/2026–24/11/2026 · đang chạy"),
    ],
)
async def test_quarters_years_and_any_days_can_be_chosen(tmp_path, chosen, name):
    reader = Reader()
    tested = BoardOfTests(tmp_path, reader=reader)
    reader.client = Client(milliseconds(datetime(2026, 11, 24, tzinfo=WARD_ZONE)))
    async with tested.logged_in() as client:
        answer = await call(client, OUTPUT, choose(*chosen), [(("timeline-of", "data"), "D02")])
        assert name in str(answer["timeline-table"])
        assert answer[CHART]["data"]["figure"]["data"][0]["y"][-1] == 5
        assert len(reader.client.asked) == 2, "now and a year before"


async def test_a_card_shows_its_measure_in_a_period_and_again_as_it_is_now(tmp_path):
    """What it shows of a period is what the history shows; here it cannot be read."""
    cards = {card: id for page in pages().values() for card, id in page.through.items()}
    assert {"arrivals": "Q01", "received": "D01", "daily": "P01", "events": "C03"}.items() <= cards.items()
    async with BoardOfTests(tmp_path).logged_in() as client:
        for period, is_told in (("week", True), ("", False), ("decade", False), (None, False)):
            got = await call(client, "arrivals-told.children", [(("arrivals-period", "value"), period)])
            assert (got["arrivals-told"]["hidden"], got["arrivals-live"]["hidden"]) == (not is_told, False), period
            assert ("không" in str(got["arrivals-told"]["children"])) == is_told
