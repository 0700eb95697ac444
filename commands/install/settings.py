"""Settings: the settings of all folders together, from the environment as a process sees it or from explicit values."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic_settings import BaseSettings, EnvSettingsSource, SecretsSettingsSource

from connectors.settings import ConnectorsSettings
from connectors.simulator.settings import SimulatorSettings
from dashboard.alarm.settings import AlarmSettings
from dashboard.settings import BoardSettings
from ingest.contract.settings import HealthSettings, IngestSettings, PlaceSettings, read_settings
from streams.settings import StreamsSettings
from warehouse.maintenance.settings import KeeperSettings
from warehouse.settings import WarehouseSettings

ROOT = Path(__file__).resolve().parents[2]
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

OTHERS = 0o077
"""The rights of everybody but the owner."""

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
    alarms: AlarmSettings

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


class ForeignInstallError(SystemExit):
    """The install, or a file of it, belongs to another user of this PC: ends a command with a sentence in both languages.

    Args:
        path: what we may not use.
    """

    def __init__(self, path: Path) -> None:
        owner = _owner(path)
        super().__init__(
            f"{path} thuộc về người dùng {owner} của máy này: hãy chạy lệnh bằng tài khoản đó, "
            "hoặc đặt IOC_DATA_FOLDER và các cổng khác để có một hệ thống riêng.\n"
            f"{path} belongs to the user {owner} of this PC: run the command as that user, "
            "or set IOC_DATA_FOLDER and other ports for an install of your own."
        )


@contextmanager
def check_ownership() -> Iterator[None]:
    """Say whose it is when the block may not use a file of the install.

    Raises:
        ForeignInstallError: then.
    """
    try:
        yield
    except PermissionError as error:
        raise ForeignInstallError(Path(os.fsdecode(error.filename or "."))) from None


def data_folder_path() -> Path:
    """This install's data folder, known before any secret is made.

    Raises:
        ForeignInstallError: it belongs to another user of this PC.
    """
    with check_ownership():
        folder = read_settings(PlaceSettings).data_folder.resolve()
        if folder.exists() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise ForeignInstallError(folder)
    return folder


def read_install() -> Install:
    """The install that environment, `.env` and secret files describe.

    Raises:
        ConfigurationError: a value is wrong or missing.
        ForeignInstallError: it belongs to another user of this PC.
    """
    data_folder_path()
    with check_ownership():
        return Install(
            read_settings(IngestSettings),
            read_settings(WarehouseSettings),
            read_settings(ConnectorsSettings),
            read_settings(StreamsSettings),
            read_settings(BoardSettings),
            read_settings(HealthSettings),
            read_settings(KeeperSettings),
            read_settings(AlarmSettings),
        )


def restrict_access(folder: Path) -> None:
    """Make the data folder, and let nobody else into it; what was made before that by earlier versions is tightened as well.

    Raises:
        ForeignInstallError: something in it belongs to another user of this PC.
    """
    with check_ownership():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not folder.stat().st_mode & OTHERS:
            return
        for parent, folders, files in os.walk(folder):
            for path in (Path(parent, name) for name in (*folders, *files)):
                _tighten(path)
        _tighten(folder)  # last: what was begun and not finished is begun again


def _tighten(path: Path) -> None:
    with suppress(FileNotFoundError):  # a running process may have taken it away
        if not path.is_symlink() and (mode := path.stat().st_mode) & OTHERS:
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)


def _owner(path: Path) -> str:
    """Who owns it, or the next folder above it that we may look at."""
    for one in (path, *path.absolute().parents):
        try:
            return one.owner()
        except KeyError:
            return str(one.stat().st_uid)
        except OSError:
            continue
    return "?"


def install_of(variables: Mapping[str, str], secrets: Path) -> Install:
    """The install that these variables and secret files describe, whatever our own environment holds."""
    return Install(
        read_explicit(IngestSettings, variables, secrets),
        read_explicit(WarehouseSettings, variables, secrets),
        read_explicit(ConnectorsSettings, variables, secrets),
        read_explicit(StreamsSettings, variables, secrets),
        read_explicit(BoardSettings, variables, secrets),
        read_explicit(HealthSettings, variables, secrets),
        read_explicit(KeeperSettings, variables, secrets),
        read_explicit(AlarmSettings, variables, secrets),
    )


def read_explicit(kind: type[Kind], variables: Mapping[str, str], secrets: Path) -> Kind:
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
