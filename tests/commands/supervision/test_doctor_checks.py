"""What `./ioc doctor` says of a part that runs."""

import os
import socket

import pytest

from commands.install.ports import free
from commands.install.processes import Part, Port
from commands.supervision import doctor_checks, probe
from commands.supervision.doctor_checks import well
from commands.supervision.probe import Answer
from ingest.contract.label import Label

PID = 4_000_000


def part(port):
    health = Port(port, "IOC_STREAMS_HEALTH_PORT")
    return Part("streams-1", Label("Luồng", "Streams"), "streams", "workers", health=health)


@pytest.mark.parametrize(
    ("answer", "good", "said"),
    [
        (Answer(PID, True, {}), True, "Streams: well"),
        (Answer(PID, True, {"warehouse": "nobody is there"}), False, "the warehouse does not answer (nobody is there)"),
        (Answer(PID, False, {"loop": "no tick for 11 s"}), False, "it hangs (no tick for 11 s)"),
        (None, True, "Streams: well"),  # it has no port, or had none when it started: it works all the same
    ],
)
def test_a_part_is_asked(answer, good, said, monkeypatch):
    monkeypatch.setattr(probe, "whole", lambda port: answer)
    monkeypatch.setattr(doctor_checks, "PATIENCE", 0)
    found = well(part(free(1)[0]), PID)
    assert found.good is good
    assert said in found.english


def test_what_comes_within_a_moment_is_no_finding(monkeypatch):
    answers = [Answer(PID, True, {"partitions": "2 of 4"}), Answer(PID, True, {})]
    monkeypatch.setattr(probe, "whole", lambda port: answers.pop(0))
    assert well(part(free(1)[0]), PID).good


def test_a_health_port_that_another_program_has_is_told_with_its_setting(monkeypatch):
    monkeypatch.setattr(probe, "PATIENCE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = well(part(port), PID)
    assert not found.good
    assert f"Port {port} (Streams) is taken by another program" in found.english
    assert f"pid {os.getpid()}" in found.english
    assert "change IOC_STREAMS_HEALTH_PORT" in found.english
