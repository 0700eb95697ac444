from urllib.parse import urlsplit

import pytest

from dashboard.pages.sql.address import prepared, record_address, sql_address
from tests.dashboard.support.ward import NOW_MS, WARD
from warehouse.catalogue import indicator
from warehouse.proof.queries import PROOF_QUERIES, indicator_query

Q03 = indicator("Q03")


def search(path):
    return "?" + urlsplit(path).query


@pytest.mark.parametrize("part", PROOF_QUERIES)
def test_an_address_brings_its_query(part):
    assert prepared(search(sql_address(Q03, part, NOW_MS)), WARD) == indicator_query(Q03, WARD, part, NOW_MS)


def test_one_event_is_found_by_its_place():
    query = prepared(search(record_address("ioc.queue.v1", 2, 5054)), WARD)
    assert query.endswith("WHERE topic = 'ioc.queue.v1' AND partition = 2 AND offset = 5054")


@pytest.mark.parametrize(
    "text",
    [
        None, 5, ["?proof=Q03"], "", "?lang=en", "?proof=Q03&part=stored", "?proof=X1&part=stored&as_of=1", "?proof=Q03&part=all&as_of=1",
        "?proof=Q03&part=stored&as_of=-1", "?proof=Q03&part=stored&as_of=1e9", "?proof=Q03&part=stored&as_of=99999999999999999999",
        "?proof=Q03&part=stored&as_of=²", "?proof=Q03'--&part=stored&as_of=1", "?record=ioc.queue.v1:1", "?record=secret:0:0",
        "?record=ioc.queue.v1:0:0 OR 1", "?record=ioc.queue.v1' OR 1 --:0:0", "?" + "&".join(f"a{n}=1" for n in range(99)),
    ],
)  # fmt: skip
def test_what_is_not_ours_brings_nothing(text):
    assert prepared(text, WARD) is None


def test_what_the_gate_would_not_look_at_is_not_offered(monkeypatch):
    monkeypatch.setattr("warehouse.proof.queries.LONGEST", 100)
    assert indicator_query(Q03, WARD, "recomputed", NOW_MS) is None
