"""Kafka ping: whether a broker answers a request, not only whether its port is open: a frozen one accepts connections too."""

import socket
import struct
from datetime import timedelta

from ingest.errors import Unavailable
from ingest.kafka_client import client_options
from ingest.settings import IngestSettings

PATIENCE = timedelta(seconds=5)

_WHICH_VERSIONS, _CORRELATION = 18, 0x696F63
_QUESTION = struct.pack(">hhih", _WHICH_VERSIONS, 0, _CORRELATION, -1)
"""The request that every client begins with, also before a log-in: which requests do you take?"""


def ping(settings: IngestSettings) -> None:
    """Ask Kafka for a sign of life.

    Raises:
        Unavailable: no broker gives one.
    """
    options = client_options(settings)
    faults = []
    for address in options["bootstrap_servers"]:
        host, _, port = address.strip().rpartition(":")
        host = host.strip("[]")
        try:
            with socket.create_connection((host, int(port)), timeout=PATIENCE.total_seconds()) as plain:
                context = options.get("ssl_context")
                with context.wrap_socket(plain, server_hostname=host) if context else plain as connection:
                    _ask(connection)
                    return
        except (OSError, ValueError) as error:
            faults.append(f"{address}: {error or type(error).__name__}")
    raise Unavailable("Kafka", "; ".join(faults))


def _ask(connection: socket.socket) -> None:
    connection.sendall(struct.pack(">i", len(_QUESTION)) + _QUESTION)
    head = b""
    while len(head) < 8:
        more = connection.recv(8 - len(head))
        if not more:
            raise OSError("it closed the connection")
        head += more
    if struct.unpack(">ii", head)[1] != _CORRELATION:
        raise OSError("this is no Kafka")
