"""Whether a container's service does its work: `python -m commands.supervision.container_check streams`.

It runs in each container every ten seconds, so it reads that folder's settings alone, and nothing of Kafka or the warehouse.
"""

import sys

from commands.install.ports import ProcessPort, asked_at
from commands.supervision.probe import health_report
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import HealthSettings, read_settings


def main(arguments: list[str]) -> int:
    """Ask the service itself; 0 when it does its work."""
    (folder,) = arguments
    try:
        port = ProcessPort(_health_port(folder), "", asked_at(read_settings(HealthSettings).host))
    except ConfigurationError as error:
        print(error)
        return 1
    answer = health_report(port)
    if answer is not None and not answer.faults:
        return 0
    print(f"{folder} is not ready: {answer.faults if answer else 'no answer'}")
    return 1


def _health_port(folder: str) -> int:
    match folder:
        case "ingest":
            from ingest.contract.settings import IngestSettings

            return read_settings(IngestSettings).health_port
        case "warehouse":
            from warehouse.settings import WarehouseSettings

            return read_settings(WarehouseSettings).health_port
        case "streams":
            from streams.settings import StreamsSettings

            return read_settings(StreamsSettings).own_health_port
        case "connectors":
            from connectors.settings import ConnectorsSettings

            return read_settings(ConnectorsSettings).health_port
        case "dashboard":
            from dashboard.settings import BoardSettings

            return read_settings(BoardSettings).health_port
        case "keeper":
            from warehouse.maintenance.settings import KeeperSettings

            return read_settings(KeeperSettings).health_port
        case "alarm":
            from dashboard.alarm.settings import AlarmSettings

            return read_settings(AlarmSettings).health_port
        case _:
            raise ValueError(f"no such folder: {folder}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
