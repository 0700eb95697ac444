import asyncio
import dataclasses
import json
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from pydantic import SecretStr

from commands.install.ports import free_ports
from ingest.contract.connector import Subscription
from ingest.contract.envelope import decode
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import producer as producer_module
from ingest.mqtt import subscriber as module
from ingest.mqtt.broker import OWN, BrokerSettings, DeviceSource, embedded_broker
from ingest.mqtt.subscriber import MqttServer, Subscriber
from ingest.source import circuit_breaker
from ingest.source.device_breaker import FEWEST_OF_DEVICE, SET_ASIDE
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter
from tests.ingest.support.mqtt_device import device, mosquitto, needs_mosquitto
from tests.ingest.support.toy import HEALTH, QUEUE, SUBSCRIBED, context, frozen, kept, note, until

pytestmark = pytest.mark.embedded

CONNECTOR = OWN
CLIENT_ID = "ioc-subscribed-1"


@asynccontextmanager
async def embedded(folder, port):
    listen = BrokerSettings("127.0.0.1", port, password=str)
    async with embedded_broker(listen, {"subscribed": DeviceSource(CLIENT_ID, SUBSCRIBED.way.topics)}) as broker:
        yield broker


@asynccontextmanager
async def real(folder, port):
    with mosquitto(folder, port) as process:
        yield process


@pytest.fixture(params=[embedded, pytest.param(real, marks=needs_mosquitto)])
async def port(request, tmp_path):
    (number,) = free_ports(1)
    async with request.param(tmp_path, number):
        yield number


class Subscribing(NamedTuple):
    """What a subscriber works with."""

    mapper: Mapper
    source_status: SourceStatus
    breaker: circuit_breaker.CircuitBreaker
    reader: Subscriber


@asynccontextmanager
async def subscribing(producer, port, ward, password=CONNECTOR):
    mapper = Mapper(SUBSCRIBED, context(ward))
    source_status = SourceStatus(SUBSCRIBED, mapper.context, producer, timedelta(milliseconds=50))
    server = MqttServer("127.0.0.1", port, OWN, SecretStr(password))
    breaker = circuit_breaker.CircuitBreaker(source_status)
    subscriber = Subscriber(mapper, source_status, breaker, producer, server, CLIENT_ID)
    tasks = [asyncio.create_task(subscriber.run()), asyncio.create_task(source_status.report(mapper.counts))]
    try:
        yield Subscribing(mapper, source_status, breaker, subscriber)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ids(kafka, ward):
    return [one.id for one in decode(await kept(kafka, QUEUE, ward)).events]


def payload(number, **changed):
    return json.dumps(note(number, **changed))


async def test_messages_go_to_kafka_in_their_order_and_are_acknowledged(kafka, producer, port, request):
    ward = request.node.callspec.id
    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            mids = [one.publish("toy/1/note", payload(number)) for number in range(300)]
            await until(lambda: set(mids) <= set(one.acknowledged))
            await until(lambda: subscriber.source_status.events_sent == 300)
    assert await ids(kafka, ward) == [f"n-{number}" for number in range(300)]


async def test_nothing_is_acknowledged_before_kafka_and_all_comes_again(kafka, producer, port, request, monkeypatch):
    monkeypatch.setattr(producer_module, "PATIENCE", timedelta(seconds=1))
    ward = "later-" + request.node.callspec.id
    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            with frozen(kafka):
                for number in range(10):
                    one.publish("toy/1/note", payload(number))
                await until(lambda: producer.away)
                taken = subscriber.mapper.counts["messages"]
                assert taken > 0
        # The subscriber ended without an acknowledgement: the broker still has all of it.
        async with subscribing(producer, port, ward) as again:
            await until(lambda: again.source_status.events_sent >= 10)
            await until(lambda: len(set(one.acknowledged)) == 10)
        async with subscribing(producer, port, ward) as third:
            await until(lambda: third.reader.is_subscribed)
            one.publish("toy/1/note", payload(10))
            await until(lambda: third.mapper.counts["events"] == 1)
            assert third.mapper.counts["messages"] == 1  # acknowledged messages do not come again
    assert set(await ids(kafka, ward)) == {f"n-{number}" for number in range(11)}


async def test_what_comes_while_we_are_away_waits(kafka, producer, port, request):
    ward = "away-" + request.node.callspec.id
    async with subscribing(producer, port, ward) as subscriber:
        await until(lambda: subscriber.reader.is_subscribed)
    with device(port, user="subscribed", password="subscribed") as one:
        await until(one.connected.is_set)
        for number in range(50):
            one.publish("toy/1/note", payload(number))
        await asyncio.sleep(0.3)
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.source_status.events_sent == 50)
            await until(lambda: len(set(one.acknowledged)) == 50)
    assert await ids(kafka, ward) == [f"n-{number}" for number in range(50)]


async def test_malformed_empty_and_too_long_messages_do_not_stop_the_next(kafka, producer, port, request, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_MESSAGE", 5000)
    ward = "malformed-" + request.node.callspec.id
    bad = ["{", b"\xff\xfe", "[]", payload("refuse"), payload(1, at="2026-03-02T08:00:00"), "x" * 5001, ""]
    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            mids = [one.publish("toy/1/note", body) for body in [*bad, payload(2)]]
            mids.append(one.publish("toy/1/word", "offline"))
            await until(lambda: set(mids) <= set(one.acknowledged))
            await until(lambda: subscriber.source_status.events_sent == 1)
            assert subscriber.mapper.counts["messages"] == 7
            assert subscriber.mapper.counts["empty"] == 1
    assert await ids(kafka, ward) == ["n-2"]
    dead_letters = [DeadLetter.model_validate_json(one) for one in await kept(kafka, DEAD_LETTERS, ward)]
    assert [one.reason_code for one in dead_letters] == [
        "not_json", "encoding", "invalid_field", "no_such_ticket", "invalid_field", "too_large",
    ]  # fmt: skip
    assert {one.address for one in dead_letters} == {"toy/1/note"}


async def test_a_flood_is_not_acknowledged_and_ends_by_itself(kafka, producer, port, request, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "PAUSE", timedelta(hours=1))
    ward, count = "flood-" + request.node.callspec.id, FEWEST + 30

    async def all_there():
        return len(await ids(kafka, ward)) == 59

    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            for number in range(count):
                one.publish("toy/1/note", payload("refuse", id=f"b{number}"))
            one.publish("toy/1/note", payload(1))
            await until(lambda: subscriber.breaker.is_open)
            assert not subscriber.source_status.reachable
            written = len(await kept(kafka, DEAD_LETTERS, ward))
            assert written < FEWEST
        # The broker has kept all of it. In small trials it is let through, and when they are good the source goes on.
        monkeypatch.setattr(circuit_breaker, "PAUSE", timedelta(milliseconds=50))
        async with subscribing(producer, port, ward) as subscriber:
            for number in range(2, 60):
                one.publish("toy/1/note", payload(number))
            await until(lambda: len(set(one.acknowledged)) == count + 59)
            await until(all_there)  # a broker of the ward's own acknowledges before Kafka has it
            assert subscriber.mapper.counts["events"] == 59
            assert not subscriber.breaker.is_open
            assert subscriber.source_status.reachable
    assert await ids(kafka, ward) == [f"n-{number}" for number in range(1, 60)]
    dead_letters = [DeadLetter.model_validate_json(one).id for one in await kept(kafka, DEAD_LETTERS, ward)]
    assert len(set(dead_letters)) == count


async def test_a_broken_device_is_set_aside_and_the_others_are_counted(
    kafka, producer, port, request, monkeypatch, caplog
):
    """Before, 51 messages without sense made the whole source count as down."""
    assert isinstance(SUBSCRIBED.way, Subscription)
    named = dataclasses.replace(SUBSCRIBED.way, device_topics=("toy/{device}/note",))
    monkeypatch.setitem(vars(SUBSCRIBED), "way", named)
    ward, count = "aside-" + request.node.callspec.id, 3 * FEWEST
    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            mids = [one.publish("toy/broken/note", payload("refuse", id=f"b{number}")) for number in range(count)]
            mids += [one.publish(f"toy/{number}/note", payload(number)) for number in range(20)]
            mids.append(one.publish("toy/broken/note", payload(20)))
            await until(lambda: set(mids) <= set(one.acknowledged))
            await until(lambda: subscriber.source_status.events_sent == 21)
            assert subscriber.source_status.reachable
            assert subscriber.mapper.counts["set_aside"] == count - FEWEST_OF_DEVICE
    assert set(await ids(kafka, ward)) == {f"n-{number}" for number in range(21)}
    dead_letters = [DeadLetter.model_validate_json(one) for one in await kept(kafka, DEAD_LETTERS, ward)]
    reasons = Counter(one.reason_code for one in {one.id: one for one in dead_letters}.values())
    assert reasons == {"no_such_ticket": FEWEST_OF_DEVICE - 1, SET_ASIDE: 1}
    assert "circuit breaker of 'broken' open" in caplog.text


async def test_a_bug_in_a_mapping_stops_neither_the_next_message_nor_the_process(
    kafka, producer, port, request, monkeypatch
):
    ward = "bug-mqtt-" + request.node.callspec.id
    with device(port, user="subscribed", password="subscribed") as one:
        async with subscribing(producer, port, ward) as subscriber:
            await until(lambda: subscriber.reader.is_subscribed)
            mapped = subscriber.mapper.connector.map
            broken = lambda received, context: 1 / 0 if received.payload.number == "1" else mapped(received, context)  # noqa: E731
            monkeypatch.setitem(vars(subscriber.mapper.connector), "map", broken)
            mids = [one.publish("toy/1/note", payload(number)) for number in (1, 2)]
            await until(lambda: set(mids) <= set(one.acknowledged))

            async def dead_letters_and_event():  # a broker of the ward's own answers before we have read
                return await ids(kafka, ward) == ["n-2"] and await kept(kafka, DEAD_LETTERS, ward)

            dead_letters = [DeadLetter.model_validate_json(one) for one in await until(dead_letters_and_event)]
    assert {one.reason_code for one in dead_letters} == {"mapping_bug"}
    assert len({one.id for one in dead_letters}) == 1, (
        "the broker may give a message twice, which is the same dead letter"
    )


async def test_retained_messages_are_marked(producer, port, request, monkeypatch):
    with device(port, user="subscribed", password="subscribed") as one:
        first = one.publish("toy/1/word", "offline", retain=True)
        async with subscribing(producer, port, "first"):  # it is acknowledged once somebody has it
            await until(lambda: first in one.acknowledged)
        seen: list[bool] = []
        take = Mapper.take

        def noting(self: Mapper, body: bytes, **options: Any) -> MappedMessage:
            seen.append(options["retained"])
            return take(self, body, **options)

        monkeypatch.setattr(Mapper, "take", noting)
        async with subscribing(producer, port, "retained"):
            await until(lambda: seen)
            one.publish("toy/2/word", "online", retain=True)
            await until(lambda: False in seen)
    assert True in seen


async def test_the_light_goes_out_with_the_broker_and_comes_back(kafka, producer, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=100))
    (port,) = free_ports(1)
    async with subscribing(producer, port, "light") as subscriber:
        async with embedded(tmp_path, port):
            await until(lambda: subscriber.reader.is_subscribed)
            assert not subscriber.source_status.reachable, "the broker is not the device"
            with device(port, user="subscribed", password="subscribed") as one:
                one.publish("toy/1/note", payload(1))
                await until(lambda: subscriber.source_status.reachable)
        await until(lambda: not subscriber.source_status.reachable)

        async def told():
            events = [one.data for one in decode(await kept(kafka, HEALTH, "light")).events]
            kinds = [one.kind for one in events if one.kind != "source.heartbeat"]
            return kinds[-3:] == ["source.up", "source.down", "source.up"] and "source.heartbeat" in {
                one.kind for one in events
            }

        async with embedded(tmp_path, port):
            await until(lambda: subscriber.source_status.reachable)
            await until(told)


async def test_a_refused_log_in_turns_the_light_and_does_not_end(kafka, producer, port, request, monkeypatch, caplog):
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=100))
    ward = "refused-" + request.node.callspec.id
    async with subscribing(producer, port, ward, password="wrong") as subscriber:
        await until(lambda: "source is down" in caplog.text and "refuses the log-in" in caplog.text)
        assert not subscriber.source_status.reachable


@needs_mosquitto
async def test_survives_a_mosquitto_that_starts_later(producer, tmp_path):
    (port,) = free_ports(1)
    async with subscribing(producer, port, "mosquitto-later") as subscriber:
        await asyncio.sleep(0.1)
        with mosquitto(tmp_path, port):
            await until(lambda: subscriber.reader.is_subscribed)
