"""SNMP: questions to devices, by v2c with a community or by v3 with a user, SHA and AES (RFC 3414, RFC 3826).

A device is asked for values and for the columns of tables, within bounds on rows and time: one that answers garbage has not answered.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    CommunityData,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
    bulk_cmd,
    get_cmd,
    usmAesCfb128Protocol,
    usmHMACSHAAuthProtocol,
)
from pysnmp.proto.rfc1905 import EndOfMibView, NoSuchInstance, NoSuchObject

from ingest.contract.errors import Unavailable
from ingest.probe.snmp_secret import SnmpSecret

WAIT = timedelta(seconds=1.5)
"""For one answer, which is asked for twice."""

ROWS = 6
"""Rows of a table that are asked for at once: agents also look for what lies behind the end of a table, which can take long."""

MOST_ROWS = 96
"""Rows of a table that are read."""

LONGEST_TEXT = 500

Cell = int | str | bytes


class NoAnswer(Unavailable):
    """The device did not answer, or refused us."""

    def __init__(self, detail: str) -> None:
        super().__init__("device", detail)


class SnmpSession:
    """Asks devices with one secret.

    Args:
        secret: which.
    """

    def __init__(self, secret: SnmpSecret) -> None:
        self._engine = SnmpEngine()
        self._auth = _auth(secret)

    def close(self) -> None:
        """Give its socket back."""
        self._engine.close_dispatcher()

    async def values(self, host: str, port: int, names: Sequence[str]) -> list[Cell | None]:
        """The values under object identifiers; `None` where the device has none.

        Raises:
            NoAnswer: as it says.
        """
        objects = [ObjectType(ObjectIdentity(name)) for name in names]
        try:
            target = await _target(host, port)
            said = await get_cmd(self._engine, self._auth, target, ContextData(), *objects, lookupMib=False)
        except (PySnmpError, OSError) as error:
            raise NoAnswer(type(error).__name__) from error
        return [_cell(value) for _, value in _checked(said)]

    async def table(self, host: str, port: int, columns: Mapping[str, str]) -> list[dict[str, Cell]]:
        """The rows of a table, each by column.

        Args:
            host: of the device.
            port: of the device.
            columns: by name, the column's object identifier.

        Raises:
            NoAnswer: as it says.
        """
        rows: dict[str, dict[str, Cell]] = {}
        ends = dict(columns)
        for _ in range(MOST_ROWS // ROWS):  # a device that goes round in circles is left
            if not ends:
                break
            objects = [ObjectType(ObjectIdentity(end)) for end in ends.values()]
            try:
                target = await _target(host, port)
                said = await bulk_cmd(
                    self._engine, self._auth, target, ContextData(), 0, ROWS, *objects, lookupMib=False
                )
            except (PySnmpError, OSError) as error:
                raise NoAnswer(type(error).__name__) from error
            ends = _take(rows, ends, columns, _checked(said))
        return list(rows.values())


def _take(
    rows: dict[str, dict[str, Cell]], asked: dict[str, str], columns: Mapping[str, str], found: Sequence[Any]
) -> dict[str, str]:
    """Put what was found into rows; from where on each column goes on, of those that do."""
    names, ends, done = list(asked), dict[str, str](), set[str]()
    for place, (oid, value) in enumerate(found):
        name, text = names[place % len(names)], str(oid)
        cell = _cell(value)
        index = text.removeprefix(f"{columns[name]}.")
        if cell is None or index == text:
            done.add(name)
        elif name not in done:
            rows.setdefault(index, {})[name] = cell
            ends[name] = text
    return {name: end for name, end in ends.items() if name not in done}


def _checked(said: Any) -> Sequence[Any]:
    trouble, status, _, found = said
    if trouble or status:
        raise NoAnswer(type(trouble).__name__ if trouble else f"error {int(status)}")
    return [tuple(one) for one in found]


def _cell(value: Any) -> Cell | None:
    if isinstance(value, NoSuchObject | NoSuchInstance | EndOfMibView):
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        pass
    if hasattr(value, "asOctets"):
        return bytes(value.asOctets()[:LONGEST_TEXT])
    return str(value.prettyPrint())[:LONGEST_TEXT]


async def _target(host: str, port: int) -> UdpTransportTarget | Udp6TransportTarget:
    kind = Udp6TransportTarget if ":" in host else UdpTransportTarget
    return await kind.create((host, port), timeout=WAIT.total_seconds(), retries=1)


def _auth(secret: SnmpSecret) -> CommunityData | UsmUserData:
    if not secret.password:
        return CommunityData(secret.name, mpModel=1)  # noqa: S508  # many printers know nothing else
    privacy = {"privKey": secret.privacy, "privProtocol": usmAesCfb128Protocol} if secret.privacy else {}
    return UsmUserData(secret.name, secret.password, authProtocol=usmHMACSHAAuthProtocol, **privacy)
