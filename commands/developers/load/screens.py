"""Screens: many screens of the wall at one board, each as a client of its socket, and what they cost the board."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from dashboard.access.display_entry import ENTRY, HOME, SOCKET
from dashboard.access.displays import Displays
from dashboard.settings import BoardSettings
from ingest.contract.clock import RealClock

PATH = "/"
"""All look at the overview, which has the most figures."""

ALL_LIVE_WITHIN = 120.0
"""Seconds."""


class ScreenCost(NamedTuple):
    """What so many screens cost."""

    screens: int
    cpu: float
    """Seconds of processor time of the board's process a second."""
    frames: float
    """Frames that each screen took in a second."""
    kilobytes: float
    """What each was sent a second."""


def crowd(board: BoardSettings, pid: int, screens: int, change: Callable[[], None]) -> ScreenCost:
    """Open so many screens, and measure while figures change.

    Args:
        board: the board's settings.
        pid: its process.
        screens: how many.
        change: changes figures for as long as it is to be measured.
    """
    displays = Displays(board)
    one, token = displays.add("crowd", RealClock().now())
    try:
        return asyncio.run(_crowd(board, token, psutil.Process(pid), screens, change))
    finally:
        displays.revoke(one.id)


async def _crowd(
    board: BoardSettings, token: str, process: psutil.Process, screens: int, change: Callable[[], None]
) -> ScreenCost:
    async with httpx.AsyncClient(base_url=board.url, trust_env=False) as client:
        await client.get(ENTRY, params={"token": token})
        listed = (await client.get(f"{HOME}_dash-dependencies")).raise_for_status().json()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    push = next(one["output"] for one in listed if one["websocket"])
    taken: list[Counter[str]] = [Counter() for _ in range(screens)]
    url = board.url.replace("http", "ws", 1) + SOCKET
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as stack:
        for count in taken:
            socket = await stack.enter_async_context(
                connect(url, origin=Origin(board.url), additional_headers={"Cookie": cookie}, proxy=None)
            )
            task = asyncio.create_task(_look(socket, push, count))
            stack.callback(task.cancel)
        async with asyncio.timeout(ALL_LIVE_WITHIN):
            while not all(count["frames"] for count in taken):
                await asyncio.sleep(0.1)
        before, began = [Counter(count) for count in taken], loop.time()
        used = _cpu(process)
        await asyncio.to_thread(change)
        cpu, seconds = _cpu(process) - used, loop.time() - began
        more = sum((count - old for count, old in zip(taken, before, strict=True)), Counter())
    each = seconds * screens
    return ScreenCost(
        screens, round(cpu / seconds, 3), round(more["frames"] / each, 2), round(more["bytes"] / each / 1000, 2)
    )


async def _look(socket: ClientConnection, push: str, taken: Counter[str]) -> None:
    """Take in frames as a browser does: ask for the push, and say where it is whenever it is asked."""
    request = {"output": push, "outputs": [], "inputs": [], "state": [], "changedPropIds": []}
    await socket.send(json.dumps({"type": "callback_request", "rendererId": "1", "requestId": "1", "payload": request}))
    async for text in socket:
        taken["bytes"] += len(text)
        said: Any = json.loads(text)
        for message in said if isinstance(said, list) else [said]:
            if message["type"] == "get_props_request":
                answer = {"rendererId": "1", "requestId": message["requestId"], "payload": {"data": [PATH, ""]}}
                await socket.send(json.dumps({"type": "get_props_response", **answer}))
            elif message["type"] == "set_props" and "data-frame" in message["payload"]["props"]:
                taken["frames"] += 1


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
