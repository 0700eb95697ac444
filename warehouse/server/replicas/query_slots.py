"""Query slots: how many queries may run at once, of a person and of all; a query has its place before anything is done for it.

The last place is for a person who has none.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_MOMENT = 0.3
_RETURN_WITHIN = 10.0


class NoSlotError(Exception):
    """All places are taken, the person's own or everybody's."""

    def __init__(self, of_person: bool) -> None:
        super().__init__("no place")
        self.of_person = of_person
        """Whether it is the person who runs too many."""


class QuerySlots:
    """The places, counted.

    Args:
        of_person: most at once for a person.
        of_all: most at once.
    """

    def __init__(self, of_person: int, of_all: int) -> None:
        self.of_person = of_person
        self.of_all = of_all
        self._taken: Counter[str] = Counter()
        self._returning = 0
        self._changed = threading.Condition()

    def take(self, person: str) -> "QuerySlot":
        """Take a place.

        Raises:
            NoSlotError: there is none, nor becomes free in the moment in which a query that was just answered leaves, or soon where
                one is on its way back.
        """
        began = time.monotonic()
        with self._changed:
            while not self._has_room(person):
                patience = _RETURN_WITHIN if self._returning else _MOMENT
                if not self._changed.wait(max(0.0, began + patience - time.monotonic())):
                    raise NoSlotError(self._taken[person] >= self.of_person)
            self._taken[person] += 1
        return QuerySlot(self, person)

    @contextmanager
    def taken(self, person: str) -> Iterator[None]:
        """Hold a place; raises as `take`."""
        place = self.take(person)
        try:
            yield
        finally:
            place.give_back()

    def change(self, person: str, taken: int, returning: int) -> None:
        """Change how many slots a person holds."""
        with self._changed:
            self._taken[person] += taken
            if not self._taken[person]:
                del self._taken[person]
            self._returning += returning
            self._changed.notify_all()

    def _has_room(self, person: str) -> bool:
        own = self._taken[person]
        return own < self.of_person and self._taken.total() < self.of_all - bool(own)


class QuerySlot:
    """A place that a person has."""

    def __init__(self, places: QuerySlots, person: str) -> None:
        self._places = places
        self._person = person
        self._returning = 0

    def announce(self) -> None:
        """Its query has ended, and it is given back soon: who has none waits for it."""
        self._returning = 1
        self._places.change(self._person, 0, 1)

    def give_back(self) -> None:
        """Somebody else may have it."""
        self._places.change(self._person, -1, -self._returning)
