"""Kafka as a child process: start it, wait until its port answers, stop it.

Two on one folder would ruin it: Kafka locks its data only after it has opened the log of its topics, and where two have written to that,
the next start throws all of it away. So Java holds a lock of ours for as long as it runs, by a file that it inherits; it holds it also
when we were killed before we could write down anything about it.
"""

import fcntl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

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
LEFT_OVER_ENDS_WITHIN = timedelta(seconds=10)


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
        self._lock: IO[str] | None = None

    def start(self) -> None:
        """Start Java, after a left-over one on the same folder has ended.

        Raises:
            ConfigurationError: a jar is not what was recorded, the folder is damaged, or a port is taken.
            Unavailable: another process holds the folder.
        """
        wrong = [jar.file_name for jar in jars.wrong_jars(self.settings.cache_folder)]
        if wrong:
            named = ", ".join(wrong[:3])
            raise ConfigurationError(f"{len(wrong)} of Kafka's jars are missing or not as recorded: {named} …")
        lock = self._lock or self._locked()
        try:
            self._see_ports_free()
            self.folder.configure()
            self.folder.format()
            self._begin(lock)
        except BaseException:
            self._unlock()
            raise

    def _begin(self, lock: IO[str]) -> None:
        options, output = ([f"-XX:AOTCacheOutput={self._archive}"], subprocess.DEVNULL) if self._archive else ([], None)
        command = [*self.folder.java(), *options, MAIN, self.folder.properties.name]
        self.process = subprocess.Popen(
            command,
            cwd=self.folder.path,
            stdout=output,
            stderr=output,
            preexec_fn=end_with_parent,
            pass_fds=(lock.fileno(),),
        )

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
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(limit.total_seconds())
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._unlock()

    def _see_ports_free(self) -> None:
        ports = {
            "IOC_KAFKA_PORT": self.settings.kafka_port,
            "IOC_KAFKA_CONTROLLER_PORT": self.settings.kafka_controller_port,
        }
        for name, port in ports.items():
            if is_listening(port):
                raise ConfigurationError(f"Port {port} is taken by another program: end that, or change {name}.")

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _locked(self) -> IO[str]:
        """The folder's lock, once a Java that an earlier process of ours left on it has ended.

        Raises:
            Unavailable: somebody else holds it.
        """
        self.folder.path.mkdir(parents=True, exist_ok=True)
        lock = self.folder.lock.open("a", encoding="utf-8")
        until = time.monotonic() + 2 * LEFT_OVER_ENDS_WITHIN.total_seconds()
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                for left in running_java(self.folder):
                    _end(left)
                if time.monotonic() > until:
                    lock.close()
                    raise Unavailable("Kafka", f"another process holds {self.folder.path}") from None
                time.sleep(0.05)
            else:
                self._lock = lock
                return lock


def _end(left: psutil.Process) -> None:
    """End a process; by force when it takes long."""
    try:
        left.terminate()
        left.wait(LEFT_OVER_ENDS_WITHIN.total_seconds())
    except psutil.TimeoutExpired:
        left.kill()
        left.wait(LEFT_OVER_ENDS_WITHIN.total_seconds())
    except psutil.NoSuchProcess:
        return


def running_java(folder: Folder) -> Iterator[psutil.Process]:
    """The Java processes that run on this folder."""
    for process in psutil.process_iter():
        try:
            if MAIN in process.cmdline() and Path(process.cwd()) == folder.path:
                yield process
        except (OSError, psutil.NoSuchProcess, psutil.AccessDenied):
            continue
