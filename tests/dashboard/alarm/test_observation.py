"""What a rule's measure says, and in which words: of counters, the backup, the calendar."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from dashboard.alarm.observation import UNKNOWN, observe
from dashboard.alarm.sentence import alarm_sentence
from dashboard.state.alarm import begin_alarm
from dashboard.system_status import SystemStatus
from ingest.contract.calendar import announced_days_off, ward_moment
from ingest.contract.clock import milliseconds
from tests.dashboard.support.alarms import raised
from tests.dashboard.support.ward import NOW, NOW_MS, board_state, flow, stock
from warehouse.catalogue import alarm_rules
from warehouse.maintenance.status import JobState


def measured(rule, state):
    """How bad it is, and what the alarm would say."""
    found = observe(alarm_rules()[rule], state, {}).of("")
    alarm = begin_alarm(raised(rule, "", value=found.value, names=" ".join(found.names)))
    return alarm_rules()[rule].threshold.status(found.value), alarm_sentence(alarm, state)


@pytest.mark.parametrize(
    ("waiting", "is_open", "expected"),
    [
        (23, 11, ("normal", "Ít quầy mở: 2,1 người/quầy đang chờ")),
        (23, 5, ("warning", "Ít quầy mở: 4,6 người/quầy đang chờ")),
        (23, 0, ("critical", "Ít quầy mở: 23 người/quầy đang chờ")),
        (0, 0, ("normal", "Ít quầy mở: 0 người/quầy đang chờ")),
    ],
)
def test_few_counters_against_those_who_wait(waiting, is_open, expected):
    state = board_state("vi", [stock("Q02", waiting), stock("Q08", is_open, 13)])
    status, said = measured("queue.few_counters", state)
    assert (status, said.replace("\u00a0", " ")) == expected


def test_counters_that_are_silent_are_named():
    since = milliseconds(NOW - timedelta(days=31))
    state = board_state("vi", [stock("Q13", 1), stock("Q13", 1, split=("silent_since", f"quay-7 {since}"))])
    status, said = measured("queue.counters_silent", state)
    assert (status, said.replace("\u00a0", " ")) == ("warning", "1 quầy không có tín hiệu quá 30 ngày: quay-7")


def test_a_backup_that_was_missed():
    def state(**told):
        return board_state("vi", system_status=SystemStatus(backup=JobState(**told)))

    assert measured("system.backup_missed", state(done_at=NOW - timedelta(hours=20)))[0] == "normal"
    late = measured("system.backup_missed", state(done_at=NOW - timedelta(hours=31), failed=True))
    assert late == ("warning", "Chưa sao lưu được 31 giờ")
    never = measured("system.backup_missed", state(tried_at=NOW, failed=True))
    assert never == ("critical", "Chưa sao lưu được lần nào")
    assert observe(alarm_rules()["system.backup_missed"], board_state("vi"), {}) == UNKNOWN, "none is made here"


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (60, ("normal", "Còn 60 ngày là sang năm chưa có lịch nghỉ: hạn trả hồ sơ có thể sai")),
        (44, ("warning", "Còn 44 ngày là sang năm chưa có lịch nghỉ: hạn trả hồ sơ có thể sai")),
        (-10, ("critical", "Còn 0 ngày là sang năm chưa có lịch nghỉ: hạn trả hồ sơ có thể sai")),
    ],
)
def test_days_off_that_are_not_announced(days, expected):
    unknown = datetime(max(announced_days_off()) + 1, 1, 1, tzinfo=UTC)
    state = board_state("vi", now_ms=milliseconds(unknown - timedelta(days=days)))
    assert measured("system.calendar", state) == expected
    assert measured("system.calendar", board_state("vi", now_ms=NOW_MS))[0] == "normal"


def entered(id, *covers_from):
    return [flow(id, milliseconds(ward_moment(day, time())), 5)._replace(denominator=1) for day in covers_from]


@pytest.mark.parametrize(
    ("today", "newest", "due", "late"),
    [
        (date(2026, 11, 24), date(2026, 10, 1), "normal", "normal"),
        (date(2026, 12, 2), date(2026, 10, 1), "warning", "normal"),
        (date(2026, 12, 5), date(2026, 10, 1), "warning", "normal"),
        (date(2026, 12, 6), date(2026, 10, 1), "normal", "warning"),
        (date(2026, 12, 6), date(2026, 11, 1), "normal", "normal"),
        (date(2026, 12, 6), None, "normal", "normal"),
    ],
)
def test_a_figure_that_people_enter_is_asked_for_and_missed_and_one_that_was_never_entered_is_not(
    today, newest, due, late
):
    state = board_state("vi", entered("K01", newest) if newest else [])
    state = replace(state, now_ms=milliseconds(ward_moment(today, time(9))))
    found = (measured("figure.due", state), measured("figure.late", state))
    assert (found[0][0], found[1][0]) == (due, late)
    assert late != "warning" or found[1][1] == "1 số liệu quá hạn chưa nhập"


def test_what_was_withdrawn_is_missed():
    values = [*entered("K01", date(2026, 10, 1)), *entered("K01", date(2026, 11, 1))]
    state = board_state("vi", [values[0], values[1]._replace(numerator=0, denominator=0)])
    state = replace(state, now_ms=milliseconds(ward_moment(date(2026, 12, 6), time(9))))
    assert measured("figure.late", state)[0] == "warning"
