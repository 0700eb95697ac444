"""Alarm service: keeps the alarms while the board runs - judges every rule once a second, takes what people do, and remembers both.

An act is in the journal, on disk, before anything follows from it, and in the warehouse as soon as that answers. After a start
the alarms are what both say. Nothing is judged before at least one of them is known: whoever forgot an alarm would raise it again.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from dashboard.alarm.alarm import Alarm, Key, Measured, begin_alarm, combine_alarms, duplicate_alarms, fold_acts
from dashboard.alarm.evaluator import AlarmState, EvaluationPace, EvaluationTime, evaluate, next_act
from dashboard.alarm.journal import AlarmJournal
from dashboard.alarm.observation import UNKNOWN, DueEvaluation, observe
from dashboard.alarm.settings import AlarmSettings
from dashboard.board.live import Live
from dashboard.board.page import BoardState
from dashboard.board.queries import TooMuchError, WarehouseQueries
from ingest.contract.calendar import OFFICE
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.errors import Refused, Unavailable
from warehouse.catalogue import alarm_rules
from warehouse.model.alarm_rule import Remaining
from warehouse.query.due import earliest_due
from warehouse.store.alarm_log import Act, Kind, read_acts, write_acts
from warehouse.store.client import Client

log = logging.getLogger("dashboard.alarm")

LOOK_EVERY = 1.0
"""Seconds between two looks at every rule."""
WRITE_EVERY = 2.0
"""Seconds between two looks whether there is something for the warehouse."""
ASK_EVERY = 60.0
"""Seconds between two questions for deadlines."""
LONGEST_GAP = timedelta(seconds=30)
"""Time between two looks beyond which the PC has slept, or its clock was set."""
KEPT = timedelta(hours=24)
"""How long a cleared alarm stays on the list."""
MOST_CLEARED = 200
MOST_ACTS = 300
"""Acts of one alarm; then people can only acknowledge it."""


class ActRefused(Refused):
    """What a person wants to do cannot be done; nothing was changed."""


class AlarmService:
    """The alarms of this install.

    Args:
        live: the figures; gets the alarms as well.
        reader: asks the warehouse, and writes there.
        settings: who is told how.
    """

    def __init__(self, live: Live, reader: WarehouseQueries, settings: AlarmSettings) -> None:
        self.live = live
        self.settings = settings
        self.alarms: dict[str, Alarm] = {}
        """Every alarm that is active or was until lately, by its id."""
        self._reader = reader
        self.journal = AlarmJournal(live.board.folder / "alarms.jsonl")
        self._states: dict[Key, AlarmState] = {}
        self._measured: dict[Key, Measured] = {}
        self._dues: dict[str, DueEvaluation] = {}
        self._unwritten: dict[tuple[str, int], Act] = {}
        self._is_known = self._has_met = False
        self._lock = asyncio.Lock()
        self.changed = asyncio.Event()
        """Set when acts were added."""
        speed = live.clock_speed or 1.0
        self._pace = EvaluationPace(_ms(settings.settle * speed), _ms(LONGEST_GAP * speed))

    async def run(self) -> None:
        """Keep the alarms until cancelled."""
        self.start()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._look())
            tasks.create_task(self._write())
            tasks.create_task(self._ask())

    def start(self) -> None:
        """Begin with what the journal says; without one only the warehouse knows."""
        if self.journal.exists:
            self._adopt(self.journal.read())
            self._unwritten = {_place(act): act for alarm in self.alarms.values() for act in alarm.acts}
            self._is_known = True
            self.show()

    async def do(self, alarm: str, kind: Kind, who: str, what: str = "", about: int = -1) -> Alarm:
        """Do something about an alarm.

        Args:
            alarm: its id.
            kind: what.
            who: an account, whose right has been checked, or the system.
            what: as `Act.what`.
            about: as `Act.about`.

        Returns:
            The alarm after it; unchanged where it was so already.

        Raises:
            ActRefused: there is no such alarm any more, or too much was done about it already.
            Unavailable: it cannot be kept; nothing was done.
        """
        async with self._lock:
            found = self.alarms.get(alarm)
            if found is None:
                raise ActRefused
            if _is_so(found, kind, what):
                return found
            if len(found.acts) >= MOST_ACTS and kind not in ("acknowledged", "told", "not_told"):
                raise ActRefused
            await self._record([next_act(found, kind, self.live.now_ms(), who, what, about)])
            return self.alarms[alarm]

    async def look(self) -> None:
        """Judge every rule once."""
        scene = self.live.scene("vi")
        now = EvaluationTime(scene.now_ms, OFFICE.is_open(moment(scene.now_ms)), self._pace)
        async with self._lock:
            if not self._is_known:
                return
            acts, states = self._judge(scene, now)
            await self._record(acts)
            self._states = states
            self._forget(scene.now_ms)
        self.show()

    def show(self) -> None:
        """Give the alarms to the board."""
        local = moment(self.live.now_ms()).astimezone(WARD_ZONE).time()
        self.live.show(
            combine_alarms(
                self.alarms.values(),
                dict(self._measured),
                is_quiet=self.settings.is_quiet(local),
                critical_passes=self.settings.quiet_critical_passes,
            )
        )

    async def meet(self) -> None:
        """Put together what the warehouse and we know; what only we know is to be written.

        Raises:
            Unavailable: the warehouse is away.
            TooMuch: it takes too long.
        """
        since, ward = moment(self.live.now_ms()) - KEPT, self.live.ingest.ward
        stored = await self._reader.ask(lambda client: read_acts(client, ward, since))
        async with self._lock:
            ours = [act for alarm in self.alarms.values() for act in alarm.acts]
            self._adopt([*stored, *ours])
            there = {_place(act) for act in stored}
            self._unwritten = {_place(act): act for act in ours if _place(act) not in there}
            self._is_known = self._has_met = True
            now_ms = self.live.now_ms()
            gone = [
                *duplicate_alarms(list(self.alarms.values())),
                *(one for one in self._active() if one.key[0] not in alarm_rules()),
            ]
            await self._record([next_act(one, "cleared", now_ms, what="superseded") for one in gone])
        self.show()

    async def write(self) -> None:
        """Write to the warehouse what is not there yet.

        Raises:
            Unavailable: the warehouse is away.
            TooMuch: it takes too long.
        """
        acts = list(self._unwritten.values())
        if not acts:
            return
        ward = self.live.ingest.ward
        await self._reader.ask(lambda client: write_acts(client, ward, acts))
        async with self._lock:
            for act in acts:
                self._unwritten.pop(_place(act), None)
            kept = {_place(act): act for alarm in self.alarms.values() for act in alarm.acts} | self._unwritten
            await asyncio.to_thread(self.journal.rewrite, list(kept.values()))

    async def ask(self) -> None:
        """Ask the warehouse for the earliest deadlines.

        Raises:
            Unavailable: the warehouse is away.
            TooMuch: it takes too long.
        """
        now_ms, ward = self.live.now_ms(), self.live.ingest.ward

        def find(client: Client) -> dict[str, DueEvaluation]:
            return {
                id: DueEvaluation(earliest_due(client, ward, one.of, one.is_open, one.due, now_ms), now_ms)
                for id, rule in alarm_rules().items()
                if isinstance(one := rule.measure, Remaining)
            }

        self._dues = await self._reader.ask(find)

    def _judge(self, scene: BoardState, now: EvaluationTime) -> tuple[list[Act], dict[Key, AlarmState]]:
        held = {alarm.key: alarm for alarm in self._active()}
        acts: list[Act] = []
        states: dict[Key, AlarmState] = {}
        self._measured = {}
        for rule in alarm_rules().values():
            seen = observe(rule, scene, self._dues) if self.live.loaded else UNKNOWN
            for subject in dict.fromkeys([*seen.subjects, *(one for id, one in held if id == rule.id)]):
                key, found = (rule.id, subject), seen.of(subject)
                if found is not None:
                    self._measured[key] = found
                before = AlarmState(self._states.get(key, AlarmState()).watch, held.get(key))
                states[key], new = evaluate(rule, subject, before, found, now)
                acts += new
        return acts, states

    async def _record(self, acts: Sequence[Act]) -> None:
        """Put acts on disk, and then into effect; the lock is held."""
        if not acts:
            return
        await asyncio.to_thread(self.journal.append, acts)
        for act in acts:
            known = self.alarms.get(act.alarm)
            self.alarms[act.alarm] = known.after(act) if known else begin_alarm(act)
            self._unwritten[_place(act)] = act
            if act.kind not in ("told", "not_told"):
                log.info("%s %s %s %s by %s", act.kind, act.rule, act.subject, act.severity, act.who)
        self.changed.set()
        self.show()

    def _adopt(self, acts: Sequence[Act]) -> None:
        self.alarms = {alarm.id: alarm for alarm in fold_acts(acts)}

    def _active(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms.values() if alarm.is_active]

    def _forget(self, now_ms: int) -> None:
        """Drop what was cleared long ago, once the warehouse has it."""
        cleared = sorted((one for one in self.alarms.values() if not one.is_active), key=lambda one: -one.changed_ms)
        for place, alarm in enumerate(cleared):
            is_old = place >= MOST_CLEARED or now_ms - alarm.changed_ms > _ms(KEPT)
            if is_old and not any(_place(act) in self._unwritten for act in alarm.acts):
                del self.alarms[alarm.id]

    async def _look(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                log.error("cannot evaluate alarms: %s", error)
            await asyncio.sleep(LOOK_EVERY)

    async def _write(self) -> None:
        while True:
            try:
                await (self.write() if self._has_met else self.meet())
            except (Unavailable, TooMuchError) as error:
                log.debug("acts are waiting for the warehouse: %s", error)
            await asyncio.sleep(WRITE_EVERY)

    async def _ask(self) -> None:
        while True:
            try:
                await self.ask()
            except (Unavailable, TooMuchError) as error:
                log.debug("cannot read deadlines: %s", error)
            await asyncio.sleep(ASK_EVERY / (self.live.clock_speed or 1.0) if self._dues else WRITE_EVERY)


def _is_so(alarm: Alarm, kind: Kind, what: str) -> bool:
    """Whether doing it would change nothing."""
    match kind:
        case "acknowledged":
            return not alarm.calls
        case "assigned":
            return alarm.assigned_to == what
        case "ticked":
            return int(what) in alarm.ticked
        case "unticked":
            return int(what) not in alarm.ticked
        case _:
            return False


def _place(act: Act) -> tuple[str, int]:
    return act.alarm, act.number


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
