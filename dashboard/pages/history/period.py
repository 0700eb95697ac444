"""Period: a measure in today, this week or this month, beside the period before, as a chart, a table and a spreadsheet."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import plotly.graph_objects as go
from dash import html
from dash.development.base_component import Component

from dashboard.charts.chart import SERIES, bar_trace, compared, figure, line_trace, middle
from dashboard.charts.period_ways import PERIODS
from dashboard.components.table import Cell, data_table
from dashboard.pages.history.choice import BEFORE
from dashboard.pages.history.tables import NOTHING, PARTS, STARTS, VALUE, is_count
from dashboard.words import number, text
from dashboard.words.csv import csv_text
from dashboard.words.dimension_name import dimension_name
from ingest.contract.label import Label, Language
from warehouse.history.period import Period, PeriodEdges, PeriodFigures
from warehouse.history.series import Point
from warehouse.model.indicator import Derived, Indicator
from warehouse.model.reading import Reading

UNTIL = Label("đến {time}", "until {time}")
SAME_MOMENT = Label("{period} đến cùng lúc ({time})", "{period} until the same moment ({time})")
NOT_KEPT = Label(
    "Không so với kỳ trước: số liệu này chỉ được giữ từ {first}.",
    "Not compared with the period before: this figure is kept only since {first}.",
)
NOT_WHOLE = Label("Số liệu này chỉ được giữ từ {first}.", "This figure is kept only since {first}.")
MORE = Label("tăng {by}", "up by {by}")
LESS = Label("giảm {by}", "down by {by}")
SAME = Label("không đổi", "unchanged")
POINTS = Label("điểm %", "percentage points")
WHOLE = Label("Cả kỳ, đến {time}", "All of it, until {time}")
DRAWN = 5
"""Members that are drawn, the largest; all of them stand in the table."""
MOST_MEMBERS = 80


class PeriodNote(NamedTuple):
    """What is told of a measure in a period."""

    one: Indicator | Derived
    period: Period
    edges: PeriodEdges
    now: PeriodFigures
    before: PeriodFigures
    split: str = ""

    @property
    def until_ms(self) -> int:
        """The moment up to which it is told."""
        return self.edges.now[-1]

    @property
    def members(self) -> list[tuple[str, tuple[list[Point], Point]]]:
        """The members of the split, the largest first."""
        found = self.now.members.items()
        return sorted(found, key=lambda one: (-(one[1][1].reading.figure or 0), one[0]))[:MOST_MEMBERS]


def period_said(told: PeriodNote, language: Language) -> list[Component]:
    """The period's figure, and what it is against that of the period before."""

    def say(label: Label, **values: object) -> str:
        return label.text(language, **values)

    end = text.local_time(told.until_ms)
    name = f"{say(PERIODS[told.period])}, {say(UNTIL, time=f'{end:%H:%M} {end:%d/%m/%Y}')}: "
    said: list[Component] = [html.Div([name, html.Strong(number.with_unit(told.now.whole.reading, language))])]
    if not told.now.is_whole and told.now.kept_from_ms is not None:
        first = f"{text.local_time(told.now.kept_from_ms):%d/%m/%Y}"
        return [*said, html.Div(say(NOT_WHOLE, first=first))]
    if not told.before.is_whole:
        first = f"{text.local_time(told.before.kept_from_ms):%d/%m/%Y}" if told.before.kept_from_ms else number.NONE
        return [*said, html.Div(say(NOT_KEPT, first=first))]
    cut = text.local_time(told.edges.before[-1])
    then = say(SAME_MOMENT, period=say(BEFORE[told.period]), time=f"{cut:%H:%M} {cut:%d/%m/%Y}")
    change = _change(told, language)
    figure = number.with_unit(told.before.whole.reading, language)
    return [*said, html.Div(f"{then}: {figure}{f' · {change}' if change else ''}")]


def period_chart(told: PeriodNote, language: Language) -> go.Figure:
    """The period as bars or a line with that before broken; or each of its largest members as a line."""
    names = _bucket_names(told)
    if told.split:
        drawn = [
            line_trace(colour, name=text.member(member, language), x=names, y=_figures(points))
            for (member, (points, _)), colour in zip(told.members[:DRAWN], SERIES, strict=False)
        ]
    else:
        trace = bar_trace if is_count(told.one) else line_trace
        drawn = [trace("blue", name=PERIODS[told.period].text(language), x=names, y=_figures(told.now.points))]
        if told.before.is_whole:
            before = _figures(told.before.points)
            label = BEFORE[told.period].text(language)
            drawn.append(compared("dim", "dash", name=label, x=names[: len(before)], y=before))
    return figure(
        drawn,
        language,
        "desk",
        xaxis={"type": "category", "nticks": 12, "automargin": True},
        yaxis={"nticks": 5, "title": {"text": told.one.unit.label.text(language)}},
        annotations=[]
        if any(value is not None for one in drawn for value in one.y)
        else [middle(NOTHING.text(language))],
    )


def period_table(told: PeriodNote, language: Language) -> Component:
    """Each bucket, the newest first, or each member, the largest first; then all of it."""
    end = text.local_time(told.until_ms)
    before = told.before if told.before.is_whole and not told.split else None
    first = dimension_name(told.split) if told.split else STARTS[told.edges.grain]
    rows: list[tuple[str, Reading, Reading | None]] = []
    if told.split:
        rows += [(text.member(member, language), whole.reading, None) for member, (_, whole) in told.members]
    else:
        for place, name in reversed(list(enumerate(_bucket_names(told)))):
            running = f" · {UNTIL.text(language, time=f'{end:%H:%M}')}"
            then = before.points[place].reading if before and place < len(before.points) else None
            is_last = place == len(told.now.points) - 1
            rows.append((name + running * is_last, told.now.points[place].reading, then))
    whole_name = WHOLE.text(language, time=f"{end:%H:%M %d/%m}")
    rows.append((whole_name, told.now.whole.reading, before.whole.reading if before else None))
    parts = [number.fraction_text(reading, language) for _, reading, _ in rows]
    heads = [first, VALUE, *([PARTS] if any(parts) else []), *([BEFORE[told.period]] if before else [])]
    cells: list[list[Cell]] = [
        [
            name,
            number.with_unit(reading, language),
            *([part] if any(parts) else []),
            *([number.with_unit(then, language) if then else number.NONE] if before else []),
        ]
        for (name, reading, then), part in zip(rows, parts, strict=True)
    ]
    titles = [head.text(language) for head in heads]
    titles[0] = titles[0][0].upper() + titles[0][1:]
    return data_table(titles, cells, range(1, len(titles)), NOTHING.text(language))


def period_csv(told: PeriodNote, language: Language) -> str:
    """The same as a spreadsheet with plain numbers: a row for each bucket, and each member of it."""
    unit, name = told.one.unit.label.text(language), told.split or "member"
    columns = ["start", name, f"{told.one.id} ({unit})", "numerator", "denominator"]
    series = [("", told.now.points), *((member, points) for member, (points, _) in told.members)]
    rows = [
        [
            text.local_time(point.start_ms),
            member,
            point.reading.figure,
            point.reading.numerator if point.reading.known else None,
            point.reading.denominator if point.reading.known and told.one.is_ratio else None,
        ]
        for member, points in series
        for point in points
    ]
    return csv_text(columns, rows)


def _figures(points: Sequence[Point]) -> list[float | None]:
    return [point.reading.figure for point in points]


def _bucket_names(told: PeriodNote) -> list[str]:
    shape = "%H:%M" if told.edges.grain == "hour" else "%d/%m"
    return [f"{text.local_time(point.start_ms):{shape}}" for point in told.now.points]


def _change(told: PeriodNote, language: Language) -> str:
    """How much more or less it is; empty where one of them is not known."""
    now, before = told.now.whole.reading.figure, told.before.whole.reading.figure
    if now is None or before is None or told.one.unit.out_of:
        return ""
    by = Fraction(now).limit_denominator(10**6) - Fraction(before).limit_denominator(10**6)
    if not by:
        return SAME.text(language)
    unit = POINTS if number.is_share(told.one) else told.one.unit.label
    amount = number.decimal(abs(by), told.one.unit.decimals, language)
    said = f"{amount}{number.SPACE}{unit.text(language, count=amount)}"
    return (MORE if by > 0 else LESS).text(language, by=said)
