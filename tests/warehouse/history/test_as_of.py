"""The past: what live figures showed at a minute comes back from what is stored, and late events do not change what was shown."""

from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from random import Random
from typing import Any

import pytest

from ingest.contract.clock import milliseconds, moment
from ingest.contract.envelope import encode
from ingest.contract.events.queue import TicketIssued
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.catalogue import indicators
from warehouse.history import as_of_day
from warehouse.history.as_of import PROMPT_MS, BoardDay, BoardMinute, DayValues, StoredValue, values_as_of
from warehouse.history.as_of_day import oldest_window, read_lives, read_values, recompute_as_of
from warehouse.model.expression import MINUTE
from warehouse.model.reading import TOTAL
from warehouse.model.value import Value
from warehouse.readings import Readings
from warehouse.recompute import rebuild
from warehouse.store.client import connect
from warehouse.store.sink import RAW_COLUMNS, write_corrections, write_values

pytestmark = pytest.mark.embedded

WARD = "hong-bang"
BEGAN_MS = milliseconds(START)
MIDNIGHT_MS = BEGAN_MS + 16 * 3_600_000
"""The ward's midnight after it."""
EVE_MS = MIDNIGHT_MS - 30 * MINUTE
UNTIL_MS = MIDNIGHT_MS + 120 * MINUTE
END_MS = UNTIL_MS + 120 * MINUTE
LATE_BY = (3 * MINUTE, 8 * MINUTE, 25 * MINUTE, 100 * MINUTE)


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """On a slow machine too, everything is counted."""
    monkeypatch.setattr(as_of_day, "COUNTED_WITHIN", timedelta(minutes=5))


class Streams:
    """What the streams write and push, a minute at a time."""

    def __init__(self) -> None:
        self.folds: dict[str, Fold] = {}
        self.offset = 0
        self.written: list[tuple[Value, int]] = []
        self.corrections: list[tuple[object, int]] = []
        self.live = Readings()

    def minute(self, envelopes, now_ms):
        for envelope in envelopes:
            topic = topic_of(envelope.data.stream)
            self.folds.setdefault(topic, Fold(topic, 0)).fold([envelope], [self.offset])
            self.offset += 1
        for fold in self.folds.values():
            fold.close(now_ms)
            fold.look(now_ms, only_stirred=False)
            values = [value for value in fold.take() if value.ward == WARD]
            self.written += [(value, now_ms) for value in values]
            self.corrections += [(one, now_ms) for one in fold.take_corrections() if one.ward == WARD]
            self.live.apply(values)


def shown(readings, now_ms):
    """Every figure, in total and by member, that is not 0."""
    found = {}
    for one in indicators():
        every = {("", ""): readings.read(one.id, now_ms)}
        for dimension in map(str, one.by):
            members = readings.members(one.id, dimension, now_ms)
            every |= {(dimension, member): reading for member, reading in members.items()}
        for split, reading in every.items():
            if reading.numerator or reading.denominator:
                found[one.id, split] = (reading.numerator, reading.denominator)
    return found


@pytest.fixture(scope="module")
def lived(warehouse):
    """A day and a half of events, a few of them late; what was shown at two minutes, and the warehouse that came of it."""
    random = Random(201)
    arriving = []
    for envelope in events(seed=203, count=1_200, spread=timedelta(hours=20), keys=25):
        late_ms = random.choice(LATE_BY) if random.random() < 0.04 else 0
        arriving.append((milliseconds(envelope.time) + late_ms, late_ms, envelope))
    arriving.sort(key=lambda one: one[0])
    slack = [range(came - PROMPT_MS - MINUTE, came + 1) for came, late_ms, _ in arriving if late_ms]
    streams, place = Streams(), 0
    kept: dict[int, Any] = {}
    for now_ms in [*range(BEGAN_MS, EVE_MS, 15 * MINUTE), *range(EVE_MS, END_MS, MINUTE)]:
        first = place
        while place < len(arriving) and arriving[place][0] <= now_ms:
            place += 1
        streams.minute([envelope for _, _, envelope in arriving[first:place]], now_ms)
        is_clear = MIDNIGHT_MS < now_ms <= UNTIL_MS and not any(now_ms in one for one in slack)
        if is_clear and random.random() < 0.05 and len(kept) < 2:
            kept[now_ms] = shown(streams.live, now_ms)
    with connect(warehouse) as client:
        envelopes = [envelope for _, _, envelope in arriving]
        store(client, envelopes, at=[moment(came) for came, _, _ in arriving])
        write(client, streams)
    return warehouse, kept, envelopes


def write(client, streams):
    """What the streams wrote, dated as if then; stocks of long ago are recomputed as the worker does."""
    columns = {name: [getattr(value, name) for value, _ in streams.written] for name in Value._fields}
    client.insert("raw_values", {**columns, "written_at": [moment(ms) for _, ms in streams.written]})
    for ms, of_minute in groupby(streams.corrections, key=itemgetter(1)):
        write_corrections(client, [correction for correction, _ in of_minute], moment(ms))
    for fold in streams.folds.values():
        for (entity, ward), late in fold.late_stocks.items():
            for from_ms, until_ms in rebuild.split_at_midnights(late.from_ms, late.until_ms) if ward == WARD else ():
                values, corrections = rebuild.recompute_stocks(
                    client, entity, ward, from_ms, until_ms, fold.topic, 0, streams.offset, late.cause
                )
                write_values(client, values)
                write_corrections(client, corrections, moment(END_MS))


@pytest.fixture(scope="module")
def day(lived):
    settings, _, _ = lived
    asked = WARD, minute(MIDNIGHT_MS), minute(UNTIL_MS)
    with connect(settings) as client, pytest.MonkeyPatch.context() as patched:
        patched.setattr(as_of_day, "SUBJECTS_AT_ONCE", 7)
        return BoardDay(WARD, MIDNIGHT_MS, UNTIL_MS, read_values(client, *asked), read_lives(client, *asked))


def minute(ms):
    return BoardMinute(ms, ms)


def looked_back(client, day, at_ms, view):
    stood = values_as_of(day, minute(at_ms), view)
    return stood, recompute_as_of(client, WARD, minute(at_ms), view, stood.open)


def test_what_was_shown_comes_back_although_events_came_late(lived, day):
    settings, kept, _ = lived
    assert len(kept) == 2
    differing = 0
    with connect(settings) as client:
        for at_ms, was in kept.items():
            stood, found = looked_back(client, day, at_ms, "then")
            assert found.keys() == stood.open
            assert shown(stood.readings(found), at_ms) == was, moment(at_ms)
            differing += shown(values_as_of(day, minute(at_ms), "now").readings({}), at_ms) != was
    assert differing, "without the late ones this proves nothing"


def test_what_the_next_minute_changed_in_a_window_long_over_was_not_shown_yet():
    at_ms = MIDNIGHT_MS + 60 * MINUTE

    def row(id, grain, window_ms):
        return StoredValue(Value(WARD, id, grain, window_ms, "", "", 1, 1, 0, at_ms, "", 0, 0, 0), at_ms + PROMPT_MS)

    flows = [row("C05", "flow", MIDNIGHT_MS - 60 * MINUTE), row("C05", "flow", MIDNIGHT_MS)]
    stocks = [row("C04", "stock", at_ms - MINUTE)]
    stored = DayValues(flows, stocks, [])
    stood = values_as_of(BoardDay(WARD, MIDNIGHT_MS, UNTIL_MS, stored, {}), minute(at_ms), "then")
    # What ended with the minute is written a little later, and was shown.
    assert [place for place in stood.open if place[0] in ("C04", "C05")] == [("C05", "flow", MIDNIGHT_MS - 60 * MINUTE)]


def test_as_known_now_holds_what_came_late_as_well(lived, day):
    settings, kept, envelopes = lived
    envelopes = sorted(envelopes, key=lambda one: one.time)
    at_ms = max(kept)
    streams = Streams()
    streams.minute([one for one in envelopes if milliseconds(one.time) <= at_ms], at_ms)
    with connect(settings) as client:
        stood, found = looked_back(client, day, at_ms, "now")
    # Windows that are over tell all that is known of them today, also what only happened later; stocks and counts cannot.
    # Their members can be others by then: of events that contradict each other the greatest value stands.
    told = {one.id for one in indicators() if not one.has_flow}
    totals = {("Q01", TOTAL), ("D01", TOTAL)}
    now, expected = (shown(one, at_ms) for one in (stood.readings(found), streams.live))
    assert {key: sides for key, sides in now.items() if key[0] in told or key in totals} == {
        key: sides for key, sides in expected.items() if key[0] in told or key in totals
    }
    assert now != kept[at_ms]


def test_what_was_taken_back_stands_until_then(lived):
    told = events(seed=1, count=1, kinds=[TicketIssued])[0].model_copy(update={"partitionkey": "of-this-alone"})
    at_ms = milliseconds(told.time)
    row = (topic_of("queue"), 0, 1, told.ward, told.data.kind, told.subject, told.id, at_ms, encode(told).decode())
    moved = {
        **dict(zip(RAW_COLUMNS, row, strict=True)),
        "is_conflict": False,
        "first_offset": 1,
        "ingested_at": moment(at_ms),
        "withdrawn_by": 2,
        "withdrawn_at": moment(at_ms + 60 * MINUTE),
    }
    with connect(lived[0]) as client:
        client.insert("raw_repeats", {name: [value] for name, value in moved.items()})
        lives = read_lives(client, told.ward, minute(at_ms - MINUTE), minute(at_ms + MINUTE))["ticket"]
    assert lives
    assert [state.key for state in lives.standing(at_ms, at_ms) or ()] == [told.subject]
    assert lives.standing(at_ms, at_ms + 60 * MINUTE) is None
    assert lives.standing(at_ms) is None


def test_the_oldest_kept_value_bounds_the_past(lived):
    with connect(lived[0]) as client:
        first = oldest_window(client, WARD)
        assert first is not None
        assert first < BEGAN_MS
        assert oldest_window(client, "nowhere") is None
