"""Moment: which minute of the past is asked for by the ward's clocks - in an address, `?at=2026-11-24T10:15`, or as a person types it."""

import re
from datetime import datetime
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from ingest.contract.clock import WARD_ZONE, milliseconds, moment
from ingest.contract.label import Label, Language
from ingest.contract.quantity import EARLIEST
from warehouse.history.as_of import View
from warehouse.model.expression import DAY_MS, MINUTE, window_start

SHAPE = "%Y-%m-%dT%H:%M"

NOT_A_TIME = Label(
    "Địa chỉ không nêu một thời điểm: viết như ?at=2026-11-24T10:15.",
    "The address names no moment: write ?at=2026-11-24T10:15.",
)
NOT_TYPED = Label(
    "Không hiểu “{typed}”: gõ giờ và ngày như 10:15 24/11/2026.",
    "“{typed}” is not understood: type time and date like 10:15 24/11/2026.",
)
NO_SUCH_DATE = Label("Không có ngày hay giờ này: {typed}.", "There is no such date or time: {typed}.")
FUTURE = Label("Thời điểm này chưa đến.", "That moment is still to come.")
TOO_OLD = Label("Số liệu sớm nhất còn giữ là từ {first}.", "The oldest figures that are kept are of {first}.")

LONGEST_TYPED = 40

_MOST_FIELDS = 8
_TIME = re.compile(r"(?<![\d/-])(?P<hour>\d{1,2})(?::|h|g| giờ ?)(?P<minute>\d{1,2})?(?![\d/-])", re.ASCII)
_DATE = re.compile(r"(?<!\d)(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})(?:[/.-](?P<year>\d{4}))?(?!\d)", re.ASCII)
_ISO_DATE = re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)", re.ASCII)
_BETWEEN = " ,T"


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


class TypedFault(NamedTuple):
    """Why what was typed is no minute that can be shown."""

    said: Label
    typed: str = ""

    def text(self, language: Language) -> str:
        """The same as a sentence."""
        return self.said.text(language, typed=self.typed)


def typed_moment(typed: str, shown_ms: int, now_ms: int) -> int | TypedFault:
    """The minute that a person types: time and date in any order; of what is left out, that of the minute that is shown.

    Args:
        typed: for example `10:15 24/11/2026`, `24/11 7h30`, `10:15` or `2026-11-24`.
        shown_ms: the minute that is shown.
        now_ms: the present by the install's clock.
    """
    text, shown = typed[: LONGEST_TYPED + 1].strip(), moment(shown_ms).astimezone(WARD_ZONE)
    time = _TIME.search(text)
    rest = text[: time.start()] + " " + text[time.end() :] if time else text
    date = _ISO_DATE.search(rest) or _DATE.search(rest)
    rest = rest[: date.start()] + rest[date.end() :] if date else rest
    if len(text) > LONGEST_TYPED or rest.strip(_BETWEEN) or not (time or date):
        return TypedFault(NOT_TYPED, text[:LONGEST_TYPED])
    given = {
        **{name: getattr(shown, name) for name in ("year", "month", "day")},
        **({"minute": 0} if time else {"hour": shown.hour, "minute": shown.minute}),
        **{name: int(value) for part in (date, time) if part for name, value in part.groupdict().items() if value},
    }
    try:
        at = datetime(**given, tzinfo=WARD_ZONE)
    except ValueError:
        return TypedFault(NO_SUCH_DATE, text)
    at_ms = milliseconds(at)
    return TypedFault(FUTURE) if at_ms > now_ms else at_ms


def moment_address(path: str, at_ms: int, view: View = "then") -> str:
    """Address of a page at a minute."""
    fields = {"at": f"{moment(at_ms).astimezone(WARD_ZONE):{SHAPE}}"}
    return f"{path}?{urlencode(fields | ({'view': view} if view == 'now' else {}), safe=':')}"


def day_start(at_ms: int) -> int:
    """The ward's midnight at which the day begins whose board is shown; a midnight itself ends the day before."""
    return int(window_start(at_ms - 1, DAY_MS))
