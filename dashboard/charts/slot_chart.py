"""Slot chart: how many in each slot of a stretch of time, now against usual.

Bars for now, the current one lighter; the same time last week as a thin dotted line. What changes are arrays, pushed as patches.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from dash.development.base_component import Component

from dashboard.charts.chart import bar_trace, compared, corner, figure, middle, nothing_drawn
from dashboard.charts.graph import graph, graph_id
from dashboard.state.page import BoardState, PropertyUpdate, PropertyUpdates
from dashboard.theme import token
from dashboard.words import text
from dashboard.words.day import holiday
from ingest.contract.label import Label
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.reading import TOTAL, Split

WEEK_MS = 7 * DAY_MS

_TICKS = 8
"""About how many labels the axis of time has."""
_MILLISECOND = timedelta(milliseconds=1)


def last_week(state: BoardState) -> str:
    """What the same weekday of last week is called."""
    weekday = state.say(text.DAYS[text.local_time(state.now_ms).weekday()])
    weekday = weekday[0].lower() + weekday[1:] if state.language == "vi" else weekday
    return state.say(text.LAST_WEEK, day=weekday)


class Series(NamedTuple):
    """One colour of a chart's bars."""

    indicator: str
    split: Split = TOTAL
    colour: str = "blue"
    label: Label | None = None
    of_denominator: bool = False
    """Whether it shows what a ratio is out of."""


@dataclass(frozen=True)
class SlotChart:
    """How many in each slot of a stretch of time."""

    name: str
    label: Label
    """What one slot's bar says, with its unit: stands in the corner."""
    series: tuple[Series, ...]
    """One: its last bar is lighter. Several: stacked, each named in the corner."""
    slot: timedelta
    count: int
    """How many slots."""
    today: bool = False
    """Whether they are those of the local day, from `begins` on; else the last ones."""
    begins: timedelta = timedelta()
    usual: bool = True
    """Whether the same slots of last week are shown as well."""

    @property
    def _is_of_days(self) -> bool:
        return self.slot >= timedelta(days=1)

    def layout(self, state: BoardState) -> Component:
        """The chart without its data."""
        slots = list(range(self.count))
        colours = [*[one.colour for one in self.series], *(["light-blue"] if len(self.series) == 1 else [])]
        named = [
            f'<span style="color:{token(one.colour)}">■</span> {state.say(one.label)}'
            for one in self.series
            if one.label
        ]
        drawn = figure(
            [
                *[bar_trace(colour, x=slots, y=[]) for colour in colours],
                compared("dim", "dot", x=slots, y=[]),
            ],
            state.language,
            barmode="stack",
            xaxis={
                "range": [-0.6, self.count - 0.4],
                "tickangle": 0,
                "tickvals": [],
                "ticktext": [],
                "title": {"text": "", "standoff": 4},
            },
            yaxis={"range": [0, 1]},
            # On a phone the names take the whole width: the unit stands above them. A holiday stands below its days.
            margin={**({"t": 48} if named else {}), **({"b": 48} if self._is_of_days else {})},
            annotations=[
                corner(0, 1, state.say(self.label), yshift=23 if named else 0),
                corner(1, 1, "  ".join(named)),
                middle(""),
            ],
        )
        return graph(self.name, drawn, state.say(self.label))

    def updates(self, state: BoardState) -> PropertyUpdates:
        """The arrays of the chart."""
        slot_ms = self.slot // _MILLISECOND
        start_ms, current = self._start(state.now_ms)
        rows = [self._sums(one, state, start_ms) for one in self.series]
        known = [slot for slot in range(self.count) if slot <= current]
        bars = [[row[slot] if slot in known else None for slot in range(self.count)] for row in rows]
        if len(bars) == 1:
            bars = [
                [value if slot != current else None for slot, value in enumerate(bars[0])],
                [value if slot == current else None for slot, value in enumerate(bars[0])],
            ]
        before = [self._sums(one, state, start_ms - WEEK_MS) for one in self.series] if self.usual else []
        usual = [sum(row[slot] for row in before) for slot in range(self.count)]
        is_usual = any(usual)
        highest = max([4, *usual, *(sum(row[slot] for row in rows) for slot in known)])
        ticks = [slot for slot in range(self.count) if self._is_tick(start_ms + slot * slot_ms, state.now_ms)]
        found: dict[str, Any] = {f"data.{place}.y": row for place, row in enumerate(bars)}
        found |= {
            f"data.{len(bars)}.y": usual if is_usual else [None] * self.count,
            "layout.xaxis.tickvals": ticks,
            "layout.xaxis.ticktext": [self._said(start_ms + slot * slot_ms) for slot in ticks],
            "layout.yaxis.range": [0, highest * 1.12],
            "layout.xaxis.title.text": self._holiday(start_ms, state),
            "layout.annotations.2.text": nothing_drawn(
                state,
                [one.indicator for one in self.series],
                is_drawn=any(map(any, rows)),
                is_compared=is_usual,
                of_office=self.today,
            ),
        }
        if is_usual and len(self.series) == 1:
            found["layout.annotations.1.text"] = f"- - - {last_week(state)}"
        return {PropertyUpdate(graph_id(self.name), f"figure.{path}"): value for path, value in found.items()}

    def _start(self, now_ms: int) -> tuple[int, int]:
        """Start of the first slot, and the place of the current one."""
        slot_ms = self.slot // _MILLISECOND
        if self.today:
            start_ms = int(window_start(now_ms, DAY_MS)) + self.begins // _MILLISECOND
        else:
            start_ms = int(window_start(now_ms, slot_ms)) - (self.count - 1) * slot_ms
        return start_ms, (now_ms - start_ms) // slot_ms

    def _sums(self, one: Series, state: BoardState, start_ms: int) -> list[int]:
        slot_ms = self.slot // _MILLISECOND
        sums = [0] * self.count
        for value in state.readings.series(one.indicator, start_ms, start_ms + self.count * slot_ms, one.split):
            sums[(value.window_ms - start_ms) // slot_ms] += (
                value.denominator if one.of_denominator else value.numerator
            )
        return sums

    def _is_tick(self, at_ms: int, now_ms: int) -> bool:
        """Labels stand at today's weekday, or at hours or steps of hours, so that they fit on a phone too."""
        step = next(
            hours
            for hours in (1, 2, 3, 6, 12, 24)
            if self.slot * self.count <= _TICKS * timedelta(hours=hours) or hours == 24
        )
        if self._is_of_days:
            return text.local_time(at_ms).weekday() == text.local_time(now_ms).weekday()
        at = text.local_time(at_ms)
        return at.hour % step == 0 and at.minute == 0

    def _holiday(self, start_ms: int, state: BoardState) -> str:
        """The newest holiday among the days that are shown, where each is a slot; empty where none is."""
        if not self._is_of_days:
            return ""
        slot_ms = self.slot // _MILLISECOND
        days = sorted({text.local_time(start_ms + slot * slot_ms).date() for slot in range(self.count)})
        named = [(day, holiday(day, state.language)) for day in days if day <= text.local_time(state.now_ms).date()]
        return next((f"{day:%d/%m} {name}" for day, name in reversed(named) if name), "")

    def _said(self, at_ms: int) -> str:
        at = text.local_time(at_ms)
        return f"{at:%d/%m}" if self._is_of_days else f"{at.hour}h"
