"""Layout: the stack of a run, with a gate in every connection between its parts and from the sources."""

import json
from pathlib import Path
from typing import NamedTuple

from commands.developers.nemesis.faults.kafka import DOORS
from commands.developers.nemesis.faults.tcp_proxy import Gate, Gates
from commands.developers.nemesis.sources.driver import Reach
from commands.install.ports import free
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.settings import IngestSettings
from warehouse.settings import WarehouseSettings

PARTS = ("ingest", "warehouse", "connectors", "streams-1", "streams-2", "keeper", "dashboard")
CLIENTS = ("connectors", "streams-1", "streams-2", "dashboard")
"""Parts with doors of their own: all to Kafka, all but the connectors to the warehouse."""

MODULES = {"ingest": "commands.developers.nemesis.faults.kafka"}

INTAKE, MQTT = "sources to intake", "sources to mqtt"


class Layout(NamedTuple):
    """What a run plays with."""

    stack: Stack
    gates: Gates
    environments: dict[str, dict[str, str]]
    """By part, what only it has to know: its gates."""
    reach: Reach


def laid_out(folder: Path) -> Layout:
    """A stack that is not started yet, and its gates."""
    ports = iter(free(3 * len(CLIENTS) + 3))
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
        },
        patience=120,
    )
    warehouse = stack.settings(WarehouseSettings).port
    connectors = stack.settings(ConnectorsSettings)
    gates: list[Gate] = []
    doors: dict[str, tuple[int, int]] = {}
    environments: dict[str, dict[str, str]] = {part: {} for part in PARTS}
    for part in CLIENTS:
        door, kafka_gate, warehouse_gate = next(ports), next(ports), next(ports)
        doors[part.replace("-", "").upper()] = (door, kafka_gate)
        gates.append(Gate(f"{part} to kafka", kafka_gate, door))
        environments[part]["IOC_KAFKA_PORT"] = str(kafka_gate)
        if part != "connectors":
            gates.append(Gate(f"{part} to warehouse", warehouse_gate, warehouse))
            environments[part]["IOC_WAREHOUSE_PORT"] = str(warehouse_gate)
    intake = Gate(INTAKE, next(ports), connectors.intake_port)
    mqtt = Gate(MQTT, next(ports), connectors.mqtt_port)
    environments["ingest"][DOORS] = json.dumps(doors)
    reach = Reach(stack.settings(IngestSettings), connectors, intake.port, mqtt.port, rest_port)
    return Layout(stack, Gates([*gates, intake, mqtt]), environments, reach)
