"""Judge: judges every rule once a second and writes what it decides to Kafka.

1. Every process of a ward judges, so that each knows since when a value has been beyond its limit; only the one that has the
   right writes what it decides (`ingest.kafka.ownership`).
2. A decision is about the alarms as the log says. It is written to disk (`outbox`) and sent, and until it has come back in the log nothing
   more is decided about its rule and subject; what Kafka did not acknowledge is sent again, as it was, before anything else, also by
   whoever starts after a crash, and by who has lost the right: people may have heard of it.
3. What two processes decide at once has the same id. The first in the log holds, for both (`fold`).

Nothing is judged before the log has been read. While Kafka is away rules are judged all the same, and people are told of what was decided
first, under the id that it will have in the log: that Kafka is away is an alarm as well.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from dashboard.alarm.deadlines import Deadlines
from dashboard.alarm.evaluator import AlarmState, EvaluationPace, EvaluationTime, evaluate, next_act
from dashboard.alarm.event_log.events import ENGINE, decision_event, decision_id, wrap
from dashboard.alarm.event_log.fold import AlarmFold
from dashboard.alarm.event_log.reader import AlarmLog
from dashboard.alarm.observation import UNKNOWN, DueEvaluation, observe
from dashboard.alarm.outbox import AlarmOutbox
from dashboard.alarm.settings import AlarmSettings
from dashboard.state.alarm import Alarm, Key, Measured
from dashboard.state.figures import LiveFigures
from dashboard.state.page import BoardState
from ingest.contract.calendar import OFFICE
from ingest.contract.clock import moment
from ingest.contract.envelope import AnyEnvelope
from ingest.contract.errors import Unavailable
from ingest.kafka.producer import EventSink
from ingest.runtime.failpoint import failpoint
from ingest.runtime.liveness import Progress
from warehouse.catalogue import alarm_rules
from warehouse.store.alarm_log import Act

log = logging.getLogger("dashboard.alarm")

LOOK_EVERY = 1.0
"""Seconds between two looks at every rule."""
LONGEST_GAP_MS = 30_000
"""Time between two looks beyond which the PC has slept, or its clock was set."""


class AlarmJudge:
    """Judges the rules.

    Args:
        figures: what is measured, and the clock.
        alarm_log: the alarms as the log says.
        deadlines: the earliest deadlines.
        settings: how long nothing is judged after a start.
        outbox: what was decided before and the log does not have.
        producer: where decisions go.
        may_write: whether this process has the right to.
    """

    def __init__(
        self,
        figures: LiveFigures,
        alarm_log: AlarmLog,
        deadlines: Deadlines,
        settings: AlarmSettings,
        outbox: AlarmOutbox,
        producer: EventSink,
        may_write: Callable[[], bool],
    ) -> None:
        self.progress = Progress("looks at every rule", ("kafka", "warehouse"))
        self._figures = figures
        self._log = alarm_log
        self._deadlines = deadlines
        self._producer = producer
        self._may_write = may_write
        self._states: dict[Key, AlarmState] = {}
        self._outbox = outbox
        self._unsent: list[AnyEnvelope] = list(outbox.decisions.values())
        """What Kafka has not acknowledged yet."""
        self._pending: dict[Key, int] = {_key(one): one.data.number for one in self._unsent}
        """By rule and subject, the number of the decision that is on its way through Kafka."""
        speed = figures.clock_speed or 1.0
        self._pace = EvaluationPace(
            round(settings.settle.total_seconds() * 1000 * speed), round(LONGEST_GAP_MS * speed)
        )
        self.looks = 0

    async def run(self) -> None:
        """Judge until cancelled."""
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.debug("decisions are waiting for Kafka: %s", error)
            self.progress.note(waits=True, place=self.looks)
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Judge every rule once.

        Raises:
            Unavailable: Kafka did not acknowledge what was decided; it is sent again at the next look.
        """
        self.looks += 1
        if not self._log.is_known:
            return
        fold, state = self._log.fold, self._figures.board_state("vi")
        self._let_go(fold)
        if not self._may_write():
            self._pending = {_key(one): one.data.number for one in self._unsent}  # another decides
        with suppress(Unavailable):
            await self._send()
        acts = self.judge(state, fold)
        if self._may_write():
            now, decided = self._figures.clock.now(), []
            for act, number in acts:
                key = (act.rule, act.subject)
                if key not in self._pending:
                    self._pending[key] = number
                    event, id = decision_event(act, number, moment(act.at_ms)), decision_id(key, number)
                    decided.append(wrap(event, id, ward=self._figures.ingest.ward, process=ENGINE, now=now))
            await asyncio.to_thread(self._outbox.keep, decided)
            self._unsent += decided
            await self._send()

    def alarms(self) -> dict[str, Alarm]:
        """The alarms as the log says, with what was decided and it does not have yet."""
        waiting = self._outbox.decisions
        return self._log.fold.preview(waiting.values()) if waiting else self._log.fold.alarms

    def judge(self, state: BoardState, fold: AlarmFold) -> list[tuple[Act, int]]:
        """What is to be decided now, each with its number.

        Args:
            state: the figures of this moment.
            fold: the alarms as the log says.
        """
        now = EvaluationTime(state.now_ms, OFFICE.is_open(moment(state.now_ms)), self._pace)
        held = fold.active()
        acts: list[tuple[Act, int]] = []
        states: dict[Key, AlarmState] = {}
        for rule in alarm_rules().values():
            seen = observe(rule, state, self._deadlines.dues) if self._figures.loaded else UNKNOWN
            for subject in dict.fromkeys([*seen.subjects, *(one for id, one in held if id == rule.id)]):
                key = (rule.id, subject)
                number = fold.decided.get(key, 0)
                before = AlarmState(self._states.get(key, AlarmState()).watch, held.get(key), number)
                states[key], new = evaluate(rule, subject, before, seen.of(subject), now)
                acts += [(act, number) for act in new]
        self._states = states
        return acts + [
            (next_act(alarm, "cleared", state.now_ms, what="superseded"), fold.decided.get(key, 0))
            for key, alarm in held.items()
            if key[0] not in alarm_rules()
        ]

    def _let_go(self, fold: AlarmFold) -> None:
        """Forget what the log has, or has decided otherwise."""
        self._pending = {key: number for key, number in self._pending.items() if fold.decided.get(key, 0) <= number}
        self._unsent = [one for one in self._unsent if fold.decided.get(_key(one), 0) <= one.data.number]
        waiting = self._outbox.decisions
        self._outbox.forget([id for id, one in waiting.items() if fold.decided.get(_key(one), 0) > one.data.number])

    async def _send(self) -> None:
        """Send what is not acknowledged yet."""
        if self._unsent:
            failpoint("alarm.decided")
            await self._producer.send(self._unsent)
            failpoint("alarm.decision_sent")
            self._unsent.clear()


def _key(decision: AnyEnvelope) -> Key:
    """The rule and the subject of a decision."""
    return decision.data.rule, decision.data.member or ""


def measure_alarms(
    alarms: dict[Key, Alarm], state: BoardState, dues: Mapping[str, DueEvaluation]
) -> dict[Key, Measured]:
    """What the rules of the active alarms measure, where it is known; for showing it beside them."""
    found: dict[Key, Measured] = {}
    for id in {id for id, _ in alarms}:
        if rule := alarm_rules().get(id):
            seen = observe(rule, state, dues)
            found |= {key: one for key in alarms if key[0] == id and (one := seen.of(key[1])) is not None}
    return found
