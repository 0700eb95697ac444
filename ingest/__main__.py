"""`python -m ingest`: keeps Kafka ready.

Without an outside cluster it runs our own Kafka as a child and starts it again when it ends; with one it makes the topics
and watches it. Either way it stays, and ends cleanly on SIGTERM.
"""

import logging
import signal
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NoReturn

from ingest.contract.errors import ConfigurationError, NotReady, Unavailable
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka import checks
from ingest.kafka.admin import make_topics
from ingest.kafka.broker import archive, jars
from ingest.kafka.broker.server import Server
from ingest.kafka.client import check_reachable
from ingest.runtime import failpoint, health, metrics
from ingest.runtime.backoff import BackOff
from ingest.runtime.health import Health, listener_of
from ingest.runtime.liveness import Liveness, Progress, Pulse
from ingest.runtime.process import prepare_process
from ingest.runtime.readiness import Readiness

log = logging.getLogger("ingest")

WATCH_EVERY = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=30)
LEAST_RUN = timedelta(seconds=20)
"""A Kafka that ends sooner than this after its start is not started again by us."""


def main() -> int:
    """Run until told to stop; the exit code is 0 only then."""
    prepare_process("ingest")
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        settings = read_settings(IngestSettings)
        failpoint.arm_failpoints(settings.failpoints)
        state = BrokerState()
        state.tell(settings)
        if settings.kafka_bootstrap:
            watch_outside_kafka(settings, state)
        return run_broker(settings, state)
    except (ConfigurationError, Unavailable) as error:
        log.error("%s", error)
        return 1


class BrokerState:
    """The state of this process, for its health endpoints."""

    def __init__(self) -> None:
        self.pulse = Pulse()
        self.has_topics = False
        self.answer = Progress("an answer of Kafka")
        self.faults: Callable[[], Mapping[str, str]] = dict
        """What it lacks, by the name of the check: nothing before it answers to anybody."""

    def tell(self, settings: IngestSettings) -> None:
        """Answer to whoever asks for it."""
        listener = listener_of(read_settings(HealthSettings), settings.health_port)
        asked = {
            "kafka": checks.check_kafka(settings),
            "disk": checks.check_disk_space(settings),
            "topics": self._topics,
        }
        ready = Readiness(asked)
        self.faults = ready.faults
        live = Liveness(self.pulse, [self.answer], ready)
        health.serve_health(Health("ingest", live, ready, metrics.registry()), listener)

    def tick(self) -> None:
        """The main thread goes on. Our own Kafka is a part of us: one that does not answer has to be started again."""
        self.pulse.beat()
        self.answer.note(waits="kafka" in self.faults(), place=None)

    def _topics(self) -> None:
        if not self.has_topics:
            raise NotReady("the topics are not made yet")


def run_broker(settings: IngestSettings, state: BrokerState) -> int:
    """Run our own Kafka, and start it again at once when it ends: clients are back seconds sooner than by a new process.

    Returns:
        1: it could not be started, or ended soon after; the supervisor tries again, with its pauses.
    """
    _fetch(settings)
    archive.ensure_archive(settings)
    server = Server(settings)
    try:
        while True:
            state.pulse.rest()
            began = time.monotonic()
            server.start()
            server.wait()
            made = make_topics(settings)
            took = time.monotonic() - began
            log.info("Kafka ready on %s after %.1f s, %d topics created", settings.bootstrap, took, len(made))
            state.has_topics = True
            while server.ended is None:
                state.tick()
                time.sleep(0.1)
            log.error("Kafka's Java ended with code %s", server.ended)
            if time.monotonic() - began < LEAST_RUN.total_seconds():
                return 1
    finally:
        server.stop()


def watch_outside_kafka(settings: IngestSettings, state: BrokerState) -> NoReturn:
    """Make the topics of an outside cluster once it answers, then say when it goes away and comes back."""
    while True:
        state.pulse.rest()
        made = _make_topics_once_there(settings)
        log.info("Kafka ready at %s, %d topics created", settings.bootstrap, len(made))
        state.has_topics = True
        try:
            while True:
                state.pulse.beat()
                time.sleep(WATCH_EVERY.total_seconds())
                state.pulse.rest()
                check_reachable(settings)
        except Unavailable as error:
            log.warning("%s", error)


def _make_topics_once_there(settings: IngestSettings) -> list[str]:
    backoff = BackOff(timedelta(seconds=1), LONGEST_WAIT)
    while True:
        try:
            return make_topics(settings)
        except Unavailable as error:
            if not backoff.failures:
                log.warning("waiting: %s", error)
            time.sleep(backoff.seconds())


def _fetch(settings: IngestSettings) -> None:
    """Get Kafka's jars if they are not in the cache yet, however long the network is away."""
    backoff = BackOff(timedelta(seconds=5), timedelta(minutes=1))
    while jars.wrong_jars(settings.cache_folder):
        # Only here: the library that fetches is of no use to the process that stays.
        from ingest.kafka.broker import fetch

        try:
            fetch.ensure_jars(settings.cache_folder, _report)
        except Unavailable as error:
            log.error("%s", error)
            time.sleep(backoff.seconds())


def _report(there: int, in_all: int, megabytes: float) -> None:
    log.info("downloading Kafka: %d/%d jars, %.0f MB", there, in_all, megabytes)


def _end(_signal: int, _frame: object) -> NoReturn:
    """End through every `finally`; a second signal does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log.info("stopping")
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
