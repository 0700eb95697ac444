"""Ward: what the pretend ward consists of, and where its chance comes from."""

from datetime import date
from random import Random
from typing import NamedTuple

from ingest.contract.calendar import OFFICE, Calendar


class Pretend(NamedTuple):
    """One pretend ward: everything about it follows from these."""

    seed: int = 1
    ward: str = "hong-bang"
    calendar: Calendar = OFFICE

    def chance(self, *names: object) -> Random:
        """The generator of one thing's chance, for example `chance("hall", day)`: always the same for the same names."""
        return Random("/".join(map(str, (self.seed, self.ward, *names))))


class Service(NamedTuple):
    """What people come for: its queue, letter on the ticket, share of visits and mean minutes at the counter."""

    code: str
    queue: str
    letter: str
    share: float
    minutes: float


SERVICES = (
    Service("chung_thuc", "Q-CT", "A", 0.34, 10),
    Service("ho_tich", "Q-HT", "B", 0.23, 13),
    Service("dat_dai", "Q-DD", "C", 0.14, 18),
    Service("bao_tro_xa_hoi", "Q-BT", "D", 0.11, 13),
    Service("ho_kinh_doanh", "Q-KD", "E", 0.09, 14),
    Service("khac", "Q-KH", "F", 0.09, 9),
)

COUNTERS: dict[str, tuple[str, ...]] = {
    "Q01": ("Q-CT", "Q-KH"),
    "Q02": ("Q-CT", "Q-KH"),
    "Q03": ("Q-CT", "Q-HT"),
    "Q04": ("Q-HT", "Q-CT"),
    "Q05": ("Q-HT", "Q-CT"),
    "Q06": ("Q-HT", "Q-CT"),
    "Q07": ("Q-DD", "Q-KD"),
    "Q08": ("Q-DD", "Q-KD"),
    "Q09": ("Q-DD", "Q-BT"),
    "Q10": ("Q-KD", "Q-DD"),
    "Q11": ("Q-BT", "Q-KH"),
    "Q12": ("Q-BT", "Q-KD", "Q-KH"),
    "Q13": ("Q-KH", "Q-CT", "Q-HT"),
}
"""The 13 counters and the queues that each calls from, its own first."""

SITE = "TTHCC-HB"
KIOSK = "KIOSK-01"
UNIT = "H24.12"
"""Unit id in dossier codes; the real one must come from configuration."""

VISITS = 268
"""Mean number of tickets on a working day (11,796 in 44 days)."""
DOSSIERS = 93
"""Mean number of dossiers on a working day; with those of days off, 98 (4,293 in 44 working days)."""

WEEKDAYS = (1.15, 1.05, 0.98, 0.95, 0.87, 0.6, 0.5)
"""How much busier than the mean a weekday is, from Monday."""

AREAS = tuple(f"TDP-{number:03}" for number in range(1, 71))
"""The 70 residential groups."""


def visits_on(pretend: Pretend, day: date) -> int:
    """How many tickets are taken on a working day; none on a day off."""
    if not pretend.calendar.is_working_day(day):
        return 0
    return round(VISITS * WEEKDAYS[day.weekday()] * pretend.chance("visits", day).gauss(1, 0.05))
