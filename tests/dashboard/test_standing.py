from datetime import timedelta
from pathlib import Path

import pytest

from dashboard import attention, headline
from dashboard.page import Leaf
from dashboard.standing import Standing
from ingest.clock import moment
from ingest.room import Disk
from tests.dashboard.ward import NOW_MS, scene
from warehouse.standing import Audit
from warehouse.stops import Stop

NOW = moment(NOW_MS)
GB = 10**9


def audit(differences=0, ago=timedelta(hours=8)):
    return Audit(NOW - ago - timedelta(minutes=3), NOW - ago, "all", 41208, differences, 0, {})


STOP = Stop("ioc.dossier.v1", 2, 1204, True, "51/1000", "worker", 0, NOW - timedelta(minutes=34))


def told(language="vi", **standing):
    known = attention.rows(scene(language))
    return [row for row in attention.rows(scene(language, standing=Standing(**standing))) if row not in known]


def test_a_clean_audit_is_told_in_the_foot_only():
    assert told(audit=audit()) == []
    foot = headline.foot_leaves(scene("vi", standing=Standing(audit=audit())))
    assert foot[Leaf("audit", "children")] == "đối soát 02:15: 0 sai lệch / 41.208"
    assert headline.foot_leaves(scene("vi"))[Leaf("audit", "children")] == "chưa đối soát"


def test_differences_must_be_looked_at_at_once():
    (row,) = told(audit=audit(differences=3))
    assert (row.status, row.what, row.page) == ("critical", "Đối soát: 3 sai lệch", "/system")


def test_a_missed_audit_is_told():
    assert told(audit=audit(ago=timedelta(hours=25))) == []
    (row,) = told(audit=audit(ago=timedelta(hours=27)))
    assert (row.status, row.what) == ("warning", "Chưa đối soát lại")


def test_a_stopped_stream_is_told_with_its_reason():
    (row,) = told(stops=(STOP,))
    assert (row.status, row.page) == ("critical", "/letters")
    assert row.what == "Luồng Hồ sơ đã dừng"
    assert row.detail == "51/1000 · từ 09:41"


@pytest.mark.parametrize(("free", "status"), [(0.5 * GB, "critical"), (2 * GB, "warning")])
def test_a_full_disk_is_told(free, status):
    (row,) = told("en", disk=Disk(Path("/var"), int(free), GB))
    assert row.status == status
    assert row.page == "/system"
    assert row.detail.endswith(" left")


def test_rows_lead_to_what_is_behind_them():
    leaves = attention.leaves(scene())
    pages = [leaves[Leaf(f"attention-{place}-what", "href")] for place in range(attention.ROWS)]
    assert pages[0] == "/system"
    assert "/proof/S02" in pages
