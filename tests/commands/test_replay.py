"""The ward's report of 2025, replayed through everything: its figures are counted, not repeated."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from commands.replay import as_json, format_figures, replay
from connectors.simulator.report import Arrived, report_messages

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]

REPORT = {
    "visits": 11796,
    "dossiers": {"in_time": 4288, "total": 4293, "late": 0, "text": "99,88 %"},
    "petitions": {"answered": 7, "in_time": 7, "text": "100 %"},
    "documents": {"signed": 1768, "total": 1768, "text": "100 %"},
    "teams": {"covered": 70, "groups": 70},
}
SMALL = ("document_office", "petition_portal", "content_post", "ward_register")
LAST_DAYS = "250828"
"""Of what there is most of, the hall's tickets and dossiers, what began on 28 August or later."""
FINISHED = 9
"""A dossier's state when processing is over."""


@pytest.mark.faults
def test_the_report_s_figures_come_back(tmp_path: Path) -> None:
    report = replay(tmp_path, report_messages())
    found = as_json(report)
    items = found.pop("items")
    assert found == REPORT
    assert items["total"] > 600
    assert sum(items["by_platform"].values()) == items["total"]
    assert "4.288/4.293, đạt 99,88 %" in format_figures(report)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.long
def test_the_report_s_last_days_come_back_and_a_changed_event_changes_the_figure(tmp_path: Path) -> None:
    """A document that is not signed, a petition that is never answered, a team that is not formed."""
    messages = [one for one in report_messages() if one.connector in SMALL or of_last_days(one)]
    read = [(one.connector, json.loads(one.payload)) for one in messages]
    visits = sum(of == "queue_kiosk" and one["event"] == "ticket.created" for of, one in read)
    states = {(one["MaHoSo"], one["TrangThaiHoSoId"]) for of, one in read if of == "dossier_portal"}
    finished, total = sum(state == FINISHED for _, state in states), len({code for code, _ in states})
    assert (visits > 200, finished) == (True, total - 5)

    report = replay(tmp_path, changed(messages))
    found = as_json(report)
    assert found["visits"] == visits
    assert {**found["dossiers"], "text": ""} == {"in_time": finished, "total": total, "late": 0, "text": ""}
    assert found["documents"] == {"signed": 1767, "total": 1768, "text": "99,94 %"}
    assert (found["petitions"]["answered"], found["petitions"]["in_time"]) == (6, 6)
    assert found["teams"] == {"covered": 69, "groups": 70}
    items = found["items"]
    assert items["total"] == sum(items["by_platform"].values()) > 600
    assert f"{finished}/{total}" in format_figures(report)
    assert json.loads(json.dumps(found)) == found


def of_last_days(message: Arrived) -> bool:
    content = json.loads(message.payload)
    if message.connector == "dossier_portal":
        return str(content["MaHoSo"]).split("-")[1] >= LAST_DAYS
    return message.connector == "queue_kiosk" and str(content["id"]).split("-")[2] >= f"20{LAST_DAYS}"


def changed(messages: Iterable[Arrived]) -> Iterable[Arrived]:
    spoiled: set[str] = set()
    for message in messages:
        content = json.loads(message.payload)
        kind = content.get("loai")
        if kind == "phat_hanh" and kind not in spoiled:
            content["vanBan"]["daKySo"] = False
            message = message._replace(payload=json.dumps(content).encode())
        if kind in ("tra_loi", "thanh_lap_to_cong_nghe") and kind not in spoiled:
            spoiled.add(kind)
            continue
        spoiled.add(kind)
        yield message
