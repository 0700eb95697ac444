"""The boundaries of the pretend ward's 70 residential groups, written anew by `python -m commands.developers.pretend_map`.

An install shows them until it has the ward's own. No place looks like this. A square is cut into rows, and each row into groups; lines
between rows and between groups are bent by sums of sines, and the whole is warped onto a stretch of the coast's latitude. Neighbours share
their vertices, so that the groups tile the outline.
"""

import json
import sys
from collections.abc import Iterator
from itertools import pairwise
from math import pi, sin
from pathlib import Path

from dashboard.ward_map.file import PRETEND

ROWS = (7, 9, 10, 11, 12, 11, 10)
"""Groups in each row, from the north."""
WEST, NORTH = 106.655, 20.875
WIDTH, HEIGHT = 0.042, 0.031
"""In degrees."""
STEPS = 48
"""Vertices of a line between two rows, besides the corners of groups."""

Point = tuple[float, float]


def main(arguments: list[str]) -> int:
    """Write the file."""
    target = Path(arguments[0]) if arguments else PRETEND
    features = ",\n".join(json.dumps(feature) for feature in pretend_features())
    target.write_text(f'{{"type": "FeatureCollection", "features": [\n{features}\n]}}\n', encoding="utf-8")
    return 0


def pretend_features() -> Iterator[dict[str, object]]:
    """Every group as a GeoJSON feature, in the order of the numbers."""
    number = 0
    for row, count in enumerate(ROWS):
        for place in range(count):
            number += 1
            west, east = (_divider(row, edge, count) for edge in (place, place + 1))
            north, south = (_slice(line, west[end][0], east[end][0]) for line, end in ((row, 0), (row + 1, -1)))
            ring = [*north, *east[1:-1], *south[::-1], *west[-2:0:-1], north[0]]
            corners = [list(_warped(point)) for point in ring]
            yield {
                "type": "Feature",
                "properties": {"group": number},
                "geometry": {"type": "Polygon", "coordinates": [corners]},
            }


def _divider(row: int, edge: int, count: int) -> list[Point]:
    """The line between two groups of a row, from north to south; at both ends of the row its border."""
    if edge in (0, count):
        u = edge / count
        return [(u, _line(row, u)), *((u, row / 7 + step / 28) for step in (1, 2, 3)), (u, _line(row + 1, u))]
    ends = [edge / count + 0.22 / count * sin(9.1 * row + 5.3 * edge + phase) for phase in (0.0, 1.7)]
    bend = 0.09 / count * sin(3.3 * row + 7.7 * edge)
    (top, bottom), middle = ends, sum(ends) / 2 + bend
    return [(top, _line(row, top)), (middle, (row + 0.5) / 7), (bottom, _line(row + 1, bottom))]


def _line(line: int, u: float) -> float:
    """How far south the line above a row is there."""
    bend = 0.016 * sin(7.0 * u + 2.1 * line) + 0.007 * sin(19.0 * u + 4.3 * line)
    return line / 7 + bend * (1.0 if 0 < line < len(ROWS) else 1.8)


def _slice(line: int, first: float, last: float) -> list[Point]:
    """The vertices of the line above a row between two of them: its own, and the corners of the groups on both sides."""
    corners = {first, last}
    for row, end in ((line - 1, -1), (line, 0)):
        if 0 <= row < len(ROWS):
            corners |= {_divider(row, edge, ROWS[row])[end][0] for edge in range(ROWS[row] + 1)}
    every = sorted(corners | {step / STEPS for step in range(STEPS + 1)})
    kept = [every[0], *(after for before, after in pairwise(every) if after - before > 1e-9)]
    return [(u, _line(line, u)) for u in kept if first - 1e-9 <= u <= last + 1e-9]


def _warped(point: Point) -> Point:
    """Longitude and latitude of a place in the square: wider in the middle, its north along a river's bend."""
    u, v = point
    width = 0.74 + 0.26 * sin(pi * (0.12 + 0.8 * v))
    x = 0.5 + (u - 0.5) * width + 0.03 * sin(4.2 * v + 0.6)
    y = v + 0.10 * sin(2.6 * u + 0.3) * (1 - 0.6 * v)
    return round(WEST + WIDTH * x, 6), round(NORTH - HEIGHT * y, 6)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
