"""`python -m connectors [--only id,id]`: all connectors, the HTTP intake, and the embedded MQTT broker."""

import argparse
import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import APIRouter
from pydantic import SecretStr

from connectors import catalogue
from connectors.managed.administration import SourceAdministration
from connectors.managed.watch import SourceWatch
from connectors.settings import ConnectorsSettings
from ingest.administration.reach import check_host, check_reach
from ingest.administration.remote import administration_router
from ingest.contract.connector import Connector, Context, DeviceProbe, Webhook, is_asked
from ingest.contract.envelope import envelope
from ingest.contract.errors import ConfigurationError
from ingest.contract.event import Event
from ingest.contract.settings import HealthSettings, IngestSettings, read_settings
from ingest.kafka import checks
from ingest.kafka.producer import Producer
from ingest.mqtt.broker import OWN, BrokerSettings
from ingest.mqtt.subscriber import MqttServer
from ingest.replay.remote import dead_letter_router
from ingest.replay.replay import SourceReplay
from ingest.runner import ConnectorEndpoints, ConnectorRunner, Work
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
        asyncio.run(_run(only, ingest, settings))
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


def check_known(connectors: Sequence[Connector], only: Sequence[str]) -> None:
    """See that the connectors that are asked for are there.

    Raises:
        ConfigurationError: one of `only` is none.
    """
    known = [connector.id for connector in connectors]
    if missing := [id_ for id_ in only if id_ not in known]:
        raise ConfigurationError(f"There is no connector {', '.join(missing)}; there are {', '.join(known)}.")


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
    asked = {one.id: ingest.pretend and one.reads is None for one in connectors if is_asked(one.way)}
    urls = {id_: settings.url(id_, pretend=pretend) for id_, pretend in asked.items()}
    asked |= {one.id: ingest.pretend and one.reads is None for one in connectors if isinstance(one.way, DeviceProbe)}
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
        syslog_host=settings.syslog_host,
        # The devices of the pretend ward are on this PC.
        host_guard=None if ingest.pretend else partial(check_host, allowed=settings.reachable),
        inventory=ingest.data_folder / ("simulator" if ingest.pretend else "inventory"),
        pretend_devices=_pretend_devices(ingest),
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
            previous=settings.previous_mqtt_password,
        )
        if embedded
        else None,
    )


def _pretend_devices(ingest: IngestSettings) -> Path | None:
    """Where the pretend ward writes the lists of the cameras that it plays."""
    return ingest.data_folder / "simulator" if ingest.pretend else None


def _replay(ingest: IngestSettings) -> SourceReplay:
    """What maps dead letters again, whichever connectors run here."""
    return SourceReplay(catalogue(ingest.data_folder), ingest.ward, pseudonymiser(ingest.pseudonym_secret))


async def _run(only: Sequence[str], ingest: IngestSettings, settings: ConnectorsSettings) -> None:
    watch = SourceWatch(ingest.data_folder, settings, only, _pretend_devices(ingest))
    check_known([*watch.now.connectors, *watch.now.off], only)
    secret = ingest.pseudonym_secret
    context = Context(clock=ingest.clock(), ward=ingest.ward, pseudonym=pseudonymiser(secret))
    ending = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(end, ending.set)
    heartbeat = max(EVERY / ingest.clock_speed, FASTEST)
    producer, pulse = Producer(ingest, DiskSpace(ingest)), Pulse()
    beat = SystemHeartbeatSender(context, producer, heartbeat)

    def endpoints() -> ConnectorEndpoints:
        connectors, now = watch.connectors(), watch.now.settings
        reach = connector_endpoints(connectors, ingest, now)
        # Passwords are asked for as they are when a device logs in, and not as they were when the broker began.
        broker = reach.broker and replace(
            reach.broker,
            password=lambda account: watch.now.settings.mqtt_account_password(account),
            previous=lambda account: watch.now.settings.previous_mqtt_password(account),
        )
        guards = {
            id_: partial(check_reach, url, now.reachable) for id_, url in reach.urls.items() if id_ not in settings.urls
        }
        guards = {} if ingest.pretend else guards  # the pretend ward is on this PC
        return replace(reach, broker=broker, guards=guards, routers=_routers(ingest, administration))

    async def renew(connectors: Sequence[Connector], changed: set[str]) -> None:
        await runner.renew(connectors, endpoints(), changed, watch.unwatched())

    loop = asyncio.get_running_loop()

    def send(connector: Connector, event: Event) -> None:
        """Send an event of the connectors themselves, from another thread than the loop's."""
        wrapped = envelope(
            event, ward=ingest.ward, source=connector.source(ingest.ward), recorded_at=context.clock.now()
        )
        asyncio.run_coroutine_threadsafe(producer.send([wrapped]), loop).result()

    administration = SourceAdministration(
        ingest.data_folder,
        settings,
        lambda: watch.now,
        lambda: runner.sources,
        context,
        partial(_trial_context, ingest),
        send,
    )
    beside: dict[str, Work] = {"heartbeat": beat.run, "pulse": pulse.run, "watch": partial(watch.run, renew)}
    runner = ConnectorRunner(watch.connectors(), endpoints(), producer, context, heartbeat, beside)
    ready = Readiness(
        {"kafka": checks.check_kafka(ingest), "disk": checks.check_disk_space(ingest), "heartbeat": beat.check}
    )
    metrics.HEARTBEAT_AGE.labels(metrics.IN_KAFKA).set_function(beat.age)
    registry = metrics.registry(metrics.ReceivedCollector(lambda: runner.counts), *metrics.OF_CONNECTORS)
    health = Health("connectors", Liveness(pulse, [beat.progress], ready), ready, registry, lambda: dict(runner.counts))
    serve_health(health, listener_of(read_settings(HealthSettings), settings.health_port))
    await runner.run(ending)


def _routers(ingest: IngestSettings, administration: SourceAdministration) -> list[APIRouter]:
    """What the board asks, if it has the secret to do so."""
    if ingest.letters_secret is None:
        return []
    secret = ingest.letters_secret
    return [dead_letter_router(partial(_replay, ingest), secret), administration_router(administration.answer, secret)]


def _trial_context(ingest: IngestSettings) -> Context:
    """For trying: no pseudonym of it is a real one."""
    return Context(ingest.clock(), ingest.ward, pseudonymiser(SecretStr(secrets.token_urlsafe(32))))


def _arguments() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m connectors", description=__doc__)
    parser.add_argument("--only", default="", metavar="id,id", help="run only these connectors")
    return [id_.strip() for id_ in parser.parse_args().only.split(",") if id_.strip()]


if __name__ == "__main__":
    sys.exit(main())
