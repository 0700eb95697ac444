"""Dossiers: the life of each dossier from its submission to its result, as changes of state.

A dossier belongs to the local day on which it appears; its whole life follows from that day, though much of it happens
later. Most are finished well before they are due. The civil-status software can delay one: when it is away at the moment
of finishing, work goes on afterwards, and if that is too late, a new appointment goes out with an apology (Mẫu 04).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import NamedTuple

from connectors.simulator.systems.hall import simulate_hall
from connectors.simulator.systems.outages import outages
from connectors.simulator.systems.procedures import PROCEDURES, Procedure
from connectors.simulator.ward import DOSSIERS, UNIT, VISITS, Pretend, visits_on
from ingest.contract.calendar import LimitUnit, local_day, ward_moment

LONGEST = 45
"""Days after which no dossier is still open."""

BACKLOG = timedelta(minutes=150)
"""How long after an outage of the civil-status software its dossiers still come late."""

UNITS: dict[str, LimitUnit] = {"giờ": "gio", "ngày": "ngay", "ngày làm việc": "ngay_lam_viec"}


class SimulatedChange(NamedTuple):
    """One change: when, of what kind, from which state to which, and what else the portal then says."""

    at: datetime
    old: int | None
    new: int
    kind: str = "trang_thai"
    more: dict[str, object] = {}  # noqa: RUF012 (never changed)


class SimulatedDossier(NamedTuple):
    """One dossier with all its changes, oldest first."""

    code: str
    procedure: Procedure
    channel: int
    applicant: int
    ticket: str
    """Number of the ticket with which it was handed in; empty when it came online or by post."""
    received_at: datetime | None
    due_at: datetime | None
    changes: tuple[SimulatedChange, ...]


@lru_cache(maxsize=400)
def dossiers(pretend: Pretend, day: date) -> tuple[SimulatedDossier, ...]:
    """The dossiers that appear on one local day, in the order of their codes."""
    chance = pretend.chance("dossiers", day)
    tickets = _tickets(pretend, day, chance)
    if pretend.calendar.is_working_day(day):
        wanted = round(DOSSIERS * visits_on(pretend, day) / VISITS * chance.gauss(1, 0.05))
    else:
        wanted = chance.randrange(4, 13)
    submitted: list[tuple[datetime, Procedure, int, str]] = []
    for _ in range(wanted):
        procedure = chance.choices(PROCEDURES, [procedure.share for procedure in PROCEDURES])[0]
        online = chance.random() < procedure.online
        if not online and chance.random() > 0.04 and (ticket := tickets.pop(procedure.field, []) or []):
            at, number = ticket.pop()
            tickets[procedure.field] = ticket
            submitted.append((at, procedure, 1, number))
        elif online or pretend.calendar.is_working_day(day) is False:
            submitted.append((_online_moment(day, chance), procedure, 2, ""))
        else:
            submitted.append((_office_moment(pretend, day, chance), procedure, 3, ""))
    submitted.sort(key=lambda one: one[0])
    return tuple(_life(pretend, f"{UNIT}-{day:%y%m%d}-{n:04}", *one) for n, one in enumerate(submitted, start=1))


def changes_of_day(pretend: Pretend, day: date) -> list[tuple[SimulatedDossier, int]]:
    """The changes that happen on one local day, in the order in which the portal tells them: dossier and index."""
    found = [
        (dossier, index)
        for back in range(LONGEST + 1)
        for dossier in dossiers(pretend, day - timedelta(days=back))
        for index, change in enumerate(dossier.changes)
        if local_day(change.at) == day
    ]
    return sorted(found, key=lambda one: (one[0].changes[one[1]].at, one[0].code, one[1]))


def _tickets(pretend: Pretend, day: date, chance: Random) -> dict[str, list[tuple[datetime, str]]]:
    """For each field the tickets that were served, as (a moment before the end of service, number), shuffled."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    for step in simulate_hall(pretend, day):
        if step.event == "ticket.served" and step.visit is not None:
            handed_in = step.at - timedelta(seconds=20)
            if pretend.calendar.is_open(handed_in):
                found.setdefault(step.visit.service.code, []).append((handed_in, step.visit.number))
    for tickets in found.values():
        chance.shuffle(tickets)
    return found


def _online_moment(day: date, chance: Random) -> datetime:
    """People submit online all day, most in the morning and the evening."""
    hour = chance.choices(range(6, 23), (1, 3, 7, 10, 10, 6, 3, 4, 7, 8, 6, 4, 3, 5, 6, 4, 2))[0]
    return ward_moment(day, datetime.min.time()) + timedelta(hours=hour, seconds=chance.randrange(3600))


def _office_moment(pretend: Pretend, day: date, chance: Random) -> datetime:
    opens, closes = chance.choice(pretend.calendar.periods(day))
    return opens + chance.uniform(0.05, 0.9) * (closes - opens)


def _life(
    pretend: Pretend, code: str, at: datetime, procedure: Procedure, channel: int, ticket: str
) -> SimulatedDossier:
    chance = pretend.chance("dossier", code)
    office = pretend.calendar
    applicant = 2 if procedure.field == "ho_kinh_doanh" else chance.choices((0, 1), (94, 6))[0]
    told: list[SimulatedChange] = []
    received: datetime | None = at
    old: int | None = None
    if channel == 2:
        told.append(SimulatedChange(at, None, 1))
        old = 1
        looked_at = office.add_working_time(at, timedelta(minutes=chance.triangular(4, 150, 25)))
        if chance.random() < 0.025:
            reason = chance.choice(("thieu_thanh_phan", "sai_tham_quyen"))
            refused = SimulatedChange(looked_at, 1, 3, more={"NgayTuChoi": looked_at, "MaLyDo": reason})
            told.append(refused)
            received = None
        else:
            received = looked_at
    due = office.due(received, procedure.limit, UNITS[procedure.unit]) if received else None
    if received and due:
        told.append(SimulatedChange(received, old, 2, more={"NgayHenTra": due}))
        told += _work(pretend, chance, procedure, received, due, online=channel == 2)
    # The portal writes whole seconds, and its cursor counts on it.
    whole = tuple(change._replace(at=change.at.replace(microsecond=0)) for change in told)
    return SimulatedDossier(code, procedure, channel, applicant, ticket, received, due, whole)


def _work(
    pretend: Pretend, chance: Random, procedure: Procedure, received: datetime, due: datetime, *, online: bool
) -> Iterator[SimulatedChange]:
    """What happens after receipt, until the citizen has the result."""
    office = pretend.calendar
    limit = office.working_time(received, due)
    minutes = limit / timedelta(minutes=1)
    started = office.add_working_time(received, timedelta(minutes=min(90, minutes * chance.uniform(0.02, 0.08))))
    yield SimulatedChange(
        started, 2, 4, more={"MaBuoc": "tham_dinh", "PhongBanXuLyId": _department(procedure), "HanBuoc": due}
    )
    now = started
    if procedure.fee and chance.random() < 0.97:
        asked = office.add_working_time(now, timedelta(minutes=1))
        yield SimulatedChange(asked, 4, 6)
        way = chance.choices((1, 2), (7, 3))[0] if online else chance.choices((0, 1), (6, 4))[0]
        # Who pays online may do so at any hour; the office takes money only while it is open.
        paid = asked + timedelta(minutes=chance.triangular(1, 90, 5))
        now = paid if way else office.add_working_time(asked, timedelta(minutes=chance.uniform(2, 6)))
        yield SimulatedChange(now, 6, 4, more={"DuocThanhToanTrucTuyen": way, "TrangThaiThanhToan": 1})
    asks = chance.choices((0, 1, 2), (955, 43, 2))[0]
    for request in range(1, asks + 1):
        asked = office.add_working_time(now, limit * chance.uniform(0.05, 0.2))
        until = office.add_working_time(asked, timedelta(hours=80))
        yield SimulatedChange(
            asked, 4, 5, more={"LanYeuCauBoSung": request, "ThoiHanBoSung": until, "NgayYeuCauBoSung": asked}
        )
        now = ward_moment(local_day(asked) + timedelta(days=chance.randrange(1, 5)), datetime.min.time()) + timedelta(
            hours=chance.uniform(8, 20)
        )
        # The limit runs from when the dossier is complete (NĐ 118/2025 Đ17.3 as amended by NĐ 309/2026).
        due = office.due(now, procedure.limit, UNITS[procedure.unit])
        yield SimulatedChange(now, 5, 4, more={"NgayCongDanBoSung": now, "NgayHenTra": due})
    if chance.random() < 0.006:
        yield SimulatedChange(now + timedelta(hours=chance.uniform(0.2, 3)), 4, 7)
        return
    yield from _finish(pretend, chance, procedure, now, due, online=online)


LATE = 0.008
"""Of the dossiers with longer limits, how many become late without an outage."""


def _finish(
    pretend: Pretend, chance: Random, procedure: Procedure, now: datetime, due: datetime, *, online: bool
) -> Iterator[SimulatedChange]:
    office = pretend.calendar
    left = office.working_time(now, due)
    done = office.add_working_time(now, left * min(0.985, chance.betavariate(3, 3.4)))
    if procedure.field == "ho_tich":
        for outage in outages(pretend, local_day(done)):
            if now < outage.begins < done < outage.ends + BACKLOG:
                done = office.add_working_time(max(done, outage.ends), timedelta(minutes=chance.triangular(5, 220, 30)))
                if done > due:
                    new_due = office.add_working_time(due, timedelta(hours=4))
                    told = min(due, outage.begins + timedelta(minutes=5))
                    apology = {"NgayHenTraCu": due, "NgayHenTra": new_due, "CoPhieuXinLoi": True}
                    reason = {"MaLyDo": "su_co_phan_mem", "MaSuCo": outage.code}
                    yield SimulatedChange(told, 4, 4, "hen_lai", {**apology, **reason})
                break
    if chance.random() < LATE and left > timedelta(hours=8):
        # Nobody's software is at fault: too much work, or another body's opinion that did not come. Not every citizen is told.
        done = office.add_working_time(due, timedelta(hours=chance.triangular(2, 16, 4)))
        if chance.random() < 0.6:
            told = office.add_working_time(now, left * 0.8)
            apology = {"NgayHenTraCu": due, "NgayHenTra": office.due(due, 3, "ngay_lam_viec"), "CoPhieuXinLoi": True}
            yield SimulatedChange(
                told, 4, 4, "hen_lai", {**apology, "MaLyDo": chance.choice(("qua_tai", "cho_y_kien"))}
            )
    rejected = chance.random() < 0.012
    result: dict[str, object] = {"NgayKetThucXuLy": done, "KetQuaXuLy": "tu_choi" if rejected else "dong_y"}
    yield SimulatedChange(
        done, 4, 9, more={**result, "DinhKemKetQua": chance.random() < 0.93, "DaSoHoaKetQua": chance.random() < 0.9}
    )
    if online and not procedure.paper:
        method, returned = 2, done + timedelta(minutes=chance.uniform(1, 15))
    else:
        method = 3 if chance.random() < 0.12 else 1
        returned = office.add_working_time(done, timedelta(minutes=chance.triangular(5, 900, 60)))
    yield SimulatedChange(returned, 9, 10, more={"NgayTra": returned, "HinhThucTra": method})
    if chance.random() < 0.22:
        score = chance.choices((5, 4, 3, 2, 1), (820, 140, 25, 10, 5))[0]
        at = returned + timedelta(hours=chance.uniform(0.1, 20))
        yield SimulatedChange(at, 10, 10, "danh_gia", {"DiemDanhGia": score, "KhongHaiLong": score <= 2})


def _department(procedure: Procedure) -> str:
    return "PKTHTDT" if procedure.field in ("dat_dai", "khac", "ho_kinh_doanh") else "PVHXH"
