"""Rebuild: entities that the fold has let go are brought back from the stored rows before their next event is folded."""

from collections.abc import Sequence

from ingest.contract.envelope import AnyEnvelope
from streams.fold.plan import plans
from streams.partition.state import PartitionState
from streams.warehouse_connections import StoredPast
from warehouse.recompute import rebuild


async def rebuild_entities(past: StoredPast, partition: PartitionState, envelopes: Sequence[AnyEnvelope]) -> None:
    """Bring back what events go on with.

    Args:
        past: what is stored; it knows all that the fold has.
        partition: the partition.
        envelopes: the events that are folded next.
    """
    unknown = partition.fold.unknown(envelopes)
    entities = {plan.entity.id: plan.entity for plan in plans(partition.place[0])} if unknown else {}
    for id, pairs in unknown.items():
        states = await past.ask(rebuild.entity_states, entities[id], pairs, *partition.place, partition.fold.offset)
        partition.fold.adopt(id, states)
