"""Places: how many queries may run at once, of a person and of all; a query has its place before anything is done for it."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


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
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, person: str) -> Iterator[None]:
        """Hold a place.

        Raises:
            NoPlaceError: there is none; at once.
        """
        with self._lock:
            if self._taken[person] >= self.of_person:
                raise NoPlaceError(of_person=True)
            if self._taken.total() >= self.of_all:
                raise NoPlaceError(of_person=False)
            self._taken[person] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[person] -= 1
                if not self._taken[person]:
                    del self._taken[person]
