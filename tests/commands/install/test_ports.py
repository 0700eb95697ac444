import os
import socket

from commands.install import ports
from commands.install.ports import free_ports, is_taken, port_holder


def test_free_ports_differ_and_are_free():
    found = free_ports(5)
    assert len(set(found)) == 5
    assert not any(is_taken(port) for port in found)


def test_a_port_that_was_given_and_is_not_listened_on_yet_is_not_given_again(monkeypatch):
    (port,) = free_ports(1)
    monkeypatch.setattr(ports, "BELOW_OUTGOING", (port, port + 50))
    assert port not in free_ports(20)


def test_a_taken_port_names_its_program():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_taken(port)
        assert port_holder(port).pid == os.getpid()
    assert not is_taken(port)


def test_a_listener_on_all_addresses_takes_the_loopback_port():
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert is_taken(server.getsockname()[1])
