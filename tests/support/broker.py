"""The real Kafka for tests, on free ports in a folder of its own: one start of two seconds serves all that need it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from commands.install.ports import free_ports
from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import make_topics
from ingest.kafka.broker import archive, fetch
from ingest.kafka.broker.server import Server

SECRET = SecretStr("kafka's secret of at least thirty-two characters")


@contextmanager
def running(folder: Path, **changed: Any) -> Iterator[IngestSettings]:
    """Run our own Kafka with all topics created, and stop it at the end.

    Args:
        folder: an empty folder for its data.
        changed: settings other than the defaults.
    """
    port, controller = free_ports(2)
    settings = IngestSettings(
        _env_file=None,
        data_folder=folder,
        kafka_bootstrap="",
        kafka_own_secret=SECRET,
        **{"kafka_port": port, "kafka_controller_port": controller, **changed},
    )
    fetch.ensure_jars(settings.cache_folder, lambda there, in_all, megabytes: None)
    archive.ensure_archive(settings)
    server = Server(settings)
    try:
        server.start()
        server.wait()
        make_topics(settings)
        yield settings
    finally:
        server.stop()
