"""The rooms of the code: each package's docstring is the map of its modules, no level holds too many, no function is too long."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.sources import FOLDERS, ROOT, trees

PACKAGES = sorted(file.parent for folder in FOLDERS for file in (ROOT / folder).rglob("__init__.py"))
MOST = 14
"""Modules on one level; packages beside them do not count."""
SCREEN = 60
"""Lines of a function without its docstring; a longer one begins with a comment `# Long: …` that says why."""


def modules(package: Path) -> set[str]:
    return {path.stem for path in package.glob("*.py")} - {"__init__"}


def name(package: Path) -> str:
    return str(package.relative_to(ROOT))


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_s_docstring_names_exactly_its_modules_and_packages(package: Path) -> None:
    text = ast.get_docstring(trees()[package / "__init__.py"]) or ""
    named = re.findall(r"^`(\w+/?)`  +\S", text, re.MULTILINE)
    packages = {f"{init.parent.name}/" for init in package.glob("*/__init__.py")}
    assert sorted(named) == sorted(modules(package) | packages)


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_no_level_holds_more_than_a_person_can_overlook(package: Path) -> None:
    # Files of `connectors/` that hold a source are a catalogue, one file a source: there are as many as the ward has systems.
    sources = {
        path.stem for path in package.glob("*.py") if "\nCONNECTOR = Connector(" in path.read_text(encoding="utf-8")
    }
    assert len(modules(package) - sources) <= MOST


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")}
    assert sorted(folders - set(PACKAGES)) == []


def test_a_function_longer_than_a_screen_says_why() -> None:
    found = {}
    for path, tree in trees().items():
        source = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first, *_ = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
                head = source[node.lineno : first.lineno]
                lines = (node.end_lineno or 0) - node.lineno + 1 - documented(node)
                if lines > SCREEN and not any(line.strip().startswith("# Long: ") for line in head):
                    found[f"{path.relative_to(ROOT)}::{node.name}"] = lines
    assert found == {}


def documented(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function's docstring has."""
    return len((ast.get_docstring(node, clean=False) or "").splitlines())
