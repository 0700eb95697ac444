"""A table is read once, row by row, whatever the database does: SQLite everywhere, PostgreSQL and MariaDB where Debian gives them."""

import asyncio
import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter
from sqlalchemy import create_engine, text

from commands.install.ports import free_ports
from ingest.contract.connector import Connector, SqlTable
from ingest.contract.errors import ConfigurationError
from ingest.source import circuit_breaker
from ingest.source.cursor import Cursor
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from ingest.sql import reader as module
from ingest.sql.reader import SqlReader
from tests.ingest.support.toy import POSTING, Note, context, until

BY_NUMBER = SqlTable("notes", None, "seq", "number", 5, timedelta(seconds=1))
BY_TIME = replace(BY_NUMBER, grows="changed", by="time", overlap=60)
NOTES = Connector(**{
    **vars(POSTING), "id": "notes", "payload": TypeAdapter(Note), "reads": frozenset({"id", "at", "number"}), "way": BY_NUMBER,
})  # fmt: skip


class Sink:
    """What was sent, in the order in which it came."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.dead_letters: list[Any] = []

    async def send(self, events: Any) -> None:
        self.ids += [one.id for one in events]

    async def dead_letter(self, *dead_letters: Any) -> None:
        self.dead_letters += dead_letters


class Database:
    """A table of notes, with a column that is nobody's business."""

    def __init__(self, url: str, account: str = "") -> None:
        self.url, self.account = url, account
        self._admin = url if not account else url.replace("://", f"://{account}@")

    def run(self, statement: str, rows: Sequence[dict[str, Any]] = ()) -> None:
        engine = create_engine(self._admin)
        with engine.begin() as connection:
            connection.execute(text(statement), rows or None)
        engine.dispose()

    def make(self) -> None:
        self.run("DROP TABLE IF EXISTS notes")
        columns = "seq INTEGER, id VARCHAR(20), at VARCHAR(40), number VARCHAR(100), ho_ten VARCHAR(40), changed TIMESTAMP NULL"
        self.run(f"CREATE TABLE notes ({columns})")

    def add(self, *rows: dict[str, Any]) -> None:
        self.run("INSERT INTO notes VALUES (:seq, :id, :at, :number, :ho_ten, :changed)", rows)


def note(seq: int, **changed: Any) -> dict[str, Any]:
    usual = {
        "seq": seq,
        "id": f"n-{seq}",
        "at": "2026-03-02T08:00:00+07:00",
        "number": str(seq),
        "ho_ten": "Nguyen Van A",
        "changed": "2026-03-02 08:00:00",
    }
    return {**usual, **changed}


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    one = Database(f"sqlite:///{tmp_path}/notes.db")
    one.make()
    return one


@asynccontextmanager
async def reading(database: Database, folder: Path, sink: Sink, way: SqlTable = BY_NUMBER):
    connector = replace(NOTES, way=way)
    mapper = Mapper(connector, context("sql"))
    status = SourceStatus(connector, mapper.context, sink)
    account = SecretStr(database.account) if database.account else None
    cursor = Cursor(folder, "notes", mapper.context.pseudonym)
    breaker = circuit_breaker.CircuitBreaker(status)
    reader = SqlReader(mapper, status, breaker, sink, cursor, database.url, account, timedelta(milliseconds=30))  # type: ignore[arg-type]
    task = asyncio.create_task(reader.run())
    try:
        yield mapper, status
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


async def whole(database: Database, folder: Path) -> None:
    """What holds for every database: all rows, each sent once while it runs, and from where it was after a restart."""
    for way in (BY_NUMBER, BY_TIME):
        database.make()
        database.add(*[note(seq, changed=f"2026-03-02 08:{seq:02}:00") for seq in range(1, 11)])
        sink, place = Sink(), folder / way.grows
        async with reading(database, place, sink, way) as (_, status):
            await until(lambda sink=sink: len(sink.ids) == 10)
            await until(lambda status=status: status.reachable)
            database.add(note(11, changed="2026-03-02 08:11:00"))
            await until(lambda sink=sink: "n-11" in sink.ids)
            # Written later with a number that was given before: the overlap finds it.
            database.add(note(9, number="99", changed="2026-03-02 08:10:30"))
            await until(lambda sink=sink: len(sink.ids) == 12)
        assert sink.ids == [f"n-{seq}" for seq in (*range(1, 12), 9)]
        again = Sink()
        async with reading(database, place, again, way):
            database.add(note(12, changed="2026-03-02 08:12:00"))
            await until(lambda again=again: "n-12" in again.ids)
        assert len(again.ids) < 10
        assert set(again.ids) <= {f"n-{seq}" for seq in range(1, 13)}


async def test_sqlite(sqlite: Database, tmp_path: Path) -> None:
    await whole(sqlite, tmp_path)


async def test_a_cursor_that_is_none_begins_anew(sqlite: Database, tmp_path: Path) -> None:
    sqlite.add(note(1))
    Cursor(tmp_path, "notes", context("sql").pseudonym).save("of another way")
    sink = Sink()
    async with reading(sqlite, tmp_path, sink):
        await until(lambda: sink.ids == ["n-1"])


async def test_many_rows_of_one_time_are_all_read(sqlite: Database, tmp_path: Path) -> None:
    sqlite.add(*[note(1, id=f"n-{number}", number=str(number)) for number in range(500)])
    sink = Sink()
    async with reading(sqlite, tmp_path, sink, BY_TIME):
        await until(lambda: len(sink.ids) == 500)


async def test_while_kafka_is_waited_for_the_database_is_let_go(sqlite: Database, tmp_path: Path) -> None:
    """Else a source's own program could not write any more."""
    sqlite.add(*[note(seq) for seq in range(1, 500)])
    sink, asked, answers = Sink(), asyncio.Event(), asyncio.Event()
    send = sink.send

    async def wait(events: Any) -> None:
        asked.set()
        await answers.wait()
        await send(events)

    sink.send = wait  # type: ignore[method-assign]
    async with reading(sqlite, tmp_path, sink):
        await asked.wait()
        await asyncio.to_thread(sqlite.add, note(500))
        answers.set()
        await until(lambda: len(sink.ids) == 500)


async def test_more_rows_of_one_time_than_can_be_read_make_the_source_dark(
    sqlite: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 300)
    sqlite.add(*[note(1, id=f"n-{number}", number=str(number)) for number in range(500)])
    async with reading(sqlite, tmp_path, Sink(), BY_TIME) as (mapper, status):
        await until(lambda: mapper.counts["failed"])
        assert not status.reachable


async def test_only_columns_that_are_read_are_asked_for(sqlite: Database, tmp_path: Path) -> None:
    sqlite.add(note(1, number="x" * 99))  # a number that is none
    sink = Sink()
    async with reading(sqlite, tmp_path, sink):
        await until(lambda: sink.dead_letters)
    assert "ho_ten" not in sink.dead_letters[0].payload_redacted
    assert "Nguyen" not in sink.dead_letters[0].payload_redacted
    assert sink.dead_letters[0].address == "notes"


async def test_a_database_that_is_away_makes_the_source_dark_and_comes_back(sqlite: Database, tmp_path: Path) -> None:
    sqlite.add(note(1))
    sqlite.run("ALTER TABLE notes RENAME TO gone")
    sink = Sink()
    async with reading(sqlite, tmp_path, sink) as (mapper, status):
        await until(lambda: mapper.counts["failed"])
        assert not status.reachable
        sqlite.run("ALTER TABLE gone RENAME TO notes")
        await until(lambda: sink.ids == ["n-1"])
        await until(lambda: status.reachable)


async def test_a_database_that_hangs_is_given_up_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", timedelta(milliseconds=100))
    monkeypatch.setitem(module.CONNECTION_LIMITS, "postgresql", {"connect_timeout": 2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = Database(f"postgresql+psycopg://127.0.0.1:{silent.getsockname()[1]}/x")
        async with reading(hanging, tmp_path, Sink()) as (mapper, status):
            await until(lambda: mapper.counts["failed"])
            assert not status.reachable


async def test_a_table_of_nonsense_is_held_back(sqlite: Database, tmp_path: Path) -> None:
    sqlite.add(*[note(number, at="x") for number in range(3 * FEWEST)])
    sink = Sink()
    async with reading(sqlite, tmp_path, sink) as (mapper, _):
        await until(lambda: mapper.counts["held_back"])
    assert len(sink.dead_letters) < 2 * FEWEST


@pytest.mark.parametrize("url", ["", "x", "oracle+nothing://host/db", "postgresql+psycopg://user:secret@host/db"])
def test_an_address_that_is_none_is_a_setting_to_change(tmp_path: Path, url: str) -> None:
    mapper = Mapper(NOTES, context("sql"))
    status = SourceStatus(NOTES, mapper.context, Sink())
    cursor = Cursor(tmp_path, "notes", mapper.context.pseudonym)
    with pytest.raises(ConfigurationError, match="IOC_CONNECTORS_URLS__NOTES") as error:
        SqlReader(mapper, status, circuit_breaker.CircuitBreaker(status), Sink(), cursor, url)  # type: ignore[arg-type]
    assert "secret" not in str(error.value).replace("IOC_CONNECTORS", "")


@pytest.mark.parametrize(("kind", "driver"), [("mssql", "pymssql"), ("oracle", "oracledb")])
def test_a_driver_that_is_an_extra_is_named_when_it_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, driver: str
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    mapper = Mapper(NOTES, context("sql"))
    status = SourceStatus(NOTES, mapper.context, Sink())
    cursor = Cursor(tmp_path, "notes", mapper.context.pseudonym)
    with pytest.raises(ConfigurationError, match=f"pip install {driver}"):
        SqlReader(mapper, status, circuit_breaker.CircuitBreaker(status), Sink(), cursor, f"{kind}+{driver}://host/db")  # type: ignore[arg-type]


def server(*names: str) -> str | None:
    """A program of a database server, where Debian puts it."""
    folders = ["/usr/sbin", "/usr/bin", *sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)]
    return next((found for name in names if (found := shutil.which(name, path=":".join(folders)))), None)


def has_user(name: str) -> bool:
    return any(one.pw_name == name for one in pwd.getpwall())


@contextmanager
def started(command: list[str], user: str, ready: Any) -> Iterator[None]:
    asked = command if os.geteuid() else ["runuser", "-u", user, "--", *command]
    with subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 30
            while not ready():
                assert process.poll() is None
                assert time.monotonic() < deadline, "not ready in time"
                time.sleep(0.2)
            yield
        finally:
            process.terminate()


def answers(database: Database) -> bool:
    try:
        database.run("SELECT 1")
    except Exception:
        return False
    return True


needs_postgresql = pytest.mark.skipif(
    not (server("initdb") and has_user("postgres")), reason="PostgreSQL is not installed (apt-get install postgresql)"
)


@contextmanager
def postgresql() -> Iterator[Database]:
    """A real PostgreSQL, whose account is `ward:any`."""
    # A folder that its own user reaches.
    folder, (port,) = Path("/var/tmp") / f"ioc-postgres-{os.getpid()}", free_ports(1)
    as_user = [] if os.geteuid() else ["runuser", "-u", "postgres", "--"]
    try:
        made = [*as_user, str(server("initdb")), "-D", str(folder), "-U", "ward", "-A", "trust"]
        subprocess.run(made, check=True, capture_output=True)
        postgres = [str(server("postgres")), "-D", str(folder), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1"]
        database = Database(f"postgresql+psycopg://127.0.0.1:{port}/postgres", "ward:any")
        with started(postgres, "postgres", lambda: answers(database)):
            yield database
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.processes
@needs_postgresql
async def test_postgresql(tmp_path: Path) -> None:
    with postgresql() as database:
        await whole(database, tmp_path)


@pytest.mark.processes
@pytest.mark.skipif(
    not (server("mariadbd") and has_user("mysql")), reason="MariaDB is not installed (apt-get install mariadb-server)"
)
async def test_mariadb(tmp_path: Path) -> None:
    folder, (port,) = Path("/var/tmp") / f"ioc-mariadb-{os.getpid()}", free_ports(1)
    as_user = [] if os.geteuid() else ["runuser", "-u", "mysql", "--"]
    try:
        made = [
            *as_user,
            str(server("mariadb-install-db", "mysql_install_db")),
            "--no-defaults",
            f"--datadir={folder}",
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run(made, check=True, capture_output=True)
        mariadbd = [
            str(server("mariadbd")),
            "--no-defaults",
            f"--datadir={folder}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            f"--socket={folder}/s",
        ]
        database = Database(f"mysql+pymysql://127.0.0.1:{port}/test", "root:")
        with started(mariadbd, "mysql", lambda: answers(database)):
            await whole(database, tmp_path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
