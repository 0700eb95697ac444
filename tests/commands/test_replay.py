"""The ward's report of 2025, replayed through everything: its figures are counted, not repeated."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from commands.replay import as_json, as_text, replay
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


def test_the_report_s_figures_come_back(tmp_path: Path) -> None:
    report = replay(tmp_path, report_messages())
    found = as_json(report)
    items = found.pop("items")
    assert found == REPORT
    assert items["total"] > 600
    assert sum(items["by_platform"].values()) == items["total"]
    assert "4.288/4.293, đạt 99,88 %" in as_text(report)
    assert json.loads(json.dumps(found)) == found


def test_one_changed_event_changes_the_figure(tmp_path: Path) -> None:
    """A document that is not signed, a petition that is never answered, a team that is not formed."""
    messages = [one for one in report_messages() if one.connector in SMALL]
    found = as_json(replay(tmp_path, changed(messages)))
    assert found["documents"] == {"signed": 1767, "total": 1768, "text": "99,94 %"}
    assert found["petitions"]["answered"] == 6
    assert found["teams"] == {"covered": 69, "groups": 70}
    assert found["visits"] == 0


def changed(messages: Iterable[Arrived]) -> Iterable[Arrived]:
    spoiled: set[str] = set()
    for message in messages:
        content = json.loads(message.payload)
        kind = content["loai"]
        if kind == "phat_hanh" and kind not in spoiled:
            content["vanBan"]["daKySo"] = False
            message = message._replace(payload=json.dumps(content).encode())
        if kind in ("tra_loi", "thanh_lap_to_cong_nghe") and kind not in spoiled:
            spoiled.add(kind)
            continue
        spoiled.add(kind)
        yield message
