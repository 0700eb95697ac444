import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

from commands.install.ports import free_ports
from dashboard.access.accounts import Accounts, ensure_first
from tests.dashboard.support.ward import SECRET, board_settings
from tests.support.broker import SECRET as KAFKA_SECRET
from tests.support.warehouse_server import ROOT

pytestmark = pytest.mark.processes


@pytest.fixture
def variables(tmp_path):
    board, kafka, warehouse = free_ports(3)
    return {
        "IOC_DATA_FOLDER": str(tmp_path),
        "IOC_BOARD_PORT": str(board),
        "IOC_BOARD_SESSION_SECRET": SECRET,
        "IOC_KAFKA_PORT": str(kafka),
        "IOC_KAFKA_OWN_SECRET": KAFKA_SECRET.get_secret_value(),
        "IOC_WAREHOUSE_PORT": str(warehouse),
        "IOC_WAREHOUSE_PASSWORD": "owner-password-of-the-tests",
    }


def start(variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IOC_")}
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard"],
        cwd=ROOT,
        env={**environment, **variables},
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(process, url):
    for _ in range(300):
        try:
            return httpx.get(url, trust_env=False)
        except httpx.TransportError:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
    raise AssertionError("it does not answer")


def test_it_serves_while_everything_else_is_away_and_ends_when_told(variables, tmp_path):
    process = start(variables)
    url = f"http://127.0.0.1:{variables['IOC_BOARD_PORT']}"
    try:
        assert answers(process, f"{url}/livez").json() == {"alive": True}
        assert httpx.get(f"{url}/livez", headers={"host": "evil.test"}, trust_env=False).status_code == 421
        password = ensure_first(board_settings(tmp_path))  # made after the start, as `./ioc up` does
        with httpx.Client(base_url=url, trust_env=False) as client:
            assert client.post("/login", data={"name": "admin", "password": password}).status_code == 303
            assert client.get("/api/clock").status_code == 200
            assert "_dash-config" in client.get("/", headers={"accept": "text/html"}).text
            Accounts(board_settings(tmp_path)).remove("admin")  # as `./ioc account remove` does
            assert client.get("/api/clock").status_code == 401
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=10)
        assert process.returncode == 0, log
        assert log.count("waiting for the warehouse") == 1, "it says once what it waits for"
        assert "Traceback" not in log
        assert "ad-hoc SQL is off" in log
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"IOC_BOARD_HOST": "0.0.0.0"}, ["IOC_BOARD", "tls_certificate"]),
        ({"IOC_KAFKA_OWN_SECRET": ""}, ["IOC_KAFKA_OWN_SECRET"]),
    ],
    ids=["where passwords could be overheard", "without the secret of Kafka"],
)
def test_it_refuses_to_start_and_says_why(variables, changed, told):
    process = start({**variables, **changed})
    _, log = process.communicate(timeout=60)
    assert process.returncode == 1
    assert all(word in log for word in told)
    assert SECRET not in log
    assert "Traceback" not in log
