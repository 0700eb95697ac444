"""System callbacks: asks what the page about the system shows, while somebody looks at it."""

from datetime import timedelta
from typing import Any, NamedTuple

from dash import Dash, Input, Output, html, no_update
from dash.development.base_component import Component

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.components.silent_devices import silent_table
from dashboard.pages.alarms.history import channels_text
from dashboard.pages.proof.tables import correction_table
from dashboard.pages.system.page import AUDITS, CORRECTED_WITHIN, PAGE
from dashboard.pages.system.tables import (
    audit_block,
    change_table,
    disk_table,
    job_table,
    map_lines,
    restart_table,
    source_table,
    stream_table,
)
from dashboard.state.queries import TooMuchError
from dashboard.store.changes import recent_changes
from dashboard.store.store import BoardStore, StoreUnavailable
from dashboard.system_status import halted_streams, restarted_processes
from dashboard.ward_map.file import shown_map
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.clock import RealClock
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.kafka import offsets
from ingest.runtime import disk_space
from warehouse.audit.history import Audit, StoredPartition, recent_audits, stored_partitions
from warehouse.maintenance import status
from warehouse.proof.evidence import CorrectedFigure, corrected_figures
from warehouse.store.client import Client
from warehouse.store.halted_partitions import HaltedPartition
from warehouse.store.positions import kafka_offset_of, read_bases

CHANGES = 12


class FoundStatus(NamedTuple):
    """What was found out."""

    audits: list[Audit]
    stored: list[StoredPartition]
    behind: dict[tuple[str, int], int]
    """By partition, how many records Kafka has beyond what is stored; absent where that is not known."""
    stops: list[HaltedPartition]
    corrected: list[CorrectedFigure]


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    live, desk, reader, store = (
        services.live,
        services.desk,
        services.reader,
        BoardStore(services.settings.folder),
    )

    @app.callback(
        Output("system-audit", "children"),
        Output("system-streams", "children"),
        Output("system-corrections", "children"),
        Input("system-tick", "n_intervals"),
    )
    async def show(_ticks: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 3
        since_ms = live.now_ms() - CORRECTED_WITHIN // timedelta(milliseconds=1)
        try:
            found = await reader.ask(lambda client: find_status(client, live.ingest, since_ms))
        except (Unavailable, TooMuchError):
            return (WAREHOUSE_ASK_AGAIN.text(person.language),) * 3
        return (
            audit_block(found.audits, live.now_ms(), person.language),
            stream_table(found.stored, found.behind, found.stops, live.now_ms(), person.language),
            correction_table(found.corrected, person.language),
        )

    @app.callback(
        Output("system-sources", "children"),
        Output("system-silent", "children"),
        Output("system-restarts", "children"),
        Output("system-keeping", "children"),
        Output("system-disks", "children"),
        Output("system-changes", "children"),
        Input("system-tick", "n_intervals"),
    )
    def show_place(_ticks: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return (no_update,) * 6
        state = live.board_state(person.language)
        kept = status.read_state(live.ingest.data_folder)
        wrong, right = map_lines(shown_map(live.ingest.data_folder, live.board.groups), person.language)
        return (
            source_table(state),
            silent_table(state),
            [*wrong, *restart_table(restarted_processes(live.ingest.data_folder), person.language)],
            job_table(kept, kept.is_alive(RealClock().now()), person.language),
            [
                disk_table(disk_space.disks(live.ingest), person.language),
                html.P(channels_text(desk.settings.channel_names, live.faults, state), className="quiet"),
                html.P(_agreement(live).text(person.language), className="quiet"),
                *right,
            ],
            _changes(store, person),
        )


def _changes(store: BoardStore, person: Viewer) -> list[Component]:
    """What was changed in accounts, keys and screens, for administrators; to everybody, what is wrong with the store."""
    found, fault = [], None
    try:
        found = recent_changes(store, CHANGES) if person.may("admin") else []
        store.check()
    except StoreUnavailable as error:
        fault = error.public
    return change_table(found, fault, person.language)


def _agreement(live: Live) -> Label:
    """How often this board has compared its figures with the warehouse, and what it had to correct."""
    compared, corrected = live.agreement.comparisons, live.agreement.corrected
    return Label(
        f"Từ lúc khởi động, bảng đã đối chiếu số liệu với kho {compared} lần, phải sửa {corrected} số.",
        f"Since its start the board has compared its figures with the warehouse {compared} times and had to correct {corrected}.",
    )


def find_status(client: Client, ingest: IngestSettings, since_ms: int) -> FoundStatus:
    """Find out how the system stands."""
    kept = stored_partitions(client)
    return FoundStatus(
        recent_audits(client, AUDITS),
        kept,
        unstored_findings(client, ingest, kept),
        halted_streams(ingest.clock(), client),
        corrected_figures(client, ingest.ward, since_ms=since_ms),
    )


def unstored_findings(
    client: Client, ingest: IngestSettings, kept: list[StoredPartition]
) -> dict[tuple[str, int], int]:
    """How many records Kafka has beyond what is stored; nothing while Kafka is away."""
    try:
        held = offsets.held_records(ingest)
    except Unavailable:
        return {}
    known, found = read_bases(client), {}
    last = {(one.topic, one.partition): one.last_offset for one in kept}
    for place, extent in held.extents.items():
        offset = kafka_offset_of(known, held.cluster, place, last[place]) if place in last else extent.first - 1
        if offset is not None:
            found[place] = max(0, extent.end - max(extent.first, offset + 1))
    return found
