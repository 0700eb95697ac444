"""Floods of a whole install at full size: each of its ports is held by more connections than it has places for, and everybody else is served."""

import asyncio
import json
import math
import statistics
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil
import pytest
from standardwebhooks import Webhook
from websockets.asyncio.client import connect as open_socket
from websockets.typing import Origin

from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from dashboard.access.accounts import Accounts
from dashboard.access.display_entry import ENTRY, HOME, SOCKET
from dashboard.access.displays import Displays
from ingest.contract.clock import RealClock
from ingest.contract.errors import QueryRefused
from tests.support.flooding import flooding
from tests.warehouse.support.bombs import BOMBS
from warehouse.query.adhoc import Adhoc
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect
from warehouse.views import public_names

pytestmark = [pytest.mark.faults, pytest.mark.embedded, pytest.mark.timeout(400)]

PARTS = ("ingest", "warehouse", "connectors", "streams", "dashboard")
SECONDS = 25.0
"""How long each flood is held."""
BOARD, INTAKE, WAREHOUSE = "dashboard", "connectors", "warehouse"


class Measured:
    """How long what others do meanwhile takes, in seconds; infinite where it fails."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {
            name: [] for name in ("log-in", "SELECT 1", "analyst", "webhook", "wall", "screen")
        }

    async def time(self, name: str, work: Any) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(10):
                await work
        except Exception as error:
            print(f"{name}: {type(error).__name__} {error}")
            self.took[name].append(math.inf)
        else:
            self.took[name].append(time.monotonic() - began)

    def told(self) -> str:
        return "; ".join(f"{name} {quantiles(times)}" for name, times in self.took.items())


def quantiles(times: list[float]) -> str:
    whole = [one for one in times if one < math.inf]
    if not whole:
        return f"0/{len(times)}"
    p99 = sorted(whole)[math.ceil(0.99 * len(whole)) - 1]
    return f"{len(whole)}/{len(times)} p50 {statistics.median(whole) * 1000:.0f} p99 {p99 * 1000:.0f} ms"


class Install:
    """A whole install, and what its people and devices do."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.board = stack.install.board
        self.password = Accounts(self.board).add("lan", frozenset({"leader"}))
        self.token = Displays(self.board).add("hall", RealClock().now())[1]
        self.warehouse = stack.settings(WarehouseSettings)
        self.adhoc = Adhoc(self.warehouse, public_names())
        connectors = stack.settings(ConnectorsSettings)
        self.signer = Webhook(connectors.webhook_secrets("content_post")[0])
        self.intake = f"http://127.0.0.1:{connectors.intake_port}"
        self.ports = {
            BOARD: self.board.port,
            INTAKE: connectors.intake_port,
            WAREHOUSE: self.warehouse.port,
            "board's health": self.board.health_port,
        }

    def open_files(self, part: str) -> int:
        pid = self.stack.pid(part)
        assert pid
        return psutil.Process(pid).num_fds()

    async def log_in(self) -> None:
        async with httpx.AsyncClient(base_url=self.board.url, trust_env=False, timeout=10) as client:
            answer = await client.post("/login", data={"name": "lan", "password": self.password})
            assert answer.status_code == 303, answer.status_code

    async def select(self) -> None:
        def ask() -> None:
            with connect(self.warehouse) as client:
                assert client.query("SELECT 1") == [(1,)]

        await asyncio.to_thread(ask)

    async def analyse(self) -> None:
        answer = await asyncio.to_thread(self.adhoc.run, "SELECT 1", "minh")
        assert answer.rows == [(1,)]

    async def post(self) -> None:
        id_, now = f"flood-{time.time_ns()}", datetime.now(UTC)
        item = {"maBai": id_, "nenTang": "zalo", "maChuyenMuc": "an_ninh"}
        body = json.dumps({"id": id_, "loai": "dang_bai", "thoiGian": now.isoformat(), "baiDang": item}).encode()
        headers = {
            "content-type": "application/json",
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(id_, now, body.decode()),
        }
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            answer = await client.post(f"{self.intake}/intake/content_post", content=body, headers=headers)
            assert answer.status_code == 202, answer.status_code

    @asynccontextmanager
    async def screen(self, took: list[float]) -> AsyncIterator[asyncio.Event]:
        """A screen of the wall; notes how old the newest event is that each frame shows."""
        async with httpx.AsyncClient(base_url=self.board.url, trust_env=False, timeout=10) as client:
            await client.get(ENTRY, params={"token": self.token})
            listed = (await client.get(f"{HOME}_dash-dependencies")).raise_for_status().json()
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        push = next(one["output"] for one in listed if one["websocket"])
        url = self.board.url.replace("http", "ws", 1) + SOCKET
        shown = asyncio.Event()
        async with open_socket(
            url, origin=Origin(self.board.url), additional_headers={"Cookie": cookie}, proxy=None, open_timeout=10
        ) as socket:
            looking = asyncio.create_task(_look(socket, push, took, shown))
            try:
                yield shown
            finally:
                looking.cancel()
                with suppress(asyncio.CancelledError):
                    await looking

    async def new_screen(self) -> None:
        async with self.screen([]) as shown:
            await shown.wait()


async def _look(socket: Any, push: str, took: list[float], shown: asyncio.Event) -> None:
    request = {"output": push, "outputs": [], "inputs": [], "state": [], "changedPropIds": []}
    await socket.send(json.dumps({"type": "callback_request", "rendererId": "1", "requestId": "1", "payload": request}))
    async for text in socket:
        said: Any = json.loads(text)
        for message in said if isinstance(said, list) else [said]:
            if message["type"] == "get_props_request":
                answer = {"rendererId": "1", "requestId": message["requestId"], "payload": {"data": "/"}}
                await socket.send(json.dumps({"type": "get_props_response", **answer}))
            elif message["type"] == "set_props":
                props, now_ms = message["payload"]["props"], time.time() * 1000
                if "data-frame" in props:
                    shown.set()
                took += [(now_ms - int(ms)) / 1000 for ms in str(props.get("data-recorded", "")).split()]
    took.append(math.inf)  # cut


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    with Stack(tmp_path_factory.mktemp("floods"), PARTS) as stack:
        made = Install(stack)
        asyncio.run(made.log_in())
        yield made


async def _measured(install: Install, measured: Measured, until: Any) -> None:
    """Do what people and devices do until the flood ends."""
    async with install.screen(measured.took["wall"]):
        while until():
            async with asyncio.TaskGroup() as tasks:
                for name, work in (
                    ("log-in", install.log_in),
                    ("SELECT 1", install.select),
                    ("analyst", install.analyse),
                    ("webhook", install.post),
                    ("screen", install.new_screen),
                ):
                    tasks.create_task(measured.time(name, work()))
            await asyncio.sleep(0.2)


def test_without_a_flood(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    measured, began = Measured(), time.monotonic()
    asyncio.run(_measured(install, measured, lambda: time.monotonic() - began < SECONDS / 2))
    with capsys.disabled():
        print(f"\nno flood: {measured.told()}")


@pytest.mark.parametrize(
    ("part", "kind", "count"),
    [
        (BOARD, "silent", 1200),
        (BOARD, "slow_head", 1200),
        (BOARD, "slow_body", 1200),
        (BOARD, "slow_reader", 1200),
        (BOARD, "half_socket", 1200),
        (BOARD, "log_ins", 300),
        (INTAKE, "silent", 1200),
        (INTAKE, "slow_head", 1200),
        (INTAKE, "slow_post", 1200),
        (WAREHOUSE, "silent", 1200),
        (WAREHOUSE, "half_hello", 1200),
        ("board's health", "silent", 300),
    ],
)
def test_a_flooded_port_serves_everybody_else(
    install: Install, capsys: pytest.CaptureFixture[str], part: str, kind: str, count: int
) -> None:
    process = BOARD if part.startswith("board") else part
    before, measured = install.open_files(process), Measured()
    held = []

    def goes_on() -> bool:
        held.append(install.open_files(process) - before)
        return flood.runs

    with flooding(kind, install.ports[part], count, SECONDS) as flood:
        asyncio.run(_measured(install, measured, goes_on))
        flood.end()
    with capsys.disabled():
        print(f"\n{part} {kind} {count}: {flood.told}, {max(held)} held; {measured.told()}")
    for name, times in measured.took.items():
        assert times, name
        assert max(times) < 10, name
    until = time.monotonic() + 30
    while install.open_files(process) > before + 20:
        assert time.monotonic() < until, "places are lost"
        time.sleep(0.2)


def test_the_worst_that_two_analysts_ask_holds_nobody_up(install: Install, capsys: pytest.CaptureFixture[str]) -> None:
    bombs = iter([bomb for bomb in BOMBS if "open_numbers" not in bomb])
    measured, began, ends = Measured(), time.monotonic(), []

    def ask(person: str) -> None:
        while time.monotonic() - began < 2 * SECONDS and (bomb := next(bombs, None)):
            with suppress(QueryRefused):
                install.adhoc.run(bomb, person)
            ends.append(bomb)

    asyncio.run(install.analyse())  # whoever opens the page has the process started that will answer
    threads = [threading.Thread(target=ask, args=(person,)) for person in ("an", "binh", "an")]
    for thread in threads:
        thread.start()
    asyncio.run(_measured(install, measured, lambda: any(thread.is_alive() for thread in threads)))
    with capsys.disabled():
        print(f"\n{len(ends)} bombs: {measured.told()}")
    assert len(ends) > len(threads)
    for name, times in measured.took.items():
        assert max(times) < 10, name
