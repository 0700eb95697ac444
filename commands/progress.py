"""A line that changes on a terminal; elsewhere, as in a log file, a new line now and then."""

import sys
from typing import Self


class Progress:
    """Shows how far something is."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live and self._count:
            print(file=sys.stderr)

    def clear(self) -> None:
        """Make room for a line that stays."""
        if self._live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def show(self, text: str, every: int = 1) -> None:
        """Show where we are; off a terminal only each `every`-th time."""
        self._count += 1
        if self._live:
            print(f"\r\033[K{text[:78]}", end="", file=sys.stderr, flush=True)
        elif self._count % every == 0:
            print(text, file=sys.stderr, flush=True)
