"""A month of the pretend ward, folded as fast as it goes, with every alarm rule judged every second minute of office time.

Figures are those of the fold, deadlines those of the dossiers' states. What the simulator does not play is as on a good day: sources
report, the system itself is well.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from connectors import catalogue
from connectors.simulator import plan
from connectors.simulator.message import SimulatedMessage
from connectors.simulator.systems import camera_desk, frigate, kiosk, loudspeakers, outages
from connectors.simulator.ward import Pretend
from dashboard.alarm.evaluator import AlarmState, EvaluationPace, EvaluationTime, evaluate
from dashboard.alarm.observation import DueEvaluation, observe
from dashboard.state.page import BoardState
from dashboard.words.freshness import FreshnessSign
from ingest.contract.calendar import OFFICE, ward_moment
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import Envelope, envelope
from ingest.contract.event import Event
from ingest.contract.events.health import AppOutageEnded, AppOutageStarted
from ingest.contract.events.speaker import DeviceHeartbeat
from ingest.contract.topic import topic_of
from tests.connectors.support.taking import Conversation
from tests.dashboard.support.ward import WARD, board_settings
from tests.figures.support.shown import FoldOfMoments
from warehouse.catalogue import alarm_rules
from warehouse.entities.dossier import DOSSIER
from warehouse.model.alarm_rule import Remaining
from warehouse.model.entity import EntityState, compile_update, state_type
from warehouse.model.expression import NEVER
from warehouse.readings import Readings

PRETEND = Pretend()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
EVERY = 2 * MINUTE
WARM_UP = 30
"""Days before the month whose dossiers and petitions are known."""
PACE = EvaluationPace(settle_ms=0, longest_gap_ms=NEVER)
"""A night between two looks is no jump of the clock."""
SETTINGS = board_settings(Path("nowhere"))


class AlarmShares:
    """For how much of the office time each rule's alarm was on, and how often it was raised."""

    def __init__(self) -> None:
        self.looks = 0
        self.on: Counter[str] = Counter()
        self.critical: Counter[str] = Counter()
        self.raised: Counter[str] = Counter()

    def percent(self, rule: str) -> float:
        """The share of office time for which any alarm of a rule was on."""
        return 100 * self.on[rule] / self.looks

    def table(self) -> str:
        """All rules, those that were on longest first."""
        lines = [
            f"{rule:24} {self.percent(rule):5.1f} % on, {100 * self.critical[rule] / self.looks:5.1f} % critical, raised {self.raised[rule]}"
            for rule in sorted(alarm_rules(), key=lambda one: -self.on[one])
        ]
        return "\n".join(lines)


class MonthOfAlarms:
    """Folds what the pretend ward says, and judges."""

    def __init__(self) -> None:
        self.shares = AlarmShares()
        self._conversations = {one.id: Conversation(one) for one in catalogue()}
        self._folds: dict[str, FoldOfMoments] = {}
        self._readings = Readings()
        self._folded = 0
        self._updates = {event: compile_update(DOSSIER, event, ()) for event in DOSSIER.events}
        self._dossiers: dict[str, EntityState] = {}
        self._states: dict[tuple[str, str], AlarmState] = {}

    def say(self, message: SimulatedMessage) -> None:
        """Take what an outside system says."""
        source = self._conversations[message.system]
        source.now(message.at)
        taken = source.take(message.body.decode(), message.address, message.retain)
        assert taken.dead_letter is None, taken.dead_letter
        for one in taken.envelopes:
            self._fold(one)

    def tell(self, event: Event) -> None:
        """Take an event that comes in a way of its own."""
        self._fold(envelope(event, ward=WARD, source=f"/{WARD}/month", recorded_at=event.occurred_at))

    def rest(self) -> None:
        """Forget what is over, at the end of a day."""
        for fold in self._folds.values():
            fold.forget()

    def look(self, at: datetime) -> None:
        """Judge every rule at a moment."""
        now_ms, is_open = milliseconds(at), OFFICE.is_open(at)
        for fold in self._folds.values():
            fold.look(now_ms, only_stirred=False)
            self._readings.apply(fold.take())
        signs = {one.id: FreshnessSign(now_ms, down=False) for one in catalogue()}
        state, dues = BoardState(self._readings, signs, now_ms, "vi", SETTINGS), self._dues(now_ms)
        before, self._states = self._states, {}
        for rule in alarm_rules().values():
            seen = observe(rule, state, dues)
            severities = []
            for subject in dict.fromkeys([*seen.subjects, *(one for id, one in before if id == rule.id)]):
                key = (rule.id, subject)
                known = before.get(key, AlarmState())
                found, acts = evaluate(rule, subject, known, seen.of(subject), EvaluationTime(now_ms, is_open, PACE))
                self._states[key] = found
                self.shares.raised[rule.id] += sum(act.kind == "raised" for act in acts)
                severities += [found.alarm.severity] if found.alarm else []
            self.shares.on[rule.id] += is_open and bool(severities)
            self.shares.critical[rule.id] += is_open and "critical" in severities
        self.shares.looks += is_open

    def _fold(self, one: Envelope) -> None:
        topic = topic_of(one.data.stream)
        fold = self._folds.setdefault(topic, FoldOfMoments(topic, 0))
        self._folded += 1
        fold.fold([one], [self._folded])
        if update := self._updates.get(type(one.data)):
            known = self._dossiers.setdefault(one.subject, state_type(DOSSIER)(WARD, one.subject))
            update(known, one.data, milliseconds(one.time), one.id)

    def _dues(self, now_ms: int) -> dict[str, DueEvaluation]:
        self._dossiers = {ref: one for ref, one in self._dossiers.items() if not DOSSIER.settled(one)}
        return {
            rule.id: DueEvaluation(
                min(
                    (int(measure.due(one)) for one in self._dossiers.values() if measure.is_open(one, now_ms)),
                    default=NEVER,
                ),
                now_ms,
            )
            for rule in alarm_rules().values()
            if isinstance(measure := rule.measure, Remaining)
        }


def live_through(first: date, days: int) -> AlarmShares:
    """So many days from the first on."""
    month, since = MonthOfAlarms(), first - timedelta(days=WARM_UP)
    for day in (since + timedelta(days=n) for n in range(WARM_UP + days)):
        pieces = sorted(_said(day, since, first), key=lambda piece: piece[0])
        looks = list(_looks(day)) if day >= first else []
        for at, piece in pieces:
            while looks and looks[0] < at:
                _look(month, looks.pop(0))
            month.say(piece) if isinstance(piece, SimulatedMessage) else month.tell(piece)
        for at in looks:
            _look(month, at)
        month.rest()
    return month.shares


def _looks(day: date) -> Iterator[datetime]:
    """Moments of the office's hours, and a few before they begin."""
    for opens, closes in OFFICE.periods(day):
        at = opens - 10 * MINUTE
        while at < closes:
            yield at
            at += EVERY


def _look(month: MonthOfAlarms, at: datetime) -> None:
    for device in loudspeakers.DEVICES:
        if loudspeakers.connected(PRETEND, device, at):
            month.tell(DeviceHeartbeat(device_id=device, area_code=device[:7].upper(), at=at, status="idle", volume=50))
    month.look(at)


def _said(day: date, since: date, first: date) -> Iterator[tuple[datetime, SimulatedMessage | Event]]:
    """What is said on a day; of the days before the month what lasts, and on the last of them how devices stand."""
    start = ward_moment(day, time())
    messages = [
        message
        for system in plan.WEBHOOKS
        if system != kiosk.SYSTEM or day >= first
        for message in plan.posts_of_day(PRETEND, system, day, since)
    ]
    messages += plan.dossier_items(PRETEND, day)
    if day >= first - DAY:
        messages += loudspeakers.happenings(PRETEND, day)
        messages += frigate.statuses(PRETEND, start, start + DAY)
    if day == first - DAY:
        states = (loudspeakers.retained_state(PRETEND, device, start) for device in loudspeakers.DEVICES)
        messages += [one._replace(at=start) for one in states]
    if day >= first:
        messages += [one for n in range(DAY // MINUTE) for one in frigate.reviews(PRETEND, start + n * MINUTE)]
        messages += camera_desk.desk_messages(PRETEND, start, start + DAY)
        messages += [_people(at) for at in _looks(day)]
    yield from ((message.at, message) for message in messages)
    for one in outages.outages(PRETEND, day):
        told: dict[str, Any] = {"outage_ref": one.code, "app": "ho_tich", "detected_by": "probe"}
        yield one.begins, AppOutageStarted(at=one.begins, **told)
        yield one.ends, AppOutageEnded(at=one.ends, **told)


def _people(at: datetime) -> SimulatedMessage:
    count = str(frigate.people(PRETEND, at)).encode()
    return SimulatedMessage(at, frigate.SYSTEM, "", count, f"frigate/{frigate.HALL}/person")
