"""Cameras as they are sold, each an HTTP server of its own: one that speaks ISAPI, one that speaks ONVIF.

What they say is written from the specifications: Hikvision's ISAPI (`alertStream`), ONVIF Core (chapters Event and Security),
WS-BaseNotification 1.3, UsernameToken Profile 1.0, RFC 7616. The pretend ward, the storm and the tests of the readers play with them.
No package simulates ONVIF's events: `ipycam` has no event service, that of the Rust library `onvif-server` (0.1.1) tells none. With the latter,
which nobody of us wrote, the reader's log-in, its pull point and its questions work.
"""

import base64
import hashlib
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NONCE = "0a4f113b"
HEART = "videoloss"
"""ISAPI: what a device says to show that it is there, as long as it is inactive."""


def alert(kind: str, state: str = "active", channel: int = 1, more: str = "") -> bytes:
    """One document of ISAPI, by a clock that was never set."""
    return f"""<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>10.20.0.17</ipAddress><portNo>80</portNo><protocol>HTTP</protocol><macAddress>c0:56:e3:00:00:01</macAddress>
<channelID>{channel}</channelID><dateTime>1970-01-02T00:00:00-8:00</dateTime><activePostCount>1</activePostCount>
<eventType>{kind}</eventType><eventState>{state}</eventState><eventDescription>Motion alarm</eventDescription>{more}
</EventNotificationAlert>""".encode()


def as_part(document: bytes, kind: str = 'application/xml; charset="UTF-8"') -> bytes:
    """A document as a part of the stream."""
    head = f"--boundary\r\nContent-Type: {kind}\r\nContent-Length: {len(document)}\r\n\r\n"
    return head.encode() + document + b"\r\n"


class CameraDevice:
    """What every device has: whether it answers, and what it was asked.

    Args:
        user: the account that it lets in.
        password: of this account.
        patience: how long it keeps a question waiting until it has something to say, in seconds.
    """

    def __init__(self, user: str, password: str, patience: float = 0.1) -> None:
        self.user = user
        self.password = password
        self.patience = patience
        self.asked: list[str] = []
        self.status = 200
        self.ended = threading.Event()

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer a request."""
        raise NotImplementedError

    def refuse(self, request: BaseHTTPRequestHandler, status: int) -> None:
        """Answer that it does not answer."""
        request.send_response(status)
        if status == 401:
            request.send_header(
                "WWW-Authenticate", f'Digest qop="auth", realm="IP Camera", nonce="{NONCE}", stale="FALSE"'
            )
        request.send_header("Content-Length", "0")
        request.end_headers()


class IsapiDevice(CameraDevice):
    """A camera or recorder by Hikvision: HTTP digest, and a stream that goes on until it is cut."""

    def __init__(self, user: str, password: str, patience: float = 0.1) -> None:
        super().__init__(user, password, patience)
        self.streams: list[queue.Queue[bytes | None]] = []
        self.opening = as_part(alert(HEART, "inactive"))

    def say(self, *parts: bytes) -> None:
        """Send something to whoever listens now."""
        if self.streams:
            self.streams[-1].put(b"".join(parts))

    def cut(self) -> None:
        """Drop whoever listens."""
        self.streams[-1].put(None)

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """Let in whoever knows the password, and tell until the end."""
        self.asked.append(request.path)
        authorization = request.headers.get("authorization", "")
        if self.status != 200 or not self._is_known(authorization, request.path):
            self.refuse(request, self.status if self.status != 200 else 401)
            return
        said: queue.Queue[bytes | None] = queue.Queue()
        self.streams.append(said)
        request.send_response(200)
        request.send_header("Content-Type", "multipart/mixed; boundary=boundary")
        request.end_headers()
        request.wfile.write(self.opening)
        while not self.ended.is_set():
            try:
                part = said.get(timeout=0.05)
            except queue.Empty:
                continue
            if part is None:
                return
            request.wfile.write(part)
            request.wfile.flush()

    def _is_known(self, authorization: str, path: str) -> bool:
        said: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]+)"?', authorization.removeprefix("Digest ")))
        if said.get("username") != self.user:
            return False
        of = [_md5(f"{self.user}:IP Camera:{self.password}"), _md5(f"GET:{path}")]
        return said["response"] == _md5(f"{of[0]}:{NONCE}:{said['nc']}:{said['cnonce']}:auth:{of[1]}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"
 xmlns:tev="http://www.onvif.org/ver10/events/wsdl" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"
 xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:tns1="http://www.onvif.org/ver10/topics"
 xmlns:ter="http://www.onvif.org/ver10/error"><env:Header/><env:Body>{}</env:Body></env:Envelope>"""


def notification(topic: str, operation: str = "Changed", data: str = "", source: str = "VideoSource_1") -> str:
    """One notification, with the items of its data as XML."""
    return f"""<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">
 tns1:{topic} </wsnt:Topic><wsnt:Message><tt:Message UtcTime="2099-01-01T00:00:00Z" PropertyOperation="{operation}">
 <tt:Source><tt:SimpleItem Name="VideoSourceConfigurationToken" Value="{source}"/><tt:SimpleItem Name="Rule" Value="R1"/></tt:Source>
 <tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>"""


def simple_item(name: str, value: str) -> str:
    """One item of a notification's data."""
    return f'<tt:SimpleItem Name="{name}" Value="{value}"/>'


class OnvifDevice(CameraDevice):
    """A camera with an event service: WS-Security by its own clock, which is years off, and one pull point with a parameter of its own."""

    def __init__(self, user: str, password: str, patience: float = 0.1) -> None:
        super().__init__(user, password, patience)
        self.ahead = timedelta(days=-4_000)
        self.waiting: queue.Queue[str] = queue.Queue()
        self.initial: list[str] = []
        self.points: list[str] = []
        self.nonces: set[str] = set()
        self.body: bytes | None = None
        self.reason = "ter:NotAuthorized"
        """Subcode with which it refuses an account; some give none."""

    def say(self, *notifications: str) -> None:
        """Tell something to whoever asks next."""
        self.waiting.put("".join(notifications))

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        """Answer a question of the device's or the event service, to whoever knows the password."""
        text = body.decode()
        asked = next(one for one in _ANSWERS if f":{one}" in text)
        self.asked.append(asked)
        if self.status != 200:
            self.refuse(request, self.status)
            return
        if self.body is not None:
            _send(request, 200, self.body)
        elif asked != "GetSystemDateAndTime" and not self._is_known(text):
            _send(request, 400, _fault("env:Sender", self.reason))
        elif request.path.startswith("/onvif/Subscription") and (
            "idx=7" not in request.path or not re.search(r":?SubscriptionId[^>]*>5</", text)
        ):
            _send(request, 400, _fault("env:Sender", "ter:InvalidArgVal"))
        else:
            _send(request, 200, ENVELOPE.format(getattr(self, _ANSWERS[asked])()).encode())

    def _date(self) -> str:
        now = datetime.now(UTC) + self.ahead
        return (
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
            "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _capabilities(self) -> str:
        # The address that the device has behind a router, where we do not reach it.
        return (
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Events><tt:XAddr>http://192.168.0.9:8080/onvif/Events</tt:XAddr>"
            "</tt:Events></tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _subscribed(self) -> str:
        self.points.append("made")
        self.waiting = queue.Queue()
        for one in self.initial:
            self.waiting.put(one)
        return (
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference><wsa:Address>http://192.168.0.9:8080/onvif/Subscription?idx=7"
            '</wsa:Address><wsa:ReferenceParameters><dom0:SubscriptionId xmlns:dom0="http://www.axis.com/2009/event">5</dom0:SubscriptionId>'
            "</wsa:ReferenceParameters></tev:SubscriptionReference></tev:CreatePullPointSubscriptionResponse>"
        )

    def _pulled(self) -> str:
        try:
            said = self.waiting.get(timeout=self.patience)
        except queue.Empty:
            said = ""
        return f"<tev:PullMessagesResponse><tev:CurrentTime>2015-01-01T00:00:00Z</tev:CurrentTime>{said}</tev:PullMessagesResponse>"

    def _renewed(self) -> str:
        return "<wsnt:RenewResponse/>"

    def _given_back(self) -> str:
        self.points.append("given back")
        return "<wsnt:UnsubscribeResponse/>"

    def _is_known(self, text: str) -> bool:
        found = {
            name: re.search(rf"<\w+:{name}(?: [^>]*)?>([^<]*)<", text)
            for name in ("Username", "Password", "Nonce", "Created")
        }
        said = {name: one[1] for name, one in found.items() if one}
        if len(said) < 4 or said["Nonce"] in self.nonces:
            return False
        self.nonces.add(said["Nonce"])
        created = datetime.fromisoformat(said["Created"])
        content = base64.b64decode(said["Nonce"]) + said["Created"].encode() + self.password.encode()
        digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
        is_present = abs(created - datetime.now(UTC) - self.ahead) < timedelta(seconds=5)
        return said["Username"] == self.user and is_present and digest == said["Password"]


_ANSWERS = {
    "GetSystemDateAndTime": "_date", "GetCapabilities": "_capabilities", "CreatePullPointSubscription": "_subscribed",
    "PullMessages": "_pulled", "Renew": "_renewed", "Unsubscribe": "_given_back",
}  # fmt: skip


def _fault(code: str, subcode: str) -> bytes:
    why = f"<env:Subcode><env:Value>{subcode}</env:Value></env:Subcode>" if subcode else ""
    said = f"<env:Fault><env:Code><env:Value>{code}</env:Value>{why}</env:Code></env:Fault>"
    return ENVELOPE.format(said).encode()


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/soap+xml; charset=utf-8")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


@contextmanager
def at_work(device: CameraDevice, port: int = 0) -> Iterator[str]:
    """A device that answers; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            self._do(b"")

        def do_POST(self) -> None:
            self._do(self.rfile.read(int(self.headers["content-length"])))

        def _do(self, body: bytes) -> None:
            try:
                device.answer(self, body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    device.ended.clear()
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        device.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
