"""docs/security.md: what is said to be protected has a proof, and every proof is a test that there is."""

import re

from commands.install.settings import KINDS, variable
from tests.test_promises import NAMED, ROOT, see_it_is_there

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([A-Z]\d+) \| .*? \| (?:.*?) \| (.*) \|$", TEXT, re.MULTILINE)


def test_every_protection_is_proved_by_a_test() -> None:
    assert len(ROWS) >= 30
    assert len({name for name, _ in ROWS}) == len(ROWS), "each has a number of its own"
    for protection, proofs in ROWS:
        assert re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proofs), protection


def test_every_test_that_is_named_is_there() -> None:
    for file, name, mark in NAMED.findall(TEXT):
        see_it_is_there("security", file, name, mark)


def test_the_settings_that_it_names_are_there() -> None:
    known = {variable(kind, name) for kind in KINDS for name in kind.model_fields}
    assert set(re.findall(r"`(IOC_[A-Z_]+)`", TEXT)) <= known | {"IOC_DATA_FOLDER"}
