"""A program's lines: each operation once, in the order in which it is needed, and what they compute."""

from types import SimpleNamespace
from typing import Any

import pytest

from warehouse.model.expression import choose, greatest, joined, least
from warehouse.model.program import Operand, Program, ProgramState, function, term


@pytest.fixture
def program() -> Program:
    return Program()


def computed(program: Program, result: Operand, **state: Any) -> Any:
    """What the lines give for a state."""
    lines = [*program.fixed, *program.lines, f"return {result.name}"]
    return function("compute(state)", lines, program.names)(SimpleNamespace(**state))


def test_an_attribute_and_an_operation_are_written_once(program: Program) -> None:
    state = ProgramState(program)
    first, second = state.opened + 1, state.opened + 1
    assert first is second
    assert (state.opened + 2) is not first
    assert program.lines == ["v0 = state.opened", "v1 = v0 + 1", "v2 = v0 + 2"]
    assert program.fixed == []
    assert program.names == {}


def test_what_is_the_same_for_all_states_is_computed_before_them(program: Program) -> None:
    now = Operand(program, "now")
    ago = now - 60
    late = ProgramState(program).opened < ago
    assert program.fixed == ["v0 = now - 60"]
    assert program.lines == ["v1 = state.opened", "v2 = v1 < v0"]
    assert -late is not late
    assert program.lines[-1] == "v3 = -v2"


def test_a_name_that_only_begins_like_the_state_does_not_vary(program: Program) -> None:
    assert (Operand(program, "statement") * 2).name == "v0"
    assert program.fixed == ["v0 = statement * 2"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda s: s.a - s.b, 4), (lambda s: 10 - s.b, 7), (lambda s: s.a // s.b, 2), (lambda s: -s.a, -7),
        (lambda s: (s.a > s.b) & (s.b == 3), True), (lambda s: (s.a <= s.b) | (s.b != 3), False),
        (lambda s: least(s.a, s.b), 3), (lambda s: greatest(s.a, s.b), 7),
        (lambda s: least(s.b, s.a), 3), (lambda s: greatest(s.b, s.a), 7),
        (lambda s: least(s.a, s.b, 1), 1), (lambda s: greatest(s.a, s.b, 9), 9),
        (lambda s: choose(s.a > s.b, "more", "less"), "more"), (lambda s: choose(s.a < s.b, "more", "less"), "less"),
        (lambda s: joined(s.a, s.b), "7 3"),
    ],
)  # fmt: skip
def test_what_the_lines_compute(program: Program, made: Any, expected: Any) -> None:
    assert computed(program, made(ProgramState(program)), a=7, b=3) == expected


def test_only_what_no_line_can_say_itself_is_called(program: Program) -> None:
    state = ProgramState(program)
    least(state.a, state.b)
    choose(state.a, 1, 2)
    assert program.names == {}
    least(state.a, state.b, 1)
    joined(state.a, "x")
    assert program.names == {"min": min}


def test_constants_are_literals(program: Program) -> None:
    assert [term(one) for one in (3, "it's", True, ProgramState(program).a)] == ["3", '"it\'s"', "True", "v0"]
    for one in (1.5, None, b"x", [1]):
        with pytest.raises(TypeError, match="has no place in a declaration"):
            term(one)


def test_a_function_knows_what_it_calls_and_nothing_is_added_to_it() -> None:
    names = {"double": lambda one: 2 * one}
    made = function("run(first, second)", ["found = double(first)", "return found + second"], names)
    assert made(3, 4) == 10
    assert made.__name__ == "run"
    assert names.keys() == {"double"}
    with pytest.raises(SyntaxError) as error:
        function("run()", ["return ("], {})
    assert error.value.filename == "<declarations: run()>"
