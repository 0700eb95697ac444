"""A public name means one thing in the whole repository."""

import ast
from collections import defaultdict

from tests.support.sources import ROOT, trees

PROTOCOL = {
    "main": "the entry point of a module that is run",
    "register": "attaches a page's or a component's callbacks; found by being there",
    "to_events": "a connector's mapping of one message to events",
    "layout": "the standing parts of a page or a component",
    "views": "the views that a module of `warehouse/views` declares",
    "updates": "the changing parts of a page or a component",
}
"""Names that many modules define, each with the same meaning, so that a caller can treat the modules alike."""


def public_names() -> dict[str, list[str]]:
    """By public class or function name, the modules that define it."""
    found: dict[str, list[str]] = defaultdict(list)
    for file, tree in trees().items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
                found[node.name].append(str(file.relative_to(ROOT)))
    return found


def test_a_public_class_or_function_name_means_one_thing() -> None:
    twice = {name: modules for name, modules in public_names().items() if len(modules) > 1 and name not in PROTOCOL}
    assert twice == {}


def test_a_protocol_s_name_is_one_that_several_modules_have() -> None:
    names = public_names()
    assert [name for name in PROTOCOL if len(names[name]) < 2] == []
