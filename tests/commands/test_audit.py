"""The audit on the real stack: clean after difficult traffic, and whatever is broken by hand afterwards is found."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from commands import audit as command
from commands.audit import audit_install, format_report
from commands.supervision.stack import Stack
from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.envelope import Envelope, encode
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import topic_of
from ingest.kafka.producer import Producer
from tests.support.made import START, events
from warehouse.audit.report import AuditReport
from warehouse.audit.run import run_nightly_audit
from warehouse.audit.scope import Scope, nightly_scope
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect

pytestmark = [pytest.mark.embedded, pytest.mark.long]

MADE = events(seed=28, count=500, keys=50, spread=timedelta(minutes=60))
LATE = events(seed=22, count=40, keys=50, spread=timedelta(minutes=40))
DAY = timedelta(days=1)
SOON = (8.0, 16.0, 32.0, 32.0)
AT_ONCE = (0.5,)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything but connectors; its clock shows a little after the last event, and its board does not mend itself in between."""
    environment = {
        "IOC_CLOCK_ORIGIN": (START + timedelta(minutes=62)).isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": RealClock().now().isoformat(),
        "IOC_STREAMS_RECOMPUTE_EVERY": "PT5S",
        "IOC_CLOCK_SPEED": "10",
        "IOC_BOARD_COMPARE_EVERY": "PT6H",
    }
    parts = ("ingest", "warehouse", "streams", "dashboard")
    with Stack(tmp_path_factory.mktemp("audit"), parts, environment) as running:
        traffic(running)
        yield running


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with connect(stack.settings(WarehouseSettings)) as opened:
        yield opened


def traffic(stack: Stack) -> None:
    """Events on time and late, repeated, contradicted, and records that are no events."""
    first = next(one for one in MADE if one.data.stream == "queue")
    contradicting = encode(first).replace(b'"site_id":"', b'"site_id":"other-')
    assert contradicting != encode(first)
    queue = topic_of("queue")
    asyncio.run(send(stack, MADE, [(queue, first.ward.encode(), b'{"type": "nonsense"}')]))
    asyncio.run(send(stack, [*MADE[:40], *LATE], [(queue, first.ward.encode(), contradicting)]))
    with connect(stack.settings(WarehouseSettings)) as client:
        assert until(lambda: stored(client) == len(MADE) + 40 + len(LATE) + 2), stack.log("streams")


async def send(stack: Stack, envelopes: list[Envelope], raw: list[tuple[str, bytes, bytes]]) -> None:
    producer = Producer(stack.settings(IngestSettings))
    await producer.start()
    await producer.send(envelopes)
    await producer.deliver(raw)
    await producer.stop()


def stored(client: Client) -> int:
    ((events_, repeats, dead_letters),) = client.query(
        "SELECT (SELECT uniqExact(topic, partition, offset) FROM raw_events), (SELECT uniqExact(topic, partition, offset) FROM raw_repeats), "
        "(SELECT uniqExact(partition, offset) FROM raw_dead_letters WHERE original_topic != '')"
    )
    return int(events_ + repeats + dead_letters)


def until(condition: Callable[[], bool], patience: float = 60) -> bool:
    """Whether it comes about in time."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def faults(report: AuditReport) -> set[tuple[str, str]]:
    return {(one.section, one.fault) for one in report.found}


def test_after_difficult_traffic_everything_agrees(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(command, "PATIENCE", SOON)
    code = command.main(["--since", "all", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (code, found["differences"], found["found"][:20]) == (0, 0, [])
    assert found["not_checked"] == {}
    assert found["compared"] > 2_000
    assert all(found["indicators"][id]["compared"] > 20 for id in ("C01", "H01", "Q02", "S01"))
    queue = found["streams"]["ioc.queue.v1"]
    assert queue["kafka"] == queue["raw"] + queue["repeats"] + queue["dead_letters"]
    assert (queue["conflicts"], queue["dead_letters"], queue["missing"], queue["doubled"]) == (1, 1, 0, 0)
    assert sum(hour["kafka"] for hour in queue["hours"]) == queue["kafka"]
    assert sum(one["repeats"] for one in found["streams"].values()) == 41
    assert found["streams"]["ioc.dlq.v1"]["kafka"] == 1
    assert found["shown"]["feed"]["compared"] > 500
    assert found["shown"]["board"]["compared"] > 20
    kept = client.query("SELECT scope, compared, differences FROM audits")
    assert kept == [("all", found["compared"], 0)]


def test_whatever_is_broken_is_found(stack: Stack, client: Client) -> None:
    """One of each kind; then the records come back, and the figures are mended."""
    one = client.query(
        "SELECT topic, partition, offset FROM raw_events WHERE kind = 'ticket.issued' ORDER BY offset LIMIT 1"
    )[0]
    place = "topic = %(topic)s AND partition = %(partition)s AND offset = %(offset)s"
    parameters = dict(zip(("topic", "partition", "offset"), one, strict=True))
    client.execute("CREATE TABLE kept ENGINE = Memory AS SELECT * FROM raw_events WHERE " + place, parameters)  # noqa: S608
    remove(client, "raw_events", place, parameters)
    for offset, id in (("offset + 1000000", "id"), ("offset", "'another'")):
        client.execute(
            f"INSERT INTO raw_events SELECT * REPLACE ({offset} AS offset, {id} AS id) FROM raw_events "  # noqa: S608
            "WHERE topic = 'ioc.camera.v1' ORDER BY offset LIMIT 1"
        )
    client.execute("CREATE TABLE letters ENGINE = Memory AS SELECT * FROM raw_dead_letters")
    remove(client, "raw_dead_letters", "1", {})
    change(client, "C01", "grain = 'stock' AND dimension = ''", "numerator + 1")
    change(client, "D01", "grain = 'flow' AND dimension = ''", "numerator + 1")
    remove(client, "raw_values", "indicator = 'D01' AND dimension = 'channel'", {})
    report = audit_install(client, stack.install, DAY, ("C01", "D01", "Q01"), patience=AT_ONCE)
    assert faults(report) >= {
        ("values", "wrong"), ("values", "missing"), ("records", "missing"), ("records", "doubled"), ("records", "beyond"),
        ("letters", "missing"), ("feed", "unequal"), ("board", "wrong"),
    }  # fmt: skip
    assert {id for id, checked in report.indicators.items() if checked.differences} == {"C01", "D01", "Q01"}
    assert any("thiếu" in line for line in format_report(report))
    queue = report.streams["ioc.queue.v1"]
    assert queue.missing == 2  # the row, and the record whose dead letter is gone

    remove(client, "raw_events", "id = 'another' OR offset >= 1000000", {})
    for table, source in (("raw_events", "kept"), ("raw_dead_letters", "letters")):
        client.execute(f"INSERT INTO {table} SELECT * FROM {source}")  # noqa: S608
    report = audit_install(client, stack.install, DAY, ("Q01",), patience=AT_ONCE)
    assert not report.mismatches
    assert faults(report) >= {("feed", "unequal"), ("board", "wrong")}
    assert {section for section, _ in faults(report)} == {"feed", "board"}


def remove(client: Client, table: str, condition: str, parameters: dict[str, object]) -> None:
    client.execute(f"ALTER TABLE {table} DELETE WHERE {condition}", parameters, settings={"mutations_sync": 1})


def change(client: Client, id: str, condition: str, numerator: str) -> None:
    """Write one figure again, as nobody should."""
    stored = f"raw_values FINAL WHERE ward = 'hong-bang' AND indicator = '{id}' AND {condition} AND as_of_ms <= %(now)s"
    now = {"now": milliseconds(MADE[-1].time)}
    assert client.query(f"SELECT count() FROM {stored}", now) > [(0,)], (  # noqa: S608
        f"the events of this seed make no such figure of {id}"
    )
    client.execute(
        "INSERT INTO raw_values SELECT * EXCEPT written_at REPLACE "  # noqa: S608
        f"({numerator} AS numerator, version + 1 AS version), now64(3) - 60 FROM {stored} ORDER BY window_ms LIMIT 1",
        now,
    )


def test_a_repair_says_what_it_would_write_and_writes_it_as_a_revision(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(command, "PATIENCE", AT_ONCE)
    only = ["--since", "1d", "--indicator", "D01", "--indicator", "C01"]
    rows = "SELECT sum(cityHash64(*)) FROM raw_values FINAL WHERE indicator = 'D01'"
    before = client.query(rows)
    assert command.main([*only, "--repair", "--dry-run"]) == 1
    assert "D01 flow" in capsys.readouterr().err
    assert client.query(rows) == before
    monkeypatch.setattr(command, "PATIENCE", (0.5, 2.0))
    assert command.main([*only, "--repair", "--yes"]) == 0
    assert "✎" in capsys.readouterr().out
    reasons = client.query("SELECT DISTINCT kind FROM raw_corrections WHERE topic = 'audit'")
    assert reasons
    assert set(reasons) <= {("audit",), ("definition",)}, "C01's definition is younger than these windows"
    assert client.query("SELECT max(repaired) > 0 FROM audits") == [(True,)]


def test_the_nightly_audit_takes_what_changed_and_keeps_its_result(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scope(client: Client, ingest: IngestSettings) -> Scope:
        return replace(nightly_scope(client, ingest), ids=("Q01", "C01"))

    monkeypatch.setattr("warehouse.audit.run.nightly_scope", scope)
    report = run_nightly_audit(client, stack.settings(IngestSettings))
    assert not report.mismatches
    assert report.not_checked == {}
    assert {id for id, checked in report.indicators.items() if checked.compared} == {"Q01", "C01"}
    assert {section for section, checked in report.shown.items() if checked.compared} == {"feed", "board"}
    ((scope_, compared),) = client.query("SELECT scope, compared FROM audits ORDER BY started_at DESC LIMIT 1")
    assert (scope_, compared) == ("nightly", report.compared)


def test_what_cannot_be_asked_is_not_clean_but_unchecked(
    stack: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test: it stops the board and Kafka."""
    stack.kill("dashboard")
    stack.kill("ingest")
    report = audit_install(client, stack.install, DAY, ("D01",), patience=AT_ONCE)
    assert set(report.not_checked) == {"records", "letters", "feed", "board"}
    assert report.differences == 0
    assert report.indicators["D01"].compared > 0
    stack.kill("warehouse")
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    assert command.main(["--since", "1d"]) == 2
