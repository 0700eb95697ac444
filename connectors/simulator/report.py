"""Report: the ward's report for 1 July to 29 August 2025, as the messages that its systems would have sent.

The report's figures stand here and nowhere else on the writing side: whoever reads them back has to count. What the report
does not say (who came when, which procedures) is pretended. Sources: kiosk, dossier system, petitions, documents, published
items, register of residential groups.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from connectors.simulator.message import SimulatedMessage, encoded
from connectors.simulator.plan import DOSSIER_PATH, DOSSIERS
from connectors.simulator.systems import kiosk, office
from connectors.simulator.systems.dossier_system import item
from connectors.simulator.systems.dossiers import UNITS, SimulatedChange, SimulatedDossier
from connectors.simulator.systems.hall import simulate_hall
from connectors.simulator.systems.procedures import PROCEDURES, Procedure
from connectors.simulator.ward import UNIT, WEEKDAYS, Pretend
from ingest.contract.calendar import local_day, ward_moment

FIRST_DAY = date(2025, 7, 1)
LAST_DAY = date(2025, 8, 29)

VISITS = 11_796
DOSSIERS_RECEIVED = 4_293
DOSSIERS_COMPLETED = 4_288
DOCUMENTS = 1_768
POSTS = 614
"""The report says "over 600"."""
PETITIONS = ("dat_dai", "ho_kinh_doanh", "ho_tich", "dat_dai", "ho_tich", "dat_dai", "ho_kinh_doanh")
"""The fields of the seven petitions, in their order."""

LAST_COMPLETION = ward_moment(LAST_DAY, time(16, 45))
LAST_RECEIPT = ward_moment(LAST_DAY, time(15, 30))

TRANSPORT = timedelta(seconds=2)
"""How long after it happened a message arrives."""


class Arrived(NamedTuple):
    """A message and when it would have arrived."""

    received_at: datetime
    connector: str
    address: str
    payload: bytes


def report_messages(seed: int = 1) -> Iterator[Arrived]:
    """Everything, in the order of arrival.

    Args:
        seed: for what the report does not say; the figures are the same for every seed.
    """
    pretend = Pretend(seed, "hong-bang")
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    visits = _shared(pretend, "visits", VISITS, days)
    documents = _shared(pretend, "documents", DOCUMENTS, days)
    posts = _shared(pretend, "posts", POSTS, days, on_days_off=0.3)
    dossiers = _dossiers(pretend, days, visits)
    once = [*office.register(), *_petitions(pretend)]
    changes = [
        SimulatedMessage(change.at, DOSSIERS, "", encoded(item(pretend, dossier, index)), DOSSIER_PATH)
        for dossier in dossiers
        for index, change in enumerate(dossier.changes)
    ]
    spread = _by_day([*once, *changes])
    handed_in = {(local_day(one.changes[0].at), one.ticket): one.code for one in dossiers if one.ticket}
    for day in days:
        tickets = {number: code for (on, number), code in handed_in.items() if on == day}
        said = [
            *kiosk.kiosk_messages(pretend, day, simulate_hall(pretend, day, visits[day]), tickets),
            *office.documents(pretend, day, documents[day]),
            *office.published_posts(pretend, day, posts[day]),
            *spread.get(day, ()),
        ]
        for message in sorted(said, key=lambda message: message.at):
            yield Arrived(message.at + TRANSPORT, message.system, message.address, message.body)


def _shared(
    pretend: Pretend, name: str, total: int, days: Sequence[date], *, on_days_off: float = 0.0
) -> dict[date, int]:
    """A total shared over days by their weight, to the last one: largest remainders."""
    chance = pretend.chance("report", name)
    weights = {
        day: (WEEKDAYS[day.weekday()] if pretend.calendar.is_working_day(day) else on_days_off) * chance.gauss(1, 0.06)
        for day in days
    }
    exact = {day: total * weight / sum(weights.values()) for day, weight in weights.items()}
    shares = {day: int(share) for day, share in exact.items()}
    by_remainder = sorted(days, key=lambda day: shares[day] - exact[day])
    for day in by_remainder[: total - sum(shares.values())]:
        shares[day] += 1
    return shares


def _by_day(messages: Sequence[SimulatedMessage]) -> dict[date, list[SimulatedMessage]]:
    found: dict[date, list[SimulatedMessage]] = {}
    for message in messages:
        found.setdefault(local_day(message.at), []).append(message)
    return found


def _petitions(pretend: Pretend) -> Iterator[SimulatedMessage]:
    """Seven petitions, each answered well within 15 working days."""
    chance = pretend.chance("report", "petitions")
    working = [day for n in range(38) if pretend.calendar.is_working_day(day := FIRST_DAY + timedelta(days=n))]
    for n, field in enumerate(PETITIONS):
        day = working[2 + n * (len(working) - 3) // len(PETITIONS)]
        sent = ward_moment(day, time(8)) + timedelta(minutes=chance.uniform(0, 500))
        yield from office.petition(pretend, f"PA-{day:%y%m%d}-01", sent, field, chance, answer=chance.uniform(2.5, 11))


def _dossiers(pretend: Pretend, days: Sequence[date], visits: dict[date, int]) -> list[SimulatedDossier]:
    """All dossiers of the period; the last to come stay open, and in time."""
    chance = pretend.chance("report", "dossiers")
    counts = _shared(pretend, "dossiers", DOSSIERS_RECEIVED, days)
    still_open = DOSSIERS_RECEIVED - DOSSIERS_COMPLETED
    found: list[SimulatedDossier] = []
    for day in days:
        submitted = _submitted(pretend, chance, day, counts[day], visits[day])
        for n, (at, procedure, ticket) in enumerate(submitted, start=1):
            stays = day == LAST_DAY and n > len(submitted) - still_open
            code = f"{UNIT}-{day:%y%m%d}-{n:04}"
            found.append(_life(pretend, code, at, LONG if stays else procedure, ticket, stays=stays))
    return found


LONG = max((one for one in PROCEDURES if one.unit == "ngày làm việc"), key=lambda one: one.limit)
"""The procedure of those that are still open."""


def _submitted(
    pretend: Pretend, chance: Random, day: date, count: int, visits: int
) -> list[tuple[datetime, Procedure, str]]:
    """When, what, and with which ticket (none: online), in order."""
    tickets: dict[str, list[tuple[datetime, str]]] = {}
    for step in simulate_hall(pretend, day, visits):
        at = step.at - timedelta(seconds=20)
        if step.event == "ticket.served" and step.visit and pretend.calendar.is_open(at) and at <= LAST_RECEIPT:
            tickets.setdefault(step.visit.service.code, []).append((at, step.visit.number))
    submitted: list[tuple[datetime, Procedure, str]] = []
    for _ in range(count):
        procedure = chance.choices(PROCEDURES, [procedure.share for procedure in PROCEDURES])[0]
        waiting = tickets.get(procedure.field, [])
        if waiting and chance.random() > procedure.online:
            at, ticket = waiting.pop(chance.randrange(len(waiting)))
            submitted.append((at, procedure, ticket))
        else:
            opens, closes = chance.choice(pretend.calendar.periods(day))
            submitted.append((opens + chance.uniform(0.01, 0.55) * (closes - opens), procedure, ""))
    return sorted(submitted, key=lambda one: one[0])


def _life(
    pretend: Pretend, code: str, at: datetime, procedure: Procedure, ticket: str, *, stays: bool
) -> SimulatedDossier:
    """From submission to result; a dossier that `stays` is still being worked on when the period ends."""
    chance = pretend.chance("report", code)
    office_hours = pretend.calendar
    channel = 1 if ticket else 2
    changes: list[SimulatedChange] = []
    received = at
    if channel == 2:
        changes.append(SimulatedChange(at, None, 1))
        received = office_hours.add_working_time(at, timedelta(minutes=chance.uniform(4, 40)))
    due = office_hours.due(received, procedure.limit, UNITS[procedure.unit])
    changes.append(SimulatedChange(received, 1 if channel == 2 else None, 2, more={"NgayHenTra": due}))
    left = office_hours.working_time(received, min(due, LAST_COMPLETION))
    shares = sorted(chance.uniform(0.02, 0.4) for _ in range(3))
    moments = [office_hours.add_working_time(received, left * share) for share in shares]
    step = {"MaBuoc": "tham_dinh", "PhongBanXuLyId": "PVHXH", "HanBuoc": due}
    changes.append(SimulatedChange(moments[0], 2, 4, more=step))
    if not stays:
        if chance.random() < 0.03:
            asked = {"LanYeuCauBoSung": 1, "ThoiHanBoSung": due, "NgayYeuCauBoSung": moments[1]}
            changes.append(SimulatedChange(moments[1], 4, 5, more=asked))
            changes.append(SimulatedChange(moments[2], 5, 4, more={"NgayCongDanBoSung": moments[2], "NgayHenTra": due}))
        elif procedure.fee:
            changes.append(SimulatedChange(moments[1], 4, 6))
            way = chance.choice((1, 2)) if channel == 2 else 0
            changes.append(
                SimulatedChange(moments[2], 6, 4, more={"DuocThanhToanTrucTuyen": way, "TrangThaiThanhToan": 1})
            )
        done = office_hours.add_working_time(received, left * chance.uniform(0.45, 0.97))
        result = {"NgayKetThucXuLy": done, "KetQuaXuLy": "dong_y", "DinhKemKetQua": True, "DaSoHoaKetQua": True}
        changes.append(SimulatedChange(done, 4, 9, more=result))
        returned = office_hours.add_working_time(done, timedelta(minutes=chance.triangular(2, 600, 30)))
        changes.append(SimulatedChange(returned, 9, 10, more={"NgayTra": returned, "HinhThucTra": channel}))
    told = tuple(change._replace(at=change.at.replace(microsecond=0)) for change in changes)
    return SimulatedDossier(code, procedure, channel, 0, ticket, received, due, told)
