"""Devices by their real protocols: one after the other, beside each other, cut off, refusing, garbling, with clocks that are wrong."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.isapi import CONNECTOR as ISAPI
from connectors.onvif import CONNECTOR as ONVIF
from connectors.onvif import INSIDE
from connectors.simulator.protocols.cameras import (
    CameraDevice,
    IsapiDevice,
    OnvifDevice,
    alert,
    as_part,
    at_work,
    notification,
    simple_item,
)
from ingest.contract.connector import AlertStream, Connector, PullPoint
from ingest.devices.listed import ListedDevice
from ingest.devices.reader import DeviceReader
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.connectors.support.cameras import ACCOUNT, PASSWORD, USER
from tests.connectors.support.taking import CONTEXT, NOW
from tests.ingest.support.toy import until


class Sink:
    """What got to Kafka."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.letters: list[Any] = []

    async def send(self, events: Any) -> None:
        self.events += [one.data for one in events]

    async def dead_letter(self, *letters: Any) -> None:
        self.letters += letters

    def told(self, camera: str) -> list[str]:
        """What was told of a camera: its light, and its faults."""
        return [
            f"{one.code} {one.state}" if one.kind == "health.fault" else one.kind.removeprefix("health.")
            for one in self.events
            if getattr(one, "camera_id", "") == camera
        ]

    def newest(self, camera: str) -> set[str]:
        """Which of a camera's states hold now."""
        states: dict[str, str] = {}
        for one in self.told(camera):
            name, _, state = one.partition(" ")
            states["sight" if name in ("online", "offline") else name] = one if state != "inactive" else ""
        return {one for one in states.values() if one}


@asynccontextmanager
async def followed(
    connector: Connector, **devices: CameraDevice | str
) -> AsyncIterator[tuple[Sink, SourceStatus, Mapper]]:
    """The devices of a source, by name, while they are followed; an address stands for one that is not there."""
    with ExitStack() as stack:
        urls = {
            name: one if isinstance(one, str) else stack.enter_context(at_work(one)) for name, one in devices.items()
        }
        listed = [
            ListedDevice(name=name, url=url, user=USER, password=SecretStr(PASSWORD)) for name, url in urls.items()
        ]
        async with read(connector, listed) as found:
            yield found


@asynccontextmanager
async def read(connector: Connector, listed: list[ListedDevice]) -> AsyncIterator[tuple[Sink, SourceStatus, Mapper]]:
    """Listed devices while they are followed."""
    sink: Any = Sink()
    mapper, status = Mapper(connector, CONTEXT), SourceStatus(connector, CONTEXT, sink)
    reader = DeviceReader(mapper, status, CircuitBreaker(status), sink, listed, timedelta(milliseconds=20))
    task = asyncio.create_task(reader.run())
    try:
        yield sink, status, mapper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


def isapi() -> tuple[Connector, IsapiDevice]:
    return ISAPI, IsapiDevice(*ACCOUNT)


def onvif() -> tuple[Connector, OnvifDevice]:
    return ONVIF, OnvifDevice(*ACCOUNT)


def silent_onvif() -> tuple[Connector, OnvifDevice]:
    """One that refuses an account without saying that it is for the account."""
    camera = OnvifDevice(*ACCOUNT)
    camera.reason = ""
    return ONVIF, camera


class LateDevice(IsapiDevice):
    """One that keeps who asks waiting until it may answer."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__(user, password)
        self.may_answer = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        self.may_answer.wait(60)
        super().answer(request, body)


each = pytest.mark.parametrize("make", [isapi, onvif])
AWAY = "http://127.0.0.1:9"


async def test_an_isapi_camera_from_its_digest_to_its_events() -> None:
    camera = IsapiDevice(*ACCOUNT)
    picture = as_part(b"\xff\xd8" + b"\0" * 300_000, "image/jpeg")
    async with followed(ISAPI, cong=camera) as (sink, status, _):
        await until(lambda: camera.streams)
        camera.say(
            as_part(alert("shelteralarm")),
            as_part(alert("fielddetection", more="<detectionTarget>human</detectionTarget>")),
        )
        camera.say(
            picture,
            as_part(alert("diskerror")),
            as_part(alert("videoloss")),
            as_part(alert("shelteralarm", "inactive")),
        )
        await until(lambda: sink.newest("cong") == {"offline", "detection.started", "disk_error active"})
        (seen,) = [one for one in sink.events if one.kind == "detection.started"]
        assert (seen.detection, seen.object_class, seen.origin, seen.started_at) == (
            "intrusion",
            "person",
            "isapi",
            NOW,
        )
        assert status.reachable
    assert sink.letters == []


async def test_an_onvif_camera_whose_clock_is_years_off_from_its_digest_to_its_events() -> None:
    camera = OnvifDevice(*ACCOUNT)
    camera.initial = [
        notification("VideoSource/GlobalSceneChange/ImagingService", "Initialized", simple_item("State", "true"))
    ]
    async with followed(ONVIF, cong=camera) as (sink, status, _):
        await until(lambda: sink.newest("cong") == {"online", "tamper active"})
        camera.say(
            notification("VideoSource/SignalLoss", data=simple_item("State", "true")),
            notification(INSIDE, data=simple_item("IsInside", "1")),
        )
        camera.say(notification("RuleEngine/LicensePlateRecognition", data=simple_item("Plate", "15A-123.45")))
        camera.say(
            notification(
                "Device/HardwareFailure/StorageFailure",
                data=simple_item("Failed", "true") + simple_item("Plate", "15A-123.45"),
            )
        )
        await until(lambda: "disk_error active" in sink.newest("cong"))
        assert {"offline", "detection.started"} <= sink.newest("cong")
        assert status.reachable
        assert {one.occurred_at for one in sink.events} == {NOW}
    assert camera.points == ["made", "given back"]
    assert sink.letters == []


@each
async def test_a_device_that_is_cut_off_is_asked_again_and_only_one_that_stays_away_is_lost(make: Callable[[], tuple[Connector, Any]]) -> None:  # fmt: skip
    connector, camera = make()
    async with followed(connector, cong=camera) as (sink, status, mapper):
        await until(lambda: sink.told("cong").count("online") == 1)
        if isinstance(camera, IsapiDevice):
            camera.cut()
            await until(lambda: sink.told("cong").count("online") == 2)
        camera.status = 503
        camera.ended.set()
        await until(lambda: sink.newest("cong") == {"offline", "network active"})
        await until(lambda: not status.reachable)
        assert (status.cause, mapper.counts["failed"] >= 1) == ("http_503", True)
        camera.status = 200
        camera.ended.clear()
        await until(lambda: sink.newest("cong") == {"online"})
        assert status.reachable


@each
async def test_one_device_that_is_away_or_talks_nonsense_disturbs_no_other(make: Callable[[], tuple[Connector, Any]]) -> None:  # fmt: skip
    (connector, good), (_, bad) = make(), make()
    if isinstance(bad, IsapiDevice):
        bad.opening = as_part(b"<half><a") * 400
    else:
        bad.body = b"<html>not SOAP</html>"
    async with followed(connector, tot=good, xau=bad, vang=AWAY) as (sink, status, mapper):
        await until(lambda: sink.newest("vang") == {"offline", "network active"} and sink.newest("tot") == {"online"})
        if isinstance(bad, IsapiDevice):
            await until(lambda: mapper.counts["set_aside"] > 100)
            assert {one.address for one in sink.letters} == {"xau"}
            assert 20 <= len(sink.letters) < 100
        else:
            await until(lambda: sink.newest("xau") == {"offline", "network active"})
        assert status.reachable
        if isinstance(good, IsapiDevice):
            good.say(as_part(alert("shelteralarm")))
        else:
            good.say(notification("RuleEngine/TamperDetector/Tamper", data=simple_item("IsTamper", "true")))
        await until(lambda: "tamper active" in sink.newest("tot"))


async def test_a_device_that_talks_nonsense_before_another_has_answered_does_not_stop_the_source() -> None:
    good, bad = LateDevice(*ACCOUNT), IsapiDevice(*ACCOUNT)
    bad.opening = as_part(b"<half><a") * 400
    async with followed(ISAPI, tot=good, xau=bad) as (sink, status, mapper):
        await until(lambda: mapper.counts["set_aside"])
        good.may_answer.set()
        await until(lambda: sink.newest("tot") == {"online"})
        assert status.reachable


@pytest.mark.parametrize("make", [isapi, onvif, silent_onvif])
async def test_a_refused_account_is_not_tried_again_soon(make: Callable[[], tuple[Connector, Any]]) -> None:
    connector, camera = make()
    camera.password = "another"
    async with followed(connector, cong=camera) as (sink, status, _):
        await until(lambda: status.cause == "account_refused")
        asked = len(camera.asked)
        await asyncio.sleep(0.3)  # fifteen times the pause after another failure
        assert len(camera.asked) == asked
        assert sink.newest("cong") == {"offline", "network active"}


async def test_a_device_that_does_not_keep_a_question_waiting_is_not_asked_all_the_time() -> None:
    camera = OnvifDevice(*ACCOUNT, patience=0.001)
    async with followed(ONVIF, cong=camera) as (sink, _, _):
        await until(lambda: "PullMessages" in camera.asked)
        await asyncio.sleep(0.4)
        assert camera.asked.count("PullMessages") <= 2
        camera.say(notification("RuleEngine/TamperDetector/Tamper", data=simple_item("IsTamper", "true")))
        await until(lambda: "tamper active" in sink.newest("cong"))


async def test_a_stream_that_says_nothing_any_more_is_begun_anew() -> None:
    way = ISAPI.way
    assert isinstance(way, AlertStream)
    hasty = replace(ISAPI, way=replace(way, sign_of_life=timedelta(milliseconds=50)))
    camera = IsapiDevice(*ACCOUNT)
    async with followed(hasty, cong=camera) as (sink, _, _):
        await until(lambda: len(camera.streams) >= 3)
    assert "online" in sink.told("cong")


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 50 + b'">]><EventNotificationAlert>&b;&b;</EventNotificationAlert>'


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"<a>", "not_xml"),
        (ENTITIES, "not_xml"),
        (b"\xff\xfe\x00", "not_xml"),
        (b"<EventNotificationAlert>" + b"<a>" * 10_000, "not_xml"),
        (b"<EventNotificationAlert>" + b"<a>" * 5_000 + b"</a>" * 5_000 + b"</EventNotificationAlert>", "too_deep"),
        (b"<EventNotificationAlert>" + b"x" * 70_000 + b"</EventNotificationAlert>", "too_large"),
        (b"<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>", "invalid_field"),
        (alert("VMD", "maybe"), "invalid_field"),
    ],
)
async def test_a_document_that_makes_no_sense_is_a_named_dead_letter_and_the_next_one_counts(document: bytes, reason: str) -> None:  # fmt: skip
    camera = IsapiDevice(*ACCOUNT)
    camera.opening = as_part(document) + as_part(b"<Other/>") + as_part(alert("shelteralarm"))
    async with followed(ISAPI, cong=camera) as (sink, _, _):
        await until(lambda: "tamper active" in sink.newest("cong"))
        assert [(one.reason_code, one.address) for one in sink.letters] == [(reason, "cong")]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<a>", b"<Envelope><Body/></Envelope>", b"<Envelope><Body><a/></Body></Envelope>", ENTITIES,
        b"<Envelope>" + b" " * 1_100_000 + b"</Envelope>", b"<Envelope><Body><Fault>x</Fault></Body></Envelope>",
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_soap_is_a_failure_of_its_device_alone(body: bytes) -> None:
    assert isinstance(ONVIF.way, PullPoint)
    camera = OnvifDevice(*ACCOUNT)
    camera.ahead = (
        timedelta()
    )  # it may mend itself after the question for its clock, and refuses what is signed by another
    camera.body = body
    async with followed(ONVIF, cong=camera) as (sink, status, _):
        await until(lambda: status.cause == "bad_answer")
        camera.body = None
        await until(lambda: sink.newest("cong") == {"online"})
