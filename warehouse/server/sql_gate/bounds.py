"""Bounds: what keeps a query's cost in proportion to its input, where the engine would not stop by itself.

The engine looks at its limits between two blocks of rows. Within a block, and while it evaluates constants, a function runs to
its end: so what makes much out of little, and what takes more than its input is long, takes only what is bounded here. For what
the engine can bound, `ENGINE_LIMITS` are its settings.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from warehouse.server.sql_gate.syntax_tree import Node

ENGINE_LIMITS: Final[Mapping[str, str]] = {
    # Little at a time, so that it looks at the other limits often.
    "max_block_size": "1024",
    "preferred_block_size_bytes": "262144",
    "max_joined_block_size_rows": "1024",
    "function_range_max_elements_in_block": "1000000",
    "regexp_max_matches_per_row": "1000",
    # Sizes of the query itself.
    "max_ast_depth": "1000",
    "max_ast_elements": "20000",
    "max_expanded_ast_elements": "50000",
    "max_parser_depth": "1000",
    "max_parser_backtracks": "100000",
    "max_query_size": "100000",
    "max_subquery_depth": "20",
    # What is kept while it runs; too much of it is an error, and not a wrong answer.
    "max_rows_in_set": "10000000",
    "max_bytes_in_set": "268435456",
    "set_overflow_mode": "throw",
    "max_rows_in_join": "10000000",
    "max_bytes_in_join": "268435456",
    "join_overflow_mode": "throw",
    "join_algorithm": "direct,parallel_hash,hash",
    "max_rows_in_distinct": "10000000",
    "max_rows_to_group_by": "10000000",
    "group_by_overflow_mode": "throw",
    "max_rows_to_sort": "20000000",
    "sort_overflow_mode": "throw",
}
"""Settings of the engine for every query of an analyst, and for the gate's own questions about it."""

_MOST_NUMBERS: Final = {
    "repeat": (1, 1000),
    "space": (0, 1000),
    "leftpad": (1, 1000),
    "leftpadutf8": (1, 1000),
    "rightpad": (1, 1000),
    "rightpadutf8": (1, 1000),
    "lpad": (1, 1000),
    "rpad": (1, 1000),
    "arraywithconstant": (0, 1000),
    "arrayresize": (1, 1000),
    "tofixedstring": (1, 1000),
    "todecimalstring": (1, 70),
    "bar": (3, 1000),
}
"""Functions by which argument, counted from 0, is a number in the text, and how large at most."""

_SEARCHING = """
    like ilike notlike notilike match extract extractall extractgroups replaceregexpall replaceregexpone regexpextract
    countmatches
"""
_WITH_A_FORMAT = """
    json_value json_query json_exists formatdatetime date_format fromunixtimestamp from_unixtime parsedatetime
    parsedatetimeornull parsedatetime64
"""
_PATTERNS: Final = {
    **dict.fromkeys(f"{_SEARCHING} {_WITH_A_FORMAT}".split(), 1),
    "splitbyregexp": 0,
    "format": 0,
}
"""Functions by which argument is a pattern, which stands in the text."""
_LONGEST_PATTERN = 200

_SEARCHED: Final = {**dict.fromkeys(_SEARCHING.split(), 0), "splitbyregexp": 1}
"""Functions by which argument they search with a pattern: in the worst case for as long as the square of its length."""
_AGAIN_AND_AGAIN: Final = frozenset({"extractall", "replaceregexpall", "countmatches", "splitbyregexp"})
"""Of these, those that search on behind what they found."""

_COMPARING = """
    position positioncaseinsensitive positionutf8 positioncaseinsensitiveutf8 locate instr countsubstrings
    countsubstringscaseinsensitive hastoken hastokencaseinsensitive startswith startswithutf8 endswith endswithutf8
    substringindex splitbystring splitbychar replaceall replaceone translate translateutf8
"""
_COMPARED: Final = frozenset(_COMPARING.split())
"""Functions that compare texts at every place: in the worst case for as long as the product of their lengths."""
_NEEDLES: Final = "multisearch"
"""What functions begin with that search for several texts at once."""
_MOST_NEEDLES = 2000

_KEEP = """
    lower lcase lowerutf8 upper ucase upperutf8 trim trimboth trimleft trimright ltrim rtrim tostring cast _cast assumenotnull
    coalesce ifnull nullif if multiif casewithexpression any anylast any_value first_value last_value max min argmax argmin
    anyif maxif minif argmaxif argminif concat jsonextractstring jsonextractraw simplejsonextractstring
    simplejsonextractraw visitparamextractstring visitparamextractraw removeaccentsutf8 removediacriticsutf8 casefoldutf8
    substring substr mid substringutf8 left leftutf8 right rightutf8 substringindex tuple tupleelement array arrayelement
    splitbychar splitbystring splitbywhitespace splitbynonalpha tolowcardinality tonullable materialize identity
    initcap initcaputf8 reverse reverseutf8 path domain extract json_value grouparray groupuniqarray arrayjoin arraydistinct
    arraysort arrayfilter todate tofixedstring formatdatetime date_format toint64 tofloat64 touint64 todatetime
    normalizeutf8nfc normalizeutf8nfd normalizeutf8nfkc normalizeutf8nfkd
"""
_KEEPING: Final = frozenset(_KEEP.split())
"""Functions whose result is no longer than all arguments together, or an array of such."""
_CUTTING: Final = {
    "left": 1,
    "leftutf8": 1,
    "right": 1,
    "rightutf8": 1,
    "substring": 2,
    "substr": 2,
    "mid": 2,
    "substringutf8": 2,
}
"""Functions by which argument says how long their result is at most."""
_GROW = """
    repeat space leftpad leftpadutf8 rightpad rightpadutf8 lpad rpad arraystringconcat groupconcat group_concat string_agg
    tojsonstring format replaceall replaceone hex base64encode encodeurlcomponent translate
"""
_GROWING: Final = frozenset(_GROW.split())
"""Functions whose result may be much longer than their arguments."""
_LONGEST_TEXT = 256 * 1024
_LONGEST_SEARCHED_AGAIN = 4 * 1000
_STORED = 64 * 1024
"""What a stored text is taken to be at most, bytes."""

_MOST_OF_A_PARAMETER = 1000
_MOST_PARAMETERS = 20
_ANY_PARAMETER: Final = frozenset({"windowfunnel", "exponentialmovingaverage", "retention"})
_MOST_LAMBDAS_DEEP = 2
_MOST_EXPANDED = 50_000

_NUMBER = re.compile(r"(?:UInt64|Int64)_(-?\d+)")
_FRACTION = re.compile(r"Float64_-?[\d.]+(?:e-?\d+)?")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_UNIONS = ("SelectIntersectExceptQuery",)


class BoundExceeded(NamedTuple):
    """What is too much, in both languages."""

    vi: str
    en: str


def find_excess(tree: Node) -> BoundExceeded | None:
    """The first thing in a syntax tree that may cost too much; `None` when there is nothing."""
    query = _Query(tree)
    try:
        for node in query.nodes:
            found = _function_excess(node, query) if node.kind == "Function" else None
            if found:
                return found
    except RecursionError:
        return BoundExceeded("Câu lệnh lồng nhau quá sâu.", "The query is nested too deeply.")
    if _lambdas_deep(tree) > _MOST_LAMBDAS_DEEP:
        return BoundExceeded(
            f"Không lồng quá {_MOST_LAMBDAS_DEEP} hàm ẩn danh (x -> …).",
            f"At most {_MOST_LAMBDAS_DEEP} lambdas (x -> …) within each other.",
        )
    if query.expanded() > _MOST_EXPANDED:
        return BoundExceeded("Câu lệnh lặp lại chính nó quá nhiều lần.", "The query repeats parts of itself too often.")
    return None


class _Query:
    """A syntax tree, with what its aliases stand for."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.nodes = list(tree.walk())
        self.aliases: dict[str, list[Node]] = {}
        for node in self.nodes:
            if node.alias:
                self.aliases.setdefault(node.alias, []).append(node)
        self.is_union = any(
            node.kind in _UNIONS or (node.kind == "SelectWithUnionQuery" and len(node.children[0].children) > 1)
            for node in self.nodes
            if node.children
        )
        self.grows = any(node.kind == "Function" and node.says.lower() in _GROWING for node in self.nodes)
        self.parameters = {name for node in self.nodes for name in _lambda_parameters(node)}

    def longest(self, node: Node, above: tuple[str, ...] = ()) -> float:
        """How long the text may be that a node gives, bytes; without end where that is not known."""
        name = node.says.lower()
        if node.kind == "Literal":
            return len(node.says)
        if node.kind == "Identifier":
            return self._longest_named(node.says.rpartition(".")[2], above)
        if node.kind != "Function":
            return float("inf")
        if name in _CUTTING:
            most = _whole(argument(node, _CUTTING[name]))
            if most is not None and most >= 0:
                return 4 * most
        if name in _KEEPING:
            return sum(self.longest(one, above) for one in arguments(node))
        return float("inf") if name in _GROWING or self.grows else _STORED

    def is_stored(self, node: Node, above: tuple[str, ...] = ()) -> bool:
        """Whether what a node gives is a stored text or a part of such, as far as the query makes any longer ones."""
        if not self.grows or node.kind == "Literal":
            return True
        if node.kind == "Identifier":
            name = node.says.rpartition(".")[2]
            given = self.aliases.get(name, [])
            if name in above or name in self.parameters or self.is_union or len(given) > 1:
                return False
            return not given or self.is_stored(given[0], (*above, name))
        is_kept = node.kind == "Function" and node.says.lower() in _KEEPING
        return is_kept and all(self.is_stored(one, above) for one in arguments(node))

    def _longest_named(self, name: str, above: tuple[str, ...]) -> float:
        if name in above or len(above) > 50:
            return float("inf")
        given = self.aliases.get(name, [])
        if len(given) > 1 or (name in self.parameters) or self.is_union:
            return float("inf") if self.grows else _STORED
        return self.longest(given[0], (*above, name)) if given else _STORED

    def expanded(self) -> int:
        """How many nodes there are when each alias is replaced by what it stands for."""
        known: dict[str, int] = {}
        return self._expanded(self.tree, known, 0)

    def _expanded(self, node: Node, known: dict[str, int], deep: int) -> int:
        total = 0
        for one in node.walk():
            total += 1
            name = one.says if one.kind in ("Identifier", "TableIdentifier") else ""
            if name in self.aliases and deep < 200:
                if name not in known:
                    known[name] = 1  # what it means within itself
                    known[name] = max(self._expanded(given, known, deep + 1) for given in self.aliases[name])
                total += known[name]
            if total > _MOST_EXPANDED:
                break
        return total


def is_bounded(function: str) -> bool:
    """Whether calls of a function are looked at here."""
    name = function.lower()
    return any(name in bounded for bounded in (_MOST_NUMBERS, _PATTERNS, _SEARCHED, _COMPARED)) or name.startswith(
        _NEEDLES
    )


def argument(function: Node, index: int) -> Node | None:
    """An argument of a function."""
    there = arguments(function)
    return there[index] if len(there) > index else None


def arguments(function: Node) -> list[Node]:
    """The arguments of a function: they stand in the tree before its parameters and its window."""
    return function.children[0].children if function.children else []


def function_parameters(function: Node) -> list[Node]:
    """The parameters of a function, which stand in a text before its arguments."""
    return [one for part in function.children[1:] if part.kind == "ExpressionList" for one in part.children]


def _function_excess(node: Node, query: _Query) -> BoundExceeded | None:
    name = node.says.lower()
    if name in _MOST_NUMBERS:
        index, most = _MOST_NUMBERS[name]
        given = argument(node, index)
        number = _whole(given)
        if given and (number is None or abs(number) > most):
            return _number_expected(node.says, index, most)
    if name in _PATTERNS:
        given = argument(node, _PATTERNS[name])
        text = _text(given)
        if given and (text is None or len(text.encode()) > _LONGEST_PATTERN):
            return _pattern_expected(node.says)
    if name.startswith(_NEEDLES):
        given = argument(node, 1)
        if given and (any(one.kind == "Identifier" for one in given.walk()) or _size(given) > _MOST_NEEDLES):
            return _pattern_expected(node.says)
    texts = arguments(node) if name in _COMPARED else [argument(node, _SEARCHED[name])] if name in _SEARCHED else []
    # What is stored comes in blocks of so many bytes; what is made here does not.
    for one in texts:
        is_made = name in _AGAIN_AND_AGAIN and one is not None and not query.is_stored(one)
        if one and query.longest(one) > (_LONGEST_SEARCHED_AGAIN if is_made else _LONGEST_TEXT):
            return BoundExceeded(
                f"{node.says}: văn bản có thể quá dài; hãy viết left(…, 1000).",
                f"{node.says}: the text may be too long; write left(…, 1000).",
            )
    return None if name in _ANY_PARAMETER else _parameters_excess(node)


def _parameters_excess(node: Node) -> BoundExceeded | None:
    given = function_parameters(node)
    if len(given) > _MOST_PARAMETERS:
        return BoundExceeded(
            f"{node.says}: quá {_MOST_PARAMETERS} tham số.", f"{node.says}: more than {_MOST_PARAMETERS} parameters."
        )
    for index, one in enumerate(given):
        number, text = _whole(one), _text(one)
        is_small = number is not None and abs(number) <= _MOST_OF_A_PARAMETER
        is_short = text is not None and len(text) <= _LONGEST_PATTERN
        if not is_small and not is_short and not _FRACTION.fullmatch(one.says):
            return _number_expected(node.says, index, _MOST_OF_A_PARAMETER)
    return None


def _number_expected(function: str, index: int, most: int) -> BoundExceeded:
    return BoundExceeded(
        f"{function}: đối số {index + 1} phải là một số viết rõ, không quá {most}.",
        f"{function}: argument {index + 1} has to be a number in the text, {most} at most.",
    )


def _pattern_expected(function: str) -> BoundExceeded:
    return BoundExceeded(
        f"{function}: mẫu phải viết rõ trong câu lệnh, không quá {_LONGEST_PATTERN} byte.",
        f"{function}: the pattern has to stand in the text, {_LONGEST_PATTERN} bytes at most.",
    )


def _whole(node: Node | None) -> int | None:
    found = _NUMBER.match(node.says) if node and node.kind == "Literal" else None
    return int(found[1]) if found else None


def _text(node: Node | None) -> str | None:
    found = _STRING.match(node.says) if node and node.kind == "Literal" else None
    return found[1] if found else None


def _size(node: Node) -> int:
    return sum(len(one.says) for one in node.walk())


def _lambda_parameters(node: Node) -> Iterator[str]:
    if node.kind == "Function" and node.says == "lambda" and arguments(node):
        for one in arguments(node)[0].walk():
            if one.kind == "Identifier":
                yield one.says


def _lambdas_deep(tree: Node) -> int:
    deepest, waiting = 0, [(tree, 0)]
    while waiting:
        node, deep = waiting.pop()
        deep += node.kind == "Function" and node.says == "lambda"
        deepest = max(deepest, deep)
        waiting += [(child, deep) for child in node.children]
    return deepest
