"""Part: one partition that a worker has, and how far it is with it."""

from streams.fold import Fold

Place = tuple[str, int]
"""Topic and partition."""


class Part:
    """One partition that this worker has."""

    def __init__(self, fold: Fold, stored: int) -> None:
        self.fold = fold
        self.stored = stored
        """Last offset in the warehouse when the partition was assigned; up to it, events are folded but not stored again."""
        self.snapshot = fold.offset
        """Offset of the newest snapshot."""
        self.written = fold.offset
        """Offset up to which events and their values can be queried."""

    @property
    def is_recovering(self) -> bool:
        """Whether the fold is still behind what the warehouse shows."""
        return self.fold.offset < self.stored
