"""History tables: a measure's figures through time as a chart, a table and a spreadsheet."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from dashboard.charts.chart import DASHES, bar_trace, compared, figure, line_trace, middle, time_axis
from dashboard.components.table import Cell, data_table
from dashboard.theme import token
from dashboard.words import number, text
from dashboard.words.csv import csv_text
from ingest.contract.label import Label, Language
from warehouse.history.series import Grain, Point
from warehouse.model.indicator import Indicator, Measure

STARTS: dict[Grain, Label] = {
    "hour": Label("Giờ", "Hour"),
    "day": Label("Ngày", "Day"),
    "month": Label("Tháng", "Month"),
    "quarter": Label("Quý", "Quarter"),
    "year": Label("Năm", "Year"),
    "whole": Label("Từ ngày đến ngày", "From day to day"),
}
FORMATS: dict[Grain, str] = {"hour": "%H:%M %d/%m/%Y", "day": "%d/%m/%Y", "month": "%m/%Y", "year": "%Y"}
TICKS: dict[Grain, str] = {"hour": "%H:%M\n%d/%m", "day": "%d/%m", "month": "%m/%Y"}
VALUE = Label("Giá trị", "Value")
PARTS = Label("Tử/mẫu", "Parts")
WEEK = Label("Cùng thứ tuần trước", "Same weekday last week")
YEAR = Label("Cùng thứ năm trước", "Same weekday last year")
YEAR_OF_DATES = Label("Cùng kỳ năm trước", "Same time last year")
REVISED = Label("đã sửa", "revised")
REVISIONS = Label("Lần sửa", "Revisions")
RUNNING = Label("đang chạy", "running")
NOTHING = Label("Chưa có số liệu nào.", "There are no figures yet.")
ENTERED = Label("theo số liệu nhập", "as entered")
ENTERED_DAYS = Label("theo số liệu nhập {count} ngày: {sources}", "as entered for {count} days: {sources}")
ENTERED_DAY = Label("theo số liệu nhập: {sources}", "as entered: {sources}")
CORRECTED = Label("{count} lần", "{count} times", "once")


class HistoryNote(NamedTuple):
    """What is told of a measure: its points, and those to compare them with, of the same length; empty where nothing is known."""

    one: Measure
    grain: Grain
    now: Sequence[Point]
    week: Sequence[Point] = ()
    year: Sequence[Point] = ()
    end_ms: int = 0
    """When its last point ends."""
    is_running: bool = True
    """Whether its last point is not over."""

    def compared(self, language: Language) -> list[tuple[str, Sequence[Point]]]:
        """What there is to compare with, by its name."""
        year = YEAR if self.grain in ("hour", "day") else YEAR_OF_DATES
        return [(label.text(language), found) for label, found in ((WEEK, self.week), (year, self.year)) if found]


def bucket_name(told: HistoryNote, start_ms: int) -> str:
    """What a point's stretch of time is called."""
    start = text.local_time(start_ms)
    if told.grain == "quarter":
        return f"Q{(start.month + 2) // 3}/{start.year}"
    if told.grain == "whole":
        return f"{start:%d/%m/%Y}–{text.local_time(told.end_ms - 1):%d/%m/%Y}"
    return f"{start:{FORMATS[told.grain]}}"


def is_count(one: Measure) -> bool:
    """Whether its figures are drawn as bars: how many in each bucket."""
    return isinstance(one, Indicator) and not (one.is_ratio or one.has_stock or one.value.rank)


def history_chart(told: HistoryNote, language: Language) -> go.Figure:
    """Now as bars or as a line, before as thin broken lines, and a diamond where something was revised."""
    at = [f"{text.local_time(point.start_ms):%Y-%m-%dT%H:%M}" for point in told.now]
    values = [point.reading.figure for point in told.now]
    name = told.one.label.text(language)
    traces: list[go.Bar | go.Scatter] = [
        bar_trace("blue", name=name, x=at, y=values)
        if is_count(told.one)
        else line_trace("blue", name=name, x=at, y=values)
    ]
    for (label, found), (colour, dash) in zip(told.compared(language), DASHES, strict=False):
        traces.append(compared(colour, dash, name=label, x=at, y=[point.reading.figure for point in found]))
    if revised := [place for place, point in enumerate(told.now) if point.revision]:
        mark = {"symbol": "diamond", "size": 9, "color": token("amber")}
        x, y = [at[place] for place in revised], [values[place] for place in revised]
        traces.append(go.Scatter(mode="markers", name=REVISED.text(language), x=x, y=y, marker=mark))
    if entered := [place for place, point in enumerate(told.now) if point.entered]:
        mark = {"symbol": "square-open", "size": 9, "color": token("wait"), "line": {"width": 2}}
        x, y = [at[place] for place in entered], [values[place] for place in entered]
        traces.append(go.Scatter(mode="markers", name=ENTERED.text(language), x=x, y=y, marker=mark))
    names = [bucket_name(told, point.start_ms) for point in told.now]
    ticks = {"tickformat": TICKS[told.grain]} if told.grain in TICKS else {"tickvals": at, "ticktext": names}
    return figure(
        traces,
        language,
        "desk",
        xaxis=time_axis(tickformatstops=[], automargin=True, **ticks),
        yaxis={"nticks": 5, "title": {"text": told.one.unit.label.text(language)}},
        annotations=[] if any(value is not None for value in values) else [middle(NOTHING.text(language))],
    )


def entered_said(point: Point, language: Language) -> str:
    """That a point shows what people entered, of how many days, and where they read it; empty where it does not."""
    if not point.entered:
        return ""
    count = len({day.day_ms for day in point.entered})
    sources = ", ".join(sorted({text.name_of_code(day.source_code, language) for day in point.entered}))
    return (ENTERED_DAY if count == 1 else ENTERED_DAYS).text(language, count=count, sources=sources)


def value_history_table(told: HistoryNote, language: Language) -> Component:
    """Every value, the newest first; what nobody knows is a dash."""
    compared = told.compared(language)
    parts = [number.fraction_text(point.reading, language) for point in told.now]
    rows: list[list[Cell]] = []
    for place in reversed(range(len(told.now))):
        point = told.now[place]
        start = bucket_name(told, point.start_ms)
        revised = CORRECTED.text(language, count=point.revision)
        mark = html.Span([html.Span(className="sign sign-warning"), revised], className="look")
        if point.entered:
            start = f"{start} · {entered_said(point, language)}"
        rows.append(
            [
                f"{start} · {RUNNING.text(language)}" if told.is_running and place == len(told.now) - 1 else start,
                number.with_unit(point.reading, language),
                *([parts[place]] if any(parts) else []),
                *(number.with_unit(found[place].reading, language) for _, found in compared),
                mark if point.revision else "",
            ]
        )
    heads = [STARTS[told.grain], VALUE, *([PARTS] if any(parts) else [])]
    titles = [*(head.text(language) for head in heads), *(label for label, _ in compared), REVISIONS.text(language)]
    return data_table(titles, rows, range(1, len(titles) - 1), NOTHING.text(language))


def history_csv(told: HistoryNote, language: Language) -> str:
    """The same as a spreadsheet, with plain numbers, oldest first."""
    compared = told.compared(language)
    unit = told.one.unit.label.text(language)
    columns = [
        "start",
        f"{told.one.id} ({unit})",
        "numerator",
        "denominator",
        *(label for label, _ in compared),
        "revision",
        "entered",
    ]
    rows = [
        [
            text.local_time(point.start_ms),
            point.reading.figure,
            point.reading.numerator if point.reading.known else None,
            point.reading.denominator if point.reading.known and told.one.is_ratio else None,
            *(found[place].reading.figure for _, found in compared),
            point.revision,
            entered_said(point, language),
        ]
        for place, point in enumerate(told.now)
    ]
    return csv_text(columns, rows)
