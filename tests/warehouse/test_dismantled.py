"""What is decommissioned leaves the figures, the same by the fold and by SQL, and comes back with a sign; what is silent stays, named."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events.camera import HealthDecommissioned, HealthOffline, HealthOnline, OccupancySampled
from ingest.contract.events.queue import CounterDecommissioned, CounterOpened
from ingest.contract.events.speaker import DeviceDecommissioned, DeviceFault, DeviceHeartbeat, DeviceOffline
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.catalogue import indicators
from warehouse.entities.camera import CAMERA, ZONE
from warehouse.entities.queue import COUNTER
from warehouse.entities.speaker import SPEAKER
from warehouse.indicators.dismantled import AFTER, last_sign
from warehouse.recompute.sql import stock_sql, stocks_sql
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

SPREAD = timedelta(days=150)
KINDS = [*SPEAKER.events, *CAMERA.events, *COUNTER.events, *ZONE.events]
ENVELOPES = events(seed=5, count=900, kinds=KINDS, spread=SPREAD, keys=120)
MEASURED = [one for one in indicators() if one.of in (SPEAKER, CAMERA, COUNTER, ZONE)]
MOMENTS = [milliseconds(START + timedelta(days=day, minutes=7)) for day in (20, 45, 75, 110, 149)]

Figures = dict[tuple[str, str, str, str], tuple[int, int]]


def stocks(envelopes: list[Envelope], moment: int) -> Figures:
    """By ward, indicator, dimension and member, what a fold makes of the events that have happened by then."""
    folds: dict[str, Fold] = {}
    found: Figures = {}
    for offset, one in enumerate(envelopes):
        if milliseconds(one.time) <= moment:
            topic = topic_of(one.data.stream)
            folds.setdefault(topic, Fold(topic, 0)).fold([one], [offset])
    for fold in folds.values():
        fold.look(moment, only_stirred=False)
        found |= {key: sums[:2] for key, sums in fold.stocks().items() if any(sums[:2])}
    return found


@pytest.fixture(scope="module")
def folded() -> dict[int, Figures]:
    backwards = ENVELOPES[::-1]  # so that the minutes in between need not be closed
    return {moment: stocks(backwards, moment) for moment in MOMENTS}


@pytest.fixture(scope="module")
def stored(warehouse: WarehouseSettings) -> Iterator[Client]:
    with connect(warehouse) as client:
        store(client, ENVELOPES)
        yield client


@pytest.mark.embedded
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("one", MEASURED, ids=lambda one: one.id)
def test_fold_and_sql_agree_for_months(one, moment: int, stored: Client, folded: dict[int, Figures]) -> None:
    """At the moment alone, and as a minute of the history."""
    mine = {(ward, *split): sums for (ward, id, *split), sums in folded[moment].items() if id == one.id}
    asked = {"moment": stock_sql(one, moment), "minute": stocks_sql(one, moment - 60_000, moment)}
    for form, sql in asked.items():
        rows = {(row[0], *row[2:4]): tuple(row[4:6]) for row in stored.query(sql) if row[4] or row[5]}
        assert rows == mine, form


def test_some_have_left_and_some_are_there(folded: dict[int, Figures]) -> None:
    for id, silent in (("S01", "S10"), ("C01", "C08"), ("Q08", "Q13")):
        last = folded[MOMENTS[-1]]
        assert 0 < last["hong-bang", id, "", ""][1] < 120
        assert last["hong-bang", silent, "", ""][0] > 0


@pytest.mark.heavy
def test_the_order_of_the_events_does_not_matter(folded: dict[int, Figures]) -> None:
    mixed = list(ENVELOPES)
    Random(3).shuffle(mixed)
    assert stocks(mixed, MOMENTS[1]) == stocks(ENVELOPES, MOMENTS[1]) == folded[MOMENTS[1]]


def of(event: Event) -> Envelope:
    at = event.occurred_at
    return envelope(event, ward="hong-bang", source="/test", recorded_at=at, id=f"{event.subject}-{at}")


def beat(at: datetime) -> Envelope:
    return of(DeviceHeartbeat(device_id="l1", area_code="TDP-001", at=at, status="idle", volume=50))


def shown(envelopes: list[Envelope], at: datetime) -> dict[str, tuple[int, int]]:
    found = stocks(envelopes, milliseconds(at))
    return {id: sums for (_, id, dimension, _), sums in found.items() if not dimension}


LIMIT = timedelta(milliseconds=AFTER)


def test_a_silent_device_is_missed_for_ever_and_named_from_the_millisecond_on() -> None:
    once = [beat(START)]
    assert shown(once, START + LIMIT) == {"S01": (0, 1), "S02": (1, 0)}
    for later in (LIMIT + timedelta(milliseconds=1), timedelta(days=400)):
        assert shown(once, START + later) == {"S01": (0, 1), "S02": (1, 0), "S10": (1, 0)}


@pytest.mark.parametrize(
    ("sign", "gone", "figures"),
    [
        (beat, DeviceDecommissioned, {"S01", "S02", "S10"}),
        (
            lambda at: of(HealthOnline(camera_id="l1", origin="frigate", at=at)),
            HealthDecommissioned,
            {"C01", "C02", "C08"},
        ),
        (lambda at: of(CounterOpened(counter_id="l1", site_id="s", at=at)), CounterDecommissioned, {"Q08", "Q13"}),
    ],
)
def test_a_decommissioned_device_leaves_and_comes_back_with_a_sign(sign: Any, gone: Any, figures: set[str]) -> None:
    named: dict[str, Any] = {
        "device_id": "l1", "area_code": "TDP-001", "camera_id": "l1", "origin": "frigate", "counter_id": "l1", "site_id": "s",
        "decided_by": "van_phong", "reason_code": "thay_moi", "at": START + timedelta(days=1),
    }  # fmt: skip
    decided = of(gone(**{name: value for name, value in named.items() if name in gone.model_fields}))
    for later in (timedelta(days=1), timedelta(days=60)):
        assert not figures & set(shown([sign(START), decided], START + later))
    back = sign(START + timedelta(days=90))
    assert figures & set(shown([sign(START), decided, back], START + timedelta(days=90)))


def test_any_sign_counts_also_that_a_device_is_broken() -> None:
    common: dict[str, Any] = {"device_id": "l1", "area_code": "TDP-001"}
    later = START + timedelta(days=25)
    for sign in (
        DeviceOffline(**common, at=later, reason="last_will"),
        DeviceFault(**common, at=later, code="power", severity="critical"),
    ):
        assert shown([beat(START), of(sign)], START + timedelta(days=50)) == {"S01": (0, 1), "S02": (1, 0)}
    dark = [of(HealthOffline(camera_id="c1", origin="frigate", at=START + timedelta(days=day))) for day in (0, 25)]
    assert shown(dark, START + timedelta(days=50)) == {"C01": (0, 1), "C02": (1, 0)}


def test_a_hall_that_is_counted_no_more_leaves_too() -> None:
    halls = [
        of(
            OccupancySampled(
                camera_id=zone, origin="frigate", zone_id=zone, count=count, at=START + timedelta(hours=at)
            )
        )
        for zone, count, at in (("sanh_a", 7, 0), ("sanh_b", 4, 1), ("cong", 9, 1))
    ]
    assert shown(halls, START + timedelta(hours=12)) == {"C06": (11, 0)}
    assert shown(halls, START + timedelta(hours=12, milliseconds=1)) == {"C06": (4, 0)}
    assert shown(halls, START + timedelta(hours=14)) == {}


def test_who_fell_silent_is_named_with_the_last_sign() -> None:
    opened = [
        of(CounterOpened(counter_id="Q14", site_id="s", at=START)),
        of(HealthOnline(camera_id="tdp017-cho", origin="frigate", at=START)),
        beat(START),
    ]
    found = stocks(opened, milliseconds(START + timedelta(days=31)))
    members = {member for (_, _, dimension, member), _ in found.items() if dimension == "silent_since"}
    assert {last_sign(member) for member in members} == {(k, milliseconds(START)) for k in ("Q14", "tdp017-cho", "l1")}


def test_just_before_its_return_a_device_was_away() -> None:
    """Also for a fold that has already heard of the return."""
    back = START + timedelta(days=40)
    fold = Fold(topic_of("speaker"), 0)
    fold.fold([beat(START), beat(back)], [0, 1])

    def levels(at: datetime, id: str) -> tuple[int, int]:
        fold.look(milliseconds(at), only_stirred=False)
        (row,) = [row for (_, *key), row in fold.stocks().items() if key == [id, "", ""]]
        return row[:2]

    before = back - timedelta(minutes=1)
    assert (levels(before, "S01"), levels(before, "S10")) == ((0, 1), (1, 0))
    assert levels(back, "S01") == (1, 1)
