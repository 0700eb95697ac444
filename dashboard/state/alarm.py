"""Alarm: what one is at any time - active or cleared, acknowledged or not - as its acts say; and all of them together. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from warehouse.model.indicator import Status
from warehouse.store.alarm_log import Act, Kind

Key = tuple[str, str]
"""Rule and subject: of each there is one active alarm at most."""

ALERTS: tuple[Kind, ...] = ("raised", "risen", "escalated")
"""Acts of which people are told."""

SEVERITIES: tuple[Status, ...] = ("normal", "warning", "critical")


class Measured(NamedTuple):
    """What a rule's measure says of one subject."""

    value: float
    names: tuple[str, ...] = ()
    """The members behind it that are named in the sentence."""


class ChannelFault(NamedTuple):
    """Why a way to tell people does not work."""

    since_ms: int
    why: str


class Alarm(NamedTuple):
    """One alarm, as its acts up to now say."""

    acts: tuple[Act, ...]
    """In the order of their numbers; the first one raised it."""
    severity: Status
    alerted_ms: int
    """When it was raised, or became worse."""
    acknowledged_ms: int = 0
    """When the last alert was acknowledged; 0 while it is not."""
    acknowledged_by: str = ""
    cleared_ms: int = 0
    assigned_to: str = ""
    ticked: frozenset[int] = frozenset()
    """Steps of the checklist that are done."""
    escalated_ms: int = 0

    @property
    def id(self) -> str:
        """What it is told apart by."""
        return self.acts[0].alarm

    @property
    def key(self) -> Key:
        """Its rule and its subject."""
        return self.acts[0].rule, self.acts[0].subject

    @property
    def raised_ms(self) -> int:
        """When it was raised."""
        return self.acts[0].at_ms

    @property
    def changed_ms(self) -> int:
        """When anything was last done about it."""
        return max(act.at_ms for act in self.acts)

    @property
    def is_active(self) -> bool:
        """Whether it has not cleared."""
        return not self.cleared_ms

    @property
    def is_acknowledged(self) -> bool:
        """Whether somebody has seen it as it is now."""
        return bool(self.acknowledged_ms)

    @property
    def calls(self) -> bool:
        """Whether it needs somebody: active, and nobody has seen it."""
        return self.is_active and not self.is_acknowledged

    @property
    def alert(self) -> Act:
        """The act that raised it, or made it worse, last."""
        return next(act for act in reversed(self.acts) if act.kind in ("raised", "risen"))

    @property
    def first_acknowledged_ms(self) -> int:
        """When somebody acknowledged it for the first time; 0 while nobody has."""
        return next((act.at_ms for act in self.acts if act.kind == "acknowledged"), 0)

    def until(self, act: Act) -> "Alarm":
        """The alarm as it was once this act of its log had been done."""
        return begin_alarm(self.acts[0]).after(*(one for one in self.acts[1:] if one.number <= act.number))

    def after(self, *acts: Act) -> "Alarm":
        """The alarm once these have been done."""
        found = self
        for act in acts:
            found = _after(found, act)
        return found


class Alarms(NamedTuple):
    """All alarms that are on somebody's mind."""

    active: tuple[Alarm, ...] = ()
    """Those that call first, then by severity, the oldest first."""
    cleared: tuple[Alarm, ...] = ()
    """Those of the last hours, the newest first."""
    measured: Mapping[Key, Measured] = MappingProxyType({})
    """What was measured last, where it is known."""
    is_quiet: bool = False
    """Whether these are quiet hours: no sound but for what passes."""
    critical_passes: bool = True
    """Whether what is critical does."""

    def find(self, id: str) -> Alarm | None:
        """The one with an id, if it is among them."""
        return next((alarm for alarm in (*self.active, *self.cleared) if alarm.id == id), None)

    @property
    def calling(self) -> tuple[Alarm, ...]:
        """Active, and nobody has seen them."""
        return tuple(alarm for alarm in self.active if alarm.calls)


NO_ALARMS = Alarms()


def begin_alarm(act: Act) -> Alarm:
    """The alarm that a `raised` act makes."""
    return Alarm((act,), act.severity, act.at_ms)


def combine_alarms(
    alarms: Iterable[Alarm], measured: Mapping[Key, Measured], *, is_quiet: bool = False, critical_passes: bool = True
) -> Alarms:
    """All alarms, as they are shown."""
    every = list(alarms)
    active = sorted(
        (one for one in every if one.is_active),
        key=lambda one: (one.is_acknowledged, -SEVERITIES.index(one.severity), one.raised_ms, one.id),
    )
    cleared = sorted(
        (one for one in every if not one.is_active), key=lambda one: (one.cleared_ms, one.id), reverse=True
    )
    return Alarms(tuple(active), tuple(cleared), measured, is_quiet, critical_passes)


def _after(alarm: Alarm, act: Act) -> Alarm:
    alarm = alarm._replace(acts=(*alarm.acts, act))
    match act.kind:
        case "risen":  # it calls again, and others may have to be told again
            return alarm._replace(
                severity=act.severity, alerted_ms=act.at_ms, acknowledged_ms=0, acknowledged_by="", escalated_ms=0
            )
        case "cleared":
            return alarm._replace(cleared_ms=act.at_ms)
        case "escalated":
            return alarm._replace(escalated_ms=act.at_ms)
        case "acknowledged":
            return alarm._replace(acknowledged_ms=act.at_ms, acknowledged_by=act.who)
        case "assigned":
            return alarm._replace(assigned_to=act.what)
        case "ticked":
            return alarm._replace(ticked=alarm.ticked | {int(act.what)})
        case "unticked":
            return alarm._replace(ticked=alarm.ticked - {int(act.what)})
        case _:
            return alarm
