"""Settings of the connectors: where we listen, where sources are, and the secrets shared with them.

Adding a connector needs no new setting: what is particular to a source is found by its id, and what is not set is derived.
"""

import base64
import binascii
from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.contract.connector import PostProof
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import LOOPBACK
from ingest.untrusted.pseudonym import derive_secret

SHORTEST_KEY = 24


class ConnectorsSettings(BaseSettings):
    """Connectors: where webhooks and MQTT are received, where sources are polled, and the secrets shared with sources."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_CONNECTORS_", env_nested_delimiter="__", env_file=".env", extra="ignore", frozen=True
    )

    intake_host: str = "127.0.0.1"
    """Address on which webhooks are received; an address that is not loopback needs TLS."""
    intake_port: int = 8060
    """Port on which webhooks are received."""
    intake_certificate: Path | None = None
    """TLS certificate of the webhook receiver (PEM, with its chain)."""
    intake_key: Path | None = None
    """Key of this certificate (PEM)."""
    intake_largest_body: int = Field(65_536, ge=1_024, le=1_048_576)
    """Maximum size of a webhook's body, in bytes."""
    intake_per_second: float = Field(1000.0, gt=0)
    """Maximum average number of webhooks per second of a source."""

    mqtt_url: str = ""
    """`mqtt://host:1883` or `mqtts://host:8883` of an external MQTT broker; empty: the embedded broker."""
    mqtt_user: str = ""
    """User at the external broker."""
    mqtt_password: SecretStr | None = None
    """Password at the external broker."""
    mqtt_ca_file: Path | None = None
    """Certificate authority of the external broker, with `mqtts`; empty: the system's."""
    mqtt_host: str = "127.0.0.1"
    """Address of the embedded broker; an address that is not loopback needs TLS."""
    mqtt_port: int = 1883
    """Port of the embedded broker."""
    mqtt_certificate: Path | None = None
    """TLS certificate of the embedded broker (PEM, with its chain)."""
    mqtt_key: Path | None = None
    """Key of this certificate (PEM)."""
    mqtt_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Secret from which the password of each account at the embedded broker is derived."""
    mqtt_refused: list[str] = []
    """Accounts that the embedded broker refuses, as a JSON list: `["smart_loudspeaker.tdp-017-l1"]`."""

    syslog_host: str = "127.0.0.1"
    """Address on which syslog is received, on the port that a declaration names; elsewhere than on loopback it must say who may send."""

    open_without_tls: bool = False
    """Accept connections without TLS on an address that is not loopback. Only for a closed network."""

    webhook_secret: SecretStr | None = Field(None, json_schema_extra={"generated": True})
    """Secret from which the webhook secret of each source is derived."""
    webhook_secret_previous: SecretStr | None = None
    """Previous webhook secret, accepted as well while devices change over."""
    secrets: dict[str, SecretStr] = {}
    """Webhook secrets that sources prescribe, by connector id: `IOC_CONNECTORS_SECRETS__<ID>=whsec_…[,whsec_…]`; any long text where the proof is another."""
    urls: dict[str, str] = {}
    """Base URLs of polled sources, by connector id: `IOC_CONNECTORS_URLS__<ID>=https://…`; of a database `postgresql+psycopg://host/database`."""
    tokens: dict[str, SecretStr] = {}
    """Bearer tokens for polled sources, by connector id: `IOC_CONNECTORS_TOKENS__<ID>=…`; for OAuth 2 and databases `<user>:<password>`, for SNMP the community or `<user>:<password>:<privacy password>`."""

    reachable: list[IPv4Network | IPv6Network] = []
    """Networks in which sources that are set up in the browser may be asked, as a JSON list: `["10.20.0.0/16"]`; empty: all but this PC and reserved addresses."""

    allowances: dict[str, int] = {}
    """Invalid messages that a source may send after each start before its circuit breaker counts them: `IOC_CONNECTORS_ALLOWANCES__<ID>=500`."""

    simulator_port: int = 8070
    """Loopback port of the pretend ward's REST sources."""
    health_port: int = Field(9103, ge=0, le=65535)
    """Port of the health endpoints of the connectors' process; 0: none."""

    _generations: Mapping[str, tuple[int, bool]] = PrivateAttr({})
    """By connector whose devices share an account: how often its password was made anew, and whether the one before it is valid."""

    def with_choices(
        self,
        urls: dict[str, str],
        tokens: dict[str, SecretStr],
        secrets: dict[str, SecretStr],
        generations: Mapping[str, tuple[int, bool]],
    ) -> Self:
        """The same with what was set in the browser."""
        made = self.model_copy(update={"urls": urls, "tokens": tokens, "secrets": secrets})
        made._generations = generations  # noqa: SLF001  # its own class
        return made

    def derived_webhook_secret(self, connector_id: str, generation: int) -> str:
        """The secret of a source that posts, in the form `whsec_<base64>`, after it was made anew so often.

        Raises:
            ConfigurationError: the secret to derive it from is missing.
        """
        purpose = f"webhook:{connector_id}" + (f":{generation}" if generation else "")
        return _whsec(derive_secret(self.webhook_secret, "IOC_CONNECTORS_WEBHOOK_SECRET", purpose))

    def webhook_secrets(self, connector_id: str) -> tuple[str, ...]:
        """The live secrets of a source that posts, in the form `whsec_<base64>`; the first is the one to set there.

        Raises:
            ConfigurationError: one is missing, or no secret.
        """
        if (own := self.secrets.get(connector_id)) is not None:
            name = f"IOC_CONNECTORS_SECRETS__{connector_id.upper()}"
            return tuple(check_whsec(secret.strip(), name) for secret in own.get_secret_value().split(","))
        current = self.derived_webhook_secret(connector_id, 0)
        if self.webhook_secret_previous is None:
            return (current,)
        name = "IOC_CONNECTORS_WEBHOOK_SECRET_PREVIOUS"
        return current, _whsec(derive_secret(self.webhook_secret_previous, name, f"webhook:{connector_id}"))

    def post_secrets(self, connector_id: str, proof: PostProof) -> tuple[str, ...]:
        """The live secrets of a source that posts, as its way of proving itself takes them.

        Raises:
            ConfigurationError: one is missing, or too short.
        """
        if proof.scheme == "standard_webhooks":
            return self.webhook_secrets(connector_id)
        if (own := self.secrets.get(connector_id)) is None:
            return tuple(secret.removeprefix("whsec_") for secret in self.webhook_secrets(connector_id))
        live = tuple(secret.strip() for secret in own.get_secret_value().split(","))
        if any(len(secret) < SHORTEST_KEY for secret in live):
            name = f"IOC_CONNECTORS_SECRETS__{connector_id.upper()}"
            raise ConfigurationError(f"{name} must have at least {SHORTEST_KEY} random characters.")
        return live

    def url(self, connector_id: str, *, pretend: bool) -> str | None:
        """Base URL of a source that is polled; the pretend ward's if none is set; None if there is none."""
        return self.urls.get(connector_id) or (f"http://127.0.0.1:{self.simulator_port}" if pretend else None)

    def token(self, connector_id: str, *, pretend: bool) -> SecretStr | None:
        """Bearer token for a source that is polled; towards the pretend ward a derived one.

        Raises:
            ConfigurationError: the secret to derive it from is missing.
        """
        if connector_id in self.tokens or connector_id in self.urls or not pretend:
            return self.tokens.get(connector_id)
        return SecretStr(
            derive_secret(self.webhook_secret, "IOC_CONNECTORS_WEBHOOK_SECRET", f"token:{connector_id}").hex()
        )

    def mqtt_account_password(self, account: str) -> str:
        """Password of an account at the embedded broker.

        Args:
            account: a connector's id, `<connector id>.<device>`, or our own.

        Raises:
            ConfigurationError: the secret is missing, too short or not random.
        """
        return self._mqtt_password(account, self._generations.get(account.partition(".")[0], (0, False))[0])

    def previous_mqtt_password(self, account: str) -> str | None:
        """Password that an account had before it was made anew, while it is still valid."""
        generation, overlaps = self._generations.get(account.partition(".")[0], (0, False))
        return self._mqtt_password(account, generation - 1) if generation and overlaps else None

    def _mqtt_password(self, account: str, generation: int) -> str:
        purpose = f"mqtt:{account}" + (f":{generation}" if generation else "")
        return derive_secret(self.mqtt_secret, "IOC_CONNECTORS_MQTT_SECRET", purpose).hex()

    def mqtt_address(self) -> tuple[str, int, bool]:
        """Host, port and whether TLS, of the broker to subscribe at.

        Raises:
            ConfigurationError: `IOC_CONNECTORS_MQTT_URL` cannot be read.
        """
        if not self.mqtt_url:
            host = "127.0.0.1" if self.mqtt_host in ("", "0.0.0.0", "::") else self.mqtt_host
            return host, self.mqtt_port, self.mqtt_certificate is not None
        try:
            parts = urlsplit(self.mqtt_url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.username or parts.path not in ("", "/"):
            raise ConfigurationError("IOC_CONNECTORS_MQTT_URL must be mqtt://host:port or mqtts://host:port.")
        tls = parts.scheme == "mqtts"
        return parts.hostname, port or (8883 if tls else 1883), tls

    def check_exposure(self) -> None:
        """See that nothing listens to the network in plain text.

        Raises:
            ConfigurationError: something would.
        """
        listening = [("INTAKE", self.intake_host, self.intake_certificate, self.intake_key)]
        if not self.mqtt_url:
            listening.append(("MQTT", self.mqtt_host, self.mqtt_certificate, self.mqtt_key))
        for name, host, certificate, key in listening:
            if (certificate is None) != (key is None):
                raise ConfigurationError(
                    f"IOC_CONNECTORS_{name}_CERTIFICATE and …_KEY belong together; one is missing."
                )
            if host not in LOOPBACK and certificate is None and not self.open_without_tls:
                raise ConfigurationError(
                    f"IOC_CONNECTORS_{name}_HOST={host} needs IOC_CONNECTORS_{name}_CERTIFICATE and …_KEY; "
                    "only in a closed network set IOC_CONNECTORS_OPEN_WITHOUT_TLS=true instead."
                )


def _whsec(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def check_whsec(secret: str, name: str) -> str:
    """The same secret, once it is known to be one of Standard Webhooks.

    Raises:
        ConfigurationError: it is none.
    """
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < SHORTEST_KEY:
        raise ConfigurationError(f"{name} must be whsec_ and at least {SHORTEST_KEY} random bytes in base64.")
    return secret
