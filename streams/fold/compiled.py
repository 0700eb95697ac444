"""Compiled: what the entities of one kind contribute to its indicators, as functions made from the declarations.

`contributions` is asked for every event, `levels` for every minute and entity; calling some thirty declarations each time is what the fold
would spend most of its time with. `warehouse.model.program` writes them as one piece of Python in which each expression stands once, and
what is counted at a time that has not come is not worked out at all.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import NamedTuple

from warehouse.model.aggregate import Dimension, Flow, Part, Stock
from warehouse.model.entity import EntityState
from warehouse.model.expression import NEVER
from warehouse.model.indicator import Indicator
from warehouse.model.program import Operand, Program, ProgramState, function, term

Split = tuple[str, str]
"""Dimension and member; both are empty for the total."""

TOTAL: Split = ("", "")

MOST_SPLITS = 4_096
"""Splits by the same dimensions that are remembered; of more, all are forgotten."""


class Splits(tuple[Split, ...]):
    """The splits in which an entity counts, the total first. Told apart by who they are, so that finding something by them is quick."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


Contribution = tuple[int, int, int, Splits]
"""What one entity adds to one indicator: when, how much to numerator and denominator, and in which splits."""

Contributions = Callable[[EntityState], tuple[tuple[Contribution, ...], ...]]
"""State -> what it adds to each of its kind's flows, in the order of the flows."""

StockKey = tuple[str, str, str]
"""Indicator, dimension, member; the last two are empty for the total."""

Levels = dict[StockKey, tuple[int, int]]
"""Numerator and denominator: the totals, and the members that count anything."""

LevelsOf = Callable[[Iterable[EntityState], int], Levels]
"""(states, now in ms) -> what they make of their kind's stocks."""


class KnownSplits(dict[tuple[str, ...], Splits]):
    """The splits by members of the same dimensions, each made once: most entities share theirs with others.

    Args:
        names: the dimensions.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, members: tuple[str, ...]) -> Splits:
        if len(self) > MOST_SPLITS:
            self.clear()
        made = self[members] = Splits((TOTAL, *zip(self._names, members, strict=True)))
        return made


known_splits = cache(KnownSplits)
"""The splits by these dimensions, the same ones for all who ask."""


def compile_contributions(flows: Sequence[Indicator]) -> Contributions:
    """What an entity contributes to these indicators, of one kind of entity."""
    program = Program()
    found: list[list[str]] = [[] for _ in flows]
    by_time: dict[str, list[_Counted]] = {}
    for index, one in enumerate(flows):
        for at, sides in _sums(one, ProgramState(program)).items():
            name = f"c{index}_{len(found[index])}"
            found[index].append(name)
            by_time.setdefault(at, []).append(_Counted(name, one, sides))
    for at, counted in by_time.items():
        program.lines.append(f"{' = '.join(one.name for one in counted)} = ()")
        with program.block(f"if {at} < {NEVER}:"):
            program.lines += [_contribution(at, one, program) for one in counted]
    made_of = " ".join(f"{' + '.join(names)}," for names in found)
    lines = [*program.fixed, *program.lines, f"return ({made_of})"]
    made: Contributions = function("contributions(state)", lines, program.names)
    return made


def compile_levels(stocks: Sequence[Indicator]) -> LevelsOf:
    """What entities count for in these indicators, of one kind of entity, at a moment."""
    program = Program()
    before: list[str] = []
    after = ["found = {}"]
    for index, one in enumerate(stocks):
        _count(one, f"s{index}", program, (before, after))
    each = [f"    {line}" for line in program.lines] or ["    pass"]
    lines = [*program.fixed, *before, "for state in states:", *each, *after, "return found"]
    made: LevelsOf = function("levels(states, now)", lines, program.names)
    return made


def _sided(one: Indicator) -> list[tuple[Part, int]]:
    return [(part, 0) for part in one.value.numerator] + [(part, 1) for part in one.value.denominator]


def _members(by: Sequence[Dimension], state: ProgramState) -> list[str]:
    return [term(dimension.member(state)) for dimension in by]


class _Counted(NamedTuple):
    """What one indicator counts at one time."""

    name: str
    """What the lines call it."""
    indicator: Indicator
    sides: list[tuple[Flow, int]]
    """The parts, and of each whether it is of the numerator (0) or the denominator."""


def _sums(one: Indicator, state: ProgramState) -> dict[str, list[tuple[Flow, int]]]:
    """An indicator's flows by the operand that tells their time."""
    found: dict[str, list[tuple[Flow, int]]] = {}
    for part, side in _sided(one):
        if isinstance(part, Flow):
            found.setdefault(term(part.at(state)), []).append((part, side))
    return found


def _contribution(at: str, counted: _Counted, program: Program) -> str:
    """A line for parts of one time, which are one contribution."""
    state = ProgramState(program)
    wheres = [None if part.where is None else term(part.where(state)) for part, _ in counted.sides]
    is_one = len(set(wheres)) == 1
    sums: tuple[list[str], list[str]] = ([], [])
    for where, (part, side) in zip(wheres, counted.sides, strict=True):
        value = "1" if part.added is None else term(part.added(state))
        sums[side].append(value if is_one or not where else f"({value} if {where} else 0)")
    numerator, denominator = (" + ".join(amounts) or "0" for amounts in sums)
    line = f"{counted.name} = (({at}, {numerator}, {denominator}, {_splits(counted.indicator, program)}),)"
    return line if None in wheres else f"if {' or '.join(map(str, dict.fromkeys(wheres)))}: {line}"


def _splits(one: Indicator, program: Program) -> str:
    """What the lines call an indicator's splits."""
    names = tuple(name for name, _ in one.dimensions)
    if not names:
        program.names["just_total"] = known_splits(())[()]
        return "just_total"
    known = "_".join(("splits", *names))
    program.names[known] = known_splits(names)
    members = [f"str({member})," for member in _members(one.dimensions, ProgramState(program))]
    return term(program.operand(f"{known}[{' '.join(members)}]"))


def _count(one: Indicator, name: str, program: Program, into: tuple[list[str], list[str]]) -> None:
    """Add the lines of a stock: before the states, for each of them, and after them."""
    before, after = into
    state, now = ProgramState(program), Operand(program, "now")
    sides, sums = [f"{name}n", f"{name}d"], [f"{name}by{index}" for index, _ in enumerate(one.dimensions)]
    before.append(f"{sides[0]} = {sides[1]} = 0")
    before += [f"{members} = {{}}" for members in sums]
    if one.value.each:
        before.append(f"{name}seen = set()")
    for part, side in _sided(one):
        if isinstance(part, Stock):
            with program.block(f"if {term(part.where(state, now))}:"):
                value = "1" if part.added is None else term(part.added(state, now))
                each = term(getattr(state, one.value.each)) if one.value.each else ""
                program.lines += _add(sides[side], value, f"{name}seen", each, ("", side), one)
                for index, member in enumerate(_members(one.dimensions, state)):
                    program.lines += [
                        f"m = {sums[index]}.get({member})",
                        "if m is None:",
                        f"    m = {sums[index]}[{member}] = [0, 0]",
                        *_add(f"m[{side}]", value, f"{name}seen", each, (member, side, index), one),
                    ]
    after.append(f"found[{one.id!r}, '', ''] = {sides[0]}, {sides[1]}")
    for members, (dimension, _) in zip(sums, one.dimensions, strict=True):
        after.append(f"for m, (n, d) in {members}.items():")
        after.append(f"    found[{one.id!r}, {dimension!r}, str(m)] = n, d")


def _add(sums: str, value: str, seen: str, each: str, place: tuple[object, ...], one: Indicator) -> list[str]:
    """Lines that add a value, or take it if it is the largest; where each value of a field counts once, only the first time."""
    adds = f"{sums} = max({sums}, {value})" if one.takes_largest else f"{sums} += {value}"
    if not each:
        return [adds]
    key = f"({', '.join(str(part) if part != '' else repr('') for part in place)}, {each})"
    return [f"if {key} not in {seen}:", f"    {seen}.add({key})", f"    {adds}"]
