"""Device MIB: what a printer or a PC says of itself by SNMP - what is wrong with it, and what runs out.

Host Resources MIB (RFC 2790): a printer's error bits, and how full the disks are. Printer MIB (RFC 3805): supplies and paper trays with
their levels, of which -3 means that some is left, and everything else below zero that nothing is known.
"""

from typing import Any

from ingest.probe.snmp import Cell, SnmpSession

UP_TIME = "1.3.6.1.2.1.1.3.0"

LOW = 10
"""Per cent of a supply that is left when it is low."""

DISK_FULL = 95
"""Per cent of a disk that is used when it is full."""

_ERRORS = {"state": "1.3.6.1.2.1.25.3.5.1.2"}
_SUPPLIES = {
    name: f"1.3.6.1.2.1.43.11.1.1.{number}" for name, number in (("class", 4), ("type", 5), ("most", 8), ("level", 9))
}
_TRAYS = {name: f"1.3.6.1.2.1.43.8.2.1.{number}" for name, number in (("most", 9), ("level", 10))}
_DISKS = {name: f"1.3.6.1.2.1.25.2.3.1.{number}" for name, number in (("type", 2), ("size", 5), ("used", 6))}
_FIXED_DISK = "1.3.6.1.2.1.25.2.1.4"

_BITS = (
    "supply:paper", "fault:no_paper", "supply:toner", "fault:no_toner", "fault:door_open", "fault:jammed", "fault:offline", "fault:service",
    "fault:no_paper", "fault:service", "fault:no_supply", "fault:output_full", "fault:output_full", "fault:no_paper",
    "fault:overdue_maintenance",
)  # fmt: skip
"""What each bit of `hrPrinterDetectedErrorState` means, from the first; a tray that is near full is as good as full."""

_TYPES = {3: "toner", 21: "toner", 5: "ink", 6: "ink", 9: "drum", 15: "fuser", 4: "waste", 8: "waste"}
"""What each `prtMarkerSuppliesType` is; others are `other`."""
_RECEPTACLE = 4


async def said_of_itself(session: SnmpSession, host: str, port: int) -> dict[str, int | None]:
    """What is wrong with a device and what runs out: `fault:<code>` and `supply:<name>` with the level, where that is known.

    Raises:
        NoAnswer: it did not answer.
    """
    found: dict[str, int | None] = {}
    for row in await session.table(host, port, _ERRORS):
        found |= dict.fromkeys(_of_bits(row.get("state")))
    for row in await session.table(host, port, _SUPPLIES):
        name = f"supply:{_TYPES.get(_number(row, 'type'), 'other')}"
        level = _per_cent(row)
        left = None if level is None else 100 - level if _number(row, "class") == _RECEPTACLE else level
        if left is not None and left <= LOW:
            known = found.get(name)
            found[name] = left if known is None else min(left, known)
    trays = [left for row in await session.table(host, port, _TRAYS) if (left := _per_cent(row)) is not None]
    if trays and max(trays) <= LOW:
        found["supply:paper"] = max(trays)
    for row in await session.table(host, port, _DISKS):
        is_disk, size = row.get("type") == _FIXED_DISK, _number(row, "size")
        if is_disk and size > 0 and _number(row, "used") * 100 >= DISK_FULL * size:
            found["fault:disk_full"] = None
    return found


def _of_bits(state: Any) -> list[str]:
    if not isinstance(state, bytes):
        return []
    bits = "".join(f"{byte:08b}" for byte in state[:2])
    return [name for name, bit in zip(_BITS, bits, strict=False) if bit == "1"]


def _per_cent(row: dict[str, Cell]) -> int | None:
    """The level of a supply or a tray; `None` where it is not known."""
    most, level = _number(row, "most"), _number(row, "level")
    return min(100, level * 100 // most) if most > 0 and level >= 0 else None


def _number(row: dict[str, Cell], name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else -2
