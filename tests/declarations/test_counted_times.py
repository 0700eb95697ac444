"""What a past minute relies on: the time at which something counts is one of the entity's own times, or a day before one of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from warehouse.catalogue import indicators
from warehouse.model.aggregate import Flow
from warehouse.model.entity import Attr, First, Latest
from warehouse.model.expression import DAY_MS, NEVER


def times_of(entity) -> list[str]:
    """The fields that tell when an event happened, or a time that one names."""
    return [
        name
        for name, rule in entity.fields.items()
        if isinstance(rule, First)
        or (isinstance(rule, Latest) and any(isinstance(value, Attr) for value in rule.values.values()))
    ]


@pytest.mark.parametrize("one", [one for one in indicators() if one.has_flow], ids=lambda one: one.id)
@settings(max_examples=examples(25))
@given(chance=st.randoms(use_true_random=False))
def test_the_time_at_which_something_counts_is_one_of_its_times(one, chance):
    told = times_of(one.of)
    for part in one.parts:
        if isinstance(part, Flow):
            state = State(one.of, {name: chance.choice([NEVER, chance.randrange(1, 10**12)]) for name in told}, chance)
            at = part.at(state)
            assert at == NEVER or any(time - at in (0, DAY_MS) for time in state.given), one.id


class State:
    """A state with these times, and anything in its other fields."""

    def __init__(self, entity, times, chance):
        self.given = set(times.values())
        for name, rule in entity.fields.items():
            known = [value for value in getattr(rule, "values", {}).values() if not isinstance(value, Attr)]
            empty = getattr(rule, "empty", NEVER)
            setattr(self, name, times.get(name, chance.choice([empty, *known])))
