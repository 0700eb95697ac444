"""Event import: a file of events of before on this install, planned and sent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands.install.settings import Install
from connectors.managed.event_import import map_event_file
from dashboard.entry.event_file import EventPlan, plan_events, send_past_events
from dashboard.entry.file import file_digest
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore
from ingest.contract.clock import Clock
from ingest.contract.connector import Context
from ingest.untrusted.pseudonym import pseudonymiser
from warehouse.store.client import Client, connect


def event_plan(install: Install, file: Path, clock: Clock) -> EventPlan:
    """What importing a file would do; nothing is done.

    Raises:
        EntryRefused: there is nothing in it.
        SourceRefused: it cannot be read.
        Unavailable: the warehouse is away.
    """
    ingest = install.ingest
    mapped = map_event_file(file, Context(clock, ingest.ward, pseudonymiser(ingest.pseudonym_secret)))
    with connect(install.warehouse) as client:
        return plan_events(client, ingest.ward, file_digest(file), mapped, clock.now())


def send_events(install: Install, plan: EventPlan, by: str, told: Callable[[int], None]) -> None:
    """Send what a plan says, and write down who did it; returns when all of it is stored.

    Raises:
        StoreUnavailable: it cannot be written down, so it is not done.
        Unavailable: Kafka or the warehouse is away; the same file again sends what is missing.
    """
    with BoardStore(install.board.folder).change() as connection:
        record_change(connection, "import", f"{plan.kind} ({plan.batch})", f"events: {len(plan.events)}", by)

    async def ask(question: Callable[[Client], Any]) -> Any:
        return await asyncio.to_thread(answer, question)

    def answer(question: Callable[[Client], Any]) -> Any:
        with connect(install.warehouse) as client:
            return question(client)

    asyncio.run(send_past_events(install.ingest, plan.events, ask, told))
