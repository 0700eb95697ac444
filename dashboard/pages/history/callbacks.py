"""History callbacks: asks what the page about a measure's history shows, whenever grain, span, the first or the last day are chosen."""

from datetime import date
from typing import Any, NamedTuple

from dash import Dash, Input, Output, State, html, no_update

from dashboard.access.viewer import viewer
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.charts.graph import graph, redraw, redrawn
from dashboard.pages.history.choice import HistoryChoice, history_choice, periods
from dashboard.pages.history.page import FIRST, PAGE, SPANS
from dashboard.pages.history.period import PeriodNote, period_chart, period_csv, period_said, period_table
from dashboard.pages.history.tables import HistoryNote, history_chart, history_csv, value_history_table
from dashboard.pages.past.frame import BACK
from dashboard.state.queries import TooMuchError, WarehouseQueries
from dashboard.words import text
from dashboard.words.csv import csv_download
from dashboard.words.moment import RequestedMoment
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.calendar import local_day
from ingest.contract.clock import moment as moment_of
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label, Language
from warehouse.catalogue import measures
from warehouse.history.period import period_edges, read_period_figures
from warehouse.history.series import Back, Grain, Point, bucket_edges, compared_edge, grains, read_series
from warehouse.model.indicator import PERIOD_START, Derived, Indicator
from warehouse.store.client import Client

TOO_MUCH = Label("Đọc mất quá lâu: hãy chọn khoảng ngắn hơn.", "Reading takes too long: choose a shorter span.")
TOO_MANY = Label("Khoảng này quá dài: đang hiện {days} ngày cuối.", "This is too long: the last {days} days are shown.")
NO_SPAN = Label(
    "Ngày bắt đầu phải từ 01/7/2025 đến ngày cuối: đang hiện {days} ngày cuối.",
    "The first day must lie between 1 July 2025 and the last one: the last {days} days are shown.",
)

UNTIL = Label("Đến {time}.", "Until {time}.")
MORE = Label("Bảng số, chia theo, tải CSV", "Table, split, CSV")

MOST_DAYS: dict[Grain, int] = {"hour": 31, "day": 731}
"""Days that can be told by a grain; of the others, those of the longest span."""


class HistoryPeriod(NamedTuple):
    """What is to be told: how finely, of how many days, and what is said about it."""

    grain: Grain
    days: int
    said: Label | None = None


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    live, reader = services.live, services.reader
    _register_download(app, live, reader)
    for card, id in {card: id for page in live.pages.values() for card, id in page.through.items()}.items():
        _register_card(app, services, card, id)

    @app.callback(
        Output("url", "search"),
        Input("timeline-grain", "value"),
        Input("timeline-span", "value"),
        Input("timeline-since", "value"),
        Input("timeline-until", "value"),
        State("url", "search"),
        State("timeline-of", "data"),
        prevent_initial_call=True,
    )
    def choose(*given: object) -> Any:
        """The address says what was chosen."""
        *values, search, id = given
        one, same = _allowed(id), search if isinstance(search, str) else ""
        if one is None or history_choice(search, one).period:
            return same  # not nothing: what reads the address waits for it
        grain, span, since, until = (value if isinstance(value, str) else "" for value in values)
        before = history_choice(search, one)
        at = f"{until}T23:59" if until and until < f"{text.local_time(live.now_ms()):%Y-%m-%d}" else ""
        if until == before.at[:10]:  # an address may name a minute of the day
            at = before.at
        offered = grains(one)
        by = grain if grain in offered else offered[0]
        is_first = by == offered[0] and span == FIRST[by]
        chosen = HistoryChoice(grain="" if is_first else by, span="" if is_first else span, since=since, at=at)
        return same if chosen == before else chosen.search()

    @app.callback(
        redrawn("timeline"),
        Output("timeline-table", "children"),
        Output("timeline-said", "children"),
        Input("url", "search"),
        State("timeline-of", "data"),
    )
    async def show(search: object, id: object) -> tuple[Any, ...]:
        one, language = _allowed(id), viewer().language
        if one is None:
            return (no_update,) * 3
        try:
            told = await _told(live, reader, one, search)
        except (TooMuchError, Unavailable) as error:
            said = (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(language)
            return no_update, no_update, said
        if isinstance(told, PeriodNote):
            return redraw(period_chart(told, language)), period_table(told, language), period_said(told, language)
        asked = history_choice(search, one)
        return (
            redraw(history_chart(told, language)),
            value_history_table(told, language),
            _said(one, asked, live.now_ms(), language),
        )


def _said(one: Indicator | Derived, asked: HistoryChoice, now_ms: int, language: Language) -> list[Any]:
    """What has to be said of the span that is told."""
    at = asked.moment(now_ms)
    chosen = chosen_period(one, asked.grain, asked.span, asked.since, at.at_ms if at else now_ms)
    said: list[Any] = [chosen.said.text(language, days=chosen.days)] if chosen.said else []
    if at and not at.fault:
        said += [_until(at.at_ms, language), html.A(BACK.text(language), href=f"/history/{one.id}", className="back")]
    elif at and at.fault:
        said.append(at.fault.text(language))
    return [part for one in said for part in (one, " ")]


async def _told(
    live: Live, reader: WarehouseQueries, one: Indicator | Derived, search: object
) -> HistoryNote | PeriodNote:
    """What an address asks for."""
    asked, now_ms, ward = history_choice(search, one), live.now_ms(), live.ingest.ward
    at = asked.moment(now_ms)
    end_ms = at.at_ms if at else now_ms
    period = asked.period
    if period:
        edges, is_running = period_edges(period, one, end_ms), at is None

        def ask(client: Client) -> PeriodNote:
            now = read_period_figures(client, one, ward, edges.now, asked.split, is_running=is_running)
            return PeriodNote(
                one, period, edges, now, read_period_figures(client, one, ward, edges.before), asked.split
            )

        return await reader.ask(ask)
    chosen = chosen_period(one, asked.grain, asked.span, asked.since, end_ms)
    return await reader.ask(lambda client: answer_history(client, one, live, chosen, at))


def _register_card(app: Dash, services: Services, card: str, id: str) -> None:
    """Let a card of another page show its measure in a period, in the place of what is so now."""

    @app.callback(
        Output(f"{card}-told", "children"),
        Output(f"{card}-told", "hidden"),
        Output(f"{card}-live", "hidden"),
        Input(f"{card}-period", "value"),
        prevent_initial_call=True,
    )
    async def choose(period: object) -> tuple[Any, ...]:
        one, language = _allowed(id), viewer().language
        if one is None or period not in periods(one):
            return None, True, False
        search = HistoryChoice(period).search()
        try:
            told = await _told(services.live, services.reader, one, search)
        except (TooMuchError, Unavailable) as error:
            return (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(language), False, False
        if not isinstance(told, PeriodNote):
            raise AssertionError
        drawn = graph(f"{card}-period", period_chart(told, language), one.label.text(language))
        more = html.A(MORE.text(language), href=f"/history/{id}{search}", className="back")
        return [html.Div([*period_said(told, language), more], className="period-said"), drawn], False, True


def _register_download(app: Dash, live: Live, reader: WarehouseQueries) -> None:
    @app.callback(
        Output("timeline-download", "data"),
        Input("timeline-csv", "n_clicks"),
        State("url", "search"),
        State("timeline-of", "data"),
        prevent_initial_call=True,
    )
    async def download(_clicks: object, search: object, id: object) -> Any:
        one = _allowed(id)
        if one is None:
            return no_update
        try:
            told = await _told(live, reader, one, search)
        except (TooMuchError, Unavailable):
            return no_update
        language = viewer().language
        content = period_csv(told, language) if isinstance(told, PeriodNote) else history_csv(told, language)
        return csv_download(content, f"{one.id}-{told.period if isinstance(told, PeriodNote) else told.grain}.csv")


def answer_history(
    client: Client, one: Indicator | Derived, live: Live, chosen: HistoryPeriod, asked: RequestedMoment | None
) -> HistoryNote:
    """A measure's figures until the moment that is asked for, and those to compare them with as far as anything is known of them."""
    now_ms = live.now_ms()
    edges = bucket_edges(chosen.grain, asked.at_ms if asked else now_ms, chosen.days)

    def before(back: Back) -> list[Point]:
        found = read_series(
            client, one, live.ingest.ward, [compared_edge(chosen.grain, edge_ms, back) for edge_ms in edges]
        )
        return found if any(point.reading.figure is not None for point in found) else []

    now = read_series(client, one, live.ingest.ward, edges)
    week = before("week") if chosen.grain in ("hour", "day") else []
    return HistoryNote(one, chosen.grain, now, week, before("year"), edges[-1], is_running=edges[-1] > now_ms)


def _until(at_ms: int, language: Language) -> str:
    return UNTIL.text(language, time=f"{text.local_time(at_ms):%H:%M %d/%m/%Y}")


def chosen_period(one: Indicator | Derived, grain: object, span: object, since: object, end_ms: int) -> HistoryPeriod:
    """What was chosen, as far as it can be had.

    Args:
        one: the measure.
        grain: how finely.
        span: how many days back.
        since: the first day, which stands instead of the span.
        end_ms: the last moment.
    """
    offered = grains(one)
    found = next((one for one in offered if one == grain), offered[0])
    days, said = int(span) if isinstance(span, str) and span in SPANS else int(FIRST[found]), None
    if since:
        first = _day(since)
        if first is None or not PERIOD_START.date() <= first <= local_day(moment_of(end_ms)):
            said = NO_SPAN
        else:
            days = (local_day(moment_of(end_ms)) - first).days + 1
    most = MOST_DAYS.get(found, max(map(int, SPANS)))
    return HistoryPeriod(found, min(days, most), TOO_MANY if days > most else said)


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None


def _allowed(id: object) -> Indicator | Derived | None:
    """The measure, where there is such a one and the person may see its history."""
    known = {one.id: one for one in measures()}
    return known.get(id) if isinstance(id, str) and viewer().may(PAGE.right) else None
