"""How every process of a whole install says it is, while parts are ended, frozen and started again."""

import asyncio
import json
import math
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from commands.install import lock
from commands.install.processes import ManagedProcess, managed_processes
from commands.install.settings import ROOT, bare_environment
from commands.supervision import probe, supervisor
from commands.supervision.liveness import LivenessMonitor
from commands.supervision.stack import Stack
from ingest.contract.settings import IngestSettings
from ingest.kafka.lag import group_lags
from ingest.kafka.producer import Producer
from ingest.runtime.process import end_with_parent
from tests.support.made import events
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

pytestmark = [pytest.mark.embedded, pytest.mark.long]

NAMES = ("ingest", "warehouse", "connectors", "streams-1", "keeper", "alarm", "dashboard")

FILLED = {
    "ingest": set(),
    "warehouse": {"ioc_store_parts", "ioc_store_free_bytes", "ioc_dlq_oldest_age_seconds"},
    "connectors": {"ioc_events_received", "ioc_event_bytes", "ioc_kafka_produce_duration_seconds"},
    "streams-1": {
        "ioc_consumer_lag_records", "ioc_consumer_lag_seconds", "ioc_committed_offset_age_seconds", "ioc_sink_batch_rows",
        "ioc_sink_insert_duration_seconds", "ioc_duplicate_events", "ioc_late_events", "ioc_event_freshness_seconds",
    },
    "keeper": set(),
    "alarm": set(),
    "dashboard": {"ioc_feed_requests", "ioc_sql_queries", "ioc_auth_failures"},
}  # fmt: skip

BEATS = {"kafka": "connectors", "stored": "warehouse", "board": "dashboard", "feed": "dashboard"}
"""By how far a heartbeat has come, the process that knows it."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("health"), NAMES) as running_stack:
        yield running_stack


def part(stack: Stack, name: str) -> ManagedProcess:
    return next(one for one in managed_processes(stack.install, simulator=False) if one.name == name)


def asked(stack: Stack, name: str, path: str) -> tuple[int, str]:
    """Status and text of an answer; 0 when there is none."""
    port = part(stack, name).health
    assert port is not None
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port.number}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def metrics(stack: Stack, name: str) -> dict[str, Any]:
    status, text = asked(stack, name, "/metrics")
    return {family.name: family for family in text_string_to_metric_families(text)} if status == 200 else {}


def ages(stack: Stack) -> dict[str, float]:
    """By how far they have come, the age of the newest heartbeats; infinite where there is none."""
    found = dict.fromkeys(BEATS, math.inf)
    for name in set(BEATS.values()):
        for sample in getattr(metrics(stack, name).get("ioc_heartbeat_age_seconds"), "samples", ()):
            if not math.isnan(sample.value):
                found[sample.labels["path"]] = sample.value
    return found


def until(question: Callable[[], object], patience: float = 60) -> None:
    end = time.monotonic() + patience
    while not question():
        assert time.monotonic() < end, "never"
        time.sleep(0.2)


def is_ready(stack: Stack, name: str) -> bool:
    return asked(stack, name, "/livez")[0] == 200 and asked(stack, name, "/readyz")[0] == 200


@pytest.mark.parametrize("name", NAMES)
def test_every_process_lives_and_is_ready(stack: Stack, name: str) -> None:
    until(lambda: is_ready(stack, name))
    status, text = asked(stack, name, "/healthz")
    assert status == 200
    assert json.loads(text)["pid"] == stack.pid(name)


@pytest.mark.parametrize("name", NAMES)
def test_its_metrics_can_be_read(stack: Stack, name: str) -> None:
    until(lambda: set(metrics(stack, name)) >= {"ioc_build_info", "process_cpu_seconds", *FILLED[name]})


def test_heartbeats_go_the_whole_way(stack: Stack) -> None:
    """Without any source that sends something."""
    until(lambda: max(ages(stack).values()) < 20)


def test_without_the_warehouse_the_others_wait_and_live(stack: Stack) -> None:
    stack.kill("warehouse")
    for name in ("streams-1", "dashboard"):
        until(lambda name=name: asked(stack, name, "/readyz")[0] == 503)  # type: ignore[misc]
        assert "warehouse" in json.loads(asked(stack, name, "/readyz")[1])["faults"]
        assert asked(stack, name, "/livez")[0] == 200
    assert is_ready(stack, "connectors")
    stack.restart("warehouse")
    for name in ("streams-1", "dashboard"):
        until(lambda name=name: is_ready(stack, name))  # type: ignore[misc]


def test_heartbeats_grow_old_where_they_do_not_get_any_more(stack: Stack) -> None:
    stack.kill("streams")
    until(lambda: min(ages(stack)[path] for path in ("stored", "board", "feed")) > 22)
    assert ages(stack)["kafka"] < 20
    lag = group_lags(stack.install.ingest, stack.install.streams.group)["ioc.health.v1"]
    assert lag.records > 0
    assert lag.seconds > 5


@pytest.mark.faults
def test_a_frozen_worker_is_replaced_and_nothing_is_lost(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that the test before has killed is started again under a supervisor, and frozen there."""
    monkeypatch.setattr(probe, "PATIENCE", 1.0)
    one = part(stack, "streams-1")
    sent = [envelope for envelope in events(seed=41, count=600) if envelope.data.stream == "petition"]
    looking = LivenessMonitor([one], limit=timedelta(seconds=2))
    process = subprocess.Popen(
        supervisor.supervisor_command(supervisor.configure(stack.install, [one])),
        cwd=ROOT,
        env=bare_environment({**stack.variables, lock.MARK: str(stack.folder)}),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )

    def pid() -> int:
        """Of the worker, once it is at work."""
        found = [state.pid for state in supervisor.process_states(stack.install.run) or [] if state.state == "RUNNING"]
        return found[0] if found and is_ready(stack, "streams-1") else 0

    try:
        until(pid)
        until(lambda: max(ages(stack).values()) < 20)
        first = pid()
        looking.look(supervisor.process_states(stack.install.run) or [])
        send(stack, sent[:30])
        os.kill(first, signal.SIGSTOP)
        send(stack, sent[30:])
        until(lambda: looking.look(supervisor.process_states(stack.install.run) or []))
        until(lambda: pid() not in (0, first))
        with connect(stack.settings(WarehouseSettings)) as client:
            counted = "SELECT uniqExact(id), count() FROM raw_events FINAL WHERE topic = 'ioc.petition.v1'"
            until(lambda: client.query(counted)[0] == (len(sent), len(sent)))
    finally:
        process.terminate()
        process.wait(30)


def send(stack: Stack, envelopes: list[Any]) -> None:
    async def work() -> None:
        producer = Producer(stack.settings(IngestSettings))
        await producer.start()
        await producer.send(envelopes)
        await producer.stop()

    asyncio.run(work())
