"""Floods against the embedded MQTT broker over real connections: whoever floods is stopped, and others are served meanwhile."""

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from tests.ingest.mqtt.test_broker import DEVICE, OTHERS, TOPICS, Connector, broker, connect, password
from tests.ingest.support.mqtt_device import Device, device
from tests.ingest.support.toy import until

pytestmark = pytest.mark.embedded


@pytest.fixture(params=[pytest.param(1, id="small"), pytest.param(10, id="full", marks=pytest.mark.faults)])
def size(request):
    return request.param


class Answering(Connector):
    """A connector that acknowledges what comes."""

    def __init__(self, port, *which):
        super().__init__(port, *which)
        self.client.on_message = self.hear
        for message in list(self.messages):
            self.client.ack(message.mid, message.qos)

    def hear(self, client, _data, message):
        self.messages.append(message)
        client.ack(message.mid, message.qos)


@asynccontextmanager
async def answering(port):
    one = await asyncio.to_thread(Answering, port)
    yield one
    await asyncio.to_thread(one.leave)


async def retained(running):
    """What a new subscriber gets of what is retained, by topic."""
    one = await asyncio.to_thread(Answering, running.port, "ioc-others-1", (*TOPICS, *OTHERS))
    with device(running.port, user="others", password=password("others"), client_id="last") as last:
        last.publish("others/0/note", "the end")
        await until(lambda: one.messages and one.messages[-1].payload == b"the end")
    await asyncio.to_thread(one.leave)
    return {message.topic: message.payload for message in one.messages if message.retain}


async def publishes(port, text, **options):
    """A device logs in, publishes, and has its answer."""
    with device(port, **{"password": DEVICE, "client_id": text, **options}) as one:
        mid = one.publish("toy/1/note", text)
        await until(lambda: mid in one.acknowledged, 20)


@asynccontextmanager
async def silent(port, count, first=b""):
    """Connections that never log in; what they send, if anything, is the beginning of a log-in."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(count):
            one = socket.socket()
            stack.callback(one.close)
            one.setblocking(False)
            await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", port))
            if first:
                await asyncio.get_running_loop().sock_sendall(one, first)
            opened.append(one)
        yield opened


@pytest.mark.parametrize("first", [b"", b"\x10", b"\x10\xff\xff\xff\x7f" + b"x" * 100], ids=["silent", "slow", "long"])
async def test_who_does_not_log_in_keeps_nobody_out(size, first):
    async with broker(log_in_time=3600) as running, answering(running.port) as connector:
        with device(running.port, password=DEVICE) as before:
            await until(before.connected.is_set)
            for round_ in range(2 if size == 1 else 5):
                async with silent(running.port, 70 * size, first):
                    await publishes(running.port, f"new-{round_}")
                    mid = before.publish("toy/1/note", "still here")
                    await until(lambda mid=mid: mid in before.acknowledged)
                    assert len(running.strangers) <= running.limits.strangers_each
        assert len(connector.messages) == 2 * (2 if size == 1 else 5)


async def test_many_addresses_share_the_places_of_strangers(size):
    limits = {"log_in_time": 3600, "strangers": 20, "strangers_each": 8}
    async with broker(**limits) as running, answering(running.port), AsyncExitStack() as stack:
        for number in range(40 * size):
            one = socket.socket()
            stack.callback(one.close)
            one.bind((f"127.0.0.{2 + number % 50}", 0))
            one.setblocking(False)
            await asyncio.get_running_loop().sock_connect(one, ("127.0.0.1", running.port))
        await publishes(running.port, "another")
        assert len(running.strangers) <= 20


async def test_an_account_full_of_connections_keeps_no_other_connector_out(size):
    limits = {"connections": 12 * size, "of_account": 10 * size}
    async with broker(**limits) as running, answering(running.port) as connector, AsyncExitStack() as stack:
        for number in range(30 * size):
            await logged_in(stack, running.port, f"d{number}", "others")
        assert len(running.logged_in) == 10 * size
        for number in range(5):
            await publishes(running.port, f"toy-{number}")
        assert len(connector.messages) == 5


async def test_a_device_has_few_connections_and_the_newest_counts():
    async with broker(of_device=2) as running, AsyncExitStack() as stack:
        readers = [await logged_in(stack, running.port, f"d{number}", "toy.1") for number in range(4)]
        for reader in readers[:2]:
            assert await reader.read() == b""
        await until(lambda: len(running.logged_in) == 2)


async def test_a_fast_publisher_is_slowed_down_and_others_are_not(size):
    """What the fast one sends at once would take 20 s; the other one has all its answers before a fifth of it has passed."""
    limits = {"messages": 50.0 * size}
    async with broker(**limits) as running, answering(running.port) as connector:
        with device(running.port, password=DEVICE, client_id="fast") as fast:
            await until(fast.connected.is_set)
            for number in range(1_000 * size):
                fast.publish("toy/1/note", str(number), qos=0)
            await until(lambda: len(connector.messages) > 90 * size)
            for number in range(20):
                await publishes(running.port, f"calm-{number}")
            calm = [message for message in connector.messages if message.payload.startswith(b"calm")]
            assert len(calm) == 20
            assert len(connector.messages) < 900 * size


async def test_who_sends_many_bytes_is_slowed_down_too():
    async with broker(octets=10_000.0) as running, answering(running.port) as connector:
        with device(running.port, password=DEVICE, client_id="fast") as fast:
            await until(fast.connected.is_set)
            for _ in range(100):
                fast.publish("toy/1/note", b"x" * 5_000, qos=0)
            await until(lambda: len(connector.messages) >= 3)
            await publishes(running.port, "calm")
            assert len(connector.messages) < 50


@pytest.mark.parametrize(("limits", "length"), [({"retained": 100}, 1), ({"retained_bytes": 50_000}, 900)])
async def test_what_is_retained_is_bounded_in_messages_and_bytes(size, limits, length):
    limits = {name: most * size for name, most in limits.items()}
    async with broker(**limits, retained_packet=10_000) as running, answering(running.port) as connector:
        with device(running.port, password=DEVICE) as one:
            for number in range(200 * size):
                one.publish(f"toy/{number}/note", b"x" * length, retain=True)
            one.publish("toy/large/note", b"x" * 10_001, retain=True)
            one.publish(f"toy/{'n' * 300}/note", b"x", retain=True)
            await until(lambda: len(connector.messages) == 200 * size + 1)
            mid = one.publish("toy/0/note", b"n", retain=True)
            await until(lambda: mid in one.acknowledged)
            kept = await retained(running)
            assert 50 * size <= len(kept) <= limits.get("retained", len(kept))
            assert sum(len(topic) + len(data) for topic, data in kept.items()) == running.retained.octets
            assert running.retained.octets <= limits.get("retained_bytes", 50_000 * size)
            assert kept["toy/0/note"] == b"n"
            kept_octets = running.retained.octets
        with device(running.port, user="others", password=password("others")) as other:
            other.publish("others/1/note", b"x", retain=True)
            await until(lambda: running.retained.octets > kept_octets)
        assert (await retained(running)).keys() == {*kept, "others/1/note"}


async def test_what_waits_for_kafka_is_bounded_in_bytes(size):
    """Nobody acknowledges. Who connects again and again brings no more in than the bound, and what comes then is read later."""
    async with broker(unanswered_in_all=50_000) as running:
        connector = await asyncio.to_thread(Connector, running.port)
        for number in range(20 * size):
            one = Device(running.port, password=DEVICE, client_id=f"d{number}")
            await until(one.connected.is_set)
            for _ in range(3):
                one.publish("toy/1/note", b"x" * 10_000)
            await asyncio.to_thread(one.leave)
        assert running.in_work.octets <= 2 * 50_000 + 10_000
        with device(running.port, password=DEVICE, client_id="late") as late:
            mid = late.publish("toy/1/note", "late")

            def answered():
                connector.acknowledge()
                return mid in late.acknowledged

            await until(answered)
        await asyncio.to_thread(connector.leave)


async def test_nobody_takes_the_place_of_another_accounts_client():
    async with broker() as running, answering(running.port) as connector:
        lost = []
        with device(running.port, password=DEVICE, client_id="same") as one:
            await until(one.connected.is_set)
            one.client.on_disconnect = lambda *_: lost.append(1)
            for account in ("others", "toy.1", "toy.2"):
                with device(running.port, user=account, password=password(account), client_id="same") as other:
                    await until(other.connected.is_set)
            mid = one.publish("toy/1/note", "undisturbed")
            await until(lambda: mid in one.acknowledged)
            assert (lost, connector.payloads) == ([], ["undisturbed"])


@pytest.mark.parametrize(
    ("account", "topics"),
    {
        "others": ["toy/1/note", "toy/1/online", "others/1/word", "$SYS/x", "others/" + "n" * 300 + "/note"],
        "toy": ["others/1/note", "toy/note", "toy/1/note/x", "ioc-toy-1"],
        "toy.1": ["others/1/note", "toy/2/note", "toy/1/word", "toy/2/online"],
    }.items(),
)
async def test_an_account_publishes_on_its_own_topics_only(account, topics):
    own = "toy/1/note" if account.startswith("toy") else "others/1/note"
    async with broker() as running, answering(running.port) as connector:
        heard = await asyncio.to_thread(Answering, running.port, "ioc-others-1", ("others/+/note",))
        with device(running.port, user=account, password=password(account)) as one:
            mids = [one.publish(topic, "x", retain=True) for topic in topics]
            await until(lambda: set(mids) <= set(one.acknowledged))
            one.publish(own, "own")
            await until(lambda: connector.messages or heard.messages)
            assert connector.payloads + heard.payloads == ["own"]
        await asyncio.to_thread(heard.leave)
        assert await retained(running) == {}


async def test_who_promises_no_keep_alive_is_not_kept_for_ever():
    async with broker(keep_alive=1) as running, AsyncExitStack() as stack:
        reader = await logged_in(stack, running.port, "d", "toy", keepalive=0)
        async with asyncio.timeout(30):
            assert await reader.read() == b""


async def logged_in(stack, port, client_id, account, keepalive=60):
    """A raw connection that has logged in; closed with the stack."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    writer.write(connect(client_id, keepalive, account=account))
    assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
    return reader
