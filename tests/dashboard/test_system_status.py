from datetime import timedelta

from dashboard.components import header
from dashboard.state.page import PropertyUpdate
from dashboard.system_status import SystemStatus
from ingest.contract.clock import moment
from tests.dashboard.support.ward import NOW_MS, board_state
from warehouse.audit.history import Audit

NOW = moment(NOW_MS)
GB = 10**9


def audit(differences=0, ago=timedelta(hours=8)):
    return Audit(NOW - ago - timedelta(minutes=3), NOW - ago, "all", 41208, differences, 0, {})


def test_a_clean_audit_is_told_in_the_foot_only():
    foot = header.foot_updates(board_state("vi", system_status=SystemStatus(audit=audit())))
    assert foot[PropertyUpdate("audit", "children")] == "đối soát 02:15: 0 sai lệch / 41.208"
    assert header.foot_updates(board_state("vi"))[PropertyUpdate("audit", "children")] == "chưa đối soát"
