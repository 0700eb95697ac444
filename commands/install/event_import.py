"""Event import: a file of events of before on this install, planned and sent."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commands.install.settings import Install
from connectors.managed.event_import import map_event_file
from dashboard.access.viewer import Viewer
from dashboard.entry.event_file import AskWarehouse, EventPlan, plan_events, record_import, send_past_events
from dashboard.entry.event_undo import EventImport, EventUndo, event_imports, plan_event_undo, record_undo, undo_import
from dashboard.entry.file import file_digest
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
    record_import(BoardStore(install.board.folder), plan, by)

    asyncio.run(send_past_events(install.ingest, plan.events, _asking(install), told))


def event_import(install: Install, batch: str) -> EventImport | None:
    """An import of events that was not taken back; `None`: there is none."""
    return next((one for one in event_imports(BoardStore(install.board.folder)) if one.batch == batch), None)


def event_undo(install: Install, one: EventImport, clock: Clock) -> EventUndo:
    """What undoing an import would do; nothing is done.

    Raises:
        Unavailable: the warehouse is away.
    """
    with connect(install.warehouse) as client:
        return plan_event_undo(client, install.ingest.ward, one, clock.now())


def take_events_back(
    install: Install, undo: EventUndo, person: Viewer, clock: Clock, told: Callable[[int], None]
) -> None:
    """Undo an import, and write down who did it; returns when none of its events counts any more.

    Raises:
        EntryRefused: it cannot be done.
        StoreUnavailable: it cannot be written down, so it is not done.
        Unavailable: Kafka or the warehouse is away; the same again does what is missing.
    """
    store = BoardStore(install.board.folder)

    async def undone() -> None:
        await record_undo(store, undo, person)
        await undo_import(install.ingest, store, undo, person, clock.now(), _asking(install), told)

    asyncio.run(undone())


def _asking(install: Install) -> AskWarehouse:
    def answer(question: Callable[[Client], Any]) -> Any:
        with connect(install.warehouse) as client:
            return question(client)

    return lambda question: asyncio.to_thread(answer, question)
