"""How the warehouse's process says it is, and what it measures of its content."""

import json
import math
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from commands.install.ports import free_ports
from ingest.contract.clock import milliseconds
from ingest.contract.envelope import envelope
from ingest.contract.errors import ConfigurationError, NotReady
from ingest.contract.events.health import SystemHeartbeat
from ingest.runtime import metrics
from tests.support import warehouse_server
from tests.support.raw import store
from warehouse.health import StoreGauges, check_warehouse
from warehouse.store.client import connect

pytestmark = pytest.mark.embedded

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Clock:
    def now(self):
        return NOW


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("warehouse")
    with warehouse_server.running(folder, health_port=free_ports(1)[0]) as found:
        yield found


@pytest.fixture
def client(settings):
    with connect(settings) as opened:
        yield opened


def value(metric):
    return metric.collect()[0].samples[0].value


def asked(settings, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{settings.health_port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_answers_from_where_it_is_confined(settings):
    status, said = asked(settings, "/livez")
    assert (status, json.loads(said)["alive"]) == (200, True)
    assert asked(settings, "/metrics")[0] == 200


def test_what_is_measured(client):
    gauges = StoreGauges(client, Clock())
    assert math.isnan(gauges.heartbeat_age())
    gauges.look_for_heartbeat()
    gauges.take()
    assert math.isnan(gauges.heartbeat_age())
    assert value(metrics.DLQ_OLDEST) == 0
    assert math.isnan(value(metrics.MISMATCHES))
    assert value(metrics.FREE_BYTES) > 0

    beats = [SystemHeartbeat(process="connectors", at=NOW - timedelta(seconds=age)) for age in (30, 12)]
    store(client, [envelope(beat, ward="w", source="/w/ioc/x", recorded_at=NOW, id=str(beat.at)) for beat in beats])
    dead_letter = {"id": ["a", "b"], "received_at": [NOW - timedelta(minutes=2), NOW - timedelta(minutes=1)]}
    filled = {name: [""] * 2 for name in ("original_topic", "reason_code", "error", "payload_redacted", "connector")}
    client.insert("raw_dead_letters", {**dead_letter, **filled, "partition": [-1] * 2, "offset": [-1] * 2})
    client.insert(
        "audits",
        {
            "started_at": [NOW], "finished_at": [NOW], "scope": [""], "compared": [9], "differences": [3],
            "repaired": [0], "report": [""],
        },
    )  # fmt: skip
    gauges.look_for_heartbeat()
    gauges.take()
    assert gauges.heartbeat_age() == 12
    assert value(metrics.DLQ_OLDEST) == 120
    assert value(metrics.MISMATCHES) == 3
    assert value(metrics.PARTS.labels("raw_events")) == 1

    client.insert(
        "raw_letter_replays",
        {"id": ["a"], "outcome": ["sent"], "detail": [""], "events": [1], "replayed_by": ["x"], "replayed_at": [NOW]},
    )
    gauges.take()
    assert value(metrics.DLQ_OLDEST) == 60


def test_inserts_are_measured(client):
    def rows():
        (measured,) = metrics.BATCH_ROWS.collect()
        samples = measured.samples
        return sum(one.value for one in samples if one.name.endswith("_sum") and one.labels["table"] == "raw_stops")

    before = rows()
    names = ("topic", "reason", "changed_by")
    client.insert(
        "raw_stops",
        {
            **{name: ["x"] * 3 for name in names}, "partition": [0, 1, 2], "offset": [0] * 3, "is_stopped": [False] * 3,
            "allowance": [0] * 3, "changed_at": [milliseconds(NOW) * 1000] * 3,
        },
    )  # fmt: skip
    assert rows() == before + 3


def test_it_is_ready_with_the_tables_of_this_version_only(client, settings):
    with connect(settings, database="") as other:
        check = check_warehouse(other)
        check()
        table = f"{settings.database}.schema_migrations"
        other.insert(table, {"version": [999], "name": ["later"], "checksum": [""]})
        with pytest.raises(ConfigurationError, match="does not know"):
            check()
        other.execute(f"TRUNCATE TABLE {table}")
        with pytest.raises(NotReady, match="is not applied yet"):
            check()
