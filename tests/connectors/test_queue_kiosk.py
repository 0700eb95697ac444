"""The kiosk's rules: a ticket's id, parts that must be there, codes kept outside."""

from typing import Any

import pytest

from connectors.queue_kiosk import CONNECTOR
from tests.connectors.support.taking import events, reason, take

TICKET = {"number": "A012", "issuedAt": "2026-11-18T23:30:00+00:00", "service": "ho_tich", "queue": "Q-HT"}
MESSAGE = {"id": "e1", "time": "2026-11-19T08:40:00+07:00", "site": "S1", "kiosk": "K1", "ticket": TICKET}


def message(event: str, **changed: Any) -> dict[str, Any]:
    return {**MESSAGE, "event": event, **changed}


def test_a_ticket_is_named_by_site_local_day_and_number() -> None:
    (issued,) = events(CONNECTOR, message("ticket.created"))
    assert (issued.ticket_id, issued.local_date) == ("S1|2026-11-19|A012", "2026-11-19")
    (called,) = events(CONNECTOR, message("ticket.called", counter={"id": "Q01"}))
    assert called.ticket_id == issued.ticket_id


def test_a_served_ticket_and_its_dossier() -> None:
    content = message(
        "ticket.served", counter={"id": "Q01"}, hoSo={"maHoSo": "H24.12-261119-0001"}, rating={"score": 5}
    )
    (served,) = events(CONNECTOR, content)
    assert served.rating == 5
    assert len(served.dossier_ref) == 32
    assert "261119-0001" not in take(CONNECTOR, content).envelopes[0].model_dump_json()


def test_a_heartbeat_brings_no_event() -> None:
    assert events(CONNECTOR, {"id": "h", "event": "kiosk.heartbeat", "time": MESSAGE["time"]}) == []


def test_staff_is_a_pseudonym() -> None:
    content = message("counter.opened", counter={"id": "Q01", "canBo": {"maCanBo": "CB-01", "hoTen": "Somebody"}})
    (opened,) = events(CONNECTOR, content)
    assert len(opened.staff_ref) == 32


def test_both_ends_of_a_counter_s_session_name_the_same_one() -> None:
    counter = {"id": "Q01", "openedAt": "2026-11-19T08:40:00+07:00"}
    _, started = events(CONNECTOR, message("counter.opened", counter=counter))
    _, ended = events(CONNECTOR, message("counter.paused", counter=counter, time="2026-11-19T09:10:00+07:00"))
    assert started.session_ref == ended.session_ref
    assert (ended.at - started.at).total_seconds() == 30 * 60


def test_without_its_beginning_there_is_no_session() -> None:
    (closed,) = events(CONNECTOR, message("counter.closed", counter={"id": "Q01"}))
    assert closed.kind == "counter.closed"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (message("ticket.melted"), "unknown_kind"),
        (message("ticket.called"), "missing_part"),
        (message("ticket.created", ticket=None), "missing_part"),
        (message("ticket.created", kiosk=None), "missing_part"),
        (message("ticket.transferred"), "missing_part"),
        (message("ticket.created", time="2026-11-19T08:40:00"), "invalid_field"),  # no zone
        (message("ticket.created", time="2026-11-19T10:06:00+07:00"), "time_in_future"),
        (message("ticket.created", time="1999-11-19T10:06:00+07:00"), "invalid_field"),
        (message("ticket.served", counter={"id": "Q01"}, rating={"score": 9}), "invalid_field"),
        (message("ticket.created", ticket={**TICKET, "service": "ho tich"}), "invalid_field"),
        (message("ticket.created", ticket={**TICKET, "service": "Nguyễn Văn A"}), "personal_data"),
    ],
)
def test_what_is_refused(content: dict[str, Any], why: str) -> None:
    assert reason(CONNECTOR, content) == why


def test_what_is_left_out_has_its_usual_value() -> None:
    (issued,) = events(CONNECTOR, message("ticket.created"))
    assert (issued.booked_online, issued.priority, issued.field_code) == (False, "normal", None)
    (called,) = events(CONNECTOR, message("ticket.called", counter={"id": "Q01"}))
    assert called.call_no == 1
