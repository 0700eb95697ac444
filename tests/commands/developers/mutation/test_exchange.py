"""A mutation of a function is put into a module that is imported already; of all else this is not possible."""

import gc
import importlib.util
import inspect
import itertools
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from commands.developers.mutation.exchange import exchange
from commands.developers.mutation.find import mutations

SOURCE = dedent("""
    LIMIT = 3

    def add(a, b, more=1):
        return a + b

    def later(a):
        def inner(b):
            return a < b
        return inner

    class Counter:
        step = 2

        def count(self, numbers):
            return sum(number for number in numbers if number > self.step)

    is_large = lambda number: number >= 10
    known = add(1, 2)
""")

NUMBERS = itertools.count()


def module(folder: Path) -> Any:
    name = f"exchanged_{next(NUMBERS)}"
    (folder / f"{name}.py").write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def exchanged(made: Any, change: str, called: tuple[Any, ...] = ()) -> bool:
    (mutation,) = [one for one in mutations(made.__name__, SOURCE) if one.change == change]
    return exchange(made.__file__, SOURCE.encode(), mutation, {one.__code__ for one in called})


def test_a_function_is_changed_wherever_it_is_bound(tmp_path: Path) -> None:
    made = module(tmp_path)
    bound = made.add
    assert exchanged(made, "return a + b → return a - b")
    assert (bound(5, 3), made.add is bound) == (2, True)


def test_a_function_that_is_frozen_as_after_a_collection_of_tests_is_changed(tmp_path: Path) -> None:
    made = module(tmp_path)
    gc.freeze()
    assert exchanged(made, "return a + b → return a - b")
    assert made.add(5, 3) == 2


def test_functions_inside_of_functions_and_lambdas_are_changed(tmp_path: Path) -> None:
    made = module(tmp_path)
    before = made.later(1)
    assert exchanged(made, "return a < b → return a <= b")
    assert (before(1), made.later(1)(1)) == (True, True)
    assert exchanged(module(tmp_path), "number > self.step → number >= self.step")
    assert exchanged(made, "number >= 10 → number > 10")
    assert not made.is_large(10)


def test_the_other_functions_stay(tmp_path: Path) -> None:
    made = module(tmp_path)
    others = {
        name: one.__code__.co_code for name, one in vars(made).items() if inspect.isfunction(one) and name != "add"
    }
    assert exchanged(made, "return a + b → return None")
    assert {name: getattr(made, name).__code__.co_code for name in others} == others


@pytest.mark.parametrize(
    "change", ["LIMIT = 3 → LIMIT = 4", "step = 2 → step = 1", "known = add(1, 2) → known = add(1, 1)"]
)
def test_what_runs_at_import_cannot_be_changed(tmp_path: Path, change: str) -> None:
    assert not exchanged(module(tmp_path), change)


def test_a_function_that_was_called_at_import_is_not_changed(tmp_path: Path) -> None:
    """What came of it may have been kept."""
    made = module(tmp_path)
    assert not exchanged(made, "return a + b → return a - b", called=(made.add,))
    assert made.add(5, 3) == 8
