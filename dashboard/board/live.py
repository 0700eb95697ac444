"""Live: the figures as browsers see them - a frame for each page, made once for all who look.

Whoever shows figures waits for `changed` and takes a frame.
"""

import asyncio
import time
from collections import deque
from typing import NamedTuple

from dash.development.base_component import Component

from dashboard.board import alarm_signal, wall_tour
from dashboard.board.filled_pages import FilledPages, PageKey
from dashboard.board.layout import fill_layout
from dashboard.settings import BoardSettings
from dashboard.state.alarm import Alarms
from dashboard.state.figures import LiveFigures, LiveStand, LoadValues
from dashboard.state.page import BoardState, PageAddress, PageList, PropertyUpdates
from ingest.contract.label import Language
from ingest.contract.settings import IngestSettings
from ingest.runtime import metrics
from warehouse.model.value_push import Push

MOST_FRAMES = 500
TICK = 1.0
"""Seconds after which a frame is made anew even when nothing came: spans and freshness move with the clock."""
_KEPT = 256
"""Pushes of which it is remembered when their newest event was taken in."""


class BoardFrame(NamedTuple):
    """What one page shows at one moment."""

    number: int
    updates: PropertyUpdates
    recorded_ms: list[int]
    """When the newest event of each push since the last frame asked for was taken in."""


class Live(LiveFigures):
    """The readings of the one ward that this board shows."""

    def __init__(
        self,
        ingest: IngestSettings,
        board: BoardSettings,
        load: LoadValues,
        pages: PageList,
        stand: LiveStand | None = None,
    ) -> None:
        super().__init__(ingest, board, load, stand, pages)
        self.number = 0
        """Number of the newest frame."""
        self._ticked = 0.0
        self._changed = asyncio.Event()
        self._recorded: deque[tuple[int, int]] = deque(maxlen=_KEPT)
        self._frames: dict[PageKey, tuple[int, PropertyUpdates]] = {}
        self.filled = FilledPages()

    def take(self, pushes: list[Push]) -> set[str]:
        """Take in what the streams pushed; see `LiveFigures`."""
        changed = super().take(pushes)
        if changed:
            ours = [push for push in pushes if push.ward == self.ingest.ward]
            self._measure(ours)
            self.number += 1
            self._recorded.extend((self.number, push.newest_recorded_ms) for push in ours if push.newest_recorded_ms)
            self._wake()
        return changed

    def show(self, alarms: Alarms) -> None:
        """Take in how the alarms are now."""
        before, self.alarms = self.alarms, alarms
        if alarms._replace(measured=before.measured) != before:  # values alone come with the next tick
            self.number += 1
            self._wake()

    async def changed(self, number: int) -> int:
        """Wait until there is something newer than a frame, at the latest until the clock has moved on.

        Returns:
            Number of the newest frame.
        """
        if self.number <= number:
            changed = self._changed
            try:
                await asyncio.wait_for(changed.wait(), TICK)
            except TimeoutError:
                self._tick()
        return self.number

    def frame(self, place: PageAddress, language: Language, after: int = 0) -> BoardFrame:
        """What a page shows now; made once for all who look at the same.

        Args:
            place: the page, and what its address says of it.
            language: in which language.
            after: number of the last frame that the asker has shown.
        """
        key = page_key(place, language)
        number, updates = self._frames.get(key, (-1, {}))
        if number != self.number:
            state = self.board_state(language, place.argument)
            number, updates = (
                self.number,
                place.page.updates(state) | (_around(state) if place.page.path else {}),
            )
            if len(self._frames) >= MOST_FRAMES:  # addresses that hardly anybody asks for
                self._frames.clear()
            self._frames[key] = (number, updates)
        return BoardFrame(number, updates, [ms for recorded, ms in self._recorded if after < recorded <= number])

    def page(self, place: PageAddress, language: Language) -> tuple[Component, str]:
        """A page as it is now, and the mark by which the first push knows what it shows."""
        state = self.board_state(language, place.argument)
        updates = place.page.updates(state)
        return fill_layout(place.page.layout(state), updates), self.filled.keep(page_key(place, language), updates)

    def _measure(self, pushes: list[Push]) -> None:
        """How long the newest event took from when it happened until it is here; what only the clock moved is not an event."""
        moved = [push for push in pushes if push.newest_recorded_ms]
        if newest := max((value.newest_ms for push in moved for value in push.values), default=0):
            metrics.FRESHNESS.labels(metrics.ON_BOARD).observe(max(0.0, (self.now_ms() - newest) / 1000))

    def _tick(self) -> None:
        """A new frame for all, once a second however many wait for it."""
        if time.monotonic() - self._ticked >= TICK / 2:
            self._ticked = time.monotonic()
            self.number += 1

    def _changed_at_once(self) -> None:
        self.number += 1
        self._wake()

    def _wake(self) -> None:
        self._ticked = time.monotonic()
        self._changed.set()
        self._changed = asyncio.Event()


def page_key(place: PageAddress, language: Language) -> PageKey:
    """Those for whom a page is the same."""
    return place.page.path, place.argument, language


def _around(state: BoardState) -> PropertyUpdates:
    """What is told on every page."""
    return alarm_signal.updates(state) | wall_tour.updates(state)
