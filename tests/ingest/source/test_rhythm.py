"""How long a source is usually silent; one that was never heard is neither alive nor missed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.source import rhythm as module
from ingest.source.rhythm import Rhythm

DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def test_what_was_never_heard_is_neither_alive_nor_silent(clock: Clock) -> None:
    for one in (Rhythm(), Rhythm(timedelta(seconds=1))):
        clock.now += 100 * DAY
        assert not one.was_heard
        assert not one.is_alive()
        assert not one.is_silent()


def test_a_declared_sign_may_be_missing_three_times(clock: Clock) -> None:
    one = Rhythm(timedelta(seconds=60))
    one.heard()
    clock.now += 180
    assert one.is_alive()
    clock.now += 1
    assert one.is_silent()


def test_without_one_twice_the_longest_silence_of_a_week_is_allowed(clock: Clock) -> None:
    one = Rhythm()
    one.heard()
    clock.now += 2.5 * DAY
    assert one.is_alive(), "nothing is known yet of its nights and weekends"
    for _ in range(6 * 2):
        one.heard()
        clock.now += DAY / 2
    one.heard()
    assert one.limit() == timedelta(days=5), "the first silence is still within the week"
    for _ in range(8 * 4):
        clock.now += DAY / 4
        one.heard()
    assert one.limit() == timedelta(hours=12)
    clock.now += 0.6 * DAY
    assert one.is_silent()


def test_it_is_remembered_over_a_restart_and_a_damaged_memory_is_none(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "x.heard"
    Rhythm(timedelta(minutes=5), file).heard()
    clock.now += 60
    assert Rhythm(timedelta(minutes=5), file).is_alive()
    for text in (
        "",
        "{}",
        '{"first": 1, "last": "x", "longest": {}}',
        "[1]",
        json.dumps({"first": 1, "last": 2, "longest": []}),
    ):
        file.write_text(text)
        assert not Rhythm(None, file).was_heard


def test_a_memory_of_the_future_is_of_now(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "x.heard"
    file.write_text(json.dumps({"first": 1, "last": clock.now + 9 * DAY, "longest": {}}))
    one = Rhythm(timedelta(seconds=1), file)
    clock.now += 4
    assert one.is_silent()
