"""Alarm process: puts together what judges the alarms and tells people of them, and tells how it is itself."""

import asyncio
import logging
import socket
from datetime import timedelta
from functools import partial

from dashboard.alarm.deadlines import Deadlines
from dashboard.alarm.event_log.reader import AlarmLog
from dashboard.alarm.event_log.takeover import take_over
from dashboard.alarm.judge import AlarmJudge
from dashboard.alarm.notification.channels import notification_channels
from dashboard.alarm.notification.delivery import AlarmDelivery
from dashboard.alarm.outbox import AlarmOutbox
from dashboard.alarm.settings import AlarmSettings
from dashboard.settings import BoardSettings
from dashboard.state.figures import LiveFigures
from dashboard.state.queries import TooMuchError, WarehouseReader, load_values
from dashboard.system_status import read_status
from ingest.contract.errors import NotReady, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import ALARMS
from ingest.kafka import checks
from ingest.kafka.ownership import KeyOwnership
from ingest.kafka.producer import Producer
from ingest.runtime import metrics
from ingest.runtime.backoff import BackOff
from ingest.runtime.health import Health, serve_health
from ingest.runtime.liveness import Liveness
from ingest.runtime.readiness import Readiness
from warehouse.health import check_warehouse
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client

log = logging.getLogger("dashboard.alarm")

LONGEST_WAIT = timedelta(seconds=15)


class AlarmProcess:
    """All of it.

    Args:
        ingest: Kafka, the ward and its clock.
        board: what messages say of the ward, and its address.
        warehouse: where the figures are.
        alarms: who is told how, and when not.
    """

    def __init__(
        self, ingest: IngestSettings, board: BoardSettings, warehouse: WarehouseSettings, alarms: AlarmSettings
    ) -> None:
        self._ingest = ingest
        self._warehouse = warehouse
        self._journal = board.folder / "alarms.jsonl"
        self._reader = WarehouseReader(warehouse)
        stand = partial(self._reader.ask, partial(read_status, ingest))
        self.figures = LiveFigures(ingest, board, partial(load_values, warehouse, ingest.ward), stand)
        self.log = AlarmLog(ingest, self._reader, self._share)
        self._deadlines = Deadlines(self.figures, self._reader)
        self._producer = Producer(ingest)
        self.ownership = KeyOwnership(ingest, ALARMS, ingest.ward, f"ioc-alarm-{ingest.ward}")
        outbox = AlarmOutbox(board.folder / "alarm-outbox")
        self.judge = AlarmJudge(self.figures, self.log, self._deadlines, alarms, outbox, self._producer, self.may_act)
        channels = notification_channels(alarms)
        self.delivery = AlarmDelivery(
            self.figures, self.log.fold, self.judge.alarms, alarms, channels, outbox, self._producer, self.may_act
        )
        self._is_taken_over = False

    def may_act(self) -> bool:
        """Whether this process is the one that writes and tells, and knows what there is."""
        return self.ownership.is_ours and self.log.is_known and self._is_taken_over

    async def run(self) -> None:
        """Judge the alarms and deliver messages until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for one in (self._producer.start(), self.ownership.run(), self.figures.run(), self.log.run()):
                    tasks.create_task(one)
                for one in (self._deadlines.run(), self._take_over(), self.judge.run(), self.delivery.run()):
                    tasks.create_task(one)
        finally:
            await self._producer.stop()

    def serve_health(self, listener: socket.socket | None) -> None:
        """Serve this process's health from now on."""

        def figures() -> None:
            if not self.figures.loaded:
                raise NotReady("the figures have not been read yet")

        def events() -> None:
            if not self.log.is_known:
                raise NotReady("the alarm log has not been read yet")

        ready = Readiness(
            {
                "kafka": checks.check_kafka(self._ingest),
                "warehouse": check_warehouse(Client(self._warehouse, database="")),
                "figures": figures,
                "log": events,
            }
        )
        works = [self.figures.pushes, self.log.progress, self.judge.progress]
        state = Health(
            "alarm",
            Liveness(self.figures.pulse, works, ready),
            ready,
            metrics.registry(),
            lambda: {
                "acts": self.may_act(),
                "active": len(self.log.fold.active()),
                "looks": self.judge.looks,
                "failing_channels": sorted(self.log.fold.faults),
            },
        )
        serve_health(state, listener)

    def _share(self) -> None:
        self.figures.faults = self.log.fold.faults

    async def _take_over(self) -> None:
        """Send once what an earlier version kept; nothing is decided before that."""
        backoff = BackOff(timedelta(seconds=1), LONGEST_WAIT)
        while not (self.ownership.is_ours and self.log.is_known):
            await asyncio.sleep(1)
        while not self._is_taken_over:
            try:
                await take_over(self._ingest, self._reader, self._producer, self._journal)
                self._is_taken_over = True
            except (Unavailable, TooMuchError) as error:
                if not backoff.failures:
                    log.warning("cannot take over the alarms of the earlier version yet: %s", error)
                if not self._journal.exists() and self.log.fold.decided:
                    # It has run before: what there was of before is in the log.
                    self._is_taken_over = True
                else:
                    await asyncio.sleep(backoff.seconds())
