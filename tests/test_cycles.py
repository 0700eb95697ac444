"""No rooms lean on each other in a circle: on each level the packages and modules import one another in one direction only."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.sources import FOLDERS, ROOT, trees

Module = tuple[str, ...]
"""The parts of a dotted name."""


def all_modules() -> dict[Module, Path]:
    return {name_of(path): path for path in trees()}


def name_of(path: Path) -> Module:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path, modules: dict[Module, Path]) -> Iterator[Module]:
    """The modules of ours that a module imports, wherever in it the import stands and whatever for."""
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = tuple((node.module or "").split("."))
            for alias in node.names:
                yield (*module, alias.name) if (*module, alias.name) in modules else module
        elif isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)


@cache
def levels() -> dict[Module, dict[str, dict[str, str]]]:
    """Of each package, which unit directly below it imports which other; with one import that does it."""
    modules = all_modules()
    found: dict[Module, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for module, path in modules.items():
        for imported in imports(path, modules):
            common = next((n for n, (a, b) in enumerate(zip(module, imported, strict=False)) if a != b), None)
            if common and imported in modules:
                importing, other = module[common], imported[common]
                found[module[:common]][importing][other] = f"{'.'.join(module)} imports {'.'.join(imported)}"
    return found


PACKAGES = sorted(name_of(path) for folder in FOLDERS for path in (ROOT / folder).rglob("__init__.py"))


@pytest.mark.parametrize("level", PACKAGES, ids=".".join)
def test_the_units_of_a_level_import_one_another_in_one_direction(level: Module) -> None:
    try:
        TopologicalSorter(levels().get(level, {})).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        # `graphlib` names a circle so that each unit is imported by the next.
        pytest.fail("\n".join(levels()[level][importing][other] for other, importing in pairwise(circle)))
