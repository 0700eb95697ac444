"""`.env.example`, written from the settings classes: `python -m commands.developers.env_example` after any of them has changed."""

import ast
import inspect
import json
import sys
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

from pydantic import SecretStr, TypeAdapter
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from commands.install.secret_files import generated_secrets
from commands.install.settings import KINDS, ROOT, variable

FILE = ROOT / ".env.example"

HEAD = """\
# Every setting with its default. Copy the lines that you change to `.env`, in this folder, and take the `#` away.
# A secret is better kept in a file of its own: <IOC_DATA_FOLDER>/secrets/<name in lower case>; `./ioc up` makes those
# marked “made at first start”.

# Which stores `docker compose up` starts beside the services: `kafka,clickhouse`, or without those that are outside (docs/cluster.md).
COMPOSE_PROFILES=kafka,clickhouse
"""


def env_example_text() -> str:
    """The whole file."""
    seen: set[str] = set()
    parts = [HEAD]
    for kind in KINDS:
        parts.append(f"\n# ── {(kind.__doc__ or '').strip()}\n")
        for name in kind.model_fields:
            if variable(kind, name) not in seen:
                seen.add(variable(kind, name))
                parts.append(_entry(kind, name))
    return "".join(parts)


@cache
def docs(kind: type[BaseSettings]) -> dict[str, str]:
    """By field, the docstring under it, of the class and those above it."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        if not issubclass(one, BaseSettings) or one is BaseSettings:
            continue
        body = ast.parse(inspect.getsource(one)).body[0]
        statements = body.body if isinstance(body, ast.ClassDef) else []
        for field, after in pairwise(statements):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
                found[field.target.id] = str(ast.literal_eval(after.value))
    return found


def _entry(kind: type[BaseSettings], field: str) -> str:
    name = variable(kind, field)
    doc = " ".join(docs(kind).get(field, "").split())
    made = " (made at first start)" if name.lower() in generated_secrets(kind) else ""
    return f"# {doc}{made}\n# {name}={default(kind, field)}\n"


def default(kind: type[BaseSettings], field: str) -> str:
    """A setting's default as it would be written in `.env`; empty where there is none."""
    value = kind.model_fields[field].default
    if value is PydanticUndefined or value is None or isinstance(value, SecretStr) or value in ("", {}, []):
        return ""
    if isinstance(value, timedelta):
        return str(TypeAdapter(timedelta).dump_python(value, mode="json"))
    if isinstance(value, Path) and value.is_absolute():
        return f"${{HOME}}/{value.relative_to(Path.home())}" if value.is_relative_to(Path.home()) else str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(int(value)) if isinstance(value, int) else str(value)


def main() -> int:
    """Write the file."""
    FILE.write_text(env_example_text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
