"""SQL callbacks: what the analysts' page does - runs a query, shows its answer as table and chart, hands out CSV, keeps queries.

Every act asks anew whether the person may: what comes from a browser proves nothing.
"""

import logging
import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, no_update

from dashboard.access.viewer import Viewer, viewer
from dashboard.board.page_services import AskSql, Services
from dashboard.charts.chart import FIGURES, bar_trace, figure, line_trace, middle, time_axis
from dashboard.charts.graph import graph
from dashboard.pages.sql.address import prepared
from dashboard.pages.sql.page import CHART_SAYS, EXAMPLE_QUERIES
from dashboard.pages.sql.saved_query import SavedQueries
from dashboard.store.store import StoreUnavailable
from dashboard.thread_pool import ThreadPool
from dashboard.words import number
from dashboard.words.csv import csv_text
from ingest.contract.away import WAREHOUSE_ASK_AGAIN
from ingest.contract.clock import WARD_ZONE
from ingest.contract.errors import Overloaded, QueryRefused, Unavailable
from ingest.contract.label import Label, Language
from warehouse.query.adhoc import QueryResult

log = logging.getLogger("dashboard.sql")

DONE = Label("{count} dòng · {seconds} giây", "{count} rows · {seconds} s", "{count} row · {seconds} s")
CUT = Label("chỉ {count} dòng đầu · {seconds} giây", "only the first {count} rows · {seconds} s")
REFUSED = Label("Không chạy: {why}", "Refused: {why}")
BUSY = Label(
    "Đang có quá nhiều truy vấn, hãy thử lại sau vài giây.", "Too many queries are running, try again in a few seconds."
)
OFF = Label("Tài khoản này không có quyền truy vấn.", "This account may not query.")
NOTHING = Label("Chưa có gì để vẽ.", "There is nothing to draw yet.")
BAD_NAME = Label("Không lưu được: {why}", "Not saved: {why}")

RIGHT = "analyst"
CHART_POINTS = 2000
"""Most rows that a chart shows."""

_KEPT_ANSWERS = 16
_SAFE_WHOLE = 2**53
_TIME = re.compile(r"\d{4}-\d\d-\d\d")


class SqlAnswers:
    """The last answer of each log-in, for its chart and its CSV; the oldest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, QueryResult] = OrderedDict()

    def keep(self, session: str, answer: QueryResult) -> None:
        """Remember the answer."""
        self._kept[session] = answer
        self._kept.move_to_end(session)
        while len(self._kept) > _KEPT_ANSWERS:
            self._kept.popitem(last=False)

    def of(self, session: str) -> QueryResult | None:
        """The last answer of a log-in."""
        return self._kept.get(session)


def register(app: Dash, services: Services) -> None:
    """Attach the page's callbacks."""
    answers, ward = SqlAnswers(), services.live.ingest.ward

    @app.callback(
        Output("sql-text", "value", allow_duplicate=True),
        Input("sql-text", "id"),
        State("url", "search"),
        prevent_initial_call="initial_duplicate",
    )
    def start_with(_id: object, search: object) -> Any:
        query = prepared(search, ward) if viewer().may(RIGHT) else None
        return no_update if query is None else query

    pool = ThreadPool("sql", threads=4, waiting=12, of_one_client=4)
    _register_run(app, services.ask_sql, answers, pool)
    _register_opening(app, services.ask_sql, pool)
    _register_download(app, answers)
    _register_chart(app, answers)
    _register_saved(app, SavedQueries(services.settings))


def _register_run(app: Dash, ask: AskSql, answers: SqlAnswers, pool: ThreadPool) -> None:
    @app.callback(
        Output("sql-table", "columnDefs"),
        Output("sql-table", "rowData"),
        Output("sql-status", "children"),
        Output("sql-fault", "children"),
        Output("sql-answer", "data"),
        Input("sql-run", "n_clicks"),
        State("sql-text", "value"),
        running=[(Output("sql-run", "loading"), True, False)],
        prevent_initial_call=True,
    )
    async def run(clicks: int, sql: object) -> tuple[Any, Any, Any, str, Any]:
        person = viewer()
        if not person.may(RIGHT):
            return no_update, no_update, "", OFF.text(person.language), no_update
        asked = sql if isinstance(sql, str) else ""
        try:
            answer = await pool.run(person.name, ask, asked, person.name)
        except QueryRefused as error:
            return no_update, no_update, "", REFUSED.text(person.language, why=error), no_update
        except Overloaded:
            return no_update, no_update, "", BUSY.text(person.language), no_update
        except Unavailable:
            return no_update, no_update, "", WAREHOUSE_ASK_AGAIN.text(person.language), no_update
        seconds = answer.elapsed.total_seconds()
        answers.keep(person.session, answer)
        status = (CUT if answer.truncated else DONE).text(person.language)
        said = status.format(
            count=number.whole_number(len(answer.rows), person.language),
            seconds=number.decimal(Fraction(round(100 * seconds), 100), 2, person.language),
        )
        names = column_names(answer)
        return columns(names), result_rows(answer.rows), said, "", {"columns": names, "run": clicks}


def _register_opening(app: Dash, ask: AskSql, pool: ThreadPool) -> None:
    @app.callback(
        Output("sql-fault", "children", allow_duplicate=True),
        Input("sql-text", "id"),
        prevent_initial_call="initial_duplicate",
    )
    async def open_page(_id: object) -> Any:
        """Say at once when ad-hoc SQL is off; where it is on, the process that answers is started by this."""
        person = viewer()
        if person.may(RIGHT):
            try:
                await pool.run(person.name, ask, "SELECT 1", person.name)
            except QueryRefused as error:
                return REFUSED.text(person.language, why=error) if error.rule == "off" else no_update
            except (Overloaded, Unavailable):
                pass
        return no_update


def _register_download(app: Dash, answers: SqlAnswers) -> None:
    @app.callback(Output("sql-download", "data"), Input("sql-csv", "n_clicks"), prevent_initial_call=True)
    def download(_clicks: int) -> Any:
        person = viewer()
        answer = answers.of(person.session) if person.may(RIGHT) else None
        if answer is None:
            return no_update
        log.info("csv by %s: %d rows", person.name, len(answer.rows))
        # The byte order mark tells spreadsheet programs that the text is UTF-8.
        return {
            "content": "\ufeff" + csv_text(column_names(answer), answer.rows),
            "filename": "query.csv",
            "type": "text/csv",
        }


def _register_chart(app: Dash, answers: SqlAnswers) -> None:
    @app.callback(
        Output("sql-across", "data"),
        Output("sql-up", "data"),
        Output("sql-across", "value"),
        Output("sql-up", "value"),
        Input("sql-answer", "data"),
        prevent_initial_call=True,
    )
    def choices(_answer: object) -> tuple[list[str], list[str], str | None, str | None]:
        answer = _own(answers)
        if answer is None:
            return [], [], None, None
        names, numbers = column_names(answer), number_columns(answer)
        across = next((name for name in names if name not in numbers[:1]), names[0] if names else None)
        return names, numbers, across, numbers[0] if numbers else None

    @app.callback(
        Output("sql-drawn", "children"),
        Input("sql-shown", "value"),
        Input("sql-across", "value"),
        Input("sql-up", "value"),
        Input("sql-kind", "value"),
        Input("sql-answer", "data"),
    )
    def draw(shown: object, across: object, up: object, kind: object, _answer: object) -> Any:
        if shown != "chart":  # what draws it is not fetched before
            return no_update
        answer, language = _own(answers), viewer().language
        names = column_names(answer) if answer else []
        x = y = []
        if answer and across in names and up in names:
            rows = answer.rows[:CHART_POINTS]
            x, y = ([_shown(row[names.index(str(name))]) for row in rows] for name in (across, up))
            pairs = (
                sorted(zip(x, y, strict=True), key=lambda pair: str(pair[0]))
                if kind == "scatter"
                else list(zip(x, y, strict=True))
            )
            x, y = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        drawn = column_chart(x, y, str(kind), str(up or ""), language)
        return graph("sql", drawn, CHART_SAYS.text(language), at_desk=True)


def _register_saved(app: Dash, saved: SavedQueries) -> None:
    @app.callback(Output("sql-text", "value"), Input("sql-example", "value"), prevent_initial_call=True)
    def example(id: object) -> Any:
        return EXAMPLE_QUERIES[id][1] if isinstance(id, str) and id in EXAMPLE_QUERIES else no_update

    @app.callback(Output("sql-saved", "data"), Input("sql-saved", "id"))
    def kept(_id: object) -> list[str]:
        try:
            return list(saved.of(viewer().name)) if viewer().may(RIGHT) else []
        except StoreUnavailable:  # what the person does next is told why
            return []

    @app.callback(
        Output("sql-text", "value", allow_duplicate=True),
        Output("sql-name", "value"),
        Output("sql-fault", "children", allow_duplicate=True),
        Input("sql-saved", "value"),
        prevent_initial_call=True,
    )
    def choose(name: object) -> tuple[Any, Any, Any]:
        try:
            own = saved.of(viewer().name) if viewer().may(RIGHT) else {}
        except StoreUnavailable as error:
            return no_update, no_update, error.public.text(viewer().language)
        return (own[name], name, "") if isinstance(name, str) and name in own else (no_update,) * 3

    _register_changes(app, saved)


def _register_changes(app: Dash, saved: SavedQueries) -> None:
    @app.callback(
        Output("sql-saved", "data", allow_duplicate=True),
        Output("sql-fault", "children", allow_duplicate=True),
        Input("sql-save", "n_clicks"),
        State("sql-name", "value"),
        State("sql-text", "value"),
        prevent_initial_call=True,
    )
    def save(_clicks: int, name: object, sql: object) -> tuple[Any, str]:
        person = viewer()
        if not person.may(RIGHT):
            return no_update, OFF.text(person.language)
        try:
            saved.save(person.name, str(name or ""), str(sql or ""))
            return list(saved.of(person.name)), ""
        except ValueError as error:
            return no_update, BAD_NAME.text(person.language, why=error)
        except StoreUnavailable as error:
            return no_update, error.public.text(person.language)

    @app.callback(
        Output("sql-saved", "data", allow_duplicate=True),
        Output("sql-saved", "value"),
        Output("sql-fault", "children", allow_duplicate=True),
        Input("sql-delete", "n_clicks"),
        State("sql-name", "value"),
        prevent_initial_call=True,
    )
    def delete(_clicks: int, name: object) -> tuple[Any, Any, Any]:
        person: Viewer = viewer()
        if not person.may(RIGHT):
            return (no_update,) * 3
        try:
            saved.delete(person.name, str(name or ""))
            return list(saved.of(person.name)), None, ""
        except StoreUnavailable as error:
            return no_update, no_update, error.public.text(person.language)


def columns(names: Sequence[str]) -> list[dict[str, Any]]:
    """Columns of the table. Fields are numbered: a name may hold what the table would read as a path."""
    return [{"field": f"c{place}", "headerName": name} for place, name in enumerate(names)]


def result_rows(values: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows of the table."""
    return [{f"c{place}": _shown(value) for place, value in enumerate(row)} for row in values]


def number_columns(answer: QueryResult) -> list[str]:
    """Names of the columns that hold numbers."""
    names = column_names(answer)
    return [
        name
        for place, name in enumerate(names)
        if any(
            isinstance(row[place], int | float | Decimal) and not isinstance(row[place], bool)
            for row in answer.rows[:100]
        )
    ]


def column_chart(x: list[Any], y: list[Any], kind: str, title: str, language: Language) -> go.Figure:
    """Two columns of an answer against each other.

    Args:
        x: values across, as the table shows them.
        y: values up.
        kind: `scatter` for a line, else bars.
        title: what stands beside the axis of `y`.
        language: decides the marks in figures.
    """
    is_line = kind == "scatter"
    are_figures = all(isinstance(value, int | float) for value in y if value is not None)
    return figure(
        [(line_trace if is_line else bar_trace)("light-blue", x=x, y=y)],
        language,
        "desk",
        showlegend=False,
        xaxis=_across(x),
        yaxis={
            "automargin": True,
            "fixedrange": False,
            "nticks": 8,
            "rangemode": "normal" if is_line else "tozero",
            "tickformat": FIGURES if are_figures else "",
            "title": {"text": title},
        },
        annotations=[] if y else [middle(NOTHING.text(language))],
    )


def _across(x: list[Any]) -> go.layout.XAxis:
    """An axis of times where all values are, else of figures or of words."""
    own = {"automargin": True, "fixedrange": False}
    texts = [value for value in x if isinstance(value, str)]
    if texts and len(texts) == len(x) and all(map(_TIME.match, texts)):
        return time_axis(**own)
    return go.layout.XAxis(**own, type="category") if texts else go.layout.XAxis(**own, tickformat=FIGURES)


def column_names(answer: QueryResult) -> list[str]:
    """Names of an answer's columns."""
    return [column.name for column in answer.columns]


def _own(answers: SqlAnswers) -> QueryResult | None:
    person = viewer()
    return answers.of(person.session) if person.may(RIGHT) else None


def _shown(value: Any) -> Any:
    """A value as JSON can carry it without loss."""
    if value is None or isinstance(value, bool | float | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _SAFE_WHOLE else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):  # the ward's time, as the views' columns say
        local = value.astimezone(WARD_ZONE) if value.tzinfo else value
        return local.replace(tzinfo=None).isoformat(" ", "milliseconds" if value.microsecond else "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
