"""Page services: what the callbacks of pages may use; each page takes what it needs."""

from typing import NamedTuple, Protocol

from dashboard.access.accounts import Accounts
from dashboard.access.login import Confirmation
from dashboard.board.alarm_desk import AlarmDesk
from dashboard.board.live import Live
from dashboard.settings import BoardSettings
from dashboard.state.queries import WarehouseQueries
from warehouse.query.adhoc import QueryResult


class AskSql(Protocol):
    """Runs an ad-hoc query for a person; blocks."""

    def __call__(self, sql: str, person: str) -> QueryResult:
        """The answer.

        Raises:
            QueryRefused: it broke a rule or a limit.
            Unavailable: the warehouse is away.
        """
        ...


class Services(NamedTuple):
    """What a page's `register(app, services)` is given."""

    settings: BoardSettings
    live: Live
    """The ward's figures."""
    reader: WarehouseQueries
    """Asks the warehouse."""
    ask_sql: AskSql
    accounts: Accounts
    desk: AlarmDesk
    """The alarms, and what people do about them."""
    confirm: Confirmation
    """Sees that the person who asks has typed their password again."""
