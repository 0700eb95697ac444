"""Settings of the board: where it listens, who may enter for how long, and what the ward is called."""

import ipaddress
from datetime import time, timedelta
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

STORE_FOLDER = "dashboard"
"""In the data folder."""
_FEWEST_CHARACTERS = 8


class BoardSettings(BaseSettings):
    """The board, the analysts' page and the city's feed."""

    model_config = SettingsConfigDict(
        env_prefix="IOC_BOARD_", env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    data_folder: Path = Field(Path("var"), validation_alias="IOC_DATA_FOLDER")
    """Everything this install writes; the same setting as `IOC_DATA_FOLDER` of the other folders."""

    host: str = "127.0.0.1"
    """Address on which the board listens; an address that is not loopback needs a certificate, or `behind_proxy`."""
    port: int = Field(8050, ge=1, le=65535)
    """Port on which the board listens."""
    tls_certificate: Path | None = None
    """TLS certificate of the board (PEM, with its chain)."""
    tls_key: Path | None = None
    """Key of the certificate (PEM)."""
    behind_proxy: bool = False
    """Whether a reverse proxy in front of the board terminates TLS."""
    public_url: str = Field("", pattern=r"^$|^https?://[^/\s]+$")
    """URL at which browsers reach the board, for example `https://ioc.example.vn`; empty: host and port above."""

    names: list[str] = []
    """Further host names at which browsers may reach the board, as a JSON list; those of `public_url` and of this PC are always allowed."""
    proxies: list[str] = ["127.0.0.1", "::1"]
    """With `behind_proxy`: addresses or networks of the proxies whose `X-Forwarded-For` is trusted, as a JSON list."""

    intake_port: int = Field(8060, validation_alias="IOC_CONNECTORS_INTAKE_PORT")
    """Where the connectors listen on this PC; the same setting as `IOC_CONNECTORS_INTAKE_PORT`."""
    intake_url: str = Field("", pattern=r"^$|^https?://[^/\s]+$")
    """URL of the connectors, which the board asks about dead letters, for example `https://intake.example.vn`; empty: the port above."""

    session_secret: SecretStr = Field(min_length=32, json_schema_extra={"generated": True})
    """Key that signs the log-in cookies."""
    session_idle: timedelta = Field(timedelta(hours=12), gt=timedelta())
    """Time without a click after which a person has to log in again."""
    session_longest: timedelta = Field(timedelta(days=7), gt=timedelta())
    """Time after which a person has to log in again in any case."""
    login_failures: int = Field(5, ge=1)
    """Number of wrong passwords in a row that locks an account."""
    login_lock: timedelta = Field(timedelta(minutes=5), gt=timedelta())
    """How long a locked account stays locked."""

    first_account: bool = False
    """Whether the board makes the first account at its start and leaves the password in a file, for services without `./ioc up`."""

    ward_name: str = "Hồng Bàng"
    """Name of the ward on the board."""
    city_name: str = "Hải Phòng"
    """Name of the city on the board."""
    groups: int = Field(70, ge=1, le=400)
    """Number of residential groups (tổ dân phố) of the ward: the cells of its schematic map."""

    compare_every: timedelta = Field(timedelta(minutes=1), ge=timedelta(seconds=1))
    """How often the board compares its figures with the warehouse; it corrects and logs differences."""

    feed_requests: int = Field(120, ge=1)
    """Maximum number of requests per minute of a key of the city's feed."""
    feed_page: int = Field(5000, ge=1, le=50_000)
    """Maximum number of rows of a page of the city's feed."""
    feed_cut: time = time(16, 45)
    """Time at which the city takes the figures of a day, in the ward's time; it should have read them 15 minutes later."""
    health_port: int = Field(9105, ge=0, le=65535)
    """Port of the health endpoints of the board's process; 0: none."""

    @property
    def folder(self) -> Path:
        """Where the store of what people set is, and the log-ins."""
        return self.data_folder / STORE_FOLDER

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
