"""What is confirmed is stored: the engine's own streaming insert says so even when the table refused the rows."""

import pytest

from warehouse.server.native.durable_insert import WITHIN_A_STATEMENT
from warehouse.store.client import ServerError

pytestmark = pytest.mark.embedded

VIOLATED_CONSTRAINT = 469
MANY = 2_000
WIDE = "x" * 200

assert len(WIDE) * MANY > WITHIN_A_STATEMENT


@pytest.fixture
def table(client):
    client.execute(
        "CREATE OR REPLACE TABLE kept (n UInt32, text String, kind LowCardinality(String) DEFAULT 'none', "
        "at DateTime64(3, 'UTC') DEFAULT now64(3), CONSTRAINT small CHECK n < 1000000) ENGINE = MergeTree ORDER BY n"
    )
    yield "kept"
    client.execute("DROP TABLE kept")


def rows(client):
    return client.query("SELECT count(), uniqExact(n), min(kind), any(text), uniqExact(_part) FROM kept")[0]


@pytest.mark.parametrize(("count", "text"), [(1, "y"), (100, WIDE), (MANY, WIDE)])
def test_what_the_table_refuses_is_told_and_nothing_of_it_is_stored(client, table, count, text):
    with pytest.raises(ServerError) as refused:
        client.insert(table, {"n": range(1_000_000 - count + 1, 1_000_001), "text": [text] * count})
    assert refused.value.code == VIOLATED_CONSTRAINT
    assert rows(client)[0] == 0
    client.insert(table, {"n": range(count), "text": [text] * count})
    assert rows(client)[:4] == (count, count, "none", text)


@pytest.mark.parametrize("text", ["\n\n", "a;\n\n;b", "\n", ";", "--", "\0\0", "' \" ` \\"])
@pytest.mark.parametrize("count", [1, 50])
def test_rows_may_hold_anything(client, table, count, text):
    client.insert(table, {"n": [10 * (1 + 256 + 65536) // 10] * count, "text": [text] * count})
    assert client.query("SELECT count() FROM kept WHERE text = {text:String}", {"text": text}) == [(count,)]


@pytest.mark.parametrize("count", [50, MANY, 100_000])
def test_one_insert_is_one_part(client, table, count):
    client.insert(table, {"n": range(count), "text": [WIDE] * count})
    assert rows(client) == (count, count, "none", WIDE, 1)
    assert client.query("SELECT name FROM system.tables WHERE is_temporary") == []
