"""Aggregate: how entities become one number, in both renderings.

Every aggregate comes down to a numerator and, where it is a ratio or a mean, a denominator, each a sum of whole numbers over
parts of two kinds:

- a `Flow` counts what happened, in the window in which it happened; windows can be added up to any span;
- a `Stock` counts what is so at a moment (`now`); it moves with the clock even when nothing happens.

Whole numbers only: sums do not depend on order, two wards can be added, and a recomputation agrees to the last bit.
The Python rendering is the part's own functions; `recompute.sql` writes the same part as SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from warehouse.model.expression import greatest, least, rounded_up

MOST = 2**38 - 1
"""What one entity adds to a sum at most, in either direction: 8.7 years in milliseconds. So 2^25 of them fit into a column of 64 bits."""


def _bounded(amount: Callable[..., Any]) -> Callable[..., Any]:
    """The same, never beyond `MOST`: a sum must not overflow, whatever the events say."""
    return lambda *asked: greatest(least(amount(*asked), MOST), -MOST)


@dataclass(frozen=True)
class Flow:
    """What happened: for an entity, at most one contribution, at the time `at`."""

    at: Callable[[Any], Any]
    """State -> ms; `NEVER` while it has not happened."""
    where: Callable[[Any], Any] | None = None
    """State -> whether it counts."""
    amount: Callable[[Any], Any] | None = None
    """State -> whole number that it adds; 1 when `None`."""

    @property
    def added(self) -> Callable[[Any], Any] | None:
        """`amount` as the fold and SQL take it: never beyond `MOST`."""
        return _bounded(self.amount) if self.amount else None


@dataclass(frozen=True)
class Stock:
    """What is so at a moment."""

    where: Callable[[Any, Any], Any]
    """(state, now in ms) -> whether it counts at that moment."""
    amount: Callable[[Any, Any], Any] | None = None
    """(state, now in ms) -> whole number that it adds; 1 when `None`."""
    largest: bool = False
    """Take the largest amount instead of the sum; it may be any time that there is."""

    @property
    def added(self) -> Callable[[Any, Any], Any] | None:
        """`amount` as the fold and SQL take it: never beyond `MOST`, except where no sum is made."""
        return self.amount if self.largest or not self.amount else _bounded(self.amount)


Part = Flow | Stock


class Dimension(NamedTuple):
    """A way to split an indicator."""

    name: str
    member: Callable[[Any], Any]
    """State -> text or whole number: what it belongs to."""


class Rank(NamedTuple):
    """What a quantile is of, and how finely it is known."""

    percent: int
    """So many of a hundred do not exceed it."""
    amount: Callable[[Any], Any]
    """State -> whole number, 0 or more."""
    step: int
    """Amounts are rounded up to a multiple of this."""


RANKED = "at_most"
"""The dimension by which a quantile is kept: each member is a rounded amount, and how many have it."""


@dataclass(frozen=True)
class Aggregate:
    """Numerator and denominator, as sums of parts. An empty denominator means that the numerator is the value."""

    numerator: tuple[Part, ...]
    denominator: tuple[Part, ...] = ()
    rank: Rank | None = None
    """Of a quantile, whose numerator is how many amounts there are."""
    each: str = ""
    """Field of the entity of which each value counts once; empty: each entity does."""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """The dimensions without which the value cannot be told."""
        if self.rank is None:
            return ()
        _, amount, step = self.rank
        return (Dimension(RANKED, lambda state: rounded_up(greatest(amount(state), 0), step)),)

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


def Quantile(
    percent: int,
    amount: Callable[[Any], Any],
    at: Callable[[Any], Any],
    step: int,
    where: Callable[[Any], Any] | None = None,
    out_of: Aggregate | None = None,
) -> Aggregate:
    """What so many per cent of the amounts do not exceed, over the entities something happened to.

    The amounts are counted by rounded value, so that windows and wards are merged by adding up and a late event moves whole numbers;
    the quantile is exact to within one `step`, and never below the true one. `out_of` counts those that there should be an amount
    of, so that how many are missing is told beside it; of them too `amount` is asked.
    """
    return Aggregate((Flow(at, where),), out_of.numerator if out_of else (), rank=Rank(percent, amount, step))


def Level(where: Callable[[Any, Any], Any], amount: Callable[[Any, Any], Any] | None = None) -> Aggregate:
    """How many entities are in a condition now, or the sum of a whole number over them."""
    return Aggregate((Stock(where, amount),))


def Each(field: str, where: Callable[[Any, Any], Any]) -> Aggregate:
    """How many values of a field there are among the entities that are in a condition now."""
    return Aggregate((Stock(where),), each=field)


def Largest(amount: Callable[[Any, Any], Any], where: Callable[[Any, Any], Any]) -> Aggregate:
    """The largest of a whole number over the entities that are in a condition now."""
    return Aggregate((Stock(where, amount, largest=True),))


def Ratio(numerator: Aggregate, denominator: Aggregate) -> Aggregate:
    """One aggregate over another; numerator and denominator are kept apart wherever the figure goes."""
    return Aggregate(numerator.numerator, denominator.numerator)
