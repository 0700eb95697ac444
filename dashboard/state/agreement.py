"""Agreement: the board's memory held against the warehouse, which is right; what had to be corrected is said and counted.

A figure is stored first and pushed then. So what is read is compared with care for what is on its way:

1. What was pushed while the answer was on its way stands, unless the answer is newer.
2. Where the warehouse has less than was pushed before it was asked, or nothing, the board was wrong: a correction.
   The short answer, without the stocks that have stood for long, is not believed: the whole one is asked for.
3. Where it has more, the push may still come. The figure is right from now on, and the push is awaited. It is a correction as soon as
   the same partition has pushed something that was stored later, for pushes of a partition keep their order; not before, however long
   the streams cannot reach Kafka.

While the board itself was not listening, pushes passed it by as a matter of course: what it reads then corrects nothing.
"""

import asyncio
import logging
import sys
from collections.abc import Iterable
from time import monotonic
from typing import NamedTuple

from ingest.contract.clock import Clock, milliseconds
from ingest.runtime import metrics
from warehouse.catalogue import indicators
from warehouse.model.reading import ValueKey, age_of, kept_from, key_of
from warehouse.model.value import Value
from warehouse.model.value_push import Push
from warehouse.readings import Readings

log = logging.getLogger(__name__)

AT_ONCE = 2_000
"""Values that are compared before others get their turn."""

SKEW_MS = 2_000
"""How far the clocks of board and streams may be apart."""

SETTLED_AFTER = 5.0
"""Seconds after which a push that came in several records is here whole."""

WRONG = "the board did not show what is stored"
"""Beginning of what is said of each correction."""
MOST_SAID = 20
"""Corrections of one comparison that are said one by one."""

Partition = tuple[str, int]


class AwaitedFigure(NamedTuple):
    """A stored value whose push has not come."""

    value: Value
    shown: Value | None
    """What the board held before."""
    read_ms: int
    """By then it was stored, by the real clock."""


class BoardAgreement:
    """What the board's memory and the warehouse have to do with each other.

    Args:
        readings: the memory.
        clock: the real one.
    """

    def __init__(self, readings: Readings, clock: Clock) -> None:
        self.corrected = 0
        """Values that had to be corrected since the start."""
        self.comparisons = 0
        """How often everything was compared."""
        self.listens = False
        """Whether every push since the last comparison was heard."""
        self._readings = readings
        self._clock = clock
        self._awaited: dict[ValueKey, AwaitedFigure] = {}
        self._missed: dict[ValueKey, float] = {}
        """Awaited ones that cannot come any more, and since when that is known (monotonic)."""
        self._told: set[ValueKey] | None = None
        """What was pushed since the warehouse was asked; `None` while it is not."""
        self._newest_ms: dict[Partition, int] = {}

    @property
    def awaited(self) -> int:
        """How many stored values are shown whose push has not come."""
        return len(self._awaited)

    def stop_listening(self) -> None:
        """Note that pushes are no longer received, until the next comparison."""
        self.listens = False
        self._awaited.clear()
        self._missed.clear()

    def hear(self, push: Push) -> set[str]:
        """Take in a push; the ids of the indicators that changed.

        Pushes of a partition come in the order in which its values were stored. One that says it is older was held back by a worker
        that has lost the partition since: of two equal versions, its own does not stand.
        """
        late = {
            place
            for place in {(value.topic, value.partition) for value in push.values}
            if self._newest_ms.setdefault(place, push.pushed_ms) > push.pushed_ms
        }
        self._newest_ms |= {
            (value.topic, value.partition): push.pushed_ms
            for value in push.values
            if (value.topic, value.partition) not in late
        }
        changed = set()
        for value in push.values:
            changed |= self._readings.apply([value], is_last=(value.topic, value.partition) not in late)
            if self._told is not None:
                self._told.add(key_of(value))
            if self._awaited:
                self._arrived(value)
        return changed

    def ask(self) -> None:
        """The warehouse is asked now."""
        self._told = set()

    def leave(self) -> None:
        """It has answered, or not."""
        self._told = None

    async def compare(self, stored: Iterable[Value], asked_ms: int, stocks_from_ms: int = 0) -> bool:
        """Make the memory what the warehouse says, with what was pushed since it was asked.

        Args:
            stored: the answer: all that is shown.
            asked_ms: for which moment, by the install's clock.
            stocks_from_ms: without the stocks whose newest row is of an older window; 0: with all.

        Returns:
            Whether that is done; else a whole answer has to be asked for.
        """
        read_ms, listened = milliseconds(self._clock.now()), self.listens
        told = self._told if self._told is not None else set()
        wrong: list[tuple[Value, Value | None]] = []
        kept = set()
        for number, value in enumerate(stored):
            key = key_of(value)
            kept.add(key)
            shown = self._readings.at(key)
            if shown != value and not (key in told and shown is not None and age_of(shown) >= age_of(value)):
                if shown is not None and age_of(shown) > age_of(value):
                    wrong.append((shown, value))
                    continue
                self._readings.keep(value)
                if listened:
                    known = self._awaited.get(key)
                    self._awaited[key] = AwaitedFigure(value, known.shown if known else shown, read_ms)
                    self._missed.pop(key, None)
            if number % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(0)
        for shown in self._beyond(asked_ms, stocks_from_ms):
            if key_of(shown) not in kept:
                wrong.append((shown, None))
        wrong = [
            (shown, right) for shown, right in wrong if key_of(shown) not in told
        ]  # nor what was told since it was looked at
        if wrong and stocks_from_ms:
            return False
        self._correct(wrong)
        self.comparisons += 1
        if not self.listens:
            self.stop_listening()
        if listened:
            self._say([f"{_named(shown)} was {_sums(shown)}, is {_sums(right)}" for shown, right in wrong])
        return True

    def _correct(self, wrong: list[tuple[Value, Value | None]]) -> None:
        for shown, right in wrong:
            if right is None:
                self._readings.remove(key_of(shown))
            else:
                self._readings.keep(right)

    def look(self) -> None:
        """See which pushes cannot come any more."""
        missed = []
        for key, one in list(self._awaited.items()):
            if self._newest_ms.get((one.value.topic, one.value.partition), 0) <= one.read_ms + SKEW_MS:
                continue
            if monotonic() - self._missed.setdefault(key, monotonic()) > SETTLED_AFTER:
                missed.append(one)
                del self._awaited[key], self._missed[key]
        self._say([f"{_named(one.value)} was {_sums(one.shown)}, is {_sums(one.value)}" for one in missed])

    def _arrived(self, value: Value) -> None:
        key = key_of(value)
        one = self._awaited.get(key)
        if one is not None and age_of(value) >= age_of(one.value):
            del self._awaited[key]
            self._missed.pop(key, None)

    def _beyond(self, asked_ms: int, stocks_from_ms: int) -> list[Value]:
        """What the board holds of what the answer has to say."""
        since: dict[tuple[str, str], int] = {
            ("flow", one.id): kept_from(one, asked_ms) for one in indicators() if one.has_flow
        }
        since |= {("stock", one.id): stocks_from_ms for one in indicators() if one.has_stock}
        return [
            value
            for value in self._readings.values()
            if value.window_ms >= since.get((value.grain, value.indicator), sys.maxsize)
        ]

    def _say(self, corrections: list[str]) -> None:
        self.corrected += len(corrections)
        metrics.BOARD_CORRECTIONS.inc(len(corrections))
        for one in corrections[:MOST_SAID]:
            log.warning("%s: %s", WRONG, one)
        if len(corrections) > MOST_SAID:
            log.warning("%s: and %d more figures", WRONG, len(corrections) - MOST_SAID)


def _named(value: Value) -> str:
    split = f" {value.dimension}={value.member}" if value.dimension else ""
    return f"{value.ward} {value.indicator} {value.grain} {value.window_ms}{split}"


def _sums(value: Value | None) -> str:
    return "unknown" if value is None else f"{value.numerator}/{value.denominator} (version {value.version})"
