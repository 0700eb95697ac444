"""When a query is ended that goes on beyond its time limit, and when its replica is: by a clock that goes on at each look at it."""

import socket
from types import SimpleNamespace

import pytest

from tests.support import warehouse_server
from warehouse.server.engine.engine import EngineError
from warehouse.server.native.wire import SocketReader, SocketWriter
from warehouse.server.replicas import pipe, pool
from warehouse.server.replicas.open_data import OpenData
from warehouse.server.replicas.pipe import Kind
from warehouse.server.replicas.pool import Replica, ReplicaQuestion

pytestmark = pytest.mark.processes

STEP = 0.25
LIMIT = 1.0
GRACE = 2.0
"""Seconds that a replica has to end its query: the promise of docs/security.md."""
TIME_LIMIT = 159

PROGRAM = """
import socket
import sys
from warehouse.server.replicas import pipe
connection = socket.socket(fileno=0)

def take():
    kind, size = pipe.receive_head(connection)
    pipe.receive_message(connection, size)
    return kind

take()
pipe.send_frame(connection, pipe.Kind.READY)
while True:
    if take() == pipe.Kind.END and sys.argv[1] == "obedient":
        pipe.send_frame(connection, pipe.Kind.REFUSED, {"code": 394, "text": "killed", "worn": False})
"""
"""A replica without an engine that never answers; an obedient one ends its query when it is told to."""


@pytest.fixture
def told(monkeypatch):
    """What was sent to the replica, each with the clock's time, and the clock."""
    sent, clock = [], SimpleNamespace(now=0.0)

    def monotonic():
        clock.now += STEP
        return clock.now

    def send_frame(connection, kind, message=None, send=pipe.send_frame):
        sent.append((kind, clock.now))
        send(connection, kind, message)

    monkeypatch.setattr(pool, "time", SimpleNamespace(monotonic=monotonic))
    monkeypatch.setattr(pipe, "send_frame", send_frame)
    return SimpleNamespace(sent=sent, clock=clock)


@pytest.mark.parametrize("manner", ["stubborn", "obedient"])
def test_a_query_is_told_to_end_at_its_limit_and_its_replica_is_ended_two_seconds_later(told, tmp_path, manner):
    settings, nothing = warehouse_server.settings_for(tmp_path / "ward"), OpenData({}, {}, {}, [])
    replica = Replica(tmp_path / "own", settings, nothing, ["-c", PROGRAM, manner])
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(EngineError) as ended:
        replica.answer(ReplicaQuestion("SELECT 1", {}, LIMIT), SocketReader(ours, 1), SocketWriter(ours))
    ended_at, is_alive = told.clock.now, replica.is_alive
    replica.end()
    assert ended.value.code == TIME_LIMIT
    (_, _), (question, asked), (end, told_to_end) = told.sent
    assert (question, end) == (Kind.QUESTION, Kind.END)
    assert LIMIT < told_to_end - asked <= LIMIT + 2 * STEP
    assert is_alive == (manner == "obedient")
    if manner == "stubborn":
        assert GRACE < ended_at - told_to_end <= GRACE + 2 * STEP
