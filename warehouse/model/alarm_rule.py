"""Alarm rule: a declared rule - when somebody must act, who is told, and what to do. One value a rule in `alarms/`.

Every kind of rule comes down to one number a subject, held against limits: what differs is where the number comes from.

- `MeasuredFigure`: an indicator's value, in total or by member: the plain threshold;
- `Rise`: how much it has grown in the last minutes: rate of change;
- `Silence`, `NoHeartbeat`, `NoEvent`: for how long nothing came: absence;
- `Remaining`: how much working time is left until the first of many deadlines;
- `FactName`: something about the system itself, which only the board knows.

What is judged, and how it is kept from flapping, has one home: `dashboard/alarm/evaluator.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ingest.contract.label import Label
from warehouse.model.entity import Entity
from warehouse.model.indicator import Derived, Indicator, Threshold

RESPONSE_TEAM = "Tổ ứng cứu CNTT"
"""The ward's own response team (QĐ 833/QĐ-UBND, 11/8/2025)."""
ONE_STOP = "Trung tâm Phục vụ hành chính công"
OFFICE = "Văn phòng HĐND và UBND"
CULTURE = "Phòng Văn hóa - Xã hội"
POLICE = "Công an phường"

TEAMS = (RESPONSE_TEAM, ONE_STOP, OFFICE, CULTURE, POLICE)
"""Who an alarm can be given to, besides persons."""

INSTALLER_DOCTOR = Label(
    "Người cài đặt: chạy ./ioc doctor và làm theo", "Installer: run ./ioc doctor and do what it says"
)
"""The last step of a checklist. What is done by a command is always the installer's: the ward's people have a browser."""


@dataclass(frozen=True)
class OfFigure:
    """What is measured of one of the ward's figures."""

    figure: Indicator | Derived

    @property
    def indicator(self) -> str:
        """The figure's id."""
        return self.figure.id


@dataclass(frozen=True)
class MeasuredFigure(OfFigure):
    """An indicator's value, in its unit."""

    by: str = ""
    """A dimension: each member is a subject of its own. Empty: the total is the only one."""
    names: str = ""
    """A dimension whose members that are not 0 are named in the sentence."""
    named_by: Indicator | None = None
    """The figure whose members these are, where it is another one."""


@dataclass(frozen=True)
class Rise(OfFigure):
    """How much an indicator's value has grown since `within` ago."""

    within: timedelta
    by: str = ""


@dataclass(frozen=True)
class Silence:
    """For how many seconds a source has given no heartbeat; the sources are the subjects."""

    only: tuple[str, ...] = ()
    """Ids of connectors; empty: every source that was ever heard of."""
    but: tuple[str, ...] = ()


@dataclass(frozen=True)
class NoHeartbeat:
    """For how many seconds no heartbeat of the system itself has come the whole way from the entrance to the board."""

    indicator: str = "H07"


@dataclass(frozen=True)
class NoEvent(OfFigure):
    """For how many minutes of working time an indicator has got no event although its source reports."""


@dataclass(frozen=True)
class Remaining:
    """Hours of working time until the earliest deadline of what is open; less than 0 once it has passed."""

    of: Entity
    is_open: Callable[[Any, Any], Any]
    """Of a state and the present: whether its deadline still counts."""
    due: Callable[[Any], Any]
    """Of a state: its deadline in ms."""


@dataclass(frozen=True)
class FactName:
    """Something about the system itself, by its name in `dashboard/alarm/facts.py`."""

    name: str


Measure = MeasuredFigure | Rise | Silence | NoHeartbeat | NoEvent | Remaining | FactName


@dataclass(frozen=True)
class AlarmRule:
    """When somebody must act; declared once."""

    id: str
    """For example `queue.longest_wait`; stays for ever, the history is kept by it."""
    sentence: Label
    """What is wrong; `{subject}`, `{value}`, `{limit}` and `{names}` are filled in."""
    measure: Measure
    page: str
    """Where its subject is seen."""
    limits: Threshold | None = None
    """From when on it is a warning, and critical; `None`: the indicator's own threshold."""
    clear: float | None = None
    """Where the value must be back before the alarm clears; `None`: within the lowest limit."""
    hold: timedelta = timedelta()
    """For how long the value must be beyond a limit before the alarm is raised."""
    clear_hold: timedelta = timedelta(minutes=1)
    """For how long it must be back before the alarm clears."""
    in_opening_hours: bool = False
    """Whether it is meant for the office's opening hours only."""
    team: str = ""
    """Who is to act by default: one of `TEAMS`."""
    escalate_after: timedelta = timedelta(minutes=15)
    """After how long without acknowledgement others are told."""
    checklist: tuple[Label, ...] = ()
    """What to do, step by step."""

    def __post_init__(self) -> None:
        """Refuse limits with which an alarm could flap on a constant value."""
        limits, lowest = self.threshold, self.lowest
        if self.clear is not None and (self.clear < lowest if limits.below else self.clear > lowest):
            raise ValueError(f"{self.id}: the clear limit {self.clear:g} must be on the good side of {lowest:g}")

    @property
    def threshold(self) -> Threshold:
        """The limits that hold.

        Raises:
            ValueError: neither the rule nor its indicator has any.
        """
        found = self.limits
        if found is None and isinstance(self.measure, MeasuredFigure) and self.indicator is not None:
            found = self.indicator.threshold
        if found is None or found.warning is found.critical is None:
            raise ValueError(f"{self.id}: no limits, neither its own nor its indicator's")
        return found

    @property
    def lowest(self) -> float:
        """The limit from which on there is an alarm at all."""
        limit = self.threshold.critical if self.threshold.warning is None else self.threshold.warning
        assert limit is not None  # noqa: S101  # `threshold` has seen to it
        return limit

    @property
    def indicator(self) -> Indicator | Derived | None:
        """The indicator that it is about, if it is about one."""
        return self.measure.figure if isinstance(self.measure, OfFigure) else None

    def is_good(self, value: float) -> bool:
        """Whether a value lets an alarm clear."""
        limit = self.lowest if self.clear is None else self.clear
        return value >= limit if self.threshold.below else value <= limit

    def __hash__(self) -> int:
        return hash(self.id)
