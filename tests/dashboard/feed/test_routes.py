import csv
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from fastapi import HTTPException

from dashboard.access.api_key import FeedKeys, KeyRequestLimits
from ingest.contract.clock import RealClock
from ingest.contract.errors import Unavailable
from tests.dashboard.support.board import BoardOfTests
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, WARD
from warehouse.catalogue import measures
from warehouse.query.feed import FeedRow

FROM = {"from": "2026-11-24T00:00:00+07:00"}
QUARTER_MS = 900_000


def row(number, indicator="Q01", **changed):
    usual = {
        "ward": WARD, "indicator": indicator, "grain": "flow", "window_ms": TODAY_MS + number * QUARTER_MS,
        "dimension": "", "member": "", "numerator": 10 + number, "denominator": 0, "newest_ms": TODAY_MS + 1000,
        "as_of_ms": TODAY_MS + 2000, "revision": 0, "written_ms": 1_000_000 + number,
    }  # fmt: skip
    return FeedRow(**{**usual, **changed})


class Asked:
    """The warehouse's side, with rows of a test; remembers the questions."""

    def __init__(self, rows):
        self.rows = rows
        self.questions = []

    def __call__(self, question):
        self.questions.append(question)
        after = question.after.written_ms if question.after else -1
        return [one for one in self.rows if one.written_ms > after][: question.limit]


@pytest.fixture
def asked():
    return Asked([row(n) for n in range(5)])


@pytest.fixture
def tested(tmp_path, asked):
    return BoardOfTests(tmp_path, ask_feed=asked)


def key(tested, wards=(WARD,), days=1):
    now = RealClock().now()
    _, text = FeedKeys(tested.settings).make("city", wards, now, now + timedelta(days=days))
    return {"authorization": f"Bearer {text}"}


async def ask(tested, path="/values", headers=None, **parameters):
    async with tested.client() as client:
        return await client.get(f"/api/feed/v1{path}", params=parameters, headers=headers or key(tested))


async def test_rows_carry_parts_window_and_revision(tested, asked):
    asked.rows = [row(0, "V01", numerator=4288, denominator=4293, revision=2), row(1)]
    ratio, count = (await ask(tested, **FROM)).json()["rows"]
    assert ratio["numerator"] == 4288
    assert ratio["denominator"] == 4293
    assert round(ratio["value"], 4) == 99.8835
    assert ratio["revision"] == 2
    assert count["denominator"] is None
    assert count["window_start"] == "2026-11-23T17:15:00Z"
    assert count["window_end"] == "2026-11-23T17:30:00Z"
    assert count["newest_event_at"] == "2026-11-23T17:00:01Z"


async def test_a_window_is_complete_when_it_and_its_grace_are_over(tested, asked):
    running = NOW_MS // QUARTER_MS * QUARTER_MS
    asked.rows = [
        row(0, window_ms=running),
        row(1, window_ms=running - 2 * QUARTER_MS),
        row(2, "Q02", grain="stock", window_ms=NOW_MS - 120_000),
        row(3, "Q02", grain="stock", window_ms=NOW_MS - 60_000),
    ]
    rows = (await ask(tested, **FROM)).json()["rows"]
    assert [one["complete"] for one in rows] == [False, True, True, False]


async def test_pages_follow_one_another_until_there_is_no_more(tested, asked):
    seen: list[int] = []
    cursor: dict[str, Any] = {}
    for _ in range(3):
        page = (await ask(tested, **FROM, limit=2, **cursor)).json()
        seen += [one["numerator"] for one in page["rows"]]
        cursor = {"cursor": page["cursor"]}
        more = page["more"]
    assert seen == [10, 11, 12, 13, 14]
    assert not more
    empty = (await ask(tested, **FROM, limit=2, **cursor)).json()
    assert empty == {"rows": [], "cursor": cursor["cursor"], "more": False}
    asked.rows.append(row(1, numerator=99, revision=1, written_ms=2_000_000))  # a correction is written later
    corrected = (await ask(tested, **FROM, limit=2, **cursor)).json()["rows"]
    assert [(one["numerator"], one["revision"]) for one in corrected] == [(99, 1)]


async def test_csv_has_the_same_rows(tested):
    response = await ask(tested, **FROM, format="csv")
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(StringIO(response.text)))
    assert [one["numerator"] for one in rows] == ["10", "11", "12", "13", "14"]
    assert rows[0]["denominator"] == ""
    assert response.headers["feed-more"] == "false"
    asked_for = await ask(tested, headers={**key(tested), "accept": "text/csv"}, **FROM)
    assert asked_for.text == response.text
    assert asked_for.headers["feed-cursor"] == response.headers["feed-cursor"]


async def test_what_the_asker_has_already_is_not_sent_again(tested, asked):
    first = await ask(tested, **FROM)
    same = await ask(tested, headers={**key(tested), "if-none-match": first.headers["etag"]}, **FROM)
    assert same.status_code == 304
    assert same.content == b""
    assert "Authorization" in first.headers["vary"]
    assert "private" in first.headers["cache-control"]
    asked.rows.append(row(9))
    changed = await ask(tested, headers={**key(tested), "if-none-match": first.headers["etag"]}, **FROM)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer ioc_0000_secret", "Bearer " + "é" * 5]
)
async def test_without_a_key_nothing(tested, header):
    response = await ask(tested, headers={"authorization": header.encode("latin-1")}, **FROM)
    assert response.status_code == 401
    assert "ioc_" in response.json()["detail"]
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_expired_key_is_told_so(tested):
    response = await ask(tested, headers=key(tested, days=-1), **FROM)
    assert response.status_code == 401
    assert "expired" in response.json()["detail"]


async def test_a_log_in_of_the_board_is_no_key(tested):
    async with tested.logged_in() as client:
        assert (await client.get("/api/feed/v1/values", params=FROM)).status_code == 401


async def test_a_key_sees_its_wards_only(tested, asked):
    both = key(tested, wards=(WARD, "le-chan"))
    assert (await ask(tested, headers=both, **FROM, ward="le-chan")).status_code == 200
    assert asked.questions[-1].wards == ("le-chan",)
    assert (await ask(tested, headers=both, **FROM)).status_code == 200
    assert asked.questions[-1].wards == (WARD, "le-chan")
    refused = await ask(tested, **FROM, ward="le-chan")
    assert refused.status_code == 403
    assert "le-chan" in refused.json()["detail"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"from": "2026-11-24"},
        {"from": "2026-11-24T00:00:00"},
        {"from": "yesterday"},
        {**FROM, "to": "2026-11-23T00:00:00+07:00"},
        {**FROM, "limit": 0},
        {**FROM, "limit": 10**6},
        {**FROM, "indicator": "X99"},
        {**FROM, "cursor": "abc"},
        {**FROM, "cursor": "W10"},
        {**FROM, "cursor": "é"},
        {**FROM, "format": "xml"},
        {**FROM, "dimension": "x" * 41},
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_reason(tested, asked, wrong):
    response = await ask(tested, **wrong)
    assert response.status_code == 422
    assert response.json()["detail"]
    assert asked.questions == []


async def test_questions_reach_the_warehouse_as_asked(tested, asked):
    await ask(tested, **FROM, to="2026-11-25T00:00:00Z", indicator=["Q01", "V01"], dimension="")
    question = asked.questions[-1]
    assert question.indicators == ("Q01", "V01")
    assert question.dimension == ""
    assert question.end - question.start == timedelta(hours=31)
    assert question.limit == 1001


async def test_too_many_requests_are_told_when_to_come_again(tmp_path, asked):
    tested = BoardOfTests(tmp_path, ask_feed=asked, feed_requests=1)
    mine, other = key(tested), key(tested)
    answers = [await ask(tested, headers=mine, **FROM) for _ in range(3)]
    refused = next(one for one in answers if one.status_code == 429)
    assert int(refused.headers["retry-after"]) <= 60
    assert "requests a minute" in refused.json()["detail"]
    assert (await ask(tested, headers=other, **FROM)).status_code == 200


def test_a_key_may_make_so_many_requests_at_once_and_so_many_more_in_a_minute():
    limits = KeyRequestLimits(2)
    assert limits.use("a", 60.0) == {"RateLimit-Limit": "2", "RateLimit-Remaining": "1", "RateLimit-Reset": "30"}
    limits.use("a", 61.0)
    with pytest.raises(HTTPException) as refused:
        limits.use("a", 62.0)
    assert refused.value.headers == {
        "RateLimit-Limit": "2", "RateLimit-Remaining": "0", "RateLimit-Reset": "58", "Retry-After": "28"
    }  # fmt: skip
    assert limits.use("b", 62.0)["RateLimit-Remaining"] == "1"
    assert limits.use("a", 90.0)["RateLimit-Remaining"] == "0"
    assert limits.use("a", 150.0)["RateLimit-Remaining"] == "1"


async def test_the_warehouse_away_is_a_503(tmp_path):
    def away(question):
        raise Unavailable("ClickHouse", "gone")

    tested = BoardOfTests(tmp_path, ask_feed=away)
    response = await ask(tested, **FROM)
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_declarations_come_from_the_indicators(tested):
    listed = {one["id"]: one for one in (await ask(tested, "/indicators")).json()["indicators"]}
    assert set(listed) == {one.id for one in measures()}
    assert listed["D20"]["derived"] == {"made_of": ["Q11", "D02"], "formula": {"vi": "Q11 / D02", "en": "Q11 / D02"}}
    assert listed["Q04"]["quantile"] == {"percent": 90, "dimension": "at_most", "step": 15_000}
    assert listed["P04"]["dimensions"] == ["channel", "field_code"], "what stays inside the ward is not promised"
    assert "area_code" in listed["S02"]["dimensions"]
    assert listed["Q11"]["baseline"] == "NQ11"
    assert listed["D10"]["is_ratio"]
    assert listed["Q03"]["window_seconds"] == 300
    assert listed["Q03"]["span"] == "PT3600S"
    assert listed["Q02"]["label"] == {"vi": "Đang chờ", "en": "Waiting now"}


async def test_only_reading(tested):
    async with tested.client() as client:
        assert (await client.post("/api/feed/v1/values", headers=key(tested), params=FROM)).status_code == 405


async def test_its_description_is_the_feeds_alone(tested):
    described = (await ask(tested, "/openapi.json")).json()
    assert set(described["paths"]) == {"/indicators", "/values"}
    assert all(set(path) == {"get"} for path in described["paths"].values())
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert {"401", "403", "422", "429", "503"} <= set(described["paths"]["/values"]["get"]["responses"])
