"""Program: the rendering of declarations that the fold runs - Python in straight lines, in which every operation stands once.

What many declarations of one entity share (`is_registered_speaker`, `due`) is computed once, without a call for each of them: that takes
a quarter of the time of calling the declarations one by one. So expressions are worked out also where nothing has happened yet: a
declaration has to give a value for `NEVER` as well. The text is made from the declarations alone, never from data.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from warehouse.model.expression import Symbol, choose, greatest, joined, least, starts_with

STATE = "state"
"""What the lines call the state that they are about."""

_NAME = re.compile(r"[A-Za-z_]\w*")


class Operand(Symbol):
    """A value of a program: a name for what one of its lines computes."""

    __slots__ = ("name", "program")

    def __init__(self, program: "Program", name: str) -> None:
        self.program = program
        self.name = name

    def written(self, operator: str, left: Any, right: Any) -> "Operand":
        """An operation of two values, by Python's sign for it."""
        return self.program.operand(f"{term(left)} {operator} {term(right)}")

    def called(self, function: Callable[..., Any], *values: Any) -> "Operand":
        """What a function gives; the short ones stand in the line itself."""
        terms = [term(value) for value in values]
        if function in (least, greatest) and len(terms) == 2:
            sign = "<" if function is least else ">"
            return self.program.operand(f"{terms[0]} if {terms[0]} {sign} {terms[1]} else {terms[1]}")
        if function is choose:
            return self.program.operand(f"{terms[1]} if {terms[0]} else {terms[2]}")
        if function is joined:
            return self.program.operand(f"'%s %s' % ({terms[0]}, {terms[1]})")
        if function is starts_with:
            return self.program.operand(f"{terms[0]}.startswith({terms[1]})")
        plain = {least: min, greatest: max}.get(function, function)
        self.program.names[plain.__name__] = plain
        return self.program.operand(f"{plain.__name__}({', '.join(terms)})")

    def __floordiv__(self, other: Any) -> "Operand":
        return self.written("//", self, other)

    def __neg__(self) -> "Operand":
        return self.program.operand(f"-{self.name}")


class Program:
    """Lines of Python, as declarations are called with its operands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        """What is computed for each state."""
        self.fixed: list[str] = []
        """What is the same for all states."""
        self.names: dict[str, Any] = {}
        """What the lines call."""
        self._known: dict[str, Operand] = {}
        self._varying: set[str] = {STATE}
        self._numbers = count()

    @contextmanager
    def block(self, condition: str) -> Iterator[None]:
        """Lines that run under a condition; what only they compute is not known after them."""
        outer, known = self.lines, dict(self._known)
        self.lines = []
        yield
        self.lines, self._known = [*outer, condition, *(f"    {line}" for line in self.lines)], known

    def operand(self, text: str) -> Operand:
        """What a line computes; the same line is written once."""
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = Operand(self, f"v{next(self._numbers)}")
            is_varying = not self._varying.isdisjoint(_NAME.findall(text))
            if is_varying:
                self._varying.add(known.name)
            (self.lines if is_varying else self.fixed).append(f"{known.name} = {text}")
        return known


class ProgramState:
    """A symbolic state: an attribute is read when it is first asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def __getattr__(self, field: str) -> Operand:
        return self._program.operand(f"{STATE}.{field}")


def term(value: Any) -> str:
    """A value as it stands in a line: an operand by its name, a constant as a literal.

    Raises:
        TypeError: it is neither a whole number, a text nor a truth value.
    """
    if isinstance(value, Operand):
        return value.name
    if isinstance(value, bool | int | str):
        return repr(value)
    raise TypeError(f"{value!r} has no place in a declaration: whole numbers, texts and truth values only")


def function(head: str, lines: list[str], names: dict[str, Any]) -> Callable[..., Any]:
    """The function that a head and its indented lines make.

    Args:
        head: for example `levels(states, now)`.
        lines: its body.
        names: what the body calls.
    """
    namespace = dict(names)
    text = "\n".join([f"def {head}:", *(f"    {line}" for line in lines)])
    exec(compile(text, f"<declarations: {head}>", "exec"), namespace)  # noqa: S102 - made from declarations, as dataclasses make theirs
    made: Callable[..., Any] = namespace[head.partition("(")[0]]
    return made
