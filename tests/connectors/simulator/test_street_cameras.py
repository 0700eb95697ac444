"""The pretend ward's cameras, read by the readers of real ones: what is wrong with them, what they notice, and that it ends."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from connectors.isapi import CONNECTOR as ISAPI
from connectors.onvif import CONNECTOR as ONVIF
from connectors.simulator.protocols.street_cameras import StreetCameras
from connectors.simulator.systems.cameras import ISAPI_CAMERA, ONVIF_CAMERA, noticed, states
from connectors.simulator.ward import Pretend
from ingest.devices.listed import device_list, listed_devices
from tests.connectors.support.taking import Still
from tests.ingest.devices.test_reader import read
from tests.ingest.support.toy import until

PRETEND, START = Pretend(), datetime(2026, 11, 16, tzinfo=UTC)
DAYS = [START + timedelta(minutes=n) for n in range(28 * 24 * 60)]


def first(camera: str, kind: str) -> datetime:
    """When something is wrong with a camera for the first time in four weeks."""
    return next(at for at in DAYS if kind in states(PRETEND, camera, at))


async def test_a_covered_lens_is_told_and_is_over(tmp_path: Path) -> None:
    clock = Still(START)
    street = asyncio.create_task(StreetCameras(PRETEND, clock, ("one", "other"), tmp_path, 0.05).run())
    await until(lambda: device_list(tmp_path, "onvif").exists())
    async with AsyncExitStack() as stack:
        for connector, camera in ((ISAPI, ISAPI_CAMERA), (ONVIF, ONVIF_CAMERA)):
            (device,) = listed_devices(tmp_path / "own", connector.id, tmp_path)
            sink, status, _ = await stack.enter_async_context(read(connector, [device]))
            await until(lambda sink=sink, camera=camera: "online" in sink.told(camera))
            assert status.reachable
            for kind, told in (("covered", "tamper active"), ("no_picture", "offline")):
                clock.moment = first(camera, kind)
                await until(lambda sink=sink, camera=camera, told=told: told in sink.newest(camera), 15)
                clock.moment = START
                await until(lambda sink=sink, camera=camera, told=told: told not in sink.newest(camera), 15)
            assert sink.letters == []
    street.cancel()
    await asyncio.gather(street, return_exceptions=True)


def test_it_notices_the_same_however_it_is_asked() -> None:
    day = START + timedelta(days=1)
    for camera in (ISAPI_CAMERA, ONVIF_CAMERA):
        whole = noticed(PRETEND, camera, START, day)
        halves = noticed(PRETEND, camera, START, day - timedelta(hours=7)) + noticed(
            PRETEND, camera, day - timedelta(hours=7), day
        )
        assert whole == halves
        assert 150 < len([one for one in whole if one.kind == "crossing"]) < 500
        assert all(one.begins < one.ends for one in whole)
