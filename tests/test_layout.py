"""The rooms of the code: each package's docstring is the map of its modules, and no level holds too many."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("ingest", "connectors", "warehouse", "streams", "dashboard", "commands")
PACKAGES = sorted(file.parent for folder in FOLDERS for file in (ROOT / folder).rglob("__init__.py"))
MOST = 14
"""Modules on one level; packages beside them do not count."""


def modules(package: Path) -> set[str]:
    return {path.stem for path in package.glob("*.py")} - {"__init__"}


def name(package: Path) -> str:
    return str(package.relative_to(ROOT))


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_s_docstring_names_exactly_its_modules_and_packages(package: Path) -> None:
    text = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
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
