"""Alert stream: what a device tells in an HTTP answer that does not end."""

from collections.abc import AsyncGenerator

import httpx

from ingest.contract.connector import AlertStream
from ingest.contract.errors import InvalidEvent
from ingest.devices.listed import ListedDevice
from ingest.devices.multipart import MultipartReader
from ingest.devices.said import NO_ANSWER, DeviceFailed, NotUnderstood, Said, check_status
from ingest.source.rhythm import SIGNS_MISSED
from ingest.untrusted.xml_text import parse_xml


async def alerts(http: httpx.AsyncClient, device: ListedDevice, way: AlertStream) -> AsyncGenerator[Said, None]:
    """What a device tells, until its answer ends.

    Raises:
        DeviceFailed: it does not answer, or not with such a stream.
    """
    patience = httpx.Timeout(10, read=SIGNS_MISSED * way.sign_of_life.total_seconds())
    asked = {"auth": httpx.DigestAuth(device.user, device.password.get_secret_value())} if device.user else {}
    try:
        async with http.stream("GET", device.url + way.path, timeout=patience, **asked) as answer:  # type: ignore[arg-type]
            check_status(answer.status_code)
            reader = MultipartReader(answer.headers.get("content-type", ""))
            yield None
            async for chunk in answer.aiter_raw():
                for document in reader.feed(chunk):
                    yield _read(document, way.root)
                yield None
    except InvalidEvent as fault:
        raise DeviceFailed("bad_answer", str(fault)) from None
    except NO_ANSWER as error:
        raise DeviceFailed("no_answer", type(error).__name__) from error


def _read(document: bytes | InvalidEvent, root: str) -> Said:
    if isinstance(document, InvalidEvent):
        return NotUnderstood(b"", document)
    try:
        value = parse_xml(document, is_prefixed=False)
    except InvalidEvent as fault:
        return NotUnderstood(document, fault)
    said = value.get(root) if isinstance(value, dict) else None
    return said if isinstance(said, dict) else None
