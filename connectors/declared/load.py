"""Load: the files of a folder as connectors. A file that declares none becomes a source that is reported as down, and tells why."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from connectors.declared.declaration import (
    LONGEST_ID,
    SOURCE_ID,
    AnyWay,
    InvalidDeclaration,
    MqttWay,
    RestWay,
    SqlWay,
    WebhookWay,
    read_declaration,
)
from connectors.declared.mapping import DeclaredMapping
from connectors.declared.paging import declared_poll
from ingest.contract.connector import (
    Connector,
    Context,
    FileDrop,
    Mapped,
    Misdeclared,
    Poll,
    PostProof,
    ReceivedMessage,
    SqlTable,
    Subscription,
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
    if not SOURCE_ID.fullmatch(id_) or len(id_) > LONGEST_ID:
        name = Label(
            "tên tệp phải là chữ thường a-z, số và dấu _ đơn, tối đa 40 ký tự, ví dụ phan_anh_x.toml",
            "the file's name must be small letters a-z, digits and single _, at most 40, such as petitions_x.toml",
        )
        raise InvalidDeclaration(file.name, [name])
    declaration = read_declaration(file)
    mapping = DeclaredMapping(declaration, file.name)
    return Connector(
        id=id_,
        label=declaration.label.label(),
        system=mapping.events[0].stream,
        way=_way(declaration.way, mapping.needs, file.name),
        payload=_ANY,
        events=mapping.events,
        map=mapping,
        guide=declaration.guide.label() if declaration.guide else None,
        reads=mapping.reads,
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


def _way(way: AnyWay, needs: frozenset[str], file: str) -> Webhook | FileDrop | Poll | SqlTable | Subscription:
    if isinstance(way, RestWay):
        return declared_poll(way, file)
    if isinstance(way, MqttWay):
        return Subscription(way.topics, dict.fromkeys(way.topics, _WHATEVER))
    if isinstance(way, SqlWay):
        every = timedelta(seconds=way.every)
        return SqlTable(way.table, way.db_schema, way.grows, way.by, way.overlap, every)
    sign_of_life = timedelta(seconds=way.sign_of_life)
    if isinstance(way, WebhookWay):
        proof = PostProof(way.proof, way.header or "", way.prefix, way.algorithm, way.encoding, way.networks)
        return Webhook(sign_of_life, proof)
    return FileDrop(sign_of_life, needs, way.sheet, way.header_row, way.encoding)
