"""Archive: Kafka's classes as Java holds them in memory, written once on each PC by a node that lives for a moment.

With it Kafka starts in half the time. It is there for speed alone: where it is missing or does not fit, Java starts as ever.
"""

import logging
import secrets
import socket
import tempfile
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.broker import jars
from ingest.kafka.broker.server import Server

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=2)
"""How long the writing may take: some seconds, on a PC that has nothing else to do; what is given up is not tried again."""


def ensure_archive(settings: IngestSettings) -> None:
    """Write the archive if these jars have none; the jars must be in the cache. What Kafka could not write is not tried again."""
    try:
        if not is_made(settings.cache_folder):
            with jars.jars_lock(settings.cache_folder):
                if not is_made(settings.cache_folder):
                    log.info("preparing Kafka's class archive, once on this PC; this takes some seconds")
                    _make(settings)
    except OSError as error:  # the cache or a disk takes nothing: that is no reason to stay away
        log.warning("Kafka starts without its class archive: %s", error)


def is_made(cache_folder: Path) -> bool:
    """Whether the archive is there, and newer than every jar in it."""
    archive, place = jars.archive_path(cache_folder), jars.jars_folder(cache_folder)
    made = archive.stat().st_mtime if archive.exists() else 0.0
    return all((place / jar.file_name).stat().st_mtime <= made for jar in jars.locked_jars())


def _make(settings: IngestSettings) -> None:
    archive = jars.archive_path(settings.cache_folder)
    new = archive.with_suffix(".new")
    new.unlink(missing_ok=True)
    archive.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ports = dict(zip(("kafka_port", "kafka_controller_port"), _free_ports(), strict=True))
        own = {"data_folder": Path(folder), "kafka_own_secret": SecretStr(secrets.token_urlsafe(32)), **ports}
        server = Server(settings.model_copy(update=own), new)
        try:
            server.start()
            server.wait()
        except (ConfigurationError, Unavailable) as error:
            log.warning("Kafka starts without its class archive, because the run that writes it failed: %s", error)
        finally:
            server.stop(PATIENCE)
    # An empty one fits nothing, and says that it was tried.
    new.touch()
    new.replace(archive)


def _free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]
