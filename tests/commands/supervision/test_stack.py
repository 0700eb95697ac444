import pytest

from commands.supervision.stack import NotReadyError, Stack
from ingest.contract.settings import IngestSettings
from ingest.kafka import admin
from ingest.network.sockets import is_listening

pytestmark = pytest.mark.embedded


@pytest.mark.long
def test_a_stack_runs_in_its_own_folder_and_ends_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("IOC_KAFKA_PORT", "1")
    monkeypatch.setenv("IOC_WARD", "other")
    with Stack(tmp_path, ("ingest",), {"IOC_KAFKA_PARTITIONS": "2"}) as stack:
        settings = stack.settings(IngestSettings)
        assert settings == stack.install.ingest
        assert (settings.ward, settings.kafka_partitions, settings.data_folder) == ("hong-bang", 2, tmp_path)
        assert admin.missing_topics(settings) == []
        assert set(stack.memory()) == {"ingest"}
        assert "Kafka ready" in stack.log("ingest")
        before = stack.pid("ingest")
        stack.kill("ingest")
        assert stack.pid("ingest") is None
        stack.restart("ingest")
        assert stack.pid("ingest") not in (None, before)
        assert admin.missing_topics(settings) == []
    assert stack.pid("ingest") is None
    assert not is_listening(settings.kafka_port)


def test_a_part_that_cannot_start_says_why(tmp_path):
    with (
        pytest.raises(NotReadyError, match=r"(?s)ingest ended with code 1.*heap"),
        Stack(tmp_path, ("ingest",), {"IOC_KAFKA_HEAP": "1m"}),
    ):
        pass


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no such process: nothing"):
        Stack(tmp_path, ("nothing",))
