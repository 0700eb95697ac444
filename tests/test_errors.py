"""Every error class of ours says what its caller has to do about it: it stands in the tree of `ingest.contract.errors`."""

import ast
import builtins
from collections.abc import Callable

from tests.support.sources import trees

OTHERS = {
    "FailpointError": "stands for a bug, which nobody handles",
    "SymbolicTruthError": "a bug of a declaration, which nobody handles",
    "ForeignInstallError": "ends a command",
    "NoSlotError": "comes from the slots of the engine's server, which answers it there",
    "OverdueError": "comes from a deadline, and never leaves its module",
    "StormOverdueError": "comes from a signal, and never leaves its module",
    "WeakPasswordError": "a value that a person types again",
}


def test_every_error_class_is_of_the_tree() -> None:
    bases = {
        node.name: [base.id for base in node.bases if isinstance(base, ast.Name)]
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    ours = {name for name in bases if _is(name, bases, lambda one: one == "IocError")}
    errors = {name for name in bases if _is(name, bases, _is_builtin_error)}
    assert {"Unavailable", "NoDiskSpace", "SuspectError"} <= ours & errors
    assert errors - ours <= OTHERS.keys()


def _is(name: str, bases: dict[str, list[str]], is_root: Callable[[str], bool]) -> bool:
    return is_root(name) or any(_is(base, bases, is_root) for base in bases.get(name, ()) if base != name)


def _is_builtin_error(name: str) -> bool:
    found = getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)
