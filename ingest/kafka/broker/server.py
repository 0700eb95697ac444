"""Kafka as a child process: start it, wait until its port answers, stop it."""

import subprocess
import time
from datetime import timedelta
from pathlib import Path

import psutil

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import make_account
from ingest.kafka.broker import jars
from ingest.kafka.broker.folder import Folder
from ingest.network.sockets import is_listening
from ingest.runtime.process import end_with_parent

MAIN = "kafka.Kafka"
"""The class whose `main` is the broker."""


class Server:
    """One install's Kafka. The jars must be in the cache (`fetch.ensure_jars`).

    Args:
        settings: its ports, folder and heap.
        archive: where Java writes its classes when it ends, see `ingest.kafka.broker.archive`; it says nothing then.
    """

    def __init__(self, settings: IngestSettings, archive: Path | None = None) -> None:
        self.settings = settings
        self.folder = Folder(settings)
        self.process: subprocess.Popen[bytes] | None = None
        self._archive = archive

    def start(self) -> None:
        """Start Java, after a left-over one on the same folder has ended.

        Raises:
            ConfigurationError: a jar is not what was recorded, the folder is damaged, or a port is taken.
        """
        wrong = [jar.file_name for jar in jars.wrong_jars(self.settings.cache_folder)]
        if wrong:
            named = ", ".join(wrong[:3])
            raise ConfigurationError(f"{len(wrong)} of Kafka's jars are missing or not as recorded: {named} …")
        self._end_left_over()
        self._see_ports_free()
        self.folder.configure()
        self.folder.format()
        options, output = ([f"-XX:AOTCacheOutput={self._archive}"], subprocess.DEVNULL) if self._archive else ([], None)
        command = [*self.folder.java(), *options, MAIN, self.folder.properties.name]
        self.process = subprocess.Popen(
            command, cwd=self.folder.path, stdout=output, stderr=output, preexec_fn=end_with_parent
        )
        self.folder.pid.write_text(str(self.process.pid), encoding="utf-8")

    def wait(self, limit: timedelta = timedelta(seconds=60)) -> None:
        """Wait until the port is open, and give Kafka its account.

        Raises:
            Unavailable: Java ended, or the time is over.
        """
        until = time.monotonic() + limit.total_seconds()
        while time.monotonic() < until:
            if self.ended is not None:
                raise Unavailable("Kafka", f"Java ended with code {self.ended} while starting; the lines above say why")
            if self._is_open():
                make_account(self.settings)
                return
            time.sleep(0.05)
        raise Unavailable("Kafka", f"no answer on port {self.settings.kafka_port} after {limit.total_seconds():.0f} s")

    def _is_open(self) -> bool:
        """Whether the port is open and it is our Java that listens there, and not somebody who was quicker."""
        if self.process is None or not is_listening(self.settings.kafka_port):
            return False
        try:
            open_ = psutil.Process(self.process.pid).net_connections("tcp")
        except psutil.Error:
            return False
        return any(one.status == psutil.CONN_LISTEN and one.laddr.port == self.settings.kafka_port for one in open_)

    @property
    def ended(self) -> int | None:
        """Java's exit code; None while it runs."""
        return self.process.poll() if self.process else 0

    def stop(self, limit: timedelta = timedelta(seconds=8)) -> None:
        """Stop Java cleanly; by force when it takes longer than `limit`."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(limit.total_seconds())
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.folder.pid.unlink(missing_ok=True)

    def _see_ports_free(self) -> None:
        ports = {
            "IOC_KAFKA_PORT": self.settings.kafka_port,
            "IOC_KAFKA_CONTROLLER_PORT": self.settings.kafka_controller_port,
        }
        for name, port in ports.items():
            if is_listening(port):
                raise ConfigurationError(f"Port {port} is taken by another program: end that, or change {name}.")

    def _end_left_over(self) -> None:
        """Wait for, then end, a Java that an earlier process of ours left on this folder."""
        left = left_over_java(self.folder)
        if left is None:
            return
        try:
            left.terminate()
            left.wait(10)
        except psutil.TimeoutExpired:
            left.kill()
            left.wait(10)
        except psutil.NoSuchProcess:
            return


def left_over_java(folder: Folder) -> psutil.Process | None:
    """The Java that runs on this folder though nobody holds it as a child, if any."""
    try:
        process = psutil.Process(int(folder.pid.read_text(encoding="utf-8")))
        ours = MAIN in process.cmdline() and Path(process.cwd()) == folder.path
        return process if ours else None
    except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return None
