"""What the keeper decides by itself, and backups on the real engine."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import ByteSize

from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from ingest.runtime.disk_space import Disk
from ingest.runtime.liveness import Pulse
from tests.support import raw, warehouse_server
from tests.support.broker import SECRET
from tests.support.made import events
from warehouse.maintenance import retention, schedule, status
from warehouse.maintenance.backups import archive, backup, tables
from warehouse.maintenance.backups import files as backup_files
from warehouse.maintenance.backups.backup import BackupOrigin
from warehouse.maintenance.backups.manifest import FileContent, Manifest
from warehouse.maintenance.backups.tables import BackupError
from warehouse.maintenance.keeper import MaintenanceService
from warehouse.maintenance.settings import KeeperSettings
from warehouse.maintenance.status import AnnouncedRetention, JobState, MaintenanceState
from warehouse.model.correction import Cause
from warehouse.model.expression import DAY_MS, window_start
from warehouse.model.value import Value
from warehouse.recompute import rebuild
from warehouse.store import sink
from warehouse.store.client import connect

NIGHT = time(1, 30)
NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)  # 08:00 in the ward


def silent(what, done, whole):
    pass


@pytest.mark.parametrize(
    ("last", "due"),
    [
        (None, True),
        (datetime(2026, 11, 24, 18, 29, tzinfo=UTC), True),  # 01:29 this night
        (datetime(2026, 11, 24, 18, 31, tzinfo=UTC), False),
        (datetime(2026, 11, 1, tzinfo=UTC), True),  # the PC was off for weeks
        (datetime(2026, 11, 26, tzinfo=UTC), False),  # the clock was set back
    ],
)
def test_a_nightly_chore_is_due_once_a_night_or_when_the_pc_is_on_again(last, due):
    assert schedule.is_due(NIGHT, NOW, last, None, NOW) is due


def test_before_its_time_the_night_before_counts():
    early = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)  # 01:00 in the ward
    assert not schedule.is_due(NIGHT, early, early - timedelta(hours=23), None, early)
    assert schedule.is_due(NIGHT, early, early - timedelta(hours=24), None, early)


def test_what_fails_is_not_tried_again_at_once():
    assert not schedule.is_due(NIGHT, NOW, None, NOW - timedelta(minutes=14), NOW)
    assert schedule.is_due(NIGHT, NOW, None, NOW - timedelta(minutes=15), NOW)
    assert schedule.is_due(NIGHT, NOW, None, NOW + timedelta(hours=1), NOW)  # the clock was set back


def test_the_state_is_read_as_it_was_written_and_damage_is_no_state(tmp_path):
    kept = MaintenanceState(looked_at=NOW, jobs={"backup": JobState(said=Label("đã xong", "done"), done_at=NOW)})
    status.write_state(tmp_path, kept)
    assert status.read_state(tmp_path) == kept
    assert kept.is_alive(NOW + timedelta(seconds=30))
    assert not kept.is_alive(NOW + timedelta(seconds=90))
    earlier = status.status_path(tmp_path).read_text("utf-8").replace('"jobs"', '"chores"')
    status.status_path(tmp_path).write_text(earlier, "utf-8")
    assert status.read_state(tmp_path) == kept, "of an earlier version"
    status.status_path(tmp_path).write_text("{")
    assert status.read_state(tmp_path) == MaintenanceState()


class OneLook(threading.Event):
    """Stops when the first look is over."""

    def wait(self, timeout=None):
        self.set()
        return True


@pytest.mark.parametrize(("changed", "left"), [({}, {"backup", "tally"}), ({"backup": False}, {"tally"})])
def test_a_backup_that_is_not_made_here_any_more_is_not_missed(tmp_path, changed, left):
    kept = MaintenanceState(jobs=dict.fromkeys(("backup", "tally"), JobState(done_at=NOW)))
    status.write_state(tmp_path, kept)
    settings = KeeperSettings(_env_file=None, data_folder=tmp_path, settle=timedelta(hours=1), **changed)
    ingest = IngestSettings(_env_file=None, data_folder=tmp_path)
    MaintenanceService(settings, ingest, embedded=True, pulse=Pulse()).run(OneLook())
    assert set(status.read_state(tmp_path).jobs) == left


def test_secrets_are_left_out_of_settings():
    text = "# mine\nIOC_BOARD_PORT=1\nIOC_KAFKA_PASSWORD=x\n export IOC_CONNECTORS_TOKENS__kiosk = y\nIOC_KEEPER_BACKUP_SECRETS=true\n"
    kept, left_out = backup_files.settings_to_back_up(text, secrets=False)
    assert left_out == ["IOC_KAFKA_PASSWORD", "IOC_CONNECTORS_TOKENS__kiosk"]
    assert "IOC_BOARD_PORT=1\n" in kept
    assert "IOC_KEEPER_BACKUP_SECRETS=true\n" in kept
    assert "=x" not in kept
    assert "= y" not in kept
    assert backup_files.settings_to_back_up(text, secrets=True) == (text, [])


def test_only_so_many_backups_of_a_ward_stay(tmp_path):
    names = [f"ioc-hong-bang-2026-11-{day:02}-013000.tar" for day in range(1, 11)]
    sealed = [
        f"{names.pop(0)}.age",
        "ioc-hong-bang-2026-11-01-013000.tar.age.sha256",
        "ioc-hong-bang-2026-11-12-013000.tar.age.part",
    ]
    others = ["ioc-hong-bang-2-2026-11-01-013000.tar", "ioc-le-chan-2026-11-01-013000.tar", "holiday.tar"]
    for name in [*names, *others, "ioc-hong-bang-2026-11-11-013000.tar.part", *sealed]:
        (tmp_path / name).touch()
    backup.prune_backups(tmp_path, "hong-bang", 7)
    assert {path.name for path in tmp_path.iterdir()} == {*names[2:], *others}


def manifest_of(files: dict[str, FileContent]) -> Manifest:
    """A manifest with these files."""
    return Manifest(
        ward="w", database="ioc", engine="26.8", schema_version=1, pretend=True, made_at=NOW, real_made_at=NOW, waiting=None,
        kafka="", secrets=False, pseudonym="", left_out=[], tables={}, positions=[], files=files,
    )  # fmt: skip


def test_nothing_is_unpacked_outside_its_folder(tmp_path):
    file = tmp_path / "x.tar"
    with archive.packing(file, lambda count: None) as packer:
        packer.write("../evil", b"x")
        files = packer.files
        packer.write("manifest.json", b"{}")
    with pytest.raises(BackupError, match="evil"):
        archive.unpack_archive(file, manifest_of(files), lambda name: tmp_path / "in" / name, lambda count: None)
    assert not (tmp_path / "evil").exists()


def test_an_archive_that_is_not_finished_leaves_nothing(tmp_path):
    def is_full(count):
        raise OSError("full")

    with pytest.raises(OSError, match="full"), archive.packing(tmp_path / "x.tar", is_full) as packer:
        packer.write("a", b"a")
    assert list(tmp_path.iterdir()) == []


# -- On the engine


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A warehouse that these tests may do anything with."""
    with warehouse_server.running(tmp_path_factory.mktemp("keeping")) as settings:
        yield settings


@pytest.fixture
def own_client(own):
    with connect(own) as opened:
        yield opened


@pytest.fixture
def origin(own, tmp_path):
    ingest = IngestSettings(
        _env_file=None, data_folder=own.data_folder, kafka_port=1, kafka_own_secret=SECRET, disk_reserve=ByteSize(1)
    )
    return BackupOrigin(ingest, own, tmp_path / ".env")


@pytest.mark.embedded
def test_a_backup_taken_while_rows_come_holds_each_figures_events(own, own_client, origin, tmp_path):
    """Events are written before the figures made of them; a backup never has a figure without its event."""
    stop, written = threading.Event(), [0]

    def write():
        with connect(own) as client:
            while not stop.is_set():
                at = written[0]
                raw.store(client, events(seed=at, count=20)[:1])
                client.insert(
                    "raw_values",
                    {
                        "ward": ["w"],
                        "indicator": ["X"],
                        "grain": ["flow"],
                        "window_ms": [at],
                        "dimension": [""],
                        "member": [""],
                        "numerator": [1],
                        "denominator": [1],
                        "newest_ms": [0],
                        "as_of_ms": [0],
                        "topic": ["t"],
                        "partition": [0],
                        "offset": [at],
                        "version": [1],
                        "revision": [0],
                    },
                )
                written[0] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while written[0] < 5:
            stop.wait(0.01)
        made = [backup.make_backup(origin, tmp_path / f"to{number}", False, silent) for number in range(2)]
    finally:
        stop.set()
        writer.join()
        own_client.execute("TRUNCATE TABLE raw_values")
    rows = [(one.said.tables["raw_values"].rows, one.said.tables["raw_events"].rows) for one in made]
    assert all(0 < figures <= events for figures, events in rows)
    assert rows[1] > rows[0]
    assert own_client.query("SHOW DATABASES LIKE 'ioc_%'") == []
    said = archive.read_manifest(made[0].path)
    assert said == made[0].said
    assert said.waiting is None
    archive.unpack_archive(made[0].path, said, lambda name: None, lambda count: None)


@pytest.mark.embedded
def test_what_a_cut_off_backup_left_is_cleared_away(own_client, own, origin, tmp_path):
    folder = backup.clear_hand_over(own_client, own)
    (folder / "events").mkdir()
    (folder / "events" / "left").touch()
    own_client.execute("CREATE DATABASE ioc_check")
    assert backup.make_backup(origin, tmp_path, False, silent).said.tables["raw_events"].rows >= 0
    assert list(folder.iterdir()) == []


@pytest.mark.embedded
def test_there_has_to_be_room_and_the_reserve_is_not_for_backups(origin, tmp_path):
    full = origin._replace(ingest=origin.ingest.model_copy(update={"disk_reserve": 10**18}))
    free = 10**9
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup, "disks", lambda settings, also: [Disk(tmp_path, free, free)])
        with pytest.raises(BackupError, match="No room"):
            backup.make_backup(full, tmp_path, False, silent)


@pytest.mark.embedded
def test_only_one_backup_is_made_at_a_time(origin, tmp_path):
    with backup.backup_lock(origin.ingest.data_folder), pytest.raises(BackupError, match="Another backup"):
        backup.make_backup(origin, tmp_path, False, silent)


@pytest.mark.embedded
def test_an_outside_server_is_not_backed_up_here(origin, tmp_path):
    outside = origin._replace(warehouse=origin.warehouse.model_copy(update={"host": "clickhouse.example"}))
    with pytest.raises(BackupError, match="back it up there"):
        backup.make_backup(outside, tmp_path, False, silent)


@pytest.mark.embedded
@pytest.mark.parametrize("user", ["owner", "analyst"])
def test_the_engine_copies_into_its_own_folder_only(own, user, tmp_path):
    refused = [
        f"BACKUP TABLE {own.database}.raw_events TO File('{tmp_path}/x')",
        f"BACKUP TABLE {own.database}.raw_events TO Disk('hand_over', '../../x')",
        f"BACKUP TABLE {own.database}.raw_events TO Disk('default', 'x')",
    ]
    if user == "analyst":
        refused.append(f"BACKUP TABLE {own.database}.raw_events TO Disk('hand_over', 'x')")
        refused.append(f"RESTORE TABLE {own.database}.raw_events AS {own.database}.y FROM Disk('hand_over', 'x')")
    for statement in refused:
        with connect(own, user, database="") as client, pytest.raises(Exception, match=r"36|497|Reading only"):
            client.execute(statement)
    assert not list(tmp_path.iterdir())


# -- Retention


@pytest.fixture
def longer(own):
    return own.model_copy(update={"keep_letters": timedelta(days=5000)})


@pytest.fixture
def aged(own_client, longer):
    """Rows of this year and of three years ago, where they may be."""
    own_client.execute("TRUNCATE TABLE raw_dead_letters")
    retention.sync_retention(own_client, longer, {}, NOW)
    for years in (0, 3):
        own_client.execute(
            "INSERT INTO raw_dead_letters (id, received_at) SELECT toString(number), now() - INTERVAL %(years)s YEAR "
            "FROM numbers(5)",
            {"years": years},
        )
    yield own_client
    own_client.execute("TRUNCATE TABLE raw_dead_letters")


def engine_of(client, table):
    return client.query(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = %(t)s", {"t": table}
    )[0][0]


@pytest.mark.embedded
def test_tables_keep_their_rows_as_long_as_settings_say(own, own_client):
    retention.sync_retention(own_client, own, {}, NOW)
    assert "toIntervalDay(396) SETTINGS" in engine_of(own_client, "raw_events")
    assert "ttl_only_drop_parts = 1" in engine_of(own_client, "raw_values")
    assert "toIntervalDay(3653)" in engine_of(own_client, "raw_values")
    assert retention.retention_changes(own_client, own) == []  # nothing is done twice
    longer = own.model_copy(update={"keep_raw": timedelta(days=500)})
    done, waiting = retention.sync_retention(own_client, longer, {}, NOW)
    assert [change.rule.table for change in done] == ["raw_events", "raw_repeats"]
    assert waiting == {}


@pytest.mark.embedded
def test_what_a_register_says_once_stays(own, own_client):
    own_client.execute("TRUNCATE TABLE raw_events")
    own_client.execute(
        "INSERT INTO raw_events (topic, offset, ingested_at) "
        "SELECT topic, number, now() - INTERVAL 500 DAY FROM numbers(5) ARRAY JOIN ['ioc.reference.v1', 'ioc.queue.v1'] AS topic"
    )
    retention.sync_retention(own_client, own, {}, NOW)
    for change in retention.retention_changes(own_client, own):
        retention.apply_retention(own_client, change)
    own_client.execute("OPTIMIZE TABLE raw_events FINAL")
    assert own_client.query("SELECT topic, count() FROM raw_events GROUP BY topic") == [("ioc.reference.v1", 5)]
    own_client.execute("TRUNCATE TABLE raw_events")


@pytest.mark.embedded
def test_a_late_event_leaves_figures_alone_whose_events_are_gone(own, own_client):
    """Counted anew from what is left, they would come out too small."""
    old_ms = milliseconds(RealClock().now() - timedelta(days=500))
    cause = Cause("ticket.issued", "s|1", "n1", old_ms, 8)
    window = window_start(old_ms, 900_000)
    place = ("Q01", "hong-bang", {window: cause}, "ioc.queue.v1", 0, 8)
    minute = window_start(old_ms - 1, 60_000)
    stocks = ("ticket", "hong-bang", old_ms, old_ms + 60_000, *place[3:], cause)
    sink.write_values(
        own_client,
        [
            Value("hong-bang", "Q01", "flow", window, "", "", 5, 0, old_ms, old_ms, "t", 0, 7, 7),
            Value("hong-bang", "Q02", "stock", minute, "", "", 5, 0, old_ms, minute + 60_000, "t", 0, 7, 7),
        ],
    )
    # A replay of old events, all of them kept.
    values, _ = rebuild.recompute_windows(own_client, *place)
    assert [(value.numerator, value.revision) for value in values] == [(0, 1)]
    values, corrections = rebuild.recompute_stocks(own_client, *stocks)
    assert [(value.indicator, value.numerator, value.revision) for value in values] == [("Q02", 0, 1)]
    assert [one.old_numerator for one in corrections] == [5]
    own_client.execute(
        "INSERT INTO raw_values (ward, indicator, grain, window_ms, written_at) "
        "VALUES ('hong-bang', 'Q01', 'flow', %(window)s, now() - INTERVAL 499 DAY)",
        {"window": window - 900_000},
    )
    assert rebuild.recompute_windows(own_client, *place) == ([], [])
    assert rebuild.recompute_stocks(own_client, *stocks) == ([], [])
    # What people entered is kept for ever, so it can be corrected however old it is.
    day, topic = int(window_start(old_ms, DAY_MS)), "ioc.figure.v1"
    sink.write_values(own_client, [Value("hong-bang", "NQ11", "flow", day, "", "", 5, 1, day, day, topic, 0, 7, 7)])
    entered = Cause("figure.withdrawn", "Q11:2025", "n2", old_ms + 30 * DAY_MS, 8)
    (value,), (corrected,) = rebuild.recompute_windows(own_client, "NQ11", "hong-bang", {day: entered}, topic, 0, 8)
    assert (value.numerator, value.revision, corrected.old_numerator) == (0, 1, 5)
    own_client.execute("TRUNCATE TABLE raw_values")


@pytest.mark.embedded
def test_every_rule_can_be_carried_out(own, own_client):
    shorter = own.model_copy(
        update={
            name: timedelta(days=40)
            for name in ("keep_raw", "keep_values", "keep_letters", "keep_audits", "keep_snapshots")
        }
    )
    for change in retention.retention_changes(own_client, shorter):
        retention.apply_retention(own_client, change)
    assert retention.retention_changes(own_client, shorter) == []
    retention.sync_retention(own_client, own, {}, NOW)
    assert retention.retention_changes(own_client, own) == []


@pytest.mark.embedded
def test_a_shorter_retention_that_deletes_rows_is_announced_a_day_before(own, aged, longer):
    done, waiting = retention.sync_retention(aged, own, {}, NOW)
    assert [change.rule.table for change in done] == ["raw_letter_replays"]  # which has no rows
    assert waiting == {"raw_dead_letters": AnnouncedRetention(days=396, rows=5, since=NOW)}
    done, still = retention.sync_retention(aged, own, waiting, NOW + timedelta(hours=23))
    assert (done, still) == ([], waiting)
    # Another figure begins the day anew; taking it back ends it.
    other = own.model_copy(update={"keep_letters": timedelta(days=300)})
    assert retention.sync_retention(aged, other, waiting, NOW + timedelta(hours=30))[1]["raw_dead_letters"].since > NOW
    assert retention.sync_retention(aged, longer, waiting, NOW)[1] == {}
    done, waiting = retention.sync_retention(aged, own, waiting, NOW + timedelta(hours=25))
    assert "raw_dead_letters" in [change.rule.table for change in done]
    assert waiting == {}
    aged.execute("OPTIMIZE TABLE raw_dead_letters FINAL")
    assert aged.query("SELECT count() FROM raw_dead_letters")[0][0] == 5


@pytest.mark.embedded
def test_old_snapshots_go_but_for_the_newest_of_each_partition(own, own_client):
    own_client.execute("TRUNCATE TABLE fold_snapshots")
    for topic, count in (("busy", 10), ("quiet", 2)):
        own_client.execute(
            "INSERT INTO fold_snapshots (topic, offset, chunk, chunks, taken_at) "
            "SELECT %(topic)s, number, chunk, 2, now() - INTERVAL 4 DAY FROM numbers(%(count)s) ARRAY JOIN [0, 1] AS chunk",
            {"topic": topic, "count": count},
        )
    assert retention.thin_snapshots(own_client, own) == 14
    left = own_client.query("SELECT topic, offset, count() FROM fold_snapshots GROUP BY ALL ORDER BY ALL")
    assert left == [("busy", 7, 2), ("busy", 8, 2), ("busy", 9, 2), ("quiet", 0, 2), ("quiet", 1, 2)]
    assert retention.thin_snapshots(own_client, own) == 0
    own_client.execute("TRUNCATE TABLE fold_snapshots")


@pytest.mark.embedded
def test_whole_parts_are_dropped(own, own_client):
    own_client.execute("TRUNCATE TABLE raw_repeats")
    for days in (1, 100):
        own_client.execute(
            "INSERT INTO raw_repeats (topic, offset, ingested_at) SELECT 't', number, now() - INTERVAL %(days)s DAY FROM numbers(5)",
            {"days": days},
        )
    short = own.model_copy(update={"keep_raw": timedelta(days=40)})
    for change in retention.retention_changes(own_client, short):
        retention.apply_retention(own_client, change)
    own_client.execute("OPTIMIZE TABLE raw_repeats FINAL")
    assert own_client.query("SELECT count() FROM raw_repeats")[0][0] == 5
    assert tables.stored_tables(own_client, own.database)["raw_repeats"] > 0
    own_client.execute("TRUNCATE TABLE raw_repeats")
    retention.sync_retention(own_client, own, {}, NOW)
