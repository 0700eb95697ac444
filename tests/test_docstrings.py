"""What docstrings and comments name is there: names in backticks, the arguments of `Args`, the classes of `Raises`."""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.sources import FOLDERS, ROOT, trees

OTHER_TEXTS = (".js", ".css", ".sql", ".toml", ".html")

OF_OTHERS = {
    "do_vat": "a camera's zone",
    "le_hoi": "a camera's zone",
    "refresh_parts_interval": "a setting of ClickHouse",
    "vach_cong_ra": "a camera's zone",
}
"""Names in backticks that stand nowhere in the code."""

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def documented() -> Iterator[tuple[str, Documented, str]]:
    """Where it stands, each class or function with a docstring, and that."""
    for path, tree in trees().items():
        left: list[ast.stmt] = list(tree.body)
        while left:
            node = left.pop()
            if isinstance(node, Documented):
                left += node.body
                if text := ast.get_docstring(node):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node, text


def section(text: str, name: str) -> list[str]:
    """The names that a section of a docstring explains."""
    _, found, after = text.partition(f"{name}:\n")
    return re.findall(r"^    ([\w.]+):", after.partition("\n\n")[0], re.MULTILINE) if found else []


@cache
def prose_and_code(path: Path) -> tuple[list[tuple[int, str]], str]:
    """The docstrings and comments of a module line by line, and all else."""
    pieces = path.read_text(encoding="utf-8").split('"""')
    prose, code, number = [], [], 1
    for place, piece in enumerate(pieces):
        for offset, line in enumerate(piece.splitlines()):
            before, _, comment = (line, "", "") if place % 2 else line.partition("#")
            prose.append((number + offset, before if place % 2 else comment))
            code.append("" if place % 2 else before)
        number += piece.count("\n")
    return prose, "\n".join(code)


@cache
def words_of_the_code() -> frozenset[str]:
    """Every word that stands in code, in another file of the product, or in the name of one."""
    words: set[str] = set()
    for path in (path for folder in (*FOLDERS, "tests") for path in (ROOT / folder).rglob("*")):
        words.add(path.stem)
        if path == Path(__file__):
            continue
        if path.suffix == ".py":
            words |= set(re.findall(r"\w+", prose_and_code(path)[1]))
        elif path.suffix in OTHER_TEXTS and ".min." not in path.name:
            words |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    words |= set(re.findall(r"\w+", (ROOT / "requirements.lock").read_text(encoding="utf-8")))
    return frozenset(words | {word.lstrip("_") for word in words} | {*FOLDERS, "tests"})


def test_names_in_backticks_are_there() -> None:
    missing = {
        (word, f"{path.relative_to(ROOT)}:{number}")
        for path in trees()
        for number, line in prose_and_code(path)[0]
        for name in re.findall(r"`([a-z][\w.]*)(?:\(\))?`", line)
        for word in re.findall(
            r"\b[a-z]+(?:_[a-z]+)+\b", name
        )  # as our names are; what devices and protocols call theirs is theirs
        if word not in words_of_the_code() and word not in OF_OTHERS
    }
    assert missing == set()


def test_the_arguments_that_are_explained_are_all_that_there_are() -> None:
    for where, node, text in documented():
        if not (explained := section(text, "Args")):
            continue
        made = node
        if isinstance(node, ast.ClassDef):
            made = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), node)
        if isinstance(made, ast.ClassDef):
            continue  # its fields
        takes = made.args
        known = [
            one.arg for one in (*takes.posonlyargs, *takes.args, takes.vararg, *takes.kwonlyargs, takes.kwarg) if one
        ]
        assert sorted(explained) == sorted(set(known) - {"self", "cls"}), where


def test_what_is_raised_is_there() -> None:
    unknown = {(name, where) for where, _, text in documented() for name in section(text, "Raises")}
    known = words_of_the_code() | set(dir(builtins))
    assert {(name, where) for name, where in unknown if name.rpartition(".")[2] not in known} == set()
