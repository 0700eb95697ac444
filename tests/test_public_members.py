"""Tests use what the product offers: none reaches for a name that begins with `_`, by import, attribute or text."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

NAMED_TUPLES = {"_asdict", "_fields", "_make", "_replace"}
"""Public by the standard library's word; the underscore keeps them apart from fields."""

OF_LIBRARIES = {
    ("tests/conftest.py", "_exit"),  # documented, with `os`
    ("tests/conftest.py", "_split_scope"),  # xdist's documented place for a rule of one's own
    ("tests/ingest/runtime/test_metrics.py", "_labelnames"),  # the client tells labels only of what was counted
    ("tests/ingest/support/mqtt_device.py", "_sock_close"),  # paho has no public way to lose a connection
}
"""Of other people's code, where it has no public way."""


def is_private(name: str) -> bool:
    return re.fullmatch(r"_[a-z]\w*|_[A-Z][A-Z0-9_]*", name) is not None and name not in NAMED_TUPLES


def own_names(tree: ast.Module) -> set[str]:
    """The private names that a test file gives: to its functions, classes, variables and attributes."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_self(node.value):
            found.add(node.attr)
    return found


def is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def private_members(tree: ast.Module) -> Iterator[str]:
    """What a test file uses of others' private names."""
    own = own_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            yield from (name for name in names if is_private(name) and name != "__future__")
        elif isinstance(node, ast.Import):
            yield from (name for alias in node.names for name in alias.name.split(".") if is_private(name))
        elif isinstance(node, ast.Attribute):
            if is_private(node.attr) and not (is_self(node.value) and node.attr in own):
                yield node.attr
        elif isinstance(node, ast.Call) and name_of(node.func) in ("setattr", "delattr", "getattr", "patch", "object"):
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            yield from (last for text in texts[:2] if is_private(last := text.rpartition(".")[2]))


def name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from warehouse.audit.scope import _merged", {"_merged"}),
        ("from dash._utils import to_json", {"_utils"}),
        ("import dash._utils", {"_utils"}),
        ("live._frames.clear()", {"_frames"}),
        ("monkeypatch.setattr(accounts, '_hasher', None)", {"_hasher"}),
        ("monkeypatch.setattr('dashboard.access.accounts._DUMMY', None)", {"_DUMMY"}),
        ("class A(B):\n    def go(self):\n        return self._place", {"_place"}),
        (
            "class A:\n    def __init__(self):\n        self._place = 1\n    def go(self):\n        return self._place",
            set(),
        ),
        ("one._replace(a=1)", set()),
        ("from __future__ import annotations", set()),
    ],
)
def test_private_members_are_seen(source: str, found: set[str]) -> None:
    assert set(private_members(ast.parse(source))) == found


def test_no_test_reaches_private_members() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in TESTS
        for name in private_members(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found - OF_LIBRARIES == set()
    assert OF_LIBRARIES - found == set(), "listed, and used no more"
