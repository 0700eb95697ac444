import socket

from streams.settings import StreamsSettings


def test_a_worker_without_a_name_is_called_as_its_host(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "0f3c_streams.ward.example.vn.and.more.of.it")
    named = StreamsSettings(_env_file=None, worker="")
    assert named.worker == "0f3c-streams-ward-example-vn-and"
    assert named.own_health_port == named.health_port  # in its container it is alone
    assert StreamsSettings(_env_file=None).worker == "1"
