"""Drawing: boundaries as shapes on a screen, in whole units of which the longer side has `SIDE`, and where each group's number stands.

Neighbours share their vertices, and are rounded alike: what tiled the ward tiles the drawing.
"""

from itertools import pairwise
from math import cos, hypot, inf, radians
from typing import NamedTuple

from dashboard.ward_map.geojson import Area, Boundaries, Point, Ring, twice_area

SIDE = 4000
"""Fine enough for 4K."""
_TRIES = 14
"""Places along each side of a group that are tried for its number."""
_CORNERS = 80
"""Vertices that are looked at for that."""


class AreaShape(NamedTuple):
    """A group as it is drawn."""

    number: int
    path: str
    """As SVG writes it."""
    x: int
    y: int
    """Where its number stands: far from its borders."""


class Drawing(NamedTuple):
    """The whole ward."""

    width: int
    height: int
    shapes: tuple[AreaShape, ...]
    devices: tuple[tuple[str, str, int, int, int], ...]
    """Name, kind and place of each device of which that is known, and the number of the group in which that is; 0: in none."""


def draw(found: Boundaries) -> Drawing:
    """Boundaries as shapes."""
    points = [point for area in found.groups.values() for polygon in area for ring in polygon for point in ring]
    west, east, south, north = _box(points)
    squeeze = cos(radians((south + north) / 2))
    unit = SIDE / max((east - west) * squeeze, north - south)

    def placed(point: Point) -> tuple[int, int]:
        return round((point[0] - west) * squeeze * unit), round((north - point[1]) * unit)

    shapes = []
    for number, area in found.groups.items():
        flat: Area = [[[placed(point) for point in ring] for ring in polygon] for polygon in area]
        x, y = number_place(flat)
        shapes.append(AreaShape(number, "".join(_path(ring) for polygon in flat for ring in polygon), x, y))
    boxes = [(number, polygon, *_box(polygon[0])) for number, area in found.groups.items() for polygon in area]

    def group_at(point: Point) -> int:
        near = ((number, rings) for number, rings, w, e, s, n in boxes if w <= point[0] <= e and s <= point[1] <= n)
        return next((number for number, rings in near if lies_within(point, rings)), 0)

    devices = tuple((name, one.kind, *placed(one.at), group_at(one.at)) for name, one in sorted(found.devices.items()))
    width, height = placed((east, south))
    return Drawing(width, height, tuple(shapes), devices)


def number_place(area: Area) -> tuple[int, int]:
    """A place in the largest polygon of an area that is as far from its borders as there is room."""
    rings = max(area, key=lambda polygon: abs(twice_area(polygon[0])))
    xs, ys = [x for x, _ in rings[0]], [y for _, y in rings[0]]
    edges = [edge for ring in rings for edge in pairwise(_fewer(ring))]
    best, place = -inf, (xs[0], ys[0])
    for across in range(1, _TRIES):
        for down in range(1, _TRIES):
            x = min(xs) + (max(xs) - min(xs)) * across / _TRIES
            y = min(ys) + (max(ys) - min(ys)) * down / _TRIES
            room = min(_distance(x, y, *edge) for edge in edges) if lies_within((x, y), rings) else -inf
            if room > best:
                best, place = room, (x, y)
    return round(place[0]), round(place[1])


def lies_within(point: Point, rings: list[Ring]) -> bool:
    """Whether a point lies in a polygon, and in none of its holes."""
    x, y = point
    crossed = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                crossed += 1
    return crossed % 2 == 1


def _box(points: list[Point]) -> tuple[float, float, float, float]:
    """West, east, south and north of some points."""
    xs, ys = zip(*points, strict=True)
    return min(xs), max(xs), min(ys), max(ys)


def _fewer(ring: Ring) -> Ring:
    step = max(1, len(ring) // _CORNERS)
    return [*ring[:-1:step], ring[-1]]


def _distance(x: float, y: float, first: Point, second: Point) -> float:
    """How far a point is from a border."""
    (x1, y1), (x2, y2) = first, second
    length = (x2 - x1) ** 2 + (y2 - y1) ** 2
    share = max(0.0, min(1.0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) if length else 0.0
    return hypot(x - x1 - share * (x2 - x1), y - y1 - share * (y2 - y1))


def _path(ring: Ring) -> str:
    """A ring as SVG writes it, from vertex to vertex; those that fall together stand once."""
    (x, y), *_ = ring
    steps = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(ring[:-1])]
    return f"M{x:.0f} {y:.0f}l{' '.join(f'{dx:.0f} {dy:.0f}' for dx, dy in steps if dx or dy)}z"
