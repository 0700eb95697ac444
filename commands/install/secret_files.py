"""Secrets made at first start: one file each in `<data folder>/secrets`, for the owner of the install only.

A field of a settings class that is marked `json_schema_extra={"generated": True}` gets one, named as its variable in lower
case. A variable in the environment or `.env` always goes before its file.
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from pydantic_settings import BaseSettings

from commands.install.settings import variable
from commands.install.terminal import say


def make_secrets(folder: Path, kinds: Sequence[type[BaseSettings]]) -> list[str]:
    """Make the secrets that are missing; existing ones stay as they are.

    Returns:
        The names of those made.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    names = sorted({name for kind in kinds for name in generated_secrets(kind)})
    return [name for name in names if _made(folder / name)]


def generated_secrets(kind: type[BaseSettings]) -> list[str]:
    """File names of the secrets that a settings class wants made."""
    names = []
    for field, info in kind.model_fields.items():
        extra = info.json_schema_extra
        if isinstance(extra, dict) and extra.get("generated"):
            names.append(variable(kind, field).lower())
    return names


def report_former_account(folder: Path) -> None:
    """Say what has to be set anew at devices when the install was made by a version whose devices shared one account."""
    former = folder / "ioc_connectors_mqtt_device_password"
    if former.exists():
        say(
            f"Tài khoản MQTT “device” không còn: mỗi nguồn có tài khoản riêng, xem ./ioc connectors --secrets. Đặt lại xong thì xóa {former}.",
            f"The MQTT account “device” is no more: each source has its own, see ./ioc connectors --secrets. When all are set, delete {former}.",
        )


def readable_by_others(folder: Path) -> list[Path]:
    """The folder and the files in it that others on this PC may read."""
    if not folder.is_dir():
        return []
    return [path for path in [folder, *sorted(folder.iterdir())] if path.stat().st_mode & 0o077]


def _made(path: Path) -> bool:
    if path.exists():
        if path.stat().st_size:
            return False
        path.unlink()
    # Made whole under another name: a crash leaves no empty secret, and a start at the same time takes only one of two.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.touch(mode=0o600)
    new.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    try:
        os.link(new, path)
    except FileExistsError:
        return False
    finally:
        new.unlink()
    return True
