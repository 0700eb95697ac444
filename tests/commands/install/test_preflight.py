import os
import shutil
import socket
from pathlib import Path

import pytest

from commands.install import preflight
from commands.install.ports import free_ports
from commands.install.processes import all_ports, managed_processes
from commands.install.secret_files import make_secrets
from commands.install.settings import KINDS, install_of


@pytest.fixture
def variables(tmp_path):
    names = (
        "KAFKA_PORT",
        "KAFKA_CONTROLLER_PORT",
        "WAREHOUSE_PORT",
        "CONNECTORS_INTAKE_PORT",
        "CONNECTORS_MQTT_PORT",
        "CONNECTORS_SIMULATOR_PORT",
        "BOARD_PORT",
    )
    make_secrets(tmp_path / "secrets", KINDS)
    return {
        "IOC_DATA_FOLDER": str(tmp_path),
        **{f"IOC_{name}": str(port) for name, port in zip(names, free_ports(7), strict=True)},
    }


def install(variables):
    return install_of(variables, Path(variables["IOC_DATA_FOLDER"]) / "secrets")


def test_every_port_has_a_setting(variables):
    found = all_ports(managed_processes(install(variables), simulator=True))
    assert {port.variable: str(port.number) for _, port in found} == {
        k: v for k, v in variables.items() if k.endswith("PORT")
    }


def test_free_ports_are_no_obstacle(variables):
    preflight.check_ports(managed_processes(install(variables), simulator=True))


def test_a_taken_port_says_which_by_whom_and_what_to_change(variables):
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        found = managed_processes(install({**variables, "IOC_BOARD_PORT": str(taken)}), simulator=True)
        with pytest.raises(preflight.CannotStartError) as obstacle:
            preflight.check_ports(found)
    for text in obstacle.value.label.both:
        assert str(taken) in text
        assert f"pid {os.getpid()}" in text
        assert "IOC_BOARD_PORT" in text


def test_one_port_for_two_parts_is_named(variables):
    same = {**variables, "IOC_BOARD_PORT": variables["IOC_WAREHOUSE_PORT"]}
    with pytest.raises(preflight.CannotStartError, match="IOC_WAREHOUSE_PORT and IOC_BOARD_PORT"):
        preflight.check_ports(managed_processes(install(same), simulator=True))


def test_what_is_outside_needs_no_port_here(variables):
    outside = {
        "IOC_KAFKA_BOOTSTRAP": "kafka:9092",
        "IOC_WAREHOUSE_HOST": "clickhouse",
        "IOC_CONNECTORS_MQTT_URL": "mqtt://m",
    }
    found = managed_processes(install({**variables, **outside}), simulator=False, workers=2)
    assert [port.variable for _, port in all_ports(found)] == ["IOC_CONNECTORS_INTAKE_PORT", "IOC_BOARD_PORT"]
    assert [part.name for part in found if part.module == "streams"] == ["streams-1", "streams-2"]


def test_a_full_disk_is_an_obstacle(variables, monkeypatch):
    nearly_full = shutil.disk_usage("/")._replace(total=10**12, used=10**12, free=10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: nearly_full)
    with pytest.raises(preflight.CannotStartError, match="IOC_DATA_FOLDER"):
        preflight.check_disk(install(variables))
