"""Devices: what the storm's sources hear from devices and programs that keep nothing and confirm nothing - probes, an alert stream, syslog.

Nothing of it is promised, so nothing of it is in the journal; what gets into Kafka is held against the tables, and the figures against it.
"""

import asyncio
import csv
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from ingest.probe.device_list import ADDRESS, BY, CATEGORY, CODE

HOST = "127.0.0.1"
STREAM_PATH = "/ISAPI/Event/notification/alertStream"
ALERTS = ("linedetection", "fielddetection", "videoloss", "shelteralarm", "diskerror", "VMD")
AWAY = 0.1
"""Share of looks at which a device changes between answering and not."""


def list_storm_devices(data_folder: Path, camera_port: int, ports: list[int]) -> None:
    """Write the lists that name these devices, before anybody reads them."""
    (data_folder / "devices").mkdir(parents=True, exist_ok=True)
    (data_folder / "devices" / "isapi.toml").write_text(f'[cong-cho]\nurl = "http://{HOST}:{camera_port}"\n', "utf-8")
    (data_folder / "inventory").mkdir(parents=True, exist_ok=True)
    with (data_folder / "inventory" / "storm_probe.csv").open("w", encoding="utf-8", newline="") as opened:
        rows = [[f"MT-{number:02}", "Máy tính", "TCP", f"{HOST}:{port}"] for number, port in enumerate(ports)]
        csv.writer(opened).writerows([[CODE, CATEGORY, BY, ADDRESS], *rows])


class StormDevices:
    """Plays them until cancelled.

    Args:
        ports: of the devices that are asked by TCP.
        syslog_port: where syslog is received.
        random: makes the run what it is.
        canary: a person's name, which may come out nowhere.
    """

    def __init__(self, ports: list[int], syslog_port: int, random: Random, canary: str) -> None:
        self._ports = ports
        self._syslog_port = syslog_port
        self._random = random
        self._canary = canary
        self._open: dict[int, asyncio.Server] = {}

    async def run(self) -> None:
        """Come and go, and write a line now and then."""
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                while True:
                    await self._switch()
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

    def serve_stream(self, app: FastAPI) -> None:
        """Let an application answer as a camera does that tells what it notices."""

        @app.get(STREAM_PATH)
        def stream() -> StreamingResponse:
            return StreamingResponse(self._alerts(), media_type="multipart/mixed; boundary=boundary")

    async def _alerts(self) -> AsyncIterator[bytes]:
        while True:
            kind, state = self._random.choice(ALERTS), self._random.choice(("active", "inactive"))
            document = (
                f'<EventNotificationAlert version="2.0"><channelID>1</channelID><dateTime>1970-01-02T00:00:00Z</dateTime>'
                f"<eventType>{kind}</eventType><eventState>{state}</eventState><channelName>{self._canary}</channelName>"
                "</EventNotificationAlert>"
            ).encode()
            head = f"--boundary\r\nContent-Type: application/xml\r\nContent-Length: {len(document)}\r\n\r\n"
            yield head.encode() + document + b"\r\n"
            await asyncio.sleep(self._random.expovariate(1))


async def _hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
