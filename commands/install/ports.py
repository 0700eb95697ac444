"""Ports on this PC: ours, which are free, and who holds one that is not."""

import atexit
import contextlib
import random
import socket
from collections import deque
from typing import NamedTuple

import psutil

BELOW_OUTGOING = (12_000, 32_000)
"""Linux gives outgoing connections ports from 32768 on."""

MOST_HELD = 100
"""Ports that stay reserved for whoever asked for them; the oldest have long been listened on."""

_CHOICE = random.SystemRandom()
_held: deque[socket.socket] = deque()
_until_the_end = contextlib.ExitStack()
atexit.register(_until_the_end.close)


class ProcessPort(NamedTuple):
    """A port on which a process of ours listens."""

    number: int
    variable: str
    """The setting that changes it."""
    host: str = "127.0.0.1"
    """Where to ask for it from this PC."""


class PortHolder(NamedTuple):
    """The program that listens on a port, as far as we may know it."""

    name: str
    pid: int | None
    command: str


def asked_at(host: str) -> str:
    """Where on this PC to ask for what listens on `host`."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::", "localhost") else host


def is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a program listens on this port of this address, or of all addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def port_holder(port: int) -> PortHolder:
    """Who listens on a port; name `?` where the system does not tell (another user's program)."""
    for process in psutil.process_iter(["pid", "name"]):
        try:
            listening = any(
                found.status == psutil.CONN_LISTEN and found.laddr.port == port
                for found in process.net_connections("inet")
            )
            if listening:
                return PortHolder(process.info["name"], process.info["pid"], " ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return PortHolder("?", None, "")


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, all different.

    At random, and not those that the system gives to outgoing connections: what others open meanwhile hardly takes them. Nor is one
    given that was given to another process that lives and may not listen on it yet.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        port = _CHOICE.randrange(*BELOW_OUTGOING)
        if not is_taken(port) and _reserve(port):
            chosen.append(port)
    while len(_held) > max(MOST_HELD, count):
        _held.popleft().close()
    return chosen


def _reserve(port: int) -> bool:
    """Whether a port is ours alone from now on: who has the UDP port of a number may use its TCP port."""
    sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sign.bind(("127.0.0.1", port))
    except OSError:
        sign.close()
        return False
    _held.append(_until_the_end.enter_context(sign))
    return True
