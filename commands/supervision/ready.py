"""Whether a process does its work: asked from outside, over the same ports as everybody else."""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from commands.install.ports import ProcessPort
from commands.install.processes import ManagedProcess
from commands.install.settings import Install
from commands.supervision.probe import health_report
from ingest.contract.clock import RealClock
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.kafka import admin
from ingest.network.sockets import is_listening
from warehouse.maintenance import status
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect


def is_ready(process: ManagedProcess, install: Install, workers: int) -> bool:
    """Whether a process does its work now; False as well while it cannot be asked."""
    try:
        match process.module:
            case "ingest":
                return not admin.missing_topics(install.ingest)
            case "warehouse":
                return _has_tables(install.warehouse)
            case "streams":
                return admin.group_members(install.ingest, install.streams.group) >= workers
            case "dashboard":
                return _answers_http(process.ports[0], tls=install.board.tls_certificate is not None)
            case "dashboard.alarm":
                answer = health_report(process.health) if process.health else None
                return answer is not None and not answer.faults
            case "warehouse.maintenance":
                return status.read_state(install.folder).is_alive(RealClock().now())
            case _:
                return all(is_listening(port.number, port.host) for port in process.ports)
    except (Unavailable, ConfigurationError):
        return False


def _answers_http(port: ProcessPort, tls: bool) -> bool:
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


def _has_tables(settings: WarehouseSettings) -> bool:
    asked = "SELECT count() FROM system.tables WHERE database = %(database)s AND name = 'raw_events'"
    with connect(settings, database="") as client:
        return bool(client.query(asked, {"database": settings.database})[0][0])
