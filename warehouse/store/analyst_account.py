"""Analyst account: the analysts' user of an outside ClickHouse server, with its limits and its rights.

Our own engine enforces the same by itself (`warehouse.server.analyst`). On a server the user is what its statements say: it is made
and brought up to date at every start of `python -m warehouse`, after the views. It may read the documented views and nothing else,
cannot change a setting, and each of its queries ends at the limits of an ad-hoc query. The views read the tables with the right of
the owner, who defined them (`warehouse.views.view_statement`). The password itself never leaves this process.
"""

import logging
import secrets
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from warehouse.server.sql_gate.bounds import ENGINE_LIMITS
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError

log = logging.getLogger(__name__)

LARGEST_RESULT = 64 * 1024 * 1024
"""Bytes of an answer."""

_MAY_NOT = (495, 497, 514)
"""ClickHouse's codes for: users are kept where they cannot be changed, no right to, nowhere to keep them."""

_ANYWHERE = {"ignore_on_cluster_for_replicated_access_entities_queries": 1}
"""Where the servers share their users already, a statement for all of them reaches each once."""


def limits(settings: WarehouseSettings) -> dict[str, str]:
    """The settings of ClickHouse that bound each query of the analysts' user; it can change none of them."""
    return {
        **ENGINE_LIMITS,
        "readonly": "1",
        "allow_ddl": "0",
        "allow_introspection_functions": "0",
        "max_execution_time": f"{settings.analyst_seconds / timedelta(seconds=1):g}",
        "timeout_overflow_mode": "throw",
        "max_memory_usage": str(int(settings.analyst_memory)),
        "max_temporary_data_on_disk_size_for_query": str(int(settings.analyst_memory)),
        "max_result_bytes": str(LARGEST_RESULT),
        "result_overflow_mode": "throw",
        "max_concurrent_queries_for_user": str(2 * settings.analyst_concurrency),
    }


def rights(settings: WarehouseSettings, views: Iterable[str]) -> list[str]:
    """What the user may do, as in `GRANT … TO`: to read each of these views."""
    return [f"SELECT ON {settings.database}.{view}" for view in sorted(views)]


def account_statements(settings: WarehouseSettings, views: Iterable[str]) -> list[str]:
    """The statements that make the user, or bring it up to date; each can be repeated."""
    if settings.analyst_password is None:
        return []
    user, on = settings.analyst_user, f" ON CLUSTER {settings.cluster}" if settings.cluster else ""
    profile, salt = f"{settings.database}_{user}", secrets.token_hex(16)
    digest = sha256((settings.analyst_password.get_secret_value() + salt).encode()).hexdigest()
    bounds = ", ".join(f"{name} = {_literal(value)}" for name, value in limits(settings).items())
    known_by = f"IDENTIFIED WITH sha256_hash BY '{digest}' SALT '{salt}' SETTINGS PROFILE '{profile}'"
    return [
        f"CREATE SETTINGS PROFILE OR REPLACE {profile}{on} SETTINGS {bounds}",
        f"CREATE USER IF NOT EXISTS {user}{on} {known_by}",
        f"ALTER USER {user}{on} {known_by}",
        f"GRANT{on} {', '.join(rights(settings, views))} TO {user} WITH REPLACE OPTION",
    ]


def ensure_account(client: Client, views: Iterable[str]) -> bool:
    """Make the analysts' user of an outside server, or bring it up to date.

    A server on which the owner may not manage users keeps the user that its administrator made; the log says so.

    Returns:
        Whether the server took the statements.
    """
    settings = client.settings
    try:
        for statement in account_statements(settings, views):
            client.execute(statement, settings=_ANYWHERE if settings.cluster else None)
    except ServerError as error:
        if error.code not in _MAY_NOT:
            raise
        log.warning(
            "The analysts' user %s cannot be made or changed: %s may not manage users on this ClickHouse server. Grant it ACCESS "
            "MANAGEMENT, or make the user there as docs/cluster.md says.",
            settings.analyst_user,
            settings.user,
        )
        return False
    return True


def _literal(value: str) -> str:
    return value if value.replace(".", "", 1).isdecimal() else f"'{value}'"
