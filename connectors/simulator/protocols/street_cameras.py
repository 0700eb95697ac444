"""Street cameras: the two pretend cameras that are asked one by one, each on a port of its own on loopback, and the lists that name them.

What happens while nobody asks is lost, as with real ones; what is wrong with them is told anew to whoever asks again.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import tomli_w

from connectors.simulator.protocols.cameras import (
    HEART,
    IsapiDevice,
    OnvifDevice,
    alert,
    as_part,
    at_work,
    notification,
    simple_item,
)
from connectors.simulator.systems.cameras import ISAPI_CAMERA, ONVIF_CAMERA, Noticed, noticed, states
from connectors.simulator.ward import Pretend
from ingest.contract.clock import Clock
from ingest.devices.listed import device_list, password_file
from ingest.runtime.durable import replace_file

USER = "ioc"
TICK = 1.0
SAID_AGAIN = 10
"""After how many ticks a device of Hikvision says again what lasts, and that it is there."""
STRETCH = timedelta(minutes=10)
"""What happened longer ago than that at a look, nobody is told any more."""
PATIENCE = 15.0
"""How long the other keeps a question waiting, in seconds."""

ALERTS = {"crossing": "linedetection", "intrusion": "fielddetection", "covered": "shelteralarm", "no_picture": HEART}
TOPICS = {
    "crossing": ("RuleEngine/LineDetector/Crossed", "ObjectId"),
    "intrusion": ("RuleEngine/FieldDetector/ObjectsInside", "IsInside"),
    "covered": ("RuleEngine/TamperDetector/Tamper", "IsTamper"),
    "no_picture": ("VideoSource/SignalLoss", "State"),
}
"""By what it is, the topic and the item that says it."""


class StreetCameras:
    """Plays the cameras.

    Args:
        pretend: the ward.
        clock: the shared clock.
        passwords: of the one by Hikvision and of the other.
        folder: where their lists are written, as `ingest.devices.listed` reads them.
        tick: how often it looks what there is to say, in seconds.
    """

    def __init__(
        self, pretend: Pretend, clock: Clock, passwords: tuple[str, str], folder: Path, tick: float = TICK
    ) -> None:
        self._pretend = pretend
        self._clock = clock
        self._isapi = IsapiDevice(USER, passwords[0])
        self._onvif = OnvifDevice(USER, passwords[1], PATIENCE)
        self._folder = folder
        self._tick = tick
        self._open: dict[str, list[Noticed]] = {ISAPI_CAMERA: [], ONVIF_CAMERA: []}
        self._wrong: dict[str, frozenset[str]] = {ISAPI_CAMERA: frozenset(), ONVIF_CAMERA: frozenset()}

    async def run(self) -> None:
        """Play for ever."""
        with ExitStack() as stack:
            urls = [stack.enter_context(at_work(one)) for one in (self._isapi, self._onvif)]
            await asyncio.to_thread(self._write_lists, *urls)
            before, ticks = self._clock.now(), 0
            while True:
                await asyncio.sleep(self._tick)
                now, ticks = self._clock.now(), ticks + 1
                self._look(ISAPI_CAMERA, before, now, self._alert)
                self._look(ONVIF_CAMERA, before, now, self._notify)
                if ticks % SAID_AGAIN == 0:
                    self._say_again()
                before = now

    def _look(self, camera: str, before: datetime, now: datetime, say: Callable[[str, bool], None]) -> None:
        """Say what began and what is over."""
        wrong = states(self._pretend, camera, now)
        changed, self._wrong[camera] = wrong ^ self._wrong[camera], frozenset(wrong)
        for kind in sorted(changed):
            say(kind, kind in wrong)
        begun = [] if "no_picture" in wrong else noticed(self._pretend, camera, max(before, now - STRETCH), now)
        for one in begun:
            say(one.kind, True)
        going_on = [*self._open[camera], *begun]
        self._open[camera] = [one for one in going_on if one.ends > now]
        for one in going_on:
            if one.ends <= now:
                say(one.kind, False)

    def _alert(self, kind: str, is_so: bool) -> None:
        self._isapi.say(as_part(alert(ALERTS[kind], "active" if is_so else "inactive")))

    def _say_again(self) -> None:
        lasting = sorted(self._wrong[ISAPI_CAMERA] | {one.kind for one in self._open[ISAPI_CAMERA]})
        for kind in lasting:
            self._alert(kind, is_so=True)
        if "no_picture" not in lasting:
            self._alert("no_picture", is_so=False)

    def _notify(self, kind: str, is_so: bool) -> None:
        topic, name = TOPICS[kind]
        if is_so or kind != "crossing":  # which has no end
            value = "17" if kind == "crossing" else str(is_so).lower()
            self._onvif.say(notification(topic, data=simple_item(name, value)))
        wrong = ((TOPICS[one], one in self._wrong[ONVIF_CAMERA]) for one in ("covered", "no_picture"))
        self._onvif.initial = [
            notification(topic, "Initialized", simple_item(name, str(is_wrong).lower()))
            for (topic, name), is_wrong in wrong
        ]

    def _write_lists(self, *urls: str) -> None:
        """Write the lists as an administrator would have."""
        devices = zip(("isapi", "onvif"), (ISAPI_CAMERA, ONVIF_CAMERA), urls, (self._isapi, self._onvif), strict=True)
        for connector, camera, url, device in devices:
            replace_file(password_file(self._folder, camera), device.password)
            replace_file(device_list(self._folder, connector), tomli_w.dumps({camera: {"url": url, "user": USER}}))
