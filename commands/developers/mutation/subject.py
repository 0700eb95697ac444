"""What is mutated: the modules of `tests/mutations.toml`, the tests that have to notice, and mutations that change nothing."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
DECLARED = ROOT / "tests" / "mutations.toml"


@dataclass(frozen=True)
class Subject:
    """A module and the tests that are to notice its mutations."""

    module: str
    tests: tuple[str, ...]
    group: tuple[str, ...] = ()
    """The modules that are declared with it."""
    embedded: bool = False
    """Whether tests with the mark `embedded` run: they start real parts."""
    properties: bool = True
    """Whether tests run that draw examples; without them, expectations that are worked out by hand have to notice."""

    @property
    def path(self) -> Path:
        """Its file, from the root."""
        return Path(*self.module.split(".")).with_suffix(".py")


class Equivalent(NamedTuple):
    """A mutation that changes nothing that counts, and why."""

    module: str
    function: str
    change: str
    reason: str


def subjects() -> list[Subject]:
    """The modules that are tested by default, each with its own test file and those that are declared for it."""
    found = []
    for declared in tomllib.loads(DECLARED.read_text("utf-8"))["module"]:
        for module in declared["names"]:
            own, tests = mirrored(module), declared.get("tests", [])
            if declared.get("own", True) and (ROOT / own).exists():
                tests = [own, *tests]
            group, chosen = tuple(declared["names"]), tuple(dict.fromkeys(tests))
            kinds = declared.get("embedded", False), declared.get("properties", True)
            found.append(Subject(module, chosen, group, *kinds))
    return found


def mirrored(module: str) -> str:
    """The test file of a module, if there is one: `tests/a/test_b.py` of `a.b`."""
    *packages, name = module.split(".")
    return "/".join(("tests", *packages, f"test_{name}.py"))


def equivalents() -> list[Equivalent]:
    """Mutations that no test has to notice."""
    declared = tomllib.loads(DECLARED.read_text("utf-8")).get("equivalent", [])
    return [Equivalent(one["module"], one["function"], one["change"], one["reason"]) for one in declared]
