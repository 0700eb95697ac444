"""Layout: the stack of a run, with a gate in every connection between its parts and from the sources."""

import json
from pathlib import Path
from typing import NamedTuple

from commands.developers.nemesis.faults.kafka import DOORS
from commands.developers.nemesis.faults.tcp_proxy import TcpProxies, TcpProxy
from commands.developers.nemesis.sources.driver import DriverReach
from commands.install.ports import free_ports
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.settings import IngestSettings
from warehouse.settings import WarehouseSettings

PARTS = ("ingest", "warehouse", "connectors", "streams-1", "streams-2", "keeper", "alarm", "dashboard")
CLIENTS = ("connectors", "streams-1", "streams-2", "alarm", "dashboard")
"""Parts with doors of their own: all to Kafka, all but the connectors to the warehouse."""

MODULES = {"ingest": "commands.developers.nemesis.faults.kafka"}

INTAKE, MQTT = "sources to intake", "sources to mqtt"


class StormLayout(NamedTuple):
    """What a run plays with."""

    stack: Stack
    gates: TcpProxies
    environments: dict[str, dict[str, str]]
    """By part, what only it has to know: its gates."""
    reach: DriverReach


def lay_out(folder: Path) -> StormLayout:
    """A stack that is not started yet, and its gates."""
    ports = iter(free_ports(3 * len(CLIENTS) + 3))
    rest_port = next(ports)
    stack = Stack(
        folder,
        PARTS,
        {
            "IOC_CONNECTORS_URLS__DOSSIER_PORTAL": f"http://127.0.0.1:{rest_port}",
            "IOC_BOARD_FEED_REQUESTS": "100000",
            "IOC_BOARD_COMPARE_EVERY": "PT5S",
            "IOC_STREAMS_SNAPSHOT_EVERY": "PT6S",
            "IOC_STREAMS_RECOMPUTE_EVERY": "PT5S",
            "IOC_KEEPER_SETTLE": "PT30S",
            "IOC_ALARM_SETTLE": "PT0S",
        },
        patience=120,
    )
    warehouse = stack.settings(WarehouseSettings).port
    connectors = stack.settings(ConnectorsSettings)
    gates: list[TcpProxy] = []
    doors: dict[str, tuple[int, int]] = {}
    environments: dict[str, dict[str, str]] = {part: {} for part in PARTS}
    for part in CLIENTS:
        door, kafka_gate, warehouse_gate = next(ports), next(ports), next(ports)
        doors[part.replace("-", "").upper()] = (door, kafka_gate)
        gates.append(TcpProxy(f"{part} to kafka", kafka_gate, door))
        environments[part]["IOC_KAFKA_PORT"] = str(kafka_gate)
        if part != "connectors":
            gates.append(TcpProxy(f"{part} to warehouse", warehouse_gate, warehouse))
            environments[part]["IOC_WAREHOUSE_PORT"] = str(warehouse_gate)
    intake = TcpProxy(INTAKE, next(ports), connectors.intake_port)
    mqtt = TcpProxy(MQTT, next(ports), connectors.mqtt_port)
    environments["ingest"][DOORS] = json.dumps(doors)
    reach = DriverReach(stack.settings(IngestSettings), connectors, intake.port, mqtt.port, rest_port)
    return StormLayout(stack, TcpProxies([*gates, intake, mqtt]), environments, reach)
