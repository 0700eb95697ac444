"""Channels: how a message leaves the board - a signed webhook, or a mail."""

import json
import smtplib
import socket
import ssl
from asyncio import to_thread
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from dashboard.alarm.notification.message import AlarmMessage
from dashboard.alarm.settings import AlarmSettings
from dashboard.state.alarm import ALERTS
from ingest.contract.errors import IocError
from ingest.contract.settings import LOOPBACK
from warehouse.store.alarm_log import Kind

WITHIN = 15.0
"""Seconds that one attempt may take."""

EVERYTHING: frozenset[Kind] = frozenset((*ALERTS, "cleared"))


class NotSentError(IocError):
    """An attempt failed; it may succeed later. Its text holds no address and no secret."""

    def __init__(self, why: str, *, answered: bool, may_have_arrived: bool = False) -> None:
        super().__init__(why)
        self.answered = answered
        """Whether the receiver answered and refused, so that another message may pass."""
        self.may_have_arrived = may_have_arrived
        """Whether only the answer may be missing."""


class NotificationChannel(Protocol):
    """One way to tell people."""

    name: str
    """How it is called in the log."""
    kinds: frozenset[Kind]
    """The acts that it tells of."""

    async def send(self, message: AlarmMessage) -> None:
        """Send one message.

        Raises:
            NotSentError: it did not get there, as far as is known.
        """
        ...


class WebhookChannel:
    """Posts JSON, signed as Standard Webhooks say where there is a key."""

    name = "webhook"
    kinds = EVERYTHING

    def __init__(self, settings: AlarmSettings, url: str) -> None:
        self._url = url
        self._body = settings.webhook_body
        secret = settings.webhook_secret
        self._signer = Webhook(secret.get_secret_value()) if secret else None
        self._is_local = urlsplit(url).hostname in LOOPBACK

    async def send(self, message: AlarmMessage) -> None:
        """Send one message; see `NotificationChannel`."""
        body = fill_body(self._body, message) if self._body else json.dumps(message.payload, ensure_ascii=False)
        sent_at = datetime.now(UTC)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
        }
        if self._signer:
            headers["webhook-signature"] = self._signer.sign(message.id, sent_at, body)
        try:
            async with httpx.AsyncClient(timeout=WITHIN, trust_env=not self._is_local) as client:
                answer = await client.post(self._url, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            is_away = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise NotSentError(type(error).__name__, answered=False, may_have_arrived=not is_away) from None
        if not answer.is_success:
            raise NotSentError(f"HTTP {answer.status_code}", answered=True)
        if _says_no(answer):
            raise NotSentError("the receiver answered: not ok", answered=True)


class MailChannel:
    """Sends a mail."""

    def __init__(self, settings: AlarmSettings, name: str, to: Iterable[str], kinds: frozenset[Kind]) -> None:
        self.name = name
        self.kinds = kinds
        self._to = list(to)
        self._settings = settings

    async def send(self, message: AlarmMessage) -> None:
        """Send one message; see `NotificationChannel`."""
        try:
            await to_thread(self._send, message)
        except smtplib.SMTPResponseException as error:
            raise NotSentError(f"SMTP {error.smtp_code}", answered=True) from None
        except smtplib.SMTPRecipientsRefused:
            raise NotSentError("SMTP: recipients refused", answered=True) from None
        except (smtplib.SMTPException, OSError) as error:
            is_away = isinstance(error, ConnectionRefusedError | socket.gaierror)
            raise NotSentError(type(error).__name__, answered=False, may_have_arrived=not is_away) from None

    def _send(self, message: AlarmMessage) -> None:
        settings, secure = self._settings, ssl.create_default_context()
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = settings.mail_from, ", ".join(self._to), message.subject
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["Message-ID"] = f"<{message.id}.{self.name}@{settings.mail_from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text + "\n")
        with self._connected(secure) as server:
            if settings.mail_security == "starttls":
                server.starttls(context=secure)
            if settings.mail_user and settings.mail_password:
                server.login(settings.mail_user, settings.mail_password.get_secret_value())
            server.send_message(mail)

    def _connected(self, secure: ssl.SSLContext) -> smtplib.SMTP:
        host, port = self._settings.mail_host, self._settings.mail_port
        if self._settings.mail_security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=WITHIN, context=secure)
        return smtplib.SMTP(host, port, timeout=WITHIN)


def notification_channels(settings: AlarmSettings) -> list[NotificationChannel]:
    """The ways that are set up."""
    found: list[NotificationChannel] = []
    if settings.webhook_url:
        found.append(WebhookChannel(settings, settings.webhook_url.get_secret_value()))
    if settings.mail_host:
        found.append(MailChannel(settings, "mail", settings.mail_to, EVERYTHING))
        if settings.mail_escalation_to:
            found.append(
                MailChannel(
                    settings, "mail-escalation", settings.mail_escalation_to, frozenset({"escalated", "cleared"})
                )
            )
    return found


def fill_body(template: str, message: AlarmMessage) -> str:
    """A receiver's own form, filled in."""
    for name, value in (("text", message.text), ("severity", message.severity), ("url", message.url)):
        template = template.replace(f"{{{name}}}", json.dumps(value, ensure_ascii=False)[1:-1])
    return template


def _says_no(answer: httpx.Response) -> bool:
    """Whether a receiver answers 200 and means no, as bots do: `{"ok": false}`."""
    try:
        said = answer.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("ok") is False
