"""TCP proxy: a door in a TCP connection on loopback, which can be shut, held, made slow, or made to swallow the answers."""

import asyncio
import threading
from contextlib import suppress
from typing import Literal

Way = Literal["open", "shut", "held", "deaf", "slow"]
"""`shut`: connections end and none are made; `held`: nothing passes, nothing ends; `deaf`: what is asked arrives, what is answered
does not, and in the end the connection breaks; `slow`: everything takes a while."""

_PIECE = 65_536
_SLOW = 0.15


class TcpProxy:
    """One door.

    Args:
        name: for people.
        port: where it listens.
        target: the port behind it.
    """

    def __init__(self, name: str, port: int, target: int) -> None:
        self.name = name
        self.port = port
        self.target = target
        self.way: Way = "open"
        self._writers: set[asyncio.StreamWriter] = set()
        self._robbed: set[asyncio.StreamWriter] = set()

    async def serve(self) -> asyncio.Server:
        """Open the port."""
        return await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    def turn(self, way: Way) -> None:
        """Change it, on the gates' loop."""
        self.way = way
        for writer in list(self._writers if way == "shut" else self._robbed if way == "open" else ()):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.way == "shut":
            writer.transport.abort()
            return
        try:
            behind, into = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, into}
        self._writers |= both
        tasks = [
            asyncio.create_task(self._pass(reader, into, both, back=False)),
            asyncio.create_task(self._pass(behind, writer, both, back=True)),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in both:
            with suppress(OSError, RuntimeError):
                await one.drain()
            one.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        self._writers -= both
        self._robbed -= both

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, both: set[asyncio.StreamWriter], back: bool
    ) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                while self.way == "held":
                    await asyncio.sleep(0.05)
                if self.way == "slow":
                    await asyncio.sleep(_SLOW)
                if (self.way == "deaf" or writer in self._robbed) and back:
                    self._robbed |= both
                    continue
                writer.write(piece)
                await writer.drain()


class TcpProxies:
    """All doors of a run, in a thread of their own."""

    def __init__(self, gates: list[TcpProxy]) -> None:
        self.by_name = {gate.name: gate for gate in gates}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="gates", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Open all."""
        self._thread.start()
        if not self._ready.wait(30):
            raise TimeoutError("the gates did not open")

    def set(self, name: str, way: Way) -> None:
        """Change one."""
        self._loop.call_soon_threadsafe(self.by_name[name].turn, way)

    def open_all(self) -> None:
        """Let everything pass."""
        for name in self.by_name:
            self.set(name, "open")

    def close(self) -> None:
        """End."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        servers = [self._loop.run_until_complete(gate.serve()) for gate in self.by_name.values()]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(self._left(servers))
        self._loop.close()

    async def _left(self, servers: list[asyncio.Server]) -> None:
        for server in servers:
            server.close()
        for gate in self.by_name.values():
            gate.turn("shut")
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)  # the transports' own last turn
