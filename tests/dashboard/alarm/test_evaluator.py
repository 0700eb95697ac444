"""Whatever comes, in whatever order of times: what an alarm may never do."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from dashboard.alarm.evaluator import AlarmState, EvaluationPace, EvaluationTime, evaluate, next_act
from dashboard.alarm.event_log.events import decision_id
from dashboard.alarm.event_log.fold import fold_events
from dashboard.state.alarm import SEVERITIES, Alarm, Measured, begin_alarm, combine_alarms
from ingest.contract.label import Label
from tests.dashboard.support.alarms import records
from warehouse.indicators import queue
from warehouse.model.alarm_rule import AlarmRule, MeasuredFigure, NoEvent, Rise
from warehouse.model.indicator import Threshold
from warehouse.store.alarm_log import SYSTEM

PACE = EvaluationPace(settle_ms=10_000, longest_gap_ms=30_000)
SECOND = 1000


def rule(**changed) -> AlarmRule:
    declared = {
        "id": "r",
        "sentence": Label("", ""),
        "measure": MeasuredFigure(queue.WAITING),
        "page": "/",
        "limits": Threshold(warning=10, critical=20),
        "clear": 5,
        "hold": timedelta(seconds=2),
        "clear_hold": timedelta(seconds=3),
        "escalate_after": timedelta(seconds=30),
    }
    return AlarmRule(**{**declared, **changed})


BEGIN_MS = 1_800_000_000_000


def watched(one: AlarmRule, looks, state=None, begin_ms=BEGIN_MS):
    """Every act of a run of looks, each (seconds since the last one, value or None, whether the office is open)."""
    state, acts, now_ms = state or AlarmState(), [], begin_ms
    for step, value, is_open in looks:
        now_ms += step * SECOND
        state, new = evaluate(
            one, "s", state, None if value is None else Measured(value), EvaluationTime(now_ms, is_open, PACE)
        )
        acts += new
    return state, acts


def steady(value, seconds, is_open=True):
    return [(1, value, is_open)] * seconds


def kinds(acts):
    return [act.kind for act in acts]


SETTLED = steady(0.0, 12)

values = st.one_of(st.none(), st.floats(0, 30, allow_nan=False))
looks = st.lists(
    st.tuples(st.sampled_from([-3600, -1, 0, 1, 1, 1, 5, 31, 28_800]), values, st.booleans()), max_size=120
)
made = st.sampled_from([
    rule(), rule(clear=None, hold=timedelta(), clear_hold=timedelta()), rule(in_opening_hours=True),
    rule(limits=Threshold(warning=None, critical=15)), rule(limits=Threshold(warning=10, critical=5, below=True), clear=12),
    rule(measure=Rise(queue.WAITING, within=timedelta(seconds=20)), clear=0),
])  # fmt: skip


@given(made, looks)
def test_a_log_is_always_whole(one, run):
    _, acts = watched(one, run)
    active: Alarm | None = None
    for act in acts:
        if act.kind == "raised":
            assert active is None, "never two of one rule and subject"
            active = begin_alarm(act)
            continue
        assert active is not None, "only what is active clears, gets worse or is escalated"
        assert act.number == len(active.acts)
        assert SEVERITIES.index(act.severity) >= SEVERITIES.index(active.severity), "it never falls"
        if act.kind == "risen":
            assert act.severity != active.severity
        active = active.after(act)
        if act.kind == "cleared":
            active = None
    alarms = fold_events(records(*acts))
    assert len(combine_alarms(alarms, {}).active) == (active is not None)


@given(made, st.floats(0, 30, allow_nan=False), looks)
def test_a_constant_value_never_flaps(one, value, before):
    state, _ = watched(one, before)
    _, acts = watched(one, steady(value, 100), state, begin_ms=10_000_000)
    assert kinds(acts).count("raised") <= 1
    assert kinds(acts).count("cleared") <= 1
    if "raised" in kinds(acts) and not isinstance(one.measure, Rise):
        assert "cleared" not in kinds(acts)[kinds(acts).index("raised") :]


@given(made, st.lists(st.sampled_from([-86_400, 31, 3600, 28_800]), min_size=1, max_size=5), st.floats(0, 30))
def test_a_jump_of_the_clock_alone_does_nothing(one, jumps, value):
    """However long the PC slept, and whatever it finds then, nothing happens before it has looked for a while."""
    state, _ = watched(one, steady(None, 12))
    state, acts = watched(one, [(jump, value, True) for jump in jumps], state, state.watch.looked_ms)
    assert acts == []
    _, acts = watched(one, steady(value, 9), state, begin_ms=state.watch.looked_ms)
    assert acts == []


@given(looks)
def test_the_log_gives_the_same_alarms_however_often_each_record_is_in_it(run):
    _, acts = watched(rule(), run)
    log = records(*acts)
    again = [one for place, record in enumerate(log) for one in (record, *log[: place + 1])]
    assert fold_events(log) == fold_events(again)


def test_it_is_raised_after_the_hold_and_cleared_behind_its_own_limit():
    state, acts = watched(rule(), [*SETTLED, *steady(11.0, 2)])
    assert acts == []
    state, acts = watched(rule(), steady(11.0, 1), state, state.watch.looked_ms)
    assert kinds(acts) == ["raised"]
    assert acts[0].severity == "warning"
    state, acts = watched(rule(), steady(7.0, 20), state, state.watch.looked_ms)
    assert acts == [], "within the limit, but not yet behind the clear limit"
    state, acts = watched(rule(), [*steady(4.0, 3), *steady(7.0, 1), *steady(4.0, 3)], state, state.watch.looked_ms)
    assert acts == [], "not for long enough"
    state, acts = watched(rule(), steady(4.0, 1), state, state.watch.looked_ms)
    assert kinds(acts) == ["cleared"]
    assert state.alarm is None


def test_it_calls_again_when_it_gets_worse():
    state, acts = watched(rule(), [*SETTLED, *steady(11.0, 4)])
    seen = state.alarm.after(next_act(state.alarm, "acknowledged", state.watch.looked_ms, "lan"))
    assert not seen.calls
    state, acts = watched(rule(), steady(25.0, 4), state._replace(alarm=seen), state.watch.looked_ms)
    assert [(act.kind, act.severity, act.value) for act in acts] == [("risen", "critical", 25.0)]
    assert state.alarm.calls
    state, acts = watched(rule(), steady(11.0, 10), state, state.watch.looked_ms)
    assert acts == []
    assert state.alarm.severity == "critical", "better again, but still an alarm: it does not fall"


def test_nobody_acknowledges_and_others_are_told_once():
    state, acts = watched(rule(), [*SETTLED, *steady(11.0, 120)])
    assert kinds(acts) == ["raised", "escalated"]
    assert acts[1].at_ms - acts[0].at_ms == 30 * SECOND
    state, acts = watched(rule(), steady(25.0, 60), state, state.watch.looked_ms)
    assert kinds(acts) == ["risen", "escalated"]


def test_what_is_not_known_neither_raises_nor_clears():
    state, acts = watched(rule(), [*SETTLED, *steady(11.0, 1), *steady(None, 9), *steady(11.0, 1)])
    assert acts == [], "the time without knowledge does not count"
    state, _ = watched(rule(), steady(11.0, 3), state, state.watch.looked_ms)
    assert state.alarm
    _, acts = watched(rule(), [*steady(4.0, 2), *steady(None, 20), *steady(4.0, 2)], state, state.watch.looked_ms)
    assert acts == []


def test_out_of_hours_what_is_meant_for_them_is_not_raised_and_clears():
    one = rule(in_opening_hours=True, measure=NoEvent(queue.TICKETS))
    _, acts = watched(one, [*SETTLED, *steady(25.0, 20, is_open=False)])
    assert acts == []
    state, acts = watched(one, [*SETTLED, *steady(25.0, 5)])
    assert kinds(acts) == ["raised"]
    _, acts = watched(one, steady(25.0, 5, is_open=False), state, state.watch.looked_ms)
    assert kinds(acts) == ["cleared"]


def test_a_rise_is_measured_against_the_value_of_then():
    one = rule(measure=Rise(queue.WAITING, within=timedelta(seconds=20)), clear=0)
    _, acts = watched(one, steady(25.0, 60))
    assert acts == [], "high, but not rising"
    _, acts = watched(one, [*steady(1.0, 40), *steady(13.0, 60)])
    assert kinds(acts) == ["raised", "cleared"]
    assert acts[0].value == 12.0
    slow = [(1, second * 0.1, True) for second in range(200)]
    assert watched(one, slow)[1] == []


def test_each_act_says_what_it_is_and_has_the_next_number():
    state, acts = watched(
        rule(hold=timedelta()), [*SETTLED, *steady(11.0, 1), *steady(25.0, 1), *steady(25.0, 31), *steady(4.0, 4)]
    )
    assert [(one.number, one.kind, one.severity, one.value) for one in acts] == [
        (0, "raised", "warning", 11.0), (1, "risen", "critical", 25.0), (2, "escalated", "critical", 0.0), (3, "cleared", "critical", 4.0),
    ]  # fmt: skip
    assert {(one.alarm, one.rule, one.subject, one.who, one.about) for one in acts} == {
        (acts[0].alarm, "r", "s", SYSTEM, -1)
    }
    assert acts[0].alarm == acts[0].id == decision_id(("r", "s"), 0)
    assert state.alarm is None


def test_an_id_is_of_its_rule_subject_and_number():
    assert decision_id(("queue.wait", ""), 7) == decision_id(("queue.wait", ""), 7)
    ids = {decision_id(key, number) for key in (("a", "b"), ("ab", ""), ("a", "c")) for number in (1, 2)}
    assert len(ids) == 6
    assert {len(id) for id in ids} == {32}


def test_an_act_of_a_person_says_who_what_and_about_which():
    state, _ = watched(rule(hold=timedelta()), [*SETTLED, *steady(11.0, 1)])
    one = next_act(state.alarm, "told", 7, "lan", "mail", 3)
    assert (one.number, one.kind, one.severity, one.value, one.who, one.what, one.about, one.at_ms) == (
        1, "told", "warning", 0.0, "lan", "mail", 3, 7,
    )  # fmt: skip
    assert next_act(state.alarm, "assigned", 7).about == -1


def test_a_rise_is_measured_from_exactly_then():
    """Against the newest value that is at least as old as the span, which samples of half as long again are kept for."""
    one = rule(
        measure=Rise(queue.WAITING, within=timedelta(seconds=20)),
        clear=0,
        hold=timedelta(),
        limits=Threshold(warning=10, critical=20),
    )
    _, acts = watched(one, [(1, 1.0, True)] * 20 + [(1, 13.0, True)])
    assert kinds(acts) == ["raised"]
    assert acts[0].value == 12.0
    _, acts = watched(one, [(1, 1.0, True)] * 19 + [(1, 13.0, True)])
    assert acts == [], "twenty seconds ago nothing was known"


def test_names_behind_a_value_are_told():
    state, acts = AlarmState(), []
    for second in range(16):
        state, new = evaluate(
            rule(), "s", state, Measured(11.0, ("A", "B")), EvaluationTime(1_000_000 + second * SECOND, True, PACE)
        )
        acts += new
    assert [(one.kind, one.what) for one in acts] == [("raised", "A B")]
    for second in range(16, 20):
        state, new = evaluate(
            rule(), "s", state, Measured(25.0, ("C",)), EvaluationTime(1_000_000 + second * SECOND, True, PACE)
        )
        acts += new
    assert [(one.kind, one.what) for one in acts[1:]] == [("risen", "C")]


def test_a_gap_counts_as_a_jump_only_beyond_its_length_and_settling_ends_on_time():
    assert (EvaluationPace().settle_ms, EvaluationPace().longest_gap_ms) == (60_000, 30_000)
    state, _ = watched(rule(), SETTLED)
    kept, _ = watched(rule(), [(30, 0.0, True)], state, state.watch.looked_ms)
    assert kept.watch.calm_until_ms == state.watch.calm_until_ms
    for jump in (31, -1):
        jumped, _ = watched(rule(), [(jump, 0.0, True)], state, state.watch.looked_ms)
        assert jumped.watch.calm_until_ms == jumped.watch.looked_ms + PACE.settle_ms
        none = rule(hold=timedelta())
        still, acts = watched(none, steady(11.0, 9), jumped, jumped.watch.looked_ms)
        assert acts == []
        assert kinds(watched(none, steady(11.0, 1), still, still.watch.looked_ms)[1]) == ["raised"]


RISE = rule(
    measure=Rise(queue.WAITING, within=timedelta(seconds=20)),
    clear=0,
    hold=timedelta(),
    limits=Threshold(warning=10, critical=90),
)


def raised(looks) -> list[float]:
    """By how much it has risen, of every alarm."""
    return [act.value for act in watched(RISE, [*steady(None, 12), *looks])[1] if act.kind == "raised"]


def test_two_looks_at_the_same_moment_are_no_jump_and_one_that_is_earlier_is():
    settled, _ = watched(rule(), SETTLED)
    same, _ = watched(rule(), [(0, 0.0, True)], settled, settled.watch.looked_ms)
    assert same.watch.calm_until_ms == settled.watch.calm_until_ms
    earlier, _ = watched(rule(), [(-0.001, 0.0, True)], settled, settled.watch.looked_ms)
    assert earlier.watch.calm_until_ms == earlier.watch.looked_ms + PACE.settle_ms


def test_a_rise_is_measured_against_a_value_of_up_to_half_as_long_again_before():
    assert raised([(1, 1.0, True), (25, 13.0, True)]) == [12.0]
    assert raised([(1, 1.0, True), (15, None, True), (15, 13.0, True)]) == [12.0], "thirty seconds"
    assert raised([(1, 1.0, True), (16, None, True), (15, 13.0, True)]) == []
    assert raised([(1, 1.0, True), (15, 1.0, True), (16, 13.0, True)]) == [], "only sixteen seconds ago was one known"


def test_of_one_moment_the_first_value_stands_and_what_is_not_known_is_no_value():
    assert raised([(1, 1.0, True), (0, 5.0, True), (20, 13.0, True)]) == [12.0]
    assert raised([(1, None, True), (20, 13.0, True)]) == []
    assert raised([(1, 1.0, True), (10, None, True), (10, 13.0, True)]) == [12.0]


def test_sixty_values_are_kept_of_the_span_and_half_as_many_before_it():
    slow = rule(measure=Rise(queue.WAITING, within=timedelta(seconds=60)))
    state, _ = watched(slow, steady(1.0, 300))
    assert len(state.watch.samples) == 91
    state, _ = watched(slow, [(0.1, 1.0, True)] * 1201)
    assert len(state.watch.samples) == 91
    state, _ = watched(slow, [(0.99, 1.0, True)] * 300)
    assert len(state.watch.samples) == 45, "one is only kept when a sixtieth of the span has passed since the last"


def test_an_alarm_was_raised_when_it_was_and_is_shown_loud_by_default():
    state, acts = watched(rule(hold=timedelta()), [*SETTLED, *steady(11.0, 1), *steady(25.0, 1)])
    assert kinds(acts) == ["raised", "risen"]
    assert state.alarm.raised_ms == acts[0].at_ms == acts[1].at_ms - SECOND
    assert state.alarm.changed_ms == state.alarm.alerted_ms == acts[1].at_ms
    shown = combine_alarms([state.alarm], {})
    assert (shown.is_quiet, shown.critical_passes) == (False, True)


def test_each_decision_has_the_next_number():
    """By which a process that takes over gives it the same id."""
    state, acts = watched(rule(), steady(12, 20))
    assert (kinds(acts), state.decided) == (["raised"], 1)
    state, acts = watched(rule(), [*steady(25, 20), *steady(1, 20)], state, BEGIN_MS + 20 * SECOND)
    assert (kinds(acts), state.decided) == (["risen", "cleared"], 3)
