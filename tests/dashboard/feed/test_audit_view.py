import json
import stat
from datetime import timedelta

import pytest

from dashboard.access.api_key import FeedKeys
from dashboard.feed.audit_view import COLUMNS, READINGS, leave_key
from ingest.contract.clock import RealClock
from tests.dashboard.support.board import BoardOfTests
from tests.dashboard.support.ward import WARD, values
from warehouse.catalogue import indicators
from warehouse.model.expression import DAY_MS
from warehouse.model.value_push import Push


@pytest.fixture
def tested(tmp_path):
    return BoardOfTests(tmp_path)


def key(tested, scopes=("board",), wards=(WARD,)):
    now = RealClock().now()
    _, text = FeedKeys(tested.settings).make("audit", wards, now, now + timedelta(days=1), scopes)
    return {"authorization": f"Bearer {text}"}


async def ask(tested, headers):
    async with tested.client() as client:
        return await client.get(READINGS, headers=headers)


async def test_everything_that_the_board_holds_comes_as_rows(tested):
    await tested.live.read_all()
    answer = (await ask(tested, key(tested))).json()
    assert answer["columns"] == list(COLUMNS)
    rows = {tuple(row) for row in answer["values"]}
    newest = {}
    for value in values():  # of a stock only the newest stays
        place = (value.indicator, value.grain, value.dimension, value.member)
        newest[place if value.grain == "stock" else (*place, value.window_ms)] = value
    assert {row[:8] for row in rows} == {
        tuple(getattr(value, name) for name in COLUMNS)[:8] for value in newest.values()
    }
    assert set(answer["since_ms"]) == {one.id for one in indicators()}
    assert answer["as_of_ms"] == pytest.approx(tested.live.now_ms(), abs=600_000)


async def test_windows_that_nothing_shown_reaches_do_not(tested):
    """A source that catches up tells of them; the audit would take them for figures that are stored nowhere."""
    await tested.live.read_all()
    before = (await ask(tested, key(tested))).json()
    one = next(value for value in values() if value.grain == "flow")
    old = one._replace(window_ms=before["since_ms"][one.indicator] - DAY_MS)
    tested.live.take([Push(WARD, [old], 0)])
    assert old in tested.live.readings.values()
    assert (await ask(tested, key(tested))).json()["values"] == before["values"]


async def test_it_answers_only_a_key_for_it(tested):
    await tested.live.read_all()
    assert (await ask(tested, {})).status_code == 401
    assert (await ask(tested, key(tested, ("feed",)))).status_code == 403
    assert (await ask(tested, key(tested, wards=("le-chan",)))).status_code == 403
    async with tested.client() as client:
        board = await client.get("/api/feed/v1/indicators", headers=key(tested))
        assert board.status_code == 403
        assert (await client.get("/api/feed/v1/indicators", headers=key(tested, ("feed", "board")))).status_code == 200


async def test_before_anything_is_read_it_says_so(tested):
    assert (await ask(tested, key(tested))).status_code == 503


async def test_each_start_leaves_a_key_for_the_audit_and_ends_the_one_before(tested):
    path = tested.settings.folder / "readings.json"
    leave_key(tested.settings, WARD)
    first = json.loads(path.read_text())
    leave_key(tested.settings, WARD)
    second = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert second["url"] == f"http://127.0.0.1:{tested.settings.port}{READINGS}"
    await tested.live.read_all()
    assert (await ask(tested, {"authorization": f"Bearer {first['key']}"})).status_code == 401
    assert (await ask(tested, {"authorization": f"Bearer {second['key']}"})).status_code == 200
