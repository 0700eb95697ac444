"""Sockets: how a process of ours takes a TCP port, whether a port answers, and how many connections a process can hold."""

import resource
import socket

OPEN_FILES = 10_240
"""How many files and connections a process of ours asks the system for."""


def open_files() -> int:
    """How many files and connections this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def bind_socket(host: str, port: int) -> socket.socket:
    """A TCP socket that is bound and does not listen yet; whoever asks for it closes it.

    Args:
        host: a numeric IPv4 or IPv6 address.
        port: which port; 0: any free one.

    Raises:
        OSError: the port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def is_listening(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something listens there, as far as a second tells."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
