"""The oracle of the alarms finds what is wrong, and nothing where nothing is."""

from commands.developers.nemesis.oracle.alarms import check_alarms, check_shown
from commands.developers.nemesis.oracle.findings import Findings
from commands.developers.nemesis.sources.people import ToldMessage
from tests.dashboard.support.alarms import after, envelopes, raised
from warehouse.store.alarm_log import SYSTEM

ALARM = after(
    raised("system.stream", "ioc.x.v1", "critical"),
    ("told", SYSTEM, "webhook", 3),
    ("commented", "lan", "lời 1", 2),
)
LOG = envelopes(*ALARM.acts)
RAISED, TOLD, COMMENTED = LOG
ANSWERED = [(ALARM.id, "lời 1")]
MESSAGE = ToldMessage(RAISED.id, ALARM.id, "alarm.raised")


def found(log=LOG, answered=ANSWERED, told=(MESSAGE,)):
    findings = Findings()
    check_alarms(list(log), list(answered), list(told), findings)
    return {kind: count for kind, count in findings.counts.items() if count}


def test_what_is_right_is_found_right_also_where_a_message_came_twice():
    assert found() == {}
    assert found(told=(MESSAGE, MESSAGE)) == {}
    assert found(answered=()) == {}


def test_an_act_that_is_lost_or_stored_twice_is_found():
    assert found(log=LOG[:2]) == {"lost": 1}
    assert found(log=(*LOG, COMMENTED.model_copy(update={"id": "0" * 32}))) == {"doubled": 1}


def test_a_decision_that_is_stored_twice_is_found():
    again = RAISED.model_copy(update={"id": "1" * 32})
    assert found(log=(*LOG, again)) == {"doubled": 1}


def test_what_was_told_under_two_ids_or_under_none_is_found():
    again = RAISED.model_copy(update={"id": "1" * 32, "data": RAISED.data.model_copy(update={"number": 7})})
    assert found(log=(*LOG, again), told=(MESSAGE, MESSAGE._replace(id="1" * 32))) == {"doubled": 1}
    assert found(told=(MESSAGE, MESSAGE._replace(id="2" * 32)))["invented"] == 1
    assert found(told=()) == {"invented": 1}, "the log says that it was told"
    assert found(log=(*LOG, TOLD.model_copy(update={"id": "3" * 32}))) == {"doubled": 1}


def test_who_was_told_and_never_hears_of_the_end_is_found():
    ended = after(raised(), ("cleared", SYSTEM, "", 1), ("not_told", SYSTEM, "webhook: cleared", 1))
    log = envelopes(*ended.acts)
    assert found(log, (), ()) == {}
    message = ToldMessage(log[0].id, ended.id, "alarm.raised")
    assert found(log, (), (message,)) == {"mismatched": 1}
    assert found(log, (), (message._replace(is_accepted=False),)) == {}


def test_a_board_that_shows_something_else_is_found():
    assert check_shown(LOG, {ALARM.id: [one.id for one in LOG]}) == []
    assert check_shown(LOG, {ALARM.id: [RAISED.id]}) == [ALARM.id]
    assert check_shown(LOG, {}) == [ALARM.id]
    assert check_shown(LOG[:0], {"x": []}) == ["x"]
