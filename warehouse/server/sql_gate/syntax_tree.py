"""Syntax tree: what `EXPLAIN AST` prints, read back as nodes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.contract.errors import InvalidInput

_LINE = re.compile(r"( *)([A-Za-z]+(?:::[A-Za-z]+)?)(?: (.*))?", re.DOTALL)
_CHILDREN = re.compile(r"(?:(.*) )?\(children (\d+)\)", re.DOTALL)
_ALIAS = re.compile(r"(.*?)(?: ?\(alias (.*)\))?", re.DOTALL)


class UnreadableError(InvalidInput):
    """A tree that does not add up, as when a name in it was made to look like a part of it."""


@dataclass
class Node:
    """A node: its kind, what it says of itself (a function's or table's name, a literal), and what is below it."""

    kind: str
    says: str
    children: list["Node"] = field(default_factory=list)
    alias: str = ""

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, however deep."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


def parse_syntax_tree(lines: Sequence[str]) -> Node:
    """The root of a printed tree.

    Raises:
        UnreadableError: it does not add up.
    """
    root = Node("", "")
    above: list[tuple[Node, int]] = [(root, 1)]
    for line in lines:
        found = _LINE.fullmatch(line)
        if not found:
            raise UnreadableError(line)
        depth = len(found[1]) + 1
        if depth > len(above):
            raise UnreadableError(line)
        node, expected = _node(found[2], found[3] or "")
        _close(above, depth)
        above[-1][0].children.append(node)
        above.append((node, expected))
    _close(above, 0)
    return root.children[0]


def _node(kind: str, rest: str) -> tuple[Node, int]:
    counted = _CHILDREN.fullmatch(rest)
    says = (counted[1] or "") if counted else rest
    alias = _ALIAS.fullmatch(says)
    # A literal may hold the same words: it is left whole, and its alias is what follows the last of them.
    said, name = (alias[1], alias[2]) if alias and kind != "Literal" else (says, says.rpartition("(alias ")[2][:-1])
    node = Node(kind, said, alias=(name or "") if "(alias " in says else "")
    return node, int(counted[2]) if counted else 0


def _close(above: list[tuple[Node, int]], depth: int) -> None:
    """End the nodes that are complete, each with as many children as it said."""
    while len(above) > depth:
        node, expected = above.pop()
        if len(node.children) != expected:
            raise UnreadableError(node.says)
