"""Settings of the board: where it listens, who may enter for how long, and what the ward is called."""

import ipaddress
from datetime import time, timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_FEWEST_CHARACTERS = 8


class BoardSettings(BaseSettings):
    """The board, the analysts' page and the city's feed."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_BOARD_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    host: str = "127.0.0.1"
    """Address on which the board listens. Another than loopback needs a certificate, or `behind_proxy`."""
    port: int = Field(8050, ge=1, le=65535)
    """Port on which the board listens."""
    tls_certificate: Path | None = None
    """The board's own TLS certificate (PEM, with its chain)."""
    tls_key: Path | None = None
    """Key of the certificate (PEM)."""
    behind_proxy: bool = False
    """Whether a proxy of yours in front of the board speaks TLS with the browsers."""
    public_url: str = Field("", pattern=r"^$|^https?://[^/\s]+$")
    """Address under which browsers reach the board, for example `https://ioc.example.vn`; empty: host and port above."""

    names: list[str] = []
    """Other names under which browsers may reach the board, as a JSON list; those of `public_url` and of this PC need not be named."""
    proxies: list[str] = ["127.0.0.1", "::1"]
    """Addresses or networks of the proxies whose word for a browser's own address is taken, with `behind_proxy`; as a JSON list."""

    intake_port: int = Field(8060, validation_alias="IOC_CONNECTORS_INTAKE_PORT")
    """Where the connectors listen on this PC; the same setting as `IOC_CONNECTORS_INTAKE_PORT`."""
    intake_url: str = Field("", pattern=r"^$|^https?://[^/\s]+$")
    """Where the board asks the connectors about their dead letters, for example `https://intake.example.vn`; empty: the port above."""

    session_secret: SecretStr = Field(min_length=32, json_schema_extra={"generated": True})
    """Key that signs the log-in cookies; made at first start."""
    session_idle: timedelta = Field(timedelta(hours=12), gt=timedelta())
    """After how long without a click a person has to log in again."""
    session_longest: timedelta = Field(timedelta(days=7), gt=timedelta())
    """After how long a person has to log in again in any case."""
    login_failures: int = Field(5, ge=1)
    """How many wrong passwords in a row lock an account."""
    login_lock: timedelta = Field(timedelta(minutes=5), gt=timedelta())
    """How long a locked account stays locked."""

    ward_name: str = "Hồng Bàng"
    """The ward's name, as people read it."""
    city_name: str = "Hải Phòng"
    """The city's name, as people read it."""
    groups: int = Field(70, ge=1, le=400)
    """How many residential groups (tổ dân phố) the ward has: cells of its schematic map."""

    compare_every: timedelta = Field(timedelta(minutes=1), ge=timedelta(seconds=1))
    """How often the board compares its figures with the warehouse, corrects itself and says so."""

    feed_requests: int = Field(120, ge=1)
    """How many requests a minute one key of the city's feed may make."""
    feed_page: int = Field(5000, ge=1, le=50_000)
    """Most rows of one page of the city's feed."""
    feed_cut: time = time(16, 45)
    """When the city takes the figures of each day, in the ward's time; it should have them within 15 minutes."""
    health_port: int = Field(9105, ge=0, le=65535)
    """Port on which the board's process tells how it is; 0: none."""

    @property
    def folder(self) -> Path:
        """Where the store of accounts, keys, screens and saved queries is, and the log-ins."""
        return self.data_folder / "dashboard"

    @property
    def url(self) -> str:
        """Address under which browsers reach the board."""
        if self.public_url:
            return self.public_url
        return f"{'https' if self.tls_certificate else 'http'}://{self.host}:{self.port}"

    @property
    def intake(self) -> str:
        """Address under which the board reaches the connectors."""
        return self.intake_url or f"http://127.0.0.1:{self.intake_port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach the board by TLS, so that cookies may insist on it."""
        return self.url.startswith("https://")

    @model_validator(mode="after")
    def _nobody_listens_in(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key belong together: set both or none")
        if not _is_loopback(self.host) and not self.tls_certificate and not self.behind_proxy:
            raise ValueError(
                f"host {self.host} is reachable from outside, where passwords need TLS: set tls_certificate and tls_key, "
                "or behind_proxy=true if a proxy of yours speaks TLS, or host=127.0.0.1"
            )
        if len(set(self.session_secret.get_secret_value())) < _FEWEST_CHARACTERS:
            raise ValueError(f"session_secret needs at least {_FEWEST_CHARACTERS} different characters")
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
