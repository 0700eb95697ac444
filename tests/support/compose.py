"""docker-compose.yml as Docker Compose reads it: which services there are, and the environment that each gets."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STORES = frozenset({"kafka", "clickhouse"})
"""Services of others; all else is ours."""

_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


class MissingVariableError(Exception):
    """A variable that has to be set is not."""


def interpolated(value: object, given: Mapping[str, str]) -> str:
    """A value of the file with `${NAME}`, `${NAME:-default}` and `${NAME:?error}` filled in; empty counts as missing."""

    def fill(found: re.Match[str]) -> str:
        name, kind, text = found.groups()
        if given.get(name):
            return given[name]
        if kind == "?":
            raise MissingVariableError(name)
        return text or ""

    return _VARIABLE.sub(fill, str(value).lower() if isinstance(value, bool) else str(value))


def environment(service: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a service's process sees.

    Args:
        service: its name.
        given: what is in `.env`.

    Raises:
        MissingVariableError: `.env` lacks something; Compose would start nothing.
    """
    there = dict(given) if SERVICES[service].get("env_file") == [".env"] else {}
    own = {name: interpolated(value, given) for name, value in SERVICES[service].get("environment", {}).items()}
    return there | own
