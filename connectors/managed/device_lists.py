"""Device lists: which devices a source asks or listens to, as an administrator sees and changes them on the page.

They are the files that somebody could also have copied there: `<data folder>/inventory/<id>.csv` for devices that are asked whether they
work, `<data folder>/devices/<id>.toml` for cameras and recorders. An address in one may lead only where one that is set in the browser may.
What would change is told before anything does, and a list that somebody else has changed meanwhile is not written over.
"""

import base64
import binascii
import csv
import io
import tempfile
from collections.abc import Iterable, Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import tomli_w

from ingest.administration.message import DeviceListChange, DeviceListChanges, DeviceRow, DeviceTable, SourceRefused
from ingest.administration.reach import ForbiddenAddress, Network, check_host, check_reach
from ingest.contract.connector import (
    ASKED,
    AlertStream,
    Connector,
    DeviceProbe,
    FileDrop,
    PullPoint,
    host_and_port,
    is_ip,
)
from ingest.contract.errors import ConfigurationError, InvalidEvent
from ingest.contract.label import Label
from ingest.devices.listed import device_list, listed_devices, parse_devices, password_file
from ingest.files.table import table_rows
from ingest.probe.device_list import ADDRESS, BY, CATEGORY, CODE, PLACE, list_file, read_devices
from ingest.runtime.durable import replace_file

USER, CHANNELS = "Tài khoản", "Kênh"
_INVENTORY = {"device": CODE, "category": CATEGORY, "place": PLACE, "by": BY, "address": ADDRESS}
_CAMERAS = {"device": CODE, "address": ADDRESS, "user": USER, "channels": CHANNELS}


class _Kind(Protocol):
    """One kind of list: what is in its files, and how."""

    columns: dict[str, str]
    """By field of a row, its column in a table."""

    def rows(self, id_: str) -> list[DeviceRow]: ...
    def save(self, id_: str, text: str) -> None: ...
    def text(self, rows: Sequence[DeviceRow]) -> str: ...


class _Inventory:
    """Devices that are asked whether they work."""

    columns = _INVENTORY

    def __init__(self, data_folder: Path, reachable: Sequence[Network]) -> None:
        self._folder = data_folder / "inventory"
        self._reachable = reachable

    def _file(self, id_: str) -> Path | None:
        file = list_file(self._folder, id_)
        if file is not None and file.suffix == ".xlsx":
            raise SourceRefused(
                Label(
                    f"Danh sách đang là tệp inventory/{file.name}: nhập tệp đó ở đây rồi xóa nó, hoặc sửa ở đó.",
                    f"The list is the file inventory/{file.name}: import it here and remove it, or change it there.",
                )
            )
        return file

    def rows(self, id_: str) -> list[DeviceRow]:
        file = self._file(id_)
        return [] if file is None else _table(file, self.columns)

    def text(self, rows: Sequence[DeviceRow]) -> str:
        text = _csv(rows, self.columns)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "list.csv"
            file.write_text(text, encoding="utf-8")
            devices = read_devices(file)
        for device in devices:
            for address in device.addresses if device.by in ASKED else ():
                check_host(host_and_port(address, device.by)[0], self._reachable)
        return text

    def save(self, id_: str, text: str) -> None:
        self._file(id_)
        self._folder.mkdir(parents=True, exist_ok=True)
        replace_file(self._folder / f"{id_}.csv", text)


class _Cameras:
    """Cameras and recorders."""

    columns = _CAMERAS

    def __init__(self, data_folder: Path, reachable: Sequence[Network]) -> None:
        self._data_folder = data_folder
        self._reachable = reachable

    def rows(self, id_: str) -> list[DeviceRow]:
        return [
            DeviceRow(
                device=one.name,
                address=one.url,
                user=one.user,
                channels="; ".join(f"{channel}={camera}" for channel, camera in one.cameras.items()),
            )
            for one in listed_devices(self._data_folder, id_)
        ]

    def text(self, rows: Sequence[DeviceRow]) -> str:
        entries: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row.device in entries:
                raise ConfigurationError(f"{row.device}: {CODE} is that of another row")
            cameras = dict(_channel(row.device, one) for one in row.channels.split(";") if one.strip())
            entry = {"url": row.address, "user": row.user, "cameras": cameras}
            entries[row.device] = {name: value for name, value in entry.items() if value}
        for name, one in parse_devices(entries, CODE).items():
            # A name could lead elsewhere tomorrow than when it was judged.
            if not is_ip(urlsplit(one.url).hostname or ""):
                raise ConfigurationError(f"{name}: {ADDRESS} has the form http://192.168.1.17, without a host's name")
            check_reach(one.url, self._reachable)
        return tomli_w.dumps(entries)

    def save(self, id_: str, text: str) -> None:
        file = device_list(self._data_folder, id_)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, text)


class DeviceLists:
    """Those of one install.

    Args:
        data_folder: the install's.
        reachable: the networks that may be asked; none: all but this PC and reserved addresses.
    """

    def __init__(self, data_folder: Path, reachable: Sequence[Network]) -> None:
        self._data_folder = data_folder
        self._inventory = _Inventory(data_folder, reachable)
        self._cameras = _Cameras(data_folder, reachable)

    def has_list(self, connector: Connector) -> bool:
        """Whether a source has one."""
        way = connector.way
        return isinstance(way, AlertStream | PullPoint) or (isinstance(way, DeviceProbe) and not way.devices)

    def table(self, connector: Connector) -> DeviceTable:
        """The list of a source.

        Raises:
            SourceRefused: it has none, or one that cannot be read.
        """
        kind = self._kind(connector)
        with _Refusing():
            rows = kind.rows(connector.id)
        return DeviceTable(rows=tuple(rows), columns=tuple(kind.columns), digest=_digest(rows))

    def read(self, connector: Connector, content: str, suffix: str) -> DeviceTable:
        """The rows of a file in base64; nothing is kept.

        Raises:
            SourceRefused: it cannot be read.
        """
        kind = self._kind(connector)
        with tempfile.TemporaryDirectory() as folder, _Refusing():
            file = Path(folder) / f"list{suffix}"
            try:
                file.write_bytes(base64.b64decode(content, validate=True))
            except binascii.Error:
                raise InvalidEvent("encoding", "the file did not arrive whole") from None
            return DeviceTable(rows=tuple(_table(file, kind.columns)), columns=tuple(kind.columns))

    def save(
        self, connector: Connector, rows: Sequence[DeviceRow], digest: str, *, is_trial: bool
    ) -> DeviceListChanges:
        """Keep another list, unless it is tried only; it counts within seconds.

        Raises:
            SourceRefused: a row is wrong, an address may not be asked, or somebody else has changed the list meanwhile.
        """
        kind, before = self._kind(connector), self.table(connector)
        if digest != before.digest:
            raise SourceRefused(
                Label(
                    "Danh sách vừa được người khác sửa: đọc lại rồi sửa tiếp.",
                    "Somebody else has changed the list meanwhile: read it again.",
                )
            )
        with _Refusing():
            text = kind.text(rows)
            if not is_trial:
                kind.save(connector.id, text)
        return DeviceListChanges(changes=tuple(_changes(before.rows, rows)))

    def give_password(self, connector: Connector, device: str, password: str) -> None:
        """Keep the password of a camera.

        Raises:
            SourceRefused: it is not on the list.
        """
        if device not in {one.device for one in self.table(connector).rows} or self._kind(connector) is self._inventory:
            raise SourceRefused(Label("Hãy lưu camera này vào danh sách trước.", "Save this camera in the list first."))
        replace_file(password_file(self._data_folder, device), password)

    def _kind(self, connector: Connector) -> _Kind:
        if not self.has_list(connector):
            raise SourceRefused(Label("Nguồn này không có danh sách thiết bị.", "This source has no list of devices."))
        return self._inventory if isinstance(connector.way, DeviceProbe) else self._cameras


class _Refusing:
    """What makes a list no list is refused, with its reason."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ForbiddenAddress):
            raise SourceRefused(error.label) from None
        if isinstance(error, InvalidEvent | ConfigurationError):
            detail = error.detail if isinstance(error, InvalidEvent) else str(error)
            raise SourceRefused(Label(f"Danh sách chưa đúng: {detail}", f"The list is wrong: {detail}")) from None


def _table(file: Path, columns: dict[str, str]) -> list[DeviceRow]:
    needed = frozenset({columns["device"], columns["address"]})
    return [
        DeviceRow(**{field: str(row.cells.get(column, "")).strip() for field, column in columns.items()})
        for row in table_rows(file, FileDrop(timedelta(days=1), needed))
    ]


def _csv(rows: Iterable[DeviceRow], columns: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(columns.values())
    writer.writerows([getattr(row, field) for field in columns] for row in rows)
    return text.getvalue()


def _channel(device: str, text: str) -> tuple[str, str]:
    channel, equals, camera = text.partition("=")
    if not equals:
        raise ConfigurationError(f"{device}: {CHANNELS} has the form 1=name; 2=name")
    return channel.strip(), camera.strip()


def _changes(before: Iterable[DeviceRow], after: Iterable[DeviceRow]) -> Iterable[DeviceListChange]:
    known, wanted = ({row.device: row for row in rows} for rows in (before, after))
    for name, row in wanted.items():
        if name not in known:
            yield DeviceListChange(kind="added", device=name, after=_said(row))
        elif _said(known[name]) != _said(row):
            yield DeviceListChange(kind="changed", device=name, before=_said(known[name]), after=_said(row))
    for name in known.keys() - wanted.keys():
        yield DeviceListChange(kind="removed", device=name, before=_said(known[name]))


def _said(row: DeviceRow) -> str:
    return " · ".join(value for name, value in row if name != "device" and value)


def _digest(rows: Iterable[DeviceRow]) -> str:
    return blake2b("\n".join(row.model_dump_json() for row in rows).encode(), digest_size=16).hexdigest()
