"""Views: what analysts see, made from the declarations at every start that finds other ones. Each is documented here, column by column.

What a module's `views()` returns is found by being here. Personal data never got as far as the tables beneath, and nothing else than these views is open to ad-hoc SQL.

`view`       a view, documented column by column
`events`     events, their duplicates, and what could not be processed
`figures`    indicators, their figures, and corrections of closed ones
`states`     entities as they are now, and the working calendar
`oversight`  audits, and alarms with what people did about them
"""

from xxhash import xxh3_64_hexdigest

import warehouse.views as package
from ingest.discovery import modules
from warehouse.model.expression import sql
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client
from warehouse.views.view import View

__all__ = ["View", "dictionary", "public_names", "sync_views", "view_statement"]


def dictionary() -> list[View]:
    """Every view that is open to analysts, with its columns: the data dictionary."""
    return [view for module in modules(package) if hasattr(module, "views") for view in module.views()]


def public_names() -> frozenset[str]:
    """Names of the views that ad-hoc SQL may read."""
    return frozenset(view.name for view in dictionary())


def sync_views(client: Client) -> None:
    """Replace the views that differ from their declaration; the calendar first, because others read it."""
    made = dict(
        client.query("SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND engine = 'View'")
    )
    ((tables,),) = client.query("SELECT max(version) FROM schema_migrations")
    right = _right(client.settings)
    for view in sorted(dictionary(), key=lambda view: view.name != "working_calendar"):
        declared = f"{tables}-{xxh3_64_hexdigest(f'{right}{view.query}'.encode())}"
        if made.get(view.name) != declared:
            client.execute(view_statement(view, client.settings, declared))


def view_statement(view: View, settings: WarehouseSettings, comment: str) -> str:
    """The statement that makes a view.

    Args:
        view: which.
        settings: on an outside server the view reads the tables with its owner's right, so that its readers need none to them.
        comment: by which it is known what it was made from.
    """
    return f"CREATE OR REPLACE VIEW {view.name} {_right(settings)}AS {view.query} COMMENT {sql(comment)}"


def _right(settings: WarehouseSettings) -> str:
    return "" if settings.embedded else "DEFINER = CURRENT_USER SQL SECURITY DEFINER "
