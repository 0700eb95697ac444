"""Rules of the smaller sources, most of which are declared: secret documents leave no trace, missing parts are refused, heartbeats bring nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors import civil_status
from connectors.civil_status import Probe
from connectors.declared.ready import standing_connectors
from ingest.contract.connector import Connector
from ingest.contract.events import document, health
from tests.connectors.support.taking import events, reason, take

TIME = "2026-11-19T09:00:00+07:00"
OFFICE = POSTS, DOCUMENTS, PETITIONS, REGISTER = standing_connectors()[1:]
START = datetime(2026, 11, 19, 2, tzinfo=UTC)


def paper(**changed: Any) -> dict[str, Any]:
    document_ = {"maVanBan": "VB-1", "loaiVanBan": "CV", "daKySo": True, **changed}
    return {"id": "d1", "loai": "phat_hanh", "thoiGian": TIME, "vanBan": document_}


def test_a_secret_document_leaves_no_trace() -> None:
    taken = take(DOCUMENTS, paper(doMat="mat", maVanBan="VB-MAT-7"))
    assert (taken.envelopes, taken.dead_letter) == ((), None)


def test_a_document_is_signed_or_not_but_never_unknown() -> None:
    (unsigned,) = events(DOCUMENTS, paper(daKySo=False))
    assert isinstance(unsigned, document.DocumentIssued)
    assert unsigned.signed is False
    assert reason(DOCUMENTS, paper(daKySo=None)) == "missing_part"


@pytest.mark.parametrize(
    ("said", "area"), [({"maTo": "TDP-017"}, "TDP-017"), ({"maTo": None}, None), ({"maTo": ""}, None), ({}, None)]
)
def test_where_a_petitions_matter_lies_is_known_by_the_groups_code_alone(said: Any, area: str | None) -> None:
    matter = {
        "maPhanAnh": "PA-1", "kenh": "truc_tiep", "phanLoai": "hien_truong", "maLinhVuc": "ha_tang",
        "diaChi": "17 Minh Khai", "toaDo": "20.865143,106.683271", **said,
    }  # fmt: skip
    message = {"id": "p1", "loai": "tiep_nhan", "thoiGian": TIME, "phanAnh": matter}
    (received,) = events(PETITIONS, message)
    assert received.area_code == area
    assert "Minh Khai" not in received.model_dump_json()
    assert "20.865143" not in received.model_dump_json()


@pytest.mark.parametrize(
    "connector",
    OFFICE,
    ids=lambda one: one.id,
)
def test_a_sign_of_life_brings_nothing(connector: Connector) -> None:
    assert events(connector, {"id": "h", "loai": "nhip_song", "thoiGian": TIME}) == []


@pytest.mark.parametrize(
    ("connector", "kind"),
    [
        (PETITIONS, "tra_loi"),
        (DOCUMENTS, "phat_hanh"),
        (POSTS, "dang_bai"),
        (REGISTER, "dang_ky_to"),
        (REGISTER, "thao_thiet_bi"),
    ],
    ids=lambda one: getattr(one, "id", one),
)
def test_a_part_is_missing(connector: Connector, kind: str) -> None:
    assert reason(connector, {"id": "x", "loai": kind, "thoiGian": TIME}) == "missing_part"


def test_a_team_or_a_mark_is_missing() -> None:
    message = {"id": "x", "loai": "thanh_lap_to_cong_nghe", "thoiGian": TIME, "toDanPho": {"maTo": "TDP-017"}}
    assert reason(REGISTER, message) == "missing_part"
    matter = {"maPhanAnh": "PA-1", "kenh": "truc_tiep", "phanLoai": "hien_truong", "maLinhVuc": "ha_tang"}
    rated = {"id": "p1", "loai": "danh_gia", "thoiGian": TIME, "phanAnh": matter}
    assert reason(PETITIONS, rated) == "missing_part"
    assert reason(PETITIONS, {**rated, "loai": "xoa"}) == "no_mapping"


def test_an_outage_has_one_name() -> None:
    probe = Probe()
    assert list(probe(200, START)) == []
    (started,) = probe(503, START + timedelta(minutes=1))
    assert list(probe(0, START + timedelta(minutes=2))) == []
    (ended,) = probe(200, START + timedelta(minutes=9))
    assert isinstance(ended, health.AppOutageEnded)
    assert ended.outage_ref == started.outage_ref
    (again,) = probe(500, START + timedelta(minutes=30))
    assert again.outage_ref != started.outage_ref


def test_an_outage_outlives_a_restart() -> None:
    (started,) = Probe()(503, START)
    after_restart = Probe()
    list(after_restart(503, START))  # the runner tells the last status again
    (ended,) = after_restart(401, START + timedelta(minutes=3))
    assert ended.outage_ref == started.outage_ref


def test_the_probe_reads_no_content() -> None:
    assert reason(civil_status.CONNECTOR, {"anything": 1}) == "no_content"
