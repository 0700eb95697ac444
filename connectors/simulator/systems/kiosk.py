"""Kiosk: what the pretend ticket machine and its counters post, in the words of their maker, personal fields included."""

from datetime import date, datetime
from functools import lru_cache
from random import Random

from connectors.simulator.message import SimulatedMessage, encoded, zoned
from connectors.simulator.systems.dossiers import dossiers
from connectors.simulator.systems.hall import Step, Visit, simulate_hall
from connectors.simulator.systems.people import person
from connectors.simulator.ward import KIOSK, SITE, Pretend

SYSTEM = "queue_kiosk"


@lru_cache(maxsize=20)
def kiosk(pretend: Pretend, day: date) -> tuple[SimulatedMessage, ...]:
    """All posts of one local day, in order; nothing on a day off."""
    handed_in = {dossier.ticket: dossier.code for dossier in dossiers(pretend, day) if dossier.ticket}
    return kiosk_messages(pretend, day, simulate_hall(pretend, day), handed_in)


def kiosk_messages(
    pretend: Pretend, day: date, steps: tuple[Step, ...], handed_in: dict[str, str]
) -> tuple[SimulatedMessage, ...]:
    """What the kiosk says of a day's steps.

    Args:
        pretend: the ward.
        day: the local day.
        steps: what happened in the hall.
        handed_in: dossier codes by the number of the ticket with which they were handed in.
    """
    people = pretend.chance("visitors", day)
    opened: dict[str, datetime] = {}
    posts = []
    for n, step in enumerate(steps, start=1):
        id_ = f"{SITE}-{day:%Y%m%d}-{n:05}"
        content: dict[str, object] = {
            "id": id_,
            "event": step.event,
            "time": zoned(step.at),
            "site": SITE,
            "kiosk": KIOSK,
        }
        if step.visit is not None:
            content |= _ticket(step, step.visit, people, handed_in)
        if step.counter:
            content["counter"] = _counter(pretend, step, opened)
        posts.append(SimulatedMessage(step.at, SYSTEM, id_, encoded(content)))
    return tuple(posts)


def heartbeat(at: datetime) -> SimulatedMessage:
    """The heartbeat; each has an id of its own."""
    id_ = f"hb-{at:%Y%m%dT%H%M%S%f}"
    content = {"id": id_, "event": "kiosk.heartbeat", "time": zoned(at), "site": SITE, "kiosk": KIOSK}
    return SimulatedMessage(at, SYSTEM, id_, encoded(content))


def _ticket(step: Step, visit: Visit, people: Random, handed_in: dict[str, str]) -> dict[str, object]:
    queue = step.from_queue or visit.queue
    content: dict[str, object] = {
        "ticket": {
            "number": visit.number,
            "issuedAt": zoned(visit.issued_at),
            "service": visit.service.code,
            "queue": queue,
            "priority": visit.priority,
            "linhVuc": visit.service.code,
            "datLichTrucTuyen": visit.booked,
        }
    }
    if step.event == "ticket.created":
        visitor = person(people)
        content["congDan"] = {
            "hoTen": visitor.name,
            "soDienThoai": visitor.phone,
            "cccd": visitor.identity,
            "ngaySinh": visitor.born,
            "diaChi": visitor.address,
        }
        # Before any transfer a number stands in the queue of its service.
        content["ticket"] = {**content["ticket"], "queue": visit.service.queue}  # type: ignore[dict-item]
    if step.event in ("ticket.called", "ticket.recalled"):
        content["call"] = step.call
    if step.event == "ticket.transferred":
        content["transfer"] = {"fromQueue": step.from_queue, "toQueue": step.to_queue}
    if step.event == "ticket.cancelled":
        content["maLyDo"] = "khach_roi_di"
    if step.event == "ticket.served":
        if visit.rating:
            content["rating"] = {"score": visit.rating, "nhanXet": "Cán bộ hướng dẫn tận tình"}
        if code := handed_in.get(visit.number):
            content["hoSo"] = {"maHoSo": code}
    return content


def _counter(pretend: Pretend, step: Step, opened: dict[str, datetime]) -> dict[str, object]:
    """The counter of a step.

    Args:
        pretend: the ward.
        step: the step.
        opened: since when each counter serves; kept up to date here.
    """
    staff = person(pretend.chance("staff", step.counter))
    content: dict[str, object] = {
        "id": step.counter,
        "canBo": {"maCanBo": f"CB-{step.counter[1:]}", "hoTen": staff.name},
    }
    if step.event == "counter.opened":
        opened[step.counter] = step.at
    ends = step.event in ("counter.paused", "counter.closed")
    since = opened.pop(step.counter, None) if ends else opened.get(step.counter)
    return content | {"openedAt": zoned(since)} if since and step.event.startswith("counter.") else content
