"""Ports on this PC: which are free, and who holds one that is not."""

import socket
from contextlib import ExitStack
from typing import NamedTuple

import psutil


class Holder(NamedTuple):
    """The program that listens on a port, as far as we may know it."""

    name: str
    pid: int | None
    command: str


def is_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a program listens on this port of this address, or of all addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def holder(port: int) -> Holder:
    """Who listens on a port; name `?` where the system does not tell (another user's program)."""
    for process in psutil.process_iter(["pid", "name"]):
        try:
            listening = any(
                found.status == psutil.CONN_LISTEN and found.laddr.port == port
                for found in process.net_connections("inet")
            )
            if listening:
                return Holder(process.info["name"], process.info["pid"], " ".join(process.cmdline()))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return Holder("?", None, "")


def free(count: int) -> list[int]:
    """Loopback ports that nobody listens on now, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
