from datetime import timedelta

from dashboard import headline
from dashboard.page import Leaf
from dashboard.standing import Standing
from ingest.clock import moment
from tests.dashboard.ward import NOW_MS, scene
from warehouse.standing import Audit

NOW = moment(NOW_MS)
GB = 10**9


def audit(differences=0, ago=timedelta(hours=8)):
    return Audit(NOW - ago - timedelta(minutes=3), NOW - ago, "all", 41208, differences, 0, {})


def test_a_clean_audit_is_told_in_the_foot_only():
    foot = headline.foot_leaves(scene("vi", standing=Standing(audit=audit())))
    assert foot[Leaf("audit", "children")] == "đối soát 02:15: 0 sai lệch / 41.208"
    assert headline.foot_leaves(scene("vi"))[Leaf("audit", "children")] == "chưa đối soát"
