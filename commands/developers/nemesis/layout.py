"""Layout: the stack of a run, with a gate in every connection between its processes and from the sources."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from shutil import copytree
from typing import NamedTuple

from commands.developers.nemesis.faults.brokers import BrokerNode, cluster_variables, plan_brokers
from commands.developers.nemesis.faults.kafka import DOORS, Door
from commands.developers.nemesis.faults.tcp_proxy import TcpProxies, TcpProxy
from commands.developers.nemesis.sources.devices import list_storm_devices
from commands.developers.nemesis.sources.driver import DriverReach
from commands.developers.nemesis.sources.message import DECLARED
from commands.developers.nemesis.sources.senders import TableSender
from commands.install.ports import free_ports
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.settings import IngestSettings
from warehouse.settings import WarehouseSettings

WORKERS = 2

MODULES = {"ingest": "commands.developers.nemesis.faults.kafka"}
"""What takes the place of a process where our own Kafka is one node."""

ASKED_DEVICES = 6
"""Devices of the source that is a probe."""

CAMERAS = 2
"""One that speaks ISAPI, and one that speaks ONVIF."""

SYSLOG_PORT = "5514"
"""As the declaration says it; each run has its own."""

TABLE = "storm.db"
"""Database of the source whose table is read."""

INTAKE, MQTT = "sources to intake", "sources to mqtt"


class StormLayout(NamedTuple):
    """What a run plays with."""

    stack: Stack
    names: tuple[str, ...]
    """The processes that the storm looks after."""
    brokers: list[BrokerNode]
    """Nodes of Kafka; empty: the one node is a child of `ingest`."""
    modules: dict[str, str]
    """By process, the program that takes its place."""
    gates: TcpProxies
    environments: dict[str, dict[str, str]]
    """By process, what only it has to know: its gates."""
    reach: DriverReach


def storm_processes(workers: int) -> tuple[str, ...]:
    """The processes of a run that has so many stream workers, in the order in which they are started."""
    streams = tuple(f"streams-{number}" for number in range(1, workers + 1))
    return ("ingest", "warehouse", "connectors", *streams, "keeper", "alarm", "dashboard")


def lay_out(folder: Path, brokers: int = 1, workers: int = WORKERS) -> StormLayout:
    """A stack that is not started yet, and its gates.

    Args:
        folder: everything that it writes.
        brokers: nodes of Kafka; with several, the processes use them as they use an outside cluster.
        workers: stream workers.
    """
    names = storm_processes(workers)
    clients = [name for name in names if name.startswith(("connectors", "streams-", "alarm", "dashboard"))]
    ports = iter(free_ports((1 + 2 * brokers) * len(clients) + 3 + 2 * brokers + ASKED_DEVICES + CAMERAS))
    # Each client has doors of its own: one to each broker, and all but the connectors one to the warehouse.
    gates: list[TcpProxy] = []
    doors: list[dict[str, Door]] = [{} for _ in range(brokers)]
    ways: dict[str, list[str]] = {}
    for name in clients:
        for number, of_broker in enumerate(doors, 1):
            door, gate = next(ports), next(ports)
            of_broker[name.replace("-", "").upper()] = (door, gate)
            broker = "kafka" if brokers == 1 else f"kafka-{number}"
            gates.append(TcpProxy(f"{name} to {broker}", gate, door))
            ways.setdefault(name, []).append(f"127.0.0.1:{gate}")
    nodes = plan_brokers([(next(ports), next(ports)) for _ in doors], doors) if brokers > 1 else []
    rest_port = next(ports)
    stack = Stack(
        folder,
        (*(node.name for node in nodes), *names),
        {
            **(cluster_variables(nodes) if nodes else {}),
            "IOC_CONNECTORS_URLS__DOSSIER_PORTAL": f"http://127.0.0.1:{rest_port}",
            "IOC_CONNECTORS_URLS__STORM_REST": f"http://127.0.0.1:{rest_port}",
            "IOC_CONNECTORS_URLS__STORM_TABLE": f"sqlite:///{folder / TABLE}",
            "IOC_CONNECTORS_REACHABLE": '["127.0.0.0/8"]',
            "IOC_BOARD_FEED_REQUESTS": "100000",
            "IOC_BOARD_COMPARE_EVERY": "PT5S",
            "IOC_STREAMS_SNAPSHOT_EVERY": "PT6S",
            "IOC_STREAMS_RECOMPUTE_EVERY": "PT5S",
            "IOC_KEEPER_SETTLE": "PT30S",
            "IOC_ALARM_SETTLE": "PT0S",
        },
        patience=120,
        further=[node.process() for node in nodes],
    )
    warehouse = stack.settings(WarehouseSettings).port
    connectors = stack.settings(ConnectorsSettings)
    environments: dict[str, dict[str, str]] = {name: {} for name in names}
    for name in clients:
        if nodes:
            environments[name]["IOC_KAFKA_BOOTSTRAP"] = ",".join(ways[name])
        else:
            environments[name]["IOC_KAFKA_PORT"] = ways[name][0].rpartition(":")[2]
        if name != "connectors":
            gate = next(ports)
            gates.append(TcpProxy(f"{name} to warehouse", gate, warehouse))
            environments[name]["IOC_WAREHOUSE_PORT"] = str(gate)
    intake = TcpProxy(INTAKE, next(ports), connectors.intake_port)
    mqtt = TcpProxy(MQTT, next(ports), connectors.mqtt_port)
    if not nodes:
        environments["ingest"][DOORS] = json.dumps(doors[0])
    table, syslog_port, devices = folder / TABLE, _syslog_port(), [next(ports) for _ in range(ASKED_DEVICES)]
    _declare(stack.folder, table, [next(ports) for _ in range(CAMERAS)], syslog_port, devices)
    ingest = stack.settings(IngestSettings)
    reach = DriverReach(ingest, connectors, intake.port, mqtt.port, rest_port, table, syslog_port, devices)
    every = (*(node.name for node in nodes), *names)
    return StormLayout(
        stack, every, nodes, {} if nodes else MODULES, TcpProxies([*gates, intake, mqtt]), environments, reach
    )


def _syslog_port() -> int:
    """A free port by UDP and TCP; those of `free_ports` are reserved by UDP."""
    while True:
        port = SystemRandom().randrange(11_000, 12_000)
        with suppress(OSError), socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


def _declare(folder: Path, table: Path, cameras: list[int], syslog_port: int, devices: list[int]) -> None:
    """Put the declared sources into an install's data folder, with what they read and whom they ask."""
    copytree(DECLARED, folder / "connectors", dirs_exist_ok=True)
    declared = folder / "connectors" / "storm_syslog.toml"
    declared.write_text(declared.read_text("utf-8").replace(SYSLOG_PORT, str(syslog_port)), "utf-8")
    list_storm_devices(folder, cameras, devices)
    TableSender.make(table)
