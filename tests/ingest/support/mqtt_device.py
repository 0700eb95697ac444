"""A device that speaks MQTT, and real Mosquitto, for tests."""

import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ingest.network.sockets import is_listening

MOSQUITTO = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="Mosquitto is not installed (Debian: mosquitto)")


class Device:
    """A device; `acknowledged` are the message ids that the broker has answered for."""

    def __init__(
        self, port, user="toy", password="", client_id="device-1", will=None, clean=True, keepalive=20, tls=None
    ):
        self.acknowledged: list[int] = []
        self.refused = None
        self.connected = threading.Event()
        self.received: list[Any] = []
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean)
        self.client.on_publish = lambda c, u, mid, reason, properties: self.acknowledged.append(mid)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda c, u, message: self.received.append(message)
        self.client.reconnect_delay_set(1, 1)
        if user:
            self.client.username_pw_set(user, password)
        if will:
            self.client.will_set(*will)
        if tls:
            self.client.tls_set_context(tls)
        self.client.connect_async("127.0.0.1", port, keepalive=keepalive)
        self.client.loop_start()

    def _on_connect(self, _client, _data, _flags, reason, _properties):
        if reason.is_failure:
            self.refused = str(reason)
        else:
            self.connected.set()

    def publish(self, topic, payload, qos=1, retain=False):
        return self.client.publish(topic, payload, qos=qos, retain=retain).mid

    def round_trip(self):
        """Ask the broker something and wait for its answer: what it had to say on this connection before has come."""
        answered = threading.Event()
        self.client.on_subscribe = lambda *_: answered.set()
        self.client.subscribe("round/trip", 0)  # which nobody may, and gets an answer all the same
        assert answered.wait(60)

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self):
        """Lose the connection without a word."""
        self.client.on_disconnect = None
        self.client._sock_close()  # noqa: SLF001  # paho has no public way to lose a connection
        self.client.loop_stop()


@contextmanager
def device(port, **options):
    one = Device(port, **options)
    try:
        yield one
    finally:
        one.leave()


@contextmanager
def mosquitto(folder, port):
    """The real Mosquitto with two accounts, `subscribed` and `ioc`, whose passwords are the same as their names."""
    (folder / "passwords").write_text("")
    for name in ("subscribed", "ioc"):
        subprocess.run(["mosquitto_passwd", "-b", str(folder / "passwords"), name, name], check=True)
    (folder / "passwords").chmod(0o644)
    folder.chmod(0o755)
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {folder / 'passwords'}\n"
        "max_queued_messages 0\nuser root\n"
    )
    assert MOSQUITTO
    process = subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not is_listening(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait()
