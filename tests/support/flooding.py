"""Floods of connections, from a process of its own so that what is measured beside them is not slowed down by making them.

`python -m tests.support.flooding KIND PORT COUNT SECONDS` keeps COUNT connections open, each opened again once it is cut, and tells at the end
how often that was.
"""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from tests.support.warehouse_server import ROOT

LOG_IN = b"name=nobody-%d&password=wrong"
PAUSE = 0.05
"""Seconds until a connection is opened again."""


class Kind(NamedTuple):
    """What each connection sends: at once, and then again and again, a second apart."""

    opening: bytes = b""
    again: bytes = b""
    reads: bool = True


POST = b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
KINDS = {
    "silent": Kind(),
    "slow_head": Kind(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-", b"x"),
    "slow_body": Kind(POST % (b"/login", b"application/x-www-form-urlencoded", 4000), b"x"),
    "slow_post": Kind(POST % (b"/intake/nobody", b"application/json", 4000), b"x"),
    "slow_reader": Kind(b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 40, reads=False),
    "half_socket": Kind(
        b"GET /_dash-ws-callback HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", b"x"
    ),
    "log_ins": Kind(POST % (b"/login", b"application/x-www-form-urlencoded", len(LOG_IN % 0)) + LOG_IN % 0),
    "half_hello": Kind(b"\x00\x04test", b""),
}


async def flood(kind: str, port: int, count: int, seconds: float) -> Counter[str]:
    """Keep so many connections open for so long.

    Returns:
        How many were opened, cut, and refused.
    """
    told: Counter[str] = Counter()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
            for _ in range(count):
                tasks.create_task(_hold(KINDS[kind], port, told))
    return told


async def _hold(kind: Kind, port: int, told: Counter[str]) -> None:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        except OSError:
            told["refused"] += 1
            await asyncio.sleep(PAUSE)
            continue
        told["opened"] += 1
        if not kind.reads:
            writer.transport.pause_reading()
        with suppress(OSError):
            writer.write(kind.opening)
            await _until_cut(kind, reader, writer)
            told["cut"] += 1
        writer.transport.abort()
        await asyncio.sleep(PAUSE)


async def _until_cut(kind: Kind, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.transport.is_closing():
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                if kind.reads and not await reader.read(4096):
                    return
                await asyncio.sleep(0 if kind.reads else 1)
                continue
        if kind.again:
            writer.write(kind.again)


class Flood:
    """A flood that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.told = ""

    def end(self) -> None:
        """Wait for its end."""
        assert self._process.stdout
        self.told = self._process.stdout.read().strip()
        self._process.wait()

    @property
    def runs(self) -> bool:
        """Whether it goes on."""
        return self._process.poll() is None


@contextmanager
def flooding(kind: str, port: int, count: int, seconds: float) -> Iterator[Flood]:
    """Flood a port meanwhile; returns once all of its connections were opened, as far as they could be."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.flooding", kind, str(port), str(count), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        process.stdout.readline()
        yield Flood(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


async def _main() -> None:
    kind, port, count, seconds = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4])
    running = asyncio.create_task(flood(kind, port, count, seconds))
    await asyncio.sleep(2)
    print("flooding", flush=True)
    began = time.monotonic()
    print(dict(await running), round(time.monotonic() - began), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
