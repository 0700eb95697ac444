"""Pulse: the sign of life that a process's own loop leaves in a file, for health checks from outside.

`python -m ingest.pulse streams` exits 0 while the pulse is fresh; 1 and a sentence otherwise. A loop that hangs leaves no pulse,
which is what a mere "is the process there" would miss.
"""

import sys
import time
from pathlib import Path

from ingest.settings import PlaceSettings, read_settings

FRESH_SECONDS = 30.0
"""Every loop beats at least every ten seconds."""


class Pulse:
    """One process's pulse."""

    def __init__(self, data_folder: Path, name: str) -> None:
        self._file = data_folder / "run" / f"{name}.pulse"
        self._file.parent.mkdir(parents=True, exist_ok=True)

    def beat(self) -> None:
        """Leave a sign of life; cheap enough for every turn of a loop."""
        self._file.touch()

    def age(self) -> float | None:
        """Seconds since the last sign; `None` when there was none."""
        try:
            return time.time() - self._file.stat().st_mtime
        except FileNotFoundError:
            return None


def main() -> int:
    """Tell whether the process named on the command line is alive."""
    name = sys.argv[1]
    age = Pulse(read_settings(PlaceSettings).data_folder, name).age()
    if age is not None and age <= FRESH_SECONDS:
        return 0
    print(f"{name}: " + ("no sign of life yet" if age is None else f"last sign of life {age:.0f} s ago"))
    return 1


if __name__ == "__main__":
    sys.exit(main())
