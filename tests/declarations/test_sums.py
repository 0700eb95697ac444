"""No sum of the warehouse can overflow, whatever events say: in every indicator, an entity adds a bounded number to it."""

from itertools import product
from random import Random
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.event import Event
from ingest.contract.quantity import EARLIEST, LATEST
from tests.support.made import bounds_of
from warehouse.catalogue import indicators
from warehouse.model.aggregate import MOST, Flow, Part
from warehouse.model.entity import Attr, Constant, First, Rule, state_type
from warehouse.model.entity_sql import SqlState
from warehouse.model.expression import NEVER, Sql, sql
from warehouse.model.indicator import Indicator

ENTITIES = 2**25 - 1
"""33 million in one window of one ward, of which none has more than a hundred thousand people."""

TIMES = (milliseconds(EARLIEST), milliseconds(LATEST) - 1, NEVER, 0, milliseconds(EARLIEST) + 86_400_000)

PARTS = [
    (one, part) for one in indicators() for part in one.parts if part.amount and not getattr(part, "largest", False)
]


def extremes(rule: Rule) -> list[Any]:
    """The values at the ends of what a field of a state can be."""
    if isinstance(rule, First):
        return list(TIMES)
    if isinstance(rule, Constant):
        return _ends(rule.events[0], rule.attribute, rule.empty)
    found: list[Any] = [rule.empty]
    for event, value in rule.values.items():
        found += _ends(event, value.name, rule.empty) if isinstance(value, Attr) else [value]
    return found


def _ends(event: type[Event], name: str, empty: Any) -> list[Any]:
    ends = bounds_of(event, name)
    if ends is None:
        return [empty]
    return [*TIMES] if hasattr(ends[0], "tzinfo") else [empty, *ends]


def amount_of(part: Part, state: object, now: object) -> Any:
    """What an entity in a state adds to a part's sum; a stock may depend on the moment."""
    if isinstance(part, Flow):
        assert part.added
        return part.added(state)
    assert part.added
    return part.added(state, now)


@pytest.mark.parametrize(("one", "part"), PARTS, ids=[f"{one.id}-{number}" for number, (one, _) in enumerate(PARTS)])
def test_what_an_entity_adds_is_bounded(one: Indicator, part: Part) -> None:
    asked = SqlState()
    text = sql(amount_of(part, asked, Sql("now")))
    is_constant = text.lstrip("-").isdecimal()
    assert is_constant or text.startswith("greatest(toInt64(least(toInt64(")
    assert is_constant or text.endswith(f"toInt64({MOST}))), toInt64(-{MOST}))")
    choices = {name: extremes(rule) for name, rule in one.of.fields.items() if name in asked.asked}
    combinations = list(product(*choices.values()))
    for values in Random(1).sample(combinations, min(len(combinations), 3_000)):
        state = state_type(one.of)("w", "k")
        for name, value in zip(choices, values, strict=True):
            setattr(state, name, value)
        amount = amount_of(part, state, TIMES[1])
        assert isinstance(amount, int)
        assert abs(amount) <= MOST


def test_the_sum_fits_into_a_column() -> None:
    assert MOST * ENTITIES < 2**63


@pytest.mark.parametrize("one", [one for one in indicators() if one.takes_largest], ids=lambda one: one.id)
def test_a_largest_amount_is_none_of_a_sum(one: Indicator) -> None:
    assert len(one.parts) == 1
