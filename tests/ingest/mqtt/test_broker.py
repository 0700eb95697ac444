import asyncio
import socket
import threading
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from commands.install.ports import free_ports
from ingest.contract.errors import ConfigurationError
from ingest.mqtt.broker import OWN, BrokerSettings, DeviceSource, embedded_broker
from ingest.mqtt.limits import BrokerLimits
from tests.ingest.support.mqtt_device import Device, device
from tests.ingest.support.toy import until

pytestmark = pytest.mark.embedded

CLIENT_ID = "ioc-toy-1"
TOPICS = ("toy/+/note", "toy/+/online")
OTHERS = ("others/+/note",)


def password(account):
    return f"the password of {account}"


DEVICE, CONNECTOR = password("toy"), password(OWN)


@asynccontextmanager
async def broker(port=None, tls=(None, None), **limits):
    (port,) = [port] if port else free_ports(1)
    sources = {
        "toy": DeviceSource(CLIENT_ID, TOPICS, ("toy/{device}/note", "toy/{device}/online")),
        "others": DeviceSource("ioc-others-1", OTHERS),
    }
    refused = frozenset({"toy.lost"})
    certificate, key = tls
    listen = BrokerSettings("127.0.0.1", port, password, certificate, key, refused, BrokerLimits(**limits))
    async with embedded_broker(listen, sources) as running:
        running.port = port
        yield running


class Connector:
    """A connector's client that acknowledges only when told to."""

    def __init__(self, port, client_id=CLIENT_ID, topics=TOPICS):
        self.messages: list[paho.MQTTMessage] = []
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=False, manual_ack=True
        )
        self.client.username_pw_set(OWN, CONNECTOR)
        self.client.on_message = lambda c, u, message: self.messages.append(message)
        self.client.on_connect = lambda c, *_: c.subscribe([(topic, 1) for topic in topics])
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert subscribed.wait(10)

    def acknowledge(self):
        for message in self.messages:
            self.client.ack(message.mid, message.qos)

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()

    @property
    def payloads(self):
        return [message.payload.decode() for message in self.messages]


@pytest.fixture
async def running():
    async with broker() as one:
        yield one


@pytest.fixture
async def connector(running):
    one = await asyncio.to_thread(Connector, running.port)
    yield one
    await asyncio.to_thread(one.leave)


@pytest.mark.parametrize("qos", [1, 2])
async def test_a_device_gets_its_answer_after_the_connector_has_answered(running, connector, qos):
    with device(running.port, password=DEVICE) as one:
        mids = [one.publish("toy/1/note", str(number), qos=qos) for number in range(20)]
        await until(lambda: len(connector.messages) == 20)
        await asyncio.to_thread(one.round_trip)
        assert one.acknowledged == []
        connector.acknowledge()
        await until(lambda: sorted(one.acknowledged) == mids)
    assert connector.payloads == [str(number) for number in range(20)]


async def test_unanswered_messages_outlive_amqtts_five_seconds_and_a_reconnect(running):
    first = await asyncio.to_thread(Connector, running.port)
    with device(running.port, password=DEVICE) as one:
        one.publish("toy/1/note", "a")
        one.publish("toy/1/note", "b")
        await until(lambda: len(first.messages) == 2)
        await asyncio.sleep(5.5)
        await asyncio.to_thread(first.leave)
        assert one.acknowledged == []
        again = await asyncio.to_thread(Connector, running.port)
        await until(lambda: again.payloads == ["a", "b"])
        assert all(message.dup for message in again.messages)
        again.acknowledge()
        await until(lambda: len(one.acknowledged) == 2)
        await asyncio.to_thread(again.leave)


async def test_a_killed_broker_has_answered_for_nothing_that_it_lost():
    (port,) = free_ports(1)
    with Kept(port) as one:
        async with broker(port) as running:
            connector = await asyncio.to_thread(Connector, port)
            one.publish("toy/1/note", "before")
            await until(lambda: connector.messages)
            await asyncio.to_thread(connector.leave)
            assert one.acknowledged == []
            assert running
        async with broker(port):
            connector = await asyncio.to_thread(Connector, port)
            await until(lambda: "before" in connector.payloads)
            connector.acknowledge()
            await until(lambda: one.acknowledged)
            await asyncio.to_thread(connector.leave)


class Kept(Device):
    """A device with a persistent session of its own, as the guide asks for."""

    def __init__(self, port):
        super().__init__(port, password=DEVICE, clean=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leave()


async def test_what_comes_before_the_connector_waits_for_it(running):
    with device(running.port, password=DEVICE) as one:
        mids = [one.publish("toy/1/note", str(number)) for number in range(30)]
        unwanted = one.publish("other/topic", "x")
        await until(lambda: one.acknowledged == [unwanted] or len(mids) > 20)
        late = await asyncio.to_thread(Connector, running.port)

        def answered():
            late.acknowledge()
            return set(mids) <= set(one.acknowledged)

        await until(answered)
        assert list(dict.fromkeys(late.payloads)) == [str(number) for number in range(30)]
        await asyncio.to_thread(late.leave)


@pytest.mark.parametrize(
    "log_in",
    [
        {"user": "", "password": ""},
        {"user": "toy", "password": "wrong"},
        {"user": "toy", "password": ""},
        {"user": "toy", "password": CONNECTOR},
        {"user": "toy", "password": password("others")},
        {"user": "toy.1", "password": DEVICE},
        {"user": "admin", "password": password("admin")},
        {"user": OWN, "password": CONNECTOR, "client_id": "device-1"},
        {"user": "toy.", "password": password("toy.")},
        {"user": "toy.a/b", "password": password("toy.a/b")},
        {"user": "toy.+", "password": password("toy.+")},
        {"user": "others.1", "password": password("others.1")},  # its devices have no accounts
        {"user": "toy.lost", "password": password("toy.lost")},
        {"user": "toy", "password": DEVICE, "client_id": "x" * 129},
        {"user": "toy", "password": DEVICE, "will": ("others/1/note", "x")},
        {"user": "toy.1", "password": password("toy.1"), "will": ("toy/2/online", "offline")},
        {"user": "toy", "password": DEVICE, "will": ("toy/1/note", "x" * 4097)},
    ],
)
async def test_who_has_no_account_is_refused_and_takes_nobodys_place(running, connector, log_in):
    with device(running.port, **log_in) as stranger:
        await until(lambda: stranger.refused)
        assert not stranger.connected.is_set()
        with device(running.port, password=DEVICE, client_id="device-2") as one:
            one.publish("toy/1/note", "x")
            await until(lambda: connector.payloads == ["x"])


async def test_devices_cannot_read_what_others_publish(running, connector):
    with device(running.port, password=DEVICE) as one, device(running.port, password=DEVICE, client_id="d2") as spy:
        await until(spy.connected.is_set)
        granted = []
        spy.client.on_subscribe = lambda c, u, mid, reasons, properties: granted.extend(reasons)
        spy.client.subscribe([("#", 1), ("toy/+/note", 1)])
        await until(lambda: len(granted) == 2)
        assert all(reason.is_failure for reason in granted)
        one.publish("toy/1/note", "x", retain=True)
        await until(lambda: connector.payloads == ["x"])
        await asyncio.to_thread(spy.round_trip)
        assert spy.received == []


async def test_a_last_will_is_told_when_a_device_vanishes_and_not_when_it_leaves(running, connector):
    will = ("toy/1/online", "offline", 1, True)
    with device(running.port, password=DEVICE, client_id="d1", will=will) as leaving:
        await until(leaving.connected.is_set)
    gone = Device(running.port, password=DEVICE, client_id="d2", will=("toy/2/online", "offline", 1, True))
    await until(gone.connected.is_set)
    await asyncio.to_thread(gone.vanish)
    await until(lambda: [message.topic for message in connector.messages] == ["toy/2/online"])


async def test_a_silent_device_counts_as_dead(running, connector):
    """A device without power says nothing: its keep-alive runs out."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(connect(keepalive=1, will=("toy/9/online", "offline")))
    assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
    await until(lambda: [message.topic for message in connector.messages] == ["toy/9/online"])
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_our_own_end_is_nobodys_last_will():
    async with broker() as running:
        connector = await asyncio.to_thread(Connector, running.port)
        cut_off = threading.Event()
        connector.client.on_disconnect = lambda *_: cut_off.set()
        one = Device(running.port, password=DEVICE, will=("toy/1/online", "offline", 1, True))
        await until(one.connected.is_set)
    await until(cut_off.is_set)  # what was sent before has come
    assert connector.messages == []
    await asyncio.to_thread(connector.leave)
    await asyncio.to_thread(one.leave)


async def test_what_comes_while_we_end_is_not_answered(running, connector):
    with device(running.port, password=DEVICE) as one:
        running.is_closing = True
        one.publish("toy/1/note", "x")
        await asyncio.sleep(0.3)
        assert (one.acknowledged, connector.messages) == ([], [])


async def test_a_new_connection_of_a_device_ends_the_old_one_first(running, connector):
    first = Device(running.port, password=DEVICE, will=("toy/1/online", "offline", 1, True))
    first.client.reconnect_delay_set(60, 60)
    await until(first.connected.is_set)
    with device(running.port, password=DEVICE) as second:
        second.publish("toy/1/online", "online")
        await until(lambda: len(connector.messages) == 2)
    assert connector.payloads == ["offline", "online"]
    await asyncio.to_thread(first.leave)


async def test_retained_messages_come_marked_and_once(running):
    with device(running.port, password=DEVICE) as one:
        await until(one.connected.is_set)
        connector = await asyncio.to_thread(Connector, running.port)
        one.publish("toy/1/online", "online", retain=True)
        await until(lambda: [message.retain for message in connector.messages] == [False])
        connector.acknowledge()
        await until(lambda: one.acknowledged)
        await asyncio.to_thread(connector.leave)
        again = await asyncio.to_thread(Connector, running.port)
        await until(lambda: again.messages)
        one.publish("toy/1/note", "the end")
        await until(lambda: again.messages[-1].payload == b"the end")
        assert again.messages.pop().topic == "toy/1/note"
        assert [(message.payload, message.retain) for message in again.messages] == [(b"online", True)]
        again.acknowledge()
        await asyncio.to_thread(again.leave)


@pytest.mark.parametrize("limits", [{"unanswered": 5}, {"unanswered_bytes": 9}, {"unanswered_in_all": 9}])
async def test_a_device_with_too_much_unanswered_is_read_no_further(limits):
    async with (
        broker(**limits) as running,
        connected(running.port) as connector,
    ):
        await read_no_further(running, connector)


@asynccontextmanager
async def connected(port):
    one = await asyncio.to_thread(Connector, port)
    yield one
    await asyncio.to_thread(one.leave)


async def read_no_further(running, connector):
    with device(running.port, password=DEVICE) as one, device(running.port, password=DEVICE, client_id="d2") as other:
        await until(one.connected.is_set)
        for number in range(50):
            one.publish("toy/1/note", str(number), qos=0)
        await until(lambda: len(connector.messages) >= 5)
        await asyncio.sleep(0.3)
        assert len(connector.messages) < 12
        other.publish("toy/2/note", "other")
        await until(lambda: "other" in connector.payloads)

        def all_there():
            connector.acknowledge()
            return len(connector.messages) >= 51

        await until(all_there)


@pytest.mark.parametrize("first", [b"\x32\x81\x80\x20", b"\x32\xff\xff\xff\x7f", b"\x82\x81\x20"])
async def test_a_packet_that_is_too_long_ends_its_connection_only(running, connector, first):
    """A message of half a megabyte and a byte, one of 256 MB, and a subscription of four kilobytes and a byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(connect())
    await reader.readexactly(4)
    writer.write(first + b"x" * 2000)
    assert await reader.read() == b""
    writer.close()
    with device(running.port, password=DEVICE) as one:
        one.publish("toy/1/note", "x")
        await until(lambda: connector.payloads == ["x"])


async def test_who_does_not_log_in_is_let_go():
    async with broker(log_in_time=0.2) as running:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        assert await reader.read() == b""
        writer.close()


async def test_a_port_that_is_taken_is_said_with_its_setting():
    refused = pytest.raises(ConfigurationError, match="IOC_CONNECTORS_MQTT_PORT")
    with socket.create_server(("127.0.0.1", 0)) as taken, refused:
        async with broker(taken.getsockname()[1]):
            pass


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.booleans())
async def test_any_bytes_end_their_own_connection_at_most(running, connector, garbage, logged_in):
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    if logged_in:
        writer.write(connect())
        await reader.readexactly(4)
    writer.write(garbage)
    writer.write_eof()
    async with asyncio.timeout(60):
        await reader.read()
    writer.close()
    connector.messages.clear()
    with device(running.port, password=DEVICE) as one:
        one.publish("toy/1/note", "still here")
        await until(lambda: "still here" in connector.payloads)
        connector.acknowledge()
        await until(lambda: one.acknowledged)


def connect(client_id="raw", keepalive=60, will=None, account="toy"):
    """A CONNECT packet, by hand."""

    def text(value):
        return len(value).to_bytes(2, "big") + value.encode()

    flags = 0b11000010 | (0b00001100 if will else 0)
    body = text("MQTT") + bytes([4, flags]) + keepalive.to_bytes(2, "big") + text(client_id)
    body += "".join(will) and text(will[0]) + text(will[1]) if will else b""
    body += text(account) + text(password(account))
    return bytes([0x10, len(body)]) + body
