import pytest

from dashboard.pages.sql.page import EXAMPLE_QUERIES
from tests.dashboard.support.ward import values
from warehouse.query.adhoc import Adhoc
from warehouse.store.client import connect
from warehouse.store.sink import write_values
from warehouse.views import public_names

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def adhoc(warehouse):
    with connect(warehouse) as client:
        write_values(client, values())
    return Adhoc(warehouse, public_names())


@pytest.mark.parametrize("id", EXAMPLE_QUERIES)
def test_each_example_runs_as_it_stands(adhoc, id):
    label, sql = EXAMPLE_QUERIES[id]
    answer = adhoc.run(sql, "lan")
    assert len(answer.columns) > 1
    assert label.vi
    assert label.en
    if id in ("indicators", "arrivals", "waits"):
        assert answer.rows
