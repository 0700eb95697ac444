"""MQTT station: one MQTT connection of a pretend device or gateway.

paho reconnects by itself and sends again what was not acknowledged. An acknowledgement means that Kafka has the message,
so a station that waits for it does not run ahead of the system.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from connectors.simulator.message import SimulatedMessage
from ingest.mqtt.subscriber import MqttServer

IN_FLIGHT = 100
POLL = 0.01


class Station:
    """A connection that publishes.

    Args:
        server: where to connect, and as whom.
        client_id: who it is.
        will: topic and word that the broker tells, retained, when the connection breaks.
        greet: what to say at each (re)connect, before anything else.
    """

    def __init__(
        self,
        server: MqttServer,
        client_id: str,
        will: tuple[str, str] | None = None,
        greet: Callable[[], list[SimulatedMessage]] = list,
    ) -> None:
        self._server = server
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        secret = server.password.get_secret_value() if server.password else None
        if server.user:
            client.username_pw_set(server.user, secret)
        if server.tls:
            context = ssl.create_default_context(cafile=server.ca_file)
            context.check_hostname = not server.any_host_name
            client.tls_set_context(context)
        if will:
            client.will_set(will[0], will[1], qos=1, retain=True)
        client.max_inflight_messages_set(IN_FLIGHT)
        client.reconnect_delay_set(1, 10)

        # paho calls it from its own thread.
        def on_connect(_client: paho.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
            if not reason.is_failure:
                for message in greet():
                    client.publish(message.address, message.body, 1, message.retain)

        client.on_connect = on_connect

    def connect(self) -> None:
        """Connect, now and whenever the connection breaks."""
        self._client.connect_async(self._server.host, self._server.port, keepalive=30)
        self._client.loop_start()

    async def publish(self, messages: Iterable[SimulatedMessage]) -> None:
        """Publish in order with QoS 1, and wait until all are acknowledged."""
        left = list(messages)
        while left:
            while not self._client.is_connected():
                await asyncio.sleep(POLL)
            said, left = left[:IN_FLIGHT], left[IN_FLIGHT:]
            under_way = [self._client.publish(one.address, one.body, 1, one.retain) for one in said]
            while not all(_done(info) for info in under_way):
                await asyncio.sleep(POLL)
            # What met a broken connection is said again: its events have the same ids.
            left = [one for one, info in zip(said, under_way, strict=True) if info.rc != paho.MQTT_ERR_SUCCESS] + left

    async def cut(self) -> None:
        """Lose the connection without saying good-bye, so that the broker tells the last will."""
        await asyncio.to_thread(self._client.loop_stop)
        held = self._client.socket()
        if held is not None:
            with suppress(OSError):
                held.close()

    async def close(self) -> None:
        """Say good-bye."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)


def _done(info: paho.MQTTMessageInfo) -> bool:
    """Whether the broker has acknowledged, or the message could not be handed over at all."""
    return info.rc != paho.MQTT_ERR_SUCCESS or info.is_published()
