"""Connector: how one foreign system's messages become our events, declared as one value in one file of `connectors/`.

A connector maps a foreign shape to our events and nothing else. How messages arrive is one of these ways, each run by its own
module: `Webhook` (`webhook/`), `Poll` (`rest/poller`), `Subscription` (`mqtt/subscriber`), `FileDrop` (`files/reader`), `SqlTable`
(`sql/reader`), `AlertStream` and `PullPoint` (`devices/reader`), `DeviceProbe` (`probe/reader`), `Syslog` (`syslog/reader`). A message is
confirmed to its source, where that keeps it until then, only after Kafka has its events on disk.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, field_validator, model_validator

from ingest.contract.clock import Clock
from ingest.contract.code import DeviceName, Word
from ingest.contract.event import Event
from ingest.contract.events.equipment import Watching
from ingest.contract.label import Label

MOST = 20_000
"""Things that are remembered."""

WATCHED = 0.9
"""Share of a stretch of time in which a line was asked, from which on it counts as watched all along."""


class ConnectorMemory:
    """Facts by key.

    Args:
        most: how many there are at most.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, Any] = OrderedDict()

    def recall(self, key: Hashable) -> Any:
        """What is known under a key; `None` for nothing."""
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def keep(self, key: Hashable, fact: Any) -> None:
        """Remember a fact; the one before it under the same key is forgotten."""
        self._known[key] = fact
        self._known.move_to_end(key)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def is_told_by(self, key: Hashable, message: Hashable) -> bool:
        """Whether it is for this message to tell something: for the first that could, and for that one however often it comes.

        A message comes again when it was not confirmed, and then it has to say the same as before.

        Args:
            key: names what there is to be told.
            message: something that tells one message from another.
        """
        first = self.recall(key)
        if first is None:
            self.keep(key, message)
        return first is None or bool(first == message)


class Identified(NamedTuple):
    """An event with the source's own id; sources without ids yield bare events, which get a hash of their natural key."""

    event: Event
    id: str


Mapped = Iterable[Event | Identified]


class WatchedSpan(NamedTuple):
    """A stretch of time in which a line was asked again and again, and was up or down all along."""

    begins: datetime
    ends: datetime
    is_up: bool


class LineHistory:
    """When the ward's lines were up and down lately, as whoever asks them saw it; all mappings of a process share it."""

    def __init__(self) -> None:
        self._spans: dict[str, Sequence[WatchedSpan]] = {}

    def tell(self, line: str, spans: Sequence[WatchedSpan]) -> None:
        """Take what is known of a line in place of what was known before; nothing: it is no line any more."""
        self._spans[line] = spans
        if not spans:
            del self._spans[line]

    def down_between(self, begins: datetime, ends: datetime) -> timedelta | None:
        """How long the line that held best was down in a stretch of time; `None` where none was asked all along."""
        found = []
        for spans in self._spans.values():
            up, down = (
                sum(
                    (min(one.ends, ends) - max(one.begins, begins)).total_seconds()
                    for one in spans
                    if one.is_up is is_up and one.ends > begins and one.begins < ends
                )
                for is_up in (True, False)
            )
            if down or up >= WATCHED * (ends - begins).total_seconds():
                found.append(timedelta(seconds=down))
        return min(found, default=None)


@dataclass(frozen=True)
class Context:
    """What a connector may use besides the message; tests pass their own."""

    clock: Clock
    ward: str
    pseudonym: Callable[[str], str]
    """A keyed hash that stands in for a code that could lead to a person."""
    memory: ConnectorMemory = field(default_factory=ConnectorMemory)
    """What is known of earlier messages; each mapping has its own."""
    lines: LineHistory = field(default_factory=LineHistory)
    """When the lines were up, of which another source tells."""


class ReceivedMessage(NamedTuple):
    """One message of a foreign system, checked against the connector's `payload` type."""

    payload: Any
    address: str
    """MQTT topic, or path of the REST resource; empty for a webhook."""
    received_at: datetime
    retained: bool = False
    """MQTT only: the broker repeated it from memory when we subscribed, so it is a state and not a happening."""


@dataclass(frozen=True)
class PostProof:
    """How a post proves that it comes from its source."""

    scheme: Literal["standard_webhooks", "hmac", "bearer", "basic", "network"] = "standard_webhooks"
    header: str = ""
    """`hmac`: name of the header with the signature; `bearer`: of that with the key; empty: `Authorization`."""
    prefix: str = ""
    """`hmac`: what stands before the signature, for example `sha256=`."""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that a post may come from; empty: any. With the scheme `network` they are the whole proof."""


@dataclass(frozen=True)
class Webhook:
    """The source posts to `POST /intake/<connector id>`."""

    sign_of_life: timedelta | None
    """How often the source posts at least its heartbeat; three missing ones mean that it is down. `None`: it follows the messages' rhythm."""
    proof: PostProof = PostProof()
    """Standard Webhooks 1.0, unless the source knows only something else."""


class Occurrence(NamedTuple):
    """One meeting of a calendar; of a series each by itself."""

    ref: str
    """A hash of what the calendar calls it; the same when it is moved."""
    begins: datetime
    ends: datetime
    is_cancelled: bool
    fault: str = ""
    """Why it cannot be said when it takes place."""


class CalendarPage(NamedTuple):
    """What a calendar says about the days around now."""

    position: str | None
    """The cursor before it."""
    now: datetime
    occurrences: Sequence[Occurrence]


@dataclass(frozen=True)
class Poll:
    """We ask the source's REST interface for what is new since a cursor, which is saved after Kafka has acknowledged."""

    path: str
    """Path below the source's base URL (a setting)."""
    every: timedelta
    """Pause between two questions while nothing is new."""
    items: Callable[[Any], Sequence[Any]]
    """The raw items of one page, oldest first."""
    next_cursor: Callable[[Any], str | None]
    """The cursor after one page; `None` when the page holds none."""
    parameters: Callable[[str | None], dict[str, str]]
    """Query parameters for a cursor; `None` before the first page."""
    status: Callable[[int, datetime], Mapped] | None = None
    """For a probe: events made from the answer's HTTP status (0: no answer) instead of from items; called when it changes."""
    key_header: str = ""
    """Header that bears the key (a setting); empty: `Authorization: Bearer <key>`."""
    token_path: str = ""
    """OAuth 2 client credentials: path of the token endpoint below the base URL; the setting is `<client id>:<secret>` then."""
    form: Literal["json", "xml", "icalendar"] = "json"
    """What answers are written in. A page is their value; of XML what `xmltodict` makes of it, of a calendar a `CalendarPage`. The address
    of a calendar is a secret: whoever knows it may read it."""


@dataclass(frozen=True)
class Subscription:
    """We subscribe to MQTT topics with QoS 1 and a persistent session, and acknowledge by hand."""

    topics: tuple[str, ...]
    """MQTT topic filters."""
    payloads: dict[str, TypeAdapter[Any]] = field(default_factory=dict)
    """For topics that carry another shape than the connector's `payload`: MQTT filter -> type."""
    device_topics: tuple[str, ...] = ()
    """Topics that name a device, with `{device}` in its place."""
    device_accounts: bool = False
    """Whether each device may also log in with an account of its own, which may publish on its `device_topics` alone."""
    device_field: tuple[str, ...] = ()
    """For messages on other topics: where the payload names its device, by the names of the fields that lead there."""
    sign_of_life: timedelta | None = None
    """How often something is published at least; three missing signs mean that it is down. `None`: it follows the messages' rhythm."""


@dataclass(frozen=True)
class SqlTable:
    """A table or view of the source's database; each row is a message, an object by column."""

    table: str
    schema: str | None
    grows: str
    """Column that only grows: a number, or the time of the last change."""
    by: Literal["number", "time"]
    overlap: int
    """How far before what is known each round begins, in numbers or seconds."""
    every: timedelta
    """Pause between two rounds."""


@dataclass(frozen=True)
class FileDrop:
    """People or programs put CSV and XLSX files into a folder of ours, or we fetch them; each row is a message, an object by column."""

    sign_of_life: timedelta
    """How often a file comes at least; three missing ones mean that the source is down."""
    needs: frozenset[str]
    """Columns without which no row is valid: a file that has not all of them is refused as a whole."""
    sheet: str | None = None
    """Name of a workbook's sheet; `None`: the first."""
    header_row: int = 1
    """Row that names the columns, from 1."""
    encoding: Literal["utf-8", "windows-1258", "tcvn3"] = "utf-8"
    host_key: str = ""
    """The files are fetched by SFTP from the server with this key, as OpenSSH writes it; empty: they are put here."""
    every: timedelta = timedelta(minutes=5)
    """Pause between two looks at the server."""


@dataclass(frozen=True)
class AlertStream:
    """Each listed device tells what happens in an HTTP answer that does not end, one XML document a part."""

    path: str
    """Path below the device's address."""
    root: str
    """Name of the documents' element; others are passed over."""
    sign_of_life: timedelta
    """How often a device says something at least; after three missing signs it is asked anew."""


@dataclass(frozen=True)
class PullPoint:
    """We ask the ONVIF event service of each listed device for what has happened (WS-BaseNotification, PullPoint)."""

    path: str
    """Path of the device service."""
    kinds: frozenset[str]
    """Beginnings of the topics that are taken, without prefixes of namespaces; nothing else of a device gets further."""
    items: frozenset[str]
    """Names of the items of a notification that are taken; nothing else of it gets further."""
    sign_of_life: timedelta
    """How long a device may keep a question waiting when nothing happens."""


ASKED: tuple[Watching, ...] = ("ping", "tcp", "http", "snmp")
"""The ways of watching a device in which it is asked."""

SNMP_PORT = 161

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")

Address = Annotated[str, StringConstraints(min_length=1, max_length=300, strip_whitespace=True)]


class ProbedDevice(BaseModel):
    """One device of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: DeviceName
    category: Word = "khac"
    """What it is."""
    place: DeviceName | None = None
    by: Watching
    addresses: Annotated[tuple[Address, ...], Field(max_length=8)] = ()
    """`host` for ping, `host:port` for TCP, a URL for HTTP, `host` or `host:port` for SNMP. It answers when one of them does."""

    @field_validator("addresses", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return tuple(re.split(r"[\s;,]+", value.strip())) if isinstance(value, str) and value.strip() else value or ()

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.by in ASKED and not self.addresses:
            raise ValueError(f"a device that is asked by {self.by} needs an address")
        for one in self.addresses:
            host_and_port(one, self.by)
        return self


def host_and_port(address: str, by: Watching) -> tuple[str, int]:
    """Host and port of an address; 0 where the method has none.

    Raises:
        ValueError: it is no address of this method.
    """
    try:
        if by == "http":
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or parts.username or parts.password or parts.fragment:
                raise ValueError
            host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        elif is_ip(address):
            host, port = address, SNMP_PORT if by == "snmp" else 0
        else:
            parts = urlsplit(f"//{address}")
            host, port = parts.hostname or "", parts.port or (SNMP_PORT if by == "snmp" else 0)
            if parts.path or parts.query or parts.username or (by == "ping" and parts.port):
                raise ValueError
        if not (is_ip(host) or _HOST.fullmatch(host)) or (by == "tcp" and not port):
            raise ValueError
    except ValueError:
        form = {"http": "http://host/path", "tcp": "host:port", "snmp": "host or host:port"}.get(by, "host")
        raise ValueError(f"an address for {by} has the form {form}") from None
    return host, port


def is_ip(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class DeviceProbe:
    """We ask devices one by one whether they work; what has changed since the answer before is a message (`ingest.probe.comparison`)."""

    every: timedelta
    """Pause between two rounds."""
    devices: tuple[ProbedDevice, ...] = ()
    """Empty: those of the list in `<data folder>/inventory/<connector id>.csv` or `.xlsx`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """SNMP: what else is asked for, as object identifiers by the names that messages give them."""
    reads_faults: bool = True
    """Whether a device is asked by SNMP what is wrong with it and what runs out."""
    tells_all: bool = False
    """Whether each answer is a message too."""
    measured: frozenset[str] = frozenset()
    """Categories of devices of which loss and delay are told."""


@dataclass(frozen=True)
class Syslog:
    """The source writes syslog to a port of ours, by UDP or TCP; a message is an object (`ingest.syslog.message`)."""

    port: int
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """From where messages may come; empty: from this PC, where nobody else can reach the port."""
    sign_of_life: timedelta | None = None
    """How often something is written at least; three missing signs mean that it is down. `None`: it follows the messages' rhythm."""


@dataclass(frozen=True)
class Misdeclared:
    """The source's declaration cannot be used: nothing is read, and the source is reported as down until it is fixed."""

    fault: Label


def is_asked(way: Any) -> bool:
    """Whether a source is asked at an address, with an account or key that it gives."""
    return isinstance(way, Poll | SqlTable) or (isinstance(way, FileDrop) and bool(way.host_key))


@dataclass(frozen=True)
class Connector:
    """One source, declared once."""

    id: str
    """Name of the source everywhere: settings, addresses, source statuses; the module's own name."""
    label: Label
    system: str
    """Middle part of the CloudEvents source `/<ward>/<system>/<connector id>`."""
    way: (
        Webhook
        | Poll
        | Subscription
        | FileDrop
        | SqlTable
        | AlertStream
        | PullPoint
        | DeviceProbe
        | Syslog
        | Misdeclared
    )
    payload: TypeAdapter[Any]
    """The foreign shape. Its models list personal fields nowhere: what is not named is kept out and counted."""
    events: tuple[type[Event], ...]
    """The event types that may come out."""
    map: Callable[[ReceivedMessage, Context], Mapped]
    """Foreign message to events. Raises `InvalidEvent` for a message that can never be valid."""
    sample: str = ""
    """Of one in code, a file name under `tests/connectors/samples/`: recorded messages, one JSON value a line, full of personal fields."""
    personal: frozenset[str] = frozenset()
    """Names of foreign fields that carry personal data; redacted in dead letters as well."""
    guide: Label | None = None
    """What the person who sets up the device does there."""
    reads: frozenset[str] | None = None
    """Names of the foreign fields that are read, where it is not the payload type that tells; nothing else gets to the mapping."""
    coded: frozenset[str] = frozenset()
    """Names of those of them that a table of codes reads."""

    def source(self, ward: str) -> str:
        """The CloudEvents source of its events."""
        return f"/{ward}/{self.system}/{self.id}"
