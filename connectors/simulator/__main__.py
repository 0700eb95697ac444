"""`python -m connectors.simulator`: the pretend ward, until it is told to stop."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from datetime import timedelta
from functools import partial

from pydantic import SecretStr

from connectors.settings import ConnectorsSettings
from connectors.simulator.mark import Mark
from connectors.simulator.plan import DOSSIERS, WEBHOOKS
from connectors.simulator.protocols.centre import Centre
from connectors.simulator.protocols.devices import OWN_CONNECTION, Devices
from connectors.simulator.protocols.rest import RestServer, rest
from connectors.simulator.protocols.street_cameras import StreetCameras
from connectors.simulator.protocols.webhooks import Sender
from connectors.simulator.settings import SimulatorSettings
from connectors.simulator.systems import kiosk, office
from connectors.simulator.ward import Pretend
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import IngestSettings, read_settings
from ingest.mqtt.subscriber import MqttServer
from ingest.runtime.process import prepare_process

log = logging.getLogger("connectors.simulator")

SAVE_EVERY = 2.0
EQUIPMENT = "equipment"
SIGN_OF_LIFE = timedelta(seconds=5)
"""Real time between two heartbeats of each system that posts."""


def main() -> int:
    """Play until told to stop; the exit code is 0 only then."""
    prepare_process("simulator")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        ingest = read_settings(IngestSettings)
        if not ingest.pretend:
            raise ConfigurationError(
                "IOC_PRETEND is not true: the board would not say that its figures are pretended. Set it, or use ./ioc up."
            )
        asyncio.run(play(ingest, read_settings(ConnectorsSettings), read_settings(SimulatorSettings)))
    except ConfigurationError as error:
        log.error("%s", error)
        return 1
    except BaseExceptionGroup as errors:
        wrong, others = errors.split(ConfigurationError)
        if others is not None or wrong is None:
            raise
        log.error("%s", wrong.exceptions[0])
        return 1
    return 0


async def play(ingest: IngestSettings, settings: ConnectorsSettings, own: SimulatorSettings) -> None:
    """Play the ward until the process is told to stop.

    Args:
        ingest: the ward and its clock.
        settings: where the connectors are, and the secrets shared with them.
        own: what to play.

    Raises:
        ConfigurationError: a secret is missing, or the port is taken.
    """
    ending = asyncio.Event()
    for end in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(end, ending.set)
    clock, pretend = ingest.clock(), Pretend(own.seed, ingest.ward)
    mark = Mark(ingest.data_folder / "simulator" / "mark.json", pretend, clock.now(), own.backfill)
    secrets = {system: settings.webhook_secrets(system)[0] for system in WEBHOOKS}
    scheme = "https" if settings.intake_certificate else "http"
    url = f"{scheme}://{settings.intake_host}:{settings.intake_port}"
    sender = Sender(url, secrets, pretend, clock, ingest.clock_speed, mark)
    devices = Devices(partial(_mqtt, settings), pretend, clock, mark, own.device_memory)
    token = settings.token(DOSSIERS, pretend=True) or SecretStr("")
    community = settings.token(EQUIPMENT, pretend=True) or SecretStr("")
    devices_list = ingest.data_folder / "simulator" / f"{EQUIPMENT}.csv"
    centre = Centre(pretend, clock, community.get_secret_value(), devices_list)
    passwords = [(settings.token(id_, pretend=True) or SecretStr("")).get_secret_value() for id_ in ("isapi", "onvif")]
    street = StreetCameras(pretend, clock, (passwords[0], passwords[1]), ingest.data_folder / "simulator")
    server = RestServer(rest(pretend, clock, token.get_secret_value(), lambda: mark.since), settings.simulator_port)
    log.info("the pretend ward starts at %s, seed %d, speed %g", clock.now(), own.seed, ingest.clock_speed)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(sender.speak(system)) for system in WEBHOOKS]
        tasks.append(group.create_task(sender.live(kiosk.heartbeat, SIGN_OF_LIFE)))
        for system in WEBHOOKS[1:]:
            tasks.append(group.create_task(sender.live(partial(office.sign_of_life, system), SIGN_OF_LIFE)))
        tasks += [group.create_task(devices.gateway()), group.create_task(devices.cameras())]
        tasks.append(group.create_task(devices.desk()))
        tasks += [group.create_task(devices.loudspeaker(device)) for device in sorted(OWN_CONNECTION)]
        tasks += [group.create_task(_keep(mark)), group.create_task(centre.run()), group.create_task(street.run())]
        serving = group.create_task(_serve(server, settings.simulator_port))
        await ending.wait()
        server.should_exit = True
        for task in tasks:
            task.cancel()
        await serving
    await sender.close()
    mark.save()
    log.info("stopped")


def _mqtt(settings: ConnectorsSettings, account: str) -> MqttServer:
    """The MQTT broker as devices with this account see it; the ward's own broker has one account for all."""
    host, port, tls = settings.mqtt_address()
    if settings.mqtt_url:
        return MqttServer(host, port, settings.mqtt_user, settings.mqtt_password, tls, settings.mqtt_ca_file)
    password = SecretStr(settings.mqtt_account_password(account))
    return MqttServer(host, port, account, password, tls, settings.mqtt_certificate, any_host_name=True)


async def _serve(server: RestServer, port: int) -> None:
    with suppress(SystemExit):
        await server.serve()
        return
    raise ConfigurationError(f"Port {port} is taken; set IOC_CONNECTORS_SIMULATOR_PORT to a free one.")


async def _keep(mark: Mark) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY)
        await asyncio.to_thread(mark.save)


if __name__ == "__main__":
    sys.exit(main())
