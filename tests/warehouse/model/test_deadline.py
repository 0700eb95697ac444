"""Deadlines: the expressions agree with the calendar, the two supplement rules with worked examples, SQL with Python."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.contract.calendar import OFFICE, LimitUnit, ward_moment
from ingest.contract.clock import milliseconds
from warehouse import views
from warehouse.indicators.dossier import due, is_dossier_near_due, overdue
from warehouse.model.deadline import SupplementRule, due_after, due_paused, working_time
from warehouse.model.expression import NEVER, Sql
from warehouse.store.client import Client
from warehouse.store.migrate import migrate

START = datetime(2025, 7, 1, tzinfo=UTC)
moments = st.integers(0, 500 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
units = st.sampled_from(get_args(LimitUnit))


def at(day: int, hour: int, minute: int = 0) -> int:
    """A local time in November 2026; the 16th is a Monday."""
    return milliseconds(ward_moment(date(2026, 11, day), time(hour, minute)))


def dossier(**fields: Any) -> Any:
    known = {
        "received_at": at(2, 8), "due_at": NEVER, "limit_value": 5, "limit_unit": "ngay_lam_viec", "state": 4,
        "requested_at": NEVER, "supplemented_at": NEVER, "supplement_due_at": NEVER, "rescheduled_at": NEVER,
        "completed_at": NEVER, "returned_at": NEVER, "withdrawn_at": NEVER, "asked_again_at": NEVER,
    }  # fmt: skip
    return SimpleNamespace(**{**known, **fields})


@given(start=moments, value=st.integers(1, 60), unit=units)
def test_a_limit_ends_when_the_calendar_says(start: datetime, value: int, unit: LimitUnit) -> None:
    assert due_after(milliseconds(start), value, unit) == milliseconds(OFFICE.due(start, value, unit))


@pytest.mark.parametrize(
    ("rule", "unit", "limit", "expected"),
    [
        ("restart", "ngay_lam_viec", 5, at(18, 8)),  # handed in on Wednesday the 11th at 08:00, five days anew
        ("pause", "ngay_lam_viec", 5, at(13, 8)),  # due on Monday the 9th, four working days were waited
        ("restart", "gio", 8, at(12, 8)),
        ("pause", "gio", 8, at(9, 8)),
        ("restart", "ngay", 7, at(18, 17)),
        ("pause", "ngay", 7, at(16, 17)),  # the 9th, six calendar days waited: Sunday the 15th, so Monday
    ],
)
def test_the_two_supplement_rules(rule: SupplementRule, unit: str, limit: int, expected: int) -> None:
    waited = {"requested_at": at(5, 8), "supplemented_at": at(11, 8)}
    asked = dossier(limit_unit=unit, limit_value=limit, **waited)
    assert due(asked, rule) == expected


def test_a_date_that_the_portal_gave_at_or_after_the_supplement_stands() -> None:
    waited = {"requested_at": at(5, 8), "supplemented_at": at(11, 8)}
    assert due(dossier(**waited, supplement_due_at=at(25, 9), due_at=at(25, 9)), "restart") == at(25, 9)
    assert due(dossier(**waited, rescheduled_at=at(12, 8), due_at=at(26, 9)), "pause") == at(26, 9)
    assert due(dossier(**waited, rescheduled_at=at(4, 8), due_at=at(9, 8)), "restart") == at(18, 8)


def test_near_due_and_overdue_move_with_the_clock_alone() -> None:
    one = dossier()
    assert due(one, "restart") == at(9, 8)
    seen = [(is_dossier_near_due(one, now), overdue(one, now)) for now in (at(5, 17), at(6, 8), at(9, 8), at(9, 8, 1))]
    assert [(bool(near), bool(late)) for near, late in seen] == [
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("unit", "due_at", "asked_at", "answered_at"),
    [
        ("ngay", at(9, 17), at(5, 8), at(5, 10)),  # answered on the same day
        ("ngay", at(9, 17), at(5, 8), at(4, 8)),  # answered before it was asked
        ("gio", at(9, 10), at(7, 8), at(7, 10)),  # a Saturday
        ("ngay_lam_viec", at(9, 10), at(7, 8), at(8, 10)),
        ("gio", at(9, 10), at(6, 10), at(6, 9)),
    ],
)
def test_a_limit_that_did_not_stand_still_ends_when_it_would_have(
    unit: str, due_at: int, asked_at: int, answered_at: int
) -> None:
    assert due_paused(due_at, unit, asked_at, answered_at) == due_at


def test_working_time_is_symbolic_as_soon_as_a_side_is() -> None:
    assert working_time(at(9, 8), at(9, 10)) == 2 * 3_600_000
    sides = [working_time(Sql("a"), at(9, 8)), working_time(at(9, 8), Sql("b")), working_time(Sql("a"), Sql("b"))]
    assert all(isinstance(one, Sql) for one in sides)
    assert len({one.text for one in sides}) == 3


@pytest.mark.embedded
def test_sql_agrees_with_python(client: Client) -> None:
    migrate(client)
    views.sync_views(client)
    starts = [milliseconds(START + timedelta(hours=37 * number)) for number in range(120)]
    rows = [(s, number % 40 + 1, get_args(LimitUnit)[number % 3]) for number, s in enumerate(starts)]
    waits = ((500_000_000, 100_000_000), (7_200_000, 3_600_000), (3_600_000, 7_200_000), (100_000_000, 500_000_000))
    paused = [
        due_paused(Sql("start"), Sql("unit"), Sql(f"start - {asked}"), Sql(f"start - {answered}")).text
        for asked, answered in waits  # days, the same hour of a day, and answers that are older than the question
    ]
    asked = (
        f"SELECT start, value, unit, {due_after(Sql('start'), Sql('value'), Sql('unit')).text}, [{', '.join(paused)}]"
    )
    values = ", ".join(f"({s}, {value}, '{unit}')" for s, value, unit in rows)
    found = client.query(f"{asked} FROM values('start Int64, value Int64, unit String', {values})")
    assert len(found) == len(rows)
    for start, value, unit, ends, waited in found:
        assert ends == due_after(start, value, unit)
        assert list(waited) == [
            due_paused(start, unit, start - asked_ms, start - answered_ms) for asked_ms, answered_ms in waits
        ]
