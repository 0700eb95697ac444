"""Declaration: what a file of `<IOC_DATA_FOLDER>/connectors/` may say, and how it is read.

A file `<id>.toml` declares one source: what it is called, how its messages come in, and for each of our events where its fields come
from. Only fields of the event's own model can be named, so nothing else can leave the connector. Secrets are never in it: they
are settings, found by the source's id.
"""

import re
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from connectors.declared.expression import LONGEST
from connectors.declared.value import NumberForm, is_time_form
from ingest.contract.connector import ProbedDevice
from ingest.contract.errors import ConfigurationError
from ingest.contract.label import LANGUAGES, Label
from ingest.files.table import column_name

LARGEST_FILE = 262_144
"""Bytes of a file."""

MOST_EVENTS = 50
"""Events that a file may declare."""

MOST_FAULTS = 10
"""Faults of a file that are told at a time."""

SOURCE_ID = re.compile(r"(?!kafka$|pulse$|heartbeat$)[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""A source's id, which is its file's name; work of our own has the names that are left out."""

LONGEST_ID = 40


class InvalidDeclaration(ConfigurationError):
    """A file that declares no connector.

    Args:
        file: its name.
        faults: each names its place in the file, what is wrong, and what to do.
    """

    def __init__(self, file: str, faults: list[Label]) -> None:
        told = faults[:MOST_FAULTS]
        self.label = Label(*(f"{file}: {'; '.join(one.text(language) for one in told)}" for language in LANGUAGES))
        super().__init__(self.label.en)


def _as_rule(value: Any) -> Any:
    return {"from": value} if isinstance(value, str) else value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone has this name; Vietnam's is Asia/Ho_Chi_Minh") from None
    return name


def _time_form(form: str) -> str:
    if not is_time_form(form):
        raise ValueError(
            "use iso, rfc3339, epoch_s, epoch_ms, or a form with dd, mm, yyyy, HH, MM, SS, such as dd/mm/yyyy HH:MM"
        )
    return form


def _topic(filter_: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][^/+#\0]*(/(\+|[^/+#\0]*))*(/#)?", filter_) or len(filter_) > 200:
        raise ValueError("a topic begins with a name of its own; + stands for one further level, # at the end for all")
    return filter_


Written = Annotated[str, Field(min_length=1, max_length=LONGEST)]
"""An expression, as it is written."""

TimeForms = Annotated[tuple[Annotated[str, Field(max_length=40), AfterValidator(_time_form)], ...], Field(max_length=8)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Single = bool | int | float | Annotated[str, Field(max_length=500)]
"""A value that a file may give to a field."""

NamedTables = Annotated[dict[Name, Annotated[dict[Name, Single], Field(max_length=2_000)]], Field(max_length=50)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, strict=False)


class Texts(_Part):
    """A text in both languages."""

    vi: Annotated[str, Field(min_length=1, max_length=2_000)]
    en: Annotated[str, Field(min_length=1, max_length=2_000)]

    def label(self) -> Label:
        """As a label."""
        return Label(self.vi, self.en)


class FieldRule(_Part):
    """Where the value of one field of an event comes from; a mere text is an expression."""

    expression: Written | None = Field(None, alias="from")
    """An expression over the message."""
    column: Annotated[str, Field(min_length=1, max_length=120), AfterValidator(column_name)] | None = None
    """Or the name of a field or column, as it is written."""
    value: Single | None = None
    """Or this value, always."""
    is_named: Annotated[bool, Field(alias="named")] = False
    """What is found is a device's name, and the field gets the group that it is named after: `tdp017-cong-cho` stands in TDP-017."""
    table: Name | None = None
    """Table that turns the source's codes into ours."""
    otherwise: Single | None = None
    """What it is when the message has no such value, or the table does not have it."""
    time: TimeForms | None = None
    """Forms of this time, where they are not those of the file."""
    number: NumberForm | None = None
    """Form of this number, where it is not that of the file."""


FieldRules = dict[Name, Annotated[FieldRule, BeforeValidator(_as_rule)]]


class MessageId(_Part):
    """What a source calls each of its messages; a mere text is an expression."""

    expression: Annotated[Written, Field(alias="from")]
    is_kept: Annotated[bool, Field(alias="kept")] = False
    """It is a code that leads to nobody, and stays as it is; else a hash stands in for it."""


class EventRule(_Part):
    """How messages become one kind of event."""

    event: Name
    """Its kind, such as `petition.received`."""
    when: Written | None = None
    """Condition; without it, all messages."""
    id: Written | Annotated[tuple[Written, ...], Field(min_length=1, max_length=10)] | None = None
    """Expressions that together name this happening at the source; without, the file's `id`, or its time and what it happened to."""
    fields: FieldRules = {}
    """Fields of the event; those of the file besides."""


class WebhookWay(_Part):
    """The source posts JSON to us."""

    kind: Literal["webhook"]
    proof: Literal["standard_webhooks", "hmac", "bearer", "basic", "network"] = "standard_webhooks"
    """How a post proves where it comes from."""
    header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] | None = None
    """`hmac`: the header with the signature; `bearer`: that with the key, if it is not Authorization."""
    prefix: Annotated[str, Field(max_length=20)] = ""
    """`hmac`: what stands before the signature, such as `sha256=`."""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    networks: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(max_length=20)] = ()
    """Networks that posts may come from; empty: any, but for `network`, which needs some."""
    sign_of_life: Annotated[int, Field(ge=1, le=31 * 86_400)] | None = None
    """Seconds within which the source posts at least once; after three times as long it counts as down. Without, its rhythm counts."""

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.proof == "hmac" and not self.header:
            raise ValueError("`hmac` needs `header`, the name of the header with the signature")
        if self.proof == "network" and not self.networks:
            raise ValueError('`network` needs `networks`, such as ["10.20.0.0/16"]')
        return self


class FilesWay(_Part):
    """Files are put into a folder of ours, or fetched from an SFTP server, whose address and account are settings."""

    kind: Literal["files"]
    sheet: Name | None = None
    """Name of the sheet; without, the first."""
    header_row: Annotated[int, Field(ge=1, le=100)] = 1
    """Row that names the columns, from 1."""
    encoding: Literal["utf-8", "windows-1258", "tcvn3"] = "utf-8"
    """Of CSV files; `tcvn3` also of the texts of a workbook that was written in a .Vn font."""
    sign_of_life: Annotated[int, Field(ge=1, le=366 * 86_400)] = 86_400
    """Seconds within which a file is expected; after three times as long the source counts as down."""
    host_key: Annotated[str, Field(pattern=r"^((ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/=]{40,1200})?$")] = ""
    """Key of the SFTP server, as `ssh-keyscan` shows it: `ssh-ed25519 AAAA…`; without, files are put into the folder."""
    every: Annotated[int, Field(ge=5, le=86_400)] = 300
    """Seconds between two looks at the server."""


class RestWay(_Part):
    """We ask the source's REST interface for what is new; its base URL and key are settings."""

    kind: Literal["rest"]
    path: Annotated[str, Field(pattern=r"^/[A-Za-z0-9._~/-]{0,200}$")]
    every: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Seconds between two questions while nothing is new."""
    items: Written
    """Expression that finds the list of messages in a page, oldest first."""
    parameters: Annotated[dict[Name, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = {}
    """Query parameters of every question."""
    parameter: Name
    """Query parameter that says from where on."""
    cursor: Written | None = None
    """Expression that finds in a page from where on to ask next, and nothing where that stays as it is."""
    since: Written | None = None
    """Or: expression that finds in a message its time or number, which only grows; the largest one is asked from next."""
    page_size: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """Or: pages are numbered from 1, and one with so many messages is full."""
    xml: bool = False
    key_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{0,60}$")] = ""
    """Header with the key; without, `Authorization: Bearer`."""
    token_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9._~/-]{1,200})?$")] = ""
    """OAuth 2 client credentials: path of the token endpoint."""

    @model_validator(mode="after")
    def _goes_on_in_one_way(self) -> Self:
        if sum(one is not None for one in (self.cursor, self.since, self.page_size)) != 1:
            raise ValueError("it needs exactly one of `cursor`, `since`, `page_size`")
        return self


class MqttWay(_Part):
    """The source publishes to MQTT topics, as JSON or as plain values."""

    kind: Literal["mqtt"]
    topics: Annotated[tuple[Annotated[str, AfterValidator(_topic)], ...], Field(min_length=1, max_length=20)]
    """Topic filters; expressions find the levels of a message's topic in `_topic`."""
    sign_of_life: Annotated[int, Field(ge=1, le=31 * 86_400)] | None = None
    """Seconds within which something is published at least; without, the messages' rhythm counts."""


class SqlWay(_Part):
    """We read a table or view of the source's database; its address and account are settings."""

    kind: Literal["sql"]
    table: Annotated[str, Field(min_length=1, max_length=120)]
    db_schema: Annotated[str | None, Field(alias="schema", min_length=1, max_length=120)] = None
    grows: Annotated[str, Field(min_length=1, max_length=120)]
    """Column that only grows: a number, or the time of the last change."""
    by: Literal["number", "time"]
    overlap: Annotated[int, Field(ge=0, le=86_400)] = 60
    """How far before what is known each round begins, in numbers or seconds."""
    every: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Seconds between two rounds."""


class ProbeWay(_Part):
    """We ask devices whether they work; what has changed since the answer before is a message (`ingest.probe.comparison`)."""

    kind: Literal["probe"]
    every: Annotated[int, Field(ge=10, le=86_400)] = 60
    """Seconds between two rounds."""
    tells: Literal["changes", "all"] = "changes"
    """`all`: each answer is a message too, with `told` = `answer`."""
    devices: Annotated[tuple[ProbedDevice, ...], Field(max_length=500)] = ()
    """Without any, those of the list in the data folder's `inventory/`."""
    values: Annotated[dict[Name, Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+){3,40}$")]], Field(max_length=20)] = {}
    """SNMP: object identifiers to ask for, by the name that messages give their values in `values`."""

    @model_validator(mode="after")
    def _knows_each_device_once(self) -> Self:
        if len({one.device for one in self.devices}) < len(self.devices):
            raise ValueError("two of its devices have the same name")
        return self


class SyslogWay(_Part):
    """The source writes syslog to a port of ours."""

    kind: Literal["syslog"]
    port: Annotated[int, Field(ge=1_024, le=65_535)]
    """By UDP and TCP; another one for each source."""
    networks: Annotated[tuple[IPv4Network | IPv6Network, ...], Field(max_length=20)] = ()
    """Networks that messages may come from."""
    sign_of_life: Annotated[int, Field(ge=1, le=31 * 86_400)] | None = None
    """Seconds within which something is written at least; without, the messages' rhythm counts."""


WAYS = (WebhookWay, FilesWay, RestWay, SqlWay, MqttWay, ProbeWay, SyslogWay)
"""The ways that a file may declare."""

AnyWay = Annotated[
    WebhookWay | FilesWay | RestWay | SqlWay | MqttWay | ProbeWay | SyslogWay, Field(discriminator="kind")
]


class Declaration(_Part):
    """One source, declared in a file."""

    label: Texts
    guide: Texts | None = None
    """What the person who sets up the source does there."""
    way: AnyWay
    each: Written | None = None
    """Expression that finds the list of happenings in a message; without, a message is one."""
    ignore: Written | None = None
    """Condition of messages that tell nothing, such as a heartbeat; what no event takes besides is a dead letter."""
    zone: Annotated[str, Field(max_length=60), AfterValidator(_zone)] = "Asia/Ho_Chi_Minh"
    """Zone of times that name none."""
    times: TimeForms = ("iso", "dd/mm/yyyy HH:MM:SS", "dd/mm/yyyy HH:MM", "dd/mm/yyyy")
    """Forms of the source's times; the first that fits counts."""
    number: NumberForm | None = None
    """Form of numbers that the source writes as texts."""
    tables: NamedTables = {}
    """The source's codes and ours, by the table's name."""
    id: Annotated[MessageId | None, BeforeValidator(_as_rule)] = None
    """What a message is known by that tells one happening, whatever kind that is of."""
    personal: Annotated[tuple[Name, ...], Field(max_length=50)] = ()
    """Names of fields that lead to a person, beside those that are known to: only hashes are made of them, and no dead letter shows them."""
    fields: FieldRules = {}
    """Fields of all events that have them."""
    events: Annotated[tuple[EventRule, ...], Field(min_length=1, max_length=MOST_EVENTS)]


def read_declaration(file: Path) -> Declaration:
    """Read one file.

    Raises:
        InvalidDeclaration: it cannot be read, or says what no declaration says.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidDeclaration(file.name, [_unreadable(error.strerror or str(error))]) from None
    return declaration_of(content, file.name)


def declaration_of(content: bytes, name: str) -> Declaration:
    """What the content of a file declares.

    Args:
        content: TOML.
        name: the file's, for errors.

    Raises:
        InvalidDeclaration: it cannot be read, or says what no declaration says.
    """
    if len(content) > LARGEST_FILE:
        raise InvalidDeclaration(name, [_TOO_LARGE])
    try:
        return Declaration.model_validate(tomllib.loads(content.decode()))
    except ValidationError as error:
        raise InvalidDeclaration(name, [_told(fault) for fault in error.errors(include_url=False)]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidDeclaration(name, [_unreadable(str(error))]) from None


def _unreadable(why: str) -> Label:
    return Label(f"không đọc được như TOML (UTF-8): {why}", f"it cannot be read as TOML in UTF-8: {why}")


_TOO_LARGE = Label(f"tệp lớn hơn {LARGEST_FILE} byte", f"the file is larger than {LARGEST_FILE} bytes")

_KNOWN_FAULTS = {
    "missing": Label("còn thiếu: hãy thêm vào", "it is missing: add it"),
    "extra_forbidden": Label("không có mục nào tên như vậy: hãy bỏ hoặc sửa tên", "there is no such entry: remove it, or fix its name"),
}  # fmt: skip


def _told(fault: Any) -> Label:
    # The parts of a path that name a choice of types are pydantic's, not the file's.
    path = [
        str(part)
        for part in fault["loc"]
        if not re.search(r"[\[(]|^(str|int|float|bool|webhook|files|rest|mqtt|sql|probe|syslog)$", str(part))
    ]
    known = _KNOWN_FAULTS.get(fault["type"], Label(f"giá trị không dùng được ({fault['msg']})", fault["msg"]))
    return known.changed(lambda said: f"{'.'.join(path) or 'toml'}: {said}")
