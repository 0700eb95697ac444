"""Deadlines: the expressions agree with the calendar, the law's supplement rule with worked examples, SQL with Python."""

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
from warehouse.model.deadline import WORKING_DAY, due_after, worked_later, working_days, working_time
from warehouse.model.expression import NEVER, Sql, Symbol
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
        "received_at": at(2, 8), "receipt_corrected_to": NEVER, "due_at": NEVER, "limit_value": 5, "limit_unit": "ngay_lam_viec", "state": 4,
        "requested_at": NEVER, "supplemented_at": NEVER, "due_named_at": 0, "rescheduled_at": NEVER,
        "asked_at": NEVER, "asked_again_at": NEVER,
    }  # fmt: skip
    return SimpleNamespace(**{**known, **fields})


@given(start=moments, value=st.integers(1, 60), unit=units)
def test_a_limit_ends_when_the_calendar_says(start: datetime, value: int, unit: LimitUnit) -> None:
    assert due_after(milliseconds(start), value, unit) == milliseconds(OFFICE.due(start, value, unit))


@pytest.mark.parametrize(
    ("unit", "limit", "expected"),
    [
        (
            "ngay_lam_viec",
            5,
            at(18, 17),
        ),  # handed in on Wednesday the 11th at 08:00, five days anew, to the end of the fifth
        ("gio", 8, at(12, 8)),
        ("ngay", 7, at(18, 17)),
    ],
)
def test_after_a_supplement_the_limit_begins_anew(unit: str, limit: int, expected: int) -> None:
    waited = {"requested_at": at(5, 8), "supplemented_at": at(11, 8)}
    assert due(dossier(limit_unit=unit, limit_value=limit, **waited)) == expected


def test_a_date_that_the_portal_gave_at_or_after_the_supplement_stands() -> None:
    waited = {"requested_at": at(5, 8), "supplemented_at": at(11, 8)}
    assert due(dossier(**waited, due_named_at=at(11, 8), due_at=at(25, 9))) == at(25, 9)
    assert due(dossier(**waited, due_named_at=at(12, 8), due_at=at(25, 9))) == at(25, 9)
    assert due(dossier(**waited, due_named_at=at(10, 8), due_at=at(25, 9))) == at(18, 17)
    assert due(dossier(**waited, rescheduled_at=at(12, 8), due_at=at(26, 9))) == at(26, 9)
    assert due(dossier(**waited, rescheduled_at=at(4, 8), due_at=at(9, 8))) == at(18, 17)


def test_near_due_and_overdue_move_with_the_clock_alone() -> None:
    one = dossier()
    assert due(one) == at(9, 17)
    # From Monday the 2nd at 08:00 there are 47 working hours, a third of which is 15 h 40 min.
    moments = (at(6, 7, 19), at(6, 7, 20), at(9, 17), at(9, 17, 1))
    seen = [(is_dossier_near_due(one, now), overdue(one, now)) for now in moments]
    assert [(bool(near), bool(late)) for near, late in seen] == [
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (at(2, 8), at(2, 17), 0),
        (at(2, 17), at(3, 7), 1),
        (at(6, 8), at(9, 8), 1),  # over a weekend
        (at(7, 8), at(9, 8), 1),  # from a Saturday
        (at(7, 8), at(8, 8), 0),
        (at(23, 8), at(25, 8), 1),  # the 24th is Culture Day
        (at(9, 8), at(6, 8), -1),
    ],
)
def test_working_days_are_counted_by_dates(start: int, end: int, days: int) -> None:
    assert working_days(start, end) == days


def test_working_time_is_symbolic_as_soon_as_a_side_is() -> None:
    assert working_time(at(9, 8), at(9, 10)) == 2 * 3_600_000
    sides = [working_time(Sql("a"), at(9, 8)), working_time(at(9, 8), Sql("b")), working_time(Sql("a"), Sql("b"))]
    assert all(isinstance(one, Sql) for one in sides)
    assert len({one.text for one in sides}) == 3


def test_a_working_day_is_what_the_office_works_on_one() -> None:
    assert working_time(at(16, 0), at(17, 0)) == WORKING_DAY


class Calculated(Symbol):
    """A symbol that calculates at once what is written with it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def written(self, operator: str, left: Any, right: Any) -> "Calculated":
        return Calculated({"+": plain(left) + plain(right), "-": plain(left) - plain(right)}[operator])

    def called(self, function: Any, *values: Any) -> "Calculated":
        return Calculated(function(*map(plain, values)))


def plain(value: Any) -> Any:
    return value.value if isinstance(value, Calculated) else value


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        *((due_after, (at(6, 16), 3, unit)) for unit in get_args(LimitUnit)),
        (worked_later, (at(6, 16), 3 * 3_600_000)),
        (working_time, (at(6, 16), at(9, 10))),
    ],
)
def test_of_symbols_the_same_is_calculated(rule: Any, values: tuple[Any, ...]) -> None:
    for place, value in enumerate(values):
        symbolic = rule(*values[:place], Calculated(value), *values[place + 1 :])
        assert isinstance(symbolic, Calculated)
        assert symbolic.value == rule(*values)


@pytest.mark.parametrize("rule", [worked_later, working_time])
def test_one_part_in_sql_makes_the_whole_sql(rule: Any) -> None:
    for values in ((Sql("start"), 3_600_000), (at(6, 16), Sql("amount")), (Sql("start"), Sql("amount"))):
        assert isinstance(rule(*values), Sql)


@pytest.mark.embedded
def test_sql_agrees_with_python(client: Client) -> None:
    migrate(client)
    views.sync_views(client)
    starts = [milliseconds(START + timedelta(hours=37 * number)) for number in range(120)]
    rows = [(s, number % 40 + 1, get_args(LimitUnit)[number % 3]) for number, s in enumerate(starts)]
    later = Sql("start + value * 3600000")
    asked = f"SELECT start, value, unit, {due_after(Sql('start'), Sql('value'), Sql('unit')).text}, {working_days(Sql('start'), later).text}"
    values = ", ".join(f"({s}, {value}, '{unit}')" for s, value, unit in rows)
    found = client.query(f"{asked} FROM values('start Int64, value Int64, unit String', {values})")
    assert len(found) == len(rows)
    for start, value, unit, ends, days in found:
        assert ends == due_after(start, value, unit)
        assert days == working_days(start, start + value * 3_600_000)
