"""Figure import: plans and sends figures of a file on this install, for whoever types it and for the pretend ward's first start."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from commands.install.settings import ROOT, Install
from dashboard.access.accounts import FIRST
from dashboard.access.viewer import Viewer
from dashboard.entry.change import ImportPlan, plan_import, plan_undo
from dashboard.entry.file import read_figure_file
from ingest.contract.clock import Clock
from ingest.contract.event import Event
from ingest.kafka.own_event import send_own_events
from warehouse.catalogue import indicators
from warehouse.query.entered import EnteredFigure, entered_figures
from warehouse.store.client import connect

PRETEND_BASELINE = ROOT / "connectors" / "simulator" / "baseline.csv"
"""What the ward's report of 2025 says: the pretend ward is the one that wrote it."""

PROCESS = "import"
"""Who tells of it, as in an event's source."""


def known_figures(install: Install) -> dict[str, EnteredFigure]:
    """What was entered so far.

    Raises:
        Unavailable: the warehouse is away.
    """
    with connect(install.warehouse) as client:
        return entered_figures(client, install.ingest.ward)


def file_plan(install: Install, file: Path, person: Viewer, clock: Clock) -> ImportPlan:
    """What a file would change.

    Raises:
        EntryRefused: the file cannot be read.
        Unavailable: the warehouse is away.
    """
    return plan_import(read_figure_file(file), known_figures(install), person, clock.now())


def undo_plan(install: Install, batch: str, person: Viewer, clock: Clock) -> ImportPlan:
    """What undoing an import would change.

    Raises:
        Unavailable: the warehouse is away.
    """
    return plan_undo(batch, known_figures(install), person, clock.now())


def send_figures(install: Install, events: Sequence[Event], clock: Clock) -> None:
    """Send what a plan says; returns when Kafka has it.

    Raises:
        Unavailable: Kafka is away; the same again counts once.
    """
    asyncio.run(send_own_events(install.ingest, PROCESS, clock.now(), *events))


def enter_pretend_baseline(install: Install, clock: Clock) -> int:
    """Import what the pretend ward counted before this system did, at its first start.

    Returns:
        How many figures were entered; 0 where there is any baseline already, or one was withdrawn.

    Raises:
        Unavailable: Kafka or the warehouse is away.
    """
    with_baseline = {one.id for one in indicators() if one.baseline}
    if any(ref.partition(":")[0] in with_baseline for ref in known_figures(install)):
        return 0
    plan = file_plan(install, PRETEND_BASELINE, Viewer(FIRST, frozenset({"admin"})), clock)
    send_figures(install, plan.events, clock)
    return len(plan.events)
