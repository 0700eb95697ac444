"""Value: what a source wrote, made into what an event's field takes: texts, numbers, times, truth values, pseudonyms.

Nothing is guessed: which of a source's texts are numbers and times, and of which form, its declaration says.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from ingest.contract.code import LocalDay, Pseudonym
from ingest.contract.errors import InvalidEvent
from ingest.contract.event import Event
from ingest.contract.quantity import EARLIEST, LATEST, Moment

Kind = Literal["pseudonym", "day", "time", "truth", "whole", "number", "list", "text"]
"""What a field of an event takes."""

NumberForm = Literal["1.234,5", "1,234.5"]
"""How a source writes numbers as texts, by example."""

NAMED_TIMES = ("iso", "rfc3339", "epoch_s", "epoch_ms")
"""Forms of times that have a name, of which `rfc3339` always says its zone; the others are written with `dd mm yyyy HH MM SS`."""

LONGEST_TEXT = 500
"""Characters of a text that is going to be a code, a time or a number."""

MOST_LISTED = 64

_KINDS: dict[Any, Kind] = {
    Pseudonym: "pseudonym", LocalDay: "day", Moment: "time", bool: "truth", int: "whole", float: "number", list: "list",
}  # fmt: skip
_TOKENS = {"yyyy": "%Y", "dd": "%d", "mm": "%m", "HH": "%H", "MM": "%M", "SS": "%S"}
_TOKEN = re.compile("|".join(_TOKENS))
_NUMBERS: dict[NumberForm, re.Pattern[str]] = {
    "1.234,5": re.compile(r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]{1,15})(,[0-9]{1,9})?"),
    "1,234.5": re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,9})?"),
}


def field_kind(event: type[Event], field: str) -> Kind:
    """What a field of an event takes."""
    hint = field_type(event, field)
    if get_origin(hint) in (Union, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint in _KINDS:
        return _KINDS[hint]
    bare = hint.__origin__ if get_origin(hint) is Annotated else hint
    if get_origin(bare) is Literal:
        return _KINDS.get(type(get_args(bare)[0]), "text")
    return _KINDS.get(get_origin(bare) or bare, "text")


def field_type(event: type[Event], field: str) -> Any:
    """The type of an event's field, with its rules."""
    return get_type_hints(event, include_extras=True)[field]


def is_time_form(form: str) -> bool:
    """Whether a text is a form of times."""
    return form in NAMED_TIMES or ({"dd", "mm", "yyyy"} <= set(_TOKEN.findall(form)) and "%" not in form)


def to_time(value: Any, forms: tuple[str, ...], zone: tzinfo) -> datetime:
    """A time, in UTC.

    Args:
        value: as the source wrote it.
        forms: those that the source uses; the first that fits counts.
        zone: of times that name none.

    Raises:
        InvalidEvent: reason `invalid_time`.
    """
    for form in forms:
        moment = _time(value, form)
        if moment is not None:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            if EARLIEST.year <= moment.year < LATEST.year:
                return moment.astimezone(UTC)
    raise InvalidEvent(
        "invalid_time", f"it is not a time of the form {' or '.join(forms)} between the years 2020 and 2100"
    )


def _time(value: Any, form: str) -> datetime | None:
    if form in ("epoch_s", "epoch_ms"):
        seconds = _plain_number(value)
        if seconds is None:
            return None
        seconds = seconds / 1000 if form == "epoch_ms" else seconds
        is_near = EARLIEST.timestamp() <= seconds < LATEST.timestamp()
        return datetime.fromtimestamp(round(seconds, 3), UTC) if is_near else None
    if not isinstance(value, str) or not 8 <= len(value) <= 40:
        return None
    try:
        if form in ("iso", "rfc3339"):
            moment = datetime.fromisoformat(value.strip()) if value.lstrip()[4:5] == "-" else None
            return moment if moment is None or moment.tzinfo or form == "iso" else None
        # Naive: `to_time` gives it the zone of the source.
        return datetime.strptime(value.strip(), _TOKEN.sub(lambda found: _TOKENS[found[0]], form))  # noqa: DTZ007
    except ValueError:
        return None


def to_number(value: Any, form: NumberForm | None) -> float:
    """A number; a text is one only in the form that the source uses.

    Raises:
        InvalidEvent: reason `invalid_number`.
    """
    if form is None or not isinstance(value, str):
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    else:
        number = None
        if _NUMBERS[form].fullmatch(text := value.strip()):
            plain = text.replace(".", "").replace(",", ".") if form == "1.234,5" else text.replace(",", "")
            number = float(plain)
    if number is None:
        form_of = f"of the form {form}" if form else "written as a number; say with `number` which form its texts have"
        raise InvalidEvent("invalid_number", f"it is not a number {form_of}")
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def to_text(value: Any) -> str:
    """A text; whole numbers are codes as often as texts are, and lose nothing.

    Raises:
        InvalidEvent: reason `invalid_text`.
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidEvent("invalid_text", "it is neither a text nor a whole number")
    text = unicodedata.normalize("NFC", str(value)).strip()
    if not 0 < len(text) <= LONGEST_TEXT:
        raise InvalidEvent("invalid_text", f"it has not 1 to {LONGEST_TEXT} characters")
    return text


def to_truth(value: Any) -> bool:
    """A truth value.

    Raises:
        InvalidEvent: reason `invalid_truth`.
    """
    if not isinstance(value, bool):
        raise InvalidEvent(
            "invalid_truth", "it is neither true nor false; a table can say which of its words mean which"
        )
    return value


def to_list(value: Any) -> list[str]:
    """A short list of texts.

    Raises:
        InvalidEvent: reasons `invalid_list` and those of `to_text`.
    """
    if not isinstance(value, list) or len(value) > MOST_LISTED:
        raise InvalidEvent("invalid_list", f"it is not a list of at most {MOST_LISTED} texts")
    return [to_text(one) for one in value]


def converter(
    kind: Kind, times: tuple[str, ...], zone: tzinfo, number: NumberForm | None
) -> Callable[[Any, Callable[[str], str]], Any]:
    """The function that makes a value of a kind from what the source wrote; it is given the install's pseudonyms too."""
    makers: dict[Kind, Callable[[Any, Callable[[str], str]], Any]] = {
        "pseudonym": lambda value, pseudonym: pseudonym(to_text(value)),
        "day": lambda value, _: f"{to_time(value, times, zone).astimezone(zone):%Y-%m-%d}",
        "time": lambda value, _: to_time(value, times, zone),
        "truth": lambda value, _: to_truth(value),
        "whole": lambda value, _: to_number(value, number),
        "number": lambda value, _: to_number(value, number),
        "list": lambda value, _: to_list(value),
        "text": lambda value, _: to_text(value),
    }
    return makers[kind]


def _plain_number(value: Any) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{9,13}(\.[0-9]{1,6})?", value.strip()):
        return float(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
