"""Rebuild: entities that the fold has let go are brought back from the stored rows before their next event is folded."""

from collections.abc import Sequence

from ingest.contract.envelope import AnyEnvelope
from streams.fold.plan import plans
from streams.partition.state import PartitionState
from streams.warehouse_connections import StoredPast
from warehouse.recompute import rebuild


async def rebuild_entities(past: StoredPast, part: PartitionState, envelopes: Sequence[AnyEnvelope]) -> None:
    """Bring back what events go on with.

    Args:
        past: what is stored; it knows all that the fold has.
        part: the partition.
        envelopes: the events that are folded next.
    """
    unknown = part.fold.unknown(envelopes)
    entities = {plan.entity.id: plan.entity for plan in plans(part.place[0])} if unknown else {}
    for id, pairs in unknown.items():
        states = await past.ask(rebuild.entity_states, entities[id], pairs, *part.place, part.fold.offset)
        part.fold.adopt(id, states)
