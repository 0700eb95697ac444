"""What a log of events says of alarms, whoever wrote into it and however often: of what contradicts itself the first holds."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.alarm.event_log.events import act_event, channel_event, decision_event, decision_id, wrap
from dashboard.alarm.event_log.fold import AlarmFold, fold_events
from dashboard.state.alarm import Alarm
from ingest.contract.clock import moment
from ingest.contract.envelope import encode
from tests.dashboard.support.alarms import after, envelopes, raised, records
from warehouse.store.alarm_log import SYSTEM, Kind

RAISED = raised()
SEEN = after(RAISED, ("acknowledged", "lan", "", 3), ("cleared", SYSTEM, "", 1))


def decision(alarm: Alarm, kind: Kind, number: int, severity="warning", ago_ms=0, what=""):
    """A decision as a process would write it that believes that it is the next."""
    act = alarm.acts[0]._replace(kind=kind, severity=severity, at_ms=RAISED.at_ms + ago_ms, what=what)
    if kind == "raised":
        act = act._replace(alarm=decision_id(alarm.key, number))
    at = moment(act.at_ms)
    return wrap(
        decision_event(act, number, at), decision_id(alarm.key, number), ward="hong-bang", process="alarm", now=at
    )


def folded(*events) -> AlarmFold:
    fold = AlarmFold()
    for one in events:
        fold.take(one)
    return fold


def test_a_log_read_twice_or_written_twice_is_the_same():
    log = records(*SEEN.acts)
    assert fold_events(log) == fold_events([*log, *log]) == [SEEN]


def test_without_its_beginning_there_is_no_alarm():
    assert fold_events(records(*SEEN.acts)[1:]) == []


def test_of_two_that_decide_at_once_the_first_in_the_log_is_heard():
    alarm = after(RAISED)
    first = envelopes(RAISED)
    escalated, cleared = decision(alarm, "escalated", 1, ago_ms=1000), decision(alarm, "cleared", 1, ago_ms=1001)
    assert escalated.id == cleared.id
    for one, other in ((escalated, cleared), (cleared, escalated)):
        (found,) = folded(*first, one, other).alarms.values()
        assert [act.kind for act in found.acts] == ["raised", one.data.kind.removeprefix("alarm.")]


def test_there_is_never_a_second_active_one_of_a_rule_and_subject():
    alarm = after(RAISED)
    fold = folded(*envelopes(RAISED), decision(alarm, "raised", 5, ago_ms=5000))
    assert list(fold.alarms) == [RAISED.alarm]
    cleared = decision(alarm, "cleared", 6, ago_ms=6000)
    again = decision(alarm, "raised", 7, ago_ms=7000)
    for one in (cleared, again):
        fold.take(one)
    assert [one.is_active for one in fold.alarms.values()] == [False, True]
    assert fold.active()[alarm.key].id == again.id == decision_id(alarm.key, 7)


def test_what_was_acknowledged_is_what_the_person_saw():
    """It got worse before the click was in the log: it goes on calling."""
    alarm = after(RAISED)
    worse = decision(alarm, "risen", 1, "critical", 1000)
    late = act_event(alarm, "acknowledged", "lan", "", moment(RAISED.at_ms + 1001))
    click = wrap(late, "c" * 32, ward="hong-bang", process="board", now=moment(RAISED.at_ms + 1001))
    (found,) = folded(*envelopes(RAISED), worse, click).alarms.values()
    assert found.calls
    (found,) = folded(*envelopes(RAISED), click, worse).alarms.values()
    assert found.calls
    assert found.first_acknowledged_ms


def test_an_escalation_that_came_behind_an_acknowledgement_is_none():
    alarm = after(RAISED, ("acknowledged", "lan", "", 3))
    (found,) = folded(*envelopes(*alarm.acts), decision(alarm, "escalated", 1, ago_ms=90_000)).alarms.values()
    assert found == alarm


def test_what_is_forgotten_does_not_come_back_with_the_log():
    fold = folded(*envelopes(*SEEN.acts))
    fold.forget(SEEN.changed_ms + 1)
    assert fold.alarms == {}
    for one in envelopes(*SEEN.acts):
        fold.take(one)
    assert fold.alarms == {}


def test_a_channel_fails_since_the_first_time_and_until_it_is_restored():
    at = moment(RAISED.at_ms)
    events = [
        channel_event("mail", why, at + timedelta(seconds=seconds))
        for seconds, why in enumerate(("SMTP 451", "OSError", ""))
    ]
    one, two, three = (
        wrap(event, f"x{number}", ward="w", process="alarm", now=at) for number, event in enumerate(events)
    )
    assert folded(one, two).faults == {"mail": (RAISED.at_ms, "SMTP 451")}
    assert folded(one, two, three).faults == {}


KINDS = st.sampled_from(["raised", "risen", "escalated", "cleared"])


@given(
    st.lists(st.tuples(KINDS, st.integers(0, 4), st.sampled_from(["warning", "critical"])), max_size=12), st.randoms()
)
def test_whatever_two_processes_wrote_all_who_read_it_agree(written, random):
    """Also those who had read a part before, and read it all once more, as after a lost connection."""
    alarm = after(RAISED)
    log = [
        encode(decision(alarm, kind, number, severity, place)) for place, (kind, number, severity) in enumerate(written)
    ]
    once = fold_events(log)
    assert fold_events([*log[: random.randint(0, len(log))], *log]) == once
    assert sum(one.is_active for one in once) <= 1
