import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract.connector import ReceivedMessage
from ingest.contract.envelope import decode, decoded, envelope
from ingest.contract.errors import Unavailable
from ingest.contract.events.health import SourceDown
from ingest.contract.topic import DEAD_LETTERS
from ingest.kafka import producer as module
from ingest.kafka.producer import Producer
from ingest.untrusted.dead_letter import DeadLetter
from tests.ingest.support.toy import HEALTH, QUEUE, Note, context, frozen, issued, kept, note
from tests.support.broker import running

pytestmark = pytest.mark.embedded


def events(ward, numbers):
    made = []
    for number in numbers:
        received = ReceivedMessage(Note(**note(number)), "", datetime.now(UTC))
        (identified,) = issued(received, context(ward))
        made.append(
            envelope(
                identified.event, ward=ward, source="/w/queue/toy", recorded_at=datetime.now(UTC), id=identified.id
            )
        )
    return made


def dead_letter(ward, id_="l1"):
    return DeadLetter(
        id=id_, ward=ward, reason_code="x", error="y", payload_redacted="{}", received_at=datetime.now(UTC)
    )


async def test_sent_events_are_in_kafka_in_their_order(kafka, producer):
    sent = events("order", range(300))
    await producer.send(sent)
    assert decode(await kept(kafka, QUEUE, "order")).events == [decoded(one) for one in sent]


async def test_events_go_to_the_topic_of_their_stream(kafka, producer):
    down = SourceDown(source_id="toy", at=datetime(2026, 3, 2, tzinfo=UTC), cause_code="silent")
    await producer.send([envelope(down, ward="health", source="/w/s/toy", recorded_at=datetime.now(UTC))])
    assert len(await kept(kafka, HEALTH, "health")) == 1
    assert await kept(kafka, QUEUE, "health") == []


async def test_dead_letters_have_their_topic(kafka, producer):
    await producer.dead_letter(dead_letter("dead", "l1"), dead_letter("dead", "l2"))
    kept_dead_letters = [DeadLetter.model_validate_json(one) for one in await kept(kafka, DEAD_LETTERS, "dead")]
    assert [one.id for one in kept_dead_letters] == ["l1", "l2"]


async def test_nothing_to_send_is_no_error(producer):
    await producer.send([])
    await producer.dead_letter()


async def test_unavailable_while_kafka_hangs_and_at_once_from_then_on(kafka, producer, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=1))
    await producer.send(events("hang", [0]))
    with frozen(kafka):
        with pytest.raises(Unavailable) as first:
            await producer.send(events("hang", [1]))
        monkeypatch.setattr(module, "PATIENCE", timedelta(hours=1))
        async with asyncio.timeout(60):  # refused without waiting for the time limit
            with pytest.raises(Unavailable):
                await producer.send(events("hang", [2]))
        assert producer.away
        assert first.value.retry_after > timedelta(0)
    await _sent_again(producer, events("hang", [1, 2]))
    ids = {one.id for one in decode(await kept(kafka, QUEUE, "hang")).events}
    assert ids == {"n-0", "n-1", "n-2"}
    assert not producer.away


async def test_a_client_that_hangs_too_long_is_replaced(kafka, producer, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=1))
    monkeypatch.setattr(module, "RENEW_AFTER", timedelta(seconds=0))
    with frozen(kafka):
        with pytest.raises(Unavailable):
            await producer.send(events("renew", [1]))
        await asyncio.sleep(0.05)
        with pytest.raises(Unavailable):
            await producer.send(events("renew", [1]))
    await _sent_again(producer, events("renew", [1]))
    assert {one.id for one in decode(await kept(kafka, QUEUE, "renew")).events} == {"n-1"}


@pytest.mark.long
async def test_survives_a_kafka_that_comes_later_dies_and_comes_again_empty(tmp_path):
    with running(tmp_path / "first") as settings:
        made = Producer(settings)
        await made.start()
        await made.send(events("again", [1]))
    with pytest.raises(Unavailable):
        await made.send(events("again", [2]))
    ports = {"kafka_port": settings.kafka_port, "kafka_controller_port": settings.kafka_controller_port}
    with running(tmp_path / "second", **ports) as other:
        await _sent_again(made, events("again", [2]))
        assert {one.id for one in decode(await kept(other, QUEUE, "again")).events} == {"n-2"}
        await made.stop()


async def test_start_waits_for_kafka(kafka):
    settings = kafka.model_copy(update={"kafka_port": 1})
    waiting = Producer(settings)
    with pytest.raises(Unavailable):
        await waiting.send(events("never", [1]))
    starting = asyncio.create_task(waiting.start())
    await asyncio.sleep(0.3)
    assert not starting.done()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await waiting.stop()


async def test_stop_gives_up_what_kafka_does_not_take(kafka, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", timedelta(seconds=1))
    made = Producer(kafka)
    await made.start()
    await made.send(events("stop", [0]))
    with frozen(kafka):
        with pytest.raises(Unavailable):
            await made.send(events("stop", [1]))
        async with asyncio.timeout(60):
            await made.stop()


async def _sent_again(producer, wanted):
    async with asyncio.timeout(60):
        while True:
            try:
                await producer.send(wanted)
            except Unavailable as error:
                await asyncio.sleep(error.retry_after.total_seconds())
            else:
                return
