import ipaddress
import stat
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.access.displays import Displays, parse_stops
from tests.dashboard.support.ward import board_settings

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PAGES = ["/", "/queue"]


@pytest.fixture
def displays(tmp_path):
    return Displays(board_settings(tmp_path))


def test_a_screen_is_known_by_its_token_and_only_a_hash_is_kept(displays, tmp_path):
    stops = (("/", timedelta(seconds=30)),)
    network = ipaddress.ip_network("10.0.0.0/8")
    one, token = displays.add("Sảnh tầng 1", NOW, stops, network, NOW + timedelta(days=1), "en")
    assert displays.find(token) == one
    again = Displays(board_settings(tmp_path))
    assert again.find(token) == one
    for path in board_settings(tmp_path).folder.iterdir():
        assert token[-20:].encode() not in path.read_bytes()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for wrong in ("", "iocw__", token[:-1], token + "x", token.replace("iocw", "ioc"), f"iocw_{one.id}_"):
        assert displays.find(wrong) is None


def test_what_is_revoked_is_unknown_to_every_process_at_once(displays, tmp_path):
    other = Displays(board_settings(tmp_path))
    one, token = displays.add("hall", NOW)
    assert other.find(token)
    displays.revoke(one.id)
    assert other.find(token) is None
    with pytest.raises(KeyError):
        displays.revoke(one.id)


def test_it_is_bound_to_its_network_and_its_time(displays):
    one, _ = displays.add("hall", NOW, network=ipaddress.ip_network("10.1.0.0/16"), expires_at=NOW + timedelta(days=1))
    assert one.may_show("10.1.2.3", NOW)
    assert one.may_show("::ffff:10.1.2.3", NOW), "the same address on a socket of both kinds"
    for elsewhere in ("10.2.0.1", "::1", "", "testclient"):
        assert not one.may_show(elsewhere, NOW)
    assert not one.may_show("10.1.2.3", NOW + timedelta(days=1))
    free, _ = displays.add("desk", NOW)
    assert free.may_show("testclient", NOW + timedelta(days=36_500))


@pytest.mark.parametrize("name", ["", "x" * 61, "a\nb"])
def test_an_unusable_name_is_refused(displays, name):
    with pytest.raises(ValueError, match="printable"):
        displays.add(name, NOW)


def test_pages_and_paces_are_read_as_people_write_them():
    assert parse_stops("/:30, queue:20", PAGES) == (("/", timedelta(seconds=30)), ("/queue", timedelta(seconds=20)))
    assert parse_stops("", PAGES) == ()


@pytest.mark.parametrize(
    "text", ["sql:30", "queue", "queue:x", "queue:4", "queue:3601", "queue:30,/queue:30", "queue:²"]
)
def test_others_are_refused_with_the_way_out(text):
    with pytest.raises(ValueError, match="/"):
        parse_stops(text, PAGES)


def test_its_letters_follow_its_size_and_distance_within_what_fits(displays, tmp_path):
    one, token = displays.add("hall", NOW, inches=75, metres=5, scheme="light")
    assert round(one.letters, 3) == 0.917
    assert Displays(board_settings(tmp_path)).find(token) == one
    assert displays.add("usual", NOW)[0].letters == 1
    for inches, metres in ((32, 5), (75, 2), (0, 4), (-55, -4), (float("nan"), 4), (55, float("inf"))):
        with pytest.raises(ValueError, match="inches"):
            displays.add("hall", NOW, inches=inches, metres=metres)
