"""Devices: the pretend loudspeakers and cameras on MQTT, from now on and a little of the past.

Most loudspeakers speak through one gateway; a few have a connection of their own, which breaks when the device goes
offline, so that the broker tells their last will. Frigate has one connection with the last will of the real one.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from connectors.simulator.mark import Mark
from connectors.simulator.message import SimulatedMessage
from connectors.simulator.protocols.mqtt_station import Station
from connectors.simulator.systems import camera_desk, frigate, loudspeakers
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import local_day
from ingest.contract.clock import Clock
from ingest.mqtt.subscriber import MqttServer

LOUDSPEAKERS = "smart_loudspeaker"
"""The connector, and so the account, of the loudspeakers."""

TICK = 0.25
STRETCH = timedelta(minutes=10)
"""How much is worked out and said at a time while catching up."""

OWN_CONNECTION = frozenset({"tdp-007-l1", "tdp-023-l1", "tdp-058-l1"})
"""Devices that do not speak through the gateway."""


class Devices:
    """All MQTT devices of the pretend ward.

    Args:
        server: the MQTT broker as an account sees it.
        pretend: the ward.
        clock: the shared clock.
        mark: how far each has spoken.
        memory: how much of the past heartbeats and cameras are told.
    """

    def __init__(
        self, server: Callable[[str], MqttServer], pretend: Pretend, clock: Clock, mark: Mark, memory: timedelta
    ) -> None:
        self._server = server
        self._pretend = pretend
        self._clock = clock
        self._mark = mark
        self._memory = memory

    async def gateway(self) -> None:
        """Speak for the loudspeakers that have no connection of their own, for ever."""
        behind = [device for device in loudspeakers.DEVICES if device not in OWN_CONNECTION]
        station = Station(self._server(LOUDSPEAKERS), "loa-gateway", greet=lambda: self._states(behind))
        station.connect()
        try:
            await self._past(station)
            await self._follow(station, "loa-gateway", lambda after, until: self._loudspeakers(behind, after, until))
        finally:
            await station.close()

    async def loudspeaker(self, device: str) -> None:
        """Play one loudspeaker with a connection of its own, for ever."""
        while True:
            while not loudspeakers.connected(self._pretend, device, self._clock.now()):
                await asyncio.sleep(TICK)
            will = (f"loa/{device}/online", "offline")
            station = Station(
                self._server(f"{LOUDSPEAKERS}.{device}"), device, will, greet=lambda: self._states([device])
            )
            station.connect()
            try:
                await self._follow(station, "", lambda after, until: self._loudspeakers([device], after, until), device)
                await station.cut()
            except asyncio.CancelledError:
                await station.close()
                raise

    async def cameras(self) -> None:
        """Play Frigate, for ever."""
        will = ("frigate/available", "offline")
        station = Station(self._server("frigate"), "frigate", will, greet=self._cameras_now)
        station.connect()
        try:
            await self._follow(station, "frigate", partial(self._seen, self._clock.now()))
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(station.publish([self._available(b"stopped")]), 2)
            await station.close()

    async def desk(self) -> None:
        """Play the desk at which camera alerts are acknowledged, for ever; what it did not get rid of it tells later."""
        station = Station(self._server(camera_desk.SYSTEM), camera_desk.SYSTEM)
        station.connect()
        try:
            told = partial(camera_desk.desk_messages, self._pretend)
            await self._follow(station, camera_desk.SYSTEM, told, memory=camera_desk.MEMORY)
        finally:
            await station.close()

    async def _past(self, station: Station) -> None:
        """Tell of broadcasts and failures since the mark, in whole days up to yesterday."""
        day = self._mark.resume(loudspeakers.SYSTEM, self._clock.now())
        while day < local_day(self._clock.now()):
            await station.publish(await asyncio.to_thread(loudspeakers.happenings, self._pretend, day))
            day += timedelta(days=1)
            self._mark.sent(loudspeakers.SYSTEM, self._clock.now())

    async def _follow(
        self,
        station: Station,
        name: str,
        said: Callable[[datetime, datetime], list[SimulatedMessage]],
        device: str = "",
        memory: timedelta | None = None,
    ) -> None:
        """Say what is due as time goes on; of one device, until it goes offline. Who has spoken before remembers for `memory`."""
        now = self._clock.now()
        after = max(self._mark.until(name) or now - self._memory, now - (memory or self._memory))
        while not device or loudspeakers.connected(self._pretend, device, self._clock.now()):
            until = min(self._clock.now(), after + STRETCH)
            if until > after:
                await station.publish(await asyncio.to_thread(said, after, until))
                after = until
                if name:
                    self._mark.sent(name, until)
            if self._clock.now() - after < STRETCH:
                await asyncio.sleep(TICK)

    def _states(self, devices: list[str]) -> list[SimulatedMessage]:
        """The retained words of the devices, said whenever they connect."""
        now = self._clock.now()
        return [loudspeakers.retained_state(self._pretend, device, now) for device in devices]

    def _loudspeakers(self, devices: list[str], after: datetime, until: datetime) -> list[SimulatedMessage]:
        """What loudspeakers say in (after, until]; a schedule is told by the gateway."""
        days = {local_day(after), local_day(until)}
        happenings = [message for day in days for message in loudspeakers.happenings(self._pretend, day)]
        beats = loudspeakers.heartbeats(self._pretend, after, until)
        own = len(devices) == 1
        said = [
            message
            for message in (*happenings, *beats)
            if after < message.at <= until and _speaks(message, devices, own=own)
        ]
        return sorted(said, key=lambda message: message.at)

    def _seen(self, since: datetime, after: datetime, until: datetime) -> list[SimulatedMessage]:
        """What Frigate says in (after, until]; what bears no time of its own only from `since` on."""
        said = frigate.frigate_messages(self._pretend, after, until)
        return [message for message in said if message.at > since or message.address in frigate.TIMED]

    def _cameras_now(self) -> list[SimulatedMessage]:
        """What Frigate says when it connects: that it runs, and each camera's status."""
        now = self._clock.now()
        return [self._available(b"online"), *(frigate.status(self._pretend, one, now) for one in frigate.CAMERAS)]

    def _available(self, word: bytes) -> SimulatedMessage:
        return SimulatedMessage(self._clock.now(), frigate.SYSTEM, "", word, "frigate/available", retain=True)


def _speaks(message: SimulatedMessage, devices: list[str], *, own: bool) -> bool:
    """Whether a message is told over the connection of these devices."""
    name = message.address.split("/")[1]
    if name == "schedule" or b'"error":"offline"' in message.body:
        return not own  # the broadcasting software speaks, not a device
    # A device with its own connection does not say that it goes offline: its last will does.
    return name in devices and not (own and message.address.endswith("/online") and b'"online":false' in message.body)
