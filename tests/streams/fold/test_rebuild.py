"""The fold with a real warehouse behind it: late beyond all memory, and killed in between, the stored figures are those of the events."""

import json
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope
from ingest.contract.topic import topic_of
from streams.fold.flows import KEEP_MS
from streams.fold.fold import Fold
from streams.fold.plan import GAUGE_MS, plans
from tests.streams.fold.test_stocks import visit
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.catalogue import indicator, indicators
from warehouse.model.correction import Cause, Correction
from warehouse.model.value import Value
from warehouse.recompute import rebuild
from warehouse.recompute.sql import flow_sql, stocks_sql
from warehouse.settings import WarehouseSettings
from warehouse.store import sink
from warehouse.store.client import Client, connect
from warehouse.store.snapshots import revisions_after, values_after

pytestmark = pytest.mark.embedded

BATCH = 20


@pytest.fixture(scope="module")
def client(warehouse: WarehouseSettings) -> Iterator[Client]:
    with connect(warehouse) as opened:
        yield opened


class Life:
    """A worker without Kafka: folds what comes, stores it in the worker's order, and can be killed."""

    def __init__(self, client: Client, topic: str) -> None:
        self.client = client
        self.fold = Fold(topic, 0)
        self.events: list[Envelope] = []
        self.snapshot: tuple[int, str] = (-1, "[]")

    def take(self, envelopes: list[Envelope], is_killed: bool = False) -> None:
        """Fold a batch and store everything; or nothing but the raw rows, and begin again from the snapshot."""
        first = len(self.events)
        self._fold(envelopes, first)
        self.events += envelopes
        store(self.client, envelopes, first)
        if is_killed:
            self.revive()
        self.write(self.fold.take(), self.fold.take_corrections())
        late, self.fold.late = self.fold.late, {}
        windows: dict[tuple[str, str], dict[int, Cause]] = {}
        for one, cause in late.items():
            windows.setdefault((one.indicator, one.ward), {})[one.window_ms] = cause
        for (id, ward), causes in windows.items():
            place = (self.fold.topic, 0, self.fold.offset)
            self.write(*rebuild.recompute_windows(self.client, id, ward, causes, *place))
        late_stocks, self.fold.late_stocks = self.fold.late_stocks, {}
        for (id, ward), found in late_stocks.items():
            for start, end in rebuild.days_to_recompute(self.client, id, ward, *found):
                span = (id, ward, start, end, self.fold.topic, 0, self.fold.offset)
                self.write(*rebuild.recompute_stocks(self.client, *span, found.cause))

    def remember(self) -> None:
        """Take a snapshot."""
        self.fold.forget()
        self.snapshot = (self.fold.offset, json.dumps(self.fold.dump()))

    def revive(self) -> None:
        """Begin again from the snapshot."""
        offset, pieces = self.snapshot
        self.fold = Fold(self.fold.topic, 0)
        if pieces != "[]":
            self.fold.load(offset, json.loads(pieces))
        earlier = values_after(self.client, self.fold.topic, 0, offset, KEEP_MS)
        self.fold.expect(earlier, revisions_after(self.client, self.fold.topic, 0, offset))
        for start in range(offset + 1, len(self.events), 7):
            self._fold(self.events[start : start + 7], start)

    def _fold(self, envelopes: list[Envelope], first: int) -> None:
        entities = {plan.entity.id: plan.entity for plan in plans(self.fold.topic)}
        for id, pairs in self.fold.unknown(envelopes).items():
            known = rebuild.entity_states(self.client, entities[id], pairs, self.fold.topic, 0, self.fold.offset)
            self.fold.adopt(id, known)
        self.fold.fold(envelopes, range(first, first + len(envelopes)))

    def write(self, values: list[Value], corrections: list[Correction]) -> None:
        """Store what came of events."""
        sink.write_corrections(self.client, corrections, START)
        sink.write_values(self.client, values)


def coming(stream: str, seed: int, keys: int, spread: timedelta, late: timedelta) -> list[Envelope]:
    """Events in the order in which they come: one in eight late, up to a time."""
    random = Random(seed)
    kinds = [event for plan in plans(topic_of(stream)) for event in plan.entity.events]
    made = events(seed, 240, kinds=list(dict.fromkeys(kinds)), keys=keys, spread=spread)
    return sorted(made, key=lambda one: one.time + (late * random.random() if random.random() < 0.125 else timedelta()))


def lived(client: Client, stream: str, envelopes: list[Envelope], seed: int) -> Life:
    """A life with three kills in which everything came."""
    random = Random(seed)
    life = Life(client, topic_of(stream))
    batches = [envelopes[start : start + BATCH] for start in range(0, len(envelopes), BATCH)]
    kills = set(random.sample(range(len(batches)), 3))
    for number, batch in enumerate(batches):
        life.take(batch, is_killed=number in kills)
        now = max(milliseconds(one.time) for one in life.events)
        if random.random() < 0.5:
            life.fold.close(now + 1_000)
            life.fold.look(now + 1_000, only_stirred=False)
        if random.random() < 0.4:
            life.take([])
            life.remember()
    life.fold.close(life.fold.watermark + 3 * GAUGE_MS)
    life.take([])
    life.take([])
    return life


def stored(client: Client, topic: str, grain: str) -> dict[str, dict[int, dict[tuple[str, str, str], tuple[int, int]]]]:
    """By indicator and window, the rows by ward, dimension and member."""
    found: dict[str, dict[int, dict[tuple[str, str, str], tuple[int, int]]]] = {}
    for id, window, as_of, ward, dimension, member, *sums in client.query(
        "SELECT indicator, window_ms, as_of_ms, ward, dimension, member, numerator, denominator FROM raw_values FINAL "
        "WHERE topic = %(topic)s AND grain = %(grain)s ORDER BY window_ms",
        {"topic": topic, "grain": grain},
    ):
        assert grain == "flow" or as_of == window + GAUGE_MS
        found.setdefault(id, {}).setdefault(window, {})[ward, dimension, member] = (sums[0], sums[1])
    return found


def counted(client: Client, sql: str) -> dict[int, dict[tuple[str, str, str], tuple[int, int]]]:
    """The same from the raw events."""
    found: dict[int, dict[tuple[str, str, str], tuple[int, int]]] = {}
    for ward, window, dimension, member, n, d in client.query(sql):
        if n or d:
            found.setdefault(window, {})[ward, dimension, member] = (n, d)
    return found


WITH_STOCKS = ["queue", pytest.param("health", marks=pytest.mark.long)]


@pytest.mark.parametrize("stream", WITH_STOCKS)
def test_stocks_are_right_however_late_events_come(client: Client, stream: str) -> None:
    envelopes = coming(stream, 21, 25, timedelta(hours=2), late=timedelta(minutes=80))
    life = lived(client, stream, envelopes, 21)
    rows = stored(client, life.fold.topic, "stock")
    assert rows
    for id, windows in rows.items():
        truth = counted(client, stocks_sql(indicator(id), min(windows), max(windows) + GAUGE_MS))
        standing: dict[Any, tuple[int, int]] = {}
        for window, told in windows.items():
            standing |= told
            wards = {ward for ward, dimension, _ in told if not dimension}
            assert {split: sums for split, sums in standing.items() if split[0] in wards and any(sums)} == {
                split: sums for split, sums in truth.get(window, {}).items() if split[0] in wards
            }, (id, window)


def test_a_member_that_came_and_went_late_is_told_to_have_gone(client: Client) -> None:
    """It went in a minute that the fold remembers, but as one in which there never was such a member."""
    life = Life(client, topic_of("queue"))
    life.take(visit(1, START, ward="ngo-quyen"))
    for minute in range(31):
        life.fold.close(milliseconds(START) + minute * GAUGE_MS + 5_000)
        life.fold.look(milliseconds(START) + minute * GAUGE_MS + 6_000, only_stirred=False)
    life.take([])
    times = START + timedelta(minutes=5), START + timedelta(minutes=20, seconds=30)
    life.take(visit(2, *times, service="dat_dai", ward="ngo-quyen"))
    rows = client.query(
        "SELECT intDiv(as_of_ms - %(start)s, 60000) AS minute, numerator, revision FROM raw_values FINAL "
        "WHERE ward = 'ngo-quyen' AND indicator = 'Q02' AND member = 'dat_dai' ORDER BY minute",
        {"start": milliseconds(START)},
    )
    assert rows == [(5, 1, 1), (21, 0, 1)]
    totals = client.query(
        "SELECT intDiv(as_of_ms - %(start)s, 60000) AS minute, numerator FROM raw_values FINAL "
        "WHERE ward = 'ngo-quyen' AND indicator = 'Q02' AND dimension = '' "
        "AND as_of_ms = window_ms + 60000 ORDER BY minute",
        {"start": milliseconds(START)},
    )
    assert totals == [(minute, 2 if 5 <= minute < 21 else 1) for minute in range(31)]
    corrections = client.query(
        "SELECT intDiv(window_ms - %(start)s, 60000) + 1, old_numerator, numerator, kind FROM raw_corrections FINAL "
        "WHERE ward = 'ngo-quyen' AND indicator = 'Q02'",
        {"start": milliseconds(START)},
    )
    assert corrections == [(20, 1, 2, "ticket.issued")]


@pytest.mark.parametrize("stream", ["content", "document"])
def test_flows_are_right_however_late_events_come(client: Client, stream: str) -> None:
    """Also for windows that are no longer in memory; and each closed figure's corrections lead up to it.

    No id is used twice: a source does not give the id of a life that is over to a new one.
    """
    envelopes = coming(stream, 22, 10**9, timedelta(days=30), late=timedelta(days=25))
    life = lived(client, stream, envelopes, 22)
    rows = stored(client, life.fold.topic, "flow")
    for one in indicators():
        if one.has_flow and one.of.id in {plan.entity.id for plan in plans(life.fold.topic)}:
            told = {
                window: {split: sums for split, sums in splits.items() if any(sums)}
                for window, splits in rows[one.id].items()
            }
            assert {window: splits for window, splits in told.items() if splits} == counted(client, flow_sql(one))
    corrections: dict[tuple[Any, ...], list[tuple[int, ...]]] = {}
    for ward, id, window, offset, *sums in client.query(
        "SELECT ward, indicator, window_ms, offset, numerator, denominator FROM raw_corrections FINAL "
        "WHERE topic = %(topic)s AND grain = 'flow' ORDER BY offset, revision",
        {"topic": life.fold.topic},
    ):
        corrections.setdefault((id, window, (ward, "", "")), []).append((offset, *sums))
    assert any(windows for windows in corrections.values())
    for (id, window, split), made in corrections.items():
        assert rows[id][window][split] == made[-1][1:]
