"""Whether a process does its work: asked from outside, over the same ports as everybody else."""

import ssl
import sys
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from commands.install.processes import ManagedProcess, ProcessPort, asked_at
from commands.install.settings import Install
from commands.supervision.probe import health_report
from connectors.settings import ConnectorsSettings
from dashboard.alarm.settings import AlarmSettings
from dashboard.settings import BoardSettings
from ingest.contract.clock import RealClock
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka import admin
from ingest.network.sockets import is_listening
from streams.settings import StreamsSettings
from warehouse.maintenance import status
from warehouse.maintenance.settings import KeeperSettings
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


def main(arguments: list[str]) -> int:
    """Tell whether this container's service does its work: `python -m commands.supervision.ready streams`.

    Asks the service itself, and reads only that folder's settings, so that no service needs another's secrets.
    """
    (folder,) = arguments
    try:
        answer = health_report(_health_port(folder))
    except ConfigurationError as error:
        print(error)
        return 1
    if answer is not None and not answer.faults:
        return 0
    print(f"{folder} is not ready: {answer.faults if answer else 'no answer'}")
    return 1


def _health_port(folder: str) -> ProcessPort:
    match folder:
        case "ingest":
            port = read_settings(IngestSettings).health_port
        case "warehouse":
            port = read_settings(WarehouseSettings).health_port
        case "streams":
            port = read_settings(StreamsSettings).own_health_port
        case "connectors":
            port = read_settings(ConnectorsSettings).health_port
        case "dashboard":
            port = read_settings(BoardSettings).health_port
        case "keeper":
            port = read_settings(KeeperSettings).health_port
        case "alarm":
            port = read_settings(AlarmSettings).health_port
        case _:
            raise ValueError(f"no such folder: {folder}")
    return ProcessPort(port, "", asked_at(read_settings(HealthSettings).host))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
