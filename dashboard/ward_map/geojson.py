"""GeoJSON: the boundaries of the residential groups, and where devices stand, as a file says (RFC 7946); anybody can have made it.

A feature with the property `group` is the area of the residential group of that number, one with `device` and `kind` a point where that
device stands. Coordinates are longitude and latitude in degrees (WGS 84).
"""

from itertools import pairwise
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError

from ingest.contract.code import DeviceName
from ingest.contract.errors import Refused
from ingest.contract.label import Label

LARGEST = 2_000_000
"""Bytes of a file."""
MOST_VERTICES = 20_000
MOST_DEVICES = 2_000
WEST, EAST, SOUTH, NORTH = 102.0, 118.0, 6.0, 24.0
"""Degrees between which Việt Nam lies."""
WIDEST = 0.5
"""Degrees that a ward is wide or high at most."""

Point = tuple[float, float]
"""Longitude and latitude."""
Ring = list[Point]
"""Its last point is its first."""
Area = list[list[Ring]]
"""Polygons: of each the outer ring, then its holes."""


class MapRefused(Refused):
    """The file is not a map of the ward; says why."""

    def __init__(self, why: Label) -> None:
        super().__init__(why.en)
        self.why = why


class DevicePlace(NamedTuple):
    """Where a device stands."""

    kind: Literal["speaker", "camera"]
    at: Point


class Boundaries(NamedTuple):
    """What a file says."""

    groups: dict[int, Area]
    """By the number of the residential group."""
    devices: dict[str, DevicePlace]
    """By the device's name."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


_Position = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(min_length=2, max_length=3)]
_Ring = Annotated[list[_Position], Field(min_length=4, max_length=MOST_VERTICES)]
_Polygon = Annotated[list[_Ring], Field(min_length=1, max_length=50)]


class _PolygonShape(_Model):
    type: Literal["Polygon"]
    coordinates: _Polygon


class _Polygons(_Model):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[_Polygon], Field(min_length=1, max_length=50)]


class _Place(_Model):
    type: Literal["Point"]
    coordinates: _Position


class _Group(_Model):
    group: Annotated[int, Field(ge=1, le=999)]


class _Device(_Model):
    device: DeviceName
    kind: Literal["speaker", "camera"]


class _GroupFeature(_Model):
    type: Literal["Feature"]
    properties: _Group
    geometry: Annotated[_PolygonShape | _Polygons, Field(discriminator="type")]


class _DeviceFeature(_Model):
    type: Literal["Feature"]
    properties: _Device
    geometry: _Place


def _kind(feature: object) -> str:
    """What a feature is: a point is a device."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    return "device" if isinstance(geometry, dict) and geometry.get("type") == "Point" else "group"


_Feature = Annotated[
    Annotated[_DeviceFeature, Tag("device")] | Annotated[_GroupFeature, Tag("group")], Discriminator(_kind)
]


class _Collection(_Model):
    type: Literal["FeatureCollection"]
    features: Annotated[list[_Feature], Field(min_length=1, max_length=MOST_DEVICES + 400)]


_FILE = TypeAdapter(_Collection)


def read_boundaries(content: bytes, groups: int) -> Boundaries:
    """What a file says.

    Args:
        content: the file.
        groups: how many residential groups the ward has.

    Raises:
        MapRefused: it is no map of all of them.
    """
    if len(content) > LARGEST:
        raise MapRefused(
            Label(f"tệp lớn hơn {LARGEST // 1_000_000} MB", f"it is larger than {LARGEST // 1_000_000} MB")
        )
    try:
        found = _FILE.validate_json(content)
    except ValidationError as error:
        raise MapRefused(_why(error)) from error
    areas: dict[int, Area] = {}
    devices: dict[str, DevicePlace] = {}
    for feature in found.features:
        if isinstance(feature, _DeviceFeature):
            devices[feature.properties.device] = DevicePlace(
                feature.properties.kind, _point(feature.geometry.coordinates)
            )
            continue
        number, shape = feature.properties.group, feature.geometry
        if number in areas:
            raise MapRefused(Label(f"tổ {number} có hai lần", f"group {number} is there twice"))
        polygons = [shape.coordinates] if isinstance(shape, _PolygonShape) else shape.coordinates
        areas[number] = [[_ring(ring, number) for ring in polygon] for polygon in polygons]
    _check_whole(areas, groups)
    return Boundaries(dict(sorted(areas.items())), devices)


def _point(position: list[float]) -> Point:
    x, y = position[:2]
    if not (WEST <= x <= EAST and SOUTH <= y <= NORTH):
        raise MapRefused(
            Label(
                f"tọa độ {x:g}, {y:g} không ở Việt Nam: ghi kinh độ trước, vĩ độ sau, bằng độ (WGS 84, không phải VN-2000)",
                f"{x:g}, {y:g} is not in Việt Nam: longitude first, then latitude, in degrees (WGS 84, not VN-2000)",
            )
        )
    return x, y


def _ring(positions: list[list[float]], number: int) -> Ring:
    ring = [_point(position) for position in positions]
    if ring[0] != ring[-1] or not twice_area(ring):
        raise MapRefused(
            Label(f"ranh giới tổ {number} không khép kín", f"the boundary of group {number} is not closed")
        )
    return ring


def twice_area(ring: Ring) -> float:
    """Twice the area within a ring, less than 0 where it runs clockwise."""
    (x0, y0), *_ = ring
    return sum((x - x0) * (next_y - y0) - (next_x - x0) * (y - y0) for (x, y), (next_x, next_y) in pairwise(ring))


def _check_whole(areas: dict[int, Area], groups: int) -> None:
    missing = sorted(set(range(1, groups + 1)) - areas.keys())
    beyond = sorted(areas.keys() - set(range(1, groups + 1)))
    if missing or beyond:
        numbers = ", ".join(map(str, (missing or beyond)[:10]))
        raise MapRefused(
            Label(f"thiếu ranh giới tổ {numbers}", f"the boundaries of groups {numbers} are missing")
            if missing
            else Label(f"phường không có tổ {numbers}", f"the ward has no groups {numbers}")
        )
    points = [point for area in areas.values() for polygon in area for ring in polygon for point in ring]
    if len(points) > MOST_VERTICES:
        raise MapRefused(Label(f"có hơn {MOST_VERTICES} đỉnh", f"it has more than {MOST_VERTICES} vertices"))
    for values in zip(*points, strict=True):
        if max(values) - min(values) > WIDEST:
            raise MapRefused(
                Label(f"rộng hơn {WIDEST:g}° một phường", f"it is wider than {WIDEST:g}°, which no ward is")
            )


def _why(error: ValidationError) -> Label:
    """The first thing that is wrong, with its place."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return Label(f"{place}: {first['msg']}", f"{place}: {first['msg']}")
