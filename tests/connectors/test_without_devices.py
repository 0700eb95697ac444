"""Every source, in code and declared, without its device: none has a live light, and none is missed. Kafka is not there either."""

import asyncio
import json
import re
from functools import partial
from pathlib import Path

import httpx
import pytest

from connectors.declared.ready import READY
from connectors.managed.choices import SourceChoice, SourceChoices
from connectors.managed.watch import SourceWatch
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import Subscription
from tests.connectors.support.install import SECRET, InstallWithoutKafka, running_install
from tests.ingest.support.mqtt_device import device
from tests.ingest.support.toy import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "connectors").mkdir()
    for one in READY.glob("*.toml"):
        text = re.sub(r"10\.20\.0\.\d+", "loa.invalid", one.read_text("utf-8"))  # devices that nobody has
        (tmp_path / "connectors" / f"{one.stem}_x.toml").write_text(text, "utf-8")
    return tmp_path


async def test_no_source_has_a_light_before_its_device_has_spoken(folder: Path) -> None:
    async with running_install(folder) as install:
        await asyncio.sleep(0.3)  # fifteen heartbeats
        lights = {id_: install.light(id_) for id_ in install.runner.sources}
        assert lights == dict.fromkeys(lights, None)
        assert {
            "queue_kiosk",
            "frigate",
            "smart_loudspeaker",
            "camera_desk",
            "petition_vendor_x",
            "platform_posts_x",
        } <= lights.keys()
        assert install.kafka.sent == [], "neither heartbeats nor outages"
        with device(
            install.mqtt, user="camera_desk", password=install.settings.mqtt_account_password("camera_desk")
        ) as one:
            one.publish("camera_desk/acknowledged", json.dumps({"no": "event"}))
            await until(lambda: install.light("camera_desk"))
        await until(lambda: "source.heartbeat" in install.kafka.told("camera_desk"))
        assert install.light("frigate") is None


async def test_what_a_broker_remembers_is_no_sign_of_life(folder: Path) -> None:
    async with running_install(folder) as install:
        password = install.settings.mqtt_account_password("smart_loudspeaker")
        with device(install.mqtt, user="smart_loudspeaker", password=password) as one:
            one.publish("loa/tdp-017-l1/online", "online", retain=True)
            await until(lambda: install.light("smart_loudspeaker"))
        (folder / "connectors" / "smart_loudspeaker.heard").unlink()
        for is_off in (True, False):
            switched = partial(SourceChoice.model_copy, update={"is_off": is_off})
            SourceChoices(folder).change("smart_loudspeaker", switched)
            await install.look()
        await until(lambda: install.runner.sources["smart_loudspeaker"].mapper.counts["messages"])
        assert install.light("smart_loudspeaker") is None


async def test_a_source_is_switched_off_and_on_and_a_declaration_is_taken_up_while_the_others_go_on(
    folder: Path,
) -> None:
    async with running_install(folder) as install, httpx.AsyncClient(trust_env=False) as http:
        url = f"http://127.0.0.1:{install.intake}/intake/petition_vendor_x"

        async def status() -> int:
            return (await http.post(url, json={}, headers={"x-signature": "no"})).status_code

        others = {id_: one for id_, one in install.runner.sources.items() if id_ != "petition_vendor_x"}
        SourceChoices(folder).change("petition_vendor_x", lambda one: one.model_copy(update={"is_off": True}))
        await install.look()
        assert "petition_vendor_x" not in install.runner.sources
        await until(lambda: install.kafka.told("petition_vendor_x") == ["source.off"])
        assert await status() == 401
        SourceChoices(folder).change("petition_vendor_x", lambda one: one.model_copy(update={"is_off": False}))
        await install.look()
        assert await status() == 401, "whether there is such a source is told to nobody who cannot sign"
        assert "petition_vendor_x" in install.runner.sources
        broken = folder / "connectors" / "broken_x.toml"
        broken.write_text("label = 1", "utf-8")
        await install.look()
        await until(lambda: install.kafka.told("broken_x") == ["source.down"])
        broken.write_text((READY / "platform_posts.toml").read_text("utf-8"), "utf-8")
        await install.look()
        assert install.light("broken_x") is None
        broken.unlink()
        await install.look()
        await until(lambda: install.kafka.told("broken_x") == ["source.down", "source.off"])
        assert {id_: install.runner.sources[id_] for id_ in others} == others, "begun once and never anew"


async def test_an_mqtt_source_can_be_the_first_one_of_a_running_install(tmp_path: Path) -> None:
    for one in SourceWatch(
        tmp_path, ConnectorsSettings(_env_file=None, webhook_secret=SECRET, mqtt_secret=SECRET)
    ).connectors():
        if isinstance(one.way, Subscription):
            SourceChoices(tmp_path).change(one.id, lambda known: known.model_copy(update={"is_off": True}))
    install, ending = InstallWithoutKafka(tmp_path), asyncio.Event()
    task = asyncio.create_task(install.runner.run(ending))
    SourceChoices(tmp_path).change("frigate", lambda known: known.model_copy(update={"is_off": False}))
    await asyncio.sleep(0)
    await until(lambda: install.runner.sources)
    await install.look()
    await until(install.is_subscribed)
    ending.set()
    await task


async def test_it_ends_in_time_though_kafka_never_hears_that_a_source_is_off(folder: Path) -> None:
    SourceChoices(folder).change("frigate", lambda one: one.model_copy(update={"is_off": True}))
    install, ending = InstallWithoutKafka(folder), asyncio.Event()
    install.kafka.refuses = True
    task = asyncio.create_task(install.run(ending))
    await until(lambda: install.kafka.refused)
    ending.set()
    async with asyncio.timeout(10):
        await task
