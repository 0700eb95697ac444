"""SFTP: fetches the files of a folder at the source into the folder of ours that is read (`reader`), within the same rules.

Nothing is changed at the source. A file is fetched when it has settled: two looks found it with the same size and time. Which ones were
fetched is remembered by name, size and time; should that be lost they are fetched again, and their content counts once. The server is known
by its key, which the declaration names: another server is not even asked for a password.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import asyncssh
from pydantic import SecretStr

from ingest.administration.reach import ForbiddenAddress
from ingest.contract.connector import FileDrop
from ingest.contract.errors import ConfigurationError
from ingest.files.reader import SETTLED, UNFINISHED
from ingest.files.table import LARGEST_FILE
from ingest.runtime.backoff import BackOff
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus

log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=5)
"""Time for one look with what it fetches."""

MOST_LISTED = 5_000
"""Files of the folder that are looked at."""

MOST_FETCHED = 2_000
"""Files that are known to have been fetched."""

KINDS = (".csv", ".txt", ".xlsx")

_CHUNK = 262_144


class RemoteFile(NamedTuple):
    """A file at the source, as it was listed."""

    name: str
    size: int
    changed_at: int

    @property
    def mark(self) -> str:
        """What it is remembered by."""
        return blake2b(repr(tuple(self)).encode(), digest_size=12).hexdigest()


class SftpFetcher:
    """Fetches one source's files for ever.

    Args:
        mapper: its connector's, whose way is a `FileDrop` with the key of a server.
        source_status: its source's status.
        cursor: where it remembers what it has fetched.
        url: `sftp://host[:port]/folder`.
        account: `<user>:<password>`.
        data_folder: the install's; with the private key in `secrets/sftp_<connector id>`, where the server wants one.
        guard: sees before each look that the server's address may be asked.
        settled: replaces `SETTLED`; for tests.

    Raises:
        ConfigurationError: the address or the server's key is none.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        cursor: Cursor,
        url: str,
        account: SecretStr | None,
        data_folder: Path,
        guard: Callable[[], None] | None = None,
        settled: timedelta = SETTLED,
    ) -> None:
        way, self._id = mapper.connector.way, mapper.connector.id
        if not isinstance(way, FileDrop):
            raise TypeError(f"{self._id} has no folder")
        parts = urlsplit(url)
        if parts.scheme != "sftp" or not parts.hostname or parts.username:
            name = f"IOC_CONNECTORS_URLS__{self._id.upper()}"
            raise ConfigurationError(f"{name} must be sftp://host/folder without user and password.")
        try:
            self._host_key = asyncssh.import_public_key(way.host_key)
        except asyncssh.KeyImportError:
            raise ConfigurationError(f"{self._id}: `host_key` is no key of an SSH server.") from None
        self._host, self._port = parts.hostname, parts.port or 22
        self._place = unquote(parts.path) or "."
        self._user, _, self._password = account.get_secret_value().partition(":") if account else ("", "", "")
        self._key = data_folder / "secrets" / f"sftp_{self._id}"
        self._inbox = data_folder / "inbox" / self._id
        self._counts, self._status, self._cursor, self._guard = mapper.counts, source_status, cursor, guard
        self._every, self._settled = way.every.total_seconds(), settled.total_seconds()
        self._seen: set[RemoteFile] = set()
        self._fetched: dict[str, None] = {}

    async def run(self) -> None:
        """Fetch for ever."""
        self._fetched = dict.fromkeys((await asyncio.to_thread(self._cursor.read) or "").split())
        backoff, is_away = BackOff(), False
        while True:
            try:
                async with asyncio.timeout(PATIENCE.total_seconds()):
                    is_waiting = await self._look()
            except (OSError, asyncssh.Error, TimeoutError, ValueError, ForbiddenAddress) as error:
                self._counts["failed"] += 1
                # What a server says may hold the account.
                log.warning("%s: its SFTP server cannot be read: %s", self._id, type(error).__name__)
                self._status.down(_cause(error))
                is_away = True
                await asyncio.sleep(backoff.seconds())
                continue
            backoff.reset()
            if is_away:
                self._status.up()
                is_away = False
            await asyncio.sleep(min(self._settled, self._every) if is_waiting else self._every)

    async def _look(self) -> bool:
        """Fetch what has settled; whether something has not yet."""
        if self._guard is not None:
            await asyncio.to_thread(self._guard)
        keys = [str(self._key)] if await asyncio.to_thread(self._key.is_file) else []
        connecting = asyncssh.connect(
            self._host, self._port, username=self._user, password=self._password or None, client_keys=keys, config=None,
            agent_path=None, known_hosts=([self._host_key], [], []), connect_timeout=10, login_timeout=20, keepalive_interval=15,
        )  # fmt: skip
        async with connecting as connection, connection.start_sftp_client() as sftp:
            found = await self._listed(sftp)
            for one in sorted(found & self._seen, key=lambda one: (one.changed_at, one.name)):
                await self._fetch(sftp, one)
            waiting = found - self._seen
            self._seen = {one for one in found if one.mark not in self._fetched}
        return bool(waiting)

    async def _listed(self, sftp: asyncssh.SFTPClient) -> set[RemoteFile]:
        """The files that were not fetched yet."""
        found: set[RemoteFile] = set()
        listed = 0
        async for entry in sftp.scandir(self._place):
            listed += 1
            if listed > MOST_LISTED:
                break
            name, said = str(entry.filename), entry.attrs
            is_file = said.type == asyncssh.FILEXFER_TYPE_REGULAR
            if (
                not is_file
                or not name.lower().endswith(KINDS)
                or name.startswith((".", "~"))
                or "/" in name
                or len(name) > 120
            ):
                continue
            one = RemoteFile(name, said.size or 0, said.mtime or 0)
            if one.size and one.mark not in self._fetched and not name.lower().endswith(UNFINISHED):
                found.add(one)
        return found

    async def _fetch(self, sftp: asyncssh.SFTPClient, one: RemoteFile) -> None:
        """Fetch a file whole, or, of one that is too large, so much that its reader refuses it."""
        await asyncio.to_thread(self._inbox.mkdir, mode=0o700, parents=True, exist_ok=True)
        target, part = self._inbox / f"{one.mark}-{one.name}", self._inbox / f".{one.mark}.part"
        async with sftp.open(f"{self._place}/{one.name}", "rb") as file:
            opened: Any = file  # of bytes
            with part.open("wb") as kept:
                left = LARGEST_FILE + 1
                while left > 0 and (chunk := await opened.read(min(left, _CHUNK))):
                    await asyncio.to_thread(kept.write, chunk)
                    left -= len(chunk)
        await asyncio.to_thread(part.replace, target)
        self._counts["fetched_files"] += 1
        self._fetched[one.mark] = None
        for oldest in list(self._fetched)[:-MOST_FETCHED]:
            del self._fetched[oldest]
        await asyncio.to_thread(self._cursor.save, "\n".join(self._fetched))


def _cause(error: Exception) -> str:
    if isinstance(error, ForbiddenAddress):
        return "forbidden_address"
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return "another_server"
    return "account_refused" if isinstance(error, asyncssh.PermissionDenied) else "no_answer"
