"""Figure import: plans and sends figures of a file on this install, for whoever types it and for the pretend ward's first start."""

import asyncio
import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from commands.install.settings import ROOT, Install
from dashboard.access.accounts import FIRST
from dashboard.access.viewer import Viewer
from dashboard.entry.act import Statement, confirm, enter
from dashboard.entry.amount import read_amounts
from dashboard.entry.change import ImportPlan, plan_import, plan_undo
from dashboard.entry.day_file import read_entry_file
from dashboard.entry.desk import plan_days
from dashboard.entry.file import COLUMNS
from ingest.contract.clock import WARD_ZONE, Clock, milliseconds
from ingest.contract.event import Event
from ingest.kafka.own_event import send_own_events
from warehouse.catalogue import figure_kinds, indicators
from warehouse.query.entered import EnteredFigure, FigureAct, entered_days, entered_figures
from warehouse.store.client import connect

PRETEND_BASELINE = ROOT / "connectors" / "simulator" / "baseline.csv"
"""What the ward's report of 2025 says: the pretend ward is the one that wrote it."""

PRETEND_FIGURES = PRETEND_BASELINE.with_name("figures.csv")
"""What people of the pretend ward entered for the last month, quarter or year."""
PRETEND_ENTERS = Viewer("gia-lap-nhap", frozenset({"analyst"}))
PRETEND_CONFIRMS = Viewer("gia-lap-duyet", frozenset({"leader"}))

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
    read = read_entry_file(file)
    if read.of_days:
        with connect(install.warehouse) as client:
            return plan_days(client, install.ingest.ward, read, person, clock.now())
    return plan_import(read, known_figures(install), person, clock.now())


def undo_plan(install: Install, batch: str, person: Viewer, clock: Clock) -> ImportPlan:
    """What undoing an import would change.

    Raises:
        Unavailable: the warehouse is away.
    """
    with connect(install.warehouse) as client:
        known = entered_days(client, install.ingest.ward, batch) or entered_figures(client, install.ingest.ward)
    return plan_undo(batch, known, person, clock.now())


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


def enter_pretend_figures(install: Install, clock: Clock) -> int:
    """Enter what people of the pretend ward know that no machine tells, each confirmed by a second one, at its first start.

    Returns:
        How many figures were entered; none of a kind of which there is any already.

    Raises:
        Unavailable: Kafka or the warehouse is away.
    """
    kinds, now = figure_kinds(), clock.now()
    known = {ref.partition(":")[0] for ref in known_figures(install)}
    events: list[Event] = []
    with PRETEND_FIGURES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            kind = kinds[row[COLUMNS["code"]]]
            if kind.code in known:
                continue
            amounts = read_amounts(kind, row[COLUMNS["value"]], row[COLUMNS["whole"]])
            what = Statement(kind, kind.last_period(now.astimezone(WARD_ZONE).date()), amounts)
            entered = enter(what, EnteredFigure(what.ref, ()), PRETEND_ENTERS, now - timedelta(minutes=1))
            acts = (FigureAct(entered.kind, milliseconds(now), entered.model_dump()),)
            events += [entered, confirm(kind, EnteredFigure(what.ref, acts), PRETEND_CONFIRMS, now)]
    send_figures(install, events, clock)
    return len(events) // 2
