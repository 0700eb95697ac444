"""Findings: what the check found wrong, counted by kind, with examples a person can follow up."""

from collections import Counter
from collections.abc import Callable
from typing import Literal

Kind = Literal["lost", "doubled", "invented", "mismatched"]

KINDS: tuple[Kind, ...] = ("lost", "doubled", "invented", "mismatched")

MOST_EXAMPLES = 12
"""Kept of each kind."""

Show = Callable[[str], None]
"""Tells the person at the terminal what is going on."""


class Findings:
    """What is wrong."""

    def __init__(self) -> None:
        self.counts: Counter[Kind] = Counter(dict.fromkeys(KINDS, 0))
        self.examples: dict[Kind, list[str]] = {kind: [] for kind in KINDS}
        self.notes: list[str] = []
        """What is not a breach, but ought to be known."""

    def add(self, kind: Kind, what: str, count: int = 1) -> None:
        """Something is wrong, so many times."""
        self.counts[kind] += count
        if len(self.examples[kind]) < MOST_EXAMPLES:
            self.examples[kind].append(what)

    def note(self, what: str) -> None:
        """Something to know."""
        self.notes.append(what)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.counts.values())
