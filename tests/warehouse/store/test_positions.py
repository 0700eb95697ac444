"""What the warehouse says it has of each partition, and what it says is missing."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract.envelope import encode
from ingest.contract.errors import InvalidEvent
from ingest.contract.topic import DEAD_LETTERS
from ingest.untrusted.dead_letter import DeadLetter, from_record
from tests.support.made import events
from warehouse.model.value import Value
from warehouse.store import event_ids, positions, sink
from warehouse.store.client import connect
from warehouse.store.events import rows_after
from warehouse.store.positions import PartitionProgress, PositionBase
from warehouse.store.snapshots import Snapshot, read_snapshot, write_snapshots

pytestmark = pytest.mark.embedded

TOPIC, PLACE = "ioc.queue.v1", ("ioc.queue.v1", 0)
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TABLES = ("raw_events", "raw_repeats", "raw_dead_letters", "raw_values", "fold_snapshots", "kafka_logs")


@pytest.fixture
def client(warehouse):
    with connect(warehouse) as opened:
        for table in TABLES:
            opened.execute(f"TRUNCATE TABLE {table}")
        yield opened


def store(client, offsets, days_ago=0, topic=TOPIC):
    offsets = list(offsets)
    if offsets:
        client.execute(
            "INSERT INTO raw_events (topic, partition, offset, ward, kind, subject, id, at_ms, event, ingested_at) "
            "SELECT %(topic)s, 0, o, 'w', 'k', 's', toString(o), 0, '{}', now64(3) - INTERVAL %(days)s DAY FROM "
            "(SELECT arrayJoin(%(offsets)s) AS o)",
            {"topic": topic, "offsets": offsets, "days": days_ago},
        )


def dead_letter(offset, log_offset=0, received_at=NOW):
    made = from_record(*PLACE, offset, b"", InvalidEvent("not_json", "no"), ward="w", received_at=received_at)
    return sink.DeadLetterRecord(made, 2, log_offset)


def repeat(offset):
    return (*PLACE, offset, "w", "k", "s", "i", 0, b"", False, 0)


def value(offset, window_ms=60_000):
    return Value("w", "Q01", "flow", window_ms, "", "", 1, 0, 0, 0, *PLACE, offset, offset)


def newest(client):
    return {place: standing.newest for place, standing in positions.read_progress(client).items()}


def test_how_far_each_partition_is(client):
    assert positions.read_progress(client) == {}
    store(client, range(10))
    assert positions.read_progress(client)[PLACE] == PartitionProgress(9)
    sink.write_duplicates(client, [repeat(12)])
    sink.write_dead_letters(client, [dead_letter(14, log_offset=3)])
    sink.write_values(client, [value(8), value(20, 120_000)])
    write_snapshots(client, [(PLACE, Snapshot(9, 8, [["fold"]]))])
    found = positions.read_progress(client)
    assert found[PLACE] == PartitionProgress(14, 20, 9)
    assert found[PLACE].used == 20
    assert found[DEAD_LETTERS, 2] == PartitionProgress(3)


def test_what_is_missing_before_the_newest_is_found(client):
    store(client, [*range(100, 9_000), *range(9_005, 30_000), 30_001])
    assert positions.missing_positions(client, newest(client)) == {PLACE: [(9_000, 9_004), (30_000, 30_000)]}
    sink.write_duplicates(client, [repeat(9_001)])
    sink.write_dead_letters(client, [dead_letter(9_003), dead_letter(30_000), dead_letter(30_004)])
    assert positions.missing_positions(client, newest(client)) == {
        PLACE: [(9_000, 9_000), (9_002, 9_002), (9_004, 9_004), (30_002, 30_003)]
    }
    store(client, [9_000, 9_002, 9_004, 30_002, 30_003])
    assert positions.missing_positions(client, newest(client)) == {}


def test_what_is_missing_before_everything_that_is_stored_is_looked_for_where_kafka_begins(client):
    """The first records of a partition may have left nothing but a dead letter."""
    sink.write_dead_letters(client, [dead_letter(137, received_at=datetime.now(UTC))])
    assert positions.missing_positions(client, newest(client)) == {}
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {PLACE: [(0, 136)]}
    assert positions.missing_positions(client, newest(client), {PLACE: 50}) == {PLACE: [(50, 136)]}
    store(client, range(140, 150))
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {PLACE: [(0, 136), (138, 139)]}
    store(client, range(10), days_ago=40)
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {PLACE: [(10, 136), (138, 139)]}
    store(client, [*range(10, 137), 138, 139])
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {}


def test_a_partition_that_was_quiet_for_long_has_no_hole(client):
    store(client, range(10), days_ago=40)
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {}
    sink.write_dead_letters(client, [dead_letter(12, received_at=datetime.now(UTC))])
    assert positions.missing_positions(client, newest(client), {PLACE: 0}) == {PLACE: [(10, 11)]}


def test_a_long_hole_is_one_range(client):
    store(client, [*range(10), *range(100_000, 100_010)])
    assert positions.missing_positions(client, newest(client)) == {PLACE: [(10, 99_999)]}


def test_what_was_stored_long_ago_is_known_though_it_is_not_looked_at(client):
    store(client, range(1_000), days_ago=40)
    assert newest(client) == {PLACE: 999}
    assert positions.missing_positions(client, newest(client)) == {}
    store(client, [5, *range(1_000, 1_010)])  # one of them was stored again today
    assert positions.missing_positions(client, newest(client)) == {}
    store(client, [1_011])
    assert positions.missing_positions(client, newest(client)) == {PLACE: [(1_010, 1_010)]}


def test_one_record_stored_twice_is_one_record(client):
    for _ in range(2):
        store(client, range(10))
    assert positions.missing_positions(client, newest(client)) == {}
    assert positions.are_stored(client, [(*PLACE, 9)])
    assert not positions.are_stored(client, [(*PLACE, 9), (*PLACE, 10)])
    assert [offset for piece in rows_after(client, *PLACE, 3) for offset, _ in piece] == [4, 5, 6, 7, 8, 9]


def test_rows_come_in_order_whenever_they_were_stored(client):
    store(client, range(50, 60), days_ago=3)
    store(client, range(30, 50))
    store(client, range(30))
    assert [offset for piece in rows_after(client, *PLACE, 20) for offset, _ in piece] == list(range(21, 60))
    assert list(rows_after(client, *PLACE, 59)) == []


def test_what_lies_where(client):
    store(client, range(3))
    sink.write_duplicates(client, [repeat(3)])
    sink.write_dead_letters(client, [dead_letter(4, log_offset=9)])
    asked = [(*PLACE, offset) for offset in range(6)] + [(DEAD_LETTERS, 2, 9)]
    found = positions.ids_at(client, asked)
    assert [found.get(place) for place in asked] == ["0", "1", "2", "i", "", None, dead_letter(4).dead_letter.id]


def test_bases_are_kept_log_by_log(client):
    assert positions.read_bases(client) == {}
    positions.write_bases(client, {PLACE: PositionBase("a", 0, 0), (TOPIC, 1): PositionBase("a", 0, 0)})
    positions.write_bases(client, {PLACE: PositionBase("b", 12, 12)})
    positions.write_bases(client, {PLACE: PositionBase("b", 30, 41)})
    known = positions.read_bases(client)
    assert known[PLACE] == [PositionBase("a", 0, 0), PositionBase("b", 12, 12), PositionBase("b", 30, 41)]
    assert [positions.kafka_offset_of(known, "b", PLACE, position) for position in (11, 40, 41, 50)] == [
        None,
        None,
        11,
        20,
    ]


def test_a_dead_letter_that_was_sent_again_is_the_first_one(client):
    sink.write_dead_letters(client, [dead_letter(4, 0)])
    sink.write_dead_letters(client, [dead_letter(4, 1, NOW + timedelta(minutes=1)), dead_letter(5, 2)])
    sink.write_dead_letters(client, [dead_letter(5, 2)])
    found = client.query("SELECT offset, log_offset FROM raw_dead_letters FINAL ORDER BY offset")
    assert found == [(4, 0), (5, 2)]
    stored = client.query("SELECT ward, address FROM raw_dead_letters FINAL")
    assert set(stored) == {("w", "")}
    assert isinstance(dead_letter(4).dead_letter, DeadLetter)


def test_a_snapshot_that_the_other_tables_do_not_bear_out_is_passed_over(client):
    for offset, values_offset in ((10, 8), (20, 15), (30, 30)):
        write_snapshots(
            client, [(PLACE, Snapshot(offset, values_offset, [["fold", offset]])), ((TOPIC, 1), Snapshot(99, -1, []))]
        )

    def taken(rows_to, values_to):
        found = read_snapshot(client, *PLACE, rows_to, values_to)
        return found and (found.offset, found.values_offset, found.pieces)

    assert taken(30, 30) == (30, 30, [["fold", 30]])
    assert taken(30, 29) == (20, 15, [["fold", 20]])
    assert taken(29, 30) == (20, 15, [["fold", 20]])
    assert taken(19, 15) == (10, 8, [["fold", 10]])
    assert taken(30, 7) is None


def test_half_a_snapshot_is_none(client):
    write_snapshots(client, [(PLACE, Snapshot(10, -1, [["fold", 10]]))])
    write_snapshots(client, [(PLACE, Snapshot(20, -1, [["fold", 20], ["states", "ticket", []]]))])
    client.execute("ALTER TABLE fold_snapshots DELETE WHERE chunk = 1", settings={"mutations_sync": 2})
    assert read_snapshot(client, *PLACE, 30, 30).offset == 10


def test_ids_are_remembered_for_a_week_and_found_again(client):
    made = events(1, 40)
    for number, one in enumerate(made):
        client.execute(
            "INSERT INTO raw_events (topic, partition, offset, ward, kind, subject, id, at_ms, event, ingested_at) "
            "SELECT %(topic)s, 0, %(offset)s, %(ward)s, '', '', %(id)s, 0, %(event)s, now64(3) - INTERVAL %(days)s DAY",
            {
                "topic": TOPIC,
                "offset": number,
                "ward": one.ward,
                "id": one.id,
                "event": encode(one).decode(),
                "days": number // 2,
            },
        )
    days = event_ids.remembered_days(client)[PLACE]
    assert len(days) == 8
    found = {hash for day in days for hash in event_ids.read_id_hashes(client, *PLACE, day)}
    assert found == {event_ids.id_hash(one.ward, one.id) for one in made[:16]}
    first = event_ids.first_copies(client, *PLACE, {(one.ward, one.id) for one in made} | {("w", "unknown")})
    assert first == {
        (one.ward, one.id): event_ids.StoredEventId(number, encode(one)) for number, one in enumerate(made[:16])
    }
