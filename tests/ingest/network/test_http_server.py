"""Floods and malformed requests at a small server with short patience: who says nothing, or too slowly, makes room, and nobody else notices."""

import asyncio
import ssl
import subprocess
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import uvloop
from websockets.asyncio.client import connect

from commands.install.ports import free_ports
from ingest.network.connection_limits import ConnectionQuota
from ingest.network.http_server import HostNames, HttpConfig, HttpServer, Patience, host_names, recognise_client

SHORT = Patience(*[timedelta(milliseconds=600)] * 4)
SHORTER = Patience(*[timedelta(milliseconds=200)] * 4)
LONG = Patience(*[timedelta(minutes=1)] * 4)
FEW = ConnectionQuota(strangers=8, of_one_address=6, known=8, of_one_client=4)
MANY = ConnectionQuota(strangers=40, of_one_address=40, known=8, of_one_client=4)
GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
KEY = b"GET /known HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Toy:
    """An application: `/known` recognises its client, `/much` has an answer that fills every buffer, the rest counts the body."""

    def __init__(self):
        self.reached = 0
        self.blocked = asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "websocket":
            await self.echo(scope, receive, send)
        elif scope["type"] == "http":
            await self.answer(scope, receive, send)

    async def answer(self, scope, receive, send):
        self.reached += 1
        if scope["path"] == "/known" and not recognise_client(scope, "lan"):
            return
        if scope["path"] == "/work":
            await self.blocked.wait()
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size, more = size + len(message["body"]), message["more_body"]
        body = b"x" * 65_536 * 400 if scope["path"] == "/much" else str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 65_536):
            await send({"type": "http.response.body", "body": body[start : start + 65_536], "more_body": True})
        await send({"type": "http.response.body"})

    async def echo(self, scope, receive, send):
        await receive()
        if scope["path"] != "/known" or not recognise_client(scope, "screen"):
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})


class Serving:
    def __init__(self, toy, config):
        self.toy, self.port, self.limits = toy, config.port, config.limits
        self.writers = []

    async def open(self, sent=b"", tls=None):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=tls, limit=2**20)
        self.writers.append(writer)
        writer.write(sent)
        return reader, writer

    def leave(self):
        """Close every connection."""
        for writer in self.writers:
            writer.transport.abort()

    async def ask(self, sent):
        """Status and text of an answer on a connection of its own."""
        reader, writer = await self.open(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        text = (await reader.readexactly(length)).decode()
        writer.transport.abort()
        return int(head.split()[1]), text


@asynccontextmanager
async def serving(patience=LONG, places=FEW, **given):
    toy = Toy()
    config = HttpConfig(toy, "127.0.0.1", free_ports(1)[0], places=places, patience=patience, lifespan="off", **given)
    server = HttpServer(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        async with asyncio.timeout(30):
            served = Serving(toy, config)
            yield served
            served.leave()
            while len(config.limits):  # every place comes back
                await asyncio.sleep(0.02)
    finally:
        toy.blocked.set()
        server.should_exit = True
        await running


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a coroutine on each of the event loops that we serve with."""
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield runner.run


async def cut(reader):
    """Wait until a connection is cut."""
    try:
        while await reader.read(65_536):
            pass
    except ConnectionError:
        pass


SPUN_OUT = {
    "silent": (b"", b""),
    "slow head": (b"GET / HTTP/1.1\r\nHost: localhost\r\nX-", b"x"),
    "slow body": (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\n", b"x"),
    "slow chunks": (b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "slow second request": (GET % b"/", b"G"),
    "half a socket": (b"GET /known HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", b"x"),
}
"""What is sent at first, and what again and again."""


def test_who_spins_it_out_is_cut(run):
    """Each of them, all at the same time."""

    async def spin(served, opening, again):
        reader, writer = await served.open(opening)
        cutting = asyncio.create_task(cut(reader))
        while not cutting.done():
            writer.write(again)
            await asyncio.wait([cutting], timeout=0.01)

    async def body():
        async with serving(SHORTER, MANY) as served:
            spinning = [asyncio.create_task(spin(served, *one), name=name) for name, one in SPUN_OUT.items()]
            _, left = await asyncio.wait(spinning, timeout=20)
            assert {one.get_name() for one in left} == set()

    run(body())


def test_who_does_not_read_its_answer_is_cut(run):
    async def body():
        async with serving(SHORTER) as served:
            _reader, writer = await served.open(GET % b"/much")
            writer.transport.pause_reading()
            while not len(served.limits):
                await asyncio.sleep(0.01)
            while len(served.limits):
                await asyncio.sleep(0.02)

    run(body())


def test_a_long_work_and_a_long_answer_are_nobodys_fault(run):
    async def body():
        async with serving(SHORT) as served:
            working, _ = await served.open(GET % b"/work")
            reader, _writer = await served.open(GET % b"/much")
            read = 0
            while read < 65_536 * 400:  # slowly, and longer than any patience
                read += len(await reader.read(2**20))
                await asyncio.sleep(0.03)
            served.toy.blocked.set()
            assert b"200" in await working.readline()

    run(body())


@pytest.mark.parametrize("opening", [b"", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"])
def test_a_flood_shuts_nobody_else_out(run, opening):
    async def body():
        async with serving() as served:
            known, known_writer = await served.open(KEY)
            await known.readuntil(b"\r\n\r\n0")
            async with connect(f"ws://127.0.0.1:{served.port}/known", proxy=None) as socket:
                await asyncio.gather(*(served.open(opening) for _ in range(100)))
                await socket.send("still here")
                assert await socket.recv() == "still here"
                assert await served.ask(GET % b"/") == (200, "0")
                while len(served.limits) > FEW.of_one_address + 2:
                    await asyncio.sleep(0.01)
                known_writer.write(KEY)
                assert b"200" in await known.readline()

    run(body())


async def test_what_is_in_work_is_not_dropped_for_what_is_silent():
    async with serving() as served:
        working = [await served.open(GET % b"/work") for _ in range(3)]
        while served.toy.reached < 3:
            await asyncio.sleep(0.01)
        await asyncio.gather(*(served.open() for _ in range(50)))
        assert await served.ask(GET % b"/") == (200, "0")
        served.toy.blocked.set()
        for reader, _ in working:
            assert b"200" in await reader.readline()


async def test_a_client_has_so_many_sockets():
    async with serving() as served:
        url = f"ws://127.0.0.1:{served.port}/known"
        sockets = [await connect(url, proxy=None) for _ in range(FEW.of_one_client)]
        with pytest.raises(Exception, match="403"):
            await connect(url, proxy=None)
        await sockets.pop().close()
        sockets.append(await connect(url, proxy=None))
        for one in sockets:
            await one.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return {"certificate": folder / "certificate.pem", "key": folder / "key.pem"}


async def test_handshakes_of_tls_have_places_and_a_deadline_too(certificate):
    trusting = ssl.create_default_context(cafile=str(certificate["certificate"]))
    async with serving(**certificate) as served:
        await asyncio.gather(*(served.open(b"\x16") for _ in range(50)))
        reader, _ = await served.open(KEY, tls=trusting)
        await reader.readuntil(b"\r\n\r\n0")
        assert len(served.limits) <= FEW.of_one_address + 1
        async with connect(f"wss://127.0.0.1:{served.port}/known", ssl=trusting, proxy=None) as socket:
            await socket.send("hello")
            assert await socket.recv() == "hello"
    async with serving(SHORTER, **certificate) as served:
        opened = [await served.open(opening) for opening in (b"", b"\x16\x03\x01", GET % b"/")]
        await asyncio.gather(*(cut(reader) for reader, _ in opened))


AMBIGUOUS = [
    b"GET /\r\n\r\n",
    b"GET / HTTP/0.9\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost, evil.test\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost/evil\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: lan@localhost\r\n\r\n",
    b"GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\nx",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\nx",
    b"POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX y: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
]


async def test_what_two_servers_could_read_differently_is_refused():
    async with serving() as served:
        for request in AMBIGUOUS:
            assert (await served.ask(request))[0] in (400, 431), request[:100]
        assert served.toy.reached == 0


async def test_it_answers_to_its_own_names_only():
    ours = host_names("IOC_TEST_NAMES", "0.0.0.0", "Board.Test", more=["wall.test."])
    async with serving(names=ours) as served:
        port = served.port
        for host in ("localhost", f"127.0.0.1:{port}", "[::1]", "BOARD.test:8050", "wall.test", "board.test."):
            assert (await served.ask(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode()))[0] == 200, host
        for host in ("evil.test", f"evil.test:{port}", "localhost.evil.test", "10.0.0.1", "0.0.0.0", "[::2]"):
            status, text = await served.ask(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
            assert status == 421, host
            assert "IOC_TEST_NAMES" in text
    async with serving(names=HostNames(frozenset(), "none")) as served:
        assert (await served.ask(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))[0] == 200, "where it came in"


async def test_a_pipelined_request_is_judged_as_well():
    async with serving() as served:
        reader, _writer = await served.open(GET % b"/" + b"GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answers = await reader.read()
        assert answers.count(b"HTTP/1.1 200") == answers.count(b"HTTP/1.1 400") == 1
