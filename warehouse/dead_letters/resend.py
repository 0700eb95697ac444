"""Resend: dead letters tried again with the code of today, sent if they are valid now, and noted.

Blocking, for a thread or a command. A dry run asks Kafka and the warehouse the same, and changes nothing.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from ingest.contract.clock import RealClock
from ingest.contract.envelope import AnyEnvelope
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka import offsets
from ingest.kafka.producer import Producer
from ingest.kafka.reader import Position, read_records
from ingest.replay.replay import ALREADY_THERE, ReplayPlan, SourcePlans, plan_record, send_replays
from ingest.untrusted.dead_letter import DeadLetter
from warehouse.dead_letters.stored import ReplayOutcome, StoredDeadLetter, stored_events, write_replays
from warehouse.store.client import Client
from warehouse.store.positions import kafka_offset_of, read_bases

AT_ONCE = 200
"""Dead letters that are sent together, and noted."""

PATIENCE = timedelta(seconds=15)
"""How long Kafka may take to be there."""


class ResentDeadLetter(NamedTuple):
    """What became of a dead letter, or would become of it."""

    id: str
    stream: str
    """The topic or the connector that it comes from."""
    reason: str
    outcome: str
    """As in `ingest.replay.replay.OUTCOMES`."""
    detail: str
    events: int
    """How many events were sent again, or would be."""


def resend(
    client: Client,
    settings: IngestSettings,
    dead_letters: Iterable[StoredDeadLetter],
    by: str,
    sources: SourcePlans,
    is_dry: bool = True,
    told: Callable[[int], None] | None = None,
) -> list[ResentDeadLetter]:
    """Try dead letters again.

    Whatever is sent counts once: by its id if it is on its way already, and not at all if the warehouse has it.

    Args:
        client: an open connection of the database's owner.
        settings: where Kafka is.
        dead_letters: which ones, as `warehouse.dead_letters.stored` gives them.
        by: who wants it, for the note.
        sources: how connectors' dead letters are mapped again.
        is_dry: only say what would happen.
        told: is told how many dead letters are done.

    Raises:
        Unavailable: Kafka, the warehouse or the connectors are away; what was noted until then stands, the rest can be tried again.
    """
    return asyncio.run(_resend(client, settings, dead_letters, by, sources, is_dry, told or (lambda done: None)))


async def _resend(
    client: Client,
    settings: IngestSettings,
    dead_letters: Iterable[StoredDeadLetter],
    by: str,
    sources: SourcePlans,
    is_dry: bool,
    told: Callable[[int], None],
) -> list[ResentDeadLetter]:
    resent: list[ResentDeadLetter] = []
    async with AsyncExitStack() as stack:
        producer = None if is_dry else await stack.enter_async_context(_Producing(settings))
        rest = iter(dead_letters)
        while some := list(islice(rest, AT_ONCE)):
            plans = await _plans(client, settings, [one.dead_letter for one in some], sources)
            there = await asyncio.to_thread(stored_events, client, [one for plan in plans for one in plan.envelopes])
            plans = [_without(plan, there) for plan in plans]
            if producer is not None:
                await send_replays(plans, producer)
                await asyncio.to_thread(write_replays, client, _notes(some, plans, by))
            resent += [
                ResentDeadLetter(
                    one.dead_letter.id,
                    one.stream,
                    one.dead_letter.reason_code,
                    plan.outcome,
                    plan.detail,
                    len(plan.envelopes),
                )
                for one, plan in zip(some, plans, strict=True)
            ]
            told(len(resent))
    return resent


async def _plans(
    client: Client, settings: IngestSettings, dead_letters: Sequence[DeadLetter], sources: SourcePlans
) -> list[ReplayPlan]:
    positions = await asyncio.to_thread(_positions, client, settings, dead_letters)
    records = await read_records(settings, list(positions.values()))
    of_sources = [dead_letter for dead_letter in dead_letters if dead_letter.original_topic is None]
    mapped = iter(await asyncio.to_thread(sources, of_sources) if of_sources else ())
    plans = []
    for dead_letter in dead_letters:
        if dead_letter.original_topic is None:
            plans.append(next(mapped))
        elif dead_letter.id in positions and positions[dead_letter.id] in records:
            plans.append(plan_record(dead_letter, records[positions[dead_letter.id]]))
        else:
            plans.append(ReplayPlan(dead_letter, "lost", "its record is no longer in Kafka"))
    return plans


def _positions(client: Client, settings: IngestSettings, dead_letters: Sequence[DeadLetter]) -> dict[str, Position]:
    """By dead letter, where Kafka has its record; without those that it no longer has."""
    found: dict[str, Position] = {}
    of_records = [dead_letter for dead_letter in dead_letters if dead_letter.original_topic is not None]
    if not of_records:
        return found
    known, held = read_bases(client), offsets.held_records(settings)
    for dead_letter in of_records:
        place = dead_letter.original_topic or "", -1 if dead_letter.partition is None else dead_letter.partition
        offset = kafka_offset_of(known, held.cluster, place, -1 if dead_letter.offset is None else dead_letter.offset)
        extent = held.extents.get(place)
        if offset is not None and extent is not None and extent.first <= offset < extent.end:
            found[dead_letter.id] = (*place, offset)
    return found


def _without(plan: ReplayPlan, there: set[tuple[str, str, str]]) -> ReplayPlan:
    """The plan without the events that the warehouse has."""
    missing = tuple(one for one in plan.envelopes if _key(one) not in there)
    if len(missing) == len(plan.envelopes):
        return plan
    return plan._replace(envelopes=missing, detail=plan.detail if missing else ALREADY_THERE)


def _key(one: AnyEnvelope) -> tuple[str, str, str]:
    return topic_of(one.data.stream), one.ward, one.id


def _notes(dead_letters: Sequence[StoredDeadLetter], plans: Sequence[ReplayPlan], by: str) -> list[ReplayOutcome]:
    """What is noted: nothing that hides that a dead letter was sent."""
    now = RealClock().now()
    return [
        ReplayOutcome(plan.dead_letter.id, plan.outcome, plan.detail, len(plan.envelopes), by, now)
        for before, plan in zip(dead_letters, plans, strict=True)
        if before.outcome != "sent" or plan.envelopes
    ]


class _Producing:
    """A producer that is connected, or an error in time."""

    def __init__(self, settings: IngestSettings) -> None:
        self._producer = Producer(settings)

    async def __aenter__(self) -> Producer:
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                await self._producer.start()
        except TimeoutError:
            raise Unavailable("Kafka", "no connection in time") from None
        return self._producer

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()
