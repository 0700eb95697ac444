"""Devices: what the storm's sources hear from devices and programs that keep nothing and confirm nothing - probes, cameras, syslog.

Nothing of it is promised, so nothing of it is in the journal; what gets into Kafka is held against the tables, and the figures against it.
"""

import asyncio
import csv
import secrets
import socket
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from connectors.simulator.protocols import street_cameras
from connectors.simulator.protocols.cameras import (
    IsapiDevice,
    OnvifDevice,
    alert,
    as_part,
    at_work,
    notification,
    simple_item,
)
from ingest.devices.listed import device_list, listed_devices, password_file
from ingest.probe.device_list import ADDRESS, BY, CATEGORY, CODE
from ingest.runtime.durable import replace_file

HOST = "127.0.0.1"
ALERTS = ("linedetection", "fielddetection", "videoloss", "shelteralarm", "diskerror", "VMD")
TOPICS = (*street_cameras.TOPICS.values(), ("Device/HardwareFailure/StorageFailure", "Failed"))
"""What a camera tells by ONVIF, and the item that says whether it is so."""
AWAY = 0.1
"""Share of looks at which a device changes between answering and not."""


def list_storm_devices(data_folder: Path, camera_ports: list[int], ports: list[int]) -> None:
    """Write the lists that name these devices, before anybody reads them."""
    for (connector, camera), port in zip({"isapi": "cong-cho", "onvif": "nga-tu"}.items(), camera_ports, strict=True):
        entry = f'[{camera}]\nurl = "http://{HOST}:{port}"\nuser = "storm"\n'
        replace_file(device_list(data_folder, connector), entry)
        replace_file(password_file(data_folder, camera), secrets.token_urlsafe(16))
    (data_folder / "inventory").mkdir(parents=True, exist_ok=True)
    with (data_folder / "inventory" / "storm_probe.csv").open("w", encoding="utf-8", newline="") as opened:
        rows = [[f"MT-{number:02}", "Máy tính", "TCP", f"{HOST}:{port}"] for number, port in enumerate(ports)]
        csv.writer(opened).writerows([[CODE, CATEGORY, BY, ADDRESS], *rows])


class StormDevices:
    """Plays them until cancelled.

    Args:
        data_folder: with the lists of cameras.
        ports: of the devices that are asked by TCP.
        syslog_port: where syslog is received.
        random: makes the run what it is.
        canary: a person's name, which may come out nowhere.
    """

    def __init__(self, data_folder: Path, ports: list[int], syslog_port: int, random: Random, canary: str) -> None:
        self._cameras = [*listed_devices(data_folder, "isapi"), *listed_devices(data_folder, "onvif")]
        self._ports = ports
        self._syslog_port = syslog_port
        self._random = random
        self._canary = canary
        self._open: dict[int, asyncio.Server] = {}

    async def run(self) -> None:
        """Come and go, notice something, and write a line now and then."""
        accounts = [(one.user, one.password.get_secret_value()) for one in self._cameras]
        isapi, onvif = IsapiDevice(*accounts[0]), OnvifDevice(*accounts[1])
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, ExitStack() as stack:
                for camera, listed in zip((isapi, onvif), self._cameras, strict=True):
                    stack.enter_context(at_work(camera, int(listed.url.rpartition(":")[2])))
                while True:
                    await self._switch()
                    self._notice(isapi, onvif)
                    now, device = datetime.now(UTC).isoformat(timespec="milliseconds"), self._random.choice(self._ports)
                    line = f"<14>1 {now} SV-{device} ward 1 - - {self._canary}"
                    with suppress(OSError):  # nobody listens just now
                        sender.sendto(line.encode(), (HOST, self._syslog_port))
                    await asyncio.sleep(1)
        finally:
            for server in self._open.values():
                server.close()

    async def _switch(self) -> None:
        for port in self._ports:
            if port not in self._open and (not self._open or self._random.random() > AWAY):
                with suppress(OSError):
                    self._open[port] = await asyncio.start_server(_hang_up, HOST, port)
            elif port in self._open and self._random.random() < AWAY:
                self._open.pop(port).close()

    def _notice(self, isapi: IsapiDevice, onvif: OnvifDevice) -> None:
        is_so = self._random.random() < 0.5
        name = f"<channelName>{self._canary}</channelName>"
        isapi.say(as_part(alert(self._random.choice(ALERTS), "active" if is_so else "inactive", more=name)))
        topic, item = self._random.choice(TOPICS)
        onvif.say(notification(topic, data=simple_item(item, str(is_so).lower()) + simple_item("Name", self._canary)))


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
