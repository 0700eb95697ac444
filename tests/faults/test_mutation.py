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
    file: str
    changes: tuple[tuple[str, str], ...]
    """Text and what stands in its place."""
    expected: tuple[str, ...]
    """What chaos must find, one of them."""


MUTATIONS = (
    Mutation(
        "a post is answered before kafka has its events",
        "ingest/kafka/producer.py",
        (
            (
                "                await asyncio.wait(futures, timeout=max(0.0, deadline - time.monotonic()))\n",
                "                pass\n",
            ),
            ("                if not future.done():\n                    raise TimeoutError\n                future.result()\n", ""),
            ("            for future in futures:\n", "            for future in futures:\n                future.add_done_callback(_looked_at)\n"),
        ),
        ("lost",),
    ),
    Mutation(
        "the cursor is saved before kafka has the page",
        "ingest/rest/poller.py",
        (
            (
                "                await self._into_kafka(taken)\n",
                "                if following is not None:\n"
                "                    await asyncio.to_thread(self._cursor.save, following)\n"
                "                    await asyncio.sleep(2)\n"
                "                await self._into_kafka(taken)\n",
            ),
        ),
        ("lost",),
    ),
    Mutation(
        "a worker begins at the end of kafka instead of where the warehouse stands",
        "streams/recovery/take_up.py",
        (
            (
                "        part.next = max(standing.newest + 1, found.base.first)\n",
                "        part.next = max(standing.newest + 1, found.end)\n",
            ),
        ),
        ("lost",),
    ),
    Mutation(
        "nobody remembers ids",
        "streams/consume/validate.py",
        (("        suspects = part.ids.suspects(hashes)\n", "        suspects = []\n"),),
        ("doubled",),
    ),
    Mutation(
        "closed minutes stay as they are whatever comes late",
        "streams/write/late_stocks.py",
        (("if part.overdue and part.are_overdue_stored]", "if False]"),),
        ("mismatched",),
    ),
)  # fmt: skip


def mutated(folder: Path, mutation: Mutation) -> Path:
    """A copy of the code with the mechanism switched off."""
    for name in CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / mutation.file
    text = path.read_text(encoding="utf-8")
    for old, new in mutation.changes:
        assert text.count(old) == 1, f"{mutation.file} no longer holds {old!r}: mend this test"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder


def chaos(root: Path, seed: int) -> tuple[int, dict[str, Any]]:
    """A storm over that code; exit code and what it says."""
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
        code, result = chaos(root, seed)
        if any(result[kind] for kind in mutation.expected):
            assert code == 1
            return
    raise AssertionError(f"{TRIES} storms did not notice: {result}")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "_"))
def test_every_mutation_fits_the_code(mutation: Mutation, tmp_path: Path) -> None:
    compile((mutated(tmp_path / "code", mutation) / mutation.file).read_text(encoding="utf-8"), mutation.file, "exec")
