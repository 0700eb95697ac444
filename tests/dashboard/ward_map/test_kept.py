"""Boundaries taken in the browser: they go before the file, the former come back, and it is known who took which."""

import json
from base64 import b64encode

import pytest

from dashboard.store.changes import recent_changes
from dashboard.store.store import BoardStore
from dashboard.ward_map.file import NAME, PRETEND, shown_map
from dashboard.ward_map.geojson import MapRefused
from dashboard.ward_map.kept import MOST, KeptMaps
from tests.dashboard.support.board import BoardOfTests, call

GROUPS = 70
CONTENT = PRETEND.read_bytes()


def chosen(content):
    return f"data:application/geo+json;base64,{b64encode(content).decode()}"


def test_the_newest_that_was_taken_is_drawn_before_a_file_and_the_former_again_after_it(tmp_path):
    kept, folder = KeptMaps(tmp_path / "dashboard"), tmp_path
    (folder / NAME).write_bytes(b"{}")
    assert shown_map(folder, GROUPS).is_wrong
    kept.take(CONTENT, GROUPS, "lan")
    shown = shown_map(folder, GROUPS)
    assert (shown.is_pretend, shown.is_wrong) == (False, False)
    assert "lan" in shown.said.vi
    kept.take(CONTENT + b" ", GROUPS, "minh")
    assert "minh" in shown_map(folder, GROUPS).said.en
    newest, former = (one.id for one in kept.all())
    assert not kept.go_back(former, "lan"), "they are no longer the newest"
    assert kept.go_back(newest, "lan")
    assert [(one.id, one.by) for one in kept.all()] == [(former, "lan")]
    assert "file that lan chose" in shown_map(folder, GROUPS).said.en
    told = recent_changes(BoardStore(tmp_path / "dashboard"), 9)
    assert [(one.by, one.kind, one.act) for one in told] == [
        ("lan", "map", "withdrawn"), ("minh", "map", "taken"), ("lan", "map", "taken")
    ]  # fmt: skip
    assert shown_map(folder, 12).drawing is None, "of another number of groups"


def test_of_many_files_the_last_are_kept_and_none_that_is_no_map(tmp_path):
    kept = KeptMaps(tmp_path)
    for number in range(MOST + 2):
        kept.take(CONTENT + b" " * number, GROUPS, "lan")
    assert [one.id for one in kept.all()] == [*range(MOST + 2, 2, -1)]
    with pytest.raises(MapRefused, match="missing"):
        kept.take(CONTENT, GROUPS + 1, "lan")
    assert len(kept.all()) == MOST


async def test_an_administrator_looks_at_a_file_before_it_is_taken(tmp_path):
    tested = BoardOfTests(tmp_path)
    content = json.loads(CONTENT)
    inside = content["features"][0]["geometry"]["coordinates"][0][0]
    inside = inside[0] if isinstance(inside[0], list) else inside
    place = {"type": "Feature", "properties": {"device": "nobody-1", "kind": "camera"},
             "geometry": {"type": "Point", "coordinates": [inside[0] + 1, inside[1]]}}  # fmt: skip
    content["features"].append(place)
    given = chosen(json.dumps(content).encode())
    looking = "boundaries-preview.children", [(("boundaries-upload", "contents"), given)]
    acting = [(("boundaries-upload", "contents"), given), (("boundaries-newest", "data"), None)]
    clicks = [(("boundaries-take", "n_clicks"), 1), (("boundaries-back", "submit_n_clicks"), None)]
    async with tested.logged_in(("admin",)) as admin, tested.logged_in(("leader",), "minh") as leader:
        assert await call(leader, *looking) == {}
        assert await call(leader, "boundaries-acted.data", clicks, acting) == {}
        got = await call(admin, *looking)
        assert "nobody-1" in json.dumps(got, ensure_ascii=False), "the board has not heard of it, and it is in no group"
        assert got["boundaries-take"] == {"disabled": False}
        for wrong in (chosen(b"{}"), chosen(b""), "nonsense", None, chosen(b" " * 700_001)):
            refused = await call(admin, "boundaries-preview.children", [(("boundaries-upload", "contents"), wrong)])
            assert refused["boundaries-take"] == {"disabled": True}
            assert "Tệp không dùng được" in refused["boundaries-fault"]["children"]
        assert "lan" not in shown_map(tmp_path, GROUPS).said.vi
        done = await call(admin, "boundaries-acted.data", clicks, acting)
        assert "ranh giới mới" in done["boundaries-done"]["children"]
        assert not shown_map(tested.settings.data_folder, GROUPS).is_pretend
