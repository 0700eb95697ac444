"""One block with dates over many years: ClickHouse refuses a block of too many table partitions, and the worker could never go on."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract.clock import milliseconds
from tests.support import raw
from tests.support.made import events
from warehouse.model.value import Value
from warehouse.store import sink

pytestmark = pytest.mark.embedded


def test_raw_rows_of_many_years_are_one_block(client):
    many = events(77, 400, spread=timedelta(days=26 * 365))
    many = [one.model_copy(update={"time": one.time - timedelta(days=26 * 365)}) for one in many]
    raw.store(client, many)
    ids = tuple(one.id for one in many)
    ((years, rows),) = client.query(
        "SELECT uniq(toYear(fromUnixTimestamp64Milli(at_ms))), uniqExact(id) FROM raw_events WHERE id IN %(ids)s",
        {"ids": ids},
    )
    assert (years > 20, rows) == (True, 400)


def test_values_of_every_year_that_is_accepted_are_one_block(client):
    years = range(2000, 2027)
    values = [
        Value(
            "w", "many-dates", "flow", milliseconds(datetime(year, 6, 1, tzinfo=UTC)), "", "", 1, 0, 0, 0, "t", 0, 1, 1
        )
        for year in years
    ]
    sink.write_values(client, values)
    asked = "SELECT count(), min(window_ms), max(window_ms) FROM raw_values WHERE indicator = 'many-dates'"
    assert client.query(asked) == [(len(years), values[0].window_ms, values[-1].window_ms)]
