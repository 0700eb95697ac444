"""Stored dead letters: as they lie in the table, and what became of those that were sent again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ingest.contract.envelope import AnyEnvelope
from ingest.contract.topic import topic_of
from ingest.untrusted.dead_letter import DeadLetter
from warehouse.store.client import Client


class StoredDeadLetter(NamedTuple):
    """A dead letter and what became of it."""

    dead_letter: DeadLetter
    outcome: str
    """As in `ingest.replay.replay.OUTCOMES`; empty while nobody tried."""
    detail: str
    replayed_by: str
    replayed_at: datetime | None

    @property
    def stream(self) -> str:
        """The topic or the connector that it comes from."""
        return self.dead_letter.original_topic or self.dead_letter.connector or ""


class DeadLetterChoice(NamedTuple):
    """Which dead letters; what is empty chooses all."""

    ids: Sequence[str] = ()
    reason: str = ""
    stream: str = ""
    """A topic, the name of its stream, or a connector."""
    since: datetime | None = None
    """By the time at which they came in."""
    is_open: bool = False
    """Only those that were not sent again yet."""


class ReplayOutcome(NamedTuple):
    """What became of a dead letter: a row of `raw_letter_replays`."""

    id: str
    outcome: str
    detail: str
    events: int
    replayed_by: str
    replayed_at: datetime


class DeadLetterGroup(NamedTuple):
    """Dead letters of one stream with one reason."""

    stream: str
    reason: str
    dead_letters: int
    still_open: int
    """How many of them were not sent again."""
    newest: datetime


PAGE = 1_000

_DEAD_LETTER = (
    "id",
    "ward",
    "original_topic",
    "partition",
    "offset",
    "reason_code",
    "error",
    "payload_redacted",
    "received_at",
    "connector",
    "address",
)
_STREAM = "if(original_topic != '', original_topic, connector)"


def read_dead_letters(client: Client, chosen: DeadLetterChoice, limit: int = PAGE) -> list[StoredDeadLetter]:
    """The newest dead letters, each once.

    Args:
        client: an open connection.
        chosen: which ones.
        limit: how many at most.
    """
    return _read(client, chosen, "ORDER BY l.received_at DESC, l.id LIMIT %(limit)s", {"limit": limit})


def iterate_dead_letters(client: Client, chosen: DeadLetterChoice) -> Iterator[StoredDeadLetter]:
    """All dead letters, each once, the oldest first, page by page."""
    order = "AND (l.received_at, l.id) > (%(after)s, %(after_id)s) ORDER BY l.received_at, l.id LIMIT %(limit)s"
    after, after_id = datetime(1970, 1, 2, tzinfo=UTC), ""
    while page := _read(client, chosen, order, {"after": after, "after_id": after_id, "limit": PAGE}):
        yield from page
        after, after_id = page[-1].dead_letter.received_at, page[-1].dead_letter.id


def read_groups(client: Client, chosen: DeadLetterChoice) -> list[DeadLetterGroup]:
    """How many dead letters there are, by stream and reason; the largest group first."""
    joined, parameters = _joined(chosen, f"id, received_at, reason_code, {_STREAM} AS stream")
    rows = client.query(
        "SELECT l.stream, l.reason_code, count() AS letters, countIf(r.outcome != 'sent'), max(l.received_at) "
        f"{joined} GROUP BY l.stream, l.reason_code ORDER BY letters DESC, l.stream, l.reason_code",
        parameters,
    )
    return [DeadLetterGroup(*row) for row in rows]


def open_dead_letters(client: Client) -> int:
    """How many dead letters came in within the last 24 hours and were not sent again."""
    rows = client.query(
        "SELECT uniqExact(id) FROM raw_dead_letters WHERE received_at > now() - INTERVAL 1 DAY "
        "AND id NOT IN (SELECT id FROM raw_letter_replays WHERE outcome = 'sent')"
    )
    return int(rows[0][0])


def write_replays(client: Client, replayed: Sequence[ReplayOutcome]) -> None:
    """Note what became of dead letters; the newest note of a dead letter stands."""
    if replayed:
        client.insert(
            "raw_letter_replays", dict(zip(ReplayOutcome._fields, map(list, zip(*replayed, strict=True)), strict=True))
        )


def stored_events(client: Client, envelopes: Iterable[AnyEnvelope]) -> set[tuple[str, str, str]]:
    """Which of these events the warehouse has already, as topic, ward and id."""
    wanted = {(topic_of(one.data.stream), one.ward, one.id) for one in envelopes}
    if not wanted:
        return set()
    rows = client.query(
        "SELECT DISTINCT topic, ward, id FROM raw_events WHERE id IN %(ids)s AND topic IN %(topics)s",
        {"ids": tuple({id_ for _, _, id_ in wanted}), "topics": tuple({topic for topic, _, _ in wanted})},
    )
    return wanted & {(topic, ward, id_) for topic, ward, id_ in rows}


def _read(
    client: Client, chosen: DeadLetterChoice, order: str, parameters: Mapping[str, object]
) -> list[StoredDeadLetter]:
    joined, chosen_parameters = _joined(chosen, ", ".join(_DEAD_LETTER))
    columns = ", ".join(f"l.{name}" for name in _DEAD_LETTER)
    rows = client.query(
        f"SELECT {columns}, r.outcome, r.detail, r.replayed_by, r.replayed_at {joined} {order}",
        {**chosen_parameters, **parameters},
    )
    found = []
    for row in rows:
        *dead_letter, outcome, detail, by, at = row
        found.append(StoredDeadLetter(_dead_letter(*dead_letter), outcome, detail, by, at if outcome else None))
    return found


def _joined(chosen: DeadLetterChoice, columns: str) -> tuple[str, dict[str, object]]:
    """Dead letters `l`, each once, with what became of them, `r`; the SQL ends with a condition."""
    conditions, parameters = ["1"], dict[str, object]()
    if chosen.ids:
        conditions.append("id IN %(ids)s")
        parameters["ids"] = tuple(chosen.ids)
    if chosen.reason:
        conditions.append("reason_code = %(reason)s")
        parameters["reason"] = chosen.reason
    if chosen.stream:
        conditions.append(f"{_STREAM} IN %(streams)s")
        parameters["streams"] = (chosen.stream, topic_of(chosen.stream))
    if chosen.since:
        conditions.append("received_at >= %(since)s")
        parameters["since"] = chosen.since
    where = " AND ".join(conditions)
    # The same message, refused again, is the same dead letter with a later time.
    dead_letters = f"SELECT {columns} FROM raw_dead_letters WHERE {where} ORDER BY received_at LIMIT 1 BY id"
    replays = "SELECT id, outcome, detail, replayed_by, replayed_at FROM raw_letter_replays FINAL"
    is_open = "r.outcome != 'sent'" if chosen.is_open else "1"
    return f"FROM ({dead_letters}) AS l LEFT JOIN ({replays}) AS r ON l.id = r.id WHERE {is_open}", parameters


def _dead_letter(
    id_: str,
    ward: str,
    topic: str,
    partition: int,
    offset: int,
    reason: str,
    error: str,
    payload: str,
    received_at: datetime,
    connector: str,
    address: str,
) -> DeadLetter:
    return DeadLetter(
        id=id_,
        ward=ward,
        original_topic=topic or None,
        partition=partition if topic else None,
        offset=offset if topic else None,
        reason_code=reason,
        error=error,
        payload_redacted=payload,
        received_at=received_at,
        connector=connector or None,
        address=address,
    )
