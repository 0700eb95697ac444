"""Figures in SQL, worked out by hand: parity with the fold cannot see a fault in what both renderings share."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.events.queue import TicketCalled, TicketIssued, TicketServed
from ingest.contract.label import Label
from tests.warehouse.support.inline import InlineEngine, inline_events
from warehouse.catalogue import indicator
from warehouse.model.aggregate import MOST, Aggregate, Count, Dimension, Each, Flow, Largest, Level, Mean, Ratio, Stock
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.expression import MINUTE, NEVER
from warehouse.model.indicator import Indicator
from warehouse.recompute.sql import flow_sql, stock_sql, stocks_sql

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ENGINE = InlineEngine()

THING = Entity(
    id="thing",
    label=Label(vi="Lượt", en="Thing"),
    fields={
        "service": Constant((TicketIssued,), "service_code"),
        "issued_at": First((TicketIssued,)),
        "called_at": First((TicketCalled,)),
        "served_at": First((TicketServed,)),
        "call_no": Latest({TicketCalled: Attr("call_no")}, empty=0),
    },
    born=(TicketIssued,),
    settled=lambda s: s.served_at < NEVER,
    sources=("queue_kiosk",),
)

Figures = dict[tuple[float, str, str], tuple[int, int]]
"""Numerator and denominator by the window's minutes since the start, dimension and member."""


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    yield
    ENGINE.close()


def ms(seconds: float) -> int:
    return milliseconds(START + timedelta(seconds=seconds))


def life(
    number: int,
    issued: float,
    called: float | None = None,
    served: float | None = None,
    service: str = "a",
    call_no: int = 1,
) -> list[Any]:
    ticket: dict[str, Any] = {
        "ticket_id": f"t-{number}", "site_id": "s", "local_date": "2026-11-20", "ticket_no": str(number),
        "service_code": service, "queue_id": "q",
    }  # fmt: skip
    found: list[Any] = [TicketIssued(**ticket, issued_at=START + timedelta(seconds=issued), kiosk_id="k")]
    if called is not None:
        at = START + timedelta(seconds=called)
        found.append(TicketCalled(**ticket, called_at=at, counter_id="1", call_no=call_no))
    if served is not None:
        found.append(TicketServed(**ticket, served_at=START + timedelta(seconds=served), counter_id="1"))
    return found


def of(value: Aggregate, *by: str | Dimension, window: timedelta = timedelta(minutes=5)) -> Indicator:
    return replace(indicator("Q01"), id="X01", of=THING, value=value, by=by, window=window)


def figures(text: str) -> Figures:
    found: Figures = {}
    for row in ENGINE.answer(text):
        assert row["ward"] == "w"
        key = ((row["window_ms"] - ms(0)) / MINUTE, row["dimension"], row["member"])
        assert key not in found
        found[key] = (row["numerator"], row["denominator"])
    return found


def flows(one: Indicator, *lives: list[Any]) -> Figures:
    return figures(flow_sql(one, inline_events([event for life in lives for event in life])))


def stocks(one: Indicator, seconds: float, *lives: list[Any]) -> Figures:
    return figures(stock_sql(one, ms(seconds), inline_events([event for life in lives for event in life])))


def minutes(one: Indicator, first: float, last: float, *lives: list[Any]) -> Figures:
    events = inline_events([event for life in lives for event in life])
    return figures(stocks_sql(one, ms(first), ms(last), events))


def waits(state: Any, now: Any) -> Any:
    return (state.issued_at <= now) & (state.called_at > now)


def waited(state: Any) -> Any:
    return state.called_at - state.issued_at


# Flows


def test_what_happened_is_counted_in_its_window() -> None:
    lives = life(1, 0), life(2, 299.999), life(3, 300), life(4, -1)
    assert flows(of(Count(lambda s: s.issued_at)), *lives) == {
        (0, "", ""): (2, 0),
        (5, "", ""): (1, 0),
        (-5, "", ""): (1, 0),
    }


def test_what_has_not_happened_and_what_does_not_count_is_left_out() -> None:
    calls = of(Count(lambda s: s.called_at, lambda s: s.call_no > 1))
    assert flows(calls, life(1, 0), life(2, 0, 10), life(3, 0, 20, call_no=2)) == {(0, "", ""): (1, 0)}


def test_a_mean_has_the_sum_over_the_count() -> None:
    mean = of(Mean(waited, lambda s: s.called_at), "service")
    lives = life(1, 0, 10), life(2, 0, 30), life(3, 0, 70, service="b"), life(4, 0)
    assert flows(mean, *lives) == {
        (0, "", ""): (110_000, 3),
        (0, "service", "a"): (40_000, 2),
        (0, "service", "b"): (70_000, 1),
    }


def test_sides_of_a_ratio_are_counted_when_they_happen() -> None:
    ratio = of(Ratio(Count(lambda s: s.served_at), Count(lambda s: s.issued_at)))
    assert flows(ratio, life(1, 0, 10, 400), life(2, 0)) == {(0, "", ""): (0, 2), (5, "", ""): (1, 0)}


def test_equal_contributions_of_two_entities_both_count() -> None:
    assert flows(of(Mean(waited, lambda s: s.called_at)), life(1, 0, 10), life(2, 0, 10)) == {(0, "", ""): (20_000, 2)}


def test_two_parts_of_one_side_are_added_up() -> None:
    both = of(Count(lambda s: s.issued_at) + Count(lambda s: s.called_at))
    assert flows(both, life(1, 0, 10), life(2, 0)) == {(0, "", ""): (3, 0)}


def test_an_amount_is_never_beyond_the_most() -> None:
    endless = of(Aggregate((Flow(lambda s: s.issued_at, None, lambda s: s.issued_at * 1_000),)))
    assert flows(endless, life(1, 0)) == {(0, "", ""): (MOST, 0)}


def test_stocks_are_no_flows_and_flows_no_stocks() -> None:
    both = of(Aggregate((Flow(lambda s: s.issued_at),), (Stock(waits),)))
    assert flows(both, life(1, 0)) == {(0, "", ""): (1, 0)}
    assert stocks(both, 30, life(1, 0)) == {(0, "", ""): (0, 1)}


def test_members_are_texts() -> None:
    by_number = of(Count(lambda s: s.called_at), Dimension("times", lambda s: s.call_no))
    assert flows(by_number, life(1, 0, 10, call_no=12)) == {(0, "", ""): (1, 0), (0, "times", "12"): (1, 0)}


# Stocks at one moment


def test_a_stock_is_what_is_so_at_the_moment() -> None:
    waiting, lives = of(Level(waits), "service"), [life(1, 10, 100), life(2, 20, service="b"), life(3, 50)]
    assert stocks(waiting, 49, *lives) == {
        (0, "", ""): (2, 0),
        (0, "service", "a"): (1, 0),
        (0, "service", "b"): (1, 0),
    }
    assert stocks(waiting, 50, *lives)[0, "", ""] == (3, 0)
    assert stocks(waiting, 100, *lives)[1, "", ""] == (2, 0)
    assert stocks(waiting, 9, *lives) == {}


def test_the_minute_that_ends_at_the_moment_holds_it() -> None:
    waiting = of(Level(waits))
    assert list(stocks(waiting, 60, life(1, 0))) == [(0, "", "")]
    assert list(stocks(waiting, 60.001, life(1, 0))) == [(1, "", "")]
    assert list(stocks(waiting, 59.999, life(1, 0))) == [(0, "", "")]


def test_what_happens_later_is_not_known_at_the_moment() -> None:
    """Not even by an attribute that a later event gives."""
    calls = of(Level(lambda s, now: s.issued_at <= now, lambda s, now: s.call_no))
    assert stocks(calls, 99, life(1, 0, 100, call_no=7)) == {(1, "", ""): (0, 0)}
    assert stocks(calls, 100, life(1, 0, 100, call_no=7)) == {(1, "", ""): (7, 0)}


def test_amounts_are_added_or_the_largest_is_taken() -> None:
    lives = life(1, 0), life(2, 20), life(3, 30, 40)
    added = of(Level(waits, lambda s, now: now - s.issued_at))
    assert stocks(added, 50, *lives) == {(0, "", ""): (80_000, 0)}
    largest = of(Largest(lambda s, now: now - s.issued_at, waits))
    assert stocks(largest, 50, *lives) == {(0, "", ""): (50_000, 0)}
    ratio = of(Ratio(Level(waits), Level(lambda s, now: s.issued_at <= now)))
    assert stocks(ratio, 50, *lives) == {(0, "", ""): (2, 3)}


def test_each_value_counts_once() -> None:
    services = of(Each("service", waits), "service")
    lives = life(1, 0), life(2, 0), life(3, 0, service="b")
    assert stocks(services, 30, *lives) == {
        (0, "", ""): (2, 0),
        (0, "service", "a"): (1, 0),
        (0, "service", "b"): (1, 0),
    }
    assert stocks(of(Ratio(services.value, services.value)), 30, *lives) == {(0, "", ""): (3, 3)}


# Stocks minute by minute


def test_every_whole_minute_within_is_told() -> None:
    waiting = of(Level(waits), "service")
    lives = [life(1, 10, 120), life(2, 60.001, service="b")]
    total = {(0, "", ""): (1, 0), (1, "", ""): (1, 0), (2, "", ""): (1, 0)}
    by_service = {(0, "service", "a"): (1, 0), (1, "service", "b"): (1, 0), (2, "service", "b"): (1, 0)}
    assert minutes(waiting, 0, 180, *lives) == total | by_service
    assert set(minutes(waiting, 0, 179.999, *lives)) == {
        (0, "", ""),
        (1, "", ""),
        (0, "service", "a"),
        (1, "service", "b"),
    }
    assert set(minutes(of(Level(waits)), 60, 180, *lives)) == {(1, "", ""), (2, "", "")}
    assert set(minutes(of(Level(waits)), 59.999, 180, *lives)) == {(0, "", ""), (1, "", ""), (2, "", "")}


def test_minutes_in_which_nothing_counts_are_left_out() -> None:
    assert minutes(of(Level(waits)), 0, 240, life(1, 70, 130)) == {(1, "", ""): (1, 0)}


def test_what_counts_on_one_side_does_not_count_on_the_other() -> None:
    ratio = of(Ratio(Level(waits), Level(lambda s, now: s.issued_at <= now)))
    assert minutes(ratio, 0, 120, life(1, 0, 70), life(2, 0)) == {(0, "", ""): (2, 2), (1, "", ""): (1, 2)}
    both = of(Level(waits) + Level(waits, lambda s, now: now - s.issued_at))
    assert minutes(both, 0, 60, life(1, 0), life(2, 20)) == {(0, "", ""): (2 + 60_000 + 40_000, 0)}


def test_by_the_minute_amounts_are_added_or_the_largest_is_taken_and_each_value_counts_once() -> None:
    lives = life(1, 0), life(2, 20), life(3, 30, 40)
    assert minutes(of(Level(waits, lambda s, now: now - s.issued_at)), 0, 60, *lives) == {(0, "", ""): (100_000, 0)}
    assert minutes(of(Largest(lambda s, now: now - s.issued_at, waits)), 0, 60, *lives) == {(0, "", ""): (60_000, 0)}
    assert minutes(of(Each("service", waits)), 0, 60, *lives) == {(0, "", ""): (1, 0)}


def test_each_value_counts_once_on_each_side() -> None:
    """One of this service waits, another was called."""
    called = Stock(lambda s, now: s.called_at <= now)
    services = of(Aggregate((Stock(waits),), (called,), each="service"))
    lives = life(1, 0, 30), life(2, 10), life(3, 10), life(4, 0, 20)
    assert minutes(services, 0, 60, *lives) == {(0, "", ""): (1, 1)}
    assert stocks(services, 60, *lives) == {(0, "", ""): (1, 1)}


def test_the_largest_of_several_parts_is_not_defined() -> None:
    several = Aggregate(tuple(Stock(waits, lambda s, now: now, largest=True) for _ in range(2)))
    with pytest.raises(ValueError, match="X01: the largest of several parts is not defined"):
        stocks_sql(of(several), ms(0), ms(60))
