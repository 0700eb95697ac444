"""`python -m connectors [--only id,id]`: all connectors, the HTTP intake, and the embedded MQTT broker."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from pydantic import SecretStr

from connectors import catalogue
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import Connector, Context, Poll, SqlTable, Webhook
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka import checks
from ingest.kafka.producer import Producer
from ingest.mqtt.broker import OWN, BrokerSettings
from ingest.mqtt.subscriber import MqttServer
from ingest.replay.remote import dead_letter_router
from ingest.replay.replay import SourceReplay
from ingest.runner import ConnectorEndpoints, ConnectorRunner
from ingest.runtime import failpoint, metrics
from ingest.runtime.disk_space import DiskSpace
from ingest.runtime.health import Health, listener_of, serve_health
from ingest.runtime.liveness import Liveness, Pulse
from ingest.runtime.process import prepare_process
from ingest.runtime.readiness import Readiness
from ingest.source.status import EVERY
from ingest.source.system_heartbeat import SystemHeartbeatSender
from ingest.untrusted.pseudonym import pseudonymiser
from ingest.webhook.routes import PostLimits
from ingest.webhook.server import WebhookSettings

log = logging.getLogger("connectors")

FASTEST = timedelta(milliseconds=200)
"""Real time between two heartbeats at least, however fast the pretend clock runs."""


def main() -> int:
    """Run until told to stop; the exit code is 0 only then."""
    prepare_process("connectors")
    for told_by_us in ("aiokafka", "uvicorn", "amqtt"):
        logging.getLogger(told_by_us).setLevel(logging.CRITICAL)
    only = _arguments()
    try:
        ingest, settings = read_settings(IngestSettings), read_settings(ConnectorsSettings)
        failpoint.arm_failpoints(ingest.failpoints)
        asyncio.run(_run(chosen_connectors(catalogue(ingest.data_folder), only), ingest, settings))
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    except BaseExceptionGroup as errors:
        wrong, others = errors.split(ConfigurationError)
        if others is not None:
            raise others from None
        log.error("%s", wrong.exceptions[0] if wrong else errors)
        return 1
    return 0


def chosen_connectors(connectors: Sequence[Connector], only: Sequence[str]) -> list[Connector]:
    """The connectors to run.

    Raises:
        ConfigurationError: one of `only` is none.
    """
    known = {connector.id: connector for connector in connectors}
    if missing := [id_ for id_ in only if id_ not in known]:
        raise ConfigurationError(f"There is no connector {', '.join(missing)}; there are {', '.join(known)}.")
    return [known[id_] for id_ in only] if only else list(connectors)


def connector_endpoints(
    connectors: Sequence[Connector], ingest: IngestSettings, settings: ConnectorsSettings
) -> ConnectorEndpoints:
    """How these connectors and their sources reach each other, as the settings say.

    Raises:
        ConfigurationError: a setting is wrong, or a secret has not been made.
    """
    settings.check_exposure()
    host, port, tls = settings.mqtt_address()
    embedded = not settings.mqtt_url
    posting = {one.id: one.way.proof for one in connectors if isinstance(one.way, Webhook)}
    # The pretend ward plays those that are in code.
    asked = {one.id: ingest.pretend and one.reads is None for one in connectors if isinstance(one.way, Poll | SqlTable)}
    urls = {id_: settings.url(id_, pretend=pretend) for id_, pretend in asked.items()}
    tokens = {id_: settings.token(id_, pretend=pretend) for id_, pretend in asked.items()}
    return ConnectorEndpoints(
        folder=ingest.data_folder / "connectors",
        listen=WebhookSettings(
            settings.intake_host, settings.intake_port, settings.intake_certificate, settings.intake_key
        ),
        limits=PostLimits(body=settings.intake_largest_body, per_second=settings.intake_per_second),
        webhook_secrets={id_: settings.post_secrets(id_, proof) for id_, proof in posting.items()},
        urls={id_: url for id_, url in urls.items() if url},
        tokens={id_: token for id_, token in tokens.items() if token},
        allowances=settings.allowances,
        mqtt=MqttServer(
            host,
            port,
            user=OWN if embedded else settings.mqtt_user,
            password=SecretStr(settings.mqtt_account_password(OWN)) if embedded else settings.mqtt_password,
            tls=tls,
            ca_file=settings.mqtt_certificate if embedded else settings.mqtt_ca_file,
            any_host_name=embedded,
        ),
        broker=BrokerSettings(
            settings.mqtt_host,
            settings.mqtt_port,
            settings.mqtt_account_password,
            settings.mqtt_certificate,
            settings.mqtt_key,
            frozenset(settings.mqtt_refused),
        )
        if embedded
        else None,
        routers=[dead_letter_router(partial(_replay, ingest), ingest.letters_secret)] if ingest.letters_secret else [],
    )


def _replay(ingest: IngestSettings) -> SourceReplay:
    """What maps dead letters again, whichever connectors run here."""
    return SourceReplay(catalogue(ingest.data_folder), ingest.ward, pseudonymiser(ingest.pseudonym_secret))


async def _run(connectors: Sequence[Connector], ingest: IngestSettings, settings: ConnectorsSettings) -> None:
    secret = ingest.pseudonym_secret
    context = Context(clock=ingest.clock(), ward=ingest.ward, pseudonym=pseudonymiser(secret))
    reach = connector_endpoints(connectors, ingest, settings)
    ending = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(end, ending.set)
    heartbeat = max(EVERY / ingest.clock_speed, FASTEST)
    producer, pulse = Producer(ingest, DiskSpace(ingest)), Pulse()
    beat = SystemHeartbeatSender(context, producer, heartbeat)
    beside = {"heartbeat": beat.run, "pulse": pulse.run}
    runner = ConnectorRunner(connectors, reach, producer, context, heartbeat, beside)
    ready = Readiness(
        {"kafka": checks.check_kafka(ingest), "disk": checks.check_disk_space(ingest), "heartbeat": beat.check}
    )
    metrics.HEARTBEAT_AGE.labels(metrics.IN_KAFKA).set_function(beat.age)
    registry = metrics.registry(metrics.ReceivedCollector(lambda: runner.counts), *metrics.OF_CONNECTORS)
    health = Health("connectors", Liveness(pulse, [beat.progress], ready), ready, registry, lambda: dict(runner.counts))
    serve_health(health, listener_of(read_settings(HealthSettings), settings.health_port))
    await runner.run(ending)


def _arguments() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m connectors", description=__doc__)
    parser.add_argument("--only", default="", metavar="id,id", help="run only these connectors")
    return [id_.strip() for id_ in parser.parse_args().only.split(",") if id_.strip()]


if __name__ == "__main__":
    sys.exit(main())
