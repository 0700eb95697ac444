"""Three toy sources, one a way, that all say when a ticket was issued; and what tests do with Kafka."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic import AwareDatetime, BaseModel, SecretStr, TypeAdapter

from ingest.contract.connector import Connector, Context, Identified, Poll, ReceivedMessage, Subscription, Webhook
from ingest.contract.envelope import AnyEnvelope
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.contract.events.health import SourceHeartbeat
from ingest.contract.events.queue import TicketIssued
from ingest.contract.label import Label
from ingest.contract.topic import topic_of
from ingest.kafka.broker.folder import Folder
from ingest.kafka.broker.server import running_java
from ingest.kafka.client import client_options
from ingest.untrusted.pseudonym import pseudonymiser

SECRET = "a secret of at least thirty-two characters"
QUEUE = topic_of("queue")
HEALTH = topic_of("health")


class Note(BaseModel):
    id: str
    at: AwareDatetime
    number: str
    kiosk: str = "k1"


def issued(received: ReceivedMessage, context: Context):
    note = received.payload
    if note == "hello":
        return []
    if note.number == "refuse":
        raise InvalidEvent("no_such_ticket", "the number is none")
    event = TicketIssued(
        ticket_id=f"s|{note.number}",
        site_id="s",
        local_date=f"{note.at:%Y-%m-%d}",
        ticket_no=note.number,
        service_code="x",
        queue_id="q",
        issued_at=note.at,
        kiosk_id=note.kiosk,
    )
    return [Identified(event, note.id)]


def _connector(id_: str, way: Webhook | Poll | Subscription, **changed: Any) -> Connector:
    values: dict[str, Any] = {
        "id": id_,
        "label": Label(vi=id_, en=id_),
        "system": "queue",
        "way": way,
        "payload": TypeAdapter(Note),
        "events": (TicketIssued,),
        "map": issued,
        "sample": "",
        "personal": frozenset({"quy_danh"}),
        **changed,
    }
    return Connector(**values)


POSTING = _connector("posting", Webhook(sign_of_life=timedelta(seconds=10)))
POLLED = _connector(
    "polled",
    Poll(
        path="/notes",
        every=timedelta(milliseconds=50),
        items=lambda page: page["notes"],
        next_cursor=lambda page: page.get("next"),
        parameters=lambda cursor: {} if cursor is None else {"after": cursor},
    ),
)
SUBSCRIBED = _connector(
    "subscribed",
    Subscription(topics=("toy/+/note", "toy/+/word"), payloads={"toy/+/word": TypeAdapter(str)}),
    map=lambda received, context: [] if isinstance(received.payload, str) else issued(received, context),
)


class StillClock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class Kafka:
    """What was sent, unless it is away."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.away = False
        self.refused = 0

    async def send(self, events: Sequence[AnyEnvelope]) -> None:
        if self.away:
            self.refused += 1
            raise Unavailable("Kafka", "away")
        self.sent += [one.data for one in events]

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(one.kind, one.cause_code) for one in self.sent if one.kind != "source.heartbeat"]

    @property
    def beats(self) -> list[SourceHeartbeat]:
        return [one for one in self.sent if isinstance(one, SourceHeartbeat)]


def context(ward: str) -> Context:
    return Context(clock=StillClock(), ward=ward, pseudonym=pseudonymiser(SecretStr(SECRET)))


def note(number: int | str, /, **changed: Any) -> dict[str, Any]:
    return {"id": f"n-{number}", "at": "2026-03-02T08:00:00+07:00", "number": str(number), **changed}


async def kept(settings: Any, topic: str, ward: str) -> list[bytes]:
    """The values of a ward's records in a topic, so far."""
    consumer = AIOKafkaConsumer(**client_options(settings), auto_offset_reset="earliest")
    try:
        await consumer.start()
        partitions = [TopicPartition(topic, number) for number in range(settings.kafka_partitions)]
        consumer.assign(partitions)
        values = []
        for partition, end in (await consumer.end_offsets(partitions)).items():
            while await consumer.position(partition) < end:
                chunk = await consumer.getmany(partition, timeout_ms=500)
                values += [one.value for records in chunk.values() for one in records if one.key == ward.encode()]
        return values
    finally:
        await consumer.stop()


async def until(condition, limit: float = 60.0):
    """Wait until something holds."""
    async with asyncio.timeout(limit):
        while not (got := await condition() if asyncio.iscoroutinefunction(condition) else condition()):
            await asyncio.sleep(0.02)
    return got


@contextlib.contextmanager
def frozen(settings: Any):
    """Kafka does not move while the block runs."""
    pid = next(running_java(Folder(settings))).pid
    os.kill(pid, signal.SIGSTOP)
    while not _is_frozen(pid):
        time.sleep(0.01)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _is_frozen(pid: int) -> bool:
    """Whether the signal has reached every thread: on a busy PC one may answer for a while yet. Where no system tells, it is believed."""
    states = [stat.read_text().rpartition(")")[2].split()[0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) <= {"T"}
