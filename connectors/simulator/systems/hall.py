"""Hall: a working day at the 13 counters, simulated: who comes when, waits how long, and is served where.

Arrivals follow a curve with its peak from 08:30 to 10:00 and a smaller one after lunch. Each counter calls from its own
queues: elderly people, pregnant women and others with priority first, then who waits longest; with nobody there it helps another
queue. Some give up, some are away when called, a few took a number for the wrong queue.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from connectors.simulator.ward import COUNTERS, SERVICES, Pretend, Service, visits_on

LAST_TICKET = timedelta(minutes=20)
"""The kiosk gives no numbers in the last minutes before closing."""
SWEEP = timedelta(minutes=5)
"""After the last closing, numbers that nobody called expire."""
OVERTIME = timedelta(minutes=8)
"""Who sits at a counter at closing time is still served, at most so long."""

ARRIVALS = (
    (7.0, 0.55), (7.5, 0.8), (8.0, 1.2), (8.5, 1.75), (9.0, 1.85), (9.5, 1.6), (10.0, 1.15), (10.5, 0.8), (11.0, 0.5),
    (13.5, 0.8), (14.0, 1.15), (14.5, 1.2), (15.0, 1.05), (15.5, 0.75), (16.0, 0.7), (16.5, 0.55),
)  # fmt: skip
"""How many come from that hour on, against the mean."""

PRIORITIES = (
    ("thuong", 0.86), ("nguoi_cao_tuoi", 0.09), ("khuyet_tat", 0.01), ("mang_thai", 0.02), ("nguoi_co_cong", 0.02),
)  # fmt: skip


class Step(NamedTuple):
    """One thing that happened at the kiosk or at a counter."""

    at: datetime
    event: str
    visit: "Visit | None" = None
    counter: str = ""
    call: int = 1
    to_queue: str = ""
    from_queue: str = ""


@dataclass(eq=False)
class Visit:
    """One person with a number."""

    number: str
    issued_at: datetime
    service: Service
    queue: str
    priority: str
    booked: bool
    patience: timedelta | None
    absent: bool
    wrong_queue: str
    seconds: float
    rating: int | None
    called_at: datetime | None = None
    served_at: datetime | None = None
    gone: bool = False

    @property
    def waits(self) -> bool:
        """Whether the number has neither been called nor given up."""
        return self.called_at is None and not self.gone


@dataclass(eq=False)
class _Counter:
    name: str
    queues: tuple[str, ...]
    open: bool = False
    busy: bool = False
    leaves: bool = False
    pause_due: timedelta | None = None


@dataclass
class _Day:
    """The state of the hall while the day is played."""

    chance: Random
    periods: list[tuple[datetime, datetime]]
    steps: list[Step] = field(default_factory=list)
    waiting: dict[str, list[Visit]] = field(default_factory=dict)
    counters: list[_Counter] = field(default_factory=list)
    due: list[tuple[datetime, int, str, object]] = field(default_factory=list)
    order: int = 0

    def closing(self, at: datetime) -> datetime | None:
        """When the working hours around a moment end; none outside them."""
        return next((closes for opens, closes in self.periods if opens <= at < closes), None)

    def later(self, at: datetime, what: str, about: object) -> None:
        """Note something that will happen."""
        self.order += 1
        heapq.heappush(self.due, (at, self.order, what, about))


@lru_cache(maxsize=200)
def simulate_hall(pretend: Pretend, day: date, visits: int | None = None) -> tuple[Step, ...]:
    """All that happens in the hall on one local day, in order; nothing on a day off.

    Args:
        pretend: the ward.
        day: the local day.
        visits: exact number of tickets; else what the weekday brings.
    """
    periods = pretend.calendar.periods(day)
    count = visits_on(pretend, day) if visits is None else visits
    if not periods or not count:
        return ()
    chance = pretend.chance("hall", day)
    played = _Day(chance, periods, waiting={service.queue: [] for service in SERVICES})
    played.counters = [_Counter(name, queues) for name, queues in COUNTERS.items()]
    for visit in _arrivals(chance, periods, count):
        played.later(visit.issued_at, "arrive", visit)
    for opens, closes in periods:
        _staff(played, opens, closes)
        if closes != periods[-1][1]:
            played.later(closes, "lunch", None)
    _play(played)
    end = periods[-1][1] + SWEEP + OVERTIME
    left = [visit for queue in played.waiting.values() for visit in queue if visit.waits]
    played.steps += [Step(end, "ticket.expired", visit) for visit in sorted(left, key=lambda visit: visit.number)]
    return tuple(sorted(played.steps, key=lambda step: step.at))


def _arrivals(chance: Random, periods: list[tuple[datetime, datetime]], count: int) -> list[Visit]:
    """The day's visits in the order of their numbers."""
    minutes = [
        opens + timedelta(minutes=n)
        for opens, closes in periods
        for n in range(int((closes - LAST_TICKET - opens).total_seconds() // 60))
    ]
    weights = [_rate(minute) for minute in minutes]
    picked = chance.choices(minutes, weights, k=count)
    times = sorted(minute + timedelta(milliseconds=chance.randrange(60_000)) for minute in picked)
    numbers = dict.fromkeys((service.letter for service in SERVICES), 0)
    return [_visit(chance, at, numbers) for at in times]


def _rate(minute: datetime) -> float:
    hour = (minute.hour + 7) % 24 + minute.minute / 60
    return max((start, rate) for start, rate in ARRIVALS if start <= hour)[1] if hour >= ARRIVALS[0][0] else 0.3


def _visit(chance: Random, at: datetime, numbers: dict[str, int]) -> Visit:
    service = chance.choices(SERVICES, [service.share for service in SERVICES])[0]
    numbers[service.letter] += 1
    others = [other.queue for other in SERVICES if other is not service]
    return Visit(
        number=f"{service.letter}{numbers[service.letter]:03}",
        issued_at=at,
        service=service,
        queue=service.queue,
        priority=chance.choices([name for name, _ in PRIORITIES], [share for _, share in PRIORITIES])[0],
        booked=chance.random() < 0.06,
        patience=timedelta(minutes=chance.uniform(8, 28)) if chance.random() < 0.05 else None,
        absent=chance.random() < 0.042,
        wrong_queue=chance.choice(others) if chance.random() < 0.05 else "",
        seconds=max(90.0, chance.gammavariate(2.6, service.minutes * 60 / 2.6)),
        rating=chance.choices((5, 4, 3, 2, 1), (80, 14, 4, 1, 1))[0] if chance.random() < 0.35 else None,
    )


def _staff(played: _Day, opens: datetime, closes: datetime) -> None:
    """When each counter opens, pauses and closes in one half of the day."""
    away = played.chance.choice(played.counters) if played.chance.random() < 0.5 else None
    for counter in played.counters:
        if counter is away:
            continue  # in this half of the day
        played.later(opens + timedelta(seconds=played.chance.expovariate(1 / 100)), "open", counter)
        played.later(closes, "close", counter)
        if played.chance.random() < 0.6:
            length = (closes - opens).total_seconds()
            pause = opens + timedelta(seconds=played.chance.uniform(0.3, 0.85) * length)
            played.later(pause, "pause", counter)


def _play(played: _Day) -> None:
    while played.due:
        at, _, what, about = heapq.heappop(played.due)
        if isinstance(about, Visit):
            _visitor(played, at, what, about)
        elif isinstance(about, _Counter):
            _counter(played, at, what, about)
        else:
            _lunch(played, at)
        _call_next(played, at)


def _visitor(played: _Day, at: datetime, what: str, visit: Visit) -> None:
    if what == "arrive":
        played.steps.append(Step(at, "ticket.created", visit))
        played.waiting[visit.queue].append(visit)
        if visit.patience:
            played.later(at + visit.patience, "give up", visit)
        if visit.wrong_queue:
            played.later(at + timedelta(seconds=played.chance.uniform(40, 200)), "move", visit)
    elif what == "give up" and visit.waits:
        visit.gone = True
        played.waiting[visit.queue].remove(visit)
        played.steps.append(Step(at, "ticket.cancelled", visit))
    elif what == "move" and visit.waits:
        played.waiting[visit.queue].remove(visit)
        played.steps.append(Step(at, "ticket.transferred", visit, from_queue=visit.queue, to_queue=visit.wrong_queue))
        visit.queue = visit.wrong_queue
        played.waiting[visit.queue].append(visit)


def _counter(played: _Day, at: datetime, what: str, counter: _Counter) -> None:
    if what == "open" and played.closing(at):
        counter.open = True
        played.steps.append(Step(at, "counter.opened", counter=counter.name))
    elif what == "free":
        counter.busy = False
        if counter.leaves:
            _leave(played, at, counter)
        elif counter.pause_due:
            _pause(played, at, counter)
    elif what == "pause" and counter.open:
        counter.pause_due = timedelta(seconds=played.chance.uniform(300, 900))
        if not counter.busy:
            _pause(played, at, counter)
    elif what == "close":
        counter.open, counter.leaves, counter.pause_due = False, True, None
        if not counter.busy:
            _leave(played, at, counter)


def _leave(played: _Day, at: datetime, counter: _Counter) -> None:
    counter.leaves = False
    played.steps.append(Step(at, "counter.closed", counter=counter.name))


def _lunch(played: _Day, at: datetime) -> None:
    """Most of those who still wait when the office closes for lunch go home."""
    for queue in played.waiting.values():
        for visit in [visit for visit in queue if played.chance.random() < 0.75]:
            visit.gone = True
            queue.remove(visit)
            leaves = at + timedelta(seconds=played.chance.uniform(5, 240))
            played.steps.append(Step(leaves, "ticket.cancelled", visit))


def _pause(played: _Day, at: datetime, counter: _Counter) -> None:
    length, counter.pause_due = counter.pause_due or timedelta(), None
    counter.open = False
    played.steps.append(Step(at, "counter.paused", counter=counter.name))
    played.later(at + length, "open", counter)


def _call_next(played: _Day, at: datetime) -> None:
    """Every free counter calls whoever it should call next."""
    for counter in played.counters:
        if counter.open and not counter.busy and (visit := _next_for(played, counter, at)) is not None:
            played.waiting[visit.queue].remove(visit)
            counter.busy = True
            played.steps += _served(played, at, counter, visit)


HELPED_AFTER = timedelta(minutes=7)
"""How long somebody waits before a counter with nobody in its own queues calls from another."""


def _next_for(played: _Day, counter: _Counter, at: datetime) -> Visit | None:
    waiting = [visit for queue in counter.queues for visit in played.waiting[queue]] or [
        visit for queue in played.waiting.values() for visit in queue if at - visit.issued_at > HELPED_AFTER
    ]
    handicap = timedelta(minutes=4)
    return min(
        waiting,
        key=lambda v: (v.priority == "thuong", v.issued_at + handicap * (v.queue != counter.queues[0])),
        default=None,
    )


def _served(played: _Day, at: datetime, counter: _Counter, visit: Visit) -> Iterator[Step]:
    """The call and what follows from it, until the counter is free again."""
    chance = played.chance
    visit.called_at = called = at + timedelta(seconds=chance.uniform(3, 15))
    yield Step(called, "ticket.called", visit, counter.name)
    if visit.absent:
        again = called + timedelta(seconds=40)
        yield Step(again, "ticket.recalled", visit, counter.name, call=2)
        yield Step(again + timedelta(seconds=50), "ticket.noshow", visit, counter.name)
        visit.gone = True
        played.later(again + timedelta(seconds=60), "free", counter)
        return
    sat = called + timedelta(seconds=chance.uniform(12, 45))
    if chance.random() < 0.08:
        yield Step(called + timedelta(seconds=35), "ticket.recalled", visit, counter.name, call=2)
        sat += timedelta(seconds=45)
    yield Step(sat, "ticket.serving", visit, counter.name)
    latest = (played.closing(at) or at) + OVERTIME
    visit.served_at = min(sat + timedelta(seconds=visit.seconds), max(latest, sat + timedelta(seconds=60)))
    yield Step(visit.served_at, "ticket.served", visit, counter.name)
    played.later(visit.served_at + timedelta(seconds=chance.uniform(5, 20)), "free", counter)
