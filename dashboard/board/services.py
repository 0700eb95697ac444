"""Services: what the callbacks of pages may use; each page takes what it needs."""

from typing import NamedTuple, Protocol

from dashboard.access.accounts import Accounts
from dashboard.alarm.delivery import Delivery
from dashboard.alarm.service import Duty
from dashboard.board.live import Live
from dashboard.board.queries import Reader
from dashboard.settings import BoardSettings
from warehouse.query.adhoc import Answer


class AskSql(Protocol):
    """Runs an ad-hoc query for a person; blocks."""

    def __call__(self, sql: str, person: str) -> Answer:
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
    reader: Reader
    """Asks the warehouse."""
    ask_sql: AskSql
    accounts: Accounts
    duty: Duty
    """The alarms."""
    delivery: Delivery
    """How people are told of them."""
