"""Files that are fetched from a real SFTP server (asyncssh's): settled, each content once, from no other server, by nobody else's account."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pydantic import SecretStr

from ingest.contract.errors import ConfigurationError
from ingest.files import sftp as module
from ingest.files.sftp import SftpFetcher
from ingest.source.cursor import Cursor
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.ingest.files.test_reader import DROPPED as FOLDER
from tests.ingest.support.toy import context, until

WAY: Any = FOLDER.way
HOST = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")
CLIENT = asyncssh.generate_private_key("ssh-ed25519")
MOMENT = timedelta(milliseconds=50)
CONTENT = "id,at,number\nn-1,2026-03-02T08:00:00+07:00,1\n"


def public(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])


class Server(asyncssh.SSHServer):
    """One account, `ward`, with a password and a key."""

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ward", "mật khẩu: có dấu")

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "ward" and key == CLIENT.convert_to_public()


class Remote:
    """A folder at the source, and the folder of ours."""

    def __init__(self, folder: Path, port: int) -> None:
        self.there, self.here, self.port = folder / "there", folder / "here", port
        self.inbox = self.here / "inbox" / FOLDER.id
        self.mapper = Mapper(FOLDER, context("sftp"))
        self.status = SourceStatus(FOLDER, self.mapper.context, Any)  # type: ignore[arg-type]

    def put(self, name: str, content: str | bytes, age: int = 60) -> None:
        file = self.there / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        changed = file.stat().st_mtime - age
        os.utime(file, (changed, changed))

    def got(self) -> list[str]:
        """Names of what was fetched, without their marks."""
        return sorted(one.name.split("-", 1)[1] for one in self.inbox.glob("*.*") if not one.name.startswith("."))

    def remembered(self) -> list[str]:
        """Marks of what was fetched, as the next process finds them."""
        return (Cursor(self.here, "x.sftp", self.mapper.context.pseudonym).read() or "").split()

    @asynccontextmanager
    async def fetching(self, account: str = "ward:mật khẩu: có dấu", key: asyncssh.SSHKey = HOST, folder: str = "/a") -> AsyncIterator[None]:  # fmt: skip
        way = replace(WAY, host_key=public(key), every=MOMENT)
        mapper = Mapper(replace(FOLDER, way=way), self.mapper.context)
        mapper.counts = self.mapper.counts
        cursor = Cursor(self.here, "x.sftp", self.mapper.context.pseudonym)
        url = f"sftp://127.0.0.1:{self.port}{folder}"
        fetcher = SftpFetcher(mapper, self.status, cursor, url, SecretStr(account), self.here, settled=MOMENT)
        task = asyncio.create_task(fetcher.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled():
                task.result()


@pytest.fixture
async def remote(tmp_path: Path) -> AsyncIterator[Remote]:
    (tmp_path / "there" / "a").mkdir(parents=True)
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[HOST],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=bytes(tmp_path / "there")),
    )  # fmt: skip
    one = Remote(tmp_path, server.get_port())
    one.there /= "a"
    yield one
    server.close()
    await server.wait_closed()


async def test_each_file_that_has_settled_comes_once_and_again_when_it_is_another(remote: Remote) -> None:
    remote.put("một.csv", CONTENT)
    for name in ("note.pdf", ".hidden.csv", "half.csv.part", "~$open.xlsx"):
        remote.put(name, CONTENT)
    remote.put("empty.csv", "")
    (remote.there / "folder.csv").mkdir()
    async with remote.fetching():
        await until(lambda: remote.got() == ["một.csv"])
        remote.put("hai.csv", CONTENT, age=30)
        await until(lambda: remote.got() == ["hai.csv", "một.csv"])
        (fetched,) = remote.inbox.glob("*-hai.csv")
        assert fetched.read_text("utf-8") == CONTENT
        fetched.unlink()  # as its reader does
        await until(lambda: len(remote.remembered()) == 2)
    async with remote.fetching():
        remote.put("ba.csv", CONTENT, age=20)
        await until(lambda: remote.got() == ["ba.csv", "một.csv"])
        remote.put("hai.csv", CONTENT + "n-2,,\n", age=10)
        await until(lambda: remote.got() == ["ba.csv", "hai.csv", "một.csv"])
    assert remote.mapper.counts["fetched_files"] == 4
    assert sorted(one.name for one in remote.there.glob("*.csv")) == [".hidden.csv", "ba.csv", "empty.csv", "folder.csv", "hai.csv", "một.csv"]  # fmt: skip


async def test_a_file_that_still_grows_is_waited_for(remote: Remote) -> None:
    async with remote.fetching():
        for length in range(1, 12):
            remote.put("lớn.csv", CONTENT * length, age=length)
            await asyncio.sleep(0.02)
        await until(lambda: remote.got() == ["lớn.csv"])
    assert (next(remote.inbox.glob("*-lớn.csv"))).read_text("utf-8") == CONTENT * 11


async def test_a_file_that_is_too_large_is_not_fetched_to_its_end(remote: Remote, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setattr(module, "LARGEST_FILE", 1_000)
    remote.put("bom.csv", b"x" * 9_000_000)
    async with remote.fetching():
        await until(lambda: remote.got() == ["bom.csv"])
    assert next(remote.inbox.glob("*-bom.csv")).stat().st_size == 1_001


async def test_another_server_is_not_asked_and_another_account_is_refused(remote: Remote) -> None:
    remote.put("một.csv", CONTENT)
    for account, key, cause in (("ward:mật khẩu: có dấu", OTHER, "another_server"), ("ward:x", HOST, "account_refused")):  # fmt: skip
        async with remote.fetching(account, key):
            await until(lambda cause=cause: remote.status.cause == cause)
        remote.status.up()
    assert not remote.inbox.exists()


async def test_a_key_serves_as_well_as_a_password(remote: Remote) -> None:
    remote.put("một.csv", CONTENT)
    (remote.here / "secrets").mkdir(parents=True)
    CLIENT.write_private_key(str(remote.here / "secrets" / f"sftp_{FOLDER.id}"))
    async with remote.fetching("ward:"):
        await until(lambda: remote.got() == ["một.csv"])


async def test_a_folder_or_a_server_that_is_away_makes_the_source_dark_and_comes_back(remote: Remote) -> None:
    async with remote.fetching(folder="/b"):
        await until(lambda: remote.status.cause == "no_answer")
        (remote.there.parent / "b").mkdir()
        await until(lambda: remote.status.reachable)
    assert remote.mapper.counts["failed"] >= 1


@pytest.mark.parametrize(("url", "key"), [("https://x", public(HOST)), ("sftp://u:p@x/a", public(HOST)), ("sftp://x/a", "ssh-ed25519 AAAA")], ids=("scheme", "password", "key"))  # fmt: skip
def test_an_address_or_a_key_that_is_none_is_a_setting_to_change(tmp_path: Path, url: str, key: str) -> None:
    mapper = Mapper(replace(FOLDER, way=replace(WAY, host_key=key)), context("sftp"))
    cursor = Cursor(tmp_path, "x.sftp", mapper.context.pseudonym)
    with pytest.raises(ConfigurationError) as error:
        SftpFetcher(mapper, Any, cursor, url, None, tmp_path)  # type: ignore[arg-type]
    assert "u:p" not in str(error.value)
