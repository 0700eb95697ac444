"""Telling a person something, in Vietnamese and English."""

import sys


def say(vietnamese: str, english: str) -> None:
    """Two lines, one a language."""
    print(vietnamese, english, sep="\n", file=sys.stderr, flush=True)


def line(text: str) -> None:
    """One line that needs no translation, or holds both languages."""
    print(text, file=sys.stderr, flush=True)


def wide(text: str, width: int) -> str:
    """The text, cut or filled up to a width."""
    return text[:width].ljust(width)
