"""Rebuild: entities that the fold has let go are brought back from the stored rows before their next event is folded."""

from collections.abc import Sequence

from ingest.contract.envelope import AnyEnvelope
from streams.fold.plan import plans
from streams.partition.state import PartitionState
from streams.warehouse_connections import StoredPast
from warehouse.model.entity import EntityState
from warehouse.recompute import rebuild


async def rebuild_entities(past: StoredPast, partition: PartitionState, envelopes: Sequence[AnyEnvelope]) -> None:
    """Bring back what events go on with; from then until they are folded nothing may wait.

    While the warehouse is asked, what waits is written, and after that the fold lets go of what is over. That may be what one of these events
    goes on with. So it is looked again until nothing is missing that was not asked for, and only then they are all taken in.

    Args:
        past: what is stored; it knows all that the fold has.
        partition: the partition.
        envelopes: the events that are folded next.
    """
    found: dict[str, list[EntityState]] = {}
    asked: dict[str, set[tuple[str, str]]] = {}
    while missing := {
        id: new for id, pairs in partition.fold.unknown(envelopes).items() if (new := pairs - asked.get(id, set()))
    }:
        entities = {plan.entity.id: plan.entity for plan in plans(partition.place[0])}
        for id, pairs in missing.items():
            asked.setdefault(id, set()).update(pairs)
            found.setdefault(id, []).extend(
                await past.ask(rebuild.entity_states, entities[id], pairs, *partition.place, partition.fold.offset)
            )
    for id, states in found.items():
        partition.fold.adopt(id, states)
