"""Journal: what the sources said and what was acknowledged to them - the oracle that the check believes.

In memory for the check, and as lines of JSON in a file for whoever has to find out where something went.
"""

import json
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Literal

from commands.developers.nemesis.sources.message import ExpectedOutcome, MessagePlan

State = Literal["open", "acked", "refused"]
"""`open`: said, but nobody knows whether it was taken in."""


class Entry:
    """One message in the journal."""

    __slots__ = ("connector", "expected", "first", "lane", "nature", "state", "token", "tries", "ward")

    def __init__(self, saying: MessagePlan, expected: tuple[ExpectedOutcome, ...]) -> None:
        self.token = saying.token
        self.connector = saying.connector
        self.ward = saying.ward
        self.nature = saying.nature
        self.first = saying.first
        self.lane = saying.lane
        self.expected = expected
        self.state: State = "open"
        self.tries = 0


class MessageJournal:
    """All messages of a run; written by the driver's thread, read by any.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", buffering=1 << 16)
        self._lock = threading.Lock()
        self.entries: dict[str, Entry] = {}
        """By token, in the order in which they were first said."""
        self.counts: Counter[str] = Counter()
        """By state, and by nature of those acknowledged."""
        self.offered: set[tuple[str, int, int]] = set()
        """Topic, partition and offset of records that went straight into Kafka and are no events."""

    def say(self, saying: MessagePlan, expected: tuple[ExpectedOutcome, ...]) -> Entry:
        """A message is about to be said for the first time."""
        entry = Entry(saying, expected)
        with self._lock:
            self.entries[saying.token] = entry
            self.counts["said"] += 1
        ids = [(one.topic or "letter", one.id) for one in expected]
        self._write(
            "said", saying.token, nature=saying.nature, lane=saying.lane, connector=saying.connector, first=saying.first, ids=ids
        )  # fmt: skip
        return entry

    def acked(self, entry: Entry, how: str) -> None:
        """Somebody has promised to keep it."""
        self._close(entry, "acked", how)

    def refused(self, entry: Entry, how: str) -> None:
        """It was not taken in, and never will be."""
        self._close(entry, "refused", how)

    def straight(self, topic: str, partition: int, offset: int) -> None:
        """A record that is not an event lies in Kafka now."""
        self.offered.add((topic, partition, offset))
        self._write("record", f"{topic}/{partition}/{offset}")

    def open(self) -> list[Entry]:
        """Messages of which nobody knows."""
        with self._lock:
            return [entry for entry in self.entries.values() if entry.state == "open"]

    def close(self) -> None:
        """Write what is still in memory to the file."""
        with self._lock:
            self._file.close()

    def _close(self, entry: Entry, state: State, how: str) -> None:
        with self._lock:
            if entry.state == "open":
                self.counts[state] += 1
                self.counts[f"{entry.nature} {state}"] += 1
            entry.state = state
        self._write(state, entry.token, how=how, tries=entry.tries)

    def _write(self, what: str, token: str, **more: object) -> None:
        line = json.dumps({"at": round(time.time(), 3), "what": what, "token": token, **more})
        with self._lock:
            if not self._file.closed:
                self._file.write(line + "\n")
