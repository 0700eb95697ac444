"""The laboratory on a small checkout: changes of functions and of constants, what is noticed and what is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from commands.developers.mutation.subject import ROOT

pytestmark = pytest.mark.processes

MODULE = """
LIMIT = 3

def add(a, b):
    return a + b

def is_small(number):
    return number < LIMIT

def nobody_asks(number):
    return number * 2

def endless(number):
    while number < 5:
        number += 1
    return number
"""

TESTS = """
from toy.sums import add, endless, is_small

def test_sums():
    assert add(1, 2) == {three}

def test_small():
    assert is_small(2) and not is_small(3)

def test_end():
    assert endless(0) == 5
"""

CONFTEST = """
from hypothesis import settings
settings.register_profile("mutations")
"""

SCRIPT = """
import json, sys
from pathlib import Path
from commands.developers.mutation import laboratory
from commands.developers.mutation.find import mutations
from commands.developers.mutation.subject import Subject
from commands.install.terminal import ProgressBar

laboratory.PRELOADED = ("pytest", "hypothesis")
root, folder = map(Path, sys.argv[1:])
source = (root / "toy/sums.py").read_bytes()
subject = Subject("toy.sums", ("tests/test_sums.py",), ("toy.sums",))
chosen = [(subject, one) for one in mutations("toy.sums", source.decode()) if "number += 1" not in one.change]
with ProgressBar() as progress:
    made = laboratory.Laboratory(folder, 2, {"toy.sums": source}, root)
    made.test(chosen, progress)
print(json.dumps({f"{one.function}: {one.change}": result for one, result in made.results.items()}))
"""


def run(folder: Path, three: int) -> "subprocess.CompletedProcess[str]":
    root, copies = folder / "root", folder / "copies"
    for path, text in {
        "toy/__init__.py": "",
        "toy/sums.py": MODULE,
        "tests/test_sums.py": TESTS.format(three=three),
        "conftest.py": CONFTEST,
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    copies.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(root), str(copies)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_what_the_tests_ask_for_is_noticed_and_nothing_else(tmp_path: Path) -> None:
    answer = run(tmp_path, 3)
    assert answer.returncode == 0, answer.stderr
    results = json.loads(answer.stdout)
    assert {name.partition(":")[0] for name, result in results.items() if result == "unnoticed"} == {"nobody_asks"}
    assert {results[f"<module>: LIMIT = 3 → LIMIT = {other}"] for other in (2, 4)} == {"noticed"}
    assert (
        results["add: return a + b → return a - b"]
        == results["is_small: number < LIMIT → number <= LIMIT"]
        == "noticed"
    )


def test_tests_that_fail_without_a_mutation_end_it(tmp_path: Path) -> None:
    answer = run(tmp_path, 4)
    assert answer.returncode != 0
    assert "toy.sums: exit 1 without a mutation" in answer.stderr
    assert "test_sums" in answer.stderr
