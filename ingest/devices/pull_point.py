"""Pull point: what an ONVIF device's event service gives when it is asked (WS-BaseNotification 1.3, ONVIF Core, chapter Event).

A device keeps a pull point for each who subscribes, for as long as they say; it has few, so we give ours back. At the beginning it tells
the present state of what has one. What it has given it keeps no longer: what we lose between its answer and Kafka is lost, except for
states, which it tells anew to the next pull point. Of a notification only what the connector names gets further.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from ingest.contract.connector import PullPoint
from ingest.contract.errors import InvalidEvent
from ingest.devices.listed import ListedDevice
from ingest.devices.said import ACCOUNT_REFUSED, NO_ANSWER, DeviceFailed, Said, check_status
from ingest.devices.soap import (
    MEDIA_TYPE,
    NOT_AUTHORIZED,
    clock_ahead,
    reference_parameters,
    soap_answer,
    soap_question,
    username_token,
)

KEPT = timedelta(minutes=2)
"""For how long a device is to keep our pull point; it is renewed in half that time."""

BETWEEN = timedelta(milliseconds=500)
"""From one question to the next at least, while nothing happens."""

AT_ONCE = 50
"""Notifications of an answer."""

LARGEST_ANSWER = 1_048_576

_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_ITEM_PARTS = ("Source", "Key", "Data")


async def notifications(http: httpx.AsyncClient, device: ListedDevice, way: PullPoint) -> AsyncGenerator[Said, None]:
    """What a device tells, until it is asked in vain.

    Raises:
        DeviceFailed: it does not answer, or refuses.
    """
    service = _EventService(http, device, way)
    try:
        await service.subscribe()
        yield None
        while True:
            asked_at = time.monotonic()
            found = await service.pull()
            for one in found:
                yield one
            yield None
            if not found:  # some answer at once that there is nothing
                await asyncio.sleep(max(0.0, BETWEEN.total_seconds() - (time.monotonic() - asked_at)))
    except InvalidEvent as fault:
        raise DeviceFailed(ACCOUNT_REFUSED if fault.reason == NOT_AUTHORIZED else "bad_answer", str(fault)) from None
    except NO_ANSWER as error:
        raise DeviceFailed("no_answer", type(error).__name__) from error
    finally:
        await service.give_back()


class _EventService:
    """One device's event service, and our pull point there."""

    def __init__(self, http: httpx.AsyncClient, device: ListedDevice, way: PullPoint) -> None:
        self._http = http
        self._device = device
        self._way = way
        self._ahead = timedelta()
        self._point = ""
        self._reference = ""
        self._renewed_at = datetime.min.replace(tzinfo=UTC)

    async def subscribe(self) -> None:
        """Make a pull point."""
        service = self._device.url + self._way.path
        asked = "<d:GetSystemDateAndTime/>"
        told = await self._ask(service, asked, f"{_DEVICE}/GetSystemDateAndTime", is_signed=False)
        self._ahead = clock_ahead(soap_answer(told), datetime.now(UTC))
        asked = "<d:GetCapabilities><d:Category>Events</d:Category></d:GetCapabilities>"
        told = await self._ask(service, asked, f"{_DEVICE}/GetCapabilities")
        found = _found(_first_answer(told), "GetCapabilitiesResponse", "Capabilities", "Events", "XAddr")
        events = self._at_device(found)
        asked = f"<e:CreatePullPointSubscription><e:InitialTerminationTime>{_duration(KEPT)}</e:InitialTerminationTime></e:CreatePullPointSubscription>"
        told = await self._ask(events, asked, f"{_EVENTS}/EventPortType/CreatePullPointSubscriptionRequest")
        made = _found(soap_answer(told), "CreatePullPointSubscriptionResponse", "SubscriptionReference", "Address")
        self._point, self._reference = self._at_device(made), reference_parameters(told)
        self._renewed_at = datetime.now(UTC)

    async def pull(self) -> list[Said]:
        """What has happened; the device keeps the question waiting until something has."""
        waiting = _duration(self._way.sign_of_life)
        asked = f"<e:PullMessages><e:Timeout>{waiting}</e:Timeout><e:MessageLimit>{AT_ONCE}</e:MessageLimit></e:PullMessages>"
        told = await self._ask(self._point, asked, f"{_EVENTS}/PullPointSubscription/PullMessagesRequest")
        if datetime.now(UTC) - self._renewed_at > KEPT / 2:
            asked = f"<n:Renew><n:TerminationTime>{_duration(KEPT)}</n:TerminationTime></n:Renew>"
            await self._ask(self._point, asked, f"{_MANAGER}/RenewRequest")
            self._renewed_at = datetime.now(UTC)
        return list(self._taken(_listed(_part(soap_answer(told), "PullMessagesResponse").get("NotificationMessage"))))

    async def give_back(self) -> None:
        """Let the device forget our pull point, if it can be reached."""
        if self._point:
            with suppress(InvalidEvent, DeviceFailed, *NO_ANSWER):
                async with asyncio.timeout(2):
                    await self._ask(self._point, "<n:Unsubscribe/>", f"{_MANAGER}/UnsubscribeRequest")

    def _taken(self, found: list[dict[str, Any]]) -> Iterator[Said]:
        for one in found:
            topic, told = _topic(one), _part(_part(one, "Message"), "Message")
            if not any(topic == known or topic.startswith(f"{known}/") for known in self._way.kinds):
                continue
            items = {
                str(item.get("@Name")): str(item.get("@Value"))
                for part in _ITEM_PARTS
                for item in _listed(_part(told, part).get("SimpleItem"))
            }
            known_items = {name: value for name, value in items.items() if name in self._way.items}
            yield {"topic": topic, "operation": str(told.get("@PropertyOperation") or ""), **known_items}

    async def _ask(self, url: str, body: str, action: str, *, is_signed: bool = True) -> bytes:
        device, security = self._device, ""
        password = device.password.get_secret_value()
        if is_signed and device.user:
            security = username_token(device.user, password, datetime.now(UTC) + self._ahead)
        content = soap_question(body, action, url, security, self._reference)
        wait = self._way.sign_of_life.total_seconds() + 15
        # Some devices ask for the account by HTTP as well.
        asked = {"auth": httpx.DigestAuth(device.user, password)} if device.user else {}
        answered = bytearray()
        async with asyncio.timeout(wait):
            request = self._http.stream(
                "POST", url, content=content, headers={"content-type": MEDIA_TYPE}, timeout=wait, **asked  # type: ignore[arg-type]
            )  # fmt: skip
            async with request as answer:
                async for chunk in answer.aiter_raw():
                    answered += chunk
                    if len(answered) > LARGEST_ANSWER:
                        raise InvalidEvent("too_large", f"an answer of more than {LARGEST_ANSWER} bytes")
        if answer.status_code not in (400, 500):  # with which SOAP sends its faults
            check_status(answer.status_code)
        return bytes(answered)

    def _at_device(self, address: Any) -> str:
        """An address that a device gives of itself, at the address by which we know the device: we follow it nowhere else."""
        parts = urlsplit(str(address).strip())
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._device.url}/{parts.path.lstrip('/')}{query}"


def _first_answer(body: bytes) -> dict[str, Any]:
    """The content of the first answer that needs the account: where that is refused without a reason, the account is.

    Raises:
        InvalidEvent: it refuses, or cannot be read.
    """
    try:
        return soap_answer(body)
    except InvalidEvent as fault:
        if fault.reason == "soap_fault" and fault.detail.endswith(":Sender"):
            raise InvalidEvent(NOT_AUTHORIZED, fault.detail) from None
        raise


def _found(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        raise InvalidEvent("bad_answer", f"it does not tell its {names[-1]}")
    return value


def _part(value: Any, name: str) -> dict[str, Any]:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, dict) else {}


def _listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _topic(notification: dict[str, Any]) -> str:
    """A notification's topic, without the prefixes of its steps."""
    topic = notification.get("Topic")
    text = topic.get("#text") if isinstance(topic, dict) else topic
    return "/".join(step.rpartition(":")[2] for step in str(text or "").strip().split("/"))


def _duration(span: timedelta) -> str:
    return f"PT{span.total_seconds():g}S"
