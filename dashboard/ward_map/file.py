"""File: the ward's own boundaries, `map.geojson` in the data folder; the pretend ward's until there are any, or while they are wrong."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from dashboard.ward_map.drawing import Drawing, draw
from dashboard.ward_map.geojson import LARGEST, MapRefused, read_boundaries
from ingest.contract.label import Label

NAME = "map.geojson"
PRETEND = Path(__file__).with_name("pretend.geojson")

MISSING = Label(
    "Chưa có ranh giới của phường: đang vẽ bản đồ minh họa. Đặt tệp {file}.",
    "There are no boundaries of the ward yet: a map for illustration is drawn. Put a file {file} there.",
)
WRONG = Label(
    "{file} không dùng được, đang vẽ bản đồ minh họa: {why}.",
    "{file} is not used, a map for illustration is drawn: {why}.",
)
OWN = Label("Bản đồ theo {file}.", "The map is that of {file}.")


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
    """The map as it is now; the file is read again when it has changed."""
    path = data_folder / NAME
    try:
        state = path.stat()
    except OSError:
        return _pretend(MISSING, path, groups)
    return _own(path, groups, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=4)
def _own(path: Path, groups: int, _changed_ns: int, size: int) -> ShownMap:
    try:
        if not path.is_file():
            raise MapRefused(Label("không phải là tệp", "it is no file"))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        return ShownMap(draw(read_boundaries(content, groups)), False, _named(OWN, path))
    except OSError as error:
        why = Label("không đọc được", f"it cannot be read ({error.strerror})")
    except MapRefused as error:
        why = error.why
    return _pretend(WRONG, path, groups, why)


def _pretend(said: Label, path: Path, groups: int, why: Label | None = None) -> ShownMap:
    return ShownMap(_pretend_drawing(groups), True, _named(said, path, why), why is not None)


@lru_cache(maxsize=2)
def _pretend_drawing(groups: int) -> Drawing | None:
    try:
        return draw(read_boundaries(PRETEND.read_bytes(), groups))
    except MapRefused:
        return None


def _named(said: Label, path: Path, why: Label | None = None) -> Label:
    return Label(
        said.vi.format(file=path, why=why.vi if why else ""), said.en.format(file=path, why=why.en if why else "")
    )
