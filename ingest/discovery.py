"""Discovery: the module-level values of one kind in a package, in the order of file and line.

`ls` of the package is the catalogue. Importing has no side effect, the order is stable, and nobody can forget to register.
"""

import pkgutil
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def modules(package: ModuleType, *, deep: bool = False) -> list[ModuleType]:
    """The package's modules in name order; `deep`: each package among them is followed by its own modules."""
    found: list[ModuleType] = []
    for name in sorted(one.name for one in pkgutil.iter_modules(package.__path__) if not one.name.startswith("_")):
        module = import_module(f"{package.__name__}.{name}")
        found.append(module)
        if deep and hasattr(module, "__path__"):
            found += modules(module, deep=True)
    return found


def declared(package: ModuleType, kind: type[Kind], *, deep: bool = False) -> list[Kind]:
    """The values of `kind` that the package's modules declare, each once.

    Args:
        package: an imported package, for example `warehouse.indicators`.
        kind: the class whose instances are collected.
        deep: whether the packages in it are looked into as well.
    """
    found: list[Kind] = []
    for module in modules(package, deep=deep):
        found += [value for value in vars(module).values() if isinstance(value, kind) and value not in found]
    return found
