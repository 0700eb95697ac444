"""Invariants: what the sources were promised, what lies in Kafka, and what is stored, held against each other (I1, I2, I3, I6, I7)."""

from collections import Counter, defaultdict
from typing import NamedTuple

from xxhash import xxh64_intdigest

from commands.developers.nemesis.oracle.findings import Findings
from commands.developers.nemesis.oracle.kafka_log import KafkaRecord
from commands.developers.nemesis.oracle.process_watch import PositionLead
from commands.developers.nemesis.sources.journal import Entry, MessageJournal
from commands.developers.nemesis.sources.message import digest
from ingest.contract.topic import DEAD_LETTERS, topic_of
from ingest.kafka.offsets import PartitionKey
from warehouse.store.client import Client

DRIVEN = frozenset(map(topic_of, ("queue", "petition", "speaker", "dossier", "content")))
"""Topics in which nothing may be that the sources did not say; connectors say for themselves how they are."""

Id = tuple[str, str]
"""Topic and id."""


class StoredEvent(NamedTuple):
    """A stored event."""

    partition: int
    offset: int
    digest: int


class StoredRun:
    """All that is stored; nothing before `read`."""

    def __init__(self) -> None:
        self.rows: dict[Id, list[StoredEvent]] = defaultdict(list)
        self.repeats: dict[Id, list[tuple[bool, int]]] = defaultdict(list)
        """Whether it is a conflict, and what it says."""
        self.dead_letters: Counter[str] = Counter()
        """By id, how many rows."""
        self.from_source: set[str] = set()
        """Ids of dead letters of messages that never reached Kafka as events."""
        self.places: dict[PartitionKey, Counter[int]] = defaultdict(Counter)
        """By topic and partition, how often each offset is stored, in whatever table."""
        self.hashes: dict[tuple[str, int, int], int] = {}

    def read(self, client: Client) -> None:
        """Read the whole state that is checked."""
        with client.stream("SELECT topic, partition, offset, id, event FROM raw_events FINAL") as rows:
            for topic, partition, offset, id, event in (row for chunk in rows for row in chunk):
                self.event(topic, partition, offset, id, event.encode())
        with client.stream("SELECT topic, partition, offset, id, is_conflict, event FROM raw_repeats FINAL") as rows:
            for topic, partition, offset, id, is_conflict, event in (row for chunk in rows for row in chunk):
                self.repeat(topic, partition, offset, id, is_conflict, event)
        columns = "id, original_topic, partition, offset, log_partition, log_offset"
        dead_letters = client.query(f"SELECT {columns} FROM raw_dead_letters FINAL")  # noqa: S608 - names of columns
        for id, topic, partition, offset, log_partition, log_offset in dead_letters:
            self.dead_letter(id, topic, partition, offset)
            if log_offset >= 0:
                self.places[DEAD_LETTERS, log_partition][log_offset] += 1

    def event(self, topic: str, partition: int, offset: int, id: str, event: bytes) -> None:
        """A row of `raw_events`."""
        self.places[topic, partition][offset] += 1
        self.hashes[topic, partition, offset] = xxh64_intdigest(event)
        self.rows[topic, id].append(StoredEvent(partition, offset, digest(event)))

    def repeat(self, topic: str, partition: int, offset: int, id: str, is_conflict: bool, event: str) -> None:
        """A row of `raw_repeats`; of a mere repeat the first copy is enough, so its own may be left out."""
        self.places[topic, partition][offset] += 1
        self.repeats[topic, id].append((bool(is_conflict), digest(event) if event else 0))

    def dead_letter(self, id: str, topic: str, partition: int, offset: int) -> None:
        """A row of `raw_dead_letters`; `topic` is empty when it never was a record."""
        self.dead_letters[id] += 1
        if not topic:
            self.from_source.add(id)
        elif self.dead_letters[id] == 1:
            self.places[topic, partition][offset] += 1


def check_positions(log: dict[PartitionKey, list[KafkaRecord]], stored: StoredRun, findings: Findings) -> None:
    """Every record of Kafka is stored once, and nothing else is: raw events + repeats + dead letters = Kafka."""
    for place, records in log.items():
        topic, partition = place
        found = stored.places[place]
        if topic == DEAD_LETTERS:
            for record in records:
                if record.id not in stored.dead_letters:
                    findings.add("lost", f"dead letter {record.id} lies in {topic}/{partition}/{record.offset} only")
            continue
        for gap in _runs([record for record in records if not found[record.offset]]):
            first, last = gap[0], gap[-1]
            at = f"{topic}/{partition}/{first.offset}…{last.offset} ({first.id or '?'} … {last.id or '?'})"
            findings.add("lost", f"{len(gap)} of {len(records)} records lie in Kafka at {at}, in no table", len(gap))
        for record in records:
            at = f"{topic}/{partition}/{record.offset}"
            count = found[record.offset]
            if count > 1:
                findings.add("doubled", f"{record.id or 'a record'} of {at} is stored {count} times")
            elif stored.hashes.get((topic, partition, record.offset), record.hash) != record.hash:
                findings.add("invented", f"{at} says something else in the warehouse than in Kafka")
        there = {record.offset for record in records}
        for offset in found.keys() - there:
            if found[offset]:
                findings.add("invented", f"{topic}/{partition}/{offset} is stored and was never in Kafka")


def _runs(records: list[KafkaRecord]) -> list[list[KafkaRecord]]:
    """The records in runs of offsets that follow each other."""
    runs: list[list[KafkaRecord]] = []
    for record in records:
        if runs and runs[-1][-1].offset + 1 == record.offset:
            runs[-1].append(record)
        else:
            runs.append([record])
    return runs


def check_journal(
    journal: MessageJournal, log: dict[PartitionKey, list[KafkaRecord]], stored: StoredRun, findings: Findings
) -> None:
    """What was promised is there once; what was not said is not there."""
    in_kafka = {(topic, record.id) for (topic, _), records in log.items() for record in records}
    entries = list(journal.entries.values())
    for entry in entries:
        if entry.state == "acked" and entry.nature in ("event", "poison"):
            _check_promise(entry, in_kafka, stored, findings)
        elif entry.state == "acked" and entry.nature == "conflict":
            _check_conflict(entry, stored, findings)
    _check_nothing_else(entries, stored, findings)
    for topic, partition, offset in journal.offered:
        if not stored.places[topic, partition][offset]:
            findings.add(
                "lost", f"the record {topic}/{partition}/{offset}, which is not an event, is not a dead letter either"
            )


def _check_nothing_else(entries: list[Entry], stored: StoredRun, findings: Findings) -> None:
    """Whatever is stored was said, and says what its source said first."""
    known: dict[Id, set[int]] = defaultdict(set)
    dead_letters: set[str] = set()
    for entry in entries:
        for one in entry.expected:
            if not one.topic:
                dead_letters.add(one.id)
            elif entry.nature != "conflict":
                known[one.topic, one.id].add(one.digest)
    for (topic, id), rows in stored.rows.items():
        if topic not in DRIVEN:
            continue
        if (topic, id) not in known:
            findings.add("invented", f"{id} is stored in {topic}, and nobody said it")
        elif any(row.digest not in known[topic, id] for row in rows):
            findings.add("mismatched", f"{id} in {topic} says something else than its source said first")
    for id in stored.from_source - dead_letters:
        findings.add("invented", f"dead letter {id} is of no message that was said")


def _check_promise(entry: Entry, in_kafka: set[Id], stored: StoredRun, findings: Findings) -> None:
    for one in entry.expected:
        if not one.topic:
            if not stored.dead_letters[one.id]:
                findings.add("lost", f"{entry.token} ({entry.connector}): its dead letter {one.id} is nowhere")
            continue
        rows = stored.rows.get((one.topic, one.id), [])
        if not rows:
            where = (
                "in Kafka, but not stored" if (one.topic, one.id) in in_kafka else "acknowledged, but never in Kafka"
            )
            findings.add(
                "lost", f"{entry.token} ({entry.connector}, {entry.lane}, id {one.id} in {one.topic}): {where}"
            )
        elif len(rows) > 1:
            at = ", ".join(f"{row.partition}/{row.offset}" for row in rows)
            findings.add("doubled", f"{entry.token} (id {one.id} in {one.topic}) is stored {len(rows)} times: {at}")


def _check_conflict(entry: Entry, stored: StoredRun, findings: Findings) -> None:
    """It never counts, and is kept for people to see: as a dead letter or beside the first."""
    for one in entry.expected:
        if not one.topic and stored.dead_letters[one.id]:
            return
        if one.topic and (True, one.digest) in stored.repeats.get((one.topic, one.id), []):
            return
    ids = ", ".join(one.id for one in entry.expected)
    findings.add(
        "lost", f"the conflict {entry.token} with {entry.first} ({entry.connector}, ids {ids}) is kept nowhere"
    )


def check_order(journal: MessageJournal, stored: StoredRun, findings: Findings) -> None:
    """What one source said one after the other lies in that order."""
    newest: dict[tuple[str, str, int], tuple[int, str]] = {}
    for entry in journal.entries.values():
        if entry.nature != "event" or entry.state != "acked" or not entry.lane:
            continue
        for one in entry.expected:
            rows = stored.rows.get((one.topic, one.id), [])
            if not rows:
                continue
            row = min(rows)
            key = (entry.lane, one.topic, row.partition)
            offset, token = newest.get(key, (-1, ""))
            if row.offset < offset:
                findings.add(
                    "mismatched",
                    f"{entry.token} was said after {token} by {entry.lane}, and lies before it in {one.topic}",
                )
            newest[key] = max(newest.get(key, (-1, "")), (row.offset, entry.token))


def check_count(client: Client, findings: Findings) -> None:
    """As many rows as places."""
    rows, places = client.query("SELECT count(), uniqExact(topic, partition, offset) FROM raw_events FINAL")[0]
    if rows != places:
        findings.add("doubled", f"raw_events has {rows} rows of {places} places", rows - places)


def check_commits(
    ahead: dict[PartitionKey, PositionLead],
    stored: StoredRun,
    log: dict[PartitionKey, list[KafkaRecord]],
    findings: Findings,
) -> None:
    """A position that was committed beyond what was stored is a breach, unless nothing lay between but dead letters on their way."""
    for place, one in ahead.items():
        dead_letters_only = all(
            (place[0], place[1], record.offset) not in stored.hashes
            for record in log.get(place, [])
            if one.stored < record.offset < one.committed
        )
        if not dead_letters_only:
            findings.add(
                "mismatched", f"{place[0]}/{place[1]}: {one.committed} was committed when {one.stored} was stored"
            )
