"""What an alarm is after each act, worked out by hand."""

from dashboard.state.alarm import NO_ALARMS, Alarm, Measured, begin_alarm, combine_alarms
from warehouse.store.alarm_log import Act, Kind


def act(number: int, kind: Kind, at_ms: int, severity="warning", who="lan", what="", alarm="a", subject="s") -> Act:
    return Act(alarm, number, kind, "r", subject, severity, 7.0, who, what, -1, at_ms)


RAISED = act(0, "raised", 100)


def after(*acts: Act) -> Alarm:
    return begin_alarm(RAISED).after(*acts)


def test_a_raised_alarm_calls():
    one = begin_alarm(RAISED)
    assert one == Alarm((RAISED,), "warning", 100)
    assert (one.id, one.key, one.raised_ms, one.changed_ms) == ("a", ("r", "s"), 100, 100)
    assert one.is_active
    assert one.calls
    assert not one.is_acknowledged
    assert one.alert == RAISED
    assert one.first_acknowledged_ms == 0


def test_who_acknowledges_silences_it_until_it_gets_worse():
    seen, worse = act(1, "acknowledged", 200), act(2, "risen", 300, "critical")
    one = after(seen)
    assert (one.acknowledged_ms, one.acknowledged_by, one.is_acknowledged, one.calls) == (200, "lan", True, False)
    assert (one.changed_ms, one.alert, one.alerted_ms, one.first_acknowledged_ms) == (200, RAISED, 100, 200)
    told = after(seen, act(3, "escalated", 250)).after(worse)
    assert (told.severity, told.alerted_ms, told.acknowledged_ms, told.acknowledged_by) == ("critical", 300, 0, "")
    assert (told.escalated_ms, told.calls, told.alert, told.first_acknowledged_ms) == (0, True, worse, 200)
    assert told.after(act(4, "acknowledged", 400, who="minh")).first_acknowledged_ms == 200


def test_it_is_known_as_it_was_after_each_act():
    worse, seen = act(1, "risen", 200, "critical"), act(2, "acknowledged", 300)
    whole = after(worse, seen, act(3, "cleared", 400))
    assert [whole.until(one) for one in whole.acts] == [begin_alarm(RAISED), after(worse), after(worse, seen), whole]


def test_what_people_do_is_kept():
    one = after(act(1, "assigned", 110, what="minh"), act(2, "ticked", 120, what="1"), act(3, "ticked", 130, what="3"))
    assert (one.assigned_to, one.ticked, one.changed_ms) == ("minh", frozenset({1, 3}), 130)
    assert one.after(act(4, "unticked", 140, what="1")).ticked == frozenset({3})
    assert one.after(act(4, "unticked", 140, what="2")).ticked == frozenset({1, 3})
    assert one.after(act(4, "assigned", 140, what="")).assigned_to == ""
    told = one.after(act(4, "escalated", 150), act(5, "told", 90, what="mail"))
    assert (told.escalated_ms, told.changed_ms, len(told.acts)) == (150, 150, 6)


def test_a_cleared_alarm_calls_nobody():
    one = after(act(1, "cleared", 200))
    assert (one.cleared_ms, one.is_active, one.calls) == (200, False, False)


def test_they_stand_in_the_order_in_which_somebody_has_to_look():
    calls = begin_alarm(act(0, "raised", 300, alarm="c"))
    older = begin_alarm(act(0, "raised", 200, alarm="d"))
    critical = begin_alarm(act(0, "raised", 400, "critical", alarm="e"))
    seen = begin_alarm(act(0, "raised", 50, "critical", alarm="f")).after(act(1, "acknowledged", 60, alarm="f"))
    early, late = (
        begin_alarm(act(0, "raised", 1, alarm=id)).after(act(1, "cleared", at, alarm=id))
        for id, at in (("g", 10), ("h", 20))
    )
    shown = combine_alarms([early, seen, calls, late, critical, older], {("r", "s"): Measured(3.0)}, is_quiet=True)
    assert [one.id for one in shown.active] == ["e", "d", "c", "f"]
    assert [one.id for one in shown.calling] == ["e", "d", "c"]
    assert [one.id for one in shown.cleared] == ["h", "g"]
    assert shown.find("f") == seen
    assert shown.find("g") == early
    assert shown.find("x") is None
    assert (shown.is_quiet, shown.critical_passes, shown.measured["r", "s"].value) == (True, True, 3.0)
    assert (NO_ALARMS.is_quiet, NO_ALARMS.critical_passes, NO_ALARMS.active) == (False, True, ())
