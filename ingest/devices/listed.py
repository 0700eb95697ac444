"""Listed devices: which devices a source has, in `<data folder>/devices/<connector id>.toml`, with their passwords in files of their own.

    [tdp017-cong-cho]
    url = "http://10.20.0.17"
    user = "ioc"

The password of a device is the content of `<data folder>/secrets/device_<name>`. A recorder names what is on its channels:
`cameras = {1 = "tdp017-cong-cho", 2 = "tdp018-ngo-5"}`.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from ingest.contract.code import DeviceName
from ingest.contract.errors import ConfigurationError

MOST_DEVICES = 200
"""Devices of a source."""

LARGEST_LIST = 262_144
"""Bytes of a list."""

LARGEST_PASSWORD = 1_024


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path not in ("", "/"):
        raise ValueError("an address is http://host or https://host, without account and path")
    return f"{parts.scheme}://{parts.netloc}"


class DeviceEntry(BaseModel):
    """What the list says of one device."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, Field(max_length=200), AfterValidator(_address)]
    user: Annotated[str, Field(max_length=64)] = ""
    cameras: Annotated[dict[Annotated[str, Field(max_length=64)], DeviceName], Field(max_length=512)] = {}
    """Of a recorder, what is on its channels, by the channel's number or token."""


class ListedDevice(DeviceEntry):
    """One device."""

    name: str
    password: SecretStr = SecretStr("")


_LIST = TypeAdapter(Annotated[dict[DeviceName, DeviceEntry], Field(max_length=MOST_DEVICES)])


def device_list(data_folder: Path, connector_id: str) -> Path:
    """The file that lists a source's devices."""
    return data_folder / "devices" / f"{connector_id}.toml"


def password_file(data_folder: Path, device: str) -> Path:
    """The file with a device's password."""
    return data_folder / "secrets" / f"device_{device}"


def parse_devices(value: Any, name: str) -> dict[str, DeviceEntry]:
    """The devices of a list, by their names.

    Args:
        value: as TOML holds it.
        name: of the list, for errors.

    Raises:
        ConfigurationError: it is none; says where.
    """
    try:
        return _LIST.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{name}: {place}: {first['msg']}") from None


def listed_devices(data_folder: Path, connector_id: str, pretend: Path | None = None) -> list[ListedDevice]:
    """The devices of a source; none where there is no list.

    Args:
        data_folder: the install's.
        connector_id: the source.
        pretend: a folder like it, with those that the pretend ward plays beside.

    Raises:
        ConfigurationError: the list, or the file of a password, cannot be used.
    """
    beside = listed_devices(pretend, connector_id) if pretend else []
    file = device_list(data_folder, connector_id)
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_LIST)
        found = parse_devices(tomllib.loads(content.decode()), file.name)
    except FileNotFoundError:
        return beside
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file.name} cannot be read as TOML: {error}") from None
    return [
        ListedDevice(name=name, password=_password(password_file(data_folder, name)), **dict(one))
        for name, one in found.items()
    ] + [one for one in beside if one.name not in found]


def _password(file: Path) -> SecretStr:
    try:
        with file.open(encoding="utf-8") as opened:
            return SecretStr(opened.read(LARGEST_PASSWORD).strip())
    except FileNotFoundError:
        return SecretStr("")
    except (OSError, ValueError):
        raise ConfigurationError(f"{file.name} cannot be read: write the device's password into it") from None
