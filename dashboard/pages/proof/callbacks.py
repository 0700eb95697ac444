"""Proof callbacks: what the proof page compares - the figure that the board shows with its recomputation, and what is behind both.

A figure and its events are never read at quite the same moment. So what differs is looked at again before it is called a
difference, and while events are on their way to the figure the page looks again by itself.
"""

import asyncio
import logging
from typing import Any

from dash import Dash, Input, Output, State, html, no_update
from dash.development.base_component import Component

from dashboard.access.viewer import viewer
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.pages.proof.page import PAGE
from dashboard.pages.proof.tables import (
    correction_table,
    entered_note,
    event_table,
    member_table,
    query_list,
    window_table,
)
from dashboard.state.queries import TooMuchError, WarehouseQueries
from dashboard.words import number, text
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label, Language
from warehouse.catalogue import day_kinds, indicators
from warehouse.model.indicator import Indicator
from warehouse.model.reading import reading_of
from warehouse.proof.evidence import CorrectedFigure, Evidence, corrected_figures, newest_events
from warehouse.proof.proof import Proof, ProofWindow, ShownFigure, proof_windows, prove_figure, shown_figures
from warehouse.query.day_totals import DayTotal, day_totals
from warehouse.store.client import Client

log = logging.getLogger("dashboard.proof")

TRIES = 3
"""How often a difference is looked at again before it is told."""
TRY_EVERY = 1.0

AGREES = Label("KHỚP · {value}", "AGREES · {value}")
DIFFERS = Label("SAI LỆCH · {value}", "DIFFERS · {value}")
BOTH = Label("trên bảng {shown} · tính lại {recomputed}", "on the board {shown} · recomputed {recomputed}")
WHERE = Label("Khác ở: {places}", "Differs at: {places}")
COMPARED = Label(
    "{count} giá trị được so sánh lúc {time}", "{count} values compared at {time}", "{count} value compared at {time}"
)
AHEAD = Label("{count} sự kiện mới hơn đang được tính", "newer events being counted: {count}")
TOO_MUCH = Label(
    "Tính lại tại chỗ mất quá lâu; lần đối soát hằng đêm kiểm tra số này.",
    "Recomputing takes too long here; the nightly audit checks this figure.",
)
NOTHING = Label("Chưa có số nào để so sánh.", "There is no figure to compare yet.")
_MOST_PLACES = 5
"""How many differing places are named."""


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    _register_verdict(app, services.live, services.reader)
    _register_evidence(app, services.live, services.reader)


def _register_verdict(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("proof-verdict", "children"),
        Output("proof-verdict", "className"),
        Output("proof-members", "children"),
        Output("proof-wait", "disabled"),
        Input("proof-again", "n_clicks"),
        Input("proof-wait", "n_intervals"),
        State("proof-of", "data"),
        running=[(Output("proof-again", "loading"), True, False)],
    )
    async def check(_clicks: object, _ticks: object, id: object) -> tuple[Any, ...]:
        place = _allowed(id)
        if place is None:
            return no_update, no_update, no_update, True
        language = viewer().language
        try:
            what, found = await compare_figure(place, live, reader)
        except TooMuchError:
            return TOO_MUCH.text(language), "verdict", None, True
        except Unavailable:
            return WAREHOUSE_ASK_AGAIN.text(language), "verdict", None, False
        if not what.taken_in:
            return NOTHING.text(language), "verdict", None, False
        if not found.agrees:
            log.error("%s: %s differ from the events", place.id, _places(found, language))
        verdict = "verdict agrees" if found.agrees else "verdict differs"
        return verdict_text(what, found, language), verdict, member_table(what, found, language), not found.ahead


def _register_evidence(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("proof-windows", "children"),
        Output("proof-corrections", "children"),
        Output("proof-events", "children"),
        Output("proof-queries", "children"),
        Input("proof-again", "n_clicks"),
        State("proof-of", "data"),
    )
    async def behind(_clicks: object, id: object) -> tuple[Any, ...]:
        one = _allowed(id)
        if one is None:
            return (no_update,) * 4
        person, now_ms = viewer(), live.now_ms()
        ward = live.ingest.ward

        def ask(client: Client) -> tuple[list[ProofWindow], list[CorrectedFigure], list[Evidence], list[DayTotal]]:
            return (
                proof_windows(client, one, ward, now_ms),
                corrected_figures(client, ward, one.id),
                newest_events(client, one, ward),
                day_totals(client, one, ward, 0, now_ms) if one.id in day_kinds() else [],
            )

        queries = query_list(one, ward, now_ms, person)
        try:
            for attempt in range(TRIES):
                kept, corrected, events, entered = await reader.ask(ask)
                if all(window.agrees for window in kept) or attempt == TRIES - 1:
                    break
                await asyncio.sleep(TRY_EVERY)
        except (TooMuchError, Unavailable) as error:
            why = (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(person.language)
            return why, why, why, queries
        return (
            [window_table(one, kept, person.language), *entered_note(one, entered, person.language)],
            correction_table(corrected, person.language, named=False),
            event_table(events, person),
            queries,
        )


async def compare_figure(one: Indicator, live: Live, reader: WarehouseQueries) -> tuple[ShownFigure, Proof]:
    """A figure and its recomputation; what differs is looked at again, for it may be in the middle of a change.

    Raises:
        Unavailable: the warehouse is away.
        TooMuchError: it takes too long.
    """
    for attempt in range(TRIES):
        what = shown_figures(one, live.ingest.ward, live.now_ms(), live.readings.values())
        found = await reader.ask(lambda client, what=what: prove_figure(client, what))  # type: ignore[misc]
        if found.agrees or attempt == TRIES - 1:
            break
        await asyncio.sleep(TRY_EVERY)
    return what, found


def verdict_text(what: ShownFigure, found: Proof, language: Language) -> list[Component]:
    """The verdict in words."""
    total = ("", "")
    pairs = [sides.get(total, (0, 0)) for sides in (what.sides(), found.sides)]
    mine, theirs = (number.sides(what.one, pair, language) for pair in pairs)
    counted = what.sides()
    with_base = (counted.get(total, (0, 0))[0] + what.base[0], counted.get(total, (0, 0))[1] + what.base[1])
    shown_ = reading_of(what.one, {**counted, total: with_base}, 0, 1)
    verdict = AGREES if found.agrees else DIFFERS
    lines: list[Component] = [
        html.Strong(verdict.text(language, value=number.with_unit(shown_, language))),
        html.Div(BOTH.text(language, shown=mine, recomputed=theirs)),
    ]
    if not found.agrees:
        lines.append(html.Div(WHERE.text(language, places=_places(found, language))))
    note = COMPARED.text(
        language, count=number.whole_number(len(what.values), language), time=f"{text.local_time(what.now_ms):%H:%M:%S}"
    )
    if found.ahead:
        note += " · " + AHEAD.text(language, count=number.whole_number(found.ahead, language))
    return [*lines, html.Div(note, className="quiet")]


def _places(found: Proof, language: Language) -> str:
    named = []
    for _, window_ms, dimension, member in found.differing[:_MOST_PLACES]:
        at = f"{text.local_time(window_ms):%H:%M %d/%m} " if window_ms else ""
        named.append(f"{at}{text.member(member, language) if dimension else 'Σ'}".strip())
    more = "…" if len(found.differing) > _MOST_PLACES else ""
    return ", ".join(named) + more


def _allowed(id: object) -> Indicator | None:
    """The indicator, where there is such a one and the person may see its proof."""
    known = {one.id: one for one in indicators()}
    return known.get(id) if isinstance(id, str) and viewer().may(PAGE.right) else None
