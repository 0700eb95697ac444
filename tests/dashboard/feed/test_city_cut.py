"""Whether the city has each day's cut in time: what is told of it, and that nothing told is lost."""

import asyncio
import base64
import hashlib
import json
import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from dashboard.access.api_key import FeedKeys
from dashboard.feed.city_cut import CityCuts
from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.clock import PretendClock
from ingest.contract.envelope import decode
from ingest.contract.errors import Unavailable
from ingest.contract.events.health import FeedDelivered, FeedFailed
from ingest.kafka import own_event
from ingest.kafka.client import client_options
from tests.dashboard.feed.test_routes import Asked, row
from tests.dashboard.support.board import BoardOfTests
from tests.dashboard.support.ward import NOW, WARD, board_settings, ingest_settings
from tests.support import broker
from warehouse.query.feed import FeedQuestion

CUT_AT = datetime(2026, 11, 25, 9, 45, tzinfo=UTC)
"""A quarter to five in the ward."""
DAY = timedelta(days=1)
QUESTION = FeedQuestion((WARD,), (), CUT_AT - DAY, CUT_AT + DAY, None, None, 1000)


class HandClock:
    speed = 1.0

    def __init__(self, moment):
        self.moment = moment

    def now(self):
        return self.moment


class Followed:
    """Cuts in a folder, and a clock that a test sets."""

    def __init__(
        self, folder, ingest=None, scopes=("feed",), made_at=CUT_AT - 30 * DAY, at=CUT_AT - timedelta(hours=3)
    ):
        self.settings, self.ingest = board_settings(folder), ingest or ingest_settings(folder)
        self.clock = HandClock(at)
        keys = FeedKeys(self.settings)
        self.key, _ = keys.make("city", (WARD,), made_at, CUT_AT + 300 * DAY, scopes)
        self.start_again()

    def start_again(self):
        self.cuts = CityCuts(self.settings, self.ingest, self.clock)

    def at(self, minutes):
        self.clock.moment = CUT_AT + timedelta(minutes=minutes)
        self.cuts.judge()

    def fetch(self, **changed):
        self.cuts.fetched(self.key, QUESTION._replace(**changed), 12, "page")

    def told(self):
        self.start_again()  # what waits is in the file
        return [(type(one), one.cut_at, one.at) for one in self.cuts.state.unsent]


def test_fetched_in_time_is_delivered_once(tmp_path):
    followed = Followed(tmp_path)
    followed.at(4)
    followed.fetch()
    followed.fetch()
    followed.at(60)
    followed.fetch()
    assert followed.told() == [(FeedDelivered, CUT_AT, CUT_AT + timedelta(minutes=4))]


def test_not_fetched_has_failed_and_may_still_be_delivered_late(tmp_path):
    followed = Followed(tmp_path)
    followed.at(14)
    assert followed.told() == []
    followed.at(15)
    followed.at(16)
    followed.fetch()
    assert followed.told() == [
        (FeedFailed, CUT_AT, CUT_AT + timedelta(minutes=15)),
        (FeedDelivered, CUT_AT, CUT_AT + timedelta(minutes=16)),
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"indicators": ("Q01",)},
        {"dimension": ""},
        {"wards": ("another",)},
        {"start": CUT_AT - timedelta(hours=1)},
        {"end": CUT_AT - timedelta(minutes=1)},
    ],
)
def test_a_part_of_the_day_is_not_the_cut(tmp_path, part):
    followed = Followed(tmp_path)
    followed.at(1)
    followed.fetch(**part)
    assert followed.told() == []


def test_what_was_read_before_the_hour_is_not_the_cut(tmp_path):
    followed = Followed(tmp_path)
    followed.at(-1)
    followed.fetch()
    assert followed.told() == []


def test_the_audit_s_key_is_not_the_city_s(tmp_path):
    followed = Followed(tmp_path, scopes=("feed", "board"))
    followed.at(1)
    followed.fetch()
    followed.at(60)
    assert followed.told() == []


def test_without_a_key_at_the_hour_nothing_was_planned(tmp_path):
    followed = Followed(tmp_path, made_at=CUT_AT + timedelta(minutes=5))
    followed.at(6)
    followed.fetch()
    followed.at(60)
    assert followed.told() == []


def test_after_days_without_power_each_day_is_told_of_a_week_back(tmp_path):
    followed = Followed(tmp_path, at=CUT_AT - 20 * DAY)
    followed.at(60)
    failed = followed.told()
    assert [cut for _, cut, _ in failed] == [CUT_AT - n * DAY for n in range(6, -1, -1)]


def test_a_file_that_cannot_be_read_is_begun_anew(tmp_path, caplog):
    followed = Followed(tmp_path)
    followed.settings.folder.joinpath("city_cuts.json").write_text("{", "utf-8")
    assert followed.told() == []
    assert re.search(r"cannot read \S+city_cuts.json", caplog.text)


async def test_a_clock_that_is_set_back_keeps_what_is_not_yet_to_be_told(tmp_path):
    followed = Followed(tmp_path)
    followed.at(16)
    followed.clock.moment = CUT_AT - DAY
    with pytest.raises(TimeoutError):  # it goes on for ever, as it should
        await asyncio.wait_for(followed.cuts.run(), 0.2)
    assert [kind for kind, *_ in followed.told()] == [FeedFailed]


def let_a_day_pass(tested: BoardOfTests) -> None:
    """The board was started yesterday, by the clock of its ward, and it is NOW."""
    clock = tested.live.clock
    assert isinstance(clock, PretendClock)
    clock.origin = NOW


async def test_the_last_page_of_the_feed_delivers(tmp_path):
    """Over HTTP: the page that says `more` does not, nor an answer to a key that is none."""
    rows = [row(n) for n in range(3)]
    cut_at = ward_moment(local_day(NOW), time(0, 1))
    ingest = ingest_settings(tmp_path, clock_origin=NOW - DAY)
    tested = BoardOfTests(tmp_path, ingest, Asked(rows), feed_cut=time(0, 1))
    let_a_day_pass(tested)
    _, text = FeedKeys(tested.settings).make("city", (WARD,), datetime.now(UTC) - DAY, datetime.now(UTC) + DAY)
    state = tested.settings.folder / "city_cuts.json"
    asked: dict[str, Any] = {"from": (NOW - 9 * DAY).isoformat(), "limit": 2}
    good = {"authorization": f"Bearer {text}"}

    async with tested.client() as client:
        assert (await client.get("/api/feed/v1/values", params=asked)).status_code == 401
        first = (await client.get("/api/feed/v1/values", params=asked, headers=good)).json()
        assert first["more"]
        assert json.loads(state.read_text())["unsent"] == []
        asked["cursor"] = first["cursor"]
        last = await client.get("/api/feed/v1/values", params=asked, headers=good)
    (told,) = json.loads(state.read_text())["unsent"]
    assert told["rows"] == len(last.json()["rows"]) == 1
    assert told["sha256"] == hashlib.sha256(last.content).hexdigest()
    assert datetime.fromisoformat(told["cut_at"]) == cut_at


async def test_nobody_comes_to_the_end_by_a_cursor_that_leaves_rows_out(tmp_path):
    """Neither by one from ahead of every row, nor by one of a question with fewer."""
    ingest = ingest_settings(tmp_path, clock_origin=NOW - DAY)
    tested = BoardOfTests(tmp_path, ingest, Asked([row(n) for n in range(3)]), feed_cut=time(0, 1))
    let_a_day_pass(tested)
    _, text = FeedKeys(tested.settings).make("city", (WARD,), datetime.now(UTC) - DAY, datetime.now(UTC) + DAY)
    ahead = base64.urlsafe_b64encode(json.dumps([2**61, WARD, "Q01", "flow", 0, "", ""]).encode()).decode()
    whole, good = {"from": (NOW - 9 * DAY).isoformat()}, {"authorization": f"Bearer {text}"}
    async with tested.client() as client:
        part = await client.get("/api/feed/v1/values", params={**whole, "dimension": ""}, headers=good)
        for cursor in (ahead, part.json()["cursor"]):
            refused = await client.get("/api/feed/v1/values", params={**whole, "cursor": cursor}, headers=good)
            assert refused.status_code == 422
            assert "`cursor`" in refused.json()["detail"]
    assert json.loads((tested.settings.folder / "city_cuts.json").read_text())["unsent"] == []


@pytest.mark.embedded
async def test_what_is_told_waits_for_kafka(tmp_path, monkeypatch):
    monkeypatch.setattr(own_event, "PATIENCE", timedelta(seconds=1))
    away = Followed(tmp_path / "away", ingest_settings(tmp_path, kafka_port=1))
    away.at(16)
    with pytest.raises(Unavailable):
        await away.cuts.tell()
    assert len(away.told()) == 1
    with broker.running(tmp_path / "kafka") as ingest:
        away.ingest = ingest
        away.start_again()
        away.fetch()
        await away.cuts.tell()
        assert away.told() == []
        records = await broker_records(ingest)
    kinds = [one.data.kind for one in decode(records).events]
    assert kinds == ["feed.failed", "feed.delivered"]


async def broker_records(ingest):
    consumer = AIOKafkaConsumer("ioc.health.v1", **client_options(ingest), auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[bytes] = []
        while len(found) < 2:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += [one.value for one in records]
        return found
    finally:
        await consumer.stop()
