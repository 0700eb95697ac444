"""A full disk: refused at the edge before anything is lost, and everything goes on by itself when there is room."""

import json
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from commands.developers.nemesis.faults.small_disk import SmallDisk
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.clock import WARD_ZONE
from ingest.contract.settings import IngestSettings
from ingest.runtime.disk_space import disks
from tests.ingest.support.mqtt_device import Device
from tests.streams.test_worker import until
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(300)]

PARTS = ("ingest", "warehouse", "connectors", "streams", "keeper")


class Ward:
    """A stack whose whole data folder is on a small disk, and its sources."""

    def __init__(self, stack: Stack, disk: SmallDisk) -> None:
        self.stack = stack
        self.accepted: set[str] = set()
        self.sent: set[str] = set()
        """With those of which the source was told to send them again: an answer may have got lost."""
        self._disk = disk
        self._number = 0
        settings = stack.settings(ConnectorsSettings)
        (secret, *_) = settings.webhook_secrets("queue_kiosk")
        self._signer = Webhook(secret)
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{settings.intake_port}", trust_env=False, timeout=20)
        self.device = Device(
            settings.mqtt_port,
            user="smart_loudspeaker",
            password=settings.mqtt_account_password("smart_loudspeaker"),
        )
        assert self.device.connected.wait(10)

    @property
    def filler(self) -> Path:
        return self.stack.folder / "filler"

    def post(self) -> httpx.Response:
        """Somebody takes a ticket."""
        self._number += 1
        now = datetime.now(UTC)
        at = now.astimezone(WARD_ZONE).isoformat(timespec="milliseconds")
        body = json.dumps(
            {
                "id": f"KIOSK-{self._number:05}",
                "event": "ticket.created",
                "time": at,
                "site": "TTHCC-HB",
                "kiosk": "KIOSK-01",
                "ticket": {
                    "number": f"F{self._number:03}",
                    "issuedAt": at,
                    "service": "khac",
                    "queue": "Q-KH",
                    "priority": "thuong",
                },
            }
        )
        headers = {
            "content-type": "application/json",
            "webhook-id": f"m{self._number}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(f"m{self._number}", now, body),
        }
        answer = self._http.post("/intake/queue_kiosk", content=body, headers=headers)
        self.sent.add(f"KIOSK-{self._number:05}")
        if answer.status_code == 202:
            self.accepted.add(answer.json()["id"])
            assert self.accepted <= self.sent
        return answer

    def beat(self) -> int:
        """A loudspeaker says that it lives."""
        payload = {"ts": round(time.time(), 3), "area": "TDP-001", "net": "4g", "online": True}
        return self.device.publish("loa/tdp-001-l1/status", json.dumps(payload))

    def leave_free(self, megabytes: int) -> None:
        """Let others fill the disk, but for so much."""
        with self.filler.open("ab") as file:
            while (free := disks(self.stack.settings(IngestSettings))[0].free - megabytes * 1_000_000) > 0:
                file.write(bytes(min(free, 8_000_000)))
                file.flush()

    def fill(self) -> None:
        """Let others fill the disk to the last byte."""
        self._disk.fill(self.stack.folder.name)

    def make_room(self) -> None:
        """Somebody deletes what filled it."""
        self.filler.unlink()

    def is_complete(self, client: Client) -> bool:
        """Whether what was accepted is stored, each once, and nothing else than what was sent."""
        asked = "SELECT id, count() FROM raw_events FINAL WHERE topic = 'ioc.queue.v1' GROUP BY id"
        stored = dict(client.query(asked))
        return self.accepted <= set(stored) <= self.sent and set(stored.values()) == {1}

    def close(self) -> None:
        self._http.close()
        self.device.leave()


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    disk = SmallDisk.made(tmp_path, ["small"])
    if disk is None:
        pytest.skip("a disk that can be filled needs root on Linux")
    with Stack(tmp_path / "small", PARTS, {"IOC_KEEPER_SETTLE": "PT0S"}) as stack:
        ward = Ward(stack, disk)
        until_status(ward, 202)
        yield ward
        ward.close()


def until_status(ward: Ward, status: int) -> httpx.Response:
    """Post until the answer is this one."""
    found: list[httpx.Response] = []

    def asked() -> bool:
        found.append(ward.post())
        return found[-1].status_code == status

    assert until(asked, patience=60), found[-1].text
    return found[-1]


def test_new_events_are_refused_before_the_disk_is_full_and_taken_again_when_there_is_room(ward: Ward) -> None:
    for _ in range(20):
        assert ward.post().status_code == 202
    first = ward.beat()
    assert until(lambda: first in ward.device.acknowledged)
    ward.leave_free(60)  # of a reserve of a tenth of the disk: nothing has failed yet, and nothing is to fail
    refused = until_status(ward, 503)
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["error"] == "no_room"
    assert "đầy đĩa" in refused.json()["message"]
    assert "disk is nearly full" in refused.json()["message"]
    held_back = ward.beat()
    assert ward.post().status_code == 503
    assert until(lambda: "nearly full" in ward.stack.log("keeper"))
    assert "nearly full" in ward.stack.log("connectors")
    assert held_back not in ward.device.acknowledged
    with connect(ward.stack.settings(WarehouseSettings)) as client:
        assert until(lambda: ward.is_complete(client))  # what was accepted before goes its way
        ward.make_room()
        until_status(ward, 202)
        assert until(lambda: held_back in ward.device.acknowledged)
        assert until(lambda: ward.is_complete(client))


def test_a_disk_that_is_full_to_the_last_byte_loses_nothing_that_was_accepted(ward: Ward) -> None:
    ward.stack.kill("streams", signal.SIGSTOP)  # so that there is something left to be stored
    for _ in range(200):
        assert ward.post().status_code == 202
    ward.fill()
    ward.stack.kill("streams", signal.SIGCONT)
    until_status(ward, 503)
    end = time.monotonic() + 20
    while time.monotonic() < end:  # the workers try, and Kafka may end
        ward.post()
        supervise(ward.stack)
        time.sleep(0.2)
    ward.make_room()
    assert until(lambda: supervise(ward.stack) or ward.post().status_code == 202, patience=90)
    with connect(ward.stack.settings(WarehouseSettings)) as client:
        complete = until(lambda: supervise(ward.stack) or ward.is_complete(client), patience=90)
        assert complete, ward.stack.log("streams", 400) + ward.stack.log("ingest", 300)


def supervise(stack: Stack) -> bool:
    """Start again what has ended, as the supervisor does; never anything else."""
    for part in PARTS:
        if stack.pid(part) is None:
            stack.start(part)
    return False
