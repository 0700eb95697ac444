"""Code: the texts that events carry, one type a kind of code, each with its pattern and length.

An event holds no free text, but for the comment of an alarm. What a code looks like is declared here, at the kind; besides, no code may
look like a telephone number, an identity number, a plate, an e-mail address or a name (`personal_fields.looks_personal`). Some kinds are
not asked that: pseudonyms and references of alarms, whose pattern leaves no room for any of these; names of places and devices, of which
only the name of a person is not looked for, since streets and schools bear names of people, and cameras are named after streets; and
what people of the ward say of themselves on the board - their accounts, to whom an alarm is given, and comments - of which only
numbers are looked for.
"""

from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from ingest.contract.personal_fields import looks_like_name, looks_like_number

PERSONAL_DATA = "personal_data"
"""Reason of an event with a code that looks like personal data."""


@lru_cache(maxsize=8_192)
def _impersonal(text: str) -> str:
    if looks_like_number(text) or looks_like_name(text):
        raise PydanticCustomError(PERSONAL_DATA, "it looks like personal data")
    return text


@lru_cache(maxsize=8_192)
def _no_number(text: str) -> str:
    if looks_like_number(text):
        raise PydanticCustomError(PERSONAL_DATA, "it looks like personal data")
    return text


Pseudonym = Annotated[str, StringConstraints(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}$")]
"""A keyed hash that stands in for the code of a dossier, a petition or a member of staff; see `pseudonym`."""

Digest = Annotated[str, StringConstraints(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 checksum."""

LocalDay = Annotated[str, StringConstraints(min_length=10, max_length=10, pattern=r"^20[0-9]{2}-[01][0-9]-[0-3][0-9]$")]
"""A local date."""

PeriodCode = Annotated[
    str,
    StringConstraints(
        min_length=4,
        max_length=21,
        pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4])|(-[0-9]{2}){2}/20[0-9]{2}(-[0-9]{2}){2})?$",
    ),
]
"""A year, a quarter, a month, or the first and the last day of a stretch of time: `2026`, `2026-Q3`, `2026-11`, `2025-07-01/2025-08-29` (ISO 8601)."""

AreaCode = Annotated[str, StringConstraints(min_length=7, max_length=7, pattern=r"^TDP-[0-9]{3}$")]
"""A residential group (tổ dân phố), by the number in the ward's register: `TDP-017`."""

ProcedureCode = Annotated[str, StringConstraints(max_length=24, pattern=r"^[0-9]\.[0-9]{6}(\.[A-Za-z0-9.]{1,15})?$")]
"""A procedure's number in the national list (mã TTHC): `1.005129`, `2.000815.H24`."""

UnitCode = Annotated[
    str,
    StringConstraints(min_length=1, max_length=24, pattern=r"^([A-Z]{0,3}[0-9]{1,3}(\.[A-Z]?[0-9]{1,3}){0,4}|khac)$"),
]
"""An agency by its number of QĐ 20/2020: `H24.12`; `khac` where a source does not say."""

TicketNumber = Annotated[
    str, StringConstraints(min_length=1, max_length=16, pattern=r"^[A-Za-z]{0,4}[-.]?[0-9]{1,8}[A-Za-z]?$")
]
"""What stands on a ticket: `A012`, `1001`, `HT-7`."""

Word = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$"),
    AfterValidator(_impersonal),
]
"""An entry of a list: a service, a field, a topic, a kind of document, a reason, a cause; words that begin with a letter."""

StepCode = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$"),
    AfterValidator(_impersonal),
]
"""A step, a department or a team, which some systems number: `tham_dinh`, `PVHXH`, `17`, `TCNS-001`."""

VersionCode = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$"),
    AfterValidator(_impersonal),
]
"""A version of a device's software."""

DeviceName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    AfterValidator(_no_number),
]
"""What the ward calls a device, a counter, a queue, a zone or an office: `tdp-017-l1`, `Q01`, `vach_cong_ra`."""

Reference = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:|/+-]*$"),
    AfterValidator(_no_number),
]
"""A source's own id of a happening or a thing: a ticket, a broadcast, a detection, a document. It may hold a device's name."""

EventId = Annotated[
    str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]([ -~]*[!-~])?$"), AfterValidator(_no_number)
]
"""The id of an event: the source's own, which may have spaces in it, or a hash."""

FieldName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_]*$"),
    AfterValidator(_impersonal),
]
"""The name of a field in a source's data."""

AlarmRef = Annotated[str, StringConstraints(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}$")]
"""The id of an event about an alarm, which is a hash; that of the event that raised an alarm is the alarm's own."""

AccountName = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9.-]+$"), AfterValidator(_no_number)
]
"""An account of the board."""

_UNSEEN = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
_LINE = rf"^[^\s{_UNSEEN}](?:[^{_UNSEEN}]*[^\s{_UNSEEN}])?$"
_NAME = rf"^[^\s<>{_UNSEEN}](?:[^<>{_UNSEEN}]*[^\s<>{_UNSEEN}])?$"
"""One line of text as people read it, and a name: nothing unseen in it, which could change what is seen."""

Assignee = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_NAME), AfterValidator(_no_number)]
"""A team of the ward, as it is written, or an account."""

LONGEST_COMMENT = 500

Comment = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_COMMENT, pattern=_LINE), AfterValidator(_no_number)
]
"""One line that a person of the ward writes about an alarm. It is the only free text of an event: it stays in the ward's warehouse, and
is part of no figure, no message and no delivery to the city."""
