"""Whether a part does its work: asked from outside, over the same ports as everybody else."""

import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from commands.install import Install
from commands.parts import Part, Port
from ingest import kafka_admin
from ingest.errors import ConfigurationError, Unavailable
from warehouse.client import connect


def is_ready(part: Part, install: Install, workers: int) -> bool:
    """Whether a part does its work now; False as well while it cannot be asked."""
    try:
        match part.module:
            case "ingest":
                return not kafka_admin.missing_topics(install.ingest)
            case "warehouse":
                return _has_tables(install)
            case "streams":
                return kafka_admin.members(install.ingest, install.streams.group) >= workers
            case "dashboard":
                return _answers_http(part.ports[0], tls=install.board.tls_certificate is not None)
            case _:
                return all(_listens(port) for port in part.ports)
    except (Unavailable, ConfigurationError):
        return False


def _listens(port: Port) -> bool:
    try:
        with socket.create_connection((port.host, port.number), timeout=1):
            return True
    except OSError:
        return False


def _answers_http(port: Port, tls: bool) -> bool:
    if tls:
        # Whether it answers is asked of ourselves; the certificate is for others to check.
        connection: HTTPConnection = HTTPSConnection(port.host, port.number, timeout=5, context=_unchecked())
    else:
        connection = HTTPConnection(port.host, port.number, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _has_tables(install: Install) -> bool:
    asked = "SELECT count() FROM system.tables WHERE database = %(database)s AND name = 'raw_events'"
    with connect(install.warehouse, database="") as client:
        return bool(client.query(asked, {"database": install.warehouse.database})[0][0])
