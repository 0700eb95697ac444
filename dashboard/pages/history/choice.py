"""Choice: what of a measure's history an address asks for, `?period=month&split=field_code`; so that it can be sent as a link, and back works."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from dashboard.charts.period_ways import PERIODS
from dashboard.words import moment
from dashboard.words.dimension_name import DIMENSIONS
from dashboard.words.moment import RequestedMoment
from ingest.contract.label import Label
from warehouse.history.period import Period
from warehouse.model.indicator import Derived, Indicator

BEFORE: dict[Period, Label] = {
    "today": Label("Hôm qua", "Yesterday"),
    "week": Label("Tuần trước", "Last week"),
    "month": Label("Tháng trước", "Last month"),
}

_MOST_FIELDS = 12
_LONGEST = 20


class HistoryChoice(NamedTuple):
    """What an address asks for; what it does not name is empty."""

    period: Period | None = None
    split: str = ""
    grain: str = ""
    span: str = ""
    since: str = ""
    at: str = ""

    def search(self) -> str:
        """The part of the address from the question mark on; empty where nothing is asked for."""
        fields = {name: value for name, value in self._asdict().items() if value}
        return f"?{urlencode(fields, safe=':')}" if fields else ""

    def moment(self, now_ms: int) -> RequestedMoment | None:
        """The moment until which it is told, where it is not the present."""
        return moment.requested_moment(f"?{urlencode({'at': self.at})}", now_ms) if self.at else None


def history_choice(search: object, one: Indicator | Derived) -> HistoryChoice:
    """What an address asks for of a measure, as far as it can be had; anybody can have written it."""
    try:
        given = search.removeprefix("?") if isinstance(search, str) else ""
        fields = parse_qs(given, max_num_fields=_MOST_FIELDS)
    except ValueError:
        fields = {}
    found = {name: values[0][:_LONGEST] for name, values in fields.items() if name in HistoryChoice._fields}
    period = next((known for known in periods(one) if known == found.get("period")), None)
    split = found.get("split", "") if period and found.get("split") in splits(one) else ""
    return HistoryChoice(**{**found, "period": period, "split": split})  # type: ignore[arg-type]


def periods(one: Indicator | Derived) -> list[Period]:
    """The periods in which it can be told; none of what has a meaning only since the beginning."""
    return [] if isinstance(one, Derived) and one.is_running else list(PERIODS)


def splits(one: Indicator | Derived) -> list[str]:
    """The dimensions by which it can be split."""
    return [name for name in map(str, (by if isinstance(by, str) else by[0] for by in one.by)) if name in DIMENSIONS]
