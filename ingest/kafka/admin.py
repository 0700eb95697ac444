"""What is asked of Kafka about itself: its topics, and a group's members."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, UserScramCredentialUpsertion
from kafka.errors import (
    AuthorizationError,
    CoordinatorNotAvailableError,
    InvalidReplicationFactorError,
    KafkaError,
    TopicAlreadyExistsError,
)

from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import Topic, all_topics
from ingest.kafka.client import OWN_MECHANISM, OWN_USER, bootstrap_options, check_reachable, own_password
from ingest.kafka.client import client_options as client_options

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=10)
"""How long one question to Kafka may take."""


@contextmanager
def connect_admin(settings: IngestSettings, options: dict[str, Any] | None = None) -> Iterator[KafkaAdminClient]:
    """A connection for questions about Kafka itself.

    Args:
        settings: which Kafka.
        options: how to connect, where it is not `client_options`.

    Raises:
        Unavailable: nobody answers, not in time, or not to our log-in.
        ConfigurationError: the certificate or a right is refused.
    """
    check_reachable(settings)
    limit = round(PATIENCE.total_seconds() * 1000)
    connections: list[Any] = []

    def connection(**configs: Any) -> Any:
        connections.append(KafkaAdminClient.DEFAULT_CONFIG["kafka_client"](**configs))
        return connections[-1]

    try:
        try:
            client = KafkaAdminClient(
                **(options or client_options(settings)),
                client_id="ward-ioc-admin",
                request_timeout_ms=limit,
                bootstrap_timeout_ms=limit,
                kafka_client=connection,
            )
        except BaseException:  # the library leaves the thread and the sockets of a client that it could not make
            for one in connections:
                one.close()
            raise
        with closing(client):
            yield client
    except AuthorizationError as error:
        raise ConfigurationError(f"Kafka at {settings.bootstrap} refuses our user a right: {error}") from error
    except KafkaError as error:
        raise Unavailable("Kafka", f"{settings.bootstrap}: {type(error).__name__} {error}.{_hint(settings)}") from error


def make_account(settings: IngestSettings) -> None:
    """Give our own Kafka the account by which it and its clients know each other, as the secret is now; existing folders too.

    Whoever calls this has seen that our own process listens on the port: this one log-in shows the password.

    Raises:
        Unavailable: it does not answer.
    """
    with connect_admin(settings, bootstrap_options(settings)) as client:
        client.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(OWN_USER, OWN_MECHANISM, password=own_password(settings))]
        )


def wanted_topics(settings: IngestSettings) -> list[Topic]:
    """The topics that this install declares, with what is the install's: how many replicas must have a record."""
    acknowledged = {"min.insync.replicas": str(settings.min_insync_replicas)}
    declared = all_topics(round(settings.kafka_retention.total_seconds() * 1000))
    return [Topic(name, {**configs, **acknowledged}) for name, configs in declared]


def missing_topics(settings: IngestSettings) -> list[str]:
    """Declared topics that Kafka does not have yet; empty means that producers and workers can start."""
    with connect_admin(settings) as client:
        there = set(client.list_topics())
    return [topic.name for topic in wanted_topics(settings) if topic.name not in there]


def make_topics(settings: IngestSettings) -> list[str]:
    """Make the declared topics that are missing; existing ones are never altered, but differences are logged.

    Returns:
        The names of those made.
    """
    wanted = wanted_topics(settings)
    with connect_admin(settings) as client:
        there = set(client.list_topics())
        made = [topic for topic in wanted if topic.name not in there]
        _warn_of_differences(client, [topic for topic in wanted if topic.name in there], settings)
        if made:
            _create(client, made, settings)
        client.wait_for_topics([topic.name for topic in wanted], timeout_ms=round(PATIENCE.total_seconds() * 1000))
    return [topic.name for topic in made]


def group_members(settings: IngestSettings, group: str) -> int:
    """How many consumers of a group have their partitions; 0 while the group is being formed."""
    with connect_admin(settings) as client:
        try:
            described = client.describe_groups([group])[group]
        except CoordinatorNotAvailableError:
            return 0
    return len(described["members"]) if described["group_state"] == "Stable" else 0


def _hint(settings: IngestSettings) -> str:
    """What to add to an error: the library reports a refused log-in as a time-out, or not at all."""
    if not settings.kafka_bootstrap or "SASL" not in settings.kafka_security_protocol:
        return ""
    return " A log-in that is refused looks like this too: see IOC_KAFKA_USERNAME, _PASSWORD and _SASL_MECHANISM."


def _create(client: KafkaAdminClient, made: list[Topic], settings: IngestSettings) -> None:
    shape = {"num_partitions": settings.kafka_partitions, "replication_factor": settings.kafka_replication_factor}
    try:
        client.create_topics({topic.name: {**shape, "configs": topic.configs} for topic in made})
    except TopicAlreadyExistsError:
        log.info("another process created the same topics")
    except InvalidReplicationFactorError as error:
        copies = settings.kafka_replication_factor
        raise ConfigurationError(
            f"IOC_KAFKA_REPLICATION_FACTOR={copies} is more than the cluster has brokers."
        ) from error


def _warn_of_differences(client: KafkaAdminClient, present: list[Topic], settings: IngestSettings) -> None:
    if not present:
        return
    names = [topic.name for topic in present]
    for described in client.describe_topics(names):
        count = len(described["partitions"])
        if count != settings.kafka_partitions:
            said = settings.kafka_partitions
            log.warning(
                "%s has %d partitions, IOC_KAFKA_PARTITIONS is %d; the topic is not changed",
                described["name"],
                count,
                said,
            )
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = client.describe_configs(resources, config_filter="all")["topic"]
    for topic in present:
        for name, value in topic.configs.items():
            actual = found[topic.name].get(name, {}).get("value")
            if actual != value:
                log.warning("%s has %s=%s, declared is %s; the topic is not changed", topic.name, name, actual, value)
