"""Load for the bench: a city's events, plausible in their mix, spread over many wards, and close to each other in time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from ingest.contract.envelope import encode, envelope
from ingest.contract.event import Event
from ingest.contract.events.camera import DetectionEnded, DetectionStarted
from ingest.contract.events.dossier import DossierCompleted, DossierReceived
from ingest.contract.events.queue import TicketCalled, TicketIssued, TicketServed, TicketServingStarted
from ingest.contract.events.speaker import DeviceHeartbeat
from ingest.contract.topic import topic_of

WARDS = 114
"""The city's wards."""

SERVICES = ("dat_dai", "ho_tich", "chung_thuc", "bao_tro_xa_hoi", "ho_kinh_doanh", "khac")

Record = tuple[str, bytes, bytes]
"""Topic, key, value."""


def records(
    count: int, spread: timedelta = timedelta(minutes=10), end: datetime | None = None, wards: int = WARDS
) -> Iterator[Record]:
    """So many events, in the order of their times.

    Args:
        count: how many.
        spread: over how long they happened.
        end: when the last one did, by the install's clock; `None`: now.
        wards: of how many wards they are.
    """
    random = Random(1)  # noqa: S311 - a repeatable load, no secret
    start = (end or datetime.now(UTC)) - spread
    made = 0
    number = 0
    while made < count:
        at = start + spread * (made / count)
        ward = f"ward-{number % wards:03}"
        for event in _round(random, number, at.replace(microsecond=at.microsecond // 1000 * 1000)):
            wrapped = envelope(event, ward=ward, source=f"/{ward}/load/bench", recorded_at=at)
            yield topic_of(event.stream), ward.encode(), encode(wrapped)
            made += 1
            if made == count:
                return
        number += 1


def _round(random: Random, number: int, at: datetime) -> list[Event]:
    """What one visit to one ward's hall brings along: a ticket's life, a dossier now and then, devices and cameras."""
    ticket: dict[str, Any] = {
        "ticket_id": f"site|{at:%Y-%m-%d}|{number}",
        "site_id": "site",
        "local_date": f"{at:%Y-%m-%d}",
        "ticket_no": str(number),
        "service_code": random.choice(SERVICES),
        "queue_id": "hall",
    }
    counter = str(random.randrange(1, 14))
    events: list[Event] = [
        TicketIssued(**ticket, issued_at=at, kiosk_id="kiosk-1"),
        TicketCalled(**ticket, called_at=at + timedelta(seconds=4), counter_id=counter),
        TicketServingStarted(**ticket, started_at=at + timedelta(seconds=5), counter_id=counter),
        TicketServed(**ticket, served_at=at + timedelta(seconds=9), counter_id=counter),
    ]
    for device in range(2):
        name = f"loa-{(number // WARDS * 2 + device) % 70:02}"
        events.append(DeviceHeartbeat(device_id=name, area_code=f"TDP-0{name[-2:]}", at=at, status="idle", volume=70))
    seen: dict[str, Any] = {
        "camera_id": f"cam-{random.randrange(42):02}",
        "origin": "frigate",
        "event_ref": f"{number}",
        "detection": "line_cross",
        "object_class": random.choice(("person", "car", "motorcycle")),
        "started_at": at,
    }
    events += [DetectionStarted(**seen), DetectionEnded(**seen, ended_at=at + timedelta(seconds=3))]
    if number % 3 == 0:
        dossier: dict[str, Any] = {
            "dossier_ref": f"{number:032x}",
            "unit_id": "H24.1",
            "procedure_code": "1.005129",
            "field_code": random.choice(SERVICES),
            "channel": random.choice((1, 2)),
        }
        due = at + timedelta(days=5)
        received: dict[str, Any] = {"received_at": at, "due_at": due, "limit_value": 5, "limit_unit": "ngay_lam_viec"}
        events += [
            DossierReceived(**dossier, **received, state_to=2),
            DossierCompleted(**dossier, completed_at=at + timedelta(seconds=8), state_to=9),
        ]
    return events
