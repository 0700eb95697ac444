from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from warehouse.catalogue import indicators
from warehouse.model.value import Value
from warehouse.query.feed import SETTLED, FeedQuestion, cursor_after, feed_rows
from warehouse.store.client import connect

pytestmark = pytest.mark.embedded

START = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
START_MS = round(START.timestamp() * 1000)
QUARTER_MS = 900_000

_versions = count(1)


@pytest.fixture
def client(warehouse):
    with connect(warehouse) as opened:
        opened.execute("TRUNCATE TABLE raw_values")
        yield opened


def value(number, numerator, ward="hong-bang", indicator="Q01", dimension="", member="", revision=0):
    window_ms, version = START_MS + number * QUARTER_MS, next(_versions)
    figures = (numerator, 0, window_ms + 5, window_ms + 9)
    return Value(ward, indicator, "flow", window_ms, dimension, member, *figures, "t", 0, 1, version, revision)


def write(client, values, seconds_ago):
    """Rows as if they had been written then."""
    columns = dict(zip(Value._fields, map(list, zip(*values, strict=True)), strict=True))
    written = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    client.insert("raw_values", {**columns, "written_at": [written] * len(values)})


def question(**changed):
    usual = {
        "wards": ("hong-bang",), "indicators": (), "start": START, "end": START + timedelta(days=1),
        "dimension": None, "after": None, "limit": 100,
    }  # fmt: skip
    return FeedQuestion(**{**usual, **changed})


def numerators(client, **changed):
    return [row.numerator for row in feed_rows(client, question(**changed))]


def test_rows_come_in_the_order_of_their_writing(client):
    write(client, [value(3, 30)], 60)
    write(client, [value(1, 10), value(2, 20)], 30)
    assert numerators(client) == [30, 10, 20]


def test_a_corrected_row_comes_once_and_at_the_end(client):
    write(client, [value(1, 10), value(2, 20)], 60)
    write(client, [value(1, 11, revision=1)], 30)
    rows = feed_rows(client, question())
    assert [(row.numerator, row.revision) for row in rows] == [(20, 0), (11, 1)]


def test_the_cursor_goes_on_within_rows_written_at_once(client):
    write(client, [value(number, number) for number in range(25)], 60)
    seen, after = [], None
    while rows := feed_rows(client, question(after=after, limit=7)):
        seen += [row.numerator for row in rows]
        after = cursor_after(rows[-1])
    assert seen == list(range(25))
    write(client, [value(3, 333, revision=1)], 30)
    assert numerators(client, after=after) == [333]


def test_what_was_just_written_waits_so_that_none_slips_in_before_a_cursor(client):
    write(client, [value(1, 10)], SETTLED.total_seconds() + 60)
    write(client, [value(2, 20)], -3600)
    assert numerators(client) == [10]


def test_what_stays_inside_the_ward_is_no_row_even_when_it_is_asked_for(client):
    area = {"dimension": "area_code", "member": "TDP-017"}
    rows = [
        value(1, 3, indicator="P04"),
        value(1, 1, indicator="P04", **area),
        value(1, 2, indicator="P04", dimension="channel", member="1022"),
        value(1, 4, indicator="S02", **area),
    ]
    write(client, rows, 60)
    assert sorted(numerators(client)) == [2, 3, 4]
    assert numerators(client, indicators=("P04",), dimension="area_code") == []


def test_no_figure_of_people_leaves_the_ward_by_residential_group():
    of_people = [one for one in indicators() if one.of.id in ("petition", "dossier", "ticket")]
    assert [one.id for one in of_people if "area_code" in one.by] == ["P01", "P03", "P04"]
    assert all("area_code" in one.inside for one in of_people if "area_code" in one.by)


def test_only_what_was_asked_for(client):
    rows = [
        value(1, 1),
        value(1, 2, ward="le-chan"),
        value(1, 3, indicator="D01"),
        value(1, 4, dimension="service_code", member="dat_dai"),
        value(200, 5),
    ]
    write(client, rows, 60)
    assert sorted(numerators(client)) == [1, 3, 4]
    assert numerators(client, wards=("le-chan",)) == [2]
    assert numerators(client, wards=()) == []
    assert numerators(client, indicators=("D01",)) == [3]
    assert sorted(numerators(client, dimension="")) == [1, 3]
    assert numerators(client, dimension="service_code") == [4]
    assert numerators(client, dimension="x' OR 1=1 --") == []
    assert numerators(client, start=START + timedelta(days=2), end=START + timedelta(days=3)) == [5]
