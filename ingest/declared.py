"""Discovery: the module-level values of one kind in a package, in the order of file and line.

`ls` of the package is the catalogue. Importing has no side effect, the order is stable, and nobody can forget to register.
"""

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def modules(package: ModuleType) -> list[ModuleType]:
    """The package's modules in name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))
    return [import_module(f"{package.__name__}.{name}") for name in names]


def declared(package: ModuleType, kind: type[Kind]) -> list[Kind]:
    """The values of `kind` that the package's modules declare, each once.

    Args:
        package: an imported package, for example `warehouse.indicators`.
        kind: the class whose instances are collected.
    """
    found: list[Kind] = []
    for module in modules(package):
        found += [value for value in vars(module).values() if isinstance(value, kind) and value not in found]
    return found
