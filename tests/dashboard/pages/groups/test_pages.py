"""The pages of a residential group and of a device: who sees them, what they say, and which alarms name them."""

import pytest

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.alarm.sentence import alarm_members
from dashboard.apps.page_list import pages
from dashboard.pages.alarms.detail import alarm_updates
from dashboard.pages.groups import group
from dashboard.pages.groups.tables import device_page
from dashboard.state.alarm import combine_alarms
from dashboard.state.page import PropertyUpdate
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.alarms import after, raised
from tests.dashboard.support.board import Away, BoardOfTests, call
from tests.dashboard.support.devices import HOUR_MS, SPEAKER, DeviceReader
from tests.dashboard.support.ward import NOW_MS, board_state
from warehouse.query.devices import DeviceChange, DeviceNow

GROUP = [(("group-tick", "n_intervals"), 0)]
DEVICE = [(("device-tick", "n_intervals"), 0)]


def of(number):
    return [(("group-number", "data"), number)]


def named(name):
    return [(("device-name", "data"), name)]


def alarm(rule, subject, names):
    return after(raised(rule, subject, "warning", 9, 91.4, names))


@pytest.mark.parametrize(("rights", "may"), [("leader", True), ("analyst", False), ("display", False)])
@pytest.mark.parametrize("path", ["/group", "/device"])
def test_people_see_them_and_no_screen_of_the_wall(path, rights, may):
    assert pages()[path].may_be_seen_by(Viewer("lan", frozenset({rights}))) == may


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("/group/1", True), ("/group/70", True), ("/group/012", False), ("/group/-1", False), ("/group/", False),
        ("/group/x", False), ("/group/٣", False), ("/group/12345", False), ("/device/tdp-017-l1", True),
        ("/device/a b", False), ("/device/<b>", False), ("/device/" + "a" * 81, False), ("/device/..", False),
    ],
)  # fmt: skip
def test_only_what_can_be_a_number_or_a_name_has_a_page(path, is_there):
    assert (pages().find(path) is not None) == is_there


@pytest.mark.parametrize("number", ["0", "71"])
def test_a_group_that_the_ward_does_not_have_is_said(number):
    set_viewer(Viewer("lan", frozenset({"leader"})))
    state = board_state(argument=number)
    assert "không có tổ dân phố này" in texts(group.layout(state))
    assert group.updates(state) == {}


@pytest.mark.parametrize(("number", "shown"), [("12", ("0 %", "1")), ("5", ("100 %", "0")), ("66", ("–", "0"))])
def test_a_group_s_figures_are_its_members_and_unknown_ones_no_zero(number, shown):
    found = {(one.id, one.path): value for one, value in group.updates(board_state(argument=number)).items()}
    assert (
        tuple(
            found[f"group-{id}-figure", "children"].replace("\u202f", " ").replace("\xa0", " ") for id in ("s01", "s02")
        )
        == shown
    )
    assert found["group-p04-figure", "children"] == "–", "of which the ward's own figure is not known"
    assert "live" in found["group-speakers-fresh", "className"]


async def test_a_group_s_devices_with_what_is_wrong_first(tmp_path):
    tested = BoardOfTests(tmp_path, reader=DeviceReader())
    async with tested.logged_in() as client:
        tested.live.show(
            combine_alarms([alarm("camera.fault", "", "tdp012-duong-07"), alarm("speaker.offline", "2", "TDP-041")], {})
        )
        said = await call(client, "group-devices.children", GROUP, of("12"))
        alarms, devices = str(said["group-alarms"]), str(said["group-devices"])
    assert devices.index("tdp-012-l1") < devices.index("tdp012-duong-07")
    for part in ("mất kết nối", "âm ly", "03:15", "có hình", "/device/tdp-012-l1", "sign-warning"):
        assert part in devices
    assert "tdp012-duong-07" in alarms
    assert "41" not in alarms


async def test_a_device_says_since_when_and_what_to_try(tmp_path):
    tested = BoardOfTests(tmp_path, reader=DeviceReader())
    async with tested.logged_in() as client:
        said = str(await call(client, "device-said.children", DEVICE, named("tdp-012-l1")))
        unknown = str(await call(client, "device-said.children", DEVICE, named("tdp-099-l1")))
    for part in (
        "03:15, đã 7 giờ",
        "Gọi tổ dân phố: cụm loa có điện không",
        "/group/12",
        "lỗi: âm ly",
        "nhường bản tin",
    ):
        assert part in said
    assert "Không thiết bị nào có tên này" in unknown


def test_one_that_only_fell_silent_is_lost_since_its_last_sign():
    silent = DeviceNow._make(("speaker", *SPEAKER[:-1], ()))
    before = [
        DeviceChange(NOW_MS - 50 * HOUR_MS, "device.online", "", ""),
        DeviceChange(NOW_MS - 51 * HOUR_MS, "device.offline", "", ""),
    ]
    assert "03:15, đã 7 giờ" in texts(device_page(silent, before, [], board_state()))


async def test_without_the_warehouse_that_is_said_and_the_alarms_are_there(tmp_path):
    tested = BoardOfTests(tmp_path, reader=Away())
    async with tested.logged_in() as client:
        said = await call(client, "group-devices.children", GROUP, of("12"))
        assert "kho dữ liệu" in str(said["group-devices"]).lower()
        assert "Không có cảnh báo" in str(said["group-alarms"])
    async with tested.logged_in(rights=("analyst",), name="minh") as client:
        assert await call(client, "group-devices.children", GROUP, of("12")) == {}
        assert await call(client, "device-said.children", DEVICE, named("tdp-012-l1")) == {}


@pytest.mark.parametrize(
    ("rule", "subject", "names", "addresses"),
    [
        ("speaker.offline", "", "TDP-012 TDP-013", {"TDP-012": "/group/12", "TDP-013": "/group/13"}),
        ("camera.fault", "", "cho-01", {"cho-01": "/device/cho-01"}),
        ("line.down", "duong-truyen-1", "", {"duong-truyen-1": "/device/duong-truyen-1"}),
        ("queue.counters_silent", "", "Q01", {}),
        ("camera.unseen", "", "cho-01", {"cho-01": "/device/cho-01"}),
        ("camera.hall", "", "", {}),
        ("gone.rule", "", "x", {}),
    ],
)
def test_an_alarm_leads_to_the_groups_and_devices_that_it_names(rule, subject, names, addresses):
    found = alarm(rule, subject, names)
    assert alarm_members(found, board_state()) == addresses
    said = alarm_updates(found, board_state())[PropertyUpdate("alarm-subject", "children")]
    assert [one.href for one in said if not isinstance(one, str)] == list(addresses.values())
