"""Device breaker: one device whose messages are invalid is set aside, and the source's other devices go on.

Each source on MQTT has one, and each whose devices are followed one by one. A message is judged with the device that sent it, or that its
topic or a field of it names; what names none counts together, as if one device had sent it. A device of whose messages too many are invalid
is set aside: what is valid of it still counts, of the rest a few messages every few minutes become dead letters, and the others are counted
and let go, as nobody could keep them for ever behind a connection that all devices share. When most devices fail, it is the source or our
reading of it that is at fault, and the source is held back as a whole (`circuit_breaker`).
"""

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from ingest.contract.connector import Subscription
from ingest.contract.errors import InvalidEvent
from ingest.source.circuit_breaker import PAUSE, TRIED
from ingest.source.failure_rate import FEWEST, FailureRate
from ingest.untrusted.json_text import parse_json_loosely

log = logging.getLogger(__name__)

FEWEST_OF_DEVICE = 20
"""Bad messages that set a device aside at the soonest."""

MOST_DEVICES = 1_000
"""Devices that are judged one by one; what names further ones is judged with what names none."""

LONGEST_NAME = 64

UNNAMED = ""
"""Stands for the device of messages that name none."""

SET_ASIDE = "device_set_aside"
"""Reason of the dead letter that says so."""


class DeviceVerdict(Enum):
    """What becomes of a message."""

    GOES_ON = "goes on"
    SETS_ASIDE = "sets its device aside"
    LET_GO = "let go"


class _Device:
    """One device, as far as we have heard it."""

    def __init__(self, fewest: int) -> None:
        self.rate = FailureRate(fewest)
        self.has_been_valid = False
        self.until = 0.0
        self.tried: list[bool] = []

    @property
    def is_aside(self) -> bool:
        return self.rate.tripped is not None


class DeviceBreaker:
    """Which devices of one source are set aside.

    Args:
        source_id: the source, for the log.
        allowance: messages that may be invalid before they are counted, because somebody decided so.
        listed: the devices that there are, where they are known; elsewhere there are those of which something was valid.
    """

    def __init__(self, source_id: str, allowance: int = 0, listed: Iterable[str] = ()) -> None:
        self._source_id = source_id
        self._allowed = allowance
        self._listed = frozenset(listed)
        self._devices: OrderedDict[str, _Device] = OrderedDict()

    def __len__(self) -> int:
        """How many devices are remembered, with that of those that name none."""
        return len(self._devices)

    @property
    def aside(self) -> list[str]:
        """The devices that are set aside."""
        return sorted(name for name, one in self._devices.items() if one.is_aside)

    def judge(self, messages: Sequence[tuple[str, bool]]) -> list[DeviceVerdict] | None:
        """Judge messages that came together.

        Args:
            messages: of each, its device and whether it is invalid.

        Returns:
            What becomes of each; `None` when so many devices fail that the source is at fault. All are judged anew then.
        """
        for name, is_bad in messages:
            if not is_bad:
                self._of(name).has_been_valid = True
        verdicts = []
        for name, is_bad in messages:
            verdicts.append(self._judge(name, is_bad))
            if verdicts[-1] is DeviceVerdict.SETS_ASIDE and self._most_fail():
                self._devices.clear()
                return None
        return verdicts

    def _judge(self, name: str, is_bad: bool) -> DeviceVerdict:
        if is_bad and self._allowed:
            self._allowed -= 1
            return DeviceVerdict.GOES_ON
        device = self._of(name)
        if not device.is_aside:
            device.rate.judge(is_bad)
            return self._after(name, device)
        if time.monotonic() < device.until:
            return DeviceVerdict.LET_GO if is_bad else DeviceVerdict.GOES_ON
        device.tried.append(is_bad)
        if len(device.tried) >= TRIED:
            if 2 * sum(device.tried) < len(device.tried):
                device.rate.allow(0)
                log.warning("%s: messages of %s are valid again", self._source_id, name or "devices without a name")
            else:
                device.until = time.monotonic() + PAUSE.total_seconds()
            device.tried = []
        return DeviceVerdict.GOES_ON

    def _after(self, name: str, device: _Device) -> DeviceVerdict:
        if not device.is_aside:
            return DeviceVerdict.GOES_ON
        device.until = time.monotonic() + PAUSE.total_seconds()
        self._tell(name, device)
        return DeviceVerdict.SETS_ASIDE

    def _of(self, name: str) -> _Device:
        device = self._devices.get(name)
        if device is None:
            if len(self._devices) >= MOST_DEVICES and name:
                name = self._room_for(name)
                device = self._devices.get(name)
            if device is None:
                device = self._devices[name] = _Device(FEWEST_OF_DEVICE if name else FEWEST)
        self._devices.move_to_end(name)
        return device

    def _room_for(self, name: str) -> str:
        """Forget the device that has been silent longest, but none that has sent a valid message or is set aside: names are made up quickly."""
        idle = (one for one, known in self._devices.items() if one and not (known.has_been_valid or known.is_aside))
        oldest = next(idle, None)
        if oldest is None:
            return UNNAMED
        del self._devices[oldest]
        return name

    def _most_fail(self) -> bool:
        known = self._listed or {name for name, one in self._devices.items() if one.has_been_valid}
        if known:
            return 2 * len(known.intersection(self.aside)) > len(known)
        return self._devices.get(UNNAMED, _Device(FEWEST)).is_aside or len(self.aside) >= 3

    def _tell(self, name: str, device: _Device) -> None:
        log.error(
            "%s: circuit breaker of %s open, because %s of its messages are invalid; other devices go on. Look at the dead letters; a few of "
            "its messages are tried every %.0f s.",
            self._source_id,
            ascii(name) if name else "devices without a name",
            device.rate.tripped,
            PAUSE.total_seconds(),
        )


def device_namer(way: Subscription) -> Callable[[str, bytes], str]:
    """The function that finds the device of a message, from its topic and payload; `UNNAMED` where they name none."""
    patterns = [
        re.compile("([^/]+)".join(re.escape(part) for part in one.split("{device}"))) for one in way.device_topics
    ]

    def name(topic: str, payload: bytes) -> str:
        for pattern in patterns:
            if found := pattern.fullmatch(topic):
                return found[1] if len(found[1]) <= LONGEST_NAME else UNNAMED
        return _in_payload(payload, way.device_field) if way.device_field else UNNAMED

    return name


def _in_payload(payload: bytes, path: Sequence[str]) -> str:
    try:
        value: Any = parse_json_loosely(payload)
    except InvalidEvent:
        return UNNAMED
    for field in path:
        value = value.get(field) if isinstance(value, dict) else None
    return value if isinstance(value, str) and len(value) <= LONGEST_NAME else UNNAMED
