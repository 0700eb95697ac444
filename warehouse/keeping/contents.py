"""Contents: what a backup holds besides the tables, by its name in the archive and its place in the data folder.

Cursors are read before the tables are copied: an older cursor only reads again what then counts once. The board's files are
those that people made; log-ins are not among them, so that nobody enters by a backup. Settings come along without their
secrets unless asked for.
"""

import re
from pathlib import Path

from pydantic import SecretStr

from ingest.errors import ConfigurationError
from ingest.pseudonym import pseudonyms

DATA = "data/"
"""Before the name of a file that belongs into the data folder."""

SETTINGS = "settings.env"
"""The install's `.env`."""

CURSORS = "connectors/*.cursor"
BOARD = "dashboard/*.json"
SECRETS = "secrets/*"
FILES = ("calendar.toml", "run/clock.json")
"""The office's days off; how far the pretend clock is, which never goes back."""

NOT_THE_BOARDS = frozenset({"sessions.json", "known_addresses.json", "readings.json"})
"""Log-ins, from where people logged in, and what is made again by itself."""

_VARIABLE = re.compile(r"\s*(?:export\s+)?(\w+)\s*=")
_SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN|WEBHOOK_URL")
_FINGERPRINT = "the same secret gives the same pseudonym"


def files(data_folder: Path, secrets: bool) -> dict[str, Path]:
    """By name in the archive, the files of the data folder that a backup holds besides the tables; cursors first."""
    patterns = [CURSORS, *FILES, BOARD, *([SECRETS] if secrets else [])]
    found = [path for pattern in patterns for path in sorted(data_folder.glob(pattern))]
    return {
        DATA + path.relative_to(data_folder).as_posix(): path
        for path in found
        if path.is_file() and not path.name.startswith(".") and path.name not in NOT_THE_BOARDS
    }


def settings(text: str, secrets: bool) -> tuple[str, list[str]]:
    """The `.env` as it goes into a backup, and the names of the secrets that were left out of it."""
    if secrets:
        return text, []
    kept, left_out = [], []
    for line in text.splitlines():
        found = _VARIABLE.match(line)
        if found and is_secret(found[1]):
            left_out.append(found[1])
            kept.append(f"# {found[1]} is a secret and was left out")
        else:
            kept.append(line)
    return "\n".join([*kept, ""]), left_out


def is_secret(variable: str) -> bool:
    """Whether a variable holds a secret, which its name tells."""
    return bool(_SECRET_NAME.search(variable.upper())) and not variable.upper().startswith("IOC_KEEPER_")


def fingerprint(secret: SecretStr | None) -> str:
    """Tells whether two installs have the same pseudonym secret, without telling it; empty where there is none."""
    try:
        return pseudonyms(secret)(_FINGERPRINT)
    except ConfigurationError:
        return ""
