"""One install: the settings of all folders together, from the environment as a process sees it or from explicit values."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic_settings import BaseSettings, EnvSettingsSource, SecretsSettingsSource

from connectors.settings import ConnectorsSettings
from connectors.simulator.settings import SimulatorSettings
from dashboard.alarm.settings import AlarmSettings
from dashboard.settings import BoardSettings
from ingest.settings import HealthSettings, IngestSettings, PlaceSettings, read_settings
from streams.settings import StreamsSettings
from warehouse.keeping.settings import KeeperSettings
from warehouse.settings import WarehouseSettings

ROOT = Path(__file__).resolve().parents[1]
"""The application's root, from which everything runs."""

KINDS: tuple[type[BaseSettings], ...] = (
    IngestSettings,
    WarehouseSettings,
    ConnectorsSettings,
    StreamsSettings,
    BoardSettings,
    AlarmSettings,
    KeeperSettings,
    SimulatorSettings,
    HealthSettings,
)

Kind = TypeVar("Kind", bound=BaseSettings)


@dataclass(frozen=True)
class Install:
    """Every folder's settings."""

    ingest: IngestSettings
    warehouse: WarehouseSettings
    connectors: ConnectorsSettings
    streams: StreamsSettings
    board: BoardSettings
    health: HealthSettings
    keeper: KeeperSettings

    @property
    def folder(self) -> Path:
        """The data folder, whole."""
        return self.ingest.data_folder.resolve()

    @property
    def run(self) -> Path:
        """Where sockets, pids and the pretend clock's memory are."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """Where every process's log is."""
        return self.folder / "logs"


def place() -> Path:
    """This install's data folder, known before any secret is made."""
    return read_settings(PlaceSettings).data_folder.resolve()


def read() -> Install:
    """The install that environment, `.env` and secret files describe.

    Raises:
        ConfigurationError: a value is wrong or missing.
    """
    return Install(
        read_settings(IngestSettings),
        read_settings(WarehouseSettings),
        read_settings(ConnectorsSettings),
        read_settings(StreamsSettings),
        read_settings(BoardSettings),
        read_settings(HealthSettings),
        read_settings(KeeperSettings),
    )


def described(variables: Mapping[str, str], secrets: Path) -> Install:
    """The install that these variables and secret files describe, whatever our own environment holds."""
    return Install(
        explicit(IngestSettings, variables, secrets),
        explicit(WarehouseSettings, variables, secrets),
        explicit(ConnectorsSettings, variables, secrets),
        explicit(StreamsSettings, variables, secrets),
        explicit(BoardSettings, variables, secrets),
        explicit(HealthSettings, variables, secrets),
        explicit(KeeperSettings, variables, secrets),
    )


def explicit(kind: type[Kind], variables: Mapping[str, str], secrets: Path) -> Kind:
    """One class of settings from these variables and secret files only."""
    given = EnvSettingsSource(kind)
    given.env_vars = {name.lower(): value for name, value in variables.items()}
    values = {**SecretsSettingsSource(kind, secrets_dir=secrets)(), **given()}
    for name, info in kind.model_fields.items():
        alias = info.validation_alias
        known = {name, alias} & set(values)
        if not known and not info.is_required():
            values[name] = info.get_default(call_default_factory=True, validated_data={})
    return kind(_env_file=None, **values)


def variable(kind: type[BaseSettings], field: str) -> str:
    """The environment variable of a field, for example `IOC_BOARD_PORT`."""
    alias = kind.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def environment(changed: Mapping[str, str]) -> dict[str, str]:
    """Our own environment with these variables changed, for processes that we start."""
    return {**os.environ, **changed}


def bare_environment(changed: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without this system's variables, except these."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("IOC_")}, **changed}
