"""docker-compose.yml, held against the entry points and settings that it starts."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.install.settings import KINDS, variable

ROOT = Path(__file__).parents[1]
FOLDERS = ("ingest", "connectors", "warehouse", "streams", "dashboard")
MODULES = {**{folder: folder for folder in FOLDERS}, "keeper": "warehouse.maintenance", "alarm": "dashboard.alarm"}
"""What each service of ours runs; the keeper is a second process of the warehouse's folder, the alarm process of the board's."""
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
VARIABLES = {variable(kind, field) for kind in KINDS for field in kind.model_fields}


@pytest.mark.parametrize(("name", "module"), MODULES.items())
def test_one_service_a_folder_runs_its_entry_point(name: str, module: str) -> None:
    assert SERVICES[name]["command"] == ["python", "-m", module]
    assert (ROOT / module.replace(".", "/") / "__main__.py").is_file()
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "commands.supervision.ready", name]


def test_nothing_else_runs_than_the_folders_and_the_two_stores() -> None:
    assert set(SERVICES) == {*MODULES, "kafka", "clickhouse"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_health_check_a_pinned_image_and_a_volume(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert re.fullmatch(r"[\w./-]+:\d[\w.-]+", service["image"]), service["image"]
    volumes = [volume.split(":")[0] for volume in service["volumes"]]
    assert set(volumes) <= set(COMPOSE["volumes"])
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", MODULES)
def test_every_variable_is_a_setting(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= VARIABLES


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_default(name: str) -> None:
    for variable_name, value in SERVICES[name]["environment"].items():
        if re.search(r"PASSWORD|SECRET|TOKEN", variable_name):
            assert re.fullmatch(r"\$\{IOC_\w+:\?[^}]+\}", value), variable_name


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_image_holds_what_the_services_run() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*FOLDERS, "commands"} == set(copied)
    assert "commands/developers" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_kafka_and_driver_speak_of_the_same_kafka() -> None:
    pinned = (ROOT / "ingest" / "kafka" / "broker" / "jars.lock").read_text(encoding="utf-8")
    version = SERVICES["kafka"]["image"].partition(":")[2]
    assert f"kafka_2.13:{version}" in pinned.replace(" ", ":") or version in pinned
