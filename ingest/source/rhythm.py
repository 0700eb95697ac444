"""Rhythm: how long a source is usually silent, so that a longer silence can be told from its usual one.

A source that sends a heartbeat has a limit that is declared. Of any other the longest silences of its last days are remembered,
nights and weekends among them, and a silence counts only when it is twice as long. A source that was never heard is not missed.
"""

import json
import logging
import time
from datetime import timedelta
from pathlib import Path

log = logging.getLogger(__name__)

SIGNS_MISSED = 3
"""Declared heartbeats that may be missing before a source counts as silent."""

DAYS = 8
"""Days whose longest silences are remembered: a week, and the day at hand."""

SHORTEST, UNKNOWN, LONGEST = timedelta(minutes=10), timedelta(days=3), timedelta(days=14)
"""Bounds of what counts as silence, and what counts while a source has been heard for less than a week."""

_SAVED_EVERY = 60.0
_DAY = 86_400


class Rhythm:
    """When one source was heard.

    Args:
        sign_of_life: how often it sends at least; `None`: as often as it did lately.
        file: where it is remembered over a restart; `None`: nowhere.
    """

    def __init__(self, sign_of_life: timedelta | None = None, file: Path | None = None) -> None:
        self._declared = sign_of_life
        self._file = file
        self._first = self._last = 0.0
        self._longest: dict[int, float] = {}
        """By day since 1970, its longest silence in seconds."""
        self._saved = 0.0
        if file is not None:
            self._recall(file)

    @property
    def was_heard(self) -> bool:
        """Whether the source has ever sent anything."""
        return self._last > 0

    def heard(self) -> None:
        """It has sent something just now."""
        now = time.time()
        if self._last:
            day = int(now // _DAY)
            self._longest[day] = max(self._longest.get(day, 0.0), now - self._last)
            for old in [one for one in self._longest if one <= day - DAYS]:
                del self._longest[old]
        self._first, self._last = self._first or now, now
        if abs(now - self._saved) > _SAVED_EVERY:
            self._save(now)

    def limit(self) -> timedelta:
        """How long a silence is allowed to be."""
        if self._declared is not None:
            return SIGNS_MISSED * self._declared
        usual = 2 * timedelta(seconds=max(self._longest.values(), default=0.0))
        is_known = time.time() - self._first > (DAYS - 1) * _DAY
        return min(max(usual, SHORTEST if is_known else UNKNOWN), LONGEST)

    def is_silent(self) -> bool:
        """Whether it has been silent for longer than that; one that was never heard is not."""
        return self.was_heard and time.time() - self._last > self.limit().total_seconds()

    def is_alive(self) -> bool:
        """Whether it was heard within that time."""
        return self.was_heard and not self.is_silent()

    def _recall(self, file: Path) -> None:
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            first, last = float(kept["first"]), float(kept["last"])
            longest = {int(day): float(seconds) for day, seconds in kept["longest"].items()}
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            log.warning("%s is damaged: when its source was last heard is not known", file)
            return
        self._first, self._last, self._longest = first, min(last, time.time()), longest

    def _save(self, now: float) -> None:
        self._saved = now
        if self._file is None:
            return
        kept = {"first": self._first, "last": self._last, "longest": self._longest}
        fresh = self._file.with_suffix(".new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(kept), encoding="utf-8")
            fresh.replace(self._file)
        except OSError as error:  # it is only a memory
            log.warning("%s cannot be written: %s", self._file, error)
