"""A replayed dead letter gives the event that its message would have given, or none: over every connector's sample."""

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from ingest.contract.connector import Connector
from ingest.contract.envelope import encode
from ingest.contract.errors import InvalidEvent
from ingest.replay.replay import ReplayPlan, SourceReplay
from ingest.untrusted.dead_letter import from_source
from tests.declarations.test_connectors import MAPPED, NOW, lines, mapper, sent

BUG = InvalidEvent("mapping_bug", "KeyError in it.py, line 1")

VALUES: tuple[Any, ...] = (
    "Nguyễn Văn A",
    "0912345678",
    "[personal]",
    None,
    True,
    10**16,
    9999,
    "a-b",
    [],
    {},
    ["x", "Trần B"],
)


def replay(connector: Connector, line: Any) -> ReplayPlan:
    """What becomes of a sample's line that became a dead letter."""
    message = sent(connector, line)
    dead_letter = from_source(connector, message.body, BUG, ward="hong-bang", received_at=NOW, address=message.address)
    return SourceReplay([connector], "hong-bang", mapper(connector).context.pseudonym).plan(dead_letter)


def mapped(connector: Connector, line: Any) -> list[bytes]:
    """What would have become of it."""
    return [encode(event) for event in mapper(connector).take(**sent(connector, line)._asdict()).envelopes]


@pytest.mark.parametrize("connector", MAPPED, ids=lambda one: one.id)
def test_every_line_of_the_sample_gives_its_own_event_or_none(connector: Connector) -> None:
    outcomes: Counter[str] = Counter()
    for line in lines(connector):
        plan = replay(connector, line)
        outcomes[plan.outcome] += 1
        if plan.outcome == "sent":
            assert [encode(event) for event in plan.envelopes] == mapped(connector, line)
        else:
            assert not plan.envelopes
    if connector.id in ("dossier_portal", "petition_portal"):
        assert set(outcomes) == {"redacted"}  # whose every message holds a code of a person's case
    if connector.id in ("frigate", "smart_loudspeaker", "ward_register"):
        assert outcomes["sent"] > len(lines(connector)) / 2


def mutated(line: Any) -> Iterator[Any]:
    """The line with each of its values replaced, one at a time."""

    def places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for key, one in (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ):
            yield (*path, key)
            yield from places(one, (*path, key))

    for path in places(line, ()):
        for new in VALUES:
            changed = copy.deepcopy(line)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = new
            yield changed


@pytest.mark.heavy
@pytest.mark.parametrize("connector", MAPPED, ids=lambda one: one.id)
def test_no_value_that_was_taken_out_gets_into_another_event(connector: Connector) -> None:
    seen: set[str] = set()
    for line in lines(connector):
        payload = line.get("payload") if "topic" in line else line
        if not isinstance(payload, dict) or (kind := str(sorted(payload)) + str(line.get("topic"))) in seen:
            continue
        seen.add(kind)
        for changed in mutated(payload):
            whole = {**line, "payload": changed} if "topic" in line else changed
            plan = replay(connector, whole)
            if plan.outcome == "sent":
                assert [encode(event) for event in plan.envelopes] == mapped(connector, whole)
