"""The pretend dossier system: lives in legal steps, deadlines in working time, pages that lose and repeat nothing."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import httpx
import pytest

from connectors import dossier_portal
from connectors.simulator.protocols.rest import rest
from connectors.simulator.systems.dossier_system import page
from connectors.simulator.systems.dossiers import LONGEST, SimulatedChange, SimulatedDossier, dossiers
from connectors.simulator.systems.outages import outages
from connectors.simulator.ward import Pretend
from ingest.contract.calendar import OFFICE
from ingest.contract.connector import Poll

PRETEND = Pretend()
DAYS = [date(2026, 10, 5) + timedelta(days=n) for n in range(42)]
LEGAL = {
    (None, 1), (None, 2), (1, 2), (1, 3), (2, 4), (4, 4), (4, 5), (5, 4), (4, 6), (6, 4), (4, 7), (4, 9), (9, 10), (10, 10),
}  # fmt: skip
SINCE = date(2026, 11, 12)
NOW = datetime(2026, 11, 19, 3, tzinfo=UTC)


@cache
def all_dossiers() -> list[SimulatedDossier]:
    return [dossier for day in DAYS for dossier in dossiers(PRETEND, day)]


def asked(cursor: str | None, now: datetime, size: int = 100_000) -> dict[str, Any]:
    """The system's answer, as JSON: what its parts are is the connector's to check."""
    return page(PRETEND, SINCE, cursor, now, size)


def moment_of(change: SimulatedChange, name: str) -> datetime:
    """A moment among what else a change says."""
    said = change.more[name]
    assert isinstance(said, datetime)
    return said


def test_lives_take_legal_steps_in_order() -> None:
    for dossier in all_dossiers():
        states = [(change.old, change.new) for change in dossier.changes]
        assert set(states) <= LEGAL
        assert all(before[1] == after[0] for before, after in pairwise(states))
        times = [change.at for change in dossier.changes]
        assert times == sorted(times)
        assert times[-1] - times[0] < timedelta(days=LONGEST - 5)


def test_they_are_plausible() -> None:
    working = sum(OFFICE.is_working_day(day) for day in DAYS)
    assert 88 < len(all_dossiers()) / working < 108
    channels = Counter(dossier.channel for dossier in all_dossiers())
    assert 0.5 < channels[2] / len(all_dossiers()) < 0.62
    assert channels[3] > 0
    assert len({dossier.code for dossier in all_dossiers()}) == len(all_dossiers())
    kinds = Counter(change.kind for dossier in all_dossiers() for change in dossier.changes)
    assert 0 < kinds["hen_lai"] < 30
    asked = Counter(sum(change.new == 5 for change in dossier.changes) for dossier in all_dossiers())
    assert asked[1] > 50
    assert 0 < asked[2] < 20


def test_the_office_works_in_working_hours() -> None:
    for dossier in all_dossiers():
        for change in dossier.changes:
            if change.new in (2, 3, 9) and change.kind == "trang_thai":
                assert OFFICE.is_open(change.at) or OFFICE.is_open(change.at - timedelta(seconds=1))


def test_most_are_finished_early_and_some_are_late_with_a_reason() -> None:
    late = early = 0
    for dossier in all_dossiers():
        due = dossier.due_at
        for change in dossier.changes:
            if change.kind == "hen_lai" and change.more["MaLyDo"] == "su_co_phan_mem":
                assert change.more["MaSuCo"] in {
                    one.code for n in range(30) for one in outages(PRETEND, change.at.date() - timedelta(days=15 - n))
                }
            elif "NgayHenTra" in change.more:
                due = moment_of(change, "NgayHenTra")
            if change.new == 9 and due is not None:
                late += change.at > due
                early += change.at <= due
    assert 0 < late < 0.02 * early


def test_some_are_nearly_due_in_working_hours() -> None:
    for hour in (2, 4, 8):
        now = datetime(2026, 11, 12, hour, tzinfo=UTC)
        waiting = [
            dossier
            for dossier in all_dossiers()
            if dossier.received_at
            and dossier.received_at <= now < next((c.at for c in dossier.changes if c.new in (7, 9)), now)
        ]
        near = [one for one in waiting if one.due_at and OFFICE.working_time(now, one.due_at) <= timedelta(hours=8)]
        assert len(near) > 3
        assert len(waiting) > 60


@pytest.mark.heavy
@pytest.mark.parametrize("size", [7, 200])
def test_pages_lose_and_repeat_nothing(size: int) -> None:
    whole = asked(None, NOW)["DuLieu"]
    cursor: str | None = None
    paged: list[dict[str, Any]] = []
    for _ in range(200):
        answer = asked(cursor, NOW, size)
        paged += answer["DuLieu"]
        cursor = answer["ConTroTiepTheo"]
        if not answer["DuLieu"]:
            break
    else:
        whole = whole[: len(paged)]
    assert paged == whole
    assert len({one["IdThayDoi"] for one in whole}) == len(whole)


@pytest.mark.heavy
def test_time_brings_only_what_is_new() -> None:
    first = asked(None, NOW)
    later = asked(first["ConTroTiepTheo"], NOW + timedelta(hours=2))
    both = asked(None, NOW + timedelta(hours=2))
    assert [*first["DuLieu"], *later["DuLieu"]] == both["DuLieu"]
    assert later["DuLieu"]


def test_a_dossier_is_known_from_its_beginning() -> None:
    changes = asked(None, NOW)["DuLieu"]
    firsts = {one["MaHoSo"]: one["TrangThaiHoSoIdCu"] for one in reversed(changes)}
    assert set(firsts.values()) == {None}


class _Clock:
    def __init__(self, now: datetime) -> None:
        self.moment = now

    def now(self) -> datetime:
        return self.moment


async def test_over_http() -> None:
    outage = next(one for day in DAYS for one in outages(PRETEND, day))
    clock = _Clock(NOW)
    app = rest(PRETEND, clock, "token", lambda: SINCE)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pretend") as http:
        way = dossier_portal.CONNECTOR.way
        assert isinstance(way, Poll)
        path, parameters = way.path, way.parameters(None)
        assert (await http.get(path, params=parameters)).status_code == 401
        answer = await http.get(path, params=parameters, headers={"authorization": "Bearer token"})
        assert len(list(way.items(answer.json()))) == 200
        assert way.next_cursor(answer.json())
        assert (await http.get("/ho-tich/health")).status_code == 200
        clock.moment = outage.begins
        assert (await http.get("/ho-tich/health")).status_code == 503
        clock.moment = outage.ends
        assert (await http.get("/ho-tich/health")).status_code == 200
