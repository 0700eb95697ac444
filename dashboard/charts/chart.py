"""Chart: the layer that every chart of the product is made with - its letters, colours, margins, axes, and marks of numbers and times.

Figures are Plotly's own classes, which Dash imports in any case: a property that Plotly does not know is an error where the chart
is made. They cost 9 MB once and about 2 ms a figure, which is why only whole figures are made of them: what is pushed into a
figure later are plain arrays (`page.PropertyUpdates`). What all charts share is Plotly's template, of which there is one a language and kind
of page (`template`); a chart says only what is its own.

Colours are tokens (`theme.token`), and sizes are those of a screen of 1080 lines; the browser puts in what both are there (`graph`).
Bars for now, the current one lighter; what it is compared with as thin broken lines; direct labels, no frames, two or three grid lines.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal

import plotly.graph_objects as go

from dashboard import theme
from dashboard.state.page import BoardState
from dashboard.theme import token
from dashboard.words import number, text
from dashboard.words.day import holiday
from dashboard.words.freshness import freshness
from ingest.contract.label import Language

Density = Literal["wall", "desk"]
"""For people at four metres, without a legend or a pointer; for people who work at it."""

SERIES = ("blue", "light-blue", "wait", "live", "text")
"""Colours of what is shown side by side, in their order, by their token; also who sees no red, no green or no blue tells them apart.

Amber and red are for what somebody must look at.
"""
DASHES = (("light-blue", "dash"), ("live", "dot"))
"""How lines that now is compared with look: colour and stroke, the nearest in time first."""

SEPARATORS: dict[Language, str] = {"vi": ",.", "en": ".,"}
"""Marks of decimals and of thousands, as Plotly takes them."""
FIGURES = ","
"""How an axis of figures writes them: with the thousands marked, and no more decimals than there are."""
TIME_FORMATS = (
    ([None, 60_000], "%H:%M:%S\n%d/%m/%Y"),
    ([60_000, 86_400_000], "%H:%M\n%d/%m/%Y"),
    ([86_400_000, "M1"], "%d/%m\n%Y"),
    (["M1", "M12"], "%m/%Y"),
    (["M12", None], "%Y"),
)
"""Step between two labels of an axis of time, in ms or in months -> how they are written, in both languages."""
HOVERED_TIME = "%H:%M %d/%m/%Y"

THIN = 1.6
"""Width of the lines that now is compared with."""

_CLEAR = "rgba(0,0,0,0)"
_LETTERS: dict[Density, float] = {"wall": 16, "desk": 14}
_MARGINS: dict[Density, dict[str, float]] = {
    "wall": {"l": 42, "r": 18, "t": 24, "b": 26},
    "desk": {"l": 56, "r": 8, "t": 8, "b": 40},
}


@cache
def template(language: Language, density: Density) -> go.layout.Template:
    """What all charts share.

    Args:
        language: decides the marks in figures on axes.
        density: decides sizes, and whether there is a legend.
    """
    letters = {"family": theme.FONT, "color": token("dim"), "size": _LETTERS[density]}
    titled = {"font": {"size": _LETTERS[density]}}
    quiet = {"zeroline": False, "fixedrange": True, "gridcolor": token("line"), "gridwidth": 0.6, "title": titled}
    return go.layout.Template(
        layout={
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "font": letters,
            "colorway": [token(name) for name in SERIES],
            "separators": SEPARATORS[language],
            "margin": _MARGINS[density],
            "bargap": 0.2,
            "showlegend": density == "desk",
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
            "hoverlabel": {
                "bgcolor": token("card"),
                "bordercolor": token("line"),
                "font": {**letters, "color": token("text")},
            },
            "xaxis": {**quiet, "showgrid": False},
            "yaxis": {**quiet, "nticks": 4, "rangemode": "tozero", "tickformat": FIGURES},
            "annotationdefaults": {
                "showarrow": False,
                "xanchor": "left",
                "yanchor": "middle",
                "font": {"size": _LETTERS[density]},
            },
        }
    )


def figure(
    traces: Sequence[go.Bar | go.Scatter], language: Language, density: Density = "wall", **own: Any
) -> go.Figure:
    """A chart.

    Args:
        traces: what is drawn.
        language: that of its figures.
        density: what kind of page it stands on.
        own: what its layout has beside what all charts share.

    Raises:
        ValueError: Plotly knows no such property, or no such value of it.
    """
    return go.Figure(list(traces), {"template": template(language, density), **own})


def bar_trace(colour: str, **own: Any) -> go.Bar:
    """Bars in a token's colour."""
    return go.Bar(marker={"color": token(colour)}, **own)


def line_trace(colour: str, **own: Any) -> go.Scatter:
    """A line with a dot at each value, in a token's colour."""
    return go.Scatter(mode="lines+markers", line={"color": token(colour)}, marker={"color": token(colour)}, **own)


def compared(colour: str, dash: str, **own: Any) -> go.Scatter:
    """A thin broken line: what now is compared with."""
    return go.Scatter(mode="lines", line={"color": token(colour), "dash": dash, "width": THIN}, **own)


def corner(x: float, y: float, said: str, **own: Any) -> go.layout.Annotation:
    """Words above a corner of what is drawn; `x` and `y` are shares of its width and height."""
    anchor = "right" if x == 1 else "left"
    return go.layout.Annotation(
        x=x, y=y, xref="paper", yref="paper", xanchor=anchor, yanchor="bottom", text=said, **own
    )


def middle(said: str) -> go.layout.Annotation:
    """Words in the middle of a chart of which nothing can be drawn; empty where something is."""
    return go.layout.Annotation(x=0.5, y=0.5, xref="paper", yref="paper", xanchor="center", yanchor="middle", text=said)


def time_axis(**own: Any) -> go.layout.XAxis:
    """An axis of dates and times, written as the ward writes them."""
    formats = [{"dtickrange": step, "value": written} for step, written in TIME_FORMATS]
    return go.layout.XAxis(
        {"type": "date", "tickformatstops": formats, "hoverformat": HOVERED_TIME, "nticks": 12, **own}
    )


def is_told(state: BoardState, indicators: Iterable[str]) -> bool:
    """Whether the sources of all these indicators tell: only then is nothing counted the same as none."""
    states = (freshness(state.read(id), state.signs, state.now_ms).state for id in indicators)
    return all(state in ("live", "late") for state in states)


def nothing(state: BoardState, indicators: Iterable[str]) -> str:
    """What stands where there is nothing to draw: that there is none, or a dash where nobody knows."""
    return state.say(text.NOTHING) if is_told(state, indicators) else number.NONE


def nothing_drawn(
    state: BoardState, indicators: Iterable[str], *, is_drawn: bool, is_compared: bool, of_office: bool
) -> str:
    """What stands in the middle of a chart of now: nothing where something is drawn.

    Args:
        state: what is shown.
        indicators: those that are drawn.
        is_drawn: whether there is anything of now.
        is_compared: whether there is anything of what it is compared with.
        of_office: whether it is about the office's day, so that a holiday is the reason, and named.
    """
    if is_drawn:
        return ""
    closed = holiday(text.local_time(state.now_ms).date(), state.language) if of_office else ""
    if closed and is_told(state, indicators):
        return closed
    return "" if is_compared else nothing(state, indicators)
