"""What is noted of attempts finds the record that ends the process, within few deaths, and blames no other."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random
from secrets import token_hex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.poison.attempts import DEATHS, FOLDED, STEP, WRITTEN, Attempts, step_end

PLACE = ("ioc.queue.v1", 0)


class DiedError(Exception):
    """The process is gone."""


class Install:
    """A partition with records, and the notes that outlive processes. Steps that are written stay written."""

    def __init__(self, folder: Path, records: int) -> None:
        self.folder = folder
        self.left = list(range(records))
        self.done = -1
        self.deaths = 0
        self.set_aside: list[int] = []

    def live(self, fold: Callable[[int], None], write: Callable[[list[int]], None]) -> bool:
        """One life; False: it died."""
        attempts = Attempts(self.folder, self.deaths + 1)
        note = attempts.begin(PLACE)
        try:
            if note.culprit is not None:
                self.set_aside.append(note.culprit)
                self.left.remove(note.culprit)
            if note.is_careful:
                self._carefully(attempts, note.bad, fold, write)
                attempts.passed(PLACE)
            elif rest := [one for one in self.left if one > self.done]:
                attempts.work(PLACE, rest[-1])
                for one in rest:
                    fold(one)
                write(rest)
                self.done = rest[-1]
            attempts.written(PLACE, self.done)
        except DiedError:
            self.deaths += 1
            return False
        return True

    def _carefully(
        self, attempts: Attempts, bad: int, fold: Callable[[int], None], write: Callable[[list[int]], None]
    ) -> None:
        while rest := [one for one in self.left if one > self.done]:
            step = [one for one in rest if one <= step_end(rest[0], bad)]
            for one in step:
                attempts.stake(PLACE, one, one)
                fold(one)
                attempts.stake(PLACE)
            attempts.stake(PLACE, step[0], step[-1], is_writing=True)
            write(step)
            attempts.stake(PLACE)
            self.done = step[-1]
            attempts.written(PLACE, self.done)
            bad = bad if self.done < bad else -1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attempts")


@given(st.integers(1, 1_500), st.data())
@settings(max_examples=25)
def test_the_record_that_ends_the_process_is_found(folder: Path, records: int, data: st.DataObject) -> None:
    killers = data.draw(st.sets(st.integers(0, records - 1), min_size=1, max_size=2))
    is_folded = data.draw(st.booleans())
    install = Install(folder / token_hex(8), records)

    def fold(one: int) -> None:
        if is_folded and one in killers and one in install.left:
            raise DiedError

    def write(some: list[int]) -> None:
        if not is_folded and killers.intersection(some):
            raise DiedError

    bound = DEATHS + FOLDED if is_folded else DEATHS + STEP.bit_length() + WRITTEN
    while not install.live(fold, write):
        assert install.deaths <= bound * len(killers)
    assert set(install.set_aside) == killers
    assert install.done == max(set(range(records)) - killers, default=-1) or records == len(killers)
    assert install.live(fold, write)


def test_who_kills_at_random_gets_no_record_blamed(folder: Path) -> None:
    """A step takes far longer to be written than a record to be folded."""
    random = Random(7)
    install = Install(folder / "random", 400)

    def fold(one: int) -> None:
        if random.random() < 0.0005:
            raise DiedError

    def write(some: list[int]) -> None:
        if random.random() < 0.2:
            raise DiedError

    while not install.live(fold, write):
        pass
    for _ in range(30):
        install.left += range(len(install.left), len(install.left) + 100)
        while not install.live(fold, write):
            pass
    assert install.deaths > 10
    assert install.set_aside == []


async def test_who_dies_while_writing_waits_was_not_ended_by_what_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.poison.attempts.AT_ONCE", 0.01)
    for owner, waits in ((1, 0.0), (2, 0.1)):
        attempts = Attempts(folder / "waiting", owner)
        attempts.begin(PLACE)
        attempts.work(PLACE, 9)
        with attempts.writing(PLACE, 3, 3):
            await asyncio.sleep(waits)
            found = Attempts(folder / "waiting", owner + 1).begin(PLACE)
            assert (found.was, found.again) == ((3, 1) if not waits else (-1, 0))


def test_an_end_in_between_that_wrote_something_begins_the_count_anew(folder: Path) -> None:
    place = folder / "anew"
    for owner, deaths in ((1, 0), (2, 1), (3, 2)):
        attempts = Attempts(place, owner)
        assert attempts.begin(PLACE).deaths == deaths
        attempts.work(PLACE, 9)
    attempts.written(PLACE, 4)
    assert Attempts(place, 4).begin(PLACE).deaths == 1
    attempts = Attempts(place, 5)
    assert attempts.begin(PLACE).deaths == 2
    attempts.written(PLACE, 9)
    assert Attempts(place, 6).begin(PLACE).deaths == 0


def test_a_note_that_is_torn_or_cannot_be_written_stops_nothing(folder: Path) -> None:
    place = folder / "torn"
    Attempts(place, 1).begin(PLACE)
    (note,) = place.iterdir()
    note.write_bytes(b"torn" * 30)
    assert Attempts(place, 2).begin(PLACE).deaths == 0
    (folder / "file").write_text("no folder")
    attempts = Attempts(folder / "file" / "notes", 1)
    attempts.begin(PLACE)
    attempts.work(PLACE, 3)
    attempts.written(PLACE, 3)
