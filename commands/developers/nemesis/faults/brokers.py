"""Brokers: a Kafka of several nodes on this PC, each a process of its own, as a city runs it on servers.

`python -m commands.developers.nemesis.faults.brokers` becomes one node: it writes the node's configuration, formats its folder once, and
goes on as Java under the same process id, so that whoever kills, freezes or stops the process does so to the broker.
Clients see an outside cluster: several addresses, an account with a password, three replicas of which two must have a record.
"""

import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple, NoReturn

from pydantic import SecretStr

from commands.developers.nemesis.faults.kafka import Door, with_listeners
from commands.install.ports import ProcessPort
from commands.install.processes import ManagedProcess
from commands.supervision.stack import Stack
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings, read_settings
from ingest.kafka.admin import make_account
from ingest.kafka.broker.folder import Folder, broker_properties, cluster_id
from ingest.kafka.client import OWN_MECHANISM, OWN_USER, own_password

MODULE = "commands.developers.nemesis.faults.brokers"

NODE = "IOC_CHAOS_NODE"
"""Variable with the node as JSON, see `BrokerNode`."""

HEAP = "192m"
REPLICAS = 3
IN_SYNC = 2


class BrokerNode(NamedTuple):
    """One node of a cluster."""

    number: int
    """From 1."""
    cluster: str
    """The cluster's id."""
    ports: tuple[tuple[int, int], ...]
    """Of every node of the cluster, the broker's port and the controller's."""
    doors: Mapping[str, Door]
    """Further listeners of this node."""

    @property
    def name(self) -> str:
        """Its name as a process."""
        return f"kafka-{self.number}"

    @property
    def port(self) -> int:
        """Where its clients reach it."""
        return self.ports[self.number - 1][0]

    def environment(self) -> dict[str, str]:
        """The variables of its process only."""
        return {NODE: json.dumps(self._asdict())}

    def process(self) -> ManagedProcess:
        """It as a process of a stack."""
        number = str(self.number)
        ports = tuple(ProcessPort(port, "") for port in self.ports[self.number - 1])
        return ManagedProcess(
            self.name, Label(f"Kafka {number}", f"Kafka {number}"), MODULE, "stores", ports, self.environment()
        )


class NodeFolder(Folder):
    """Where one node lives.

    Args:
        settings: those of the stack.
        node: which.
    """

    def __init__(self, settings: IngestSettings, node: BrokerNode) -> None:
        port, controller = node.ports[node.number - 1]
        own = {"kafka_bootstrap": "", "kafka_port": port, "kafka_controller_port": controller, "kafka_heap": HEAP}
        folder = settings.data_folder.resolve() / "brokers" / str(node.number)
        super().__init__(settings.model_copy(update={**own, "data_folder": folder}))
        self._node = node

    def values(self, data: str) -> dict[str, str]:
        """The node's configuration."""
        return node_properties(self.settings, data, self._node)

    def new_cluster(self) -> str:
        """The id that all nodes share."""
        return self._node.cluster


def node_properties(settings: IngestSettings, data: str, node: BrokerNode) -> dict[str, str]:
    """The configuration of one node of several: as that of the one node, but every record is on `IN_SYNC` of them at least."""
    voters = ",".join(f"{number}@127.0.0.1:{controller}" for number, (_, controller) in enumerate(node.ports, 1))
    plain = {
        **broker_properties(settings, data),
        "node.id": str(node.number),
        "controller.quorum.voters": voters,
        "default.replication.factor": str(REPLICAS),
        "min.insync.replicas": str(IN_SYNC),
        "offsets.topic.replication.factor": str(REPLICAS),
        "transaction.state.log.replication.factor": str(REPLICAS),
        "transaction.state.log.min.isr": str(IN_SYNC),
        "share.coordinator.state.topic.replication.factor": str(REPLICAS),
        "share.coordinator.state.topic.min.isr": str(IN_SYNC),
        # Longer than for the one node: a busy PC must not take a slow node for a dead one.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "500",
        "controller.quorum.fetch.timeout.ms": "4000",
        "controller.quorum.election.timeout.ms": "2000",
        "replica.lag.time.max.ms": "8000",
        # Leaders go back to where they belong soon after a node is back, so that a run of a minute sees that too.
        "leader.imbalance.check.interval.seconds": "10",
    }
    return with_listeners(settings, plain, node.doors)


def plan_brokers(
    ports: Sequence[tuple[int, int]], doors: Sequence[Mapping[str, Door]] | None = None
) -> list[BrokerNode]:
    """The nodes of a new cluster.

    Args:
        ports: of each node the broker's port and the controller's.
        doors: of each node, further listeners.
    """
    cluster = cluster_id()
    return [
        BrokerNode(number, cluster, tuple(ports), doors[number - 1] if doors else {})
        for number in range(1, len(ports) + 1)
    ]


def cluster_variables(nodes: Sequence[BrokerNode]) -> dict[str, str]:
    """The settings by which every process of ours uses the cluster."""
    secret = secrets.token_urlsafe(32)
    return {
        "IOC_KAFKA_OWN_SECRET": secret,
        "IOC_KAFKA_BOOTSTRAP": ",".join(f"127.0.0.1:{node.port}" for node in nodes),
        "IOC_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "IOC_KAFKA_SASL_MECHANISM": OWN_MECHANISM,
        "IOC_KAFKA_USERNAME": OWN_USER,
        "IOC_KAFKA_PASSWORD": own_password(IngestSettings(_env_file=None, kafka_own_secret=SecretStr(secret))),
        "IOC_KAFKA_REPLICATION_FACTOR": str(REPLICAS),
    }


def start_brokers(stack: Stack, nodes: Sequence[BrokerNode]) -> None:
    """Start all nodes of a stack, and give the cluster its account once they answer; no nodes: nothing."""
    if not nodes:
        return
    for node in nodes:
        stack.start(node.name)
    for node in nodes:
        stack.wait(node.name)
    settings = stack.settings(IngestSettings)
    make_account(settings.model_copy(update={"kafka_bootstrap": "", "kafka_port": nodes[0].port}))


def main() -> NoReturn:
    """Become the node."""
    told = json.loads(os.environ[NODE])
    doors = {name: (port, gate) for name, (port, gate) in told["doors"].items()}
    ports = tuple((port, controller) for port, controller in told["ports"])
    folder = NodeFolder(read_settings(IngestSettings), BrokerNode(told["number"], told["cluster"], ports, doors))
    folder.configure()
    folder.format()
    command = [*folder.java(), "kafka.Kafka", folder.properties.name]
    sys.stdout.flush()
    os.chdir(folder.path)
    os.execvp(command[0], command)  # noqa: S606 - Java takes the place of this process


if __name__ == "__main__":
    main()
