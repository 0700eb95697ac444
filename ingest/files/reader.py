"""File reader: reads the files that are put into a source's folder, each content once.

A file is taken when it has settled: its size and time were the same for some seconds, so that nobody still writes it. It is known by
its content, so that one that comes again, under whatever name, changes nothing. It moves to `done/` after Kafka has all of it on
disk, and to `refused/` when it cannot be read; a crash in between reads it again, and its events, which have the same ids,
count once. An invalid row becomes a dead letter that names it, and the next one goes on.
"""

import asyncio
import logging
import os
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from pydantic_core import to_json

from ingest.contract.connector import FileDrop
from ingest.contract.errors import InvalidEvent
from ingest.files.table import LARGEST_FILE, Row, table_rows
from ingest.kafka.producer import Producer
from ingest.runtime.failpoint import failpoint
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import Cursor
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader
from ingest.source.rhythm import SIGNS_MISSED
from ingest.source.status import SourceStatus

log = logging.getLogger(__name__)

PAUSE = timedelta(seconds=2)
"""Between two looks at the folder."""

SETTLED = timedelta(seconds=5)
"""How long nobody has written a file that is taken."""

BATCH = 200
"""Rows that go to Kafka together."""

MOST_REMEMBERED = 2_000
"""Files whose content is known to have been read; older ones would be read again, and their events count once."""

KEPT = timedelta(days=30)
"""How long files stay in `done/` and `refused/`: they hold what must not be kept."""

UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp")
"""Endings of names that programs use while they write."""


class _Look(NamedTuple):
    """A file as it was when it was first seen so."""

    size: int
    changed_ns: int
    inode: int
    since: float


class FileReader(SourceReader):
    """Reads one source's folder, `<data folder>/inbox/<connector id>`, for ever.

    Args:
        mapper: its connector's, whose way is a `FileDrop`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        data_folder: the install's.
        pause: replaces `PAUSE`; for tests.
        settled: replaces `SETTLED`; for tests.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        data_folder: Path,
        pause: timedelta = PAUSE,
        settled: timedelta = SETTLED,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, FileDrop):
            raise TypeError(f"{mapper.connector.id} has no folder")
        super().__init__(mapper, source_status, breaker, producer)
        self._way = way
        self._folder = data_folder / "inbox" / self._id
        self._cursor = Cursor(data_folder / "connectors", self._id, mapper.context.pseudonym)
        self._pause, self._settled = pause.total_seconds(), settled.total_seconds()
        self._seen: dict[Path, _Look] = {}
        self._read: dict[str, float] = {}
        """When the content with a digest was read, in seconds since 1970; oldest first."""

    async def run(self) -> None:
        """Read for ever."""
        self._recall(await asyncio.to_thread(self._cursor.read))
        if not self._is_silent():
            self._source_status.up("read_before")
        while True:
            for file in await asyncio.to_thread(self._settled_files):
                try:
                    await self._take(file)
                except FileNotFoundError:
                    log.warning("%s: a file was removed while it was being read", self._id)
            if self._read and self._is_silent():  # one from which nothing ever came is not missed
                self._source_status.down("silent")
            await asyncio.sleep(self._pause)

    def _settled_files(self) -> list[Path]:
        """The files that nobody writes any more, oldest first; those that were kept for long enough are removed."""
        for folder in (self._folder / "done", self._folder / "refused"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for kept in folder.iterdir():
                if kept.lstat().st_ctime < time.time() - KEPT.total_seconds():
                    kept.unlink()
        looks = {}
        for file in self._folder.iterdir():
            if file.name.startswith((".", "~")) or file.suffix.lower() in UNFINISHED:
                continue
            if file.is_symlink() or not file.is_file():
                continue
            said = file.stat()
            fresh = _Look(said.st_size, said.st_mtime_ns, said.st_ino, time.monotonic())
            before = self._seen.get(file)
            looks[file] = before if before and before[:3] == fresh[:3] else fresh
        self._seen = looks
        settled = [file for file, look in looks.items() if time.monotonic() - look.since >= self._settled and look.size]
        return sorted(settled, key=lambda file: (looks[file].changed_ns, file.name))

    async def _take(self, file: Path) -> None:
        digest = await asyncio.to_thread(_digest, file)
        if digest in self._read:
            self._mapper.counts["repeated_files"] += 1
            await asyncio.to_thread(self._put, file, "done", digest)
            return
        try:
            with closing(table_rows(file, self._way)) as rows:
                while batch := await asyncio.to_thread(lambda: list(islice(rows, BATCH))):
                    await self._into_kafka(file, digest, batch)
        except InvalidEvent as fault:
            log.warning("%s: a file cannot be read: %s", self._id, fault)
            body = to_json({"file": digest[:12], "kind": file.suffix.lower()[:8]})
            await self.deliver((), [self._mapper.refused(body, fault, address=digest[:12])])
            await asyncio.to_thread(self._put, file, "refused", digest)
            return
        failpoint("files.sent")
        self._read[digest] = time.time()
        for oldest in list(self._read)[:-MOST_REMEMBERED]:
            del self._read[oldest]
        await asyncio.to_thread(self._cursor.save, "\n".join(f"{one} {at:.0f}" for one, at in self._read.items()))
        self._source_status.up()
        self._mapper.counts["files"] += 1
        await asyncio.to_thread(self._put, file, "done", digest)

    async def _into_kafka(self, file: Path, digest: str, batch: Sequence[Row]) -> None:
        """Wait until Kafka has what comes of some rows; while the source is held back they stay where they are.

        Raises:
            FileNotFoundError: somebody took the file away, or put another in its place, instead of waiting.
        """
        was = file.stat()
        while (taken := self.judge_page((self._mapped(digest, row) for row in batch), len(batch))) is None:
            while left := self._breaker.left():
                await asyncio.sleep(min(left, self._pause))
                if not os.path.samestat(was, file.stat()):
                    raise FileNotFoundError
        await self.deliver_all(taken)

    def _mapped(self, digest: str, row: Row) -> MappedMessage:
        """What comes of a row; its dead letter's address names the file, as it is called in `done/`, and the row."""
        return self.map_object(row.cells, f"{digest[:12]}/row-{row.number}")

    def _put(self, file: Path, folder: str, digest: str) -> None:
        file.replace(self._folder / folder / f"{digest[:12]}-{file.name}"[:200])
        self._seen.pop(file, None)

    def _recall(self, position: str | None) -> None:
        try:
            self._read = {one: float(at) for one, at in (line.split(" ") for line in (position or "").splitlines())}
        except ValueError:
            log.warning(
                "%s: the note of files that were read is damaged; a file that is read again counts once", self._id
            )

    def _is_silent(self) -> bool:
        last = max(self._read.values(), default=0.0)
        return time.time() - last > SIGNS_MISSED * self._way.sign_of_life.total_seconds()


def _digest(file: Path) -> str:
    """A digest of a file's content; of a file that is too large, of its beginning."""
    digest, left = blake2b(digest_size=16), LARGEST_FILE + 1
    with file.open("rb") as opened:
        while left > 0 and (chunk := opened.read(min(left, 1_048_576))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()
