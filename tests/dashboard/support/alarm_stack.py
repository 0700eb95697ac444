"""Real alarms: Kafka, the warehouse, a worker and the alarm process, a receiver of webhooks, and boards without pages beside them."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from commands.supervision.stack import Stack
from dashboard.alarm.settings import AlarmSettings
from dashboard.board.alarm_desk import AlarmDesk
from dashboard.board.live import Live
from dashboard.state.page import PageList
from dashboard.state.queries import WarehouseReader, load_values
from ingest.contract.event import Event
from ingest.contract.events.health import SourceDown, SourceHeartbeat
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from tests.dashboard.support.ward import board_settings
from warehouse.settings import WarehouseSettings
from warehouse.store.alarm_log import read_alarm
from warehouse.store.client import connect
from warehouse.store.halted_partitions import halt_partition, resume_partition

SPEED = 3
"""The pretend clock's: a rule that waits for half a minute waits for ten seconds, and escalates after five minutes."""

FIRST_DAY = datetime(2026, 11, 24, 2, tzinfo=UTC)


@dataclass
class Receiver:
    """Takes webhooks, or refuses them."""

    port: int = 0
    refuses: bool = False
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """The id and the content of each."""

    def told(self, alarm: str) -> list[tuple[str, str]]:
        """Kind and id of what came about an alarm, each as often as it came."""
        return [(said["type"].removeprefix("alarm."), id) for id, said in self.taken if said["data"]["alarm"] == alarm]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver on loopback."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if not found.refuses:
                found.taken.append((self.headers["webhook-id"], body))
            self.send_response(503 if found.refuses else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Not in the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


class RealAlarms:
    """A stack with alarms, and what tests ask of it."""

    def __init__(self, stack: Stack, receiver: Receiver) -> None:
        self.stack = stack
        self.receiver = receiver
        self.ingest = stack.settings(IngestSettings)
        self.warehouse = stack.settings(WarehouseSettings)

    def send(self, *events: Event) -> None:
        """Send what the connectors would."""
        asyncio.run(send_own_events(self.ingest, "connectors", self.ingest.clock().now(), *events))

    def fall_silent(self, source: str) -> None:
        """A source tells that it is down."""
        now = self.ingest.clock().now()
        self.send(SourceHeartbeat(source_id=source, at=now), SourceDown(source_id=source, at=now, cause_code="test"))

    def halt(self, topic: str) -> None:
        """Raise an alarm at once, as a stopped stream does."""
        with connect(self.warehouse) as client:
            halt_partition(client, topic, 0, 0, "51/1000")

    def resume(self, topic: str) -> None:
        """Clear it at once."""
        with connect(self.warehouse) as client:
            resume_partition(client, topic, 0, "lan", 0)

    def stored(self, alarm: str) -> list[bytes]:
        """The events of an alarm that the warehouse has."""
        with connect(self.warehouse) as client:
            return read_alarm(client, self.ingest.ward, alarm)

    def counted(self, alarm: str, kind: str) -> int:
        """How many events of a kind the warehouse has about an alarm."""
        return sum(json.loads(event)["data"].get("alarm_ref") == alarm and json.loads(event)["type"].endswith(f".{kind}.v1")
                   for event in self.stored(alarm))  # fmt: skip


@contextmanager
def real_alarms(
    folder: Path, parts: tuple[str, ...] = ("ingest", "warehouse", "streams", "alarm")
) -> Iterator[RealAlarms]:
    """Run all of it."""
    now = datetime.now(UTC)
    with receiving() as receiver:
        variables = {
            "IOC_PRETEND": "true",
            "IOC_CLOCK_ORIGIN": FIRST_DAY.isoformat(),
            "IOC_CLOCK_REAL_ORIGIN": now.isoformat(),
            "IOC_CLOCK_SPEED": str(SPEED),
            "IOC_ALARM_SETTLE": "PT0S",
            "IOC_ALARM_WEBHOOK_URL": f"http://127.0.0.1:{receiver.port}/hook",
        }
        with Stack(folder, parts, variables, patience=120) as stack:
            yield RealAlarms(stack, receiver)


class OneBoard:
    """A board without pages, in a thread with a loop of its own."""

    def __init__(self, alarms: RealAlarms) -> None:
        live = Live(
            alarms.ingest,
            board_settings(alarms.stack.folder),
            partial(load_values, alarms.warehouse, alarms.ingest.ward),
            PageList(),
        )
        self.live = live
        self.desk = AlarmDesk(live, WarehouseReader(alarms.warehouse), AlarmSettings(_env_file=None))
        self._loop = asyncio.new_event_loop()
        self._running = self._loop.create_task(self._run())
        self._thread = threading.Thread(target=self._until_done, daemon=True)

    def __enter__(self) -> "OneBoard":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._running.cancel)
        self._thread.join(30)
        self._loop.close()

    def do(self, *given: Any, **more: Any) -> Any:
        """What `AlarmDesk.do` does."""
        return asyncio.run_coroutine_threadsafe(self.desk.do(*given, **more), self._loop).result(60)

    def both(self, *given: Any, **more: Any) -> list[Any]:
        """The same twice at the same time."""
        found = [asyncio.run_coroutine_threadsafe(self.desk.do(*given, **more), self._loop) for _ in range(2)]
        return [one.result(60) for one in found]

    def of(self, rule: str, subject: str) -> Any:
        """The active alarm of a rule and a subject, or the newest that cleared; `None`: there is none."""
        found = [one for one in list(self.desk.alarms.values()) if one.key == (rule, subject)]
        return max(found, key=lambda one: (one.is_active, one.raised_ms), default=None)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.live.run())
            tasks.create_task(self.desk.run())

    def _until_done(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._running)
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
