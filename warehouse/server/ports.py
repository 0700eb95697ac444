"""Ports: sockets on loopback, bound before anything else is loaded, so that a port that is taken costs no time."""

import socket

from ingest.errors import ConfigurationError

_LOOPBACK = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """A socket bound to a loopback port; 0: to any free one.

    Raises:
        ConfigurationError: the port cannot be used.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"IOC_WAREHOUSE_PORT: port {port} cannot be used ({error.strerror}). End what uses it, or set another port."
        ) from None
    return listener
