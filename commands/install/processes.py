"""Processes: the processes that make up a running install, in the order in which they are started."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic_settings import BaseSettings

from commands.install.ports import ProcessPort, asked_at
from commands.install.settings import Install, variable
from ingest.contract.label import Label
from ingest.runtime.restarts import PROCESS_LABELS
from streams.settings import StreamsSettings

StartTurn = Literal["stores", "workers", "front"]
"""When it is stopped: the front first, then the workers, and the stores when nobody writes any more."""


@dataclass(frozen=True)
class ManagedProcess:
    """One process."""

    name: str
    label: Label
    module: str
    """What `python -m` runs."""
    turn: StartTurn
    ports: tuple[ProcessPort, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of this process only."""
    health: ProcessPort | None = None
    """Where it tells how it is; the process runs without, should it be taken."""


def managed_processes(install: Install, simulator: bool, workers: int = 1) -> list[ManagedProcess]:
    """The processes of an install.

    Args:
        install: its settings; what is outside (a cluster, a server, a broker) opens no port here.
        simulator: whether the pretend ward feeds it.
        workers: how many stream workers share the partitions.
    """
    ingest, warehouse, connectors, board = install.ingest, install.warehouse, install.connectors, install.board
    kafka = () if ingest.kafka_bootstrap else _ports(ingest, "kafka_port", "kafka_controller_port")
    engine = _ports(warehouse, "port") if warehouse.embedded else ()
    intake = _ports(connectors, "intake_port", host=connectors.intake_host)
    mqtt = () if connectors.mqtt_url else _ports(connectors, "mqtt_port", host=connectors.mqtt_host)
    web = _ports(board, "port", host=board.host)
    found = [
        ManagedProcess("ingest", PROCESS_LABELS["ingest"], "ingest", "stores", kafka, health=_health(install, ingest)),
        ManagedProcess(
            "warehouse",
            PROCESS_LABELS["warehouse"],
            "warehouse",
            "stores",
            engine,
            health=_health(install, warehouse),
        ),
        ManagedProcess(
            "connectors",
            PROCESS_LABELS["connectors"],
            "connectors",
            "workers",
            intake + mqtt,
            health=_health(install, connectors),
        ),
    ]
    found += [worker(number, _health(install, install.streams, number)) for number in range(1, workers + 1)]
    found.append(
        ManagedProcess(
            "keeper",
            PROCESS_LABELS["keeper"],
            "warehouse.maintenance",
            "workers",
            health=_health(install, install.keeper),
        )
    )
    found.append(
        ManagedProcess(
            "alarm", PROCESS_LABELS["alarm"], "dashboard.alarm", "workers", health=_health(install, install.alarms)
        )
    )
    found.append(
        ManagedProcess(
            "dashboard", PROCESS_LABELS["dashboard"], "dashboard", "front", web, health=_health(install, board)
        )
    )
    if simulator:
        ports = _ports(connectors, "simulator_port")
        found.append(ManagedProcess("simulator", PROCESS_LABELS["simulator"], "connectors.simulator", "front", ports))
    return found


def worker(number: int, health: ProcessPort | None = None) -> ManagedProcess:
    """A stream worker; the numbers tell those on one PC apart."""
    environment = {variable(StreamsSettings, "worker"): str(number)}
    return ManagedProcess(
        f"streams-{number}", PROCESS_LABELS["streams"], "streams", "workers", environment=environment, health=health
    )


def all_ports(found: Sequence[ManagedProcess]) -> list[tuple[ManagedProcess, ProcessPort]]:
    """Every port of these processes, with the process that listens on it."""
    return [(process, port) for process in found for port in process.ports]


def _health(install: Install, settings: BaseSettings, number: int = 0) -> ProcessPort | None:
    """Where a process tells how it is, `number` ports above the one that is set; `None` when it does not."""
    port = int(getattr(settings, "health_port", 0))
    (asked,) = _ports(settings, "health_port", host=install.health.host) if port else (None,)
    return asked._replace(number=port + number) if asked else None


def _ports(settings: BaseSettings, *names: str, host: str = "127.0.0.1") -> tuple[ProcessPort, ...]:
    return tuple(ProcessPort(getattr(settings, name), variable(type(settings), name), asked_at(host)) for name in names)
