# ruff: noqa: S608
"""States in SQL, worked out by hand: parity with the fold cannot see a fault in what both renderings share."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.events.camera import DetectionStarted, OccupancySampled
from ingest.contract.events.queue import TicketCalled, TicketIssued, TicketServed
from ingest.contract.label import Label
from tests.warehouse.support.inline import InlineEngine, inline_events
from warehouse.entities.camera import ALERT
from warehouse.model.entity import Attr, Constant, Entity, First, Latest
from warehouse.model.entity_sql import attribute_sql, entity_sql, matters_sql, minutes_sql
from warehouse.model.expression import MINUTE, NEVER

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
ENGINE = InlineEngine()

THING = Entity(
    id="thing",
    label=Label(vi="Lượt", en="Thing"),
    fields={
        "service": Constant((TicketIssued, TicketCalled), "service_code"),
        "issued_at": First((TicketIssued,)),
        "seen_at": First((TicketIssued, TicketCalled)),
        "elder_at": First((TicketIssued,), where=lambda e: e.priority == "elderly"),
        "served_at": First((TicketServed,)),
        "state": Latest({TicketIssued: 1, TicketCalled: 2, TicketServed: 3}, empty=0),
        "call_no": Latest({TicketCalled: Attr("call_no")}, empty=0),
        "counter": Latest({TicketCalled: Attr("counter_id")}, empty=""),
        "rating": Latest({TicketServed: Attr("rating")}, empty=-1),
        "priority": Latest({TicketIssued: Attr("priority", lambda e: e.priority != "normal")}, empty="none"),
    },
    born=(TicketIssued,),
    settled=lambda s: s.served_at < NEVER,
    sources=("queue_kiosk",),
    counts_ms=2 * MINUTE,
)

EMPTY = {
    "service": "", "issued_at": NEVER, "seen_at": NEVER, "elder_at": NEVER, "served_at": NEVER, "state": 0, "call_no": 0,
    "counter": "", "rating": -1, "priority": "none",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def engine() -> Iterator[None]:
    yield
    ENGINE.close()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def ms(seconds: float) -> int:
    return milliseconds(at(seconds))


def ticket(number: int = 1, service: str = "ho_tich") -> dict[str, Any]:
    return {
        "ticket_id": f"t-{number}", "site_id": "s", "local_date": "2026-11-20", "ticket_no": str(number),
        "service_code": service, "queue_id": "q",
    }  # fmt: skip


def issued(seconds: float, number: int = 1, **given: Any) -> TicketIssued:
    return TicketIssued(**{**ticket(number), "issued_at": at(seconds), "kiosk_id": "k", **given})


def called(seconds: float, number: int = 1, **given: Any) -> TicketCalled:
    return TicketCalled(**{**ticket(number), "called_at": at(seconds), "counter_id": "1", **given})


def served(seconds: float, number: int = 1, **given: Any) -> TicketServed:
    return TicketServed(**{**ticket(number), "served_at": at(seconds), "counter_id": "1", **given})


def states(*events: Any, wards: tuple[str, ...] = (), **asked: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """By ward and key."""
    rows = ENGINE.answer(entity_sql(THING, source=inline_events(events, wards), **asked))
    return {(row.pop("ward"), row.pop("key")): row for row in rows}


def test_what_the_events_say_of_an_entity() -> None:
    found = states(issued(10, priority="elderly"), called(70, call_no=1), called(50, call_no=2), served(200, rating=4))
    assert found == {
        ("w", "t-1"): {
            "newest_at": ms(200), "service": "ho_tich", "issued_at": ms(10), "seen_at": ms(10), "elder_at": ms(10),
            "served_at": ms(200), "state": 3, "call_no": 1, "counter": "1", "rating": 4, "priority": "elderly",
        }
    }  # fmt: skip


def test_what_has_not_happened_has_its_empty_value() -> None:
    assert states(served(30))["w", "t-1"] == {**EMPTY, "newest_at": ms(30), "served_at": ms(30), "state": 3}
    assert states(called(30))["w", "t-1"] == {
        **EMPTY, "newest_at": ms(30), "service": "ho_tich", "seen_at": ms(30), "state": 2, "call_no": 1,
        "counter": "1",
    }  # fmt: skip


def test_an_event_for_which_the_condition_does_not_hold_gives_nothing() -> None:
    one = states(issued(5), issued(20, priority="elderly"), issued(30, priority="normal"))["w", "t-1"]
    assert (one["issued_at"], one["elder_at"], one["priority"]) == (ms(5), ms(20), "elderly")


def test_an_attribute_that_is_not_set_leaves_the_value() -> None:
    assert states(served(10, rating=2), served(20))["w", "t-1"]["rating"] == 2
    assert states(served(10, rating=2), served(20, rating=5))["w", "t-1"]["rating"] == 5


def test_of_one_time_the_greater_id_stands() -> None:
    assert states(called(10, call_no=5), called(10, call_no=3))["w", "t-1"]["call_no"] == 3


def test_of_a_contradicted_constant_the_greatest_value_stands() -> None:
    first, second = issued(10, service_code="a"), called(20, service_code="b")
    assert states(first, second)["w", "t-1"]["service"] == "b"
    assert states(issued(10, service_code="b"), called(20, service_code="a"))["w", "t-1"]["service"] == "b"


def test_entities_are_told_apart_by_ward_and_key() -> None:
    found = states(issued(10), issued(20, number=2), issued(30), wards=("v", "v", "w"))
    assert {place: one["issued_at"] for place, one in found.items()} == {
        ("v", "t-1"): ms(10),
        ("v", "t-2"): ms(20),
        ("w", "t-1"): ms(30),
    }


def test_only_what_has_happened_by_a_time_counts() -> None:
    events = issued(10), called(20), served(30)
    assert states(*events, until_ms=str(ms(20)))["w", "t-1"]["state"] == 2
    assert states(*events, until_ms=str(ms(20) - 1))["w", "t-1"]["state"] == 1
    assert states(*events, until_ms=str(ms(10) - 1)) == {}


def test_the_origin_of_a_latest_value_is_the_event_that_gave_it() -> None:
    one = states(issued(10, priority="elderly"), issued(20), served(30, rating=3), served(40), with_origins=True)
    assert {name: value for name, value in one["w", "t-1"].items() if name.endswith("_origin")} == {
        "state_origin": [ms(40), "3"],
        "call_no_origin": [0, ""],
        "counter_origin": [0, ""],
        "rating_origin": [ms(30), "2"],
        "priority_origin": [ms(10), "0"],
    }
    assert not [name for name in states(issued(10))["w", "t-1"] if name.endswith("_origin")]


def test_events_of_other_kinds_and_topics_are_not_the_entitys() -> None:
    camera = OccupancySampled(camera_id="t-1", origin="frigate", count=3, at=at(50))
    assert states(issued(10), camera)["w", "t-1"]["newest_at"] == ms(10)


def detection(seconds: float, severity: Literal["detection", "alert"], ref: str) -> DetectionStarted:
    return DetectionStarted(
        camera_id="c", origin="frigate", event_ref=ref, detection="intrusion", object_class="person",
        severity=severity, started_at=at(seconds),
    )  # fmt: skip


def test_of_some_types_only_some_events_are_about_the_entity() -> None:
    events = detection(1, "alert", "a"), detection(2, "detection", "b")
    assert [row["key"] for row in ENGINE.answer(entity_sql(ALERT, source=inline_events(events)))] == ["a"]


def test_attributes_have_the_types_that_the_fold_takes() -> None:
    source = inline_events([issued(10, booked_online=True), issued(20), served(30, rating=4), served(40)])

    def attributes(event: Any, name: str) -> list[Any]:
        kind = event.kind
        return [
            row["value"]
            for row in ENGINE.answer(
                f"SELECT {attribute_sql(event, name)} AS value FROM {source} WHERE kind = '{kind}' ORDER BY at_ms "
                "SETTINGS output_format_json_quote_64bit_integers = 0"
            )
        ]

    assert attributes(TicketIssued, "issued_at") == [ms(10), ms(20)]
    assert attributes(TicketIssued, "booked_online") == [1, 0]
    assert attributes(TicketIssued, "priority") == ["normal", "normal"]
    assert attributes(TicketIssued, "kiosk_id") == ["k", "k"]
    assert attributes(TicketServed, "rating") == [4, 0]
    assert attributes(TicketServed, "dossier_ref") == ["", ""]


# Minute by minute


def minutes(
    *events: Any, first: int, last: int, fields: tuple[str, ...] = ("state",)
) -> dict[int, list[dict[str, Any]]]:
    """The states by the minute's number since the start."""
    found: dict[int, list[dict[str, Any]]] = {}
    rows = ENGINE.answer(
        minutes_sql(THING, fields, ms(first * 60), ms(last * 60), inline_events(events)) + " ORDER BY minute, key"
    )
    for row in rows:
        assert row.pop("ward") == "w"
        found.setdefault((row.pop("minute") - ms(0)) // MINUTE, []).append(row)
    return found


def states_by_minute(*events: Any, first: int, last: int) -> dict[int, list[int]]:
    return {minute: [row["state"] for row in rows] for minute, rows in minutes(*events, first=first, last=last).items()}


def test_a_minute_sees_what_has_happened_by_its_end() -> None:
    events = issued(60.001), called(120), called(120.001)
    assert states_by_minute(*events, first=1, last=4) == {2: [2], 3: [2], 4: [2]}
    assert states_by_minute(issued(60), called(180.001), first=1, last=4) == {1: [1], 2: [1], 3: [1], 4: [2]}


def test_what_happened_before_the_first_minute_is_known_in_it() -> None:
    events = issued(-4_000), called(-3_000), issued(150, number=2)
    assert states_by_minute(*events, first=1, last=3) == {1: [2], 2: [2], 3: [2, 1]}


def test_what_happens_after_the_last_minute_is_not_known() -> None:
    assert states_by_minute(issued(10), called(180), served(180.001), first=2, last=3) == {2: [1], 3: [2]}


def test_a_life_that_is_over_is_counted_for_a_while() -> None:
    """From its newest event on for two minutes, and until the end of the minute that this ends in."""
    assert states_by_minute(issued(10), served(70), first=1, last=9) == {1: [1], 2: [3], 3: [3]}
    assert states_by_minute(issued(10), served(60), first=1, last=9) == {1: [3], 2: [3], 3: [3]}
    assert states_by_minute(issued(10), served(59.999), first=1, last=9) == {1: [3], 2: [3]}
    assert states_by_minute(issued(10), served(70), called(200), first=3, last=9) == {3: [3], 4: [2], 5: [2]}


def test_the_newest_of_all_that_has_come_so_far_stands() -> None:
    found = minutes(
        issued(10, priority="elderly"), called(20, call_no=7), called(90, call_no=4), issued(100), called(310, call_no=1),
        first=1, last=6, fields=("service", "issued_at", "call_no", "priority", "rating"),
    )  # fmt: skip
    common = {
        "key": "t-1", "service": "ho_tich", "issued_at": ms(10), "served_at": NEVER, "priority": "elderly", "rating": -1,
    }  # fmt: skip
    first, second, third = (
        [{**common, "newest_at": ms(newest), "call_no": calls}] for newest, calls in ((20, 7), (100, 4), (310, 1))
    )
    assert found == {1: first, 2: second, 3: second, 4: second, 5: second, 6: third}


def test_a_later_constant_is_greater_or_does_not_stand() -> None:
    found = minutes(
        issued(10, service_code="b"), called(70, service_code="a"), called(130, service_code="c"),
        first=1, last=3, fields=("service",),
    )  # fmt: skip
    assert [row["service"] for rows in found.values() for row in rows] == ["b", "b", "c"]


# Old events that change nothing


def counted(rules: tuple[str, ...], *events: Any, until: int) -> list[int]:
    """Seconds of the events that are kept."""
    source = inline_events(events)
    kept = matters_sql(THING, [THING.fields[name] for name in rules], ms(until), source)
    rows = ENGINE.answer(f"SELECT at_ms FROM {source} WHERE 1{kept} ORDER BY at_ms")
    return [(row["at_ms"] - ms(0)) // 1000 for row in rows]


def test_of_old_events_that_say_it_all_by_their_type_the_first_and_the_last_are_kept() -> None:
    events = [issued(second) for second in (1, 2, 3, 4)] + [called(second) for second in (2, 3, 5)]
    assert counted(("issued_at", "seen_at", "state"), *events, until=10) == [1, 2, 4, 5]
    assert counted(("issued_at", "seen_at", "state"), *events, until=3) == [1, 2, 3, 3, 4, 5]
    other = [issued(second, number=2) for second in (1, 2, 3)]
    assert counted(("issued_at",), *events[:4], *other, until=10) == [1, 1, 3, 4]


def test_every_old_event_is_kept_whose_attributes_may_say_something() -> None:
    tickets = [issued(second) for second in (1, 2, 3)]
    ends = [served(second) for second in (5, 6, 7)]
    assert counted(("issued_at", "elder_at"), *tickets, until=10) == [1, 2, 3]
    assert counted(("elder_at",), *tickets, until=10) == [1, 2, 3]  # the condition may hold for any
    assert counted(("priority",), *tickets, until=10) == [1, 2, 3]
    assert counted(("service",), *tickets, until=10) == [1, 2, 3]  # any may be the greatest
    assert counted(("rating",), *ends, until=10) == [5, 6, 7]  # any may be the last one that is set
    calls = [called(second) for second in (1, 2, 3)]
    assert counted(("call_no",), *calls, until=10) == [1, 2, 3]  # nor has it to be set
    assert counted(("counter",), *calls, until=10) == [1, 3]
    assert counted(("service",), *ends, until=10) == [5, 7]  # not its events
