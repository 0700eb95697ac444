"""Calendar: the meetings of the days around now, read from an iCalendar text by a process of its own.

Some texts take for ever to read, or more memory than there is: that process is ended then, and nobody else feels it.
"""

import asyncio
import re
import sys
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

import ingest
from ingest.contract.connector import Occurrence
from ingest.contract.errors import InvalidEvent

BEFORE, AFTER = timedelta(hours=12), timedelta(hours=36)
"""The stretch of time around now."""

KEPT_FOR = timedelta(hours=1)
"""How long what was read of a text serves, if it stays the same."""

CPU_SECONDS = 10
"""For reading one text."""

PATIENCE = timedelta(seconds=30)

_FOUND = TypeAdapter(list[Occurrence])
_CHILD = "ingest.untrusted.calendar_text"


class CalendarReader:
    """Reads one calendar again and again."""

    def __init__(self) -> None:
        self._read: tuple[bytes, datetime, list[Occurrence]] | None = None

    async def occurrences(self, text: bytes, now: datetime) -> list[Occurrence]:
        """The meetings around now.

        Raises:
            InvalidEvent: it is no calendar, or one that nobody can read.
        """
        # Some servers write the time of the answer into each meeting.
        digest = blake2b(re.sub(rb"(?m)^DTSTAMP.*$", b"", text)).digest()
        if self._read is None or self._read[0] != digest or not timedelta() <= now - self._read[1] <= KEPT_FOR:
            self._read = digest, now, await _in_child(text, now - BEFORE, now + AFTER + KEPT_FOR)
        return self._read[2]


async def _in_child(text: bytes, begins: datetime, ends: datetime) -> list[Occurrence]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", _CHILD, begins.isoformat(), ends.isoformat(), str(CPU_SECONDS),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        cwd=Path(ingest.__file__).parents[1], env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            found, said = await child.communicate(text)
    except TimeoutError:
        raise InvalidEvent("calendar", "it takes too long to read") from None
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if child.returncode:
        why = (
            said.decode(errors="replace").strip()
            if child.returncode == 2
            else "it takes too much time or memory to read"
        )
        raise InvalidEvent("calendar", why)
    try:
        return _FOUND.validate_json(found)
    except ValidationError as error:
        raise InvalidEvent("calendar", "it could not be read") from error
