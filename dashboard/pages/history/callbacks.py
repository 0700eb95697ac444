"""History callbacks: asks what the page about a measure's history shows, whenever grain, span or the last day are chosen."""

from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from dashboard.access.viewer import viewer
from dashboard.board.live import Live
from dashboard.board.page_services import Services
from dashboard.charts.graph import redraw, redrawn
from dashboard.pages.history.page import FIRST, PAGE, SPANS
from dashboard.pages.history.tables import HistoryNote, history_chart, history_csv, value_history_table
from dashboard.pages.past.frame import BACK
from dashboard.state.queries import TooMuchError
from dashboard.words import moment, text
from dashboard.words.moment import RequestedMoment
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label, Language
from warehouse.catalogue import measures
from warehouse.history.series import Back, Grain, Point, bucket_starts, comparison_bucket, grains, read_series
from warehouse.model.indicator import Derived, Indicator
from warehouse.store.client import Client

TOO_MUCH = Label("Đọc mất quá lâu: hãy chọn khoảng ngắn hơn.", "Reading takes too long: choose a shorter span.")
TOO_MANY = Label(
    "Khoảng này quá dài để xem theo giờ: đang hiện {days} ngày.", "Too long by the hour: {days} days are shown."
)

UNTIL = Label("Đến {time}.", "Until {time}.")

MOST_HOURS_DAYS = 31
"""Days that can be told by the hour."""


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    live, reader = services.live, services.reader

    @app.callback(Output("url", "search"), Input("timeline-until", "value"), prevent_initial_call=True)
    def until(day: object) -> str:
        return f"?at={day}T23:59" if isinstance(day, str) and day < f"{text.local_time(live.now_ms()):%Y-%m-%d}" else ""

    @app.callback(
        redrawn("timeline"),
        Output("timeline-table", "children"),
        Output("timeline-said", "children"),
        Input("timeline-grain", "value"),
        Input("timeline-span", "value"),
        Input("url", "search"),
        State("timeline-of", "data"),
    )
    async def show(grain: object, span: object, search: object, id: object) -> tuple[Any, ...]:
        one, language = _allowed(id), viewer().language
        if one is None:
            return (no_update,) * 3
        chosen, days = _chosen(one, grain, span)
        asked = moment.requested_moment(search, live.now_ms())
        try:
            told = await reader.ask(lambda client: answer_history(client, one, live, chosen, days, asked))
        except (TooMuchError, Unavailable) as error:
            return (
                no_update,
                no_update,
                (TOO_MUCH if isinstance(error, TooMuchError) else WAREHOUSE_ASK_AGAIN).text(language),
            )
        said: list[Any] = [TOO_MANY.text(language).format(days=days)] if str(days) != span else []
        if asked and not asked.fault:
            said += [
                _until(asked.at_ms, language),
                html.A(BACK.text(language), href=f"/history/{one.id}", className="back"),
            ]
        elif asked and asked.fault:
            said.append(asked.fault.text(language))
        return (
            redraw(history_chart(told, language)),
            value_history_table(told, language),
            [part for one in said for part in (one, " ")],
        )

    @app.callback(
        Output("timeline-download", "data"),
        Input("timeline-csv", "n_clicks"),
        State("timeline-grain", "value"),
        State("timeline-span", "value"),
        State("url", "search"),
        State("timeline-of", "data"),
        prevent_initial_call=True,
    )
    async def download(_clicks: object, grain: object, span: object, search: object, id: object) -> Any:
        one = _allowed(id)
        if one is None:
            return no_update
        chosen, days = _chosen(one, grain, span)
        asked = moment.requested_moment(search, live.now_ms())
        try:
            told = await reader.ask(lambda client: answer_history(client, one, live, chosen, days, asked))
        except (TooMuchError, Unavailable):
            return no_update
        return {
            "content": "\ufeff" + history_csv(told, viewer().language),
            "filename": f"{one.id}-{chosen}.csv",
            "type": "text/csv",
        }


def answer_history(
    client: Client, one: Indicator | Derived, live: Live, grain: Grain, days: int, asked: RequestedMoment | None
) -> HistoryNote:
    """A measure's figures until the moment that is asked for, and those to compare them with as far as anything is known of them."""
    now_ms = live.now_ms()
    wanted = bucket_starts(grain, asked.at_ms if asked else now_ms, days)

    def before(back: Back) -> list[Point]:
        found = read_series(
            client, one, live.ingest.ward, grain, [comparison_bucket(grain, start, back) for start in wanted]
        )
        return found if any(point.reading.figure is not None for point in found) else []

    now = read_series(client, one, live.ingest.ward, grain, wanted)
    week = [] if grain == "month" else before("week")
    return HistoryNote(
        one, grain, now, week, before("year"), is_running=wanted[-1] == bucket_starts(grain, now_ms, days)[-1]
    )


def _until(at_ms: int, language: Language) -> str:
    return UNTIL.text(language).format(time=f"{text.local_time(at_ms):%H:%M %d/%m/%Y}")


def _chosen(one: Indicator | Derived, grain: object, span: object) -> tuple[Grain, int]:
    """Grain and days, as far as they can be had."""
    offered = grains(one)
    found = next((one for one in offered if one == grain), offered[0])
    days = int(span) if isinstance(span, str) and span in SPANS else int(FIRST[found])
    return found, min(days, MOST_HOURS_DAYS) if found == "hour" else days


def _allowed(id: object) -> Indicator | Derived | None:
    """The measure, where there is such a one and the person may see its history."""
    known = {one.id: one for one in measures()}
    return known.get(id) if isinstance(id, str) and viewer().may(PAGE.right) else None
