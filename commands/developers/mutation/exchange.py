"""Put a mutation of a function into a process that has imported the module already.

All functions that were made from the old code get the new code, wherever they are bound. This is not possible for what runs when
the module is imported: bodies of modules and classes, defaults of arguments, and functions that were called by them.
"""

import gc
from collections.abc import Set as AbstractSet
from types import CodeType, FunctionType

from commands.developers.mutation.find import Mutation


def exchange(path: str, source: bytes, mutation: Mutation, called: AbstractSet[CodeType]) -> bool:
    """Give the functions of an imported module the code that a mutation makes of them.

    Args:
        path: file of the module, as its functions know it.
        source: the module without the mutation.
        mutation: the change.
        called: code of functions whose results may have been kept since the import.

    Returns:
        Whether it was possible; if not, nothing has changed.
    """
    old, new = (_codes(compile(text, path, "exec")) for text in (source, mutation.applied(source)))
    if len(old) != len(new):
        return False
    changed: dict[CodeType, CodeType] = {}
    for before, after in zip(old, new, strict=True):
        if _own(before) == _own(after):
            continue
        if not before.co_flags & 1 or before in called or before.co_freevars != after.co_freevars:
            return False  # flag 1: the body of a function
        changed[before] = after
    # The code of a function holds that of the functions inside it; so do those around a changed one.
    for before, after in zip(old, new, strict=True):
        if before != after and before.co_flags & 1:
            if changed.get(before, after) != after:
                return False  # two functions of the same code, of which only one changes
            changed[before] = after
    gc.unfreeze()  # what is frozen, as after the collection of tests, is not among the objects
    functions = [
        one
        for one in gc.get_objects()
        if isinstance(one, FunctionType) and one.__code__.co_filename == path and one.__code__ in changed
    ]
    for function in functions:
        function.__code__ = changed[function.__code__]
    return bool(functions)


def _codes(code: CodeType) -> list[CodeType]:
    """A code object and those inside it, in the order of the source text."""
    inside = [one for constant in code.co_consts if isinstance(constant, CodeType) for one in _codes(constant)]
    return [code, *inside]


def _own(code: CodeType) -> tuple[object, ...]:
    """What a code object does, without those inside it and without its lines."""
    constants = [(type(one), repr(one)) for one in code.co_consts if not isinstance(one, CodeType)]
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
