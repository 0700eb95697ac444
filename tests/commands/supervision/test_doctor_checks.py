"""What `./ioc doctor` says of a part that runs."""

import os
import socket

import pytest

from commands.install.ports import ProcessPort, free_ports
from commands.install.processes import ManagedProcess
from commands.supervision import doctor_checks, probe
from commands.supervision.doctor_checks import declaration_findings, process_finding
from commands.supervision.probe import HealthReport
from ingest.contract.label import Label

PID = 4_000_000


def part(port):
    health = ProcessPort(port, "IOC_STREAMS_HEALTH_PORT")
    return ManagedProcess("streams-1", Label("Luồng", "Streams"), "streams", "workers", health=health)


@pytest.mark.parametrize(
    ("answer", "good", "said"),
    [
        (HealthReport(PID, True, {}), True, "Streams: well"),
        (
            HealthReport(PID, True, {"warehouse": "nobody is there"}),
            False,
            "the warehouse does not answer (nobody is there)",
        ),
        (HealthReport(PID, False, {"loop": "no tick for 11 s"}), False, "it hangs (no tick for 11 s)"),
        (None, True, "Streams: well"),  # it has no port, or had none when it started: it works all the same
    ],
)
def test_a_part_is_asked(answer, good, said, monkeypatch):
    monkeypatch.setattr(probe, "health_report", lambda port: answer)
    monkeypatch.setattr(doctor_checks, "PATIENCE", 0)
    found = process_finding(part(free_ports(1)[0]), PID)
    assert found.good is good
    assert said in found.english


def test_what_comes_within_a_moment_is_no_finding(monkeypatch):
    answers = [HealthReport(PID, True, {"partitions": "2 of 4"}), HealthReport(PID, True, {})]
    monkeypatch.setattr(probe, "health_report", lambda port: answers.pop(0))
    assert process_finding(part(free_ports(1)[0]), PID).good


def test_a_health_port_that_another_program_has_is_told_with_its_setting(monkeypatch):
    monkeypatch.setattr(probe, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = process_finding(part(port), PID)
    assert not found.good
    assert f"Port {port} (Streams) is taken by another program" in found.english
    assert f"pid {os.getpid()}" in found.english
    assert "change IOC_STREAMS_HEALTH_PORT" in found.english


def test_a_broken_declaration_is_told_with_its_place_and_what_to_do(tmp_path):
    folder = tmp_path / "connectors"
    folder.mkdir()
    assert list(declaration_findings(tmp_path)) == []
    (folder / "vendor.toml").write_text("label = 1")
    (one,) = declaration_findings(tmp_path)
    assert not one.good
    assert "vendor.toml: label" in one.english
    assert "events: còn thiếu" in one.vietnamese
