"""Moment: which minute of the past an address asks for - `?at=2026-11-24T10:15`, by the ward's clocks."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from ingest.contract.clock import WARD_ZONE, milliseconds, moment
from ingest.contract.label import Label
from ingest.contract.quantity import EARLIEST
from warehouse.history.as_of import View
from warehouse.model.expression import DAY_MS, MINUTE, window_start

SHAPE = "%Y-%m-%dT%H:%M"

NOT_A_TIME = Label(
    "Địa chỉ không nêu một thời điểm: viết như ?at=2026-11-24T10:15.",
    "The address names no moment: write ?at=2026-11-24T10:15.",
)
FUTURE = Label("Thời điểm này chưa đến.", "That moment is still to come.")
TOO_OLD = Label("Số liệu sớm nhất còn giữ là từ {first}.", "The oldest figures that are kept are of {first}.")

_MOST_FIELDS = 8


class RequestedMoment(NamedTuple):
    """What an address asks for."""

    at_ms: int
    view: View = "then"
    fault: Label | None = None
    """Why it cannot be shown; the moment is then the nearest that can."""


def requested_moment(search: object, now_ms: int) -> RequestedMoment | None:
    """The minute that an address asks for; `None` where it asks for the present.

    Args:
        search: the part of the address from the question mark on; anybody can have written it.
        now_ms: the present by the install's clock.
    """
    if not isinstance(search, str):
        return None
    try:
        fields = parse_qs(search.removeprefix("?"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return None
    if "at" not in fields:
        return None
    text, last_ms = fields["at"][0], now_ms // MINUTE * MINUTE
    view: View = "now" if fields.get("view", [""])[0] == "now" else "then"
    if not text:
        return RequestedMoment(last_ms, view)
    try:
        at = datetime.strptime(text, SHAPE).replace(tzinfo=WARD_ZONE)
    except ValueError:
        return RequestedMoment(last_ms, view, NOT_A_TIME)
    if at < EARLIEST:
        return RequestedMoment(last_ms, view, NOT_A_TIME)
    at_ms = milliseconds(at)
    return RequestedMoment(last_ms, view, FUTURE) if at_ms > last_ms else RequestedMoment(at_ms, view)


def moment_address(path: str, at_ms: int, view: View = "then") -> str:
    """Address of a page at a minute."""
    fields = {"at": f"{moment(at_ms).astimezone(WARD_ZONE):{SHAPE}}"}
    return f"{path}?{urlencode(fields | ({'view': view} if view == 'now' else {}), safe=':')}"


def day_start(at_ms: int) -> int:
    """The ward's midnight at which the day begins whose board is shown; a midnight itself ends the day before."""
    return int(window_start(at_ms - 1, DAY_MS))
