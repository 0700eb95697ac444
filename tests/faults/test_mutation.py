"""A mechanism switched off turns `./ioc chaos` red: what it says when all is well is worth something."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from commands.install.settings import ROOT

CODE = ("commands", "connectors", "dashboard", "ingest", "streams", "warehouse")

TRIES = 3
"""Storms, each by another seed, of which one at the latest meets what is switched off."""


class Mutation(NamedTuple):
    """A mechanism, and how it is switched off."""

    name: str
    module: str
    code: str
    """Runs at the end of the module; `replaces(owner, name)` puts a function in the place of a method, which is handed to it first."""
    expected: str
    """What chaos must find."""


REPLACES = """

def replaces(owner, name):
    original = vars(owner)[name]
    return lambda new: setattr(owner, name, lambda *given, **named: new(original, *given, **named))

"""

MUTATIONS = (
    Mutation(
        "a post is answered before kafka has its events",
        "ingest.kafka.producer",
        """
under_way = set()

@replaces(Producer, "deliver")
async def deliver_later(original, self, records):
    task = asyncio.create_task(original(self, records))
    under_way.add(task)
    task.add_done_callback(lambda task: task.cancelled() or task.exception())
""",
        "lost",
    ),
    Mutation(
        "the cursor is saved before kafka has the page",
        "ingest.rest.poller",
        """
class LateProducer:
    def __init__(self, producer):
        self.producer, self.under_way = producer, set()

    def __getattr__(self, name):
        return getattr(self.producer, name)

    async def send(self, events):
        self.begin(self.producer.send(events))

    async def dead_letter(self, *dead_letters):
        self.begin(self.producer.dead_letter(*dead_letters))

    def begin(self, work):
        async def later():
            await asyncio.sleep(2)
            await work
        task = asyncio.create_task(later())
        self.under_way.add(task)
        task.add_done_callback(lambda task: task.cancelled() or task.exception())

@replaces(RestPoller, "__init__")
def begin(original, self, mapping, light, hold, producer, *given, **named):
    original(self, mapping, light, hold, LateProducer(producer), *given, **named)
""",
        "lost",
    ),
    Mutation(
        "a worker begins at the end of kafka instead of where the warehouse stands",
        "streams.recovery.take_up",
        """
@replaces(TakeUp, "__init__")
def begin(original, self, tools, known):
    original(self, tools, known)
    self.end_of_kafka = known.log.end

@replaces(TakeUp, "partition")
async def partition(original, self, *given):
    found = await original(self, *given)
    found.continue_at(max(found.next, self.end_of_kafka))
    return found
""",
        "lost",
    ),
    Mutation(
        "nobody remembers ids",
        "streams.partition.duplicates",
        """
@replaces(EventIdMemory, "suspects")
def suspects(original, self, hashes):
    return set()
""",
        "doubled",
    ),
    Mutation(
        "closed minutes stay as they are whatever comes late",
        "streams.write.late_stocks",
        """
@replaces(LateStockWork, "run")
async def run(original, self, partitions):
    await original(self, {})
""",
        "mismatched",
    ),
)


def mutated(folder: Path, mutation: Mutation) -> Path:
    """A copy of the code with the mechanism switched off."""
    for name in CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with folder.joinpath(*mutation.module.split(".")).with_suffix(".py").open("a", encoding="utf-8") as module:
        module.write(REPLACES + mutation.code)
    return folder


def chaos(root: Path, seed: int, expected: str) -> tuple[int, dict[str, Any]]:
    """A storm over that code, looked at until what is expected is found; exit code and what it says."""
    command = [
        sys.executable,
        "-m",
        "commands.developers.chaos",
        "--json",
        "--no-disk",
        "--minutes",
        "0.7",
        "--seed",
        str(seed),
        "--until",
        expected,
    ]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert answer.stdout, answer.stderr[-3000:]
    return answer.returncode, json.loads(answer.stdout)


@pytest.mark.faults
@pytest.mark.embedded
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "_"))
def test_without_it_chaos_is_red(mutation: Mutation, tmp_path: Path) -> None:
    root = mutated(tmp_path / "code", mutation)
    for seed in range(TRIES):
        code, result = chaos(root, seed, mutation.expected)
        if result[mutation.expected]:
            assert code == 1
            return
    raise AssertionError(f"{TRIES} storms did not notice: {result}")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "_"))
@pytest.mark.processes
def test_every_mutation_fits_the_code(mutation: Mutation, tmp_path: Path) -> None:
    """The methods that it replaces are there."""
    command = [sys.executable, "-c", f"import {mutation.module}"]
    subprocess.run(command, cwd=mutated(tmp_path / "code", mutation), check=True)
