"""Settings of the alarms: who is told how, and when not."""

import base64
import binascii
import json
from datetime import time, timedelta
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract.settings import LOOPBACK
from warehouse.model.alarm_rule import TEAMS


class AlarmSettings(BaseSettings):
    """Alarms: who is notified, how, and when not."""

    model_config = SettingsConfigDict(env_prefix="IOC_ALARM_", env_file=".env", extra="ignore", frozen=True)

    teams: list[str] = list(TEAMS)
    """Teams to which an alarm can be assigned, as a JSON list, besides each person who may handle alarms."""

    quiet_from: time | None = None
    """Beginning of the quiet hours in the ward's time, for example `22:00`; empty: none. Alarms are raised in quiet hours too."""
    quiet_until: time | None = None
    """End of the quiet hours; alarms that are still active then are sent."""
    quiet_critical_passes: bool = True
    """Whether critical alarms are sent and sound in quiet hours."""

    webhook_url: SecretStr | None = None
    """URL to which alarms are posted, `https://…` (`http://` on loopback only); empty: none. A secret, because it may contain a token."""
    webhook_secret: SecretStr | None = None
    """Key of the HMAC signature in the header `webhook-signature` (Standard Webhooks): `whsec_` and 24 to 64 bytes in base64."""
    webhook_body: str = Field("", max_length=4000)
    """JSON template for receivers with a format of their own; `{text}`, `{severity}` and `{url}` are filled in. Empty: the standard body."""

    mail_host: str = ""
    """Mail server (SMTP); empty: no mail is sent."""
    mail_port: int = Field(587, ge=1, le=65535)
    """Port of the mail server."""
    mail_security: Literal["starttls", "tls", "none"] = "starttls"
    """Protection of the connection; `none` on loopback only."""
    mail_user: str = ""
    """Account at the mail server; empty: without log-in."""
    mail_password: SecretStr | None = None
    """Password of this account."""
    mail_from: str = ""
    """Sender's address."""
    mail_to: list[str] = []
    """Recipients of every alarm, as a JSON list."""
    mail_escalation_to: list[str] = []
    """Further recipients of an alarm that nobody has acknowledged in time, as a JSON list."""

    settle: timedelta = Field(timedelta(minutes=1), ge=timedelta())
    """How long no rule is evaluated after a start, a sleep of the PC or a jump of its clock."""
    give_up_after: timedelta = Field(timedelta(hours=24), gt=timedelta())
    """Time after which a notification that cannot be delivered is given up; only the newest is retried further, to find out when the channel works again."""

    health_port: int = Field(9106, ge=0, le=65535)
    """Port of the health endpoints of the alarm process; 0: none."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet_from and quiet_until belong together: set both or none")
        if self.webhook_url:
            parts = urlsplit(self.webhook_url.get_secret_value())
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
                raise ValueError("webhook_url must begin with https:// (http:// on loopback only)")
        if self.webhook_secret and not _is_key(self.webhook_secret.get_secret_value()):
            raise ValueError("webhook_secret must be whsec_ and 24 to 64 bytes in base64")
        if self.webhook_body and not _is_json(self.webhook_body):
            raise ValueError("webhook_body must be JSON")
        if self.mail_host and not (self.mail_from and self.mail_to):
            raise ValueError("mail_host needs mail_from and mail_to as well")
        if self.mail_host and self.mail_security == "none" and self.mail_host not in LOOPBACK:
            raise ValueError("mail_security=none is for a mail server on loopback only: use starttls or tls")
        return self

    @property
    def channel_names(self) -> list[str]:
        """The channels by which people are told, as they are called in the log."""
        mail = ["mail", *(["mail-escalation"] if self.mail_escalation_to else [])] if self.mail_host else []
        return [*(["webhook"] if self.webhook_url else []), *mail]

    def is_quiet(self, at: time) -> bool:
        """Whether a time of day, in the ward's time, lies in the quiet hours; they may reach over midnight."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None:
            return False
        return begin <= at < end if begin <= end else at >= begin or at < end


def _is_key(text: str) -> bool:
    try:
        return 24 <= len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except binascii.Error:
        return False


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
