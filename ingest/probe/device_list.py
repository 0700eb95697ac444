"""Device list: the devices that a CSV or XLSX file of the data folder lists, one a row.

A list is taken as a whole or not at all: a row that is wrong is named, and the devices stay as they were.
"""

import re
import unicodedata
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.contract.connector import FileDrop, ProbedDevice
from ingest.contract.errors import InvalidEvent
from ingest.files.table import table_rows

MOST_DEVICES = 500
"""Devices of one list."""

CODE, CATEGORY, PLACE, BY, ADDRESS = "Mã", "Loại", "Nơi đặt", "Theo dõi", "Địa chỉ"
"""The columns; further ones are not read."""

_WAY = FileDrop(timedelta(days=1), frozenset((CODE, CATEGORY, BY)))
_METHODS = {"": "unwatched", "khong": "unwatched", "tu_bao": "heartbeat"}


def list_file(folder: Path, connector_id: str) -> Path | None:
    """The file that lists a connector's devices: a workbook before a text; `None` where there is none."""
    files = (folder / f"{connector_id}{suffix}" for suffix in (".xlsx", ".csv"))
    return next((file for file in files if file.is_file()), None)


def read_devices(file: Path) -> tuple[ProbedDevice, ...]:
    """The devices of a file, in its order.

    Raises:
        InvalidEvent: it cannot be read, or a row of it is wrong; the detail names the row.
    """
    found: dict[str, ProbedDevice] = {}
    for row in table_rows(file, _WAY):
        if len(found) == MOST_DEVICES:
            raise InvalidEvent("device_list", f"it lists more than {MOST_DEVICES} devices")
        try:
            one = _device(row.cells)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            what = ".".join(map(str, first["loc"])) or "row"
            raise InvalidEvent("device_list", f"row {row.number}, {what}: {first['msg']}") from None
        if one.device in found:
            raise InvalidEvent("device_list", f"row {row.number}: {CODE} is that of another row")
        found[one.device] = one
    return tuple(found.values())


def _device(cells: dict[str, Any]) -> ProbedDevice:
    """One row.

    Raises:
        ValidationError: it is none.
    """
    by, place = word_of(cells.get(BY, "")), word_of(cells.get(PLACE, ""))
    return ProbedDevice.model_validate(
        {
            "device": str(cells.get(CODE, "")).strip(),
            "category": word_of(cells.get(CATEGORY, "")),
            "place": place or None,
            "by": _METHODS.get(by, by),
            "addresses": str(cells.get(ADDRESS, "")),
        }
    )


def word_of(text: Any) -> str:
    """What a person calls something, as a code: `Máy in` is `may_in`."""
    plain = unicodedata.normalize("NFD", str(text).replace("đ", "d").replace("Đ", "D"))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "_", letters.lower()).strip("_")
