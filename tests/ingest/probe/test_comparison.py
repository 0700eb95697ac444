"""What has changed since the answer before is told, once, and nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.contract.connector import ProbedDevice
from ingest.probe.comparison import KnownDevice, compare_answer, compare_list, count_answer, whole_answer
from ingest.probe.question import ProbeAnswer

BEGIN = datetime(2026, 11, 19, 1, tzinfo=UTC)
STEP = timedelta(seconds=30)
PRINTER = ProbedDevice(device="MI-01", category="may_in", by="snmp", addresses=("10.0.0.1",))
YES, NO = ProbeAnswer(reached=True, sent=1, answered=1, delay_ms=4.4), ProbeAnswer(sent=1)


def told(*answers: ProbeAnswer) -> list[dict[str, Any]]:
    known, found = KnownDevice(device=PRINTER), []
    for number, answer in enumerate(answers):
        known, said = compare_answer(known, answer, BEGIN + number * STEP)
        found += said
    return found


def short(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["told"], one.get("code"), one.get("is")) for one in found]


def test_one_lost_answer_is_no_outage_and_two_are_one_from_the_first_on() -> None:
    assert short(told(YES, YES, NO, YES)) == [("reached", None, True)]
    up, down, again = told(YES, NO, NO, NO, YES)
    assert (up["is"], down["is"], again["is"]) == (True, False, True)
    assert down["at"] == down["down_since"] == again["down_since"] == (BEGIN + STEP).isoformat(timespec="milliseconds")
    assert "down_since" not in up


def test_what_never_answered_is_not_missed() -> None:
    assert told(NO, NO, NO) == []


def test_faults_and_supplies_are_told_when_they_begin_and_end() -> None:
    wrong = ProbeAnswer(reached=True, open={"fault:no_paper": None, "supply:toner": 4})
    fine = ProbeAnswer(reached=True, open={"supply:toner": 3})
    found = told(wrong, wrong, NO, fine, YES)
    assert short(found) == [
        ("reached", None, True), ("fault", "no_paper", True), ("supply", "toner", True), ("fault", "no_paper", False),
    ]  # fmt: skip
    assert found[2]["level"] == 4


def test_a_list_tells_what_came_what_changed_and_what_went() -> None:
    elsewhere, by_ping = (PRINTER.model_copy(update=one) for one in ({"place": "quay_4"}, {"by": "ping"}))
    known, said = compare_list({}, (PRINTER,), BEGIN)
    assert short(said) == [("listed", None, True)]
    assert compare_list(known, (PRINTER,), BEGIN)[1] == []
    for answer, at in ((YES, BEGIN), (NO, BEGIN + STEP), (NO, BEGIN + 2 * STEP)):
        known = {"MI-01": compare_answer(known["MI-01"], answer, at)[0]}
    moved, said = compare_list(known, (elsewhere,), BEGIN)
    assert (short(said), moved["MI-01"].is_up) == ([("listed", None, True)], False)
    other, said = compare_list(known, (by_ping,), BEGIN)
    assert (short(said), other["MI-01"].is_up) == ([("outage_over", None, None), ("listed", None, True)], None)
    gone, said = compare_list(known, (), BEGIN)
    assert (short(said), gone) == ([("outage_over", None, None), ("listed", None, False)], {})


def test_loss_and_delay_of_five_minutes() -> None:
    known, found = KnownDevice(device=PRINTER), []
    for number in range(11):
        known, said = count_answer(known, NO if number == 3 else YES, BEGIN + number * STEP)
        found += said
    assert [(one["loss"], one["delay_ms"]) for one in found] == [(10, 4)]


def test_each_answer_is_told_where_the_way_says_so_but_not_the_first_that_is_lost() -> None:
    known, _ = compare_answer(KnownDevice(device=PRINTER), YES, BEGIN)
    assert [one["is"] for one in whole_answer(known, YES, BEGIN)] == [True]
    missed, _ = compare_answer(known, NO, BEGIN)
    assert list(whole_answer(missed, NO, BEGIN)) == []
    down, _ = compare_answer(missed, NO, BEGIN)
    assert [one["is"] for one in whole_answer(down, NO, BEGIN)] == [False]
