from dataclasses import replace

import pytest

from dashboard.pages.overview import PAGE
from dashboard.state.page import PropertyUpdate
from dashboard.words.freshness import (
    BEHIND_MS,
    Freshness,
    FreshnessSign,
    declared_sources,
    freshness,
    freshness_signs,
    source_freshness,
    streams_behind,
    worst_freshness,
)
from tests.dashboard.support.ward import NOW_MS, board_state, readings, stock
from warehouse.readings import Readings


def of(id, **changed):
    one = board_state(**changed)
    return freshness(one.read(id), one.signs, one.now_ms)


def at(seconds, id="Q02"):
    """How fresh a figure is when its source signed `seconds` ago and nothing happened for an hour."""
    return of(
        id,
        extra=[
            stock("H01", seconds * 1000, split=("key", "queue_kiosk")),
            stock("Q02", 5, newest_ms=NOW_MS - 3_600_000),
        ],
    )


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "live"), (59, "live"), (60, "late"), (299, "late"), (300, "stale"), (3600, "stale")]
)
def test_the_age_of_the_sources_last_sign_decides(seconds, state):
    assert at(seconds).state == state
    assert at(seconds).sign_ms == NOW_MS - seconds * 1000


def test_a_quiet_night_is_live_as_long_as_the_source_signs():
    assert at(5).state == "live"
    assert at(5).newest_ms == NOW_MS - 3_600_000


def test_it_grows_old_by_the_clock_when_nothing_comes_any_more():
    assert of("Q02", now_ms=NOW_MS + 10_000).state == "live"
    assert of("Q02", now_ms=NOW_MS + 70_000).state == "late"
    assert of("Q02", now_ms=NOW_MS + 400_000).state == "stale"


def test_a_source_that_says_it_is_down_is_down_however_fresh_its_sign():
    down = of("Q02", extra=[stock("H04", 1, split=("key", "queue_kiosk"))])
    assert down.state == "down"
    assert down.sign_ms == NOW_MS - 2000


@pytest.mark.parametrize(
    ("online", "up_s", "state"), [(3, 40, "unheard"), (70, 40, "live"), (3, 179, "unheard"), (3, 180, "live")]
)
def test_a_device_is_missed_only_after_it_had_the_time_to_speak(online, up_s, state):
    """Three heartbeats after its source came into sight; until then no figure is red for want of it, nor any group."""
    up = stock("H01", 1000, split=("up_since", f"smart_loudspeaker {NOW_MS - up_s * 1000}"))
    sign = stock("H01", 1000, split=("key", "smart_loudspeaker"))
    one = board_state(extra=[stock("S01", online, 70), stock("S02", 70 - online), up, sign])
    found = freshness(one.read("S01"), one.signs, one.now_ms)
    assert found.state == state
    updates = PAGE.updates(one)
    is_red = "status-critical" in updates[PropertyUpdate("s01", "className")]
    assert is_red == (online == 3 and state == "live")
    assert ("speakers-none" in updates[PropertyUpdate("group-12", "className")]) == (state == "unheard")
    if state == "unheard":
        assert updates[PropertyUpdate("speakers-word", "children")].startswith("CHỜ TÍN HIỆU THIẾT BỊ từ 10:1")


def test_nothing_known_is_no_data():
    one = replace(board_state(), readings=Readings())
    assert freshness(one.read("Q02"), one.signs, one.now_ms) == Freshness("none", 0, 0)


def test_without_any_sign_the_last_computation_counts():
    found = Readings()
    found.apply([stock("Q02", 5)])
    assert freshness(found.read("Q02", NOW_MS), {}, NOW_MS + 1000).state == "live"
    assert freshness(found.read("Q02", NOW_MS), {}, NOW_MS + 61_000).state == "late"


def test_the_health_of_the_sources_is_as_fresh_as_its_computation():
    assert of("H04").state == "live"
    assert of("H04", now_ms=NOW_MS + 61_000).state == "late"


def counted_until(ms, *ids):
    """Readings whose stocks of the queue were last looked at then."""
    found = readings()
    found.apply([stock(id, 5)._replace(as_of_ms=ms) for id in ids])
    return found


def test_what_a_source_told_and_nobody_has_counted_yet_makes_its_figures_old():
    hours_ago = NOW_MS - 7_200_000
    found = counted_until(hours_ago, "Q02", "Q05", "Q08", "Q12", "Q13")
    behind = streams_behind(found, NOW_MS)
    assert behind == {"ioc.queue.v1": hours_ago}
    signs = freshness_signs(found, NOW_MS, behind)
    for id in ("Q01", "Q02"):  # a flow too, which does not say itself until when it is counted
        assert freshness(found.read(id, NOW_MS), signs, NOW_MS) == Freshness("stale", hours_ago, NOW_MS - 2000)
    assert freshness(found.read("D05", NOW_MS), signs, NOW_MS).state == "live"
    assert source_freshness("queue_kiosk", signs, NOW_MS).state == "live"


@pytest.mark.parametrize(("age_ms", "is_behind"), [(BEHIND_MS, False), (BEHIND_MS + 1, True)])
def test_a_stream_is_behind_when_none_of_its_stocks_was_looked_at_lately(age_ms, is_behind):
    old = counted_until(NOW_MS - age_ms, "Q02", "Q05", "Q08", "Q12", "Q13")
    assert bool(streams_behind(old, NOW_MS)) == is_behind
    assert streams_behind(counted_until(NOW_MS - age_ms, "Q02"), NOW_MS) == {}
    assert streams_behind(Readings(), NOW_MS) == {}


def test_lights_of_sources():
    found = freshness_signs(readings(), NOW_MS)
    assert source_freshness("frigate", found, NOW_MS).state == "live"
    assert source_freshness("smart_loudspeaker", found, NOW_MS).state == "late"
    assert source_freshness("civil_status", found, NOW_MS).state == "down"
    assert source_freshness("never_heard_of", found, NOW_MS).state == "unconnected"


def test_every_source_of_an_entity_has_a_light():
    assert {"queue_kiosk", "dossier_portal", "smart_loudspeaker", "frigate", "civil_status"} <= set(declared_sources())


def test_a_card_is_as_fresh_as_its_worst_figure():
    live, late, down = (Freshness(state, 1, 1) for state in ("live", "late", "down"))
    assert worst_freshness([live, late]) is late
    assert worst_freshness([down, late, live]) is down


def test_a_source_that_never_gave_a_sign_is_down_since_nobody_knows_when():
    never = [stock("H01", NOW_MS, split=("key", "queue_kiosk")), stock("H04", 1, split=("key", "queue_kiosk"))]
    assert of("Q02", extra=never) == Freshness("down", 0, NOW_MS - 2000)
    updates = PAGE.updates(board_state("vi", extra=never))
    assert updates[PropertyUpdate("queue-word", "children")] == "MẤT KẾT NỐI DỮ LIỆU"
    assert updates[PropertyUpdate("light-queue_kiosk-word", "children")] == "mất"
    assert updates[PropertyUpdate("h01-figure", "children")] == "–"
    assert PAGE.updates(board_state("en", extra=never))[PropertyUpdate("queue-word", "children")] == "SOURCE DOWN"


def test_a_figure_whose_sources_were_never_heard_or_are_off_is_not_connected():
    one = board_state()
    others = {source: sign for source, sign in one.signs.items() if source != "queue_kiosk"}
    assert freshness(one.read("Q02"), others, one.now_ms).state == "unconnected"
    assert source_freshness("queue_kiosk", others, one.now_ms).state == "unconnected"
    assert source_freshness("queue_kiosk", one.signs, one.now_ms).state == "live"


def test_a_figure_ages_with_a_source_that_was_declared_later():
    one = board_state()
    others = {source: sign for source, sign in one.signs.items() if source != "queue_kiosk"}
    newer = FreshnessSign(NOW_MS - 400_000, False, kinds=frozenset({"ticket.issued"}))
    assert freshness(one.read("Q02"), {**others, "kiosk_x": newer}, NOW_MS).state == "stale"
    assert freshness(one.read("Q02"), {**one.signs, "kiosk_x": newer}, NOW_MS).state == "stale", (
        "the older of both counts"
    )
    unrelated = newer._replace(kinds=frozenset({"petition.received"}))
    assert freshness(one.read("Q02"), {**others, "kiosk_x": unrelated}, NOW_MS).state == "unconnected"


def test_a_source_that_is_down_and_never_gave_a_sign_is_known():
    found = readings()
    found.apply([stock("H04", 1, split=("key", "broken_x"))])
    assert freshness_signs(found, NOW_MS)["broken_x"][:2] == (0, True)
