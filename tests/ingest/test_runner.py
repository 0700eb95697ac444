import asyncio
import base64
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook as Signer

from commands.install.ports import free_ports
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import Connector, Webhook
from ingest.contract.envelope import decode
from ingest.contract.errors import ConfigurationError
from ingest.contract.topic import topic_of
from ingest.kafka.producer import Producer
from ingest.mqtt.broker import OWN, BrokerSettings
from ingest.mqtt.subscriber import MqttServer
from ingest.runner import ConnectorEndpoints, ConnectorRunner
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.webhook.server import WebhookSettings
from tests.ingest.rest.test_poller import Rest, served
from tests.ingest.support.mqtt_device import Device, device
from tests.ingest.support.toy import HEALTH, POLLED, POSTING, QUEUE, SUBSCRIBED, context, kept, note, until
from tests.support.broker import SECRET as SECRET_OF_KAFKA

pytestmark = pytest.mark.embedded

ROOT = Path(__file__).parents[2]
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
PASSWORD = "p" * 32


def outside(folder, intake, mqtt, /, **changed):
    values = {
        "folder": folder,
        "listen": WebhookSettings("127.0.0.1", intake),
        "mqtt": MqttServer("127.0.0.1", mqtt, OWN, SecretStr(PASSWORD)),
        "broker": BrokerSettings("127.0.0.1", mqtt, lambda account: PASSWORD),
        "webhook_secrets": {"posting": (SECRET,)},
        **changed,
    }
    return ConnectorEndpoints(**values)


def signed(value, id_="m1", secret=SECRET):
    body, now = json.dumps(value).encode(), datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signer(secret).sign(id_, now, body.decode()),
    }
    return {"content": body, "headers": headers}


@asynccontextmanager
async def running(connectors, reach, kafka, ward):
    ending = asyncio.Event()
    runner = ConnectorRunner(connectors, reach, Producer(kafka), context(ward))
    task = asyncio.create_task(runner.run(ending))
    async with httpx.AsyncClient(trust_env=False, base_url=f"http://127.0.0.1:{reach.listen.port}") as http:

        async def ready():
            assert not task.done(), task.exception()
            try:
                return (await http.get("/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        await until(ready)
        yield http
        ending.set()
        async with asyncio.timeout(60):
            await task


async def ids(kafka, ward):
    return {one.id for one in decode(await kept(kafka, QUEUE, ward)).events}


async def test_every_way_leads_into_kafka_and_each_source_has_its_light(kafka, tmp_path):
    intake, mqtt = free_ports(2)
    rest = Rest()
    rest.pages = {None: {"notes": [note(2)], "next": "c1"}}
    with served(rest) as url, device(mqtt, user="subscribed", password=PASSWORD) as one:
        reach = outside(tmp_path, intake, mqtt, urls={"polled": url})
        async with running([POSTING, POLLED, SUBSCRIBED], reach, kafka, "ways") as http:
            assert (await http.post("/intake/posting", **signed(note(1)))).status_code == 202
            one.publish("toy/1/note", json.dumps(note(3)))

            async def all_there():
                return await ids(kafka, "ways") == {"n-1", "n-2", "n-3"}

            await until(all_there)

            async def all_lit():
                told = [event.data for event in decode(await kept(kafka, HEALTH, "ways")).events]
                return {one.source_id for one in told if one.kind == "source.heartbeat"} == {
                    "posting", "polled", "subscribed",
                }  # fmt: skip

            await until(all_lit)
    assert Cursor(tmp_path, "polled", context("ways").pseudonym).read() == "c1"


async def test_a_source_that_is_away_does_not_stop_the_others(kafka, tmp_path):
    intake, mqtt = free_ports(2)
    reach = outside(tmp_path, intake, mqtt, urls={"polled": "http://127.0.0.1:1"})
    async with running([POSTING, POLLED, SUBSCRIBED], reach, kafka, "away") as http:
        assert (await http.post("/intake/posting", **signed(note(1)))).status_code == 202
        assert await ids(kafka, "away") == {"n-1"}


async def test_a_source_that_posts_nothing_for_three_signs_of_life_goes_dark(kafka, tmp_path):
    (intake, mqtt) = free_ports(2)
    quick = Connector(**{**vars(POSTING), "way": Webhook(sign_of_life=timedelta(milliseconds=200))})

    async def told():
        events = [event.data for event in decode(await kept(kafka, HEALTH, "silent")).events]
        return [one.kind for one in events if one.kind != "source.heartbeat"]

    async with running([quick], outside(tmp_path, intake, mqtt, broker=None), kafka, "silent") as http:
        assert await told() == [], "one that was never heard is not missed"
        for number in (1, 2):
            assert (await http.post("/intake/posting", **signed({"no": "event"}, f"m{number}"))).status_code == 202

            async def back_and_gone(number=number):
                return await told() == ["source.up", "source.down"] * number

            await until(back_and_gone)


async def test_a_polled_source_without_address_is_not_read(kafka, tmp_path, caplog):
    caplog.set_level("INFO")
    intake, mqtt = free_ports(2)
    async with running([POLLED], outside(tmp_path, intake, mqtt), kafka, "unset"):
        assert "set IOC_CONNECTORS_URLS__POLLED" in caplog.text


async def test_a_bug_of_ours_ends_everything(kafka, tmp_path, monkeypatch):
    def broken(self, body, **options):
        raise KeyError("bug")

    monkeypatch.setattr(Mapper, "take", broken)
    intake, mqtt = free_ports(2)
    runner = ConnectorRunner([SUBSCRIBED], outside(tmp_path, intake, mqtt), Producer(kafka), context("bug"))
    with device(mqtt, user="subscribed", password=PASSWORD) as one:
        one.publish("toy/1/note", json.dumps(note(1)))
        with pytest.raises(ExceptionGroup) as errors:
            await runner.run(asyncio.Event())
    assert errors.group_contains(KeyError)
    assert one.acknowledged == []


async def test_a_port_that_is_taken_is_a_setting_to_change(kafka, tmp_path):
    intake, mqtt = free_ports(2)
    async with running([POSTING], outside(tmp_path, intake, mqtt), kafka, "first"):
        second = ConnectorRunner([POSTING], outside(tmp_path, intake, mqtt), Producer(kafka), context("second"))
        with pytest.raises(ExceptionGroup) as errors:
            await second.run(asyncio.Event())
        assert errors.group_contains(ConfigurationError)


def certificate(folder):
    """A certificate for another host's name, as a ward makes it by hand."""
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=ioc.phuong.vn",
         "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True,
    )  # fmt: skip
    return paths


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_both_ports_speak_tls(kafka, tmp_path):
    pem, key = certificate(tmp_path)
    intake, mqtt = free_ports(2)
    reach = outside(
        tmp_path, intake, mqtt,
        listen=WebhookSettings("127.0.0.1", intake, pem, key),
        mqtt=MqttServer("127.0.0.1", mqtt, OWN, SecretStr(PASSWORD), True, pem, any_host_name=True),
        broker=BrokerSettings("127.0.0.1", mqtt, lambda account: PASSWORD, pem, key),
    )  # fmt: skip
    ending = asyncio.Event()
    task = asyncio.create_task(
        ConnectorRunner([POSTING, SUBSCRIBED], reach, Producer(kafka), context("tls")).run(ending)
    )
    trusting = ssl.create_default_context(cafile=str(pem))
    trusting.check_hostname = False
    one = Device(mqtt, user="subscribed", password=PASSWORD, tls=trusting)
    async with httpx.AsyncClient(trust_env=False, verify=trusting) as http:

        async def accepted():
            assert not task.done(), task.exception()
            try:
                return (await http.post(f"https://127.0.0.1:{intake}/intake/posting", **signed(note(1)))).is_success
            except httpx.TransportError:
                return False

        await until(accepted)
    one.publish("toy/1/note", json.dumps(note(2)))
    await until(lambda: one.acknowledged)
    assert await ids(kafka, "tls") == {"n-1", "n-2"}
    await asyncio.to_thread(one.leave)
    ending.set()
    await task


def make_secrets(folder):
    """The secrets that `./ioc up` makes; the same ones at every call."""
    secrets = folder / "secrets"
    secrets.mkdir(exist_ok=True)
    fields = ConnectorsSettings.model_fields.items()
    generated = [name for name, field in fields if (field.json_schema_extra or {}).get("generated")]
    made = {}
    for name in (*generated, "pseudonym_secret"):
        path = secrets / f"ioc_{'' if name == 'pseudonym_secret' else 'connectors_'}{name}"
        if not path.exists():
            path.write_text(os.urandom(32).hex())
        made[name] = path.read_text()
    return made


class Connectors(subprocess.Popen[str]):
    """The process of the connectors, and the port of its intake."""

    def __init__(self, command: list[str], intake: int, environment: dict[str, str]) -> None:
        super().__init__(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        self.intake = intake


@contextmanager
def process(folder, *arguments, **settings):
    """`python -m connectors` as it is run, with all secrets made."""
    intake, mqtt, nothing = free_ports(3)
    make_secrets(folder)
    environment = {
        "PATH": os.environ["PATH"],
        "IOC_DATA_FOLDER": str(folder),
        "IOC_KAFKA_PORT": str(nothing),
        "IOC_KAFKA_OWN_SECRET": SECRET_OF_KAFKA.get_secret_value(),
        "IOC_CONNECTORS_INTAKE_PORT": str(intake),
        "IOC_CONNECTORS_MQTT_PORT": str(mqtt),
        **{name: str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "connectors", *arguments]
    with Connectors(command, intake, environment) as one:
        try:
            yield one
        finally:
            if one.poll() is None:
                one.kill()


def answers(port, probe):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/{probe}", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_process_runs_all_connectors_and_ends_cleanly_within_ten_seconds(kafka, tmp_path):
    with process(tmp_path, IOC_KAFKA_PORT=kafka.kafka_port, IOC_PRETEND="true") as one:
        wait_for(one, "readyz")
        secret = ConnectorsSettings(_secrets_dir=tmp_path / "secrets", _env_file=None).webhook_secrets("queue_kiosk")[0]
        url = f"http://127.0.0.1:{one.intake}/intake/queue_kiosk"
        answer = httpx.post(url, trust_env=False, **signed({"id": "x"}, secret=secret))
        assert (answer.status_code, answer.json()["dead_letter"]) == (202, True)
        one.send_signal(signal.SIGTERM)
        _, log = one.communicate(timeout=10)
    assert one.returncode == 0, log
    assert "connected to Kafka" in log
    assert "Traceback" not in log
    assert secret not in log


async def test_a_process_killed_at_any_moment_has_acknowledged_only_what_kafka_has(kafka, tmp_path):
    ward, (intake, mqtt) = "killed", free_ports(2)
    ports = {"IOC_CONNECTORS_INTAKE_PORT": intake, "IOC_CONNECTORS_MQTT_PORT": mqtt}
    settings = {"IOC_KAFKA_PORT": kafka.kafka_port, "IOC_WARD": ward, **ports}
    now = int(time.time()) - 1000
    sent: dict[int, int] = {}

    async def there():
        events = decode(await kept(kafka, topic_of("speaker"), ward)).events
        return {int(one.data.at.timestamp()) for one in events}

    user = "smart_loudspeaker.tdp-001-l1"
    secret = SecretStr(make_secrets(tmp_path)["mqtt_secret"])
    password = ConnectorsSettings(_env_file=None, mqtt_secret=secret).mqtt_account_password(user)
    loud = Device(mqtt, user=user, password=password, client_id="tdp-001-l1", clean=False)
    for round_ in range(3):
        with process(tmp_path, "--only", "smart_loudspeaker", **settings) as one:
            await until(loud.connected.is_set)
            for number in range(100 * round_, 100 * round_ + 100):
                mid = loud.publish("loa/tdp-001-l1/status", json.dumps({"ts": now + number, "state": "idle", "vol": 1}))
                sent[mid] = now + number
            await until(lambda expected=100 * round_ + 30: len(loud.acknowledged) > expected)
            one.kill()
            one.communicate()
        assert {sent[mid] for mid in list(loud.acknowledged)} <= await there()
        loud.connected.clear()
    with process(tmp_path, "--only", "smart_loudspeaker", **settings) as one:
        await until(lambda: set(loud.acknowledged) == set(sent), 30)
        one.kill()
        one.communicate()
    assert await there() == set(sent.values())
    await asyncio.to_thread(loud.leave)


def test_the_process_waits_for_kafka_says_so_once_and_ends_cleanly(tmp_path):
    with process(tmp_path, "--only", "queue_kiosk,smart_loudspeaker") as one:
        wait_for(one)
        time.sleep(3)
        one.send_signal(signal.SIGTERM)
        _, log = one.communicate(timeout=10)
    assert one.returncode == 0, log
    assert log.count("waiting for Kafka") == 1
    assert "ERROR" not in log


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["--only", "nobody"], {}, "There is no connector nobody; there are"),
        ([], {"IOC_CONNECTORS_INTAKE_HOST": "0.0.0.0"}, "IOC_CONNECTORS_INTAKE_CERTIFICATE"),
        ([], {"IOC_CONNECTORS_MQTT_URL": "http://x"}, "IOC_CONNECTORS_MQTT_URL"),
        ([], {"IOC_CONNECTORS_WEBHOOK_SECRET": "short"}, "IOC_CONNECTORS_WEBHOOK_SECRET"),
        ([], {"IOC_CONNECTORS_INTAKE_PORT": "x"}, "IOC_CONNECTORS_INTAKE_PORT"),
        ([], {"IOC_PSEUDONYM_SECRET": "short"}, "IOC_PSEUDONYM_SECRET"),
        ([], {"IOC_CONNECTORS_URLS__DOSSIER_PORTAL": "ftp://x"}, "IOC_CONNECTORS_URLS__DOSSIER_PORTAL"),
    ],
)
def test_a_wrong_setting_ends_the_process_with_one_sentence(tmp_path, arguments, settings, said):
    with process(tmp_path, *arguments, **settings) as one:
        _, log = one.communicate(timeout=20)
    assert one.returncode == 1
    assert said in log
    assert "Traceback" not in log


def wait_for(one, probe="livez"):
    deadline = time.monotonic() + 20
    while not answers(one.intake, probe):
        assert one.poll() is None, one.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.1)
