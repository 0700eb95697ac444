"""Files that are dropped into a folder: taken when they have settled, each content once, row by row, whatever they hold."""

import asyncio
import json
import os
import shutil
import time
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from ingest.contract.connector import Connector, FileDrop
from ingest.contract.envelope import decode
from ingest.contract.topic import DEAD_LETTERS
from ingest.files.reader import KEPT, FileReader
from ingest.kafka.producer import Producer
from ingest.source import circuit_breaker
from ingest.source.failure_rate import FEWEST
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.ingest.files.test_table import xlsx_of
from tests.ingest.support.toy import POSTING, QUEUE, Note, context, kept, note, until

pytestmark = pytest.mark.embedded

DROPPED = Connector(**{
    **vars(POSTING), "id": "dropped", "payload": TypeAdapter(Note), "reads": frozenset(Note.model_fields),
    "way": FileDrop(sign_of_life=timedelta(days=1), needs=frozenset({"id", "at", "number"})),
})  # fmt: skip
HEADER = "id,at,number,hoTen\n"


def line(number):
    made = note(number)
    return f"{made['id']},{made['at']},{made['number']},Nguyễn Văn A\n"


class Reading:
    """A reader at work, and what of it tests look at."""

    def __init__(self, folder, ward, mapper, source_status):
        self.inbox, self.ward, self.mapper, self.source_status = (
            folder / "inbox" / "dropped",
            ward,
            mapper,
            source_status,
        )

    def drop(self, name, text):
        self.inbox.mkdir(parents=True, exist_ok=True)
        (self.inbox / name).write_text(text, encoding="utf-8")

    def files(self, folder="done"):
        return sorted(one.name.split("-", 1)[1] for one in (self.inbox / folder).glob("*"))

    async def done(self, *names, folder="done"):
        await until(lambda: (self.inbox / folder).is_dir() and set(names) <= set(self.files(folder)))


@asynccontextmanager
async def reading(producer, folder, ward, settled=0.05, connector=DROPPED):
    mapper = Mapper(connector, context(ward))
    source_status = SourceStatus(connector, mapper.context, producer)
    breaker = circuit_breaker.CircuitBreaker(source_status)
    pause = timedelta(milliseconds=20)
    reader = FileReader(mapper, source_status, breaker, producer, folder, pause, timedelta(seconds=settled))
    task = asyncio.create_task(reader.run())
    try:
        yield Reading(folder, ward, mapper, source_status)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled():
            task.result()


async def ids(kafka, ward):
    return sorted(one.id for one in decode(await kept(kafka, QUEUE, ward)).events)


async def dead_letters(kafka, ward):
    return [json.loads(one) for one in await kept(kafka, DEAD_LETTERS, ward)]


async def test_a_file_is_in_kafka_before_it_is_done_and_counts_once_under_any_name(producer, kafka, tmp_path):
    async with reading(producer, tmp_path, "files-once") as one:
        assert not one.source_status.reachable  # nothing has come yet
        one.drop("thang 7.csv", HEADER + line(1) + line(2))
        await one.done("thang 7.csv")
        assert await ids(kafka, "files-once") == ["n-1", "n-2"]
        assert one.source_status.reachable
        one.drop("thang 7 (1).csv", HEADER + line(1) + line(2))
        await one.done("thang 7 (1).csv")
        assert one.mapper.counts["repeated_files"] == 1
        one.drop("more.csv", HEADER + line(2) + line(3))
        await one.done("more.csv")
    assert sorted(set(await ids(kafka, "files-once"))) == ["n-1", "n-2", "n-3"]
    async with reading(producer, tmp_path, "files-once") as one:  # after a restart
        await until(lambda: one.source_status.reachable)
        one.drop("again.csv", HEADER + line(1) + line(2))
        await one.done("again.csv")
        assert one.mapper.counts["repeated_files"] == 1


async def test_a_workbook(producer, kafka, tmp_path):
    async with reading(producer, tmp_path, "files-xlsx") as one:
        made = [note(number) for number in range(450)]
        xlsx_of(tmp_path, ["id", "at", "number"], *[[one["id"], one["at"], one["number"]] for one in made])
        one.inbox.mkdir(parents=True, exist_ok=True)
        (tmp_path / "f.xlsx").replace(one.inbox / "f.xlsx")
        await one.done("f.xlsx")
    assert len(set(await ids(kafka, "files-xlsx"))) == 450


async def test_a_file_that_is_still_written_is_left_alone(producer, kafka, tmp_path):
    async with reading(producer, tmp_path, "files-half", settled=0.4) as one:
        one.inbox.mkdir(parents=True, exist_ok=True)
        one.drop("x.csv.part", HEADER + line(9))
        one.drop(".x.csv", HEADER + line(9))
        one.drop("~$x.xlsx", "lock")
        (one.inbox / "link.csv").symlink_to("/etc/hostname")
        one.drop("empty.csv", "")
        with (one.inbox / "slow.csv").open("w") as file:
            file.write(HEADER)
            for number in range(4):
                file.write(line(number))
                file.flush()
                await asyncio.sleep(0.2)
                assert one.files() == []
        await one.done("slow.csv")
        assert await ids(kafka, "files-half") == ["n-0", "n-1", "n-2", "n-3"]
        (one.inbox / "x.csv.part").rename(one.inbox / "x.csv")  # the other way: written elsewhere, then renamed
        await one.done("x.csv")
    assert "n-9" in await ids(kafka, "files-half")
    assert (tmp_path / "inbox" / "dropped" / "link.csv").is_symlink()


async def test_a_wrong_row_is_a_dead_letter_that_names_it_and_the_next_goes_on(producer, kafka, tmp_path):
    async with reading(producer, tmp_path, "files-row") as one:
        one.drop("f.csv", HEADER + line(1) + "n-2,31/02/2026,2,Nguyễn Văn A\n" + line(3))
        await one.done("f.csv")
    assert await ids(kafka, "files-row") == ["n-1", "n-3"]
    (dead_letter,) = await dead_letters(kafka, "files-row")
    assert dead_letter["address"].endswith("/row-3")
    assert "at:" in dead_letter["error"]
    assert "Nguyễn" not in json.dumps(dead_letter, ensure_ascii=False)
    assert json.loads(dead_letter["payload_redacted"])["id"] == "n-2"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [("f.csv", "a,b\n1,2\n", "missing_columns"), ("f.xls", "x", "unknown_kind"), ("f.xlsx", "x", "not_xlsx")],
)
async def test_a_file_that_cannot_be_read_is_refused_whole_and_the_next_goes_on(
    producer, kafka, tmp_path, name, text, why
):
    ward = f"files-{why}".replace("_", "-")
    async with reading(producer, tmp_path, ward) as one:
        one.drop(name, text)
        await one.done(name, folder="refused")
        assert not one.source_status.reachable
        one.drop("good.csv", HEADER + line(1))
        await one.done("good.csv")
    assert [one["reason_code"] for one in await dead_letters(kafka, ward)] == [why]
    assert await ids(kafka, ward) == ["n-1"]


async def test_a_source_is_held_back_until_the_bad_file_is_replaced(producer, kafka, tmp_path, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "PAUSE", timedelta(milliseconds=300))
    async with reading(producer, tmp_path, "files-flood") as one:
        one.drop("bad.csv", HEADER + "n,x,y,z\n" * 3 * FEWEST)
        await until(lambda: one.mapper.counts["held_back"])
        assert one.files() == []
        (one.inbox / "bad.csv").unlink()
        one.drop("good.csv", HEADER + "".join(map(line, range(5))))
        await one.done("good.csv")
    assert len(await ids(kafka, "files-flood")) == 5
    assert len(await dead_letters(kafka, "files-flood")) < 3 * FEWEST


async def test_while_kafka_is_away_the_file_waits(kafka, tmp_path):
    class Away(Producer):
        refusing = True

        async def send(self, events):
            from ingest.contract.errors import Unavailable

            if self.refusing:
                raise Unavailable("Kafka", "away")
            await super().send(events)

    away = Away(kafka)
    await away.start()
    async with reading(away, tmp_path, "files-away") as one:
        one.drop("f.csv", HEADER + line(1))
        await until(lambda: one.mapper.counts["messages"])
        assert one.files() == []
        away.refusing = False
        await one.done("f.csv")
    await away.stop()
    assert await ids(kafka, "files-away") == ["n-1"]


async def test_a_silent_source_goes_dark(producer, tmp_path):
    quick = Connector(**{**vars(DROPPED), "way": FileDrop(timedelta(milliseconds=100), DROPPED.way.needs)})
    async with reading(producer, tmp_path, "files-silent", connector=quick) as one:
        one.drop("f.csv", HEADER + line(1))
        await until(lambda: [change.data.kind for change in one.source_status.changes] == ["source.up", "source.down"])


async def test_old_files_are_removed(producer, tmp_path, monkeypatch):
    async with reading(producer, tmp_path, "files-old") as one:
        one.drop("f.csv", HEADER + line(1))
        await one.done("f.csv")
        later = time.time() + KEPT.total_seconds() + 60
        monkeypatch.setattr("ingest.files.reader.time.time", lambda: later)
        await until(lambda: one.files() == [])


async def test_a_folder_that_disappears_is_made_again(producer, kafka, tmp_path):
    async with reading(producer, tmp_path, "files-gone") as one:
        one.drop("f.csv", HEADER + line(1))
        await one.done("f.csv")
        shutil.rmtree(one.inbox)
        await until(lambda: (one.inbox / "done").is_dir())
        assert os.stat(one.inbox / "done").st_mode & 0o077 == 0
