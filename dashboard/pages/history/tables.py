"""History rows: a measure's figures through time as a chart, a table and a spreadsheet."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from dash import html
from dash.development.base_component import Component

from dashboard import theme
from dashboard.charts.chart import SEPARATORS
from dashboard.components.table import Cell, table
from dashboard.words import number, text
from dashboard.words.csv import csv_text
from ingest.contract.label import Label, Language
from warehouse.history.series import Grain, Point
from warehouse.model.indicator import Indicator, Measure

STARTS: dict[Grain, Label] = {
    "hour": Label("Giờ", "Hour"),
    "day": Label("Ngày", "Day"),
    "month": Label("Tháng", "Month"),
}
FORMATS: dict[Grain, str] = {"hour": "%H:%M %d/%m/%Y", "day": "%d/%m/%Y", "month": "%m/%Y"}
TICKS: dict[Grain, str] = {"hour": "%H:%M\n%d/%m", "day": "%d/%m", "month": "%m/%Y"}
VALUE = Label("Giá trị", "Value")
PARTS = Label("Tử/mẫu", "Parts")
WEEK = Label("Cùng thứ tuần trước", "Same weekday last week")
YEAR = Label("Cùng thứ năm trước", "Same weekday last year")
YEAR_OF_MONTH = Label("Cùng tháng năm trước", "Same month last year")
REVISED = Label("đã sửa", "revised")
REVISIONS = Label("Lần sửa", "Revisions")
RUNNING = Label("đang chạy", "running")
NOTHING = Label("Chưa có số liệu nào.", "There are no figures yet.")
CORRECTED = Label("{count} lần", "{count} times")


class Told(NamedTuple):
    """What is told of a measure: its points, and those to compare them with, of the same length; empty where nothing is known."""

    one: Measure
    grain: Grain
    now: Sequence[Point]
    week: Sequence[Point] = ()
    year: Sequence[Point] = ()
    is_running: bool = True
    """Whether its last point is not over."""

    def compared(self, language: Language) -> list[tuple[str, Sequence[Point]]]:
        """What there is to compare with, by its name."""
        year = YEAR_OF_MONTH if self.grain == "month" else YEAR
        return [(label.text(language), found) for label, found in ((WEEK, self.week), (year, self.year)) if found]


def history_chart(told: Told, language: Language) -> dict[str, Any]:
    """Now as bars or as a line, before as thin dashed lines, and a diamond where something was revised."""
    at = [f"{text.local(point.start_ms):%Y-%m-%dT%H:%M}" for point in told.now]
    values = [point.reading.figure for point in told.now]
    name = told.one.label.text(language)
    colour = {"color": theme.BLUE}
    is_count = isinstance(told.one, Indicator) and not (told.one.is_ratio or told.one.has_stock or told.one.value.rank)
    shape = {"type": "bar"} if is_count else {"type": "scatter", "mode": "lines+markers", "line": colour}
    data: list[dict[str, Any]] = [{**shape, "name": name, "x": at, "y": values, "marker": colour}]
    for (label, found), dash in zip(told.compared(language), ("dash", "dot"), strict=False):
        line = {"color": theme.LIGHT_BLUE if dash == "dash" else theme.LIVE, "width": 1.6, "dash": dash}
        y = [point.reading.figure for point in found]
        data.append({"type": "scatter", "mode": "lines", "name": label, "x": at, "y": y, "line": line})
    if revised := [place for place, point in enumerate(told.now) if point.revision]:
        mark = {"symbol": "diamond", "size": 9, "color": theme.AMBER}
        x, y = [at[place] for place in revised], [values[place] for place in revised]
        label = REVISED.text(language)
        data.append({"type": "scatter", "mode": "markers", "name": label, "x": x, "y": y, "marker": mark})
    quiet = {"gridcolor": theme.LINE, "zeroline": False, "fixedrange": True}
    clear = "rgba(0,0,0,0)"
    return {
        "data": data,
        "layout": {
            "paper_bgcolor": clear,
            "plot_bgcolor": clear,
            "font": {"family": theme.FONT, "color": theme.DIM, "size": 13},
            "separators": SEPARATORS[language],
            "margin": {"l": 56, "r": 8, "t": 8, "b": 40},
            "showlegend": True,
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
            "xaxis": {**quiet, "type": "date", "showgrid": False, "tickformat": TICKS[told.grain], "nticks": 12},
            "yaxis": {
                **quiet,
                "nticks": 5,
                "rangemode": "tozero",
                "tickformat": ",",
                "title": {"text": told.one.unit.label.text(language)},
            },
        },
    }


def history_table(told: Told, language: Language) -> Component:
    """Every value, the newest first; what nobody knows is a dash."""
    compared = told.compared(language)
    parts = [number.parts(point.reading, language) for point in told.now]
    rows: list[list[Cell]] = []
    for place in reversed(range(len(told.now))):
        point = told.now[place]
        start = f"{text.local(point.start_ms):{FORMATS[told.grain]}}"
        revised = CORRECTED.text(language).format(count=point.revision)
        mark = html.Span([html.Span(className="sign sign-warning"), revised], className="look")
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
    return table(titles, rows, range(1, len(titles) - 1), NOTHING.text(language))


def history_csv(told: Told, language: Language) -> str:
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
    ]
    rows = [
        [
            text.local(point.start_ms),
            point.reading.figure,
            point.reading.numerator if point.reading.known else None,
            point.reading.denominator if point.reading.known and told.one.is_ratio else None,
            *(found[place].reading.figure for _, found in compared),
            point.revision,
        ]
        for place, point in enumerate(told.now)
    ]
    return csv_text(columns, rows)
