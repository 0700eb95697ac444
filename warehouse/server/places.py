"""Places: how many queries may run at once, of a person and of all; a query has its place before anything is done for it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_MOMENT = 0.3


class NoPlaceError(Exception):
    """All places are taken, the person's own or everybody's."""

    def __init__(self, of_person: bool) -> None:
        super().__init__("no place")
        self.of_person = of_person
        """Whether it is the person who runs too many."""


class Places:
    """The places, counted.

    Args:
        of_person: most at once for a person.
        of_all: most at once.
    """

    def __init__(self, of_person: int, of_all: int) -> None:
        self.of_person = of_person
        self.of_all = of_all
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, person: str) -> Iterator[None]:
        """Hold a place.

        Raises:
            NoPlaceError: there is none, nor becomes free in the moment in which a query that was just answered leaves.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._has_room(person), _MOMENT):
                raise NoPlaceError(self._taken[person] >= self.of_person)
            self._taken[person] += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken[person] -= 1
                if not self._taken[person]:
                    del self._taken[person]
                self._changed.notify_all()

    def _has_room(self, person: str) -> bool:
        return self._taken[person] < self.of_person and self._taken.total() < self.of_all
