"""Readiness: whether what a process needs is there, asked by a thread for each question, so that no answer is ever waited for."""

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from time import monotonic

from ingest.contract.errors import IocError

ASK_EVERY = timedelta(seconds=5)
ASK_AGAIN = timedelta(seconds=1)
"""Time between two questions while something is wrong."""

PATIENCE = timedelta(seconds=10)
"""How long an answer may take before what is asked counts as away."""


ReadinessCheck = Callable[[], None]
"""Asks one question, and blocks as long as it takes; what it raises (an `IocError`) is what is wrong."""

NOT_ASKED = "not asked yet"


class _Asked:
    """One check, asked again and again in a thread of its own."""

    def __init__(self, name: str, check: ReadinessCheck, every: timedelta) -> None:
        self._check = check
        self._every = every.total_seconds()
        self._asked_at: float | None = None
        self._fault = NOT_ASKED
        self._well_since: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._ask, name=f"check {name}", daemon=True)
        self._thread.start()

    @property
    def fault(self) -> str:
        asked_at = self._asked_at
        if asked_at is not None and (waited := monotonic() - asked_at) > PATIENCE.total_seconds():
            return f"no answer for {waited:.0f} s"
        return self._fault if self._thread.is_alive() else "the check itself has failed; the log says why"

    @property
    def well_since(self) -> float | None:
        return None if self.fault else self._well_since

    def stop(self) -> None:
        self._stopped.set()

    def _ask(self) -> None:
        again = min(self._every, ASK_AGAIN.total_seconds())
        pause = 0.0
        while not self._stopped.wait(pause):
            self._asked_at = asked_at = monotonic()
            try:
                self._check()
            except IocError as error:
                self._fault, self._well_since, pause = str(error) or type(error).__name__, None, again
            else:
                now = monotonic()
                if self._well_since is None or now - asked_at > PATIENCE.total_seconds():
                    self._well_since = now
                self._fault, pause = "", self._every
            self._asked_at = None


class Readiness:
    """What one process needs.

    Args:
        checks: by name, what asks for it.
        every: time between two questions.
    """

    def __init__(self, checks: Mapping[str, ReadinessCheck], every: timedelta = ASK_EVERY) -> None:
        self._asked = {name: _Asked(name, check, every) for name, check in checks.items()}

    def faults(self) -> dict[str, str]:
        """By the name of its check, what is wrong; empty when the process is ready."""
        return {name: asked.fault for name, asked in self._asked.items() if asked.fault}

    def well_since(self, name: str) -> float | None:
        """Since when, by the monotonic clock, a check has found nothing wrong; `None` while it does."""
        return self._asked[name].well_since

    def stop(self) -> None:
        """Ask no more."""
        for asked in self._asked.values():
            asked.stop()
