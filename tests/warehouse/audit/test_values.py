"""The audit of values on a real engine: figures that are as the events give them are clean, and each that is not is found and mended."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from ingest.contract.clock import milliseconds, moment
from tests.support.made import START, events
from tests.support.raw import store
from warehouse.audit import repair
from warehouse.audit.report import AuditedStream, AuditReport, Mismatch
from warehouse.audit.values import ComparedValues, compare_flows, compare_stocks
from warehouse.catalogue import indicator
from warehouse.model.value import Value
from warehouse.recompute.sql import flow_sql, stocks_sql
from warehouse.settings import WarehouseSettings
from warehouse.store import sink
from warehouse.store.client import Client, connect

pytestmark = pytest.mark.embedded

MINUTE = 60_000
ENVELOPES = events(seed=3, count=2_000, keys=100, spread=timedelta(hours=3))
FIRST, LAST = (milliseconds(ENVELOPES[number].time) // MINUTE * MINUTE for number in (0, -1))
BEGIN, NOW = FIRST - 3_600_000, LAST + 86_400_000 * 2
CLOSED = LAST - 30 * MINUTE
"""The last minute that is closed."""


@pytest.fixture(scope="module")
def settings(warehouse: WarehouseSettings) -> WarehouseSettings:
    with connect(warehouse) as client:
        store(client, ENVELOPES)
    return warehouse


@pytest.fixture
def client(settings) -> Iterator[Client]:
    """A connection; the figures of the indicators of these tests are stored as the events give them."""
    with connect(settings) as opened:
        opened.execute("TRUNCATE TABLE raw_values")
        opened.execute("TRUNCATE TABLE raw_corrections")
        yield opened


def flows(client: Client, id: str) -> list[Value]:
    """Every flow as it should be stored."""
    return [
        Value(ward, id, "flow", window, dimension, member, n, d, window, window, "t", 0, 7, 7)
        for ward, window, dimension, member, n, d in client.query(flow_sql(indicator(id)))
    ]


def stocks(client: Client, id: str) -> list[Value]:
    """Every stock as it should be stored: totals each minute, members where they change."""
    given: dict[str, dict[int, dict[tuple[str, str], tuple[int, int]]]] = {}
    for ward, window, *split, n, d in client.query(stocks_sql(indicator(id), BEGIN, CLOSED + MINUTE)):
        given.setdefault(ward, {}).setdefault(window, {})[tuple(split)] = (n, d)
    found = []
    for ward, minutes in given.items():
        known: dict[tuple[str, str], tuple[int, int]] = {}
        for window in range(min(minutes), CLOSED + MINUTE, MINUTE):
            now = minutes.get(window, {})
            for split in {*now, *known, ("", "")}:
                sums = now.get(split, (0, 0))
                if split == ("", "") or sums != known.get(split, (0, 0)):
                    end = window + MINUTE
                    found.append(Value(ward, id, "stock", window, *split, *sums, window, end, "t", 0, 7, end))
                    known[split] = sums
    return found


def compared(client: Client, id: str) -> ComparedValues:
    one = indicator(id)
    parts = [compare_flows(client, one, BEGIN - 86_400_000, NOW, NOW)] if one.has_flow else []
    middle = (BEGIN + LAST) // 2
    parts += [compare_stocks(client, one, *span) for span in ((BEGIN, middle), (middle, NOW))] if one.has_stock else []
    return ComparedValues(sum(part.size for part in parts), [found for part in parts for found in part.mismatches])


def mended(client: Client, id: str) -> None:
    """Repair until nothing differs; each round may show what the one before had covered."""
    for _ in range(3):
        found = compared(client, id).mismatches
        if not found:
            return
        report = AuditReport("all", moment(NOW), moment(NOW), moment(NOW), mismatches=found)
        repair.write_repair(client, repair.plan_repair(client, report, moment(NOW)))
    assert not compared(client, id).mismatches


@pytest.mark.parametrize("id", ["Q03", "P02", "S01"])
def test_figures_as_the_events_give_them_are_clean(client: Client, id: str) -> None:
    one = indicator(id)
    values = (flows(client, id) if one.has_flow else []) + (stocks(client, id) if one.has_stock else [])
    sink.write_values(client, values)
    size, mismatches = compared(client, id)
    assert mismatches == []
    assert size >= len([value for value in values if value.numerator or value.denominator])


def test_a_flow_that_is_wrong_missing_or_invented_is_found_and_mended(client: Client) -> None:
    values = flows(client, "Q01")
    wrong, missing, *others = values
    invented = wrong._replace(member="nobody", dimension="service_code")
    sink.write_values(client, [wrong._replace(numerator=wrong.numerator + 1), invented, *others])
    assert {
        (found.place, found.fault, found.found, found.expected) for found in compared(client, "Q01").mismatches
    } == {
        (wrong[:6], "wrong", (wrong.numerator + 1, 0), (wrong.numerator, 0)),
        (missing[:6], "missing", (0, 0), (missing.numerator, 0)),
        (invented[:6], "extra", (wrong.numerator, 0), (0, 0)),
    }
    mended(client, "Q01")
    rows = client.query(
        "SELECT numerator, revision FROM raw_values FINAL WHERE (ward, indicator, grain, window_ms, dimension, member) = %(place)s",
        {"place": wrong[:6]},
    )
    assert rows == [(wrong.numerator, 1)]
    totals = [value for value in (wrong, missing) if not value.dimension]
    corrections = client.query("SELECT kind, numerator FROM raw_corrections ORDER BY numerator")
    assert corrections == sorted(("audit", value.numerator) for value in totals)


def test_an_open_window_may_still_change(client: Client) -> None:
    one, last = indicator("Q01"), max(value.window_ms for value in flows(client, "Q01"))
    end = last + one.window // timedelta(milliseconds=1)
    assert last in windows(compare_flows(client, one, BEGIN, NOW, end + MINUTE))
    assert last not in windows(compare_flows(client, one, BEGIN, NOW, end + MINUTE - 1))


def windows(found: ComparedValues) -> set[int]:
    return {mismatch.place[3] for mismatch in found.mismatches}


def member_change(values: list[Value]) -> Value:
    """A row of a member in the middle that changes a figure that another row changes back later."""
    return next(
        value for value in values if value.dimension and value.numerator and value.window_ms > FIRST + 30 * MINUTE
    )


def test_a_minute_that_was_left_out_shows_for_as_long_as_it_is_wrong(client: Client) -> None:
    values = stocks(client, "D05")
    left_out = member_change(values)
    sink.write_values(client, [value for value in values if value != left_out])
    found = compared(client, "D05").mismatches
    minutes = sorted(mismatch.place[3] for mismatch in found)
    assert minutes[0] == left_out.window_ms
    assert minutes == list(range(minutes[0], minutes[-1] + MINUTE, MINUTE))
    assert {mismatch.place[4:] for mismatch in found} == {left_out[4:6]}
    mended(client, "D05")


def test_a_minute_that_is_wrong_missing_or_was_never_closed_is_found(client: Client) -> None:
    values = stocks(client, "V03")
    totals = [value for value in values if value.ward == "hong-bang" and not value.dimension]
    missing, wrong, open_ = totals[-56:-40], totals[-30], totals[-20]  # all in the second span
    changed = [
        wrong._replace(numerator=wrong.numerator + 1, denominator=wrong.denominator + 1, version=wrong.version + 1),
        open_._replace(as_of_ms=open_.as_of_ms - 1, version=open_.version + 1),
    ]
    sink.write_values(client, [*(value for value in values if value not in missing), *changed])
    found = {mismatch.place[3]: mismatch.fault for mismatch in compared(client, "V03").mismatches}
    assert found == {missing[-2].window_ms: "missing", wrong.window_ms: "wrong", open_.window_ms: "open"}
    mended(client, "V03")


def test_a_minute_in_which_nobody_looked_is_no_difference(client: Client) -> None:
    """A worker that catches up leaves out minutes while it is quiet; a total that lacks where a member is, was lost."""
    values = stocks(client, "V03")
    quiet = [value for value in values if value.ward == "hong-bang" and not value.dimension][20:34]
    sink.write_values(client, [value for value in values if value not in quiet])
    assert not compared(client, "V03").mismatches
    values = stocks(client, "D05")
    changed = member_change(values)
    sink.write_values(client, [value for value in values if value[:4] != changed[:4] or value.dimension])
    assert [(found.place[3:], found.fault) for found in compared(client, "D05").mismatches] == [
        ((changed.window_ms, "", ""), "missing")
    ]


def test_a_member_that_does_not_end_is_found(client: Client) -> None:
    """The row that says 0 is missing: from there on there is neither a stored nor a recomputed row, and still they differ."""
    values = stocks(client, "Q02")
    ending = next(value for value in values if value.dimension and not value.numerator)
    sink.write_values(client, [value for value in values if value != ending])
    found = compared(client, "Q02").mismatches
    assert (ending.window_ms, (0, 0)) in {(mismatch.place[3], mismatch.expected) for mismatch in found}


def test_nothing_is_mended_from_events_that_are_not_whole(client: Client) -> None:
    mismatch = Mismatch(("hong-bang", "Q01", "flow", milliseconds(START), "", ""), "wrong", (1, 0), (2, 0))
    report = AuditReport("all", moment(NOW), moment(NOW), moment(NOW), mismatches=[mismatch])
    report.streams["ioc.queue.v1"] = AuditedStream(missing=1)
    planned = repair.plan_repair(client, report, moment(NOW))
    assert planned.values == []
    assert planned.held_back == {"ioc.queue.v1": 1}
