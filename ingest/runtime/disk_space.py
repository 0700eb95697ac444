"""Disk space: whether there is enough free disk for what is accepted to be kept.

What is accepted has still to go into Kafka and from there into the warehouse, and a Kafka that cannot write ends. So new
events are refused while there still is a reserve, and taken again, by itself, when there is room: sources hold their own
events meanwhile, posts are answered with 503, MQTT messages are not acknowledged, and polls pause.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)
"""How long a look at the disks holds."""

RETRY_AFTER = timedelta(seconds=10)
"""When a refused source may try again."""

LARGEST_SHARE = 10
"""The reserve is never more than this part of a disk: a tenth."""

EARLY = 3
"""So many reserves before it is the time to warn."""


_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


class Disk(NamedTuple):
    """The free space of one disk that this install writes on."""

    folder: Path
    """A folder of ours on it."""
    free: int
    """Bytes."""
    reserve: int
    """Bytes below which nothing new is accepted."""

    @property
    def is_short(self) -> bool:
        """Whether nothing new is accepted."""
        return self.free < self.reserve

    @property
    def is_low(self) -> bool:
        """Whether it is time to make room."""
        return self.free < EARLY * self.reserve

    @property
    def label(self) -> Label:
        """What a person has to know and do."""
        free = size_text(self.free)
        if self.is_short:
            return Label(
                f"Đĩa sắp đầy, còn {free}: tạm ngừng nhận dữ liệu mới. Hãy xóa bớt tệp trên đĩa chứa {self.folder}.",
                f"The disk is nearly full, {free} left: new data is not accepted. Free space on the disk of {self.folder}.",
            )
        return Label(
            f"Đĩa chỉ còn {free}; dưới {size_text(self.reserve)} sẽ ngừng nhận dữ liệu. Hãy xóa bớt tệp trên đĩa chứa {self.folder}.",
            f"The disk has only {free} left; below {size_text(self.reserve)} no data is accepted. Free space on the disk of {self.folder}.",
        )


class NoDiskSpace(Unavailable):
    """Nothing new is accepted: the disk is nearly full."""

    def __init__(self, disk: Disk) -> None:
        super().__init__("disk space", disk.label.en, RETRY_AFTER)
        self.label = disk.label


class DiskSpace:
    """The free space of an install's disks, looked at once a second at most.

    Args:
        settings: the data folder, and how much is to stay free.
        look: what the disks are; for tests.
    """

    def __init__(self, settings: IngestSettings, look: Callable[[IngestSettings], list[Disk]] | None = None) -> None:
        self._settings = settings
        self._look = look or disks
        self._looked_at = -LOOK_EVERY.total_seconds()
        self._short: Disk | None = None

    def shortage(self) -> Disk | None:
        """The disk that has too little free space; None where all have enough.

        After a shortage there is room again only when a tenth more than the reserve is free, so that it does not come and go.
        """
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY.total_seconds():
            return self._short
        self._looked_at = now
        again = 10 if self._short else 0
        found = self._look(self._settings)
        short = next((disk for disk in found if disk.free < disk.reserve + disk.reserve * again // 100), None)
        if short and not self._short:
            log.error("%s", short.label.en)
        if self._short and not short:
            log.warning("enough disk space again: new events are accepted")
        self._short = short
        return short

    def check(self) -> None:
        """See that there is room.

        Raises:
            NoDiskSpace: there is not.
        """
        if short := self.shortage():
            raise NoDiskSpace(short)


def disks(settings: IngestSettings, also: Iterable[Path] = ()) -> list[Disk]:
    """The disks that an install writes on, and those of further folders; one that cannot be looked at is left out."""
    found: dict[int, Disk] = {}
    ours = [settings.data_folder, *map(settings.data_folder.joinpath, ("kafka", "warehouse"))]
    for folder, device in _devices([*ours, *also]):
        if device not in found:
            state = os.statvfs(folder)
            reserve = min(int(settings.disk_reserve), state.f_blocks * state.f_frsize // LARGEST_SHARE)
            found[device] = Disk(folder.absolute(), state.f_bavail * state.f_frsize, reserve)
    return list(found.values())


def low_disk(settings: IngestSettings) -> Disk | None:
    """The disk that a person has to look after now, if there is one."""
    return min(
        (disk for disk in disks(settings) if disk.is_low), key=lambda disk: disk.free / disk.reserve, default=None
    )


def size_text(size: int) -> str:
    """A size for people."""
    unit, name = next(((unit, name) for unit, name in _UNITS if size >= unit), _UNITS[-1])
    return f"{size / unit:.1f} {name}"


def _devices(folders: Iterable[Path]) -> Iterator[tuple[Path, int]]:
    for folder in folders:
        try:
            yield folder, folder.stat().st_dev
        except FileNotFoundError:
            continue
