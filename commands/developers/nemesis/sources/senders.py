"""Senders: how a message gets into the system, and what its source hears of it - posted, published, offered to be asked for, or straight into Kafka.

An outcome is `acked` (somebody promised to keep it), `refused`, or `doubt`: then a real source says the same again.
"""

import asyncio
import json
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Literal

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from standardwebhooks import Webhook

from commands.developers.nemesis.sources.journal import Entry, MessageJournal
from commands.developers.nemesis.sources.message import MessageMeaning, MessagePlan
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options
from ingest.kafka.producer import Producer

Outcome = Literal["acked", "refused", "doubt"]

GIVEN_UP = 0.008
"""Share of posts whose answer the source does not wait for."""
PATIENCE = 20.0
"""Seconds that a source waits for an answer."""
PAGE = 50
"""Items of one answer of the source that is asked."""


class SignedPost:
    """Webhooks, signed.

    Args:
        url: base URL of the intake.
        secrets: webhook secret by connector id.
        random: when to give up.
    """

    def __init__(self, url: str, secrets: dict[str, str], random: Random) -> None:
        self._url = url
        self._signers = {id: Webhook(secret) for id, secret in secrets.items()}
        self._random = random
        self._http = httpx.AsyncClient(timeout=PATIENCE, trust_env=False)

    async def say(self, saying: MessagePlan) -> tuple[Outcome, str]:
        """Post once; what became of it, and how that was told."""
        now = datetime.now(UTC) - (timedelta(minutes=6) if saying.flaw == "stale" else timedelta())
        signed = b"something else" if saying.flaw in ("signature", "encoding") else saying.body
        headers = {
            "content-type": "application/json",
            "webhook-id": saying.post_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signers[saying.connector].sign(saying.post_id, now, signed.decode()),
        }
        url = f"{self._url}/intake/{saying.connector}"
        limit = self._random.uniform(0.001, 0.03) if self._random.random() < GIVEN_UP else PATIENCE
        try:
            async with asyncio.timeout(limit):
                answer = await self._http.post(url, content=saying.body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            return "doubt", type(error).__name__
        if answer.status_code == 202 or (answer.status_code == 409 and saying.nature == "conflict"):
            return "acked", str(answer.status_code)
        if answer.status_code in (400, 401, 413, 415) and saying.nature == "refused":
            return "refused", str(answer.status_code)
        return "doubt", str(answer.status_code)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


class MqttSender:
    """MQTT with QoS 1, a persistent gateway that reconnects for ever and sends again what was not acknowledged.

    Args:
        port: of the broker, on loopback.
        user: the account.
        password: its password.
        name: client id.
    """

    def __init__(self, port: int, user: str, password: str, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._answers: dict[int, asyncio.Future[None]] = {}
        self._client = client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name)
        client.username_pw_set(user, password)
        client.max_inflight_messages_set(50)
        client.reconnect_delay_set(1, 3)
        client.on_publish = self._published
        client.connect_async("127.0.0.1", port, keepalive=20)
        client.loop_start()

    async def say(self, saying: MessagePlan) -> tuple[Outcome, str]:
        """Publish, and wait for the acknowledgement however long it takes."""
        while not self._client.is_connected():
            await asyncio.sleep(0.05)
        info = self._client.publish(saying.address, saying.body, qos=1)
        if info.rc != paho.MQTT_ERR_SUCCESS and info.rc != paho.MQTT_ERR_NO_CONN:
            return "doubt", str(info.rc)
        answer = self._answers.setdefault(info.mid, self._loop.create_future())
        await answer
        self._answers.pop(info.mid, None)
        return "acked", "puback"

    async def close(self) -> None:
        """Say good-bye."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _published(self, _client: paho.Client, _data: Any, mid: int, _reason: Any, _properties: Any) -> None:
        # paho calls it from its own thread.
        self._loop.call_soon_threadsafe(self._answered, mid)

    def _answered(self, mid: int) -> None:
        answer = self._answers.setdefault(mid, self._loop.create_future())
        if not answer.done():
            answer.set_result(None)


class MessageOffer:
    """The source that is asked: a list of items that only grows. What lies before a cursor that comes back is acknowledged.

    Args:
        journal: where that is noted.
        random: when to answer badly.
    """

    def __init__(self, journal: MessageJournal, random: Random) -> None:
        self._journal = journal
        self._random = random
        self._items: list[tuple[Any, Entry]] = []
        self._acked = 0
        self.healthy = False
        """Whether it answers well every time from now on."""

    def add(self, saying: MessagePlan, entry: Entry) -> None:
        """Put a message at the end of the list."""
        self._items.append((json.loads(saying.body), entry))

    @property
    def left(self) -> int:
        """Items that are not acknowledged."""
        return len(self._items) - self._acked

    def app(self, path: str) -> FastAPI:
        """The HTTP application."""
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

        @app.get(path)
        async def changes(cursor: str = Query("0", alias="conTro")) -> Response:
            at = int(cursor)
            for _, entry in self._items[self._acked : at]:
                self._journal.acked(entry, f"cursor {at}")
            self._acked = max(self._acked, at)
            if not self.healthy and self._random.random() < 0.03:
                return await self._badly()
            page = [item for item, _ in self._items[at : at + PAGE]]
            return JSONResponse({"DuLieu": page, "ConTroTiepTheo": str(at + len(page))})

        return app

    async def _badly(self) -> Response:
        match self._random.randrange(4):
            case 0:
                return PlainTextResponse("MaLoi 500", 500)
            case 1:
                return PlainTextResponse('{"DuLieu": [{"IdThay', 200)
            case 2:
                return JSONResponse({"DuLieu": None})
            case _:
                await asyncio.sleep(self._random.uniform(0.5, 3))
                return PlainTextResponse("", 503)


class TableSender:
    """A table that the source's program writes and never takes anything from: what is in it is promised.

    Args:
        file: the database (SQLite).
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    @staticmethod
    def make(file: Path) -> None:
        """Make the table, before anybody reads it."""
        with closing(sqlite3.connect(file)) as database, database:
            database.execute("CREATE TABLE news (seq INTEGER PRIMARY KEY, ma TEXT, luc TEXT, nguoi_dang TEXT)")

    async def say(self, saying: MessagePlan) -> tuple[Outcome, str]:
        """Insert a row."""
        await asyncio.to_thread(self._insert, json.loads(saying.body))
        return "acked", "row"

    def _insert(self, row: dict[str, str]) -> None:
        with closing(sqlite3.connect(self._file, timeout=30)) as database, database:
            database.execute("INSERT INTO news (ma, luc, nguoi_dang) VALUES (:ma, :luc, :nguoi_dang)", row)


class FileSender:
    """A folder into which files are put; one that lies among those that were read is acknowledged.

    Args:
        inbox: the folder.
    """

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox

    async def say(self, saying: MessagePlan) -> tuple[Outcome, str]:
        """Put a file there, and wait for it however long it takes."""
        row = json.loads(saying.body)
        name = f"{saying.token}.csv"
        await asyncio.to_thread(self._put, name, ",".join(row) + "\n" + ",".join(row.values()) + "\n")
        while not any((self._inbox / "done").glob(f"*-{name}")):
            await asyncio.sleep(0.2)
        return "acked", "done"

    def _put(self, name: str, text: str) -> None:
        self._inbox.mkdir(parents=True, exist_ok=True)
        (self._inbox / f"{name}.part").write_text(text, encoding="utf-8")
        (self._inbox / f"{name}.part").rename(self._inbox / name)


class KafkaSender:
    """Straight into Kafka: the events of other wards' connectors, and records that are no events.

    Args:
        ingest: where Kafka is.
        meaning: makes the events.
    """

    def __init__(self, ingest: IngestSettings, meaning: MessageMeaning) -> None:
        self._meaning = meaning
        self._producer = Producer(ingest)
        self._plain = AIOKafkaProducer(**client_options(ingest), acks="all", request_timeout_ms=5_000)

    async def start(self) -> None:
        """Connect.

        Raises:
            KafkaError: there is no Kafka.
        """
        await self._producer.start()
        await self._plain.start()

    async def say(self, saying: MessagePlan) -> tuple[Outcome, str]:
        """Write its events."""
        try:
            await self._producer.send(self._meaning.envelopes(saying))
        except Unavailable as error:
            return "doubt", str(error)
        return "acked", "kafka"

    async def record(self, topic: str, key: bytes | None, value: bytes | None) -> tuple[str, int, int] | None:
        """Write a record as it is: topic, partition and offset; `None` when nobody knows."""
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                found = await self._plain.send_and_wait(topic, value=value, key=key)
                return topic, found.partition, found.offset
        return None

    async def close(self) -> None:
        """Disconnect."""
        await self._producer.stop()
        await self._plain.stop()
