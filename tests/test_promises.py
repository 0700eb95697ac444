"""docs/promises.md: every promise has a proof, and every proof is a test that there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = re.findall(
    r"^\| (P\d+) \| .*? \| (.*) \|$", (ROOT / "docs" / "promises.md").read_text(encoding="utf-8"), re.MULTILINE
)


def test_their_numbers_go_on() -> None:
    assert [name for name, _ in ROWS] == [f"P{number}" for number in range(1, len(ROWS) + 1)]


def test_every_proof_is_a_test_and_long_ones_are_marked() -> None:
    for promise, proofs in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`( \*long\*)?", proofs)
        assert named, promise
        for file, name, is_long in named:
            see_it_is_there(promise, file, name, is_long=bool(is_long))


def see_it_is_there(promise: str, file: str, name: str, *, is_long: bool) -> None:
    """See that a test is there, and marked `faults` if and only if it is said to be long."""
    text = (ROOT / file).read_text(encoding="utf-8")
    found = re.search(rf"((?:^@[^\n]*\n(?:^[ )][^\n]*\n)*)*)^(?:async )?def {name}\(", text, re.MULTILINE)
    assert found, f"{promise}: {file} has no {name}"
    marked = "mark.faults" in found[1] or re.search(r"^pytestmark = .*mark\.faults", text, re.MULTILINE) is not None
    assert marked == is_long, f"{promise}: {name}"
