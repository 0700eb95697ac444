"""The fold's stocks: every closed minute says how things were at its end, in whatever order the events came."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events import streams
from ingest.contract.events.petition import PetitionAnswered, PetitionReceived
from ingest.contract.events.queue import TicketCalled, TicketIssued
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from streams.fold.plan import GAUGE_MS, plans
from tests.support.examples import examples
from tests.support.made import START, events
from warehouse.model.value import Value

CLOCKED = [stream for stream in streams() if any(plan.stocks for plan in plans(topic_of(stream)))]

Split = tuple[str, str, str, str]
"""Ward, indicator, dimension, member."""
History = dict[int, dict[Split, tuple[int, int]]]
"""By a minute's end, what counts anything."""


def made(stream: str, seed: int, count: int = 150) -> list[Envelope]:
    kinds = [event for plan in plans(topic_of(stream)) for event in plan.entity.events]
    return events(seed, count, kinds=list(dict.fromkeys(kinds)), keys=12, spread=timedelta(minutes=40))


def delayed(envelopes: list[Envelope], seed: int, most: timedelta) -> list[tuple[int, Envelope]]:
    """The events in the order in which they come, with the time when they do; some come again within two minutes."""
    random = Random(seed)
    late = [(milliseconds(one.time) + random.randrange(0, most // timedelta(milliseconds=1)), one) for one in envelopes]
    on_time = [(milliseconds(one.time) + random.randrange(0, 500), one) for one in envelopes]
    mixed = [random.choice(pair) for pair in zip(late, on_time, strict=True)]
    again = [(at + random.randrange(0, 120_000), one) for at, one in random.sample(mixed, 20)]
    return sorted([*mixed, *again], key=lambda pair: pair[0])


def truth(stream: str, envelopes: list[Envelope], ends: Iterable[int]) -> History:
    """How things were at these moments, by a fold that knew everything in time."""
    fold = Fold(topic_of(stream), 0)
    waiting = sorted(envelopes, key=lambda one: one.time)
    found: History = {}
    for end in sorted(ends):
        while waiting and milliseconds(waiting[0].time) <= end:
            fold.fold([waiting.pop(0)], [0])
        fold.look(end, only_stirred=False)
        found[end] = {key: row[:2] for key, row in fold.stocks().items() if any(row[:2])}
    return found


def told(values: list[Value]) -> History:
    """What a reader of the stored rows takes for the end of each minute that has any row of the total."""
    newest: dict[tuple[object, ...], Value] = {}
    for value in values:
        known = newest.get(value[:6])
        if value.grain == "stock" and (known is None or value.version >= known.version):
            newest[value[:6]] = value
    rows: dict[int, dict[Split, tuple[int, int]]] = {}
    for value in newest.values():
        split = (value.ward, value.indicator, value.dimension, value.member)
        rows.setdefault(value.window_ms + GAUGE_MS, {})[split] = (value.numerator, value.denominator)
    found: History = {}
    standing: dict[Split, tuple[int, int]] = {}
    for end in sorted(rows):
        standing |= rows[end]
        with_total = {split[:2] for split in rows[end] if not split[2]}
        found[end] = {split: sums for split, sums in standing.items() if split[:2] in with_total and any(sums)}
    return found


def check(stream: str, envelopes: list[Envelope], values: list[Value], until_ms: int) -> None:
    """What is told of closed minutes is the truth, and told by closing rows."""
    history = {end: levels for end, levels in told(values).items() if end <= until_ms}
    assert len(history) > 10
    for end, levels in truth(stream, envelopes, history).items():
        looked_at = {split[:2] for split in history[end]}
        assert history[end] == {split: sums for split, sums in levels.items() if split[:2] in looked_at}
    last = {value[:6]: value for value in values if value.grain == "stock"}
    assert all(row.as_of_ms == row.window_ms + GAUGE_MS for row in last.values() if row.window_ms < until_ms)


@pytest.mark.parametrize("stream", CLOCKED)
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 60), is_live=st.booleans(), cut=st.integers(0, 160))
@settings(max_examples=examples(3))
def test_a_closed_minute_says_how_things_were_at_its_end(
    stream: str, seed: int, batch: int, is_live: bool, cut: int
) -> None:
    """Whatever came late within the horizon, twice, or while the worker was looking; and after a restart."""
    envelopes = made(stream, seed)
    coming = delayed(envelopes, seed, timedelta(minutes=6))
    fold, values = Fold(topic_of(stream), 0), []
    for start in range(0, len(coming), batch):
        chunk = coming[start : start + batch]
        fold.fold([one for _, one in chunk], range(start, start + len(chunk)))
        if is_live:
            fold.close(chunk[-1][0])
            fold.look(chunk[-1][0], only_stirred=start % 2 == 0)
        values += fold.take()
        if start <= cut < start + batch:
            again = Fold(topic_of(stream), 0)
            again.load(fold.offset, json.loads(json.dumps(fold.dump())))
            fold = again
    fold.close(coming[-1][0] + 2 * GAUGE_MS)
    values += fold.take()
    assert not fold.late_stocks
    check(stream, envelopes, values, coming[-1][0])


def visit(
    number: int, at: datetime, called_at: datetime | None = None, service: str = "ho_tich", ward: str = "hong-bang"
) -> list[Envelope]:
    """A ticket's events."""
    ticket: dict[str, Any] = {
        "ticket_id": f"t-{number}",
        "site_id": "s",
        "local_date": "2026-11-20",
        "ticket_no": str(number),
    }
    life: list[Event] = [TicketIssued(**ticket, service_code=service, queue_id="q", issued_at=at, kiosk_id="k")]
    if called_at:
        life.append(TicketCalled(**ticket, service_code=service, queue_id="q", called_at=called_at, counter_id="1"))
    return [
        envelope(one, ward=ward, source="/t", recorded_at=one.occurred_at, id=f"{one.kind}-{number}") for one in life
    ]


def rows(values: list[Value], id: str, dimension: str = "") -> list[tuple[float, int, int]]:
    """Minutes since the start, numerator and revision of an indicator's rows."""
    start = milliseconds(START)
    return [
        ((value.as_of_ms - start) / GAUGE_MS, value.numerator, value.revision)
        for value in values
        if value.indicator == id and value.dimension == dimension
    ]


def queue(*lives: list[Envelope]) -> Fold:
    """A fold that has taken these events."""
    fold = Fold(topic_of("queue"), 0)
    for offset, one in enumerate(one for life in lives for one in life):
        fold.fold([one], [offset])
    return fold


def watch(fold: Fold, first: int, last: int) -> list[Value]:
    """A caught-up worker's looks, from one minute's end to another's: the rows of every look."""
    values: list[Value] = []
    for minute in range(first, last + 1):
        fold.close(milliseconds(START) + minute * GAUGE_MS + 5_000)
        fold.look(milliseconds(START) + minute * GAUGE_MS + 6_000, only_stirred=False)
        values += fold.take()
    return values


def closing(values: list[Value]) -> list[Value]:
    return [value for value in values if value.as_of_ms == value.window_ms + GAUGE_MS]


def test_a_minute_closes_with_what_was_so_at_its_end_even_if_it_was_looked_at_later() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10), START + timedelta(seconds=62)))
    fold.look(milliseconds(START) + 63_000, only_stirred=False)
    fold.close(milliseconds(START) + 65_000)
    values = fold.take()
    assert rows(values, "Q02") == [(63 / 60, 0, 0), (1, 1, 0)]
    assert rows(values, "Q02", "service_code") == [(1, 1, 0)]


def test_a_member_that_stays_as_it_was_gets_no_row() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    values = watch(fold, 1, 3)
    fold.fold(visit(2, START + timedelta(seconds=200)), [2])
    values += watch(fold, 4, 5)
    assert rows(closing(values), "Q02") == [(1, 1, 0), (2, 1, 0), (3, 1, 0), (4, 2, 0), (5, 2, 0)]
    assert rows(closing(values), "Q02", "service_code") == [(1, 1, 0), (4, 2, 0)]


def petition(number: int, at: timedelta, answered: timedelta | None = None) -> list[Envelope]:
    """The events of a petition that names no residential group and is due the next day."""
    told: dict[str, Any] = {
        "petition_ref": f"{number:032x}",
        "channel": "1022",
        "category": "hien_truong",
        "field_code": "dat_dai",
    }
    life: list[Event] = [PetitionReceived(**told, received_at=START + at, due_at=START + timedelta(days=1))]
    if answered:
        life.append(PetitionAnswered(**told, answered_at=START + answered))
    return [
        envelope(one, ward="hong-bang", source="/t", recorded_at=one.occurred_at, id=f"{one.kind}-{number}")
        for one in life
    ]


def test_a_member_without_a_name_is_no_total() -> None:
    """A row of its own is written in minutes in which it changes, and in those that are looked at again from there on."""
    fold = Fold(topic_of("petition"), 0)
    fold.fold(petition(1, timedelta(seconds=10)), [0])

    def minutes(values: list[Value]) -> set[int]:
        unnamed = [one for one in values if one.grain == "stock" and one.dimension == "area_code" and not one.member]
        return {(one.as_of_ms - milliseconds(START)) // GAUGE_MS for one in unnamed}

    assert minutes(closing(watch(fold, 1, 5))) == {1}
    fold.fold(petition(2, timedelta(seconds=130), timedelta(seconds=190)), [1, 2])
    assert minutes(fold.take()) == {3, 4, 5}


def test_a_late_event_makes_closed_minutes_be_looked_at_again() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    watch(fold, 1, 5)
    fold.fold(visit(2, START + timedelta(seconds=190), START + timedelta(seconds=250)), [1, 2])
    values = fold.take()
    assert rows(values, "Q02") == [(4, 2, 1)]
    assert rows(values, "Q02", "service_code") == [(4, 2, 1), (5, 1, 1)]
    assert values[0].version == values[0].as_of_ms + 1
    assert not closing(fold.take())


def test_what_the_fold_has_written_again_is_not_for_the_warehouse_to_tell() -> None:
    fold = queue(visit(1, START))
    closed = watch(fold, 1, 5)
    fold.fold(visit(2, START + timedelta(seconds=190), START + timedelta(seconds=250)), [1, 2])
    again = {(value.indicator, *value[3:6]) for value in fold.take() if value.revision}
    assert again
    for value in closing(closed):
        assert fold.has_revised(value) == ((value.indicator, *value[3:6]) in again)


def test_an_event_from_before_the_horizon_is_left_to_the_warehouse() -> None:
    fold = queue(visit(1, START), visit(2, START + timedelta(minutes=30)))
    late = visit(3, START + timedelta(minutes=3))
    fold.fold(late, [9])
    fold.take()
    ((place, found),) = fold.late_stocks.items()
    assert place == ("ticket", "hong-bang")
    assert found.from_ms == milliseconds(late[0].time) == found.cause.at_ms
    assert found.until_ms == milliseconds(START + timedelta(minutes=19))
    assert found.cause == ("ticket.issued", "t-3", "ticket.issued-3", found.from_ms, 9)
    again = Fold(topic_of("queue"), 0)
    again.load(fold.offset, json.loads(json.dumps(fold.dump())))
    assert again.late_stocks == fold.late_stocks
    watch(fold, 31, 33)
    assert fold.late_stocks == again.late_stocks, "minutes that closed with the event in them are not late"
    again.late_stocks = {}
    assert not again.late_stocks, "they are being recomputed"


def test_where_nothing_happened_for_long_the_horizon_is_that_of_the_clock() -> None:
    fold = queue(visit(1, START))
    watch(fold, 1, 30)
    fold.fold(visit(2, START + timedelta(minutes=20, seconds=30)), [1])
    fold.take()
    assert not fold.late_stocks
    fold.fold(visit(3, START + timedelta(minutes=19, seconds=30)), [2])
    fold.take()
    assert fold.late_stocks["ticket", "hong-bang"].until_ms == milliseconds(START + timedelta(minutes=20))


def test_after_a_restart_minutes_that_were_written_are_left_to_the_warehouse() -> None:
    """Their revisions are not known any more."""
    fold = queue(visit(1, START))
    watch(fold, 1, 2)
    snapshot = json.loads(json.dumps(fold.dump()))
    written = watch(fold, 3, 5)
    again = Fold(topic_of("queue"), 0)
    again.load(0, snapshot)
    again.expect(written)
    again.fold(visit(2, START + timedelta(minutes=2)), [1])
    assert rows(watch(again, 3, 5), "Q02")[0] == (3, 2, 0)
    assert not again.late_stocks
    watch(again, 6, 7)
    assert again.late_stocks["ticket", "hong-bang"][:2] == (
        milliseconds(START + timedelta(minutes=2)),
        milliseconds(START + timedelta(minutes=6)),
    )


def test_what_an_earlier_life_wrote_of_members_is_written_again_minute_by_minute() -> None:
    """It may have known less or more when it closed them."""
    fold = queue(visit(1, START))
    watch(fold, 1, 1)
    snapshot = json.loads(json.dumps(fold.dump()))
    fold.fold(visit(2, START + timedelta(seconds=150)), [1])
    written = watch(fold, 2, 3)
    again = Fold(topic_of("queue"), 0)
    again.load(0, snapshot)
    again.expect(written)
    again.close(milliseconds(START) + 4 * GAUGE_MS)
    assert rows(again.take(), "Q02", "service_code") == [(2, 1, 0), (3, 1, 0)]


def test_an_older_minute_that_was_written_again_does_not_hide_a_live_row() -> None:
    """The live row says what was seen last; without its memory a fold would not correct it."""
    fold = queue(visit(1, START))
    watch(fold, 1, 5)
    snapshot = json.loads(json.dumps(fold.dump()))
    fold.fold(visit(2, START + timedelta(minutes=5, seconds=2)), [1])
    fold.look(milliseconds(START) + 5 * GAUGE_MS + 8_000, only_stirred=False)
    live = fold.take()
    fold.fold(visit(3, START + timedelta(minutes=2), START + timedelta(minutes=3, seconds=30)), [2, 3])
    again = Fold(topic_of("queue"), 0)
    again.load(0, snapshot)
    again.expect([*live, *fold.take()])
    assert again.stocks()["hong-bang", "Q02", "", ""] == (2, 0, milliseconds(START) + 5 * GAUGE_MS)


def test_a_snapshot_of_an_older_release_is_taken() -> None:
    fold = queue(visit(1, START), visit(2, START + timedelta(minutes=2)))
    watch(fold, 1, 3)
    older = [
        ["flows", [row[:-1] for row in piece[1]]] if piece[0] == "flows" else piece
        for piece in json.loads(json.dumps(fold.dump()))
        if piece[0] in ("fold", "states", "flows", "stocks")
    ]
    again = Fold(topic_of("queue"), 0)
    again.load(fold.offset, older)
    values = watch(again, 4, 5)
    assert rows(closing(values), "Q02") == [(4, 2, 0), (5, 2, 0)]
    again.fold(visit(1, START, START + timedelta(minutes=4)), [3, 4])
    assert rows(again.take(), "Q02") == [(4, 1, 1), (5, 1, 1)]
    assert [value.numerator for value in again.take() if value.grain == "flow"] == []


def test_a_member_that_a_late_event_brings_to_closed_minutes_only_is_gone_now() -> None:
    """Its newest row would be that of the last closed minute, of which a look at what is so now knew nothing."""
    fold = queue(visit(1, START))
    watch(fold, 1, 5)
    fold.fold(visit(2, START + timedelta(seconds=190), START + timedelta(seconds=302), service="chung_thuc"), [1, 2])
    fold.look(milliseconds(START) + 5 * GAUGE_MS + 7_000, only_stirred=True)
    found = {
        (value.window_ms, value.version): value.numerator
        for value in fold.take()
        if value.member == "chung_thuc" and value.indicator == "Q02"
    }
    assert found
    assert found[max(found)] == 0


def test_a_minute_in_which_nothing_happened_gets_no_row() -> None:
    """What happens at a minute's end belongs to it and not to the next."""
    fold = queue(visit(1, START + timedelta(seconds=60)))
    fold.close(milliseconds(START) + 65_000)
    assert rows(fold.take(), "Q02") == [(1, 1, 0)]
    fold.close(milliseconds(START) + 125_000)
    assert rows(fold.take(), "Q02") == []


def test_a_late_event_revises_no_minute_that_closes_with_it() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    watch(fold, 1, 5)
    fold.fold(visit(2, START + timedelta(seconds=190), START + timedelta(seconds=250)), [1, 2])
    fold.fold(visit(3, START + timedelta(seconds=330)), [3])
    fold.close(milliseconds(START) + 365_000)
    values = fold.take()
    assert sorted(rows(values, "Q02")) == [(4, 2, 1), (6, 2, 0)]
    assert sorted(rows(values, "Q02", "service_code")) == [(4, 2, 1), (5, 1, 1), (6, 2, 0)]


def test_closed_minutes_are_kept_as_far_back_as_events_may_reach() -> None:
    """Those of ten minutes, and the last one before them."""
    fold = Fold(topic_of("queue"), 0)
    for minute in range(30):
        fold.fold(visit(minute, START + timedelta(minutes=minute, seconds=30)), [minute])
    fold.close(milliseconds(START) + 30 * GAUGE_MS + 5_000)
    (closed,) = [piece[1] for piece in fold.dump() if piece[0] == "closed"]
    ends = [row[2] for row in closed if row[0] == "ticket"]
    assert ends == [milliseconds(START) + minute * GAUGE_MS for minute in range(20, 31)]


def test_a_look_tells_the_total_once_a_minute_and_a_member_when_it_changes() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    told = []
    for seconds in (20, 30, 59, 70, 80, 130):
        fold.look(milliseconds(START) + seconds * 1000, only_stirred=False)
        values = fold.take()
        told.append((seconds, len(rows(values, "Q02")), len(rows(values, "Q02", "service_code"))))
    assert told == [(20, 1, 1), (30, 0, 0), (59, 0, 0), (70, 1, 0), (80, 0, 0), (130, 1, 0)]


def test_what_no_event_has_stirred_is_left_out_if_asked() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    told = []
    for seconds in (20, 70, 130):
        fold.look(milliseconds(START) + seconds * 1000, only_stirred=True)
        told.append(len(rows(fold.take(), "Q02")))
        if seconds == 70:
            fold.fold(visit(2, START + timedelta(seconds=75)), [1])
            fold.take()
    assert told == [1, 0, 1]


def test_what_nothing_moves_is_closed_every_fifteen_minutes() -> None:
    fold = queue(visit(1, START + timedelta(seconds=10)))
    values: list[Value] = []
    for minute in range(1, 41):
        fold.close(milliseconds(START) + minute * GAUGE_MS + 5_000)
        values += fold.take()
    assert rows(values, "Q02") == [(1, 1, 0), (16, 1, 0), (31, 1, 0)]


@pytest.mark.parametrize(("seconds", "is_left"), [(19 * 60, True), (19 * 60 + 1, False), (20 * 60, False)])
def test_memory_reaches_back_to_a_whole_minute(seconds: int, is_left: bool) -> None:
    fold = queue(visit(1, START), visit(2, START + timedelta(minutes=30)))
    fold.fold(visit(3, START + timedelta(seconds=seconds)), [9])
    fold.take()
    assert bool(fold.late_stocks) == is_left


def test_what_is_disturbed_before_a_minute_has_closed_waits_through_a_snapshot() -> None:
    """Two restarts: what the previous run wrote is left to the warehouse until a minute has closed after it."""
    fold = queue(visit(1, START))
    watch(fold, 1, 2)
    snapshot = json.loads(json.dumps(fold.dump()))
    written = watch(fold, 3, 5)
    second, third = Fold(topic_of("queue"), 0), Fold(topic_of("queue"), 0)
    second.load(0, snapshot)
    second.expect(written)
    second.fold(visit(2, START + timedelta(minutes=2)), [1])
    second.take()
    pieces = json.loads(json.dumps(second.dump()))
    assert ["stored", [["", "", milliseconds(START + timedelta(minutes=6))]]] in pieces
    third.load(1, pieces)
    assert [piece for piece in json.loads(json.dumps(third.dump())) if piece[0] in ("stored", "disturbed")] == [
        piece for piece in pieces if piece[0] in ("stored", "disturbed")
    ]
    for one in (second, third):
        watch(one, 3, 7)
    assert third.late_stocks == second.late_stocks
    assert third.late_stocks["ticket", "hong-bang"].until_ms == milliseconds(START + timedelta(minutes=6))


def test_a_snapshot_of_an_older_release_says_what_was_closed_last() -> None:
    fold = queue(visit(1, START), visit(2, START + timedelta(seconds=130)))
    fold.close(milliseconds(START) + 3 * GAUGE_MS + 5_000)
    fold.take()
    older = [
        piece for piece in json.loads(json.dumps(fold.dump())) if piece[0] in ("fold", "states", "flows", "stocks")
    ]
    again = Fold(topic_of("queue"), 0)
    again.load(fold.offset, older)
    again.close(milliseconds(START) + 4 * GAUGE_MS + 5_000)
    assert rows(again.take(), "Q02") == [], "nothing has moved since"
    again.fold(visit(1, START), [2])  # once more: late, and nothing is another for it
    ends = {value.as_of_ms for value in again.take() if value.grain == "stock"}
    assert ends == {milliseconds(START) + 4 * GAUGE_MS}, "a minute that was quiet is told, the one before it stands"


def test_a_snapshot_of_nothing_is_taken() -> None:
    fold = Fold(topic_of("queue"), 0)
    fold.load(-1, json.loads(json.dumps(Fold(topic_of("queue"), 0).dump())))
    fold.fold(visit(1, START + timedelta(seconds=10)), [0])
    fold.close(milliseconds(START) + 65_000)
    assert rows(fold.take(), "Q02")[-1] == (1, 1, 0)


def test_what_is_left_to_the_warehouse_reaches_from_the_first_to_the_last() -> None:
    fold = queue(visit(1, START), visit(2, START + timedelta(minutes=30)))
    fold.fold(visit(3, START + timedelta(minutes=3)), [9])
    fold.take()
    fold.fold([*visit(4, START + timedelta(minutes=40)), *visit(5, START + timedelta(minutes=5))], [10, 11])
    fold.take()
    found = fold.late_stocks["ticket", "hong-bang"]
    assert (found.from_ms, found.until_ms, found.cause.offset) == (
        milliseconds(START + timedelta(minutes=3)), milliseconds(START + timedelta(minutes=29)), 9,
    )  # fmt: skip


def test_a_look_belongs_to_the_minute_that_ends_with_it_and_may_be_repeated() -> None:
    fold = queue(visit(1, START))
    windows = []
    for ms in (59_999, 60_000, 60_001):
        fold.look(milliseconds(START) + ms, only_stirred=False)
        windows += [
            (ms, value.window_ms - milliseconds(START)) for value in fold.take() if value[1] == "Q02" and not value[4]
        ]
    assert windows == [(59_999, 0), (60_001, GAUGE_MS)]
    fold.fold(visit(2, START + timedelta(seconds=60)), [1])
    fold.look(milliseconds(START) + 60_001, only_stirred=False)
    assert fold.stocks()["hong-bang", "Q02", "", ""][0] == 2
