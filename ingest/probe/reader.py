"""Probe reader: asks the devices of one source, one round after the other, so many at a time, and tells what has changed.

What is known of them is saved after Kafka has acknowledged what was told: a crash in between tells it again, under the same ids where the
device's own time stands still. A device that does not answer is what a probe is there to find, so the source is in sight from the first
device on that ever answered; before that nothing is told, and nobody is missed.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError
from pydantic_core import to_json

from ingest.administration.reach import ForbiddenAddress
from ingest.contract.connector import ASKED, DeviceProbe, ProbedDevice, host_and_port
from ingest.contract.errors import InvalidEvent
from ingest.kafka.producer import Producer
from ingest.probe.comparison import (
    KNOWN_DEVICES,
    KnownDevice,
    Told,
    compare_answer,
    compare_list,
    count_answer,
    note_span,
    whole_answer,
)
from ingest.probe.device_list import list_file, read_devices
from ingest.probe.question import CannotAsk, ProbeAnswer, ask_once
from ingest.probe.snmp_secret import read_secret
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader
from ingest.source.status import SourceStatus

if TYPE_CHECKING:
    from ingest.probe.snmp import SnmpSession

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Devices that are asked at the same time."""

SNMP_PATIENCE = timedelta(seconds=15)
"""Time for everything that is asked of one device by SNMP."""

BATCH = 200
"""Messages that go to Kafka together."""


class ProbeReader(SourceReader):
    """Asks one source's devices for ever.

    Args:
        mapper: its connector's, whose way is a `DeviceProbe`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        cursor: where it keeps what it knows of the devices.
        lists: folder with the list of its devices, where they are not declared.
        secret: community, or user and passwords, of SNMP.
        pause: replaces the way's pause between two rounds; for tests.
        guard: sees before each question that a host may be asked.

    Raises:
        ConfigurationError: the secret is none.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        cursor: Cursor,
        lists: Path,
        secret: SecretStr | None = None,
        pause: timedelta | None = None,
        guard: Callable[[str], None] | None = None,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, DeviceProbe):
            raise TypeError(f"{mapper.connector.id} is no probe")
        super().__init__(mapper, source_status, breaker, producer)
        self._way = way
        self._cursor = cursor
        self._lists = lists
        self._snmp = None if secret is None else _session(secret)
        self._guard = guard
        self._pause = (pause or way.every).total_seconds()
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._known: dict[str, KnownDevice] = {}
        self._read: tuple[Path, int, int] | None = None
        self._devices = way.devices
        self._hindered: set[str] = set()
        """Why devices could not be asked in the last round."""
        self._could_ask = False

    async def run(self) -> None:
        """Ask until cancelled."""
        self._recall(await asyncio.to_thread(self._cursor.read))
        self._show()
        try:
            while True:
                await self._take_list()
                await self._round()
                await asyncio.sleep(self._pause)
        finally:
            if self._snmp is not None:
                self._snmp.close()

    def _recall(self, saved: str | None) -> None:
        try:
            self._known = KNOWN_DEVICES.validate_json(saved or "{}")
        except ValidationError:
            log.warning("%s: what was known of its devices is lost; they are told anew", self._id)

    async def _take_list(self) -> None:
        """Read the list again when it is another file than before; a wrong one leaves the devices as they were."""
        if not self._way.devices:
            file = list_file(self._lists, self._id)
            seen = None if file is None else (file, file.stat().st_mtime_ns, file.stat().st_size)
            if seen is not None and seen != self._read:
                self._read = seen
                try:
                    self._devices = await asyncio.to_thread(read_devices, seen[0])
                except InvalidEvent as fault:
                    log.warning("%s: its list of devices cannot be used: %s", self._id, fault)
                    body = to_json({"file": seen[0].name})
                    await self.deliver((), [self._mapper.refused(body, fault, address=seen[0].name)])
            if self._read is None:
                return
        after, told = compare_list(self._known, self._devices, self._mapper.context.clock.now())
        if told or after.keys() != self._known.keys():
            await self._into_kafka(told)
        for gone in self._known.keys() - after.keys():
            self._mapper.context.lines.tell(gone, ())
        self._known = after
        self._tell_lines()

    def _tell_lines(self) -> None:
        """Let other sources know when the lines were up."""
        for id_, one in self._known.items():
            if one.device.category in self._way.measured:
                self._mapper.context.lines.tell(id_, one.spans)

    async def _round(self) -> None:
        """Ask each device once."""
        asked = [one for one in self._devices if one.by in ASKED]
        self._hindered = set()
        answers = await asyncio.gather(*map(self._ask, asked))
        self._could_ask = any(answers)
        now, told, before = self._mapper.context.clock.now(), list[Told](), self._known
        after = dict(before)
        for device, answer in zip(asked, answers, strict=True):
            if answer is None:
                continue
            known, said = compare_answer(before[device.device], answer, now)
            told += said
            if self._way.tells_all:
                told += whole_answer(known, answer, now)
            if device.category in self._way.measured:
                known, said = count_answer(note_span(known, answer, now), answer, now)
                told += said
            after[device.device] = known
        await self._into_kafka(told)
        self._known = after
        self._tell_lines()
        if after != before:
            await asyncio.to_thread(self._cursor.save, KNOWN_DEVICES.dump_json(after).decode())
        self._show()

    def _show(self) -> None:
        """Show whether the source is in sight; of one from which nothing was ever heard nothing is shown."""
        if all(one.is_up is None for one in self._known.values()):
            return
        if self._hindered and not self._could_ask:
            self._source_status.down(min(self._hindered))
        else:
            self._source_status.up()

    async def _ask(self, device: ProbedDevice) -> ProbeAnswer | None:
        """What comes of asking a device at each of its addresses; `None`: it could not be asked."""
        answer = ProbeAnswer()
        async with self._gate:
            for address in device.addresses:
                try:
                    host, port = host_and_port(address, device.by)
                    if self._guard is not None:
                        await asyncio.to_thread(self._guard, host)
                    said = (
                        await self._by_snmp(host, port) if device.by == "snmp" else await ask_once(address, device.by)
                    )
                except (CannotAsk, ForbiddenAddress) as error:
                    cause = error.cause if isinstance(error, CannotAsk) else "forbidden_address"
                    self._hinder(cause, device.device)
                    return None
                answer.add(said)
        return answer

    def _hinder(self, cause: str, device: str) -> None:
        if cause not in self._hindered:
            log.warning("%s: %s, and maybe others, cannot be asked: %s", self._id, device, cause)
        self._hindered.add(cause)
        self._mapper.counts["not_asked"] += 1

    async def _by_snmp(self, host: str, port: int) -> ProbeAnswer:
        if self._snmp is None:
            raise CannotAsk("no_key")
        from ingest.probe.device_mib import UP_TIME, said_of_itself
        from ingest.probe.snmp import NoAnswer

        answer = ProbeAnswer(sent=1)
        # A device that answers, but not about its tables, is there: what is wrong with it is then as it was.
        with suppress(NoAnswer, TimeoutError):
            async with asyncio.timeout(SNMP_PATIENCE.total_seconds()):
                _, *values = await self._snmp.values(host, port, [UP_TIME, *self._way.values.values()])
                answer.reached, answer.answered = True, 1
                answer.values = dict(zip(self._way.values, map(_readable, values), strict=True))
                if self._way.reads_faults:
                    answer.open = await said_of_itself(self._snmp, host, port)
        return answer

    async def _into_kafka(self, told: Sequence[Told]) -> None:
        """Wait until Kafka has what was told; while the source is held back nothing is forgotten."""
        for start in range(0, len(told), BATCH):
            batch = told[start : start + BATCH]
            while (taken := self.judge_page(map(self._mapped, batch), len(batch))) is None:
                await asyncio.sleep(self._breaker.left())
            await self.deliver_all(taken)

    def _mapped(self, told: Told) -> MappedMessage:
        return self.map_object(told, told["device"])


def _session(secret: SecretStr) -> "SnmpSession":
    # Only here: most wards ask nothing by SNMP, and pysnmp is large.
    from ingest.probe.snmp import SnmpSession

    return SnmpSession(read_secret(secret.get_secret_value()))


def _readable(value: int | str | bytes | None) -> int | str | None:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
