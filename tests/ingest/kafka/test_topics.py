"""What is the install's about a topic: its copies, and how many must have a record."""

from typing import Any

import pytest
from pydantic import ValidationError

from ingest.contract.settings import IngestSettings
from ingest.kafka.admin import wanted_topics


def settings(**changed: Any) -> IngestSettings:
    return IngestSettings(_env_file=None, **changed)


@pytest.mark.parametrize(("replicas", "in_sync"), [(1, "1"), (2, "2"), (3, "2"), (5, "3")])
def test_a_record_is_acknowledged_when_more_than_half_of_the_replicas_have_it(replicas: int, in_sync: str) -> None:
    topics = wanted_topics(settings(kafka_replication_factor=replicas))
    assert len(topics) > 5
    assert {topic.configs["min.insync.replicas"] for topic in topics} == {in_sync}


def test_an_install_may_want_more_or_fewer() -> None:
    topics = wanted_topics(settings(kafka_replication_factor=3, kafka_min_insync_replicas=3))
    assert {topic.configs["min.insync.replicas"] for topic in topics} == {"3"}


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(ValidationError, match="IOC_KAFKA_REPLICATION_FACTOR"):
        settings(kafka_min_insync_replicas=2)
