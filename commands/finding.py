"""Finding: one thing that the doctor looked at."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found, in both languages."""

    good: bool
    vietnamese: str
    english: str
