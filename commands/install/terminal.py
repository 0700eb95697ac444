"""Terminal: telling a person something - sentences in Vietnamese and English, tables, and a line that shows progress."""

import sys
from collections.abc import Sequence
from typing import Self


def say(vietnamese: str, english: str) -> None:
    """Two lines, one a language."""
    print(vietnamese, english, sep="\n", file=sys.stderr, flush=True)


def terminal_line(text: str) -> None:
    """One line that needs no translation, or holds both languages."""
    print(text, file=sys.stderr, flush=True)


def wide(text: str, width: int) -> str:
    """The text, cut or filled up to a width."""
    return text[:width].ljust(width)


def table_lines(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """The lines of a table.

    Args:
        head: names of the columns.
        rows: cells; whole numbers stand to the right, `None` is empty.
    """
    shown = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [list(head), *shown]) for column in range(len(head))]
    right = [bool(rows) and all(isinstance(row[column], int | None) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(head), *shown]
    )


class ProgressBar:
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
