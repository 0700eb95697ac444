"""The oracle of `./ioc chaos` sees every kind of breach, and none where there is none."""

import json
from random import Random

import pytest
from pydantic import SecretStr
from xxhash import xxh64_intdigest

from commands.developers.nemesis.oracle import invariants
from commands.developers.nemesis.oracle.figures import board_corrections
from commands.developers.nemesis.oracle.findings import Findings
from commands.developers.nemesis.oracle.kafka_log import KafkaRecord
from commands.developers.nemesis.oracle.process_watch import PositionLead
from commands.developers.nemesis.sources.journal import MessageJournal
from commands.developers.nemesis.sources.message import (
    ExpectedOutcome,
    MessageMeaning,
    MessageNature,
    MessagePlan,
    conflict_dead_letter,
    digest,
)
from commands.developers.nemesis.sources.scripts import Scripts
from dashboard.state.agreement import WRONG
from ingest.contract.envelope import encode
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS

TOPIC = "ioc.queue.v1"


def event(id: str, says: int = 1) -> bytes:
    return json.dumps({"id": id, "says": says, "recordedtime": "whenever"}).encode()


class Ward:
    """A journal, a log and what is stored, which agree at first."""

    def __init__(self, folder) -> None:
        self.journal = MessageJournal(folder / "journal.jsonl")
        self.log: dict[tuple[str, int], list[KafkaRecord]] = {(TOPIC, 0): [], (DEAD_LETTERS, 0): []}
        self.stored = invariants.StoredRun()
        self.findings = Findings()

    def said(
        self,
        id: str,
        state: str = "acked",
        nature: MessageNature = "event",
        says: int = 1,
        lane: str = "",
        first: str = "",
    ):
        saying = MessagePlan(f"t-{id}-{nature}", "queue_kiosk", "w", b"", nature=nature, lane=lane, first=first)
        expected = () if nature == "refused" else (ExpectedOutcome(TOPIC, id, digest(event(id, says))),)
        entry = self.journal.say(saying, expected)
        if state == "acked":
            self.journal.acked(entry, "")
        elif state == "refused":
            self.journal.refused(entry, "")
        return entry

    def in_kafka(self, id: str, says: int = 1) -> int:
        records = self.log[TOPIC, 0]
        records.append(KafkaRecord(len(records), id, xxh64_intdigest(event(id, says))))
        return len(records) - 1

    def counted(self, id: str, **said) -> None:
        """Said, in Kafka, and stored."""
        self.said(id, **said)
        self.stored.event(TOPIC, 0, self.in_kafka(id), id, event(id))

    def found(self) -> dict[str, int]:
        invariants.check_positions(self.log, self.stored, self.findings)
        invariants.check_journal(self.journal, self.log, self.stored, self.findings)
        invariants.check_order(self.journal, self.stored, self.findings)
        return {kind: count for kind, count in self.findings.counts.items() if count}


@pytest.fixture
def ward(tmp_path):
    made = Ward(tmp_path)
    for id in ("a", "b", "c"):
        made.counted(id, lane="kiosk")
    made.said("d", state="open")
    made.said("e", state="refused", nature="refused")
    made.said("a", nature="repeat", first="t-a-event")
    made.stored.repeat(TOPIC, 0, made.in_kafka("a"), "a", False, "")
    made.said("b", nature="conflict", says=2, first="t-b-event")
    made.stored.repeat(TOPIC, 0, made.in_kafka("b", 2), "b", True, event("b", 2).decode())
    place = made.in_kafka("")
    made.journal.straight(TOPIC, 0, place)
    made.stored.dead_letter("letter", TOPIC, 0, place)
    yield made
    made.journal.close()


def test_what_agrees_is_clean(ward):
    assert ward.found() == {}
    assert ward.findings.clean


def test_a_promise_that_never_got_into_kafka_is_lost(ward):
    ward.said("x")
    assert ward.found() == {"lost": 1}
    assert "never in Kafka" in ward.findings.examples["lost"][0]


def test_a_record_that_is_in_no_table_is_lost(ward):
    ward.said("x")
    ward.in_kafka("x")
    assert ward.found() == {"lost": 2}
    assert ward.findings.examples["lost"][1].endswith("in Kafka, but not stored")


def test_a_message_in_doubt_may_be_there_or_not(ward):
    ward.said("x", state="open")
    ward.counted("y", state="open")
    assert ward.found() == {}


def test_an_id_that_counts_twice_is_doubled(ward):
    ward.stored.event(TOPIC, 0, ward.in_kafka("a"), "a", event("a"))
    assert ward.found() == {"doubled": 1}


def test_a_record_in_two_tables_is_doubled(ward):
    ward.stored.repeat(TOPIC, 0, 1, "b", False, "")
    assert ward.found() == {"doubled": 1}


def test_what_a_board_had_to_correct_counts_even_if_it_was_killed_afterwards(tmp_path):
    (tmp_path / "logs").mkdir()
    said = [
        f"2026-11-28T07:05:29Z dashboard WARNING dashboard.state.agreement: {WRONG}: {what}"
        for what in ("Q02", "7 figures more")
    ]
    (tmp_path / "logs" / "dashboard.log").write_text(
        "\n".join(["2026 board on http://127.0.0.1", *said, "2026 board on"])
    )
    assert list(board_corrections(tmp_path)) == [(said[0], 1), (said[1], 7)]


def test_what_nobody_said_is_invented(ward):
    ward.stored.event(TOPIC, 0, ward.in_kafka("x"), "x", event("x"))
    assert ward.found() == {"invented": 1}


def test_what_was_refused_may_not_be_there(ward):
    ward.stored.event(TOPIC, 0, ward.in_kafka("e"), "e", event("e"))
    assert ward.found() == {"invented": 1}


def test_what_kafka_never_had_is_invented(ward):
    ward.said("x")
    ward.stored.event(TOPIC, 0, 99, "x", event("x"))
    assert ward.found() == {"invented": 1}


def test_a_row_that_differs_from_its_record_is_invented(ward):
    ward.said("x")
    ward.in_kafka("x", says=2)
    ward.stored.event(TOPIC, 0, len(ward.log[TOPIC, 0]) - 1, "x", event("x"))
    assert ward.found() == {"invented": 1}


def test_a_conflict_that_won_is_a_mismatch(ward):
    ward.said("x")
    ward.stored.event(TOPIC, 0, ward.in_kafka("x", 2), "x", event("x", 2))
    assert ward.found() == {"mismatched": 1}


def test_a_conflict_that_is_kept_nowhere_is_lost(ward):
    ward.said("c", nature="conflict", says=2, first="t-c-event")
    assert ward.found() == {"lost": 1}


def test_a_dead_letter_that_only_kafka_has_is_lost(ward):
    ward.log[DEAD_LETTERS, 0].append(KafkaRecord(0, "other letter", 0))
    assert ward.found() == {"lost": 1}


def test_a_dead_letter_about_nothing_is_invented(ward):
    ward.stored.dead_letter("other letter", "", -1, -1)
    assert ward.found() == {"invented": 1}


def test_messages_of_a_source_in_another_order_are_a_mismatch(ward):
    ward.said("x", lane="kiosk")
    ward.counted("y", lane="kiosk")
    ward.stored.event(TOPIC, 0, ward.in_kafka("x"), "x", event("x"))
    assert ward.found() == {"mismatched": 1}


def test_a_commit_beyond_what_is_stored_is_a_mismatch(ward):
    invariants.check_commits({(TOPIC, 0): PositionLead((TOPIC, 0), 3, 0)}, ward.stored, ward.log, ward.findings)
    assert ward.findings.counts["mismatched"] == 1


def test_a_commit_beyond_dead_letters_on_their_way_is_none(ward):
    invariants.check_commits({(TOPIC, 0): PositionLead((TOPIC, 0), 6, 4)}, ward.stored, ward.log, ward.findings)
    assert ward.findings.clean


def test_every_script_says_what_its_connector_understands():
    settings = IngestSettings(_env_file=None, pseudonym_secret=SecretStr("0123456789abcdefghijklmnopqrstuv"))
    meaning, scripts = MessageMeaning(settings), Scripts(Random(3), "c720001x63109")
    natures: dict[str, int] = {}
    ids: set[tuple[str, str]] = set()
    for script in (scripts.ticket, scripts.petition, scripts.loudspeaker, scripts.dossier):
        for _ in range(150):
            for saying in script("lane", "hong-bang"):
                expected = meaning.of(saying)
                natures[saying.nature] = natures.get(saying.nature, 0) + 1
                if saying.nature != "refused":
                    (one,) = expected
                    assert (one.topic == "") == (saying.nature == "poison"), saying
                    assert (one.topic, one.id) not in ids, saying
                    ids.add((one.topic, one.id))
                if saying.nature == "event" and (other := scripts.against(saying)):
                    ((again,),) = (meaning.of(other),)
                    assert (again.id, again.topic) == (one.id, one.topic)
                    assert again.digest != one.digest
                    assert conflict_dead_letter(other)
                    assert digest(encode(meaning.envelopes(saying)[0])) == one.digest
    assert natures["event"] > 30 * natures["poison"] > 0
    assert natures["refused"] > 0
