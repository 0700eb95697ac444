"""Equipment: the pretend service centre's devices and its line - when each is switched on, breaks down, and what its printers say."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from connectors.simulator.ward import COUNTERS, Pretend
from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.events.equipment import Watching

EARLY = timedelta(minutes=20)
"""How long before the office opens its PCs and displays are switched on, and after it closes off."""


class PretendDevice(NamedTuple):
    """One device: as it stands in the list, and whether it is switched off with the office."""

    id: str
    kind: str
    place: str
    by: Watching
    sleeps: bool = False


DEVICES = (
    *(PretendDevice(f"MT-{number:02}", "Máy tính", f"Quầy {number}", "tcp", True) for number in range(1, 14)),
    *(PretendDevice(f"MT-{number:02}", "Máy tính", "Phòng chuyên môn", "tcp", True) for number in range(14, 22)),
    *(PretendDevice(f"MI-{number:02}", "Máy in", f"Quầy {number}", "snmp") for number in range(1, 5)),
    *(PretendDevice(f"MI-{number:02}", "Máy in", f"Quầy {number}", "tcp") for number in range(5, 14)),
    *(PretendDevice(f"MI-{number:02}", "Máy in", "Phòng chuyên môn", "tcp") for number in range(14, 17)),
    *(PretendDevice(f"MQ-{number:02}", "Máy quét", f"Quầy {3 * number}", "tcp") for number in range(1, 5)),
    PretendDevice("PHOTO-01", "Máy photocopy", "Phòng chuyên môn", "snmp"),
    PretendDevice("KIOSK-01", "Kiosk lấy số", "Sảnh", "http"),
    PretendDevice("KIOSK-02", "Kiosk tra cứu", "Sảnh", "http"),
    *(PretendDevice(f"MH-{counter}", "Màn hình quầy", f"Quầy {counter[1:]}", "http", True) for counter in COUNTERS),
    *(PretendDevice(f"MH-S{number}", "Màn hình sảnh", "Sảnh", "http", True) for number in (1, 2)),
    PretendDevice("LOA-S1", "Loa sảnh", "Sảnh", "unwatched"),
    PretendDevice("FTTH-01", "Đường truyền", "Phòng máy", "tcp"),
)


class _Trouble(NamedTuple):
    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@lru_cache(maxsize=2_000)
def _trouble(pretend: Pretend, what: str, device: str, day: date, share: float, longest: int) -> _Trouble | None:
    """A stretch of a day in which something is wrong with a device; seldom any."""
    chance = pretend.chance(what, device, day)
    if chance.random() >= share:
        return None
    begins = ward_moment(day, datetime.min.time()) + timedelta(hours=chance.uniform(7.5, 16.5))
    return _Trouble(begins, begins + timedelta(minutes=chance.triangular(4, longest, 12)))


def _is(pretend: Pretend, what: str, device: str, at: datetime, share: float, longest: int) -> bool:
    found = _trouble(pretend, what, device, local_day(at), share, longest)
    return found is not None and found.holds(at)


def answers(pretend: Pretend, device: PretendDevice, at: datetime) -> bool:
    """Whether a device answers at a moment."""
    office = pretend.calendar.periods(local_day(at))
    is_on = not device.sleeps or bool(office and office[0][0] - EARLY <= at < office[-1][1] + EARLY)
    return is_on and not _is(pretend, "broken", device.id, at, 0.01, 90)


def says(pretend: Pretend, device: PretendDevice, at: datetime) -> dict[str, int | bytes]:
    """What a printer answers by SNMP, by object identifier: its error bits, toner and paper."""
    day = local_day(at)
    toner = 99 - (day.toordinal() * 3 + pretend.chance("toner", device.id).randrange(100)) % 88
    if _is(pretend, "toner", device.id, at, 0.05, 90):
        toner = 6
    has_no_paper = _is(pretend, "paper", device.id, at, 0.3, 25)
    is_jammed = _is(pretend, "jam", device.id, at, 0.1, 20)
    bits = (0x40 if has_no_paper else 0) | (0x04 if is_jammed else 0)
    return {
        "1.3.6.1.2.1.1.3.0": int((at - ward_moment(day, datetime.min.time())).total_seconds() * 100) % 2**31,
        "1.3.6.1.2.1.25.3.5.1.1.1": 3,
        "1.3.6.1.2.1.25.3.5.1.2.1": bytes([bits]),
        "1.3.6.1.2.1.43.8.2.1.9.1.1": 250,
        "1.3.6.1.2.1.43.8.2.1.10.1.1": 0 if has_no_paper else 180,
        "1.3.6.1.2.1.43.11.1.1.4.1.1": 3,
        "1.3.6.1.2.1.43.11.1.1.5.1.1": 3,
        "1.3.6.1.2.1.43.11.1.1.8.1.1": 100,
        "1.3.6.1.2.1.43.11.1.1.9.1.1": toner,
    }
