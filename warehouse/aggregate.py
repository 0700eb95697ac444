"""Aggregate: how entities become one number, in both renderings.

Every aggregate comes down to a numerator and, where it is a ratio or a mean, a denominator, each a sum of whole numbers over
parts of two kinds:

- a `Flow` counts what happened, in the window in which it happened; windows can be added up to any span;
- a `Stock` counts what is so at a moment (`now`); it moves with the clock even when nothing happens.

Whole numbers only: sums do not depend on order, two wards can be added, and a recomputation agrees to the last bit.
The Python rendering is the part's own functions; `recompute` writes the same part as SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Flow:
    """What happened: for an entity, at most one contribution, at the time `at`."""

    at: Callable[[Any], Any]
    """State -> ms; `NEVER` while it has not happened."""
    where: Callable[[Any], Any] | None = None
    """State -> whether it counts."""
    amount: Callable[[Any], Any] | None = None
    """State -> whole number that it adds; 1 when `None`."""


@dataclass(frozen=True)
class Stock:
    """What is so at a moment."""

    where: Callable[[Any, Any], Any]
    """(state, now in ms) -> whether it counts at that moment."""
    amount: Callable[[Any, Any], Any] | None = None
    """(state, now in ms) -> whole number that it adds; 1 when `None`."""
    largest: bool = False
    """Take the largest amount instead of the sum."""


Part = Flow | Stock


@dataclass(frozen=True)
class Aggregate:
    """Numerator and denominator, as sums of parts. An empty denominator means that the numerator is the value."""

    numerator: tuple[Part, ...]
    denominator: tuple[Part, ...] = ()

    def __add__(self, other: Aggregate) -> Aggregate:
        """Both counted together, side by side."""
        return Aggregate(self.numerator + other.numerator, self.denominator + other.denominator)


def Count(at: Callable[[Any], Any], where: Callable[[Any], Any] | None = None) -> Aggregate:
    """How many entities something happened to."""
    return Aggregate((Flow(at, where),))


def Mean(
    amount: Callable[[Any], Any], at: Callable[[Any], Any], where: Callable[[Any], Any] | None = None
) -> Aggregate:
    """The mean of a whole number over the entities something happened to: sum and count, so that means can be merged."""
    return Aggregate((Flow(at, where, amount),), (Flow(at, where),))


def Level(where: Callable[[Any, Any], Any], amount: Callable[[Any, Any], Any] | None = None) -> Aggregate:
    """How many entities are in a condition now, or the sum of a whole number over them."""
    return Aggregate((Stock(where, amount),))


def Largest(amount: Callable[[Any, Any], Any], where: Callable[[Any, Any], Any]) -> Aggregate:
    """The largest of a whole number over the entities that are in a condition now."""
    return Aggregate((Stock(where, amount, largest=True),))


def Ratio(numerator: Aggregate, denominator: Aggregate) -> Aggregate:
    """One aggregate over another; numerator and denominator are kept apart wherever the figure goes."""
    return Aggregate(numerator.numerator, denominator.numerator)
