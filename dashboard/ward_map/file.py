"""File: which boundaries are drawn.

Those that an administrator took in the browser, else the ward's file `map.geojson` in the data folder; the pretend ward's until there are
any, or while they are wrong.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dashboard.settings import STORE_FOLDER
from dashboard.ward_map.drawing import Drawing, draw
from dashboard.ward_map.geojson import LARGEST, MapRefused, read_boundaries
from dashboard.ward_map.kept import drawn_map
from ingest.contract.clock import WARD_ZONE
from ingest.contract.label import Label

NAME = "map.geojson"
PRETEND = Path(__file__).with_name("pretend.geojson")

MISSING = Label(
    "Chưa có ranh giới của phường: đang vẽ bản đồ minh họa.",
    "There are no boundaries of the ward yet: a map for illustration is drawn.",
)
WRONG = Label(
    "{file} không dùng được, đang vẽ bản đồ minh họa: {why}.",
    "{file} is not used, a map for illustration is drawn: {why}.",
)
OWN = Label("Bản đồ theo {file}.", "The map is that of {file}.")
TAKEN = Label("tệp {by} nạp lúc {at}", "the file that {by} chose at {at}")


class ShownMap(NamedTuple):
    """What is drawn."""

    drawing: Drawing | None
    """`None`: there is none, as the pretend ward has another number of groups."""
    is_pretend: bool
    said: Label
    """Which file it is of, or why it is not of the ward's own."""
    is_wrong: bool = False
    """Whether there is a file that cannot be used."""


def shown_map(data_folder: Path, groups: int) -> ShownMap:
    """The map as it is now; what changes is read again."""
    taken = drawn_map(data_folder / STORE_FOLDER)
    if taken:
        at = f"{taken.at.astimezone(WARD_ZONE):%H:%M %d/%m/%Y}"
        named = TAKEN.filled(by=taken.by, at=at)
        try:
            return ShownMap(_drawn(taken.content, groups), False, _named(OWN, named))
        except MapRefused as error:  # the ward has another number of groups since
            return _pretend(WRONG, named, groups, error.why)
    path = data_folder / NAME
    try:
        state = path.stat()
    except OSError:
        return _pretend(MISSING, _both(path), groups)
    return _own(path, groups, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _own(path: Path, groups: int, _changed_ns: int, size: int) -> ShownMap:
    try:
        if not path.is_file():
            raise MapRefused(Label("không phải là tệp", "it is no file"))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        return ShownMap(_drawn(content, groups), False, _named(OWN, _both(path)))
    except OSError as error:
        why = Label("không đọc được", f"it cannot be read ({error.strerror})")
    except MapRefused as error:
        why = error.why
    return _pretend(WRONG, _both(path), groups, why)


@lru_cache(maxsize=2)
def _drawn(content: bytes, groups: int) -> Drawing:
    return draw(read_boundaries(content, groups))


def _both(path: Path) -> Label:
    return Label(str(path), str(path))


def _pretend(said: Label, file: Label, groups: int, why: Label | None = None) -> ShownMap:
    return ShownMap(_pretend_drawing(groups), True, _named(said, file, why), why is not None)


@lru_cache(maxsize=2)
def _pretend_drawing(groups: int) -> Drawing | None:
    try:
        return _drawn(PRETEND.read_bytes(), groups)
    except MapRefused:
        return None


def _named(said: Label, file: Label, why: Label | None = None) -> Label:
    return said.filled(file=file, why=why or "")
