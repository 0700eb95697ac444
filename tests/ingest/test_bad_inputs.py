"""Bad inputs that no other test has: what reliability calls the thirty, by their numbers.

1-8 `webhook/test_routes`; 9-12 here, `untrusted/test_json_text` and `webhook/test_routes`; 13-19 `source/test_mapper`; 20-21 `connectors/test_bad_numbers`; 22
`source/test_mapper`; 23 here; 24 `streams/fold/test_fold` and `warehouse/store/test_many_dates`; 25 `source/test_mapper` and `dashboard/words/test_csv`; 27 here,
`mqtt/test_subscriber`, `mqtt/test_broker`; 28 `rest/test_poller`; 29 here, `contract/test_envelope` and `streams/test_worker`; 30 `warehouse/query/test_adhoc`. A drop
folder (26) does not exist.
"""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError

from commands.install.ports import free_ports
from connectors.queue_kiosk import CONNECTOR as KIOSK
from ingest.contract.topic import MEGABYTE
from ingest.kafka.client import client_options
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.ingest.mqtt.test_broker import DEVICE, Connector, broker, connect
from tests.ingest.support.mqtt_device import device
from tests.ingest.support.toy import POSTING, QUEUE, Kafka, context, note, until


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"id": "n", "at": NaN, "number": "1"}', "non_finite"),
        ('{"id": "n", "at": -Infinity, "number": "1"}', "non_finite"),
        ('{"id": "n", "at": 1e999, "number": "1"}', "non_finite"),
        ('{"id": "n", "at": ' + "9" * 5000 + ', "number": "1"}', "out_of_range"),
        ('{"id": "n", "at": 18446744073709551616, "number": "1"}', "out_of_range"),
        ('{"id": "n", "id": "m", "at": "2026-03-02T08:00:00Z", "number": "1"}', "duplicate_keys"),
        ('{"id": "\\ud800", "at": "2026-03-02T08:00:00Z", "number": "1"}', "encoding"),
        ('{"id": "\\u0000", "at": "2026-03-02T08:00:00Z", "number": "1"}', "encoding"),
        ('\ufeff{"id": "n", "at": "2026-03-02T08:00:00Z", "number": "1"}', "encoding"),
        ('{"id": ' + "[" * 100_000, "too_deep"),
        ('{"id": "n", "at": "2026-03-02T02:30:00", "number": "1"}', "invalid_field"),  # a time without its zone
        ('{"id": "n", "at": "2026-03-02T08:00:00Z", "number": "<script>"}', "invalid_field"),
        ('{"id": "n", "at": "2026-03-02T08:00:00Z", "number": "=cmd()"}', "invalid_field"),
        ('{"id": "n", "at": "2026-03-02T08:00:00Z", "number": "javascript:alert(1)"}', "invalid_field"),
    ],
)
def test_mqtt_and_polls_refuse_what_webhooks_refuse(text, reason):
    taken = Mapper(POSTING, context("w")).take(text.encode(errors="surrogatepass"))
    assert taken.envelopes == ()
    assert taken.dead_letter.reason_code == reason


def test_ten_thousand_new_kinds_are_a_flood_and_make_no_new_counts():
    mapper = Mapper(KIOSK, context("w"))
    source_status = SourceStatus(KIOSK, mapper.context, Kafka())
    breaker = CircuitBreaker(source_status)
    written = 0
    for number in range(10_000):
        body = {"id": f"m-{number}", "event": f"ticket.new_{number}", "time": "2026-03-02T08:00:00+07:00"}
        dead_letter = mapper.take(json.dumps(body).encode()).dead_letter
        assert dead_letter.reason_code == "unknown_kind"
        written += breaker.admits() and breaker.judge(True)
    assert written == FEWEST - 1
    assert set(mapper.counts) <= {"messages", "dead_letters", "unknown_fields"}


@pytest.mark.embedded
async def test_a_message_for_a_topic_filter_reaches_nobody():
    """`#` in the topic of a message is against the protocol: paho refuses to send it, others may not."""
    (port,) = free_ports(1)
    async with broker(port):
        connector = await asyncio.to_thread(Connector, port)
        try:
            with device(port, password=DEVICE) as one:
                for topic in (b"toy/#/note", b"toy/+/note", b"#"):
                    await published_by_hand(port, topic)
                one.publish("toy/1/note", json.dumps(note(1)))
                await until(lambda: connector.messages)
            assert {message.topic for message in connector.messages} == {"toy/1/note"}
        finally:
            await asyncio.to_thread(connector.leave)


async def published_by_hand(port, topic):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(connect())
    await reader.readexactly(4)
    body = len(topic).to_bytes(2, "big") + topic + b"{}"
    writer.write(bytes([0x30, len(body)]) + body)
    writer.write_eof()
    async with asyncio.timeout(60):
        await reader.read()
    writer.close()


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("value", "headers"), [(b"x" * (MEGABYTE + 1), []), (b"{}", [(f"h{n}", b"x" * 5_000) for n in range(250)])]
)
async def test_a_record_that_is_too_long_is_refused_by_kafka(kafka, value, headers):
    client = AIOKafkaProducer(**client_options(kafka), max_request_size=4 * MEGABYTE)
    await client.start()
    try:
        with pytest.raises(MessageSizeTooLargeError):
            await client.send_and_wait(QUEUE, value, headers=headers)
    finally:
        await client.stop()
