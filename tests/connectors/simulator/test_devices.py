"""The pretend devices on a real MQTT broker: heartbeats, cameras, and last wills when a connection breaks."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from connectors.simulator.mark import Mark
from connectors.simulator.protocols.devices import OWN_CONNECTION, Devices
from connectors.simulator.systems import frigate, loudspeakers
from connectors.simulator.ward import Pretend
from connectors.smart_loudspeaker import CONNECTOR as LOUDSPEAKERS
from ingest.mqtt.broker import OWN, BrokerSettings, DeviceSource, embedded_broker
from ingest.mqtt.subscriber import MqttServer

pytestmark = pytest.mark.embedded

PRETEND = Pretend()
NOW = datetime(2026, 11, 19, 2, tzinfo=UTC)


class _Clock:
    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class Heard(NamedTuple):
    topic: str
    payload: bytes


class Ward:
    """A broker, somebody who listens, and the devices."""

    def __init__(self, server: Callable[[str], MqttServer], folder: Path, clock: _Clock) -> None:
        self.clock = clock
        self.heard: list[Heard] = []
        mark = Mark(folder / "mark.json", PRETEND, clock.now(), timedelta(0))
        self.devices = Devices(server, PRETEND, clock, mark, timedelta(minutes=2))

    async def until(self, *words: tuple[str, bytes]) -> None:
        async with asyncio.timeout(30):
            while not all(
                any(one.topic == topic and word in one.payload for one in self.heard) for topic, word in words
            ):
                await asyncio.sleep(0.02)

    @asynccontextmanager
    async def running(self, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        task = asyncio.create_task(work)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def ward(folder: Path, clock: _Clock | None = None) -> AsyncIterator[Ward]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    listen = BrokerSettings("127.0.0.1", port, password=str)
    sources = {
        "smart_loudspeaker": DeviceSource("ioc-loa", ("loa/#",), LOUDSPEAKERS.way.device_topics),
        "frigate": DeviceSource("ioc-frigate", ("frigate/#",)),
    }
    async with embedded_broker(listen, sources):
        made = Ward(
            lambda account: MqttServer("127.0.0.1", port, account, SecretStr(account)), folder, clock or _Clock()
        )
        listeners = [await asyncio.to_thread(_listening, port, source, made.heard) for source in sources.values()]
        yield made
        for listener in listeners:
            listener.disconnect()
            await asyncio.to_thread(listener.loop_stop)


def _listening(port: int, source: DeviceSource, heard: list[Heard]) -> paho.Client:
    """A connector that notes what it hears."""
    listener = paho.Client(CallbackAPIVersion.VERSION2, client_id=source.client_id, clean_session=False)
    listener.username_pw_set(OWN, OWN)
    listener.on_message = lambda _c, _d, message: heard.append(Heard(message.topic, bytes(message.payload)))
    subscribed = threading.Event()
    listener.on_subscribe = lambda *_: subscribed.set()
    listener.on_connect = lambda client, *_: client.subscribe([(topic, 1) for topic in source.topics])
    listener.connect_async("127.0.0.1", port)
    listener.loop_start()
    assert subscribed.wait(10)
    return listener


async def test_the_gateway_speaks_for_its_loudspeakers(tmp_path: Path) -> None:
    async with ward(tmp_path) as one, one.running(one.devices.gateway()):
        behind = [device for device in loudspeakers.DEVICES if device not in OWN_CONNECTION]
        online = [device for device in behind if loudspeakers.connected(PRETEND, device, NOW)]
        await one.until(*((f"loa/{device}/online", b'"online":') for device in behind))
        await one.until(*((f"loa/{device}/status", b"ts") for device in online))
        beats = [json.loads(heard.payload)["ts"] for heard in one.heard if heard.topic.endswith("/status")]
        assert max(beats) <= NOW.timestamp()
        assert min(beats) > (NOW - timedelta(minutes=2, seconds=1)).timestamp()
        one.clock.moment += timedelta(seconds=70)
        latest = NOW.timestamp() + 1
        async with asyncio.timeout(20):
            while not any(
                h.topic.endswith("/status") and json.loads(h.payload)["ts"] > latest for h in list(one.heard)
            ):
                await asyncio.sleep(0.02)


async def test_a_loudspeaker_that_goes_offline_is_told_by_its_last_will(tmp_path: Path) -> None:
    device, failure = next(
        (device, failure)
        for hour in range(24 * 60)
        for device in sorted(OWN_CONNECTION)
        if (failure := loudspeakers.failure(PRETEND, device, NOW + timedelta(hours=hour))) and failure.kind == "offline"
    )
    clock = _Clock(failure.begins - timedelta(seconds=40))
    async with ward(tmp_path, clock) as one, one.running(one.devices.loudspeaker(device)):
        await one.until((f"loa/{device}/online", b'"online":true'))
        clock.moment = failure.begins + timedelta(seconds=5)
        await one.until((f"loa/{device}/online", b"offline"))
        assert not [heard for heard in one.heard if b'"online":false' in heard.payload]
        one.heard.clear()
        clock.moment = failure.ends + timedelta(seconds=65)
        await one.until((f"loa/{device}/online", b'"online":true'), (f"loa/{device}/status", b"ts"))
        assert not [heard for heard in one.heard if heard.payload == b"offline"]


async def test_frigate_and_its_cameras(tmp_path: Path) -> None:
    async with ward(tmp_path) as one:
        async with one.running(one.devices.cameras()):
            states = [(f"frigate/{name}/status/detect", b"line") for name in frigate.CAMERAS]
            await one.until(("frigate/available", b"online"), ("frigate/events", b'"type":"new"'), *states)
            # What has no time of its own is only told of now.
            assert sum(heard.topic.endswith("/status/detect") for heard in one.heard) == len(frigate.CAMERAS)
        await one.until(("frigate/available", b"stopped"))
