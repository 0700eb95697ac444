"""Every service's command line with exactly the environment that Compose would give it, from a webhook to the board.

The stores are our own Kafka and our own warehouse, which the services use as outside ones; what differs from the file is said in `.env`:
hosts, ports, and the log-in that our own Kafka asks for.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from commands.install.ports import ProcessPort, free_ports
from commands.supervision.probe import health_report
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.kafka.client import OWN_USER, own_password
from ingest.runtime.process import end_with_parent
from tests.support.compose import ROOT, SERVICES, STORES, environment
from tests.test_compose import REQUIRED

pytestmark = [pytest.mark.embedded, pytest.mark.long, pytest.mark.timeout(240)]

OURS = tuple(name for name in SERVICES if name not in STORES)
PATIENCE = 150.0
HEALTH = {
    "ingest": "IOC_INGEST_HEALTH_PORT",
    "warehouse": "IOC_WAREHOUSE_HEALTH_PORT",
    "connectors": "IOC_CONNECTORS_HEALTH_PORT",
    "streams": "IOC_STREAMS_HEALTH_PORT",
    "dashboard": "IOC_BOARD_HEALTH_PORT",
    "keeper": "IOC_KEEPER_HEALTH_PORT",
    "alarm": "IOC_ALARM_HEALTH_PORT",
}


class Services:
    """The services of docker-compose.yml, as processes of this PC.

    Args:
        folder: for what they write.
        stores: Kafka and the warehouse.
    """

    def __init__(self, folder: Path, stores: Stack) -> None:
        self.folder = folder
        ingest, warehouse = stores.install.ingest, stores.install.warehouse
        assert warehouse.analyst_password is not None
        health = dict(zip(HEALTH.values(), map(str, free_ports(len(HEALTH))), strict=True))
        intake, mqtt, board = map(str, free_ports(3))
        self.given = {
            **REQUIRED,
            **health,
            "IOC_KAFKA_BOOTSTRAP": ingest.bootstrap,
            "IOC_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "IOC_KAFKA_USERNAME": OWN_USER,
            "IOC_KAFKA_PASSWORD": own_password(ingest),
            "IOC_WAREHOUSE_HOST": f"127.0.0.1:{warehouse.port}",
            "IOC_WAREHOUSE_PASSWORD": warehouse.password.get_secret_value(),
            "IOC_WAREHOUSE_ANALYST_PASSWORD": warehouse.analyst_password.get_secret_value(),
            "IOC_CONNECTORS_INTAKE_HOST": "127.0.0.1",
            "IOC_CONNECTORS_INTAKE_PORT": intake,
            "IOC_CONNECTORS_MQTT_HOST": "127.0.0.1",
            "IOC_CONNECTORS_MQTT_PORT": mqtt,
            "IOC_BOARD_HOST": "127.0.0.1",
            "IOC_BOARD_PORT": board,
            "IOC_BOARD_PUBLIC_URL": "https://ioc.example.vn",
            "IOC_BOARD_INTAKE_URL": f"http://127.0.0.1:{intake}",
        }
        """What `.env` says."""
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, name: str) -> dict[str, str]:
        """Compose's, with another folder in the place of the volume, and what the image has of its own."""
        given = {**environment(name, self.given), "IOC_DATA_FOLDER": str(self.data(name))}
        image = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        return {**image, **given}

    def data(self, name: str) -> Path:
        """What is `/data` in the container."""
        return self.folder / name

    def run(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        """Run a command line of the file."""
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *command[1:]],
                cwd=self.folder,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
            )

    def __enter__(self) -> "Services":
        for name in OURS:
            self.data(name).mkdir(mode=0o700)
            self._running[name] = self.run(name, SERVICES[name]["command"])
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait(self) -> None:
        """Until each says that it is ready."""
        end = time.monotonic() + PATIENCE
        for name in OURS:
            port = ProcessPort(int(self.given[HEALTH[name]]), HEALTH[name])
            while (answer := health_report(port)) is None or answer.faults:
                assert self._running[name].poll() is None, self.log(name)
                assert time.monotonic() < end, (name, answer, self.log(name))
                time.sleep(0.1)

    def log(self, name: str) -> str:
        """What it wrote."""
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")[-4000:]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with (
        Stack(tmp_path_factory.mktemp("stores"), ("ingest", "warehouse"), patience=120) as stores,
        Services(tmp_path_factory.mktemp("services"), stores) as running,
    ):
        running.wait()
        yield running


def post_ticket(services: Services) -> int:
    """The kiosk issues a ticket; the answer's status."""
    now = datetime.now(UTC)
    ticket = {"number": "A001", "issuedAt": now.isoformat(), "service": "ho_tich", "queue": "ho_tich"}
    body = {"id": "compose-1", "event": "ticket.created", "time": now.isoformat(), "site": "TTHCC", "kiosk": "KIOSK-01"}
    text = json.dumps({**body, "ticket": ticket})
    secret = services_secret(services)
    headers = {
        "webhook-id": "compose-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("compose-1", now, text),
        "content-type": "application/json",
    }
    url = f"http://127.0.0.1:{services.given['IOC_CONNECTORS_INTAKE_PORT']}/intake/queue_kiosk"
    return httpx.post(url, content=text, headers=headers, timeout=30, trust_env=False).status_code


def services_secret(services: Services) -> str:
    """The kiosk's webhook secret, as `.env` and the connectors have it."""
    given = SecretStr(services.environment("connectors")["IOC_CONNECTORS_WEBHOOK_SECRET"])
    return ConnectorsSettings(_env_file=None, webhook_secret=given).webhook_secrets("queue_kiosk")[0]


def held_by_the_board(services: Services) -> int:
    """How many visits the board has in memory."""
    left = json.loads((services.data("dashboard") / "dashboard" / "readings.json").read_text("utf-8"))
    answer = httpx.get(left["url"], headers={"authorization": f"Bearer {left['key']}"}, timeout=60, trust_env=False)
    told = answer.raise_for_status().json()
    rows = [dict(zip(told["columns"], values, strict=True)) for values in told["values"]]
    return max([row["numerator"] for row in rows if (row["indicator"], row["member"]) == ("Q01", "ho_tich")], default=0)


def test_an_event_goes_from_a_webhook_to_the_board(services: Services) -> None:
    assert post_ticket(services) == 202
    end = time.monotonic() + PATIENCE
    while held_by_the_board(services) < 1:
        assert time.monotonic() < end, "\n".join(f"== {name}\n{services.log(name)}" for name in OURS)
        time.sleep(0.5)

    # The first account is there, and its password is for whoever may read the volume.
    waiting = services.data("dashboard") / "dashboard" / "first-password"
    assert waiting.stat().st_mode & 0o077 == 0
    name, password = waiting.read_text("utf-8").strip().split("  /  ")
    assert password not in services.log("dashboard")
    assert str(waiting) in services.log("dashboard")
    board = f"http://127.0.0.1:{services.given['IOC_BOARD_PORT']}"
    with httpx.Client(base_url=board, trust_env=False, timeout=60) as browser:
        entered = browser.post("/login", data={"name": name, "password": password})
        assert entered.status_code == 303
        assert entered.headers["set-cookie"].startswith("__Host-")  # browsers reach it by TLS, says `.env`
    assert not waiting.exists()


def test_each_health_check_of_the_file_passes(services: Services) -> None:
    checks = {name: SERVICES[name]["healthcheck"]["test"][1:] for name in OURS}
    with ThreadPoolExecutor(2) as pool:
        codes = dict(
            zip(checks, pool.map(lambda name: services.run(name, checks[name]).wait(120), checks), strict=True)
        )
    assert codes == dict.fromkeys(OURS, 0), {name: services.log(name) for name, code in codes.items() if code}


def test_no_service_fell_back_to_something_of_its_own(services: Services) -> None:
    """Outside stores are used as such: no service made a Kafka or an engine of its own, and no secrets."""
    for name in OURS:
        made = {path.name for path in services.data(name).iterdir()}
        assert not made & {"kafka", "warehouse", "secrets"}, (name, made)
