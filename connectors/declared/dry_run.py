"""Dry run: what a declaration makes of a sample, field by field, without sending anything.

A sample is a file: JSON (a message, a list of them, or one a line), or CSV or XLSX for a source of files. Each message goes the way
that it will go, through the connector's own mapping; the page and the command that show it read the same report.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.declared.mapping import DeclaredMapping
from ingest.contract.connector import Connector, Context, FileDrop, ReceivedMessage
from ingest.contract.errors import InvalidEvent
from ingest.files.table import LARGEST_FILE, table_rows
from ingest.source.mapper import Mapper
from ingest.untrusted.json_text import parse_json

MOST_MESSAGES = 1_000
"""Messages of a sample that are looked at."""

PATIENCE = timedelta(seconds=5)
"""How long looking at them may take: what is dear to map is so for each of them."""


@dataclass(frozen=True)
class FieldReport:
    """What became of one field."""

    event: str
    field: str
    found: Any
    """In the message; `None` for nothing, or for a value that the declaration itself gives."""
    value: Any
    """In the event; `None`: it is left out."""


@dataclass
class SampleReport:
    """What became of one message."""

    place: str
    """Its row or its number in the sample."""
    fields: list[FieldReport] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Fields of the message that nobody reads."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """As they would lie in Kafka."""
    fault: str = ""
    """Why it would be a dead letter; the field at which it failed is the one after the last of `fields`."""


def dry_run(
    connector: Connector, sample: Path, context: Context, patience: timedelta = PATIENCE
) -> tuple[list[SampleReport], bool]:
    """What becomes of each message of a sample, and whether it ended before the sample did.

    Args:
        connector: a declared one.
        sample: a file.
        context: with the clock and the pseudonyms to use; nothing is remembered in it.
        patience: how long it may take.

    Raises:
        InvalidEvent: the sample cannot be read.
    """
    mapper, until = Mapper(connector, context), time.monotonic() + patience.total_seconds()
    made: list[SampleReport] = []
    for place, message in _messages(connector, sample):
        if len(made) == MOST_MESSAGES or time.monotonic() > until:
            return made, True
        made.append(_report(mapper, place, message))
    return made, False


def _report(mapper: Mapper, place: str, message: Any) -> SampleReport:
    connector, made = mapper.connector, SampleReport(place)
    taken = mapper.take(json.dumps(message).encode())
    made.events = [json.loads(one.model_dump_json(exclude_none=True)) for one in taken.envelopes]
    made.fault = f"{taken.dead_letter.reason_code}: {taken.dead_letter.error}" if taken.dead_letter else ""
    made.dropped = list(dict.fromkeys(_dropped(message, connector.reads or frozenset())))
    if isinstance(connector.map, DeclaredMapping):
        received = ReceivedMessage(message, "", mapper.context.clock.now())
        _record(connector.map, received, mapper.context, lambda *said: made.fields.append(FieldReport(*said)))
    return made


def _record(mapping: DeclaredMapping, received: ReceivedMessage, context: Context, record: Callable[..., None]) -> None:
    try:
        mapping.recorded(received, context, record)
    except InvalidEvent:
        return  # the report has it already, as the mapper tells it


def _messages(connector: Connector, sample: Path) -> Iterator[tuple[str, Any]]:
    if isinstance(connector.way, FileDrop):
        for row in table_rows(sample, connector.way):
            yield f"row {row.number}", row.cells
        return
    if sample.stat().st_size > LARGEST_FILE:
        raise InvalidEvent("too_large", f"a sample of more than {LARGEST_FILE} bytes")
    content = sample.read_bytes()
    try:
        whole = [parse_json(content)]
    except InvalidEvent:
        whole = [parse_json(line) for line in content.splitlines() if line.strip()]
    for number, message in enumerate(whole, 1):
        yield f"message {number}", message


def _dropped(value: Any, read: frozenset[str], path: str = "") -> Iterator[str]:
    """The fields of a message that no expression names, by their paths."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name not in read:
                yield f"{path}{name}"
            else:
                yield from _dropped(one, read, f"{path}{name}.")
    elif isinstance(value, list):
        for one in value:
            yield from _dropped(one, read, path)
