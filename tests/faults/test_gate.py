"""A gate does to a connection what it says."""

import socket
import threading
import time
from contextlib import closing

import pytest

from commands.developers.nemesis.faults.tcp_proxy import TcpProxies, TcpProxy, Way
from commands.install.ports import free_ports


def echo(listening: socket.socket) -> None:
    """Answer each connection with what it sends."""
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with closing(connection):
        try:
            while piece := connection.recv(1024):
                connection.sendall(piece)
        except OSError:
            return


@pytest.fixture
def gates():
    (port,) = free_ports(1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=echo, args=(listening,), daemon=True).start()
        made = TcpProxies([TcpProxy("door", port, listening.getsockname()[1])])
        made.start()
        yield made
        made.close()
        listening.shutdown(socket.SHUT_RDWR)


def connect(gates: TcpProxies) -> socket.socket:
    return socket.create_connection(("127.0.0.1", gates.by_name["door"].port), timeout=5)


def turn(gates: TcpProxies, way: Way) -> None:
    gates.set("door", way)
    end = time.monotonic() + 5
    while gates.by_name["door"].way != way and time.monotonic() < end:
        time.sleep(0.01)


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(10) == b""
    except ConnectionError:
        return True


def test_open_passes_everything(gates):
    with connect(gates) as one:
        one.sendall(b"hello")
        assert one.recv(10) == b"hello"


def test_shut_ends_connections_and_makes_none(gates):
    with connect(gates) as one:
        one.sendall(b"hello")
        assert one.recv(10) == b"hello"
        turn(gates, "shut")
        assert ended(one)
    with connect(gates) as another:
        assert ended(another)


def test_held_delivers_later(gates):
    with connect(gates) as one:
        turn(gates, "held")
        one.sendall(b"hello")
        one.settimeout(0.4)
        with pytest.raises(TimeoutError):
            one.recv(10)
        turn(gates, "open")
        one.settimeout(5)
        assert one.recv(10) == b"hello"


def test_deaf_loses_the_answer_and_then_the_connection(gates):
    with connect(gates) as one:
        turn(gates, "deaf")
        one.sendall(b"hello")
        one.settimeout(0.4)
        with pytest.raises(TimeoutError):
            one.recv(10)
        turn(gates, "open")
        one.settimeout(5)
        assert ended(one)
    with connect(gates) as another:
        another.sendall(b"again")
        assert another.recv(10) == b"again"
