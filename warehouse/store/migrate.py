"""Migrate: brings the tables to what this version needs, by numbered statements that never change once applied.

`migrations/NNNN_what.sql` holds statements that end with `;` at a line's end. They may be interrupted and run again, so
each does nothing when its work is done. In them stand for what differs between installs:

- `{database}`: the database;
- `{engine:MergeTree}`, with whatever engine of that family and its arguments: that engine, on a cluster its replicated form.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from ingest.contract.errors import ConfigurationError
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, Settings

MIGRATIONS = Path(__file__).parent.parent / "migrations"

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_STATEMENT_END = re.compile(r";[ \t]*$", re.MULTILINE)
_REMARK = re.compile(r"^\s*--.*$", re.MULTILINE)
_ENGINE = re.compile(r"\{engine:(\w+)(\([^{}]*\))?\}")

ON_CLUSTER: Settings = {
    "database_replicated_allow_heavy_create": 1,  # migration 2 makes a table from what another holds
    "database_replicated_enforce_synchronous_settings": 1,
    "distributed_ddl_output_mode": "throw",
    "distributed_ddl_task_timeout": 180,
}
"""Said with every migration on a cluster: it has reached all replicas when it returns, or has failed."""

_RECORD = """
CREATE TABLE IF NOT EXISTS {database}.schema_migrations
(
    version UInt32,
    name String,
    checksum String,
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = {engine:MergeTree}
ORDER BY version
"""


class Migration(NamedTuple):
    """One file of `migrations/`."""

    version: int
    name: str
    checksum: str
    statements: tuple[str, ...]


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations in a folder, in order.

    Raises:
        ConfigurationError: a number is missing or taken twice, or a name is not of the form.
    """
    migrations = []
    for file in sorted(folder.glob("*.sql")):
        found = _FILE.fullmatch(file.name)
        if not found:
            raise ConfigurationError(f"Migration {file.name} is not named NNNN_what.sql. Rename it.")
        text = file.read_text(encoding="utf-8").replace("\r\n", "\n")
        statements = tuple(part.strip() for part in _STATEMENT_END.split(text) if _REMARK.sub("", part).strip())
        migrations.append(Migration(int(found[1]), found[2], sha256(text.encode()).hexdigest(), statements))
    for before, migration in zip([None, *migrations], migrations, strict=False):
        wanted = before.version + 1 if before else 1
        if before and migration.version == before.version:
            raise ConfigurationError(
                f"Migrations {before.version:04}_{before.name} and {migration.version:04}_{migration.name} have the same "
                "number. Give the newer one the next."
            )
        if migration.version != wanted:
            raise ConfigurationError(
                f"Migration {wanted:04} is missing before {migration.version:04}_{migration.name}. Number them 0001, 0002, … "
                "without gaps."
            )
    return migrations


def plan_migrations(client: Client, folder: Path = MIGRATIONS) -> list[Migration]:
    """What `migrate` would apply; changes nothing.

    Args:
        client: an open connection of the owner; its current database does not matter.
        folder: where the migrations are.

    Raises:
        ConfigurationError: the database is of another version, or an applied migration was changed.
    """
    return pending_migrations(read_migrations(folder), _applied(client))


def pending_migrations(migrations: Sequence[Migration], applied: Mapping[int, tuple[str, str]]) -> list[Migration]:
    """What has still to be applied, in order.

    Args:
        migrations: all that this version has.
        applied: name and checksum of what was applied, by version.

    Raises:
        ConfigurationError: the database is of another version, or an applied migration was changed.
    """
    for version, (name, checksum) in sorted(applied.items()):
        if version > len(migrations):
            raise ConfigurationError(
                f"The database has migration {version:04}_{name}, which this version does not know. Run the newer version."
            )
        ours = migrations[version - 1]
        if ours.checksum != checksum:
            raise ConfigurationError(
                f"Migration {version:04}_{ours.name} was changed after it was applied. Restore it, and put the change in a "
                "new migration."
            )
    return [migration for migration in migrations if migration.version not in applied]


def migrate(client: Client, folder: Path = MIGRATIONS) -> list[Migration]:
    """Apply what is missing, in order.

    Args:
        client: an open connection of the owner; its current database does not matter.
        folder: where the migrations are.

    Returns:
        What was applied.

    Raises:
        ConfigurationError: as `plan`.
    """
    settings = client.settings
    # What another replica has applied counts, once this one knows of it.
    client.sync_replica()
    missing = plan_migrations(client, folder)
    on_all = ON_CLUSTER if settings.cluster else None
    client.execute(_database(settings), settings=on_all)
    client.execute(fill_statement(_RECORD, settings), settings=on_all)
    for migration in missing:
        for statement in migration.statements:
            client.execute(fill_statement(statement, settings), settings=on_all)
        client.insert(
            f"{settings.database}.schema_migrations",
            {"version": [migration.version], "name": [migration.name], "checksum": [migration.checksum]},
        )
    return missing


def fill_statement(statement: str, settings: WarehouseSettings) -> str:
    """A migration's statement for this install."""
    prefix = "Replicated" if settings.cluster else ""
    named = statement.replace("{database}", settings.database)
    return _ENGINE.sub(lambda engine: f"{prefix}{engine[1]}{engine[2] or ''}", named)


def _database(settings: WarehouseSettings) -> str:
    """On a cluster the database itself is replicated: then each statement reaches all its servers."""
    statement = f"CREATE DATABASE IF NOT EXISTS {settings.database}"
    if not settings.cluster:
        return statement
    path = f"/clickhouse/databases/{settings.database}"
    return f"{statement} ON CLUSTER {settings.cluster} ENGINE = Replicated('{path}', '{{shard}}', '{{replica}}')"


def _applied(client: Client) -> dict[int, tuple[str, str]]:
    """Version -> name and checksum of what was applied; a version that was recorded twice counts once."""
    database = client.settings.database
    there: Sequence[tuple[int]] = client.query(
        "SELECT count() FROM system.tables WHERE database = {database:String} AND name = 'schema_migrations'",
        {"database": database},
    )
    if not there[0][0]:
        return {}
    rows = client.query(f"SELECT version, name, checksum FROM {database}.schema_migrations")
    return {version: (name, checksum) for version, name, checksum in rows}
