from itertools import count

import pytest

from ingest.contract.errors import ConfigurationError
from warehouse.store.client import QUORUM, Client, ServerError, connect
from warehouse.store.migrate import MIGRATIONS, ON_CLUSTER, fill_statement, migrate, plan_migrations, read_migrations

pytestmark = pytest.mark.embedded

FIRST = """-- What was seen; a remark may hold a ; in it.
CREATE TABLE IF NOT EXISTS {database}.seen
(
    n UInt32,
    word String DEFAULT 'a;b'
)
ENGINE = {engine:MergeTree}
ORDER BY n;

-- Nothing but a remark;
CREATE OR REPLACE VIEW {database}.words AS SELECT word FROM {database}.seen;
"""
SECOND = "ALTER TABLE {database}.seen ADD COLUMN IF NOT EXISTS amount Nullable(Float64);\n"

numbers = count(1)


@pytest.fixture
def opened(warehouse):
    """A connection whose database is not there yet."""
    settings = warehouse.model_copy(update={"database": f"migrated_{next(numbers)}"})
    with connect(settings, database="") as client:
        yield client


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "0001_seen.sql").write_text(FIRST)
    (tmp_path / "0002_amount.sql").write_text(SECOND)
    return tmp_path


def names(migrations):
    return [f"{migration.version:04}_{migration.name}" for migration in migrations]


def recorded(client):
    with connect(client.settings) as inside:
        return inside.query("SELECT version, name FROM schema_migrations ORDER BY version")


def test_all_are_applied_in_order_and_once(opened, folder):
    assert names(migrate(opened, folder)) == ["0001_seen", "0002_amount"]
    assert migrate(opened, folder) == []
    assert recorded(opened) == [(1, "seen"), (2, "amount")]
    with connect(opened.settings) as inside:
        inside.insert("seen", {"n": [1], "amount": [0.5]})
        assert inside.query("SELECT * FROM words") == [("a;b",)]


def test_a_new_one_is_applied_later(opened, folder):
    later = folder / "0002_amount.sql"
    text = later.read_text()
    later.unlink()
    assert names(migrate(opened, folder)) == ["0001_seen"]
    later.write_text(text)
    assert names(migrate(opened, folder)) == ["0002_amount"]


def test_a_plan_changes_nothing(opened, folder):
    assert names(plan_migrations(opened, folder)) == ["0001_seen", "0002_amount"]
    assert opened.query(
        "SELECT count() FROM system.databases WHERE name = {n:String}", {"n": opened.settings.database}
    ) == [(0,)]


def test_statements_are_cut_at_line_ends_and_remarks_are_none(folder):
    first, second = read_migrations(folder)
    assert len(first.statements) == 2
    assert first.statements[1].startswith("-- Nothing but a remark;\nCREATE OR REPLACE VIEW") or first.statements[
        1
    ].startswith("CREATE")
    assert len(second.statements) == 1


def test_an_applied_one_may_not_change(opened, folder):
    migrate(opened, folder)
    (folder / "0001_seen.sql").write_text(FIRST.replace("UInt32", "UInt64"))
    with pytest.raises(ConfigurationError, match="0001_seen was changed"):
        migrate(opened, folder)


def test_line_ends_do_not_matter(opened, folder):
    migrate(opened, folder)
    (folder / "0001_seen.sql").write_bytes(FIRST.replace("\n", "\r\n").encode())
    assert plan_migrations(opened, folder) == []


def test_a_database_of_a_newer_version_is_refused(opened, folder):
    migrate(opened, folder)
    (folder / "0002_amount.sql").unlink()
    with pytest.raises(ConfigurationError, match="0002_amount, which this version does not know"):
        migrate(opened, folder)


@pytest.mark.parametrize("name", ["0004_gap.sql", "0002_again.sql", "three.sql", "0003-dash.sql", "0000_zero.sql"])
def test_gaps_doubles_and_other_names_are_refused(opened, folder, name):
    (folder / name).write_text("SELECT 1;\n")
    with pytest.raises(ConfigurationError, match=name.partition(".")[0]):
        migrate(opened, folder)
    assert opened.query(
        "SELECT count() FROM system.databases WHERE name = {n:String}", {"n": opened.settings.database}
    ) == [(0,)]


def test_one_that_was_interrupted_is_run_again(opened, folder):
    second = folder / "0002_amount.sql"
    second.write_text(SECOND + "SELECT throwIf(1);\n")
    with pytest.raises(ServerError):
        migrate(opened, folder)
    assert recorded(opened) == [(1, "seen")]
    second.write_text(SECOND)
    assert names(migrate(opened, folder)) == ["0002_amount"]
    assert recorded(opened) == [(1, "seen"), (2, "amount")]


def test_our_own_can_be_read_and_are_what_the_warehouse_has(client):
    assert [migration.version for migration in read_migrations()] == list(
        range(1, len(list(MIGRATIONS.glob("*.sql"))) + 1)
    )
    assert plan_migrations(client) == []


def test_engines_are_replicated_on_a_cluster_only(warehouse):
    statement = "ENGINE = {engine:ReplacingMergeTree(version)} -- {engine:MergeTree} {database} {shard}"
    assert fill_statement(statement, warehouse) == "ENGINE = ReplacingMergeTree(version) -- MergeTree ioc {shard}"
    assert fill_statement(statement, warehouse.model_copy(update={"cluster": "city"})) == (
        "ENGINE = ReplicatedReplacingMergeTree(version) -- ReplicatedMergeTree ioc {shard}"
    )


class Recording(Client):
    """Keeps what would be sent to a cluster."""

    def __init__(self, settings):
        super().__init__(settings)
        self.sent = []

    def query(self, sql, parameters=None, settings=None):
        return [(0,)] if "count()" in sql else []

    def execute(self, sql, parameters=None, settings=None):
        self.sent.append((sql, settings))

    def insert(self, table, columns, settings=None):
        return 1


def test_on_a_cluster_every_statement_reaches_all_replicas_and_is_clickhouses(warehouse, client):
    recording = Recording(warehouse.model_copy(update={"cluster": "city"}))
    migrate(recording)
    database, *others = [sql for sql, _ in recording.sent]
    assert "ON CLUSTER city ENGINE = Replicated('/clickhouse/databases/ioc', '{shard}', '{replica}')" in database
    assert all(settings == ON_CLUSTER for _, settings in recording.sent)
    made = [sql for sql in others if "ENGINE =" in sql]
    assert len(made) > 10
    assert all("ENGINE = Replicated" in sql for sql in made)
    for sql in (database, *others):
        assert client.query("SELECT formatQueryOrNull({sql:String}) IS NOT NULL", {"sql": sql}) == [(1,)], sql
    known = {name for (name,) in client.query("SELECT name FROM system.settings")}
    assert {*ON_CLUSTER, *QUORUM} <= known


def test_on_a_single_server_nothing_is_said_of_a_cluster(warehouse):
    recording = Recording(warehouse)
    migrate(recording)
    assert all(settings is None and "Replicated" not in sql for sql, settings in recording.sent)
