"""The desk's rules: which alert, when and with what result; who it was only as a pseudonym."""

from connectors.declared.ready import standing_connectors
from ingest.contract.events import camera
from tests.connectors.support.taking import NOW, events, reason, take

SAID = {
    "id": "r1-xac-nhan", "thoiGian": NOW.timestamp() - 5, "maSuKien": "r1", "camera": "ubnd_02", "ketQua": "bao_dong_gia",
    "maNguoiTruc": "BV-0007", "nguoiTruc": "Somebody",
}  # fmt: skip
CONNECTOR = standing_connectors()[0]
TOPIC = "camera_desk/acknowledged"


def test_an_acknowledgement_is_about_the_recorders_alert() -> None:
    (told,) = events(CONNECTOR, SAID, TOPIC)
    assert isinstance(told, camera.AlertAcknowledged)
    assert (told.subject, told.outcome) == ("r1", "false_alarm")
    assert told.area_code is None
    assert "BV-0007" not in told.actor_ref
    (named,) = events(CONNECTOR, {**SAID, "camera": "tdp036-ubnd-02"}, TOPIC)
    assert named.area_code == "TDP-036"


def test_the_same_acknowledgement_counts_once() -> None:
    assert take(CONNECTOR, SAID, TOPIC).envelopes == take(CONNECTOR, SAID, TOPIC, retained=True).envelopes


def test_what_names_no_alert_is_refused() -> None:
    assert reason(CONNECTOR, {**SAID, "maSuKien": ""}, TOPIC) == "missing_part"
