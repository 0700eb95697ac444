"""Device reader: follows every device of a source for ever, each by itself.

What a device says goes to the connector as `{"device", "cameras", "said"}`, and what we see of it as `{"device", "cameras", "contact"}`:
`begun` when it answers (again), `kept` now and then while it does, `lost` when it does not. Devices keep nothing for us, so nothing is
confirmed to them; while Kafka is away, or the source is held back, they are not read, and what happens then is lost, as it is while we are
away ourselves. A device that talks nonsense is set aside (`device_breaker`), one that says too much is slowed down, and one that
refuses our account is left alone for long, as devices lock accounts.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Literal, NoReturn

import httpx

from ingest.contract.connector import AlertStream
from ingest.devices.alert_stream import alerts
from ingest.devices.listed import ListedDevice
from ingest.devices.pull_point import notifications
from ingest.devices.said import ACCOUNT_REFUSED, DeviceFailed, NotUnderstood
from ingest.kafka.producer import Producer
from ingest.network.rate_limit import RateLimit
from ingest.runtime.backoff import BackOff
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.device_breaker import DeviceBreaker, DeviceVerdict
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader
from ingest.source.status import SourceStatus

log = logging.getLogger(__name__)

FAILURES_UNTIL_LOST = 2
"""One lost answer is no outage."""

KEPT_EVERY = timedelta(minutes=5)
"""How often the connector is told that a device still answers."""

REFUSED_PAUSE = timedelta(minutes=10)
"""How long a device is left alone that refuses our account: some lock an account after a few attempts."""

PER_SECOND, AT_ONCE = 20.0, 200.0
"""What a device may say on average and at once; it waits for what it says more."""


class DeviceReader(SourceReader):
    """Follows the devices of one source for ever.

    Args:
        mapper: its connector's, whose way is an `AlertStream` or a `PullPoint`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        devices: which.
        pause: replaces the first pause after a failure; for tests.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        devices: Sequence[ListedDevice],
        pause: timedelta = timedelta(seconds=1),
    ) -> None:
        super().__init__(mapper, source_status, breaker, producer)
        self._way: Any = mapper.connector.way
        self._listed = devices
        self._pause = pause
        self._devices = DeviceBreaker(self._id, breaker.allowance, [one.name for one in devices])
        self._lost: set[str] = set()

    async def run(self) -> None:
        """Read until cancelled."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=len(self._listed))
        headers = {"accept-encoding": "identity", "user-agent": "ward-ioc"}
        client = httpx.AsyncClient(headers=headers, limits=limits, follow_redirects=False, trust_env=False)
        async with client as http, asyncio.TaskGroup() as group:
            for one in self._listed:
                group.create_task(self._follow(http, one), name=f"{self._id} {one.name}")

    async def _follow(self, http: httpx.AsyncClient, device: ListedDevice) -> NoReturn:
        backoff = BackOff(self._pause, timedelta(minutes=1))
        limit = RateLimit(PER_SECOND, AT_ONCE)
        while True:
            pause = timedelta()
            try:
                await self._listen(http, device, backoff, limit)
            except DeviceFailed as fault:
                self._mapper.counts["failed"] += 1
                if fault.cause == ACCOUNT_REFUSED:
                    pause = REFUSED_PAUSE
                if backoff.failures + 1 >= FAILURES_UNTIL_LOST or pause:
                    await self._lose(device, fault)
            await asyncio.sleep(max(pause.total_seconds(), backoff.seconds()))

    async def _listen(self, http: httpx.AsyncClient, device: ListedDevice, backoff: BackOff, limit: RateLimit) -> None:
        """Take what a device says until its answer ends.

        Raises:
            DeviceFailed: it does not answer, or refuses.
        """
        told_at = None
        way = self._way
        said = alerts(http, device, way) if isinstance(way, AlertStream) else notifications(http, device, way)
        async with aclosing(said) as told:
            async for one in told:
                if told_at is not None:
                    backoff.reset()
                if told_at is None or time.monotonic() - told_at > KEPT_EVERY.total_seconds():
                    await self._tell(device, "begun" if told_at is None else "kept")
                    told_at = time.monotonic()
                if one is not None:
                    await asyncio.sleep(limit.take(1, time.monotonic()))
                    await self._take(device, one if isinstance(one, NotUnderstood) else {"said": one})

    async def _tell(self, device: ListedDevice, contact: Literal["begun", "kept", "lost"]) -> None:
        """Tell the connector what we see of a device."""
        if contact != "lost":
            self._lost.discard(device.name)
            self._source_status.up()
        await self._take(device, {"contact": contact})

    async def _lose(self, device: ListedDevice, fault: DeviceFailed) -> None:
        """A device does not answer; the source is down when none does."""
        if device.name in self._lost:
            return
        self._lost.add(device.name)
        log.warning("%s: %s is lost: %s", self._id, device.name, fault)
        if len(self._lost) == len(self._listed):
            self._source_status.down(fault.cause)
        await self._tell(device, "lost")

    async def _take(self, device: ListedDevice, said: dict[str, Any] | NotUnderstood) -> None:
        """Map something and wait until Kafka has what comes of it; what a device that is set aside says wrong is let go."""
        while self._breaker.left():
            await asyncio.sleep(self._breaker.left())
        taken = self._mapped(device, said)
        is_bad = taken.dead_letter is not None
        if self._breaker.is_open:
            self._breaker.judge(is_bad)
        else:
            verdicts = self._devices.judge([(device.name, is_bad)])
            if verdicts is None:
                self._breaker.trip("most")
            elif verdicts[0] is DeviceVerdict.LET_GO:
                self._mapper.counts["set_aside"] += 1
                return
        if taken.envelopes or taken.dead_letter:
            await self.deliver_all([taken])

    def _mapped(self, device: ListedDevice, said: dict[str, Any] | NotUnderstood) -> MappedMessage:
        if isinstance(said, NotUnderstood):
            self._mapper.counts["messages"] += 1
            return MappedMessage(dead_letter=self._mapper.refused(said.body, said.fault, address=device.name))
        return self.map_object({"device": device.name, "cameras": device.cameras, **said}, device.name)
