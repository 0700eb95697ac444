"""Rebuild: entities that the fold has let go are brought back from the stored rows before their next event is folded.

An import that is taken back is worked out in the same way: the entities that it touched, with its events and without them.
"""

from collections.abc import Sequence
from itertools import pairwise

from ingest.contract.envelope import AnyEnvelope
from ingest.contract.events import event_types
from ingest.contract.events.import_withdrawal import ImportWithdrawn
from ingest.runtime.failpoint import failpoint
from streams.fold.fold import WithdrawnLives
from streams.fold.plan import plans, touches
from streams.partition.state import PartitionState
from streams.warehouse_connections import StoredPast
from warehouse.model.entity import EntityState
from warehouse.recompute import rebuild
from warehouse.store.withdrawn import WithdrawnImport, WithdrawnKind, move_withdrawn, withdrawn_kinds

WITHDRAWALS = frozenset(one.kind for one in event_types().values() if issubclass(one, ImportWithdrawn))
"""Kinds of the events that take others back."""
ASKED_AT_ONCE = 1_000
"""Entities that one question names."""


async def rebuild_entities(
    past: StoredPast, partition: PartitionState, envelopes: Sequence[AnyEnvelope], offsets: Sequence[int]
) -> None:
    """Bring back what events go on with, or what one of them takes back; from then until they are folded nothing may wait.

    While the warehouse is asked, what waits is written, and after that the fold lets go of what is over. That may be what one of these events
    goes on with. So it is looked again until nothing is missing that was not asked for, and only then they are all taken in.

    Args:
        past: what is stored; it knows all that the fold has.
        partition: the partition.
        envelopes: the events that are folded next, one of `foldable_parts`.
        offsets: their positions.
    """
    if envelopes and envelopes[0].data.kind in WITHDRAWALS:
        partition.fold.expect_withdrawn(await _withdrawn(past, partition, envelopes[0], offsets[0]))
        return
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


def foldable_parts(kinds: Sequence[str]) -> list[range]:
    """Which events, of these kinds, can be folded at once, in order: one that takes others back stands alone."""
    if WITHDRAWALS.isdisjoint(kinds):
        return [range(len(kinds))]
    alone = [index for index, kind in enumerate(kinds) if kind in WITHDRAWALS]
    cuts = sorted({0, *alone, *(index + 1 for index in alone), len(kinds)})
    return [range(start, end) for start, end in pairwise(cuts)]


async def _withdrawn(
    past: StoredPast, partition: PartitionState, envelope: AnyEnvelope, offset: int
) -> list[WithdrawnLives]:
    """What an event takes back, which from now on stands beside the events that count."""
    one = WithdrawnImport(*partition.place, envelope.partitionkey, envelope.subject, offset)
    kinds = await past.ask(withdrawn_kinds, one)
    before = await _lives(past, one, kinds, offset - 1)
    await past.write(move_withdrawn, one)
    failpoint("withdrawal.moved")
    after = await _lives(past, one, kinds, offset)
    return [WithdrawnLives(id, states, after[id][0], first_ms) for id, (states, first_ms) in before.items()]


async def _lives(
    past: StoredPast, one: WithdrawnImport, kinds: Sequence[WithdrawnKind], until_offset: int
) -> dict[str, tuple[list[EntityState], int]]:
    """By kind of entity, the states of those that an import touched, and when it first did."""
    entities = {plan.entity.id: plan.entity for plan in plans(one.topic)}
    touched: dict[str, tuple[dict[str, None], int]] = {}
    for kind, subjects, first_ms in kinds:
        for touch in touches(one.topic).get(kind, ()):
            id = touch.plan.entity.id
            known, first = touched.get(id, ({}, first_ms))
            touched[id] = (known | dict.fromkeys(subjects), min(first, first_ms))
    found: dict[str, tuple[list[EntityState], int]] = {}
    for id, (keys, first_ms) in touched.items():
        states: list[EntityState] = []
        pairs = [(one.ward, key) for key in keys]
        for start in range(0, len(pairs), ASKED_AT_ONCE):
            some = pairs[start : start + ASKED_AT_ONCE]
            states += await past.ask(rebuild.entity_states, entities[id], some, one.topic, one.partition, until_offset)
        found[id] = (states, first_ms)
    return found
