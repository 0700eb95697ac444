"""Mark: how far each pretend system has spoken, so that whole past days are not sent again and again.

It is a convenience: without it everything is sent once more, and counted once.
"""

import os
from datetime import date, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day


class _Kept(BaseModel):
    whose: str
    since: date
    sent: dict[str, AwareDatetime]


class Mark:
    """The mark of one pretend ward.

    Args:
        file: where it is kept.
        pretend: the ward; a mark of another one does not count.
        now: the present.
        backfill: how far back the past goes at the first start.
    """

    def __init__(self, file: Path, pretend: Pretend, now: datetime, backfill: timedelta) -> None:
        self._file = file
        self._whose = f"{pretend.seed}/{pretend.ward}"
        self._sent: dict[str, datetime] = {}
        self._changed = True
        self.since: date = local_day(now - backfill)
        """First local day of the past that the systems tell."""
        kept = _kept(file)
        if kept is not None and kept.whose == self._whose:
            self.since = kept.since
            self._sent = dict(kept.sent)

    def sent(self, system: str, at: datetime) -> None:
        """The system has said all until then."""
        self._sent[system] = at
        self._changed = True

    def until(self, system: str) -> datetime | None:
        """Until when the system has said all; None if it never spoke."""
        return self._sent.get(system)

    def resume(self, system: str, now: datetime) -> date:
        """The local day from which the system speaks: never after today, whose beginning is said again."""
        last = self._sent.get(system)
        return self.since if last is None else max(self.since, min(local_day(last), local_day(now)))

    def save(self) -> None:
        """Write it down, if anything changed; the file is replaced in one step."""
        if not self._changed:
            return
        self._changed = False
        kept = _Kept(whose=self._whose, since=self.since, sent=self._sent)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        beside.write_text(kept.model_dump_json())
        os.replace(beside, self._file)


def _kept(file: Path) -> _Kept | None:
    try:
        return _Kept.model_validate_json(file.read_text())
    except (OSError, ValidationError):
        return None
