"""Alarms callbacks: what people do about alarms, and what the pages of alarms ask. Every act asks anew whether the person may."""

from datetime import timedelta
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update, set_props

from dashboard.access.accounts import Accounts
from dashboard.access.viewer import Viewer, viewer
from dashboard.alarm.event_log.fold import fold_events
from dashboard.board.alarm_desk import ActRefused, AlarmDesk, PersonalDataRefused
from dashboard.board.layout import component_properties
from dashboard.board.page_services import Services
from dashboard.pages.alarms import history
from dashboard.pages.alarms.detail import RIGHT, STEPS, Ids, alarm_updates, new_click
from dashboard.state.alarm import Alarm
from dashboard.state.page import BoardState
from dashboard.state.queries import TooMuchError, WarehouseQueries
from dashboard.words import text
from dashboard.words.csv import csv_download
from ingest.contract.away import KAFKA_SEND_AGAIN, WAREHOUSE_ASK_AGAIN
from ingest.contract.clock import moment
from ingest.contract.code import LONGEST_COMMENT
from ingest.contract.errors import Refused, Unavailable
from ingest.contract.label import Label
from warehouse.catalogue import alarm_rules
from warehouse.store.alarm_log import AcknowledgementTimes, Kind, acknowledgement_times, read_alarm, read_history
from warehouse.store.client import Client

GONE = Label("Cảnh báo này không còn xử lý được nữa.", "Nothing can be done about this alarm any more.")
PERSONAL = Label(
    "Ghi chú có vẻ chứa số điện thoại, số giấy tờ, biển số hoặc email. Hãy bỏ ra.",
    "This seems to hold a telephone number, an identity number, a plate or an e-mail address. Take it out.",
)
NO_SUCH = Label("Không có cảnh báo này.", "There is no such alarm.")
WHOM = Label("Hãy chọn giao cho ai.", "Choose to whom.")
WHAT = Label("Hãy viết ghi chú.", "Write a comment.")

MOST_READ = 1000
"""Alarms that are read for the history."""

Wanted = tuple[Kind, str]
"""What is to be done, and `Act.what`."""


class AlarmDeskError(Refused):
    """What was asked for cannot be done; says why."""

    def __init__(self, why: Label) -> None:
        self.why = why


def register(app: Dash, services: Services) -> None:
    """Attach the callbacks of both pages."""
    desk, reader, accounts = services.desk, services.reader, services.accounts
    _register_acts(app, desk, accounts)
    _register_one(app, desk, reader, accounts)
    _register_history(app, desk, reader)
    _register_times(app, desk, reader)


def assignees(desk: AlarmDesk, accounts: Accounts) -> list[str]:
    """Who an alarm can be given to: the teams, and everybody who may handle alarms."""
    people = [one.name for one in accounts.all().values() if Viewer(one.name, one.rights).may(RIGHT)]
    return list(dict.fromkeys([*desk.settings.teams, *sorted(people)]))


def _register_acts(app: Dash, desk: AlarmDesk, accounts: Accounts) -> None:
    steps = [f"alarm-step-{step}" for step in range(STEPS)]

    @app.callback(
        Output("alarm-fault", "children"),
        Output("alarm-comment", "value"),
        Output("alarm-click", "data"),
        *(Input(id, "n_clicks") for id in ("alarm-acknowledge", "alarm-assign", "alarm-say", *steps)),
        Input("alarm-comment", "n_submit"),
        State("alarm-id", "data"),
        State("alarm-to", "value"),
        State("alarm-comment", "value"),
        State("alarm-click", "data"),
        *(State(id, "aria-checked") for id in steps),
        prevent_initial_call=True,
    )
    async def act(*given: object) -> tuple[Any, ...]:
        person, (id, to, comment, click, *ticked) = viewer(), given[4 + STEPS :]
        if not person.may(RIGHT):
            return text.NOT_ALLOWED.text(person.language), no_update, no_update
        try:
            alarm = desk.alarms.get(id) if isinstance(id, str) else None
            if alarm is None:
                raise ActRefused
            kind, what = _wanted(str(ctx.triggered_id), to, comment, ticked, alarm, assignees(desk, accounts))
            await desk.do(alarm.id, kind, person.name, what, click if isinstance(click, str) else "")
        except AlarmDeskError as error:
            return error.why.text(person.language), no_update, no_update
        except ActRefused:
            return GONE.text(person.language), no_update, no_update
        except PersonalDataRefused:
            return PERSONAL.text(person.language), no_update, no_update
        except Unavailable:  # the next click is the same one: what Kafka has after all is not done twice
            return KAFKA_SEND_AGAIN.text(person.language), no_update, no_update
        return "", "" if kind == "commented" else no_update, new_click()


def _wanted(button: str, to: object, comment: object, ticked: list[Any], alarm: Alarm, known: list[str]) -> Wanted:
    """What a button asks for; of a step, the opposite of what the person saw."""
    match button.removeprefix("alarm-"):
        case "acknowledge":
            return "acknowledged", ""
        case "assign":
            if to not in known:
                raise AlarmDeskError(WHOM)
            return "assigned", str(to)
        case "say" | "comment":
            said = " ".join(comment.split()) if isinstance(comment, str) else ""
            if not said:
                raise AlarmDeskError(WHAT)
            return "commented", said[:LONGEST_COMMENT]
    rule, step = alarm_rules().get(alarm.key[0]), button.rpartition("-")[2]
    if rule is None or step not in map(str, range(len(rule.checklist))):
        raise ActRefused
    return ("unticked" if ticked[int(step)] == "true" else "ticked"), step


def _register_one(app: Dash, desk: AlarmDesk, reader: WarehouseQueries, accounts: Accounts) -> None:
    @app.callback(Output("alarm-to", "data"), Output("alarm-fault", "children", allow_duplicate=True), Input("alarm-id", "data"), prevent_initial_call="initial_duplicate")  # fmt: skip
    async def begin(id: object) -> tuple[Any, ...]:
        """Whom it can be given to; and one that is long gone is read from the warehouse."""
        person = viewer()
        if not person.may(RIGHT) or not isinstance(id, str) or id not in Ids():
            return no_update, no_update
        known = assignees(desk, accounts)
        if id in desk.alarms:
            return known, ""
        ward = desk.live.ingest.ward
        try:
            found = fold_events(await reader.ask(lambda client: read_alarm(client, ward, id)))
        except (Unavailable, TooMuchError):
            return known, WAREHOUSE_ASK_AGAIN.text(person.language)
        for alarm in found:
            updates = alarm_updates(alarm, desk.live.board_state(person.language), is_gone=True)
            for component, values in component_properties(updates).items():
                set_props(component, values)
        return known, "" if found else NO_SUCH.text(person.language)


def _register_history(app: Dash, desk: AlarmDesk, reader: WarehouseQueries) -> None:
    live = desk.live

    async def find(span: object, severity: object, domain: object) -> tuple[list[Alarm], BoardState]:
        """The alarms that were chosen, and the state in which they are told."""
        _, days = history.SPANS[span if isinstance(span, str) and span in history.SPANS else history.DEFAULT]
        state, since = live.board_state(viewer().language), moment(live.now_ms()) - timedelta(days=days)
        stored = await reader.ask(lambda client: read_history(client, live.ingest.ward, since, MOST_READ))
        alarms = {one.id: one for one in fold_events(stored)}
        alarms |= {id: one for id, one in desk.alarms.items() if moment(one.raised_ms) >= since}
        return history.filter_alarms(alarms.values(), severity, domain), state

    @app.callback(
        Output("alarms-table", "children"),
        Output("alarms-count", "children"),
        Input("alarms-span", "value"),
        Input("alarms-severity", "value"),
        Input("alarms-domain", "value"),
        Input("alarms-refresh", "n_clicks"),
    )
    async def show(span: object, severity: object, domain: object, _clicks: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(RIGHT):
            return no_update, text.NOT_ALLOWED.text(person.language)
        try:
            chosen, state = await find(span, severity, domain)
        except (Unavailable, TooMuchError):
            return no_update, WAREHOUSE_ASK_AGAIN.text(person.language)
        return history.alarm_history_table(chosen, state), history.count_text(chosen, state)

    @app.callback(
        Output("alarms-download", "data"),
        Output("alarms-count", "children", allow_duplicate=True),
        Input("alarms-csv", "n_clicks"),
        State("alarms-span", "value"),
        State("alarms-severity", "value"),
        State("alarms-domain", "value"),
        prevent_initial_call=True,
    )
    async def download(_clicks: object, span: object, severity: object, domain: object) -> tuple[Any, Any]:
        person = viewer()
        if not person.may(RIGHT):
            return no_update, text.NOT_ALLOWED.text(person.language)
        try:
            csv = history.alarm_history_csv(*await find(span, severity, domain))
        except (Unavailable, TooMuchError):
            return no_update, WAREHOUSE_ASK_AGAIN.text(person.language)
        return csv_download(csv, "alarms.csv"), no_update


def _register_times(app: Dash, desk: AlarmDesk, reader: WarehouseQueries) -> None:
    live = desk.live

    @app.callback(
        Output("alarms-times", "children"), Output("alarms-ways", "children"), Input("alarms-tick", "n_intervals")
    )
    async def tell(_ticks: object) -> tuple[Any, ...]:
        person = viewer()
        if not person.may(RIGHT):
            return no_update, no_update
        state, ward = live.board_state(person.language), live.ingest.ward
        since = moment(live.now_ms()) - timedelta(days=history.TIMES_DAYS)

        def ask(client: Client) -> AcknowledgementTimes:
            return acknowledgement_times(client, ward, since)

        try:
            said = history.acknowledgement_text(await reader.ask(ask), state)
        except (Unavailable, TooMuchError):
            said = WAREHOUSE_ASK_AGAIN.text(person.language)
        return said, history.channels_text(desk.settings.channel_names, live.faults, state)
