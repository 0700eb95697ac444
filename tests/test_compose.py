"""docker-compose.yml, held against the entry points and settings that it starts."""

import re
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest
from pydantic_settings import BaseSettings

from commands.install.processes import ManagedProcess, managed_processes
from commands.install.secret_files import generated_secrets
from commands.install.settings import KINDS, install_of, variable
from tests.support.compose import COMPOSE, ROOT, SERVICES, STORES, MissingVariableError, environment

REQUIRED = MappingProxyType(
    {
        "IOC_PSEUDONYM_SECRET": "pseudonym-secret-of-thirty-two-letters-and-more",
        "IOC_LETTERS_SECRET": "letters-secret-of-thirty-two-letters-and-more",
        "IOC_CONNECTORS_WEBHOOK_SECRET": "webhook-secret-of-thirty-two-letters-and-more",
        "IOC_CONNECTORS_MQTT_SECRET": "mqtt-secret-of-thirty-two-letters-and-more",
        "IOC_BOARD_SESSION_SECRET": "session-secret-of-thirty-two-letters-and-more",
        "IOC_WAREHOUSE_PASSWORD": "owner-password-of-the-tests",
        "IOC_WAREHOUSE_ANALYST_PASSWORD": "analyst-password-of-the-tests",
    }
)
"""All that `.env` has to say."""
OWN_KAFKA = "IOC_KAFKA_OWN_SECRET"
"""The only secret that no service needs: that of the embedded Kafka."""
FIXED = {"IOC_DATA_FOLDER"}
"""What `.env` cannot change: where the volume is within the container."""

INSTALL = install_of(REQUIRED, Path(__file__).parent)  # where no secret file is
PROCESSES = {one.name.removesuffix("-1"): one for one in managed_processes(INSTALL, simulator=False)}
VARIABLES = {variable(kind, field): kind for kind in KINDS for field in kind.model_fields}


@cache
def read_by(module: str) -> set[type[BaseSettings]]:
    """The settings that a process reads, as its folder's code says."""
    folder = ROOT / module.replace(".", "/")
    code = "".join(
        path.read_text("utf-8")
        for path in folder.rglob("*.py")
        if path.parent == folder or not (path.parent / "__main__.py").exists()
    )
    names = set(re.findall(r"read_settings\((\w+)\)", code))
    return {kind for kind in KINDS if kind.__name__ in names}


def test_the_services_are_the_processes_of_an_install_and_the_two_stores() -> None:
    assert set(SERVICES) == {*PROCESSES, *STORES}


@pytest.mark.parametrize(("name", "process"), PROCESSES.items())
def test_each_service_runs_its_process_and_asks_it_how_it_is(name: str, process: ManagedProcess) -> None:
    assert SERVICES[name]["command"] == ["python", "-m", process.module]
    assert (ROOT / process.module.replace(".", "/") / "__main__.py").is_file()
    assert SERVICES[name]["healthcheck"]["test"] == [
        "CMD",
        "python",
        "-m",
        "commands.supervision.container_check",
        name,
    ]


@pytest.mark.parametrize("name", PROCESSES)
def test_env_reaches_every_setting_that_a_service_reads(name: str) -> None:
    kinds = read_by(PROCESSES[name].module)
    assert len(kinds) >= 2, name
    read = {variable(kind, field) for kind in kinds for field in kind.model_fields}
    changed = {**REQUIRED, **{one: f"changed-{one}" for one in read}}
    got = environment(name, changed)
    secrets = {one.upper() for kind in kinds for one in generated_secrets(kind)}
    unreachable = {one for one in read - FIXED - secrets if got.get(one) != changed[one]}
    assert unreachable == set()
    # A nested setting has a name that nobody can list.
    assert environment(name, {**REQUIRED, "IOC_CONNECTORS_URLS__CAMERA_DESK": "https://x"})[
        "IOC_CONNECTORS_URLS__CAMERA_DESK"
    ]


def test_every_setting_of_the_services_is_read_by_one() -> None:
    read = {kind for process in PROCESSES.values() for kind in read_by(process.module)}
    assert {kind.__name__ for kind in set(KINDS) - read} == {"SimulatorSettings"}


@pytest.mark.parametrize("missing", REQUIRED)
def test_nothing_starts_without_each_secret(missing: str) -> None:
    given = {**REQUIRED, missing: ""}
    with pytest.raises(MissingVariableError, match=missing):
        [environment(name, given) for name in SERVICES]


def test_every_secret_that_a_pc_makes_is_required_and_reaches_those_who_use_it() -> None:
    made = {name.upper() for kind in KINDS for name in generated_secrets(kind)}
    assert made == {*REQUIRED, OWN_KAFKA}
    seen = {
        secret: {name for name in PROCESSES if environment(name, REQUIRED).get(secret) == REQUIRED[secret]}
        for secret in REQUIRED
    }
    assert seen == {
        "IOC_PSEUDONYM_SECRET": {"connectors"},
        "IOC_LETTERS_SECRET": {"connectors", "dashboard"},
        "IOC_CONNECTORS_WEBHOOK_SECRET": {"connectors"},
        "IOC_CONNECTORS_MQTT_SECRET": {"connectors"},
        "IOC_BOARD_SESSION_SECRET": {"dashboard", "alarm"},
        "IOC_WAREHOUSE_PASSWORD": {"warehouse", "streams", "dashboard", "alarm", "keeper"},
        "IOC_WAREHOUSE_ANALYST_PASSWORD": {"warehouse", "streams", "dashboard", "alarm", "keeper"},
    }


@pytest.mark.parametrize("name", PROCESSES)
def test_every_variable_of_a_service_is_a_setting(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= set(VARIABLES)


def test_both_stores_run_here_unless_their_profile_is_taken_out() -> None:
    assert {name: SERVICES[name].get("profiles") for name in SERVICES if "profiles" in SERVICES[name]} == {
        "kafka": ["kafka"],
        "clickhouse": ["clickhouse"],
    }
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert "\nCOMPOSE_PROFILES=kafka,clickhouse\n" in example
    for name in PROCESSES:
        # A service does not wait for a store that is outside.
        for store in STORES & set(SERVICES[name].get("depends_on", {})):
            assert SERVICES[name]["depends_on"][store] == {"condition": "service_healthy", "required": False}
    streams = environment("streams", REQUIRED)
    assert (streams["IOC_KAFKA_BOOTSTRAP"], streams["IOC_WAREHOUSE_HOST"]) == ("kafka:9092", "clickhouse")
    outside = {**REQUIRED, "IOC_KAFKA_BOOTSTRAP": "k1:9092,k2:9092", "IOC_WAREHOUSE_HOST": "c1,c2"}
    streams = environment("streams", outside)
    assert (streams["IOC_KAFKA_BOOTSTRAP"], streams["IOC_WAREHOUSE_HOST"]) == ("k1:9092,k2:9092", "c1,c2")


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_has_a_health_check_a_pinned_image_and_a_volume(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"]
    assert re.fullmatch(r"[\w./-]+:\d[\w.-]+", service["image"]), service["image"]
    volumes = [volume.split(":")[0] for volume in service["volumes"]]
    assert set(volumes) - {"./certificates"} <= set(COMPOSE["volumes"])
    assert name in volumes
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_default(name: str) -> None:
    for variable_name, value in SERVICES[name]["environment"].items():
        if re.search(r"PASSWORD|SECRET|TOKEN", variable_name):
            assert value == "" or re.fullmatch(r"\$\{IOC_\w+:\?[^}]+\}", value), variable_name


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


def test_the_image_holds_what_the_services_run() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {*(one.module.partition(".")[0] for one in PROCESSES.values()), "commands"} == set(copied)
    assert "commands/developers" in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert re.search(r"^FROM python:\d+\.\d+\.\d+-", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_kafka_and_driver_speak_of_the_same_kafka() -> None:
    pinned = (ROOT / "ingest" / "kafka" / "broker" / "jars.lock").read_text(encoding="utf-8")
    version = SERVICES["kafka"]["image"].partition(":")[2]
    assert f"kafka_2.13:{version}" in pinned.replace(" ", ":") or version in pinned
