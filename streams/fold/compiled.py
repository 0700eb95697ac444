"""Compiled: what the entities of one kind contribute to its indicators, as two functions made from the declarations.

`contributions` is asked for every event, `levels` for every minute and entity; calling some thirty declarations each time is what the fold
would spend most of its time with. `warehouse.model.program` writes them as one piece of Python in which each expression stands once.
"""

from collections.abc import Callable, Iterable, Sequence

from warehouse.model.aggregate import Dimension, Flow, Part, Stock
from warehouse.model.entity import EntityState
from warehouse.model.expression import NEVER
from warehouse.model.indicator import Indicator
from warehouse.model.program import Operand, Program, ProgramState, function, term

Split = tuple[str, str]
"""Dimension and member; both are empty for the total."""

TOTAL: Split = ("", "")

MOST_SPLITS = 4_096
"""Splits of one indicator that are remembered; of more, all are forgotten."""

Contribution = tuple[int, int, int, tuple[Split, ...]]
"""What one entity adds to one indicator: when, how much to numerator and denominator, and in which splits."""

Contributions = Callable[[EntityState], tuple[tuple[Contribution, ...], ...]]
"""State -> what it adds to each of its kind's flows, in the order of the flows."""

StockKey = tuple[str, str, str]
"""Indicator, dimension, member; the last two are empty for the total."""

Levels = dict[StockKey, tuple[int, int]]
"""Numerator and denominator: the totals, and the members that count anything."""

LevelsOf = Callable[[Iterable[EntityState], int], Levels]
"""(states, now in ms) -> what they make of their kind's stocks."""


class KnownSplits(dict[tuple[str, ...], tuple[Split, ...]]):
    """The splits of an indicator by members of its dimensions, each made once: most entities share theirs with others.

    Args:
        names: the dimensions.
    """

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, members: tuple[str, ...]) -> tuple[Split, ...]:
        if len(self) > MOST_SPLITS:
            self.clear()
        made = self[members] = (TOTAL, *zip(self._names, members, strict=True))
        return made


def compile_contributions(flows: Sequence[Indicator]) -> Contributions:
    """What an entity contributes to these indicators, of one kind of entity."""
    program = Program()
    found = [_contributions(one, program, ProgramState(program)) for one in flows]
    lines = [*program.fixed, *program.lines, f"return ({', '.join(found)},)" if found else "return ()"]
    made: Contributions = function("contributions(state)", lines, program.names)
    return made


def compile_levels(stocks: Sequence[Indicator]) -> LevelsOf:
    """What entities count for in these indicators, of one kind of entity, at a moment."""
    program = Program()
    before: list[str] = []
    counted: list[str] = []
    after = ["found = {}"]
    for index, one in enumerate(stocks):
        _count(one, f"s{index}", program, (before, counted, after))
    each = [f"    {line}" for line in [*program.lines, *counted]] or ["    pass"]
    lines = [*program.fixed, *before, "for state in states:", *each, *after, "return found"]
    made: LevelsOf = function("levels(states, now)", lines, program.names)
    return made


def _sided(one: Indicator) -> list[tuple[Part, int]]:
    return [(part, 0) for part in one.value.numerator] + [(part, 1) for part in one.value.denominator]


def _members(by: Sequence[Dimension], state: ProgramState) -> list[str]:
    return [term(dimension.member(state)) for dimension in by]


def _contributions(one: Indicator, program: Program, state: ProgramState) -> str:
    """An indicator's contributions as a line; parts of one time are one contribution."""
    sums: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for part, side in _sided(one):
        if isinstance(part, Flow):
            added = part.added
            value = "1" if added is None else term(added(state))
            where = None if part.where is None else term(part.where(state))
            numerators, denominators, conditions = sums.setdefault(term(part.at(state)), ([], [], []))
            (denominators if side else numerators).append(f"({value} if {where} else 0)" if where else value)
            conditions.append(where or "True")
    members = [f"str({member})" for member in _members(one.dimensions, state)]
    known = f"splits_{one.id}"
    program.names[known] = KnownSplits([name for name, _ in one.dimensions])
    splits = f"{known}[{', '.join(members)},]" if members else repr((TOTAL,))
    found = []
    for at, (numerators, denominators, conditions) in sums.items():
        numerator, denominator = (" + ".join(amounts) or "0" for amounts in (numerators, denominators))
        counts = "" if "True" in conditions else f" and ({' or '.join(dict.fromkeys(conditions))})"
        found.append(f"((({at}, {numerator}, {denominator}, {splits}),) if {at} < {NEVER}{counts} else ())")
    return " + ".join(found)


def _count(one: Indicator, name: str, program: Program, into: tuple[list[str], list[str], list[str]]) -> None:
    """Add the lines of a stock: before the states, for each of them, and after them."""
    before, counted, after = into
    state, now = ProgramState(program), Operand(program, "now")
    members = _members(one.dimensions, state)
    sides = [f"{name}n", f"{name}d"]
    before.append(f"{sides[0]} = {sides[1]} = 0")
    before += [f"{name}by{index} = {{}}" for index in range(len(members))]
    if one.value.each:
        before.append(f"{name}seen = set()")
    for part, side in _sided(one):
        if isinstance(part, Stock):
            added = part.added
            value = "1" if added is None else term(added(state, now))
            each = term(getattr(state, one.value.each)) if one.value.each else ""
            counted.append(f"if {term(part.where(state, now))}:")
            counted += [f"    {line}" for line in _add(sides[side], value, f"{name}seen", each, ("", side), one)]
            for index, member in enumerate(members):
                sums = f"{name}by{index}"
                counted += [
                    f"    m = {sums}.get({member})",
                    "    if m is None:",
                    f"        m = {sums}[{member}] = [0, 0]",
                ]
                counted += [
                    f"    {line}" for line in _add(f"m[{side}]", value, f"{name}seen", each, (member, side, index), one)
                ]
    after.append(f"found[{one.id!r}, '', ''] = {sides[0]}, {sides[1]}")
    for index, (dimension, _) in enumerate(one.dimensions):
        after.append(f"for m, (n, d) in {name}by{index}.items():")
        after.append(f"    found[{one.id!r}, {dimension!r}, str(m)] = n, d")


def _add(sums: str, value: str, seen: str, each: str, place: tuple[object, ...], one: Indicator) -> list[str]:
    """Lines that add a value, or take it if it is the largest; where each value of a field counts once, only the first time."""
    adds = f"{sums} = max({sums}, {value})" if one.takes_largest else f"{sums} += {value}"
    if not each:
        return [adds]
    key = f"({', '.join(str(part) if part != '' else repr('') for part in place)}, {each})"
    return [f"if {key} not in {seen}:", f"    {seen}.add({key})", f"    {adds}"]
