"""The connectors of an install with real ports and without Kafka: what they send is kept in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from commands.install.ports import free_ports
from connectors.__main__ import connector_endpoints
from connectors.managed.administration import SourceAdministration
from connectors.managed.watch import SourceWatch
from connectors.settings import ConnectorsSettings
from ingest.administration.remote import administration_router
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.mqtt.subscriber import Subscriber
from ingest.runner import ConnectorRunner
from tests.ingest.support.toy import context, until

SECRET = SecretStr("s" * 16 + "abcdefgh" * 4)


class NoKafka:
    """Takes what is sent and keeps it."""

    away = False

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.letters: list[Any] = []
        self.refuses = False
        self.refused = 0

    async def start(self) -> None:
        await asyncio.Event().wait()

    async def stop(self) -> None:
        return None

    async def send(self, events: Sequence[Any]) -> None:
        if self.refuses:
            self.refused += 1
            raise Unavailable("Kafka", "refuses")
        self.sent += [one.data for one in events]

    async def dead_letter(self, *letters: Any) -> None:
        self.letters += letters

    def told(self, id_: str) -> list[str]:
        """What was told of a source's light."""
        return [one.kind for one in self.sent if getattr(one, "source_id", "") == id_]


class InstallWithoutKafka:
    """The connectors of an install, without Kafka."""

    def __init__(self, folder: Path, shared: SecretStr | None = None, **changed: Any) -> None:
        self.intake, self.mqtt = free_ports(2)
        self.folder = folder
        self.settings = ConnectorsSettings(
            _env_file=None,
            webhook_secret=SECRET,
            mqtt_secret=SECRET,
            intake_port=self.intake,
            mqtt_port=self.mqtt,
            **changed,
        )
        self.watch = SourceWatch(folder, self.settings)
        self.kafka = NoKafka()
        self.ingest = IngestSettings(_env_file=None, data_folder=folder)
        self.marks: list[Any] = []
        desk = SourceAdministration(
            folder,
            self.settings,
            lambda: self.watch.now,
            lambda: self.runner.sources,
            context("ward"),
            partial(context, "trial"),
            lambda _, mark: self.marks.append(mark),
        )
        self.routers = [administration_router(desk.answer, shared)] if shared else []
        kafka: Any = self.kafka
        self.runner = ConnectorRunner(
            self.watch.connectors(), self.endpoints(), kafka, context("ward"), timedelta(milliseconds=20)
        )

    def endpoints(self) -> Any:
        reach = connector_endpoints(self.watch.connectors(), self.ingest, self.watch.now.settings)
        assert reach.broker is not None
        broker = replace(reach.broker, password=lambda account: self.watch.now.settings.mqtt_account_password(account))
        return replace(reach, broker=broker, routers=self.routers)

    async def look(self) -> None:
        """Take up what was changed."""
        changed = await asyncio.to_thread(self.watch.look)
        await self.runner.renew(self.watch.connectors(), self.endpoints(), changed, self.watch.unwatched())

    def is_subscribed(self) -> bool:
        readers = [one.reader for one in self.runner.sources.values() if isinstance(one.reader, Subscriber)]
        return bool(readers) and all(one.is_subscribed for one in readers)

    def light(self, id_: str) -> bool | None:
        status = self.runner.sources[id_].source_status
        return status.reachable if status.is_known else None

    async def run(self, ending: asyncio.Event) -> None:
        """Run, and take up what is changed, until told to end."""

        async def renew(connectors: Any, changed: set[str]) -> None:
            await self.runner.renew(connectors, self.endpoints(), changed, self.watch.unwatched())

        watching = asyncio.create_task(self.watch.run(renew))
        try:
            await self.runner.run(ending)
        finally:
            watching.cancel()


@asynccontextmanager
async def running_install(folder: Path) -> AsyncIterator[InstallWithoutKafka]:
    made, ending = InstallWithoutKafka(folder), asyncio.Event()
    task = asyncio.create_task(made.runner.run(ending))
    await until(lambda: task.done() or made.is_subscribed())
    assert not task.done(), task.exception()
    try:
        yield made
    finally:
        ending.set()
        await task
