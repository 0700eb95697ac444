"""Memory: what a connector remembers of its source's earlier messages; the least recently used is forgotten.

It is lost with the process, so whatever is decided by it has to be harmless when it is decided again: an event told a second time
has the same id.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

MOST = 20_000
"""Things that are remembered."""


class Memory:
    """Facts by key.

    Args:
        most: how many there are at most.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def recall(self, key: Hashable) -> Any:
        """What is known under a key; `None` for nothing."""
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def keep(self, key: Hashable, fact: Any) -> None:
        """Remember a fact; the one before it under the same key is forgotten."""
        self._known[key] = fact
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def is_told_by(self, key: Hashable, message: Hashable) -> bool:
        """Whether it is for this message to tell something: for the first that could, and for that one however often it comes.

        A message comes again when it was not confirmed, and then it has to say the same as before.

        Args:
            key: names what there is to be told.
            message: something that tells one message from another.
        """
        first = self.recall(key)
        if first is None:
            self.keep(key, message)
        return first is None or bool(first == message)
