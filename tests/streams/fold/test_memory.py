"""The fold's memory, worked out by hand: what it knows, what it asks the warehouse for, what it forgets, and what a snapshot holds."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events.camera import AlertAcknowledged, DetectionEnded, DetectionStarted
from ingest.contract.events.figure import FigureConfirmed
from ingest.contract.events.queue import TicketCalled, TicketIssued, TicketRecalled, TicketServed
from ingest.contract.topic import topic_of
from streams.fold.fold import Fold
from streams.fold.plan import GAUGE_MS
from tests.support.made import START
from warehouse.model.expression import NEVER
from warehouse.model.value import Value

MS = timedelta(milliseconds=1)
KEEP = timedelta(hours=2)
"""How long a ticket that is over, and a detection, stay in memory."""
WARD = "hong-bang"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ms(seconds: float) -> int:
    return milliseconds(at(seconds))


def wrapped(event: Event, ward: str = WARD) -> Envelope:
    id = f"{event.kind}-{event.subject}-{milliseconds(event.occurred_at)}"
    return envelope(event, ward=ward, source="/t", recorded_at=event.occurred_at, id=id)


def ticket(number: int = 1, **given: Any) -> dict[str, Any]:
    return {
        "ticket_id": f"t-{number}", "site_id": "s", "local_date": "2026-11-20", "ticket_no": str(number),
        "service_code": "ho_tich", "queue_id": "q", **given,
    }  # fmt: skip


def issued(seconds: float, number: int = 1, ward: str = WARD) -> Envelope:
    return wrapped(TicketIssued(**ticket(number), issued_at=at(seconds), kiosk_id="k"), ward)


def called(seconds: float, number: int = 1) -> Envelope:
    return wrapped(TicketCalled(**ticket(number), called_at=at(seconds), counter_id="1"))


def recalled(seconds: float, number: int = 1) -> Envelope:
    return wrapped(TicketRecalled(**ticket(number), called_at=at(seconds), counter_id="1"))


def served(seconds: float, number: int = 1) -> Envelope:
    return wrapped(TicketServed(**ticket(number), served_at=at(seconds), counter_id="1"))


def detection(ref: str, moment: datetime, severity: str = "detection") -> dict[str, Any]:
    return {
        "camera_id": "c", "origin": "frigate", "event_ref": ref, "detection": "line_cross", "object_class": "person",
        "severity": severity, "started_at": moment,
    }  # fmt: skip


def started(ref: str, moment: datetime = START, severity: str = "detection") -> Envelope:
    return wrapped(DetectionStarted(**detection(ref, moment, severity)))


def ended(ref: str, moment: datetime = START) -> Envelope:
    return wrapped(DetectionEnded(**detection(ref, moment), ended_at=moment))


def acknowledged(ref: str, moment: datetime = START) -> Envelope:
    return wrapped(
        AlertAcknowledged(camera_id="c", origin="frigate", event_ref=ref, at=moment, actor_ref="0" * 32, outcome="true")
    )


def folded(stream: str, *envelopes: Envelope) -> Fold:
    fold = Fold(topic_of(stream), 0)
    fold.fold(envelopes, range(len(envelopes)))
    return fold


def flow(values: Sequence[Value], indicator: str = "Q01", dimension: str = "") -> dict[int, tuple[int, int]]:
    """Numerator and revision by the window's quarter of an hour since the start."""
    return {
        (one.window_ms - ms(0)) // 900_000: (one.numerator, one.revision)
        for one in values
        if (one.indicator, one.grain, one.dimension) == (indicator, "flow", dimension)
    }


def reloaded(fold: Fold) -> Fold:
    again = Fold(fold.topic, fold.partition)
    again.load(fold.offset, json.loads(json.dumps(fold.dump())))
    return again


# What it knows


def test_an_empty_fold_has_seen_nothing() -> None:
    fold = Fold(topic_of("queue"), 3)
    assert (fold.offset, fold.watermark, fold.partition, fold.left_out, fold.states) == (-1, 0, 3, set(), {})
    assert (fold.take(), fold.take_corrections(), fold.stocks()) == ([], [], {})


def test_it_knows_the_last_offset_and_the_newest_time() -> None:
    fold = Fold(topic_of("queue"), 0)
    fold.fold([issued(60), issued(30, 2)], [7, 9])
    assert (fold.offset, fold.watermark) == (9, ms(60))
    values = fold.take()
    assert {value.offset for value in values} == {9}
    assert {value.version for value in values if value.grain == "flow"} == {9}
    first = folded("queue", issued(0)).take()
    assert {(value.offset, value.version) for value in first if value.grain == "flow"} == {(0, 0)}


def test_every_field_of_a_state_follows_the_events() -> None:
    """Those that figures of windows look at, and the others."""
    fold = folded("queue", issued(0), called(60), recalled(90), served(120))
    (state,) = fold.states["ticket", WARD].values()
    assert isinstance(state, object)
    known: Any = state
    assert (known.issued_at, known.called_at, known.last_called_at, known.served_at) == (ms(0), ms(60), ms(90), ms(120))
    assert (known.no_show_at, known.service_code, known.newest_at) == (NEVER, "ho_tich", ms(120))


def test_an_older_event_leaves_the_newest_time_of_a_state() -> None:
    (state,) = folded("queue", called(60), issued(0)).states["ticket", WARD].values()
    assert state.newest_at == ms(60)


def test_a_detection_is_an_alert_only_if_it_says_so() -> None:
    fold = folded("camera", started("a", severity="alert"), started("d"))
    assert {id: set(states) for (id, _), states in fold.states.items() if states} == {
        "detection": {"a", "d"},
        "alert": {"a"},
    }


def test_a_ward_of_which_nothing_was_heard_has_no_figures_and_counts_from_its_first_event() -> None:
    fold = folded("queue", issued(0))
    assert {ward for ward, *_ in fold.stocks()} <= {WARD}
    fold.fold([issued(10, 2, ward="le-chan")], [1])
    fold.look(ms(20), only_stirred=False)
    assert {ward: fold.stocks()[ward, "Q02", "", ""][0] for ward in (WARD, "le-chan")} == {WARD: 1, "le-chan": 1}


def test_it_closes_when_an_event_ends_a_minute_and_its_grace() -> None:
    fold = folded("queue", issued(30))
    assert [fold.closes(ms(seconds)) for seconds in (30, 31, 64.999, 65, 600)] == [False, False, False, True, True]
    fold.fold([issued(65, 2)], [1])
    assert fold.populations["ticket", WARD].closed_ms == ms(60)
    assert [fold.closes(ms(seconds)) for seconds in (65, 124.999, 125)] == [False, False, True]


# What it asks the warehouse for


def test_a_life_that_begins_here_is_not_asked_for() -> None:
    fold = Fold(topic_of("camera"), 0)
    assert fold.unknown([started("d"), ended("d")]) == {}
    assert fold.unknown([ended("d"), started("d")]) == {"detection": {(WARD, "d")}}
    assert fold.unknown([started("a", severity="alert"), acknowledged("a")]) == {}
    assert fold.unknown([acknowledged("a")]) == {"alert": {(WARD, "a")}}
    assert fold.unknown([started("d"), acknowledged("d")]) == {"alert": {(WARD, "d")}}, "no alert has begun"


def test_what_is_known_is_not_asked_for() -> None:
    fold = folded("queue", issued(0))
    assert fold.unknown([called(60), called(60, 2)]) == {"ticket": {(WARD, "t-2")}}
    other = wrapped(TicketCalled(**ticket(), called_at=at(60), counter_id="1"), ward="le-chan")
    assert fold.unknown([other]) == {"ticket": {("le-chan", "t-1")}}


def test_a_beginning_of_long_ago_is_asked_for() -> None:
    fold = folded("camera", started("new", START + KEEP))
    assert fold.unknown([started("edge")]) == {}
    assert fold.unknown([started("old", START - MS)]) == {"detection": {(WARD, "old")}}
    old = started("alert", START - MS, severity="alert")
    assert fold.unknown([old]) == {"detection": {(WARD, "alert")}, "alert": {(WARD, "alert")}}


def test_what_the_warehouse_remembers_is_counted_already() -> None:
    source, fold = folded("queue", issued(0)), Fold(topic_of("queue"), 0)
    (state,) = source.states["ticket", WARD].values()
    fold.adopt("ticket", [state])
    assert flow(fold.take()) == {}
    fold.fold([issued(0)], [1])
    assert flow(fold.take()) == {}
    fold.fold([issued(900, 2)], [2])
    assert flow(fold.take()) == {1: (1, 0)}
    fold.look(ms(910), only_stirred=False)
    assert fold.stocks()[WARD, "Q02", "", ""][0] == 2


def test_what_is_known_is_not_replaced_by_what_the_warehouse_remembers() -> None:
    fold = folded("queue", issued(0), called(60))
    (older,) = folded("queue", issued(0)).states["ticket", WARD].values()
    fold.adopt("ticket", [older])
    (state,) = fold.states["ticket", WARD].values()
    assert state is not older
    fold.look(ms(70), only_stirred=False)
    assert fold.stocks()[WARD, "Q02", "", ""][0] == 0


# What it forgets


def test_what_is_over_is_forgotten_after_a_while_and_what_is_not_never() -> None:
    fold = folded("queue", issued(0), served(60), issued(0, 2), issued(60 + KEEP.total_seconds(), 3))
    fold.forget()
    assert set(fold.states["ticket", WARD]) == {"t-1", "t-2", "t-3"}
    fold.fold([issued(60.001 + KEEP.total_seconds(), 4)], [4])
    fold.forget()
    assert set(fold.states["ticket", WARD]) == {"t-2", "t-3", "t-4"}
    fold.look(ms(61 + KEEP.total_seconds()), only_stirred=False)
    assert fold.stocks()[WARD, "Q02", "", ""][0] == 3


def test_what_is_over_is_looked_for_once_event_time_has_gone_on_so_far() -> None:
    keep, after = KEEP.total_seconds(), KEEP + timedelta(minutes=2)
    fold = folded("queue", issued(0), served(60))
    fold.forget(after)
    fold.fold([issued(60 + keep + 119.999, 2)], [2])
    fold.forget(after)
    assert set(fold.states["ticket", WARD]) == {"t-1", "t-2"}
    fold.fold([issued(60 + keep + 120, 3)], [3])
    fold.forget(after)
    assert set(fold.states["ticket", WARD]) == {"t-2", "t-3"}


def test_windows_are_kept_for_eight_days() -> None:
    days = timedelta(days=8).total_seconds()
    fold = folded("queue", issued(0), issued(days, 2))
    fold.take()
    fold.forget()
    fold.fold([issued(1, 3)], [2])
    assert flow(fold.take()) == {0: (2, 1)}
    assert not [late for late in fold.late if late.indicator == "Q01"]
    fold.fold([issued(days + 0.001, 4)], [3])
    fold.forget()
    fold.fold([issued(2, 5)], [4])
    assert {late.window_ms for late in fold.late if late.indicator == "Q01"} == {ms(0)}
    assert 0 not in flow(fold.take())


def test_an_event_of_long_ago_is_the_cause_of_its_own_windows_alone() -> None:
    fold = folded("queue", issued(0), issued(timedelta(days=9).total_seconds(), 2))
    fold.take()
    fold.forget()
    fold.fold([issued(1, 3)], [2])
    assert {cause.subject for cause in fold.late.values()} == {"t-3"}
    fold.late = {}
    fold.fold([issued(timedelta(days=9).total_seconds() + 1, 4)], [3])
    assert fold.late == {}


def windows(fold: Fold) -> set[int]:
    """The windows of Q01 in a snapshot."""
    (rows,) = [piece[1] for piece in fold.dump() if piece[0] == "flows"]
    return {row[2] for row in rows if row[1] == "Q01"}


def test_windows_that_are_forgotten_are_in_no_snapshot_unless_they_wait_to_be_told() -> None:
    days = timedelta(days=9).total_seconds()
    fold = folded("queue", issued(0), issued(900, 2), issued(days, 3))
    row = next(one for one in fold.take() if (one.indicator, one.window_ms, one.dimension) == ("Q01", ms(0), ""))
    fold.expect([row._replace(offset=5)])
    fold.forget()
    assert windows(fold) == {ms(0), ms(days)}
    fold.fold([issued(days + 1, 4)], [5])
    assert set(flow(fold.take())) == {0, round(days / 900)}
    fold.forget()
    assert windows(fold) == {ms(days)}


# What was written before


def test_a_row_of_before_is_told_when_it_has_been_folded_again() -> None:
    fold = folded("queue", issued(0), issued(10, 2))
    row = next(one for one in fold.take() if one.indicator == "Q01" and not one.dimension)
    again = folded("queue", issued(0))
    again.expect([row._replace(offset=1, revision=2)])
    assert flow(again.take()) == {}
    again.fold([issued(10, 2)], [1])
    assert flow(again.take()) == {0: (2, 2)}
    gone = folded("queue", issued(900))
    gone.expect([row._replace(offset=0)])
    assert flow(gone.take()) == {0: (0, 0), 1: (1, 0)}, "what does not count any more is 0"


def test_what_does_not_count_any_more_is_nothing_on_either_side() -> None:
    row = next(one for one in folded("queue", issued(0)).take() if one.indicator == "Q01" and not one.dimension)
    fold = folded("queue", issued(900))
    fold.expect([row._replace(denominator=7, newest_ms=ms(5))])
    (gone,) = [one for one in fold.take() if one.indicator == "Q01" and one.window_ms == ms(0)]
    assert (gone.numerator, gone.denominator, gone.revision, gone.newest_ms) == (0, 0, 0, ms(5))


def test_a_window_knows_its_newest_event_and_each_correction_is_told_once() -> None:
    fold = folded("queue", issued(20), issued(10, 2), issued(900, 3), issued(3600, 4))
    assert [
        one.newest_ms for one in fold.take() if (one.indicator, one.window_ms, one.dimension) == ("Q01", ms(0), "")
    ] == [ms(20)]
    assert fold.take_corrections() == []
    told = []
    for number, seconds in enumerate((30, 930, 31)):
        fold.fold([issued(seconds, 10 + number)], [4 + number])
        told.append(
            [
                ((one.window_ms - ms(0)) // 900_000, one.revision)
                for one in fold.take_corrections()
                if one.indicator == "Q01"
            ]
        )
    assert told == [[(0, 1)], [(1, 1)], [(0, 2)]]


def test_windows_of_a_snapshot_without_revisions_have_none_yet() -> None:
    fold = folded("queue", issued(0), issued(3600, 2))
    fold.take()
    pieces = [
        ["flows", [row[:8] for row in piece[1]]] if piece[0] == "flows" else piece
        for piece in json.loads(json.dumps(fold.dump()))
    ]
    again = Fold(topic_of("queue"), 0)
    again.load(fold.offset, pieces)
    again.fold([issued(10, 3)], [2])
    assert flow(again.take()) == {0: (2, 1)}


def test_a_window_at_the_edge_of_the_memory_is_still_known() -> None:
    days = timedelta(days=8).total_seconds()
    row = next(one for one in folded("queue", issued(0)).take() if one.indicator == "Q01" and not one.dimension)
    fold = folded("queue", issued(days))
    fold.forget()
    fold.expect([row])
    assert flow(fold.take())[0] == (0, 0)
    fold.fold([issued(days + 0.001, 2)], [1])
    fold.forget()
    fold.expect([row])
    assert 0 not in flow(fold.take())
    assert flow(fold.take()) == {}


def test_revisions_of_before_go_on() -> None:
    fold = folded("queue", issued(0), issued(70, 3), issued(130, 4))
    fold.close(ms(185))
    fold.take()
    again = reloaded(fold)
    again.expect([], [(WARD, "Q02", ms(60), "", "", 4), (WARD, "nothing", ms(60), "", "", 4)])
    again.fold([issued(90, 2)], [3])
    found = {
        (one.window_ms - ms(0)) // GAUGE_MS: (one.numerator, one.revision)
        for one in again.take()
        if (one.indicator, one.dimension) == ("Q02", "")
    }
    assert found == {1: (3, 5), 2: (4, 1)}


# Snapshots


def rich() -> Fold:
    """A fold that remembers something of every kind."""
    fold = folded("queue", issued(0), called(30), issued(10, 2), issued(20, 3))
    for minute in range(1, 31):
        fold.close(ms(minute * 60 + 5))
        fold.look(ms(minute * 60 + 6), only_stirred=False)
        fold.fold([issued(minute * 60 + 20, 100 + minute)], [3 + minute])
    fold.take()
    fold.fold([issued(1750, 4), issued(300, 5)], [34, 35])  # late for one closed minute, and too late
    fold.take()
    fold.expect([], [(WARD, "Q02", ms(4000 // 60 * 60), "", "", 2)])
    fold.left_out = {12, 8}
    fold.watermark += 9 * 86_400_000
    fold.forget()
    fold.fold([issued(1, 6)], [36])
    fold.take()
    return fold


def whole(fold: Fold) -> list[Any]:
    """The pieces of a snapshot that hold anything."""
    return sorted((piece for piece in json.loads(json.dumps(fold.dump())) if piece[-1]), key=str)


def test_a_snapshot_of_a_loaded_snapshot_is_the_same() -> None:
    fold = rich()
    pieces = whole(fold)
    held = {piece[0] for piece in pieces}
    assert {
        "declared",
        "fold",
        "left_out",
        "states",
        "late",
        "stocks",
        "closed",
        "late_stocks",
        "stored",
        "revised",
    } <= held
    again = reloaded(fold)
    assert whole(again) == pieces
    assert (again.left_out, again.late, again.late_stocks) == ({8, 12}, fold.late, fold.late_stocks)
    assert (again.offset, again.watermark) == (36, fold.watermark)
    assert again.stocks() == fold.stocks()
    assert not again.take()


def test_the_first_record_that_a_snapshot_has_folded_in_though_it_was_set_aside() -> None:
    pieces: list[list[Any]] = [["fold", 0], ["left_out", [3, 5]]]
    assert Fold.first_unknown(pieces, [3, 4, 6, 9], 8) == 4
    assert Fold.first_unknown(pieces, [9, 6, 3], 8) == 6
    assert Fold.first_unknown(pieces, [8], 8) == 8
    assert Fold.first_unknown(pieces, [9], 8) is None
    assert Fold.first_unknown(pieces, [3, 5], 8) is None
    assert Fold.first_unknown([["fold", 0]], [3], 8) == 3


def test_a_correction_is_of_the_total_also_where_a_member_has_no_name() -> None:
    """Of this detection the direction is not known."""
    fold = folded("camera", started("a"), started("b", START + timedelta(days=2)))
    fold.take()
    fold.fold([started("c", START + MS)], [2])
    corrected = [one.indicator for one in fold.take_corrections()]
    assert corrected
    assert len(set(corrected)) == len(corrected)


def test_totals_of_days_do_not_stay_in_memory_and_other_figures_do():
    def confirmed(seconds: float, code: str) -> Envelope:
        period: dict[str, Any] = {
            "period": "2026-03-05/2026-03-05",
            "covers_from": START,
            "covers_until": START + timedelta(days=1),
        }
        said: dict[str, Any] = {"version": 0, "who": "admin", "entered_by": "admin", "numerator": 5, **period}
        return wrapped(FigureConfirmed(figure_ref=f"{code}:2026-03-05", kind_code=code, at=at(seconds), **said))

    fold = Fold(topic_of("figure"), 0)
    fold.fold([confirmed(0, "day.D02"), confirmed(1, "D02"), confirmed(2 * KEEP.total_seconds(), "Q11")], range(3))
    fold.take()
    fold.forget()
    assert set(fold.states["figure", WARD]) == {"D02:2026-03-05", "Q11:2026-03-05"}
