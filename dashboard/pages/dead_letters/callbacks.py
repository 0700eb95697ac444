"""Dead letters callbacks: what the page of dead letters does - finds them, tries and sends them again, lets stopped streams go on.

Every act asks anew whether the person may, and takes nothing from the browser for granted. Only what the same log-in has tried
before in a dry run is really sent.
"""

import logging
from collections import OrderedDict
from datetime import timedelta
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.pages.dead_letters import choice
from dashboard.pages.dead_letters.page import PAGE, REPLAY_HINT, REPLAY_RIGHT, SELECT, SPANS
from dashboard.pages.dead_letters.tables import (
    day_chart,
    dead_letter_detail,
    dead_letter_row,
    repeat_detail,
    repeat_row,
    stop_list,
    stream_of,
    ward_date,
)
from dashboard.state.queries import TooMuchError, WarehouseQueries
from dashboard.system_status import halted_streams
from dashboard.words import number, text
from ingest.contract.away import SERVICE_ASK_AGAIN
from ingest.contract.clock import shown_at
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.replay.remote import RemotePlans
from warehouse.dead_letters.by_day import DeadLetterDay, count_by_day
from warehouse.dead_letters.resend import ResentDeadLetter, resend
from warehouse.dead_letters.stored import PAGE as MOST
from warehouse.dead_letters.stored import (
    DeadLetterChoice,
    DeadLetterGroup,
    StoredDeadLetter,
    read_dead_letters,
    read_groups,
)
from warehouse.store.client import Client
from warehouse.store.duplicates import read_duplicates
from warehouse.store.halted_partitions import HaltedPartition, resume_partition

log = logging.getLogger("dashboard.letters")

CHART_DAYS = 30
_KEPT_TRIALS = 32

COUNT = Label("{count} sự kiện lỗi", "{count} dead letters", "{count} dead letter")
CUT = Label("{count} mới nhất", "the newest {count}")
REPEATED = Label("{count} lần gửi lại, {conflicts} xung đột", "{count} repeats, {conflicts} conflicts")
CHOSEN = Label("{count} dòng được chọn", "chosen: {count}")
TRIED = Label("Chạy thử: {sent}/{count} gửi được", "Dry run: {sent} of {count} can be sent")
SENT = Label("Đã gửi {sent}/{count}", "{sent} of {count} sent")
FIRST_TRY = REPLAY_HINT
NOT_STOPPED = Label("Luồng này không dừng.", "This stream is not stopped.")


class Trials:
    """What each log-in has tried in a dry run; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, frozenset[str]] = OrderedDict()

    def keep(self, session: str, ids: list[str]) -> None:
        """Remember what was tried."""
        self._kept[session] = frozenset(ids)
        self._kept.move_to_end(session)
        while len(self._kept) > _KEPT_TRIALS:
            self._kept.popitem(last=False)

    def tried(self, session: str, ids: list[str]) -> bool:
        """Whether all of these were."""
        return bool(ids) and set(ids) <= self._kept.get(session, frozenset())


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    live, reader = services.live, services.reader
    trials = Trials()
    _register_dead_letters(app, live, reader)
    _register_detail(app, reader, trials)
    _register_acts(app, live, reader, trials)
    _register_stops(app, live, reader)
    _register_repeats(app, live, reader)


def _register_dead_letters(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("letters-table", "rowData"),
        Output("letters-chart", "children"),
        Output("letters-reason", "data"),
        Output("letters-stream", "data"),
        Output("letters-count", "children"),
        Input("letters-span", "value"),
        Input("letters-reason", "value"),
        Input("letters-stream", "value"),
        Input("letters-outcome", "value"),
        Input("letters-refresh", "n_clicks"),
    )
    async def show(span: object, reason: object, stream: object, outcome: object, _clicks: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(PAGE.right):
            return no_update, no_update, no_update, no_update, text.NOT_ALLOWED.text(person.language)
        now = live.clock.now()
        days = SPANS[span][1] if isinstance(span, str) and span in SPANS else 7
        since = now - timedelta(days=days) if days else None
        chosen = DeadLetterChoice(reason=choice.valid_choice(reason), stream=choice.valid_choice(stream), since=since)
        window = days or CHART_DAYS

        def ask(client: Client) -> tuple[list[StoredDeadLetter], list[DeadLetterGroup], list[DeadLetterDay]]:
            everything = read_groups(client, DeadLetterChoice(since=since))
            return read_dead_letters(client, chosen), everything, count_by_day(client, now - timedelta(days=window))

        try:
            dead_letters, groups, by_day = await reader.ask(ask)
        except (Unavailable, TooMuchError):
            return no_update, no_update, no_update, no_update, SERVICE_ASK_AGAIN.text(person.language)
        shown = [one for one in dead_letters if choice.is_chosen(one, outcome)]
        said = COUNT.text(person.language, count=number.whole_number(len(shown), person.language))
        if len(dead_letters) == MOST:
            said = CUT.text(person.language, count=number.whole_number(MOST, person.language))
        return (
            [dead_letter_row(one, person.language) for one in shown],
            day_chart(by_day, ward_date(now), max(2, window), person.language),
            sorted({one.reason for one in groups}),
            [
                {"value": name, "label": stream_of(name, person.language)}
                for name in sorted({one.stream for one in groups})
            ],
            said,
        )


def _register_detail(app: Dash, reader: WarehouseQueries, trials: Trials) -> None:
    @app.callback(
        Output("letters-detail", "children"),
        Output("letters-try", "disabled"),
        Output("letters-send", "disabled"),
        Output("letters-chosen", "children"),
        Input("letters-table", "selectedRows"),
        prevent_initial_call=True,
    )
    async def detail(selected: object) -> tuple[Any, ...]:
        person, ids = viewer(), choice.ids(selected)
        if not ids or not person.may(PAGE.right):
            return None, True, True, SELECT.text(person.language)
        told = CHOSEN.text(person.language, count=len(ids))
        try:
            found = await reader.ask(lambda client: read_dead_letters(client, DeadLetterChoice(ids=ids[-1:]), 1))
        except (Unavailable, TooMuchError):
            return SERVICE_ASK_AGAIN.text(person.language), True, True, told
        shown = [part for one in found for part in dead_letter_detail(one, person.language)]
        return shown, False, not trials.tried(person.session, ids), told


def _register_acts(app: Dash, live: Live, reader: WarehouseQueries, trials: Trials) -> None:
    @app.callback(
        Output("letters-table", "rowTransaction"),
        Output("letters-status", "children"),
        Output("letters-fault", "children"),
        Output("letters-send", "disabled", allow_duplicate=True),
        Input("letters-try", "n_clicks"),
        Input("letters-send", "n_clicks"),
        State("letters-table", "selectedRows"),
        running=[(Output("letters-try", "loading"), True, False), (Output("letters-send", "loading"), True, False)],
        prevent_initial_call=True,
    )
    async def act(_tries: object, _sends: object, selected: object) -> tuple[Any, ...]:
        person, ids, is_dry = viewer(), choice.ids(selected), ctx.triggered_id != "letters-send"
        language = person.language
        if fault := _refusal(person, ids, is_dry, trials):
            return no_update, no_update, fault.text(language), True
        try:
            rows, resent = await _resent(reader, live, ids, person, is_dry)
        except (Unavailable, TooMuchError):
            return no_update, "", SERVICE_ASK_AGAIN.text(language), True
        sent = sum(one.outcome == "sent" for one in resent)
        if is_dry:
            trials.keep(person.session, ids if sent else [])
        else:
            log.warning("%r sent %d dead letters again: %s", person.name, len(ids), _told(resent))
        said = (TRIED if is_dry else SENT).text(language, sent=sent, count=len(resent))
        return {"update": rows, "async": False}, said, "", not (is_dry and sent)


async def _resent(
    reader: WarehouseQueries, live: Live, ids: list[str], person: Viewer, is_dry: bool
) -> tuple[list[dict[str, str]], list[ResentDeadLetter]]:
    """Try dead letters again, or really send them; the rows say what became of each."""
    sources = RemotePlans(live.board.intake, live.ingest.letters_secret)

    def ask(client: Client) -> tuple[list[dict[str, str]], list[ResentDeadLetter]]:
        chosen = read_dead_letters(client, DeadLetterChoice(ids=ids), choice.AT_ONCE)
        resent = resend(client, live.ingest, chosen, person.name, sources, is_dry=is_dry)
        by_id = {one.id: one for one in resent}
        now_stored = chosen if is_dry else read_dead_letters(client, DeadLetterChoice(ids=ids), choice.AT_ONCE)
        return [dead_letter_row(one, person.language, by_id.get(one.dead_letter.id)) for one in now_stored], resent

    return await reader.ask(ask)


def _register_stops(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("stops", "children"),
        Output("stops-fault", "children"),
        Input("letters-refresh", "n_clicks"),
        Input({"type": "resume", "topic": ALL, "partition": ALL}, "submit_n_clicks"),
        State({"type": "allowance", "topic": ALL, "partition": ALL}, "value"),
        State({"type": "allowance", "topic": ALL, "partition": ALL}, "id"),
    )
    async def stops(_clicks: object, submitted: object, values: object, ids: object) -> tuple[Any, str]:
        person = viewer()
        if not person.may(PAGE.right):
            return no_update, text.NOT_ALLOWED.text(person.language)
        place = choice.resumed(ctx.triggered_id) if choice.is_submitted(submitted) else None
        fault = ""
        if place is not None and not person.may(REPLAY_RIGHT):
            return no_update, text.NOT_ALLOWED.text(person.language)
        allowance = choice.allowance(place, values, ids)

        def ask(client: Client) -> tuple[bool, list[HaltedPartition]]:
            done = place is None or resume_partition(client, *place, person.name, allowance)
            return done, halted_streams(live.clock, client)

        try:
            done, found = await reader.ask(ask)
        except (Unavailable, TooMuchError):
            return no_update, SERVICE_ASK_AGAIN.text(person.language)
        if place is not None:
            log.warning(
                "%r let %s/%d go on, allowing %d: %s", person.name, *place, allowance, "done" if done else "not stopped"
            )
            fault = "" if done else NOT_STOPPED.text(person.language)
        return stop_list(found, person.language, live.now_ms(), may_resume=person.may(REPLAY_RIGHT)), fault


def _register_repeats(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("repeats-table", "rowData"),
        Output("repeats-count", "children"),
        Input("repeats-conflicts", "checked"),
        Input("letters-refresh", "n_clicks"),
    )
    async def show(only: object, _clicks: object) -> tuple[Any, str]:
        person = viewer()
        if not person.may(PAGE.right):
            return no_update, text.NOT_ALLOWED.text(person.language)
        try:
            found = await reader.ask(lambda client: read_duplicates(client, only_conflicts=only is True))
        except (Unavailable, TooMuchError):
            return no_update, SERVICE_ASK_AGAIN.text(person.language)
        conflicts = sum(one.is_conflict for one in found)
        said = REPEATED.text(person.language, count=len(found), conflicts=conflicts)
        rows = [repeat_row(one, shown_at(live.clock, one.came_at), person.language) for one in found]
        return rows, said

    @app.callback(
        Output("repeats-detail", "children"), Input("repeats-table", "selectedRows"), prevent_initial_call=True
    )
    async def detail(selected: object) -> Any:
        person, place = viewer(), choice.repeat_place(selected)
        if place is None or not person.may(PAGE.right):
            return None
        try:
            found = await reader.ask(lambda client: read_duplicates(client, place=place))
        except (Unavailable, TooMuchError):
            return SERVICE_ASK_AGAIN.text(person.language)
        return [part for one in found for part in repeat_detail(one, person.language)]


def _refusal(person: Viewer, ids: list[str], is_dry: bool, trials: Trials) -> Label | None:
    """Why dead letters may not be tried or sent."""
    if not person.may(PAGE.right) or not (is_dry or person.may(REPLAY_RIGHT)):
        return text.NOT_ALLOWED
    if not ids:
        return SELECT
    return None if is_dry or trials.tried(person.session, ids) else FIRST_TRY


def _told(resent: list[ResentDeadLetter]) -> str:
    return ", ".join(f"{one.id}={one.outcome}" for one in resent)
