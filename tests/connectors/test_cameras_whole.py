"""From cameras as they are sold to figures on the board: one of Hikvision, one by ONVIF, and one that is not there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.supervision.stack import Stack
from connectors.simulator.protocols.cameras import (
    IsapiDevice,
    OnvifDevice,
    alert,
    as_part,
    at_work,
    notification,
    simple_item,
)
from ingest.devices.listed import device_list, password_file
from tests.connectors.support.cameras import ACCOUNT, PASSWORD, USER, wait
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.long, pytest.mark.timeout(240)]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(tmp_path, ("ingest", "warehouse", "streams", "connectors")) as running:
        yield running


def newest(client: Client, indicator: str, dimension: str = "") -> dict[str, tuple[int, int]]:
    """By member, an indicator's newest stock."""
    asked = (
        "SELECT member, argMax((numerator, denominator), (window_ms, version)) FROM raw_values FINAL "
        "WHERE grain = 'stock' AND indicator = %(id)s AND dimension = %(dimension)s GROUP BY member"
    )
    return {member: tuple(value) for member, value in client.query(asked, {"id": indicator, "dimension": dimension})}


def test_a_covered_lens_a_lost_signal_a_full_disk_and_a_camera_that_is_away_are_on_the_board(stack: Stack) -> None:
    hikvision, other = IsapiDevice(*ACCOUNT), OnvifDevice(*ACCOUNT)
    other.initial = [
        notification("Device/HardwareFailure/StorageFailure", "Initialized", simple_item("Failed", "true"))
    ]
    with at_work(hikvision) as one, at_work(other) as two, connect(stack.install.warehouse) as client:
        for connector, cameras in {"isapi": {"tdp017-cong": one, "di-vang": "http://127.0.0.1:9"}, "onvif": {"tdp018-ngo": two}}.items():  # fmt: skip
            listed = device_list(stack.folder, connector)
            listed.parent.mkdir(exist_ok=True)
            for name in cameras:
                password_file(stack.folder, name).write_text(PASSWORD, encoding="utf-8")
            entries = (f'[{name}]\nurl = "{url}"\nuser = "{USER}"\n' for name, url in cameras.items())
            listed.write_text("\n".join(entries), encoding="utf-8")
        wait(lambda: hikvision.streams and other.points)  # they are taken up while everything runs
        hikvision.say(as_part(alert("shelteralarm")), as_part(alert("fielddetection")))
        wait(lambda: newest(client, "C02").get("", (0, 0))[0] == 3)
        for fault in ("tamper", "disk_error", "network"):
            wait(lambda fault=fault: newest(client, "C02", fault).get("active", (0, 0))[0] == 1)
        wait(lambda: newest(client, "C01").get("") == (2, 3))
        wait(lambda: newest(client, "C01", "area_code").get("TDP-017") == (1, 1))
        wait(lambda: newest(client, "C04").get("", (0, 0))[0] == 1)
        hikvision.say(as_part(alert("shelteralarm", "inactive")))
        other.say(notification("Device/HardwareFailure/StorageFailure", data=simple_item("Failed", "false")))
        wait(lambda: newest(client, "C02").get("", (0, 0))[0] == 1)
        stored = "".join(event for (event,) in client.query("SELECT event FROM raw_events"))
        assert [text for text in (PASSWORD, "10.20.0.17") if text in stored] == []
        assert client.query("SELECT count() FROM raw_dead_letters") == [(0,)]
