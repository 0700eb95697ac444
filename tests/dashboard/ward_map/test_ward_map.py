"""The map: what a file may say and why another is refused, and that the pretend ward's groups tile its outline."""

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from commands.developers.pretend_map import pretend_features
from dashboard.ward_map.drawing import SIDE, draw, lies_within
from dashboard.ward_map.file import NAME, PRETEND, shown_map
from dashboard.ward_map.geojson import LARGEST, MOST_VERTICES, MapRefused, read_boundaries, twice_area

GROUPS = 70
GUIDE = Path(__file__).parents[3] / "docs" / "huong-dan.md"


def square(group, west=106.0, south=20.0, side=0.01):
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "properties": {"group": group}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def file(*features, **changed):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **changed}).encode()


def device(name, at=(106.005, 20.005), kind="speaker"):
    place = {"type": "Point", "coordinates": list(at)}
    return {"type": "Feature", "properties": {"device": name, "kind": kind}, "geometry": place}


def with_ring(ring):
    one = square(1)
    one["geometry"]["coordinates"] = [ring]
    return file(one)


def comb(group, south):
    """A boundary with more than half of the vertices that a file may have."""
    ring = [[106 + n * 0.00001, south + n % 2 * 0.001] for n in range(MOST_VERTICES // 2 + 10)]
    one = square(group)
    one["geometry"]["coordinates"] = [[*ring, [106.0, south + 0.05], ring[0]]]
    return one


WRONG = {
    "no JSON": (b"{", "Invalid JSON"),
    "too large": (b" " * (LARGEST + 1), "larger"),
    "another type": (file(square(1), type="Feature"), "type"),
    "deep": (b"[" * 100_000, "Invalid JSON"),
    "no features": (file(), "features"),
    "no number": (file({**square(1), "properties": {"name": "Tổ 1"}}), "group"),
    "not a number": (file({**square(1), "properties": {"group": "x"}}), "group"),
    "a line": (file({**square(1), "geometry": {"type": "LineString", "coordinates": [[106, 20], [106, 21]]}}), "geometry"),
    "twice": (file(square(1), square(1)), "group 1 is there twice"),
    "missing": (file(square(1)), "groups 2 are missing"),
    "one too many": (file(square(1), square(2, 106.01), square(3, 106.02)), "the ward has no groups 3"),
    "latitude first": (file(square(1, 20.0, 106.0)), "longitude first"),
    "VN-2000": (file(square(1, 590_000.0, 2_300_000.0)), "not VN-2000"),
    "not a number at all": (with_ring([[float("nan"), 20], [106, 20], [106, 21], [106, 20]]), "finite"),
    "endless": (file(square(1)).replace(b"106.0,", b"1e999,"), "finite"),
    "open": (with_ring([[106, 20], [106.1, 20], [106.1, 20.1], [106, 20.1]]), "not closed"),
    "flat": (with_ring([[106, 20], [106.1, 20], [106, 20], [106, 20]]), "not closed"),
    "too short": (with_ring([[106, 20], [106.1, 20], [106, 20]]), "at least 4"),
    "too many vertices": (file(comb(1, 20.0), comb(2, 20.1)), f"more than {MOST_VERTICES} vertices"),
    "far apart": (file(square(1), square(2, 107.0)), "wider"),
    "a device without a kind": (file(square(1), square(2), {**device("a"), "properties": {"device": "a"}}), "kind"),
    "a device's name": (file(square(1), square(2), device("<b>")), "device"),
    "a telephone number": (file(square(1), square(2), device("0912345678")), "device"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_map_says_why(name):
    content, why = WRONG[name]
    with pytest.raises(MapRefused, match=why) as raised:
        read_boundaries(content, 2)
    assert raised.value.why.vi


def test_groups_and_devices_are_read():
    both = {
        "type": "MultiPolygon",
        "coordinates": [square(2)["geometry"]["coordinates"], square(2, 106.03)["geometry"]["coordinates"]],
    }
    found = read_boundaries(
        file({**square(2), "geometry": both}, square(1, 106.01), device("tdp-001-l1", (106.015, 20.005, 7))), 2
    )
    assert list(found.groups) == [1, 2]
    drawing = draw(found)
    assert (len(found.groups[2]), drawing.width) == (2, SIDE)
    assert drawing.shapes[1].path.count("M") == 2
    ((name, kind, x, y, group),) = drawing.devices
    assert (name, kind, group) == ("tdp-001-l1", "speaker", 1)
    assert lies_within((106.015, 20.005), found.groups[1][0])
    assert abs(x - 1500) < 2
    assert 0 < y < drawing.height


def test_the_guide_s_file_is_one():
    (block,) = re.findall(r"^```json\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found = read_boundaries(block.encode(), 1)
    assert (list(found.groups), list(found.devices)) == ([1], ["tdp-001-l1"])


@pytest.fixture(scope="module")
def pretend():
    return read_boundaries(PRETEND.read_bytes(), GROUPS)


def rings(pretend):
    return [polygon[0] for area in pretend.groups.values() for polygon in area]


def test_the_pretend_ward_is_what_its_script_makes():
    assert json.loads(PRETEND.read_text(encoding="utf-8"))["features"] == list(pretend_features())


def test_every_inner_border_belongs_to_two_groups_and_the_others_are_one_outline(pretend):
    edges = Counter(frozenset(edge) for ring in rings(pretend) for edge in pairwise(ring))
    assert set(edges.values()) == {1, 2}
    outer = [edge for edge, count in edges.items() if count == 1]
    ends = Counter(point for edge in outer for point in edge)
    assert set(ends.values()) == {2}, "every vertex of the outline joins two of its edges"
    outline = [next(iter(outer[0]))]
    left = {frozenset(edge) for edge in outer}
    while left:
        edge = next(one for one in left if outline[-1] in one)
        left.remove(edge)
        outline.append(next(point for point in edge if point != outline[-1]))
    assert outline[0] == outline[-1], "one ring"
    whole = sum(abs(twice_area(ring)) for ring in rings(pretend))
    assert whole == pytest.approx(abs(twice_area(outline)), rel=1e-9), "they cover it, and none lies on another"


def test_each_number_stands_in_its_own_group_alone(pretend):
    for shape in draw(pretend).shapes:
        flat = read_path(shape.path)
        assert lies_within((shape.x, shape.y), [flat])
    places = {shape.number: (shape.x, shape.y) for shape in draw(pretend).shapes}
    for shape in draw(pretend).shapes:
        assert [number for number, at in places.items() if lies_within(at, [read_path(shape.path)])] == [shape.number]


def test_rounded_to_the_screen_neighbours_still_share_their_borders(pretend):
    edges = Counter(frozenset(edge) for shape in draw(pretend).shapes for edge in pairwise(read_path(shape.path)))
    assert set(edges.values()) == {1, 2}


def read_path(path):
    """The ring that a path draws."""
    start, steps = path.strip("Mz").split("l")
    x, y = map(int, start.split())
    ring, numbers = [(x, y)], list(map(int, steps.split()))
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        ring.append((x, y))
    return [*ring, ring[0]]


def test_the_ward_s_own_file_is_drawn_and_read_again_when_it_changes(tmp_path):
    before = shown_map(tmp_path, GROUPS)
    assert (before.is_pretend, before.is_wrong, len(before.drawing.shapes)) == (True, False, GROUPS)
    (tmp_path / NAME).write_bytes(file(square(1)))
    wrong = shown_map(tmp_path, GROUPS)
    assert (wrong.is_pretend, wrong.is_wrong, wrong.drawing) == (True, True, before.drawing)
    assert "thiếu ranh giới tổ 2, 3" in wrong.said.vi
    (tmp_path / NAME).write_bytes(PRETEND.read_bytes())
    assert not shown_map(tmp_path, GROUPS).is_pretend
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    assert "it is no file" in shown_map(tmp_path, GROUPS).said.en


def test_where_the_pretend_ward_has_another_number_of_groups_nothing_is_drawn(tmp_path):
    assert shown_map(tmp_path, 12).drawing is None
