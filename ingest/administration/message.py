"""Administration messages: what the board asks the connectors about sources, and what they answer.

A secret is in an answer only where it was asked for by name (`reveal`); the board asks for it after the person has typed the
password again.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from ingest.contract.errors import Refused
from ingest.contract.label import Label

LARGEST_TEXT = 262_144
"""Characters of a declaration."""

LARGEST_SAMPLE = 700_000
"""Characters of a sample; of a workbook in base64."""

KIND_COLUMN = "Loại sự kiện"
"""Of a file of events, the column that names their kind; in JSON lines, the field of the same name."""

LARGEST_IMPORT = 1_400_000
"""Characters of a file of events in base64."""

MOST_ROWS = 500
"""Devices of a list."""

SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Person = Annotated[str, Field(max_length=100)]


class SourceRefused(Refused):
    """What was asked for is not done; the label says why, and what to do."""

    def __init__(self, label: Label) -> None:
        super().__init__(label.en)
        self.label = label


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SetupLine(_Message):
    """One line of what the person at the source's device has to know."""

    label: Label
    text: str
    """Empty for a secret that was not asked for."""
    is_secret: bool = False


class LastMessage(_Message):
    """The newest message of a source, and what became of it."""

    at: datetime
    events: tuple[str, ...] = ()
    """Kinds of the events that it made."""
    fault: str = ""
    """Why it is a dead letter."""


class SourceVersion(_Message):
    """One version of a declaration."""

    number: int
    at: datetime
    by: str


class SourceCard(_Message):
    """One source."""

    id: str
    label: Label
    guide: Label | None = None
    way: Literal["webhook", "files", "rest", "sql", "mqtt", "devices", "probe", "syslog", "other", "faulty"]
    is_declared: bool
    """Whether the ward declares it; else it comes with the product."""
    is_off: bool = False
    is_read: bool = False
    """Whether it is started: it is on, and everything that it needs is set."""
    light: Literal["none", "up", "down"] = "none"
    cause: str = ""
    """Code of what the light tells."""
    since: datetime | None = None
    last: LastMessage | None = None
    messages_per_hour: int = 0
    dead_letters_per_hour: int = 0
    counts: dict[str, int] = {}
    """Since its start, what became of its messages."""
    setup: tuple[SetupLine, ...] = ()
    fault: Label | None = None
    """Why nothing can be read, where a person has to fix something."""
    events: tuple[str, ...] = ()
    """Kinds of events that may come out."""
    has_list: bool = False
    """Whether it has a list of devices that can be changed here."""
    key: Literal["made", "given", "none"] = "none"
    """Whether its secret is made here, given by the source, or there is none yet."""
    rotated_at: datetime | None = None
    versions: tuple[SourceVersion, ...] = ()


class FieldTrial(_Message):
    """What became of one field of a sample."""

    event: str
    field: str
    found: str
    value: str
    """Empty: the event leaves it out."""


class MessageTrial(_Message):
    """What became of one message of a sample."""

    place: str
    fields: tuple[FieldTrial, ...] = ()
    dropped: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    """As JSON."""
    fault: str = ""


class SampleTrial(_Message):
    """What became of a sample: the first messages one by one, and how many there were of what."""

    messages: int
    events: int
    faults: int
    is_cut: bool = False
    """Whether it ended before the sample did."""
    shown: tuple[MessageTrial, ...] = ()


WAY = "way"
"""Stands for the event where a choice is an entry of the way in."""


class FieldChoice(_Message):
    """A field of an event, or an entry of the way in, and where its value comes from."""

    event: str
    rule: int = 0
    """Which of the declaration's events, as several may be of one kind."""
    field: str
    is_needed: bool
    kind: str
    """What it takes: text, number, time, …"""
    options: tuple[str, ...] = ()
    """What it may be, where that is a short list."""
    read: str = ""
    """Expression, or a column's name as it is written; empty: nothing."""
    value: str = ""
    """What it always is."""
    otherwise: str = ""
    table: str = ""
    """The source's codes and ours, as `theirs = ours` by line."""


class DraftForm(_Message):
    """A declaration as a form shows it; `text` is the whole of it."""

    text: str
    fields: tuple[FieldChoice, ...] = ()
    paths: tuple[str, ...] = ()
    """Where values lie in the sample."""
    fault: Label | None = None


class Revealed(_Message):
    """What a source's device is set up with, with its secrets."""

    setup: tuple[SetupLine, ...]


class SourceTrial(_Message):
    """What came of a trial: what the newest message would become, and that the mark of it is in Kafka."""

    at: datetime
    outcome: Literal["mapped", "nothing", "refused"]
    events: tuple[str, ...] = ()
    """Kinds of what it would become."""
    fault: str = ""


class Done(_Message):
    """It is done."""


class Library(_Message):
    """What a new source can begin with."""

    ready: dict[str, str]
    """By name, the text of a ready declaration."""
    events: dict[str, tuple[str, ...]]
    """By kind of event, its fields."""


class DeclarationText(_Message):
    """A declaration as it is written."""

    text: str


class ImportedRow(_Message):
    """What a row of a file of events of before would become."""

    row: int
    cell: str
    """What a spreadsheet calls the cell that is wrong, else the row's first."""
    event: str = ""
    """Its fields as JSON; empty where it becomes none."""
    reason: str = ""
    detail: str = ""
    """Why it becomes none, as of a dead letter."""


class MappedFile(_Message):
    """What a file of events of before would become."""

    kind: str
    """Of its events."""
    rows: tuple[ImportedRow, ...]
    dropped: tuple[str, ...] = ()
    """Its columns that the event has no field for: nobody has read them."""


class MapFile(_Message):
    """What a file of events of before would become; nothing is sent."""

    act: Literal["map_file"] = "map_file"
    kind: Literal["csv", "xlsx", "jsonl"]
    content: Annotated[str, Field(max_length=LARGEST_IMPORT)]
    """In base64."""


class AskCards(_Message):
    """All sources."""

    act: Literal["cards"] = "cards"


class AskLibrary(_Message):
    """What a new source can begin with."""

    act: Literal["library"] = "library"


class AskText(_Message):
    """The text of a declaration: that of today, or an earlier version."""

    act: Literal["text"] = "text"
    id: SourceName
    version: int | None = None


class AskSample(_Message):
    """The last message that came, without what looks personal."""

    act: Literal["sample"] = "sample"
    id: SourceName


class Reveal(_Message):
    """The secrets of a source."""

    act: Literal["reveal"] = "reveal"
    id: SourceName


class Rotate(_Message):
    """A new secret; the one before it is valid for one more day."""

    act: Literal["rotate"] = "rotate"
    id: SourceName
    key: Annotated[str, Field(max_length=500)] = ""
    """Where the source prescribes it; empty: one is made."""


class Redirect(_Message):
    """Another address of a source that we ask."""

    act: Literal["redirect"] = "redirect"
    id: SourceName
    url: Annotated[str, Field(max_length=500)]


class Switch(_Message):
    """On or off."""

    act: Literal["switch"] = "switch"
    id: SourceName
    is_off: bool


class TrySource(_Message):
    """Try the way of a source: map its newest message once more without sending what comes of it, and send a mark of the trial."""

    act: Literal["try_source"] = "try_source"
    id: SourceName


class Draft(_Message):
    """A declaration as a form: begun anew, or with one field changed."""

    act: Literal["draft"] = "draft"
    text: Annotated[str, Field(max_length=LARGEST_TEXT)] = ""
    way: Literal["webhook", "files", "rest", "sql", "mqtt", "probe", "syslog"] | None = None
    event: Annotated[str, Field(max_length=60)] = ""
    label: Annotated[str, Field(max_length=200)] = ""
    fields: Annotated[tuple[FieldChoice, ...], Field(max_length=400)] = ()
    """The form, where it was changed."""
    is_more: bool = False
    """Whether one more event of the kind `event` is declared."""
    sample: Annotated[str, Field(max_length=LARGEST_SAMPLE)] = ""


class TrySample(_Message):
    """What a declaration makes of a sample; nothing is sent."""

    act: Literal["try"] = "try"
    id: SourceName
    text: Annotated[str, Field(max_length=LARGEST_TEXT)]
    sample: Annotated[str, Field(max_length=LARGEST_SAMPLE)]
    kind: Literal["text", "csv", "xlsx"] = "text"
    """`xlsx`: the sample is in base64."""


class SaveDeclaration(_Message):
    """Keep a declaration and run it."""

    act: Literal["save"] = "save"
    id: SourceName
    text: Annotated[str, Field(max_length=LARGEST_TEXT)]
    by: Person


class RemoveDeclaration(_Message):
    """Take a declaration away; its versions stay."""

    act: Literal["remove"] = "remove"
    id: SourceName
    by: Person


class DeviceRow(_Message):
    """A device as a list says it, in an official's words; which of these a list has depends on its source."""

    device: Annotated[str, Field(max_length=80)]
    category: Annotated[str, Field(max_length=80)] = ""
    place: Annotated[str, Field(max_length=80)] = ""
    by: Annotated[str, Field(max_length=40)] = ""
    address: Annotated[str, Field(max_length=600)] = ""
    user: Annotated[str, Field(max_length=64)] = ""
    channels: Annotated[str, Field(max_length=4_000)] = ""
    """Of a recorder, what is on its channels: `1=name; 2=name`."""


class DeviceTable(_Message):
    """A list of devices."""

    rows: tuple[DeviceRow, ...]
    columns: tuple[str, ...]
    """The fields that this list has."""
    digest: str = ""
    """Another for another list."""


class DeviceListChange(_Message):
    """What would become of one device."""

    kind: Literal["added", "changed", "removed"]
    device: str
    before: str = ""
    after: str = ""


class DeviceListChanges(_Message):
    """What would change, or has changed."""

    changes: tuple[DeviceListChange, ...]


class FoundDevice(_Message):
    """What a scan found at one address."""

    address: str
    pings: bool
    ports: tuple[int, ...]
    description: str = ""


class ScanState(_Message):
    """A scan of a network: how far it is, and what it found."""

    networks: tuple[str, ...] = ()
    """Those that this PC stands in."""
    network: str = ""
    """That which was scanned last."""
    is_running: bool = False
    asked: int = 0
    of: int = 0
    """Addresses."""
    found: tuple[FoundDevice, ...] = ()


class AskDevices(_Message):
    """The list of the devices of a source."""

    act: Literal["devices"] = "devices"
    id: SourceName


class ReadDevices(_Message):
    """The devices of a file that an administrator has chosen; nothing is kept."""

    act: Literal["read_devices"] = "read_devices"
    id: SourceName
    kind: Literal["csv", "xlsx"]
    content: Annotated[str, Field(max_length=LARGEST_SAMPLE)]
    """In base64."""


class SaveDevices(_Message):
    """Another list of devices, or what it would change."""

    act: Literal["save_devices"] = "save_devices"
    id: SourceName
    rows: Annotated[tuple[DeviceRow, ...], Field(max_length=MOST_ROWS)]
    digest: Annotated[str, Field(max_length=64)]
    """Of the list that was changed."""
    is_trial: bool = False


class GiveDevicePassword(_Message):
    """The password of a camera or recorder."""

    act: Literal["device_password"] = "device_password"
    id: SourceName
    device: Annotated[str, Field(max_length=80)]
    password: Annotated[str, Field(max_length=200)]


class StartScan(_Message):
    """Ask every address of a network of the ward's own once."""

    act: Literal["scan"] = "scan"
    id: SourceName = "equipment"
    network: Annotated[str, Field(max_length=40)]


class AskScan(_Message):
    """How far the scan is."""

    act: Literal["scan_state"] = "scan_state"


Ask = Annotated[
    AskCards | AskLibrary | AskText | AskSample | Reveal | Rotate | Redirect | Switch | TrySource | Draft
    | TrySample | MapFile | SaveDeclaration | RemoveDeclaration | AskDevices | ReadDevices | SaveDevices | GiveDevicePassword | StartScan | AskScan,
    Field(discriminator="act"),
]  # fmt: skip
ASK: TypeAdapter[Any] = TypeAdapter(Ask)
CARDS: TypeAdapter[list[SourceCard]] = TypeAdapter(list[SourceCard])
