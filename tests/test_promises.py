"""docs/promises.md: every promise has a proof, and every proof is a test that there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (P\d+) \| .*? \| (.*) \|$", (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"), re.MULTILINE
)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`(?: \*(long|faults)\*)?")
"""A test as the documents name it: file, name and mark."""


def test_their_numbers_go_on() -> None:
    assert [name for name, _ in ROWS] == [f"P{number}" for number in range(1, len(ROWS) + 1)]


def test_every_proof_is_a_test_and_long_ones_are_marked() -> None:
    for promise, proofs in ROWS:
        named = NAMED.findall(proofs)
        assert named, promise
        for file, name, mark in named:
            see_it_is_there(promise, file, name, mark)


def see_it_is_there(promise: str, file: str, name: str, mark: str) -> None:
    """See that a test is there, and has the mark that it is said to have: `faults`, else `long`, or none."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(rf"((?:^@[^\n]*\n(?:^[ )][^\n]*\n)*)*)^(?:async )?def {name}\(", text, re.MULTILINE)
    assert found, f"{promise}: {file} has no {name}"
    all_have = re.search(r"^pytestmark = .*$", text, re.MULTILINE)
    marks = re.findall(r"mark\.(long|faults)", found[1] + (all_have[0] if all_have else ""))
    assert mark == min(marks, default=""), f"{promise}: {name}"
