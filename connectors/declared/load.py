"""Load: the files of a folder as connectors. A file that declares none becomes a source that is reported as down, and says why."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from connectors.declared.declaration import (
    LONGEST_ID,
    SOURCE_ID,
    AnyWay,
    Declaration,
    InvalidDeclaration,
    MqttWay,
    ProbeWay,
    RestWay,
    SqlWay,
    SyslogWay,
    WebhookWay,
    declaration_of,
    read_declaration,
)
from connectors.declared.mapping import DeclaredMapping
from connectors.declared.paging import declared_poll
from ingest.contract.connector import (
    Connector,
    Context,
    DeviceProbe,
    FileDrop,
    Mapped,
    Misdeclared,
    Poll,
    PostProof,
    ReceivedMessage,
    SqlTable,
    Subscription,
    Syslog,
    Webhook,
)
from ingest.contract.errors import InvalidEvent
from ingest.contract.label import Label

MOST_FILES = 200
"""Files of a folder that are read; further ones are left out."""

_ANY: TypeAdapter[Any] = TypeAdapter(dict[str, Any] | list[Any])
_WHATEVER: TypeAdapter[Any] = TypeAdapter(Any)


def load_connectors(folder: Path) -> list[Connector]:
    """The connectors that the files of a folder declare, in the order of their names."""
    return [_usable(file) for file in sorted(folder.glob("*.toml"))[:MOST_FILES]]


def load_connector(file: Path) -> Connector:
    """The connector that a file declares.

    Raises:
        InvalidDeclaration: it declares none.
    """
    id_ = file.stem
    _check_id(id_, file.name)
    return _made(id_, read_declaration(file), file.name)


def load_text(id_: str, text: str) -> Connector:
    """The connector that a text declares.

    Raises:
        InvalidDeclaration: it declares none.
    """
    name = f"{id_}.toml"
    _check_id(id_, name)
    return _made(id_, declaration_of(text.encode(), name), name)


def _check_id(id_: str, name: str) -> None:
    if not SOURCE_ID.fullmatch(id_) or len(id_) > LONGEST_ID:
        fault = Label(
            "tên tệp phải là chữ thường a-z, số và dấu _ đơn, tối đa 40 ký tự, ví dụ phan_anh_x.toml",
            "the file's name must be lower-case letters a-z, digits and single _, at most 40, such as petitions_x.toml",
        )
        raise InvalidDeclaration(name, [fault])


def _made(id_: str, declaration: Declaration, file: str) -> Connector:
    mapping = DeclaredMapping(declaration, file)
    return Connector(
        id=id_,
        label=declaration.label.label(),
        system=mapping.events[0].stream,
        way=_way(declaration.way, mapping.needs, file),
        payload=_ANY,
        events=mapping.events,
        map=mapping,
        guide=declaration.guide.label() if declaration.guide else None,
        personal=frozenset(declaration.personal),
        reads=mapping.reads,
        coded=mapping.coded,
    )


def _usable(file: Path) -> Connector:
    try:
        return load_connector(file)
    except InvalidDeclaration as error:
        id_ = re.sub(r"[^a-z0-9]+", "_", file.stem.lower()).strip("_")[:LONGEST_ID].rstrip("_")
        return Connector(
            id=id_ if SOURCE_ID.fullmatch(id_) else "declaration",
            label=Label(file.name, file.name),
            system="health",
            way=Misdeclared(error.label),
            payload=_ANY,
            events=(),
            map=_nothing,
            reads=frozenset(),
        )


def _nothing(received: ReceivedMessage, context: Context) -> Mapped:
    raise InvalidEvent("misdeclared", "the declaration of its source cannot be used")


def _way(
    way: AnyWay, needs: frozenset[str], file: str
) -> Webhook | FileDrop | Poll | SqlTable | Subscription | DeviceProbe | Syslog:
    if isinstance(way, RestWay):
        return declared_poll(way, file)
    if isinstance(way, MqttWay):
        rhythm = None if way.sign_of_life is None else timedelta(seconds=way.sign_of_life)
        return Subscription(way.topics, dict.fromkeys(way.topics, _WHATEVER), sign_of_life=rhythm)
    if isinstance(way, ProbeWay):
        every = timedelta(seconds=way.every)
        return DeviceProbe(every, way.devices, way.values, reads_faults=not way.devices, tells_all=way.tells == "all")
    if isinstance(way, SyslogWay):
        return Syslog(way.port, way.networks, None if way.sign_of_life is None else timedelta(seconds=way.sign_of_life))
    if isinstance(way, SqlWay):
        every = timedelta(seconds=way.every)
        return SqlTable(way.table, way.db_schema, way.grows, way.by, way.overlap, every)
    if isinstance(way, WebhookWay):
        sign_of_life = None if way.sign_of_life is None else timedelta(seconds=way.sign_of_life)
        proof = PostProof(way.proof, way.header or "", way.prefix, way.algorithm, way.encoding, way.networks)
        return Webhook(sign_of_life, proof)
    return FileDrop(
        timedelta(seconds=way.sign_of_life),
        needs,
        way.sheet,
        way.header_row,
        way.encoding,
        way.host_key,
        timedelta(seconds=way.every),
    )
