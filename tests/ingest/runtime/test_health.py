"""What a process tells of itself: asked over HTTP, as a probe asks."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from functools import partial

import pytest
from prometheus_client.parser import text_string_to_metric_families

from commands.install.ports import free_ports
from ingest.__main__ import BrokerState
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import HealthSettings, read_settings
from ingest.runtime import health, liveness, metrics, readiness
from ingest.runtime.health import Health, listener_of, serve_health
from ingest.runtime.liveness import Liveness, Progress, Pulse
from ingest.runtime.readiness import Readiness

LOOPBACK = HealthSettings(_env_file=None)
QUICK = timedelta(milliseconds=20)


class Clock:
    """The monotonic clock, moved by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(liveness, "monotonic", made)
    monkeypatch.setattr(readiness, "monotonic", made)
    monkeypatch.setattr(health, "monotonic", made)
    return made


class Told:
    """A process's health that is served, and everything in it that a test may turn."""

    def __init__(self):
        self.pulse, self.work = Pulse(), Progress("work", ["kafka"])
        self.away = ""
        self.ready = Readiness({"kafka": self._kafka}, every=QUICK)
        live = Liveness(self.pulse, [self.work], self.ready)
        registry = metrics.registry(metrics.EVENT_BYTES, metrics.HEARTBEAT_AGE)
        (self.port,) = free_ports(1)
        state = Health("told", live, self.ready, registry, lambda: {"place": 7})
        serve_health(state, listener_of(LOOPBACK, self.port), may_end=False)

    def _kafka(self):
        if self.away:
            raise Unavailable("Kafka", self.away)

    def ask(self, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        status, text = answer.status, answer.read().decode()
        connection.close()
        return status, text

    def json(self, path):
        status, text = self.ask(path)
        assert text.count("\n") == 1
        return status, json.loads(text)

    def fault(self):
        status, said = self.json("/livez")
        assert (status == 503) == bool(said["fault"]) == (not said["alive"])
        return said["fault"]

    def note(self, waits, place):
        self.pulse.beat()
        self.work.note(waits, place)


@pytest.fixture
def told(clock):
    one = Told()
    until(lambda: one.ask("/readyz")[0] == 200)
    yield one
    one.ready.stop()


def until(question):
    for _ in range(3000):
        if question():
            return
        time.sleep(0.01)
    raise AssertionError("never")


def test_a_process_that_works_says_so(told):
    told.note(waits=False, place=1)
    status, said = told.json("/livez")
    assert (status, said["alive"], said["name"], said["pid"]) == (200, True, "told", os.getpid())
    assert told.json("/readyz") == (200, {"name": "told", "pid": os.getpid(), "ready": True, "faults": {}})
    status, whole = told.json("/healthz")
    assert (status, whole["alive"], whole["ready"], whole["stages"]) == (200, True, True, {"place": 7})
    assert whole["without_progress_s"] == {"work": 0}


def test_a_loop_that_does_not_tick_is_told_until_it_ticks_again(told, clock):
    told.pulse.beat()
    clock.now += 10
    assert told.fault() == ""
    clock.now += 1
    assert told.fault() == "the loop has not ticked for 11 s"
    told.pulse.beat()
    assert told.fault() == ""


def test_a_loop_that_has_not_begun_or_rests_is_not_judged(told, clock):
    assert told.json("/livez")[1]["tick_s"] is None
    clock.now += 100
    assert told.fault() == ""
    told.pulse.beat()
    clock.now += 100
    assert told.fault()
    told.pulse.rest()
    assert told.fault() == ""


def test_work_that_waits_without_progress_is_told(told, clock):
    told.note(True, place=1)
    clock.now += 61
    told.note(True, place=1)
    assert told.fault() == "work: work has waited for 61 s without progress"
    told.note(True, place=2)
    assert told.fault() == ""
    clock.now += 61
    told.note(False, place=2)
    assert told.fault() == ""


def test_work_that_moves_may_wait_for_ever(told, clock):
    for place in range(10):
        clock.now += 50
        told.note(True, place)
        assert told.fault() == ""


def test_waiting_for_something_that_is_away_is_no_fault(told, clock):
    told.note(True, place=1)
    told.away = "it is being tested"
    until(lambda: told.ask("/readyz")[0] == 503)
    assert told.json("/readyz")[1]["faults"] == {"kafka": "Kafka is away: it is being tested"}
    clock.now += 600
    told.note(True, place=1)
    assert told.fault() == ""
    told.away = ""
    until(lambda: told.ask("/readyz")[0] == 200)
    assert told.fault() == ""  # its time begins now
    clock.now += 61
    told.note(True, place=1)
    assert told.fault()


def test_an_answer_that_does_not_come_is_one(clock):
    asked, go_on = threading.Event(), threading.Event()

    def slow():
        asked.set()
        go_on.wait(30)

    ready = Readiness({"slow": slow}, every=QUICK)
    assert asked.wait(30)
    assert ready.faults() == {"slow": "not asked yet"}
    clock.now += 11
    assert ready.faults() == {"slow": "no answer for 11 s"}
    go_on.set()
    until(lambda: not ready.faults())
    assert ready.well_since("slow") == clock.now
    ready.stop()


def test_a_check_with_a_bug_is_not_taken_for_a_good_answer(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def bug() -> None:
        raise ZeroDivisionError

    ready = Readiness({"bug": bug}, every=QUICK)
    until(lambda: "has failed" in ready.faults().get("bug", ""))


def test_only_plain_questions_are_answered(told):
    assert told.ask("/")[0] == 404
    assert told.ask("/livez", "POST")[0] == 501
    assert told.ask("/livez", body=b"much")[0] == 400
    assert told.ask("/metrics", headers={"Host": "evil.example"})[0] == 400
    assert told.ask("/metrics", headers={"Host": f"localhost:{told.port}"})[0] == 200


def test_clients_that_say_nothing_do_not_keep_others_out(told):
    idle = [socket.create_connection(("127.0.0.1", told.port)) for _ in range(200)]
    assert told.ask("/readyz")[0] == 200
    for one in idle:
        one.close()


def test_a_client_that_spins_it_out_is_cut(told, clock):
    with socket.create_connection(("127.0.0.1", told.port), 10) as slow:
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ")
        told.ask("/livez")
        slow.sendall(b"x")
        clock.now += 6
        assert slow.recv(1) == b""


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /livez\r\n\r\n",
        b"GET /livez HTTP/1.0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET http://evil.test/livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_what_no_probe_sends_is_refused(told, request_):
    with socket.create_connection(("127.0.0.1", told.port), 10) as raw:
        raw.sendall(request_)
        assert raw.recv(64).split()[1] == b"400"


def test_metrics_can_be_read(told):
    metrics.HEARTBEAT_AGE.labels("kafka").set(3)
    status, text = told.ask("/metrics")
    found = {family.name: family for family in text_string_to_metric_families(text)}
    assert status == 200
    assert {"ioc_event_bytes", "ioc_heartbeat_age_seconds", "ioc_build_info", "process_cpu_seconds"} <= set(found)
    assert ("ioc_heartbeat_age_seconds", {"path": "kafka"}, 3.0) in [
        sample[:3] for sample in found["ioc_heartbeat_age_seconds"].samples
    ]


def test_a_taken_port_is_a_warning_only(told, caplog):
    assert listener_of(LOOPBACK, told.port) is None
    assert f"port {told.port} cannot be used" in caplog.text
    assert listener_of(LOOPBACK, 0) is None
    serve_health(Health("mute", Liveness(Pulse()), told.ready, metrics.registry()), None, may_end=False)


def test_of_two_that_bound_a_port_at_once_the_second_only_cannot_be_asked(caplog):
    (port,) = free_ports(1)
    first, second = listener_of(LOOPBACK, port), listener_of(LOOPBACK, port)
    for listener in (first, second):
        ready = Readiness({}, every=QUICK)
        serve_health(Health("two", Liveness(Pulse(), [], ready), ready, metrics.registry()), listener, may_end=False)
        ready.stop()
    assert caplog.text.count(f"port {port} cannot be used") == 1
    assert second.fileno() == -1


def test_another_address_has_to_be_asked_for_twice(monkeypatch):
    monkeypatch.setenv("IOC_HEALTH_HOST", "0.0.0.0")
    with pytest.raises(ConfigurationError, match="IOC_HEALTH_OPEN_WITHOUT_TLS=true"):
        read_settings(HealthSettings)
    monkeypatch.setenv("IOC_HEALTH_OPEN_WITHOUT_TLS", "true")
    assert read_settings(HealthSettings).host == "0.0.0.0"


HANGING = """
import time
from datetime import timedelta
from ingest.runtime import health, metrics
from ingest.runtime.liveness import Liveness, Pulse
from ingest.runtime.readiness import Readiness

health.LOOK_EVERY, health.END_AFTER = timedelta(milliseconds=20), timedelta(milliseconds=100)
pulse, ready = Pulse(), Readiness({})
pulse.beat()
live = Liveness(pulse, (), ready, longest_tick=timedelta(milliseconds=50))
health.serve_health(health.Health("hanging", live, ready, metrics.registry()), None)
time.sleep(60)
"""


def test_a_process_that_hangs_for_long_ends_itself():
    done = subprocess.run([sys.executable, "-c", HANGING], capture_output=True, text=True, timeout=30)
    assert done.returncode == 70
    assert "this process ends" in done.stderr


def test_a_kafka_of_our_own_that_answers_no_more_is_our_own_fault(clock):
    state = BrokerState()
    live = Liveness(state.pulse, [state.answer])
    kafka: dict[str, str]
    for kafka, fault in (
        ({}, ""),
        ({"kafka": "away"}, "an answer of Kafka: work has waited for 61 s without progress"),
    ):
        state.faults = partial(dict, kafka)
        state.tick()
        clock.now += 61
        state.tick()
        assert live.fault() == fault
