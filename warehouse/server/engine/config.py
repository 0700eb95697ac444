"""Engine configuration: a small footprint, nothing mangled silently, and no way out of the machine.

Written anew at every start from the settings, as the two files that ClickHouse itself reads.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from warehouse.settings import WarehouseSettings

_MEGABYTE = 1024 * 1024

_SERVER: Final = {
    "mark_cache_size": 32 * _MEGABYTE,
    "index_mark_cache_size": 4 * _MEGABYTE,
    "uncompressed_cache_size": 0,
    "index_uncompressed_cache_size": 0,
    "primary_index_cache_size": 32 * _MEGABYTE,
    "mmap_cache_size": 64,
    "compiled_expression_cache_size": 1 * _MEGABYTE,
    "query_cache.max_size_in_bytes": 1 * _MEGABYTE,
    "background_pool_size": 2,
    "background_schedule_pool_size": 4,
    "background_move_pool_size": 1,
    "background_fetches_pool_size": 1,
    "background_common_pool_size": 2,
    "max_thread_pool_size": 1000,
    "max_thread_pool_free_size": 8,
    "remote_url_allow_hosts": "",
    # Small inserts all day: merges that wait for more parts rewrite each row less often (a third of the work saved).
    "merge_tree.merge_selector_base": 15,
    # A replica that has begun to read a part reads on from it after a merge: longer than a query may take.
    "merge_tree.old_parts_lifetime": 60,
}

_SMALLER: Final = {
    "mark_cache_size": 8 * _MEGABYTE,
    "primary_index_cache_size": 8 * _MEGABYTE,
    "background_pool_size": 1,
    "background_schedule_pool_size": 1,
    "background_common_pool_size": 1,
}
"""What a replica needs even less of."""

REPLICA_ITSELF: Final = 448 * _MEGABYTE
"""What a replica takes besides a query's memory, in bytes, as the system counts it: half is code that all of them share."""

_REFUSE_BAD_VALUES: Final = {
    "date_time_overflow_behavior": "throw",
    "input_format_null_as_default": 0,
    "input_format_skip_unknown_fields": 0,
    "input_format_native_allow_types_conversion": 0,
    "implicit_select": 0,
}
"""Where ClickHouse would put something else in a bad value's place, it says so instead."""

_SAID_EXPLICITLY: Final = {
    "session_timezone": "UTC",
    "async_insert": 0,
    "wait_for_async_insert": 1,
    "deduplicate_insert": "enable",
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "output_format_native_write_json_as_string": 1,
    "allow_introspection_functions": 0,
}
"""Defaults that differ between versions of ClickHouse, so none is relied upon."""

_SMALL: Final = {
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
    "use_uncompressed_cache": 0,
}

_OWNER_MAY: Final = (
    "SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, DROP, TRUNCATE, "
    "OPTIMIZE, SHOW, KILL QUERY, SYSTEM MERGES, SYSTEM TTL MERGES, BACKUP ON *.*",
    "READ, WRITE ON DISK",
    "SET DEFINER ON default",
)
"""What the engine's only user may do. No sources: neither files nor addresses, for reading or writing, as tables; disks are
for backups only, and `HAND_OVER` is the only one of those."""

_REPLICA_MAY: Final = (
    "CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, SELECT, SHOW ON {database}.*",
    "SELECT ON system.*",
    "KILL QUERY ON *.*",
)
"""What a replica's only user may do: attach and detach its tables. Analysts' queries are read-only besides."""

HAND_OVER: Final = "hand_over"
"""The engine's name for the one folder that it writes backups into and restores them from."""


def engine_home(settings: WarehouseSettings) -> Path:
    """Where the engine's configuration and lock are; made if need be."""
    folder = settings.data_folder.absolute() / "run" / "warehouse"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def engine_store(settings: WarehouseSettings) -> Path:
    """Where the engine keeps its data; made if need be."""
    folder = settings.data_folder.absolute() / "warehouse"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def hand_over_folder(settings: WarehouseSettings) -> Path:
    """The folder that the engine knows as `HAND_OVER`; made if need be."""
    folder = engine_home(settings) / "backup"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def replica_folder(settings: WarehouseSettings) -> Path:
    """Where replicas have their own folders; made if need be."""
    folder = engine_home(settings) / "replicas"
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder


def write_engine_config(settings: WarehouseSettings) -> Path:
    """Write the engine's configuration.

    Returns:
        The main file, which names the other.
    """
    folder = engine_home(settings)
    users, server = folder / "users.xml", folder / "server.xml"
    profile = {
        **_REFUSE_BAD_VALUES,
        **_SAID_EXPLICITLY,
        **_SMALL,
        "max_memory_usage": int(settings.engine_memory) * 3 // 4,
    }
    _write_users(users, profile, _OWNER_MAY)
    whole = {
        **_SERVER,
        "max_server_memory_usage": int(settings.engine_memory),
        "users_config": users,
        "backups.allowed_disk": HAND_OVER,
    }
    disk = _elements({"type": "local", "path": f"{hand_over_folder(settings)}/"})
    disks = f"<storage_configuration><disks><{HAND_OVER}>{disk}</{HAND_OVER}></disks></storage_configuration>"
    server.write_text(f"<clickhouse>{_elements(whole)}{disks}</clickhouse>\n")
    return server


def write_replica(folder: Path, settings: WarehouseSettings, disk: str) -> Path:
    """Write the configuration of a replica's engine, which reads the owner's data as they are and never writes there.

    Args:
        folder: the replica's own.
        settings: whose data.
        disk: what the replica calls the disk on which they are.

    Returns:
        The main file, which names the other.
    """
    users, server = folder / "users.xml", folder / "server.xml"
    profile = {**_REFUSE_BAD_VALUES, **_SAID_EXPLICITLY, **_SMALL, "max_memory_usage": int(settings.analyst_memory)}
    _write_users(users, profile, [grant.format(database=settings.database) for grant in _REPLICA_MAY])
    whole = {
        **_SERVER,
        **_SMALLER,
        "max_server_memory_usage": int(settings.analyst_memory) + REPLICA_ITSELF,
        "users_config": users,
    }
    # Files as they lie there, which nobody but their owner changes: the only kind of disk under which the engine lets a table
    # be that another process writes.
    kept: dict[str, object] = {
        "type": "object_storage",
        "object_storage_type": "local",
        "metadata_type": "plain",
        "readonly": "true",
        "skip_access_check": "true",
        "path": f"{engine_store(settings)}/",
    }
    disks = f"<disks><{disk}>{_elements(kept)}</{disk}></disks>"
    policies = f"<policies><{disk}><volumes><main><disk>{disk}</disk></main></volumes></{disk}></policies>"
    server.write_text(
        f"<clickhouse>{_elements(whole)}<storage_configuration>{disks}{policies}</storage_configuration></clickhouse>\n"
    )
    return server


def _write_users(path: Path, profile: dict[str, object], grants: Iterable[str]) -> None:
    may = "".join(f"<query>GRANT {escape(grant)}</query>" for grant in grants)
    path.write_text(
        f"<clickhouse><profiles><default>{_elements(profile)}</default></profiles><quotas><default/></quotas>"
        f"<users><default><password/><profile>default</profile><quota>default</quota><grants>{may}</grants></default>"
        "</users></clickhouse>\n"
    )


def _elements(values: dict[str, object]) -> str:
    return "".join(_element(name.split("."), escape(str(value))) for name, value in values.items())


def _element(names: list[str], text: str) -> str:
    return f"<{names[0]}>{_element(names[1:], text) if names[1:] else text}</{names[0]}>"
