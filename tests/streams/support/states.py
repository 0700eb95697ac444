"""The states that a fold holds, as its snapshot tells them."""

import json

from streams.fold.fold import Fold
from streams.fold.plan import plans
from warehouse.model.entity import EntityState


def states_of(fold: Fold) -> list[tuple[str, EntityState]]:
    """Every entity's kind and state."""
    kinds = {plan.entity.id: plan.state for plan in plans(fold.topic)}
    pieces = json.loads(json.dumps(fold.dump()))
    return [(piece[1], kinds[piece[1]].load(row)) for piece in pieces if piece[0] == "states" for row in piece[2]]
