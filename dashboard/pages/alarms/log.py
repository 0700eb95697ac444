"""Log: what was done about an alarm, and how it stands, in words."""

from collections.abc import Callable

from dashboard.alarm.sentence import exceeded_limit, quantity
from dashboard.components.alarm_panel import lasted
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState
from dashboard.words import number, text
from ingest.contract.label import Label
from warehouse.catalogue import alarm_rules
from warehouse.model.indicator import Status
from warehouse.store.alarm_log import SYSTEM, Act, Kind

SEVERITIES: dict[Status, Label] = {
    "warning": Label("cần xem", "warning"),
    "critical": Label("nghiêm trọng", "critical"),
}
KINDS: dict[Kind, Label] = {
    "raised": Label("Báo: {severity}", "Raised: {severity}"),
    "risen": Label("Nặng hơn: {severity}", "Got worse: {severity}"),
    "cleared": Label("Đã hết", "Cleared"),
    "escalated": Label("Quá giờ chưa ai nhận, cần báo cấp trên", "Nobody acknowledged in time: to be escalated"),
    "acknowledged": Label("Đã nhận", "Acknowledged"),
    "assigned": Label("Giao cho {what}", "Assigned to {what}"),
    "commented": Label("Ghi chú: {what}", "Comment: {what}"),
    "ticked": Label("Đã làm: {what}", "Done: {what}"),
    "unticked": Label("Chưa làm: {what}", "Not done: {what}"),
    "told": Label("Đã báo bằng {what}", "Told by {what}"),
    "not_told": Label("Không báo được bằng {what}", "Not told by {what}"),
}
REASONS = {
    "cleared": Label("đã hết trước khi báo được", "it cleared before"),
    "too late": Label("quá lâu không gửi được", "it could not be sent for too long"),
}
BY_ITSELF = Label("hệ thống", "system")
VALUE = Label("{value} · ngưỡng {limit}", "{value} · limit {limit}")
UNKNOWN = Label("không rõ", "not known")
ESCALATED = Label("đã báo cấp trên {time}", "escalated {time}")
NOT_ESCALATED = Label(
    "quá giờ nhận từ {time}, chưa báo được cấp trên", "not acknowledged by {time}, superiors not told"
)
WILL_ESCALATE = Label("báo cấp trên lúc {time} nếu chưa ai nhận", "escalates at {time} unless acknowledged")
ACKNOWLEDGED = Label("{who} đã nhận {time}", "acknowledged by {who} {time}")
CLEARED = Label("đã hết {time}", "cleared {time}")
NOT_ACKNOWLEDGED = Label("chưa ai nhận", "not acknowledged")
SECONDS = Label("{count} giây", "{count} s")

HEADS = (Label("Lúc", "Time"), Label("Ai", "Who"), Label("Việc", "Act"))


def act_rows(alarm: Alarm, state: BoardState) -> list[list[str]]:
    """Time, who and what of every act, the newest first."""
    return [
        [
            f"{text.local_time(act.at_ms):%H:%M:%S %d/%m}",
            state.say(BY_ITSELF) if act.who == SYSTEM else act.who,
            act_text(act, state),
        ]
        for act in reversed(alarm.acts)
    ]


def act_text(act: Act, state: BoardState) -> str:
    """One act."""
    named = _NAMES.get(act.kind)
    what = named(act, state) if named else act.what
    return state.say(KINDS[act.kind], severity=state.say(SEVERITIES[act.severity]), what=what)


def delivery_text(alarm: Alarm, state: BoardState) -> str:
    """By which ways people were told of it, or not."""
    last = {act.what.partition(":")[0]: act for act in alarm.acts if act.kind in ("told", "not_told")}
    return " · ".join(act_text(act, state) for act in last.values())


def alarm_state_text(alarm: Alarm, state: BoardState) -> str:
    """Whether somebody has seen it, or it cleared."""
    say, now_ms = state.say, state.now_ms
    if not alarm.is_active:
        return say(CLEARED, time=text.clock_time(alarm.cleared_ms, now_ms))
    if alarm.is_acknowledged:
        return say(ACKNOWLEDGED, who=alarm.acknowledged_by, time=text.clock_time(alarm.acknowledged_ms, now_ms))
    return say(NOT_ACKNOWLEDGED)


def escalation(alarm: Alarm, state: BoardState) -> str:
    """Whether superiors were told, and not only ought to be; or when they will be; nothing once it is acknowledged."""
    rule = alarm_rules().get(alarm.key[0])
    if alarm.escalated_ms:
        numbers = {act.number for act in alarm.acts if act.kind == "escalated"}
        told = any(act.kind == "told" and act.about in numbers for act in alarm.acts)
        return state.say(ESCALATED if told else NOT_ESCALATED, time=text.clock_time(alarm.escalated_ms, state.now_ms))
    if not alarm.calls or rule is None:
        return ""
    at_ms = alarm.alerted_ms + round(rule.escalate_after.total_seconds() * 1000)
    return state.say(WILL_ESCALATE, time=text.clock_time(at_ms, state.now_ms))


def measured_text(alarm: Alarm, state: BoardState) -> str:
    """What is measured now, and the limit; what is not known now is not shown as if it were."""
    rule, found = alarm_rules().get(alarm.key[0]), state.alarms.measured.get(alarm.key)
    if rule is None or not alarm.is_active:
        return ""
    now = quantity(rule, found.value, state) if found else state.say(UNKNOWN)
    limit = exceeded_limit(rule, alarm)
    # That there may be none need not be said.
    return state.say(VALUE, value=now, limit=quantity(rule, limit, state)) if limit else now


def time_taken(since_ms: int, until_ms: int, state: BoardState) -> str:
    """How long something took; nothing where it has not happened."""
    if not until_ms:
        return number.NONE
    ms = max(0, until_ms - since_ms)
    return state.say(SECONDS, count=ms // 1000) if ms < 120_000 else lasted(ms, state)


def _step(act: Act, state: BoardState) -> str:
    rule, step = alarm_rules().get(act.rule), int(act.what)
    return state.say(rule.checklist[step]) if rule and step < len(rule.checklist) else str(step + 1)


def _way(act: Act, state: BoardState) -> str:
    name, _, why = act.what.partition(": ")
    shown = text.way_name(name, state.language)
    return f"{shown}: {state.say(REASONS[why]) if why in REASONS else why}" if why else shown


_NAMES: dict[Kind, Callable[[Act, BoardState], str]] = {
    "ticked": _step,
    "unticked": _step,
    "told": _way,
    "not_told": _way,
}
