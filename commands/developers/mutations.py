"""Change the code in a single place, run the tests of that module, and see whether they notice; many times.

Vi: Thử sửa sai mã nguồn từng chỗ một, xem bộ kiểm thử có phát hiện không.

A mutation replaces the text of one expression or statement at its position, so that the rest of the module keeps its form:
declarations, decorators and everything that reads source text work as they are. That is why this is a script of our own; mutmut
generates modules of another form, and LibCST, on which it is built, is a dependency that nothing else here needs.

Which modules are tested, by which tests, and which mutations change nothing that counts, is in `tests/mutations.toml`.
"""

import argparse
import ast
import hashlib
import io
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import psutil

from commands.terminal import ProgressBar, table_lines, terminal_line

ROOT = Path(__file__).resolve().parents[2]
DECLARED = ROOT / "tests" / "mutations.toml"

WANTED = 0.95
"""The share of mutations that count and that the tests have to notice."""

LEFT_OUT = shutil.ignore_patterns(".*", "artefacts", "node_modules", "data")
"""What tests do not need of the checkout."""

PRELOADED = (
    "pytest", "hypothesis", "pydantic", "pydantic_settings", "numpy", "httpx", "prometheus_client", "xdist.scheduler", "aiokafka",
    "faust", "dash", "dash_mantine_components", "dash_ag_grid", "fastapi", "uvicorn", "clickhouse_driver", "kafka", "argon2",
    "amqtt.broker", "paho.mqtt.client", "holidays", "jgo", "yaml",
)  # fmt: skip
"""Libraries that are imported once, before processes are forked: no module of ours is among them, and none starts a thread."""

PYTEST = (
    "-x", "-q", "--tb=line", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:xdist", "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip
"""The first failure is enough."""

MARK = "IOC_MUTATION"
"""In the environment of all processes that a test run starts: the copy in which it runs."""

Result = Literal["noticed", "too slow", "unnoticed"]


class Mutation(NamedTuple):
    """One change of one module."""

    module: str
    function: str
    """Qualified name of the function or class around it; `<module>` outside of any."""
    change: str
    """`old → new`, in one line; ` #2` follows the second of the same kind in a function."""
    begin: int
    """Byte where the replaced text begins."""
    end: int
    """Byte after it."""
    text: str
    """What stands there instead."""
    line: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is known by, however lines move."""
        return self.module, self.function, self.change

    def applied(self, source: bytes) -> bytes:
        """The module with the change."""
        return source[: self.begin] + self.text.encode() + source[self.end :]


@dataclass(frozen=True)
class Subject:
    """A module and the tests that are to notice its mutations."""

    module: str
    tests: tuple[str, ...]
    embedded: bool = False
    """Whether tests with the mark `embedded` run: they start real parts."""

    @property
    def path(self) -> Path:
        """Its file, from the root."""
        return Path(*self.module.split(".")).with_suffix(".py")


# -- Mutations of a module

SWAPS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//"), ast.FloorDiv: ("//", "*"), ast.Div: ("/", "*"),
    ast.Mod: ("%", "+"), ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"), ast.Pow: ("**", "*"),
}  # fmt: skip

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")), ast.LtE: ("<=", ("<", ">")), ast.Gt: (">", (">=", "<=")), ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)), ast.NotEq: ("!=", ("==",)), ast.In: ("in", ("not in",)), ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)), ast.IsNot: ("is not", ("is",)),
}  # fmt: skip

NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "least": "greatest", "greatest": "least"}

SQL = re.compile(
    r"\b(SELECT|FROM|WHERE|GROUP BY|PARTITION BY|toInt64|intDiv|Int64|min|max|count|countIf|kind|JSON\w+)\b[ (]"
)
SQL_SWAPS = {
    " AND ": " OR ", " OR ": " AND ", " <= ": " < ", " < ": " <= ", " >= ": " > ", " > ": " >= ", " = ": " != ", " + ": " - ",
    " - ": " + ", "min(": "max(", "max(": "min(", "minIf(": "maxIf(", "maxIf(": "minIf(", "argMax": "argMin", " IN (": " NOT IN (",
    "sum(": "max(", "UNION ALL": "UNION DISTINCT", "least(": "greatest(", "greatest(": "least(", " DESC": " ASC",
}  # fmt: skip
"""What is exchanged inside of texts that are SQL."""

LARGE = 100
"""Of a larger whole number a neighbour hardly differs: it is doubled; where it is a bound, the comparison is mutated."""

TELLING = 12
"""Characters that say which expression it is; of a shorter one the one around it is told."""

IGNORED_KEYWORDS = ("strict", "frozen", "slots", "repr")
"""Arguments of which behaviour does not depend as long as the code is right."""


def mutations(module: str, source: str) -> list[Mutation]:
    """All single changes of a module, in the order of their places."""
    found = _Finder(source)
    found.visit(ast.parse(source))
    seen: Counter[tuple[str, str]] = Counter()
    made = []
    for function, begin, end, text, old, new in sorted(found.changes, key=lambda change: change[1:4]):
        change = f"{_short(old)} → {_short(new)}"
        seen[function, change] += 1
        if seen[function, change] > 1:
            change += f" #{seen[function, change]}"
        made.append(Mutation(module, function, change, begin, end, text, found.bytes[:begin].count(b"\n") + 1))
    return made


def _short(text: str) -> str:
    return " ".join(text.split())


class _Finder(ast.NodeVisitor):
    """Collects changes as (function, begin, end, replacement, old text, new text)."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        self.changes: list[tuple[str, int, int, str, str, str]] = []
        self._lines = [0]
        for text in self.bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(text))
        self._names: list[str] = []
        self._around: list[ast.expr | ast.stmt] = []

    def visit(self, node: ast.AST) -> None:
        """Visit a node, knowing those around it."""
        if not isinstance(node, ast.expr | ast.stmt):
            super().visit(node)
            return
        self._around.append(node)
        super().visit(node)
        self._around.pop()

    # Positions

    def _begin(self, node: Any) -> int:
        return self._lines[int(node.lineno) - 1] + int(node.col_offset)

    def _end(self, node: Any) -> int:
        return self._lines[int(node.end_lineno) - 1] + int(node.end_col_offset)

    def _text(self, begin: int, end: int) -> str:
        return self.bytes[begin:end].decode()

    def _replace(self, node: Any, text: str, begin: int | None = None, end: int | None = None) -> None:
        """Replace a part of a node; the change is told by the whole node, or by what is around it if that is short."""
        outer, last = self._begin(node), self._end(node)
        for around in reversed(self._around):
            if last - outer >= TELLING or not (isinstance(around, ast.expr) or not hasattr(around, "body")):
                break
            outer, last = self._begin(around), self._end(around)
        first, after = self._begin(node) if begin is None else begin, self._end(node) if end is None else end
        old = self._text(outer, last)
        new = self._text(outer, first) + text + self._text(after, last)
        function = ".".join(self._names) or "<module>"
        self.changes.append((function, first, after, text, old, new))

    def _between(self, node: Any, left: ast.AST, right: ast.AST, old: str, new: str) -> None:
        """Replace an operator, which stands between two nodes and perhaps brackets and a comment."""
        begin, end = self._end(left), self._begin(right)
        gap = re.sub(r"#[^\n]*", lambda comment: " " * len(comment[0].encode()), self._text(begin, end))
        token = re.search(re.escape(old).replace(r"\ ", r"\s+"), gap)
        if token:
            self._replace(node, new, begin + token.start(), begin + token.end())

    # Definitions

    def _named(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._names.append(node.name)
        if not isinstance(node, ast.ClassDef):
            for default in [*node.args.defaults, *node.args.kw_defaults]:
                if default is not None:
                    self.visit(default)
        self._body(node.body)
        self._names.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _named  # noqa: N815

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def _body(self, body: list[ast.stmt]) -> None:
        for statement in body:
            if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                self.visit(statement)

    # Statements

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._assigned(node, node.target)
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._assigned(node, node.targets[0])
        self.visit(node.value)

    def _assigned(self, node: ast.stmt, target: ast.expr) -> None:
        if isinstance(target, ast.Attribute | ast.Subscript) and self._names[-1:] != ["__init__"]:
            self._replace(node, "pass")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass")
        if type(node.op) in SWAPS:
            old, new = SWAPS[type(node.op)]
            self._between(node, node.target, node.value, old + "=", new + "=")
        self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call | ast.Await):
            if re.match(r"(await )?_?(log|logger|LOG)\.", self._text(self._begin(node), self._end(node))):
                return
            self._replace(node, "pass")
        self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace(node, "pass")  # what it says is for people

    def visit_Delete(self, node: ast.Delete) -> None:
        self._replace(node, "pass")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._replace(node, "pass")

    def visit_Break(self, node: ast.Break) -> None:
        self._replace(node, "pass")

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is None:
            self._replace(node, "pass")
            return
        if not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node, "return None")
        self.visit(node.value)

    def visit_If(self, node: ast.If | ast.While) -> None:
        if _short(self._text(self._begin(node.test), self._end(node.test))) == "TYPE_CHECKING":
            return
        self._negated(node.test)
        self.generic_visit(node)

    visit_While = visit_If  # noqa: N815

    def _negated(self, test: ast.expr) -> None:
        if not isinstance(test, ast.UnaryOp | ast.Compare | ast.Constant):
            self._replace(test, f"(not ({self._text(self._begin(test), self._end(test))}))")

    # Expressions

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negated(node.test)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self._negated(test)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if _is_type(node.left) or _is_type(node.right):
            return
        if type(node.op) in SWAPS and not _is_text(node.left) and not _is_text(node.right):
            self._between(node, node.left, node.right, *SWAPS[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(node, left, right, old, new)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            self._replace(node, f"({self._text(self._begin(node.operand), self._end(node.operand))})")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        values = [node.left, *node.comparators]
        for left, operator, right in zip(values, node.ops, values[1:], strict=False):
            old, others = COMPARISONS[type(operator)]
            for new in others:
                self._between(node, left, right, old, new)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in NAMES:
            self._replace(node, NAMES[node.func.id], self._begin(node.func), self._end(node.func))
        self.visit(node.func)
        for argument in node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in IGNORED_KEYWORDS:
                self.visit(keyword.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int):
            others = (node.value + 1, node.value - 1) if abs(node.value) <= LARGE else (node.value * 2,)
            for other in others:
                self._replace(node, str(other))
        elif isinstance(node.value, float):
            self._replace(node, repr(node.value * 2 + 1))
        elif isinstance(node.value, str):
            self._in_sql(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._in_sql(node)
        if sys.version_info >= (3, 12):  # before, what stands in brackets has no position of its own
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    self.visit(part.value)

    def _in_sql(self, node: ast.expr) -> None:
        begin = self._begin(node)
        text = self._text(begin, self._end(node))
        if not SQL.search(text):
            return
        masked = (
            re.sub(r"\{[^{}]*\}", lambda part: "\0" * len(part[0]), text) if isinstance(node, ast.JoinedStr) else text
        )
        for old, new in SQL_SWAPS.items():
            for found in re.finditer(r"(?<!\w)" + re.escape(old) if old[0].isalpha() else re.escape(old), masked):
                at = begin + len(text[: found.start()].encode())
                self._replace(node, new, at, at + len(old))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _is_type(node: ast.expr) -> bool:
    """Whether an operand of `|` is a type: a name in capital letters or `None`."""
    if isinstance(node, ast.Constant):
        return node.value is None
    if isinstance(node, ast.Subscript):
        return _is_type(node.value) or (
            isinstance(node.value, ast.Name) and node.value.id in ("list", "dict", "tuple", "set")
        )
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in ("int", "str", "bytes", "float", "bool", "list", "dict", "tuple", "set") or (
        name[:1].isupper() and not name.isupper()
    )


# -- What is declared


class Equivalent(NamedTuple):
    """A mutation that changes nothing that counts, and why."""

    module: str
    function: str
    change: str
    reason: str


def subjects() -> list[Subject]:
    """The modules that are tested by default, each with its own test file and those that are declared for it."""
    found = []
    for declared in tomllib.loads(DECLARED.read_text("utf-8"))["module"]:
        for module in declared["names"]:
            own = mirrored(module)
            tests = [own, *declared.get("tests", [])] if (ROOT / own).exists() else declared.get("tests", [])
            found.append(Subject(module, tuple(dict.fromkeys(tests)), declared.get("embedded", False)))
    return found


def mirrored(module: str) -> str:
    """The test file of a module, if there is one: `tests/a/test_b.py` of `a.b`."""
    *packages, name = module.split(".")
    return "/".join(("tests", *packages, f"test_{name}.py"))


def equivalents() -> list[Equivalent]:
    """Mutations that no test has to notice."""
    declared = tomllib.loads(DECLARED.read_text("utf-8")).get("equivalent", [])
    return [Equivalent(one["module"], one["function"], one["change"], one["reason"]) for one in declared]


# -- Runs


@dataclass
class Run:
    """A test run in a process of its own."""

    subject: Subject
    number: int
    """Of the copy in which it runs."""
    pid: int
    until: float
    output: Path


@dataclass
class Laboratory:
    """Copies of the checkout, one for each process, in which modules are changed and tested.

    Args:
        folder: an empty one.
        processes: how many at a time.
        sources: the modules as they are without a mutation.
    """

    folder: Path
    processes: int
    sources: dict[str, bytes]
    results: dict[Mutation, Result] = field(default_factory=dict)

    def prepare(self, subjects: Iterable[Subject], progress: ProgressBar) -> dict[str, float]:
        """Copy the checkout and run each module's tests unchanged; seconds by module.

        Raises:
            SystemExit: tests fail without any mutation, or a module has none.
        """
        first = self._copy(0)
        shutil.copytree(ROOT, first, ignore=LEFT_OUT, symlinks=True)
        took: dict[tuple[frozenset[str], bool], float] = {}
        for subject in subjects:
            asked = (frozenset(subject.tests), subject.embedded)
            if asked in took:
                continue
            progress.show(f"{subject.module}: chưa sửa gì | unchanged")
            begin = time.monotonic()
            run = self._start(subject, None, 0, time.monotonic() + 1800)
            code = self._wait(run)
            if code != 0:
                raise SystemExit(
                    f"{subject.module}: exit {code} without a mutation\n{run.output.read_text('utf-8')[-4000:]}"
                )
            took[asked] = time.monotonic() - begin
        with ThreadPoolExecutor() as pool:
            list(
                pool.map(
                    lambda number: shutil.copytree(first, self._copy(number), symlinks=True), range(1, self.processes)
                )
            )
        return {subject.module: took[frozenset(subject.tests), subject.embedded] for subject in subjects}

    def test(self, chosen: list[tuple[Subject, Mutation]], took: dict[str, float], progress: ProgressBar) -> None:
        """Run every mutation's tests; `results` are filled as they come."""
        waiting, free = list(reversed(chosen)), list(range(self.processes))
        running: dict[int, tuple[Mutation, Run]] = {}
        while waiting or running:
            while waiting and free:
                subject, mutation = waiting.pop()
                limit = time.monotonic() + 30 + 4 * took[subject.module]
                run = self._start(subject, mutation, free.pop(), limit)
                running[run.pid] = (mutation, run)
            for pid, (mutation, run) in list(running.items()):
                code = self._ended(run)
                if code is None and time.monotonic() < run.until:
                    continue
                self._stop(run)
                self.results[mutation] = "too slow" if code is None else "unnoticed" if code == 0 else "noticed"
                del running[pid]
                free.append(run.number)
                counts = Counter(self.results.values())
                progress.show(
                    f"[{len(self.results)}/{len(chosen)}] {counts['unnoticed']} không bị phát hiện | unnoticed  {mutation.module}",
                    every=20,
                )
            time.sleep(0.05)

    def _copy(self, number: int) -> Path:
        return self.folder / f"copy-{number}"

    def _start(self, subject: Subject, mutation: Mutation | None, number: int, until: float) -> Run:
        copy = self._copy(number)
        path = copy / subject.path
        if mutation is not None:
            path.write_bytes(mutation.applied(self.sources[subject.module]))
            for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
                compiled.unlink()  # it may have the same size and time
        output = self.folder / f"{copy.name}.log"
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _run_tests(subject, copy, output, writes_bytecode=mutation is None)
        return Run(subject, number, pid, until, output)

    def _ended(self, run: Run) -> int | None:
        pid, status = os.waitpid(run.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def _wait(self, run: Run) -> int | None:
        code = self._ended(run)
        while code is None and time.monotonic() < run.until:
            time.sleep(0.05)
            code = self._ended(run)
        self._stop(run)
        return code

    def _stop(self, run: Run) -> None:
        """End all that a run has started, and put the module back."""
        copy = self._copy(run.number)
        for process in psutil.process_iter():
            try:
                if process.pid == run.pid or process.environ().get(MARK) == str(copy):
                    process.kill()
            except psutil.Error:
                continue
        with suppress(ChildProcessError):
            os.waitpid(run.pid, 0)
        (copy / run.subject.path).write_bytes(self.sources[run.subject.module])


def _run_tests(subject: Subject, copy: Path, output: Path, *, writes_bytecode: bool) -> None:
    """In a forked process: run pytest in a copy and end with its exit code."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    handle = os.open(output, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    for target in (1, 2):
        os.dup2(handle, target)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(target, "w"), "utf-8", write_through=True) for target in (1, 2)
    )
    code = 70
    try:
        os.chdir(copy)
        os.environ.update({MARK: str(copy), "PYTHONPATH": str(copy)})
        if not writes_bytecode:
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        sys.dont_write_bytecode = not writes_bytecode
        tops = {path.name for path in copy.iterdir() if path.is_dir()}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        sys.path[:] = [str(copy), *(place for place in sys.path if Path(place or ".").resolve() != ROOT)]
        marks = "not browser and not faults and not containers" + ("" if subject.embedded else " and not embedded")
        pytest = import_module("pytest")
        chosen = ["-m", marks, "--hypothesis-profile=mutations", "--rootdir", str(copy), *subject.tests]
        code = int(pytest.main([*PYTEST, *chosen]))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


# -- The command


def main(arguments: list[str]) -> int:
    """Test mutations; 0 if enough are noticed."""
    parser = argparse.ArgumentParser(
        prog="./ioc mutations", description="Bộ kiểm thử có phát hiện lỗi không | do the tests notice?"
    )
    parser.add_argument(
        "modules", nargs="*", metavar="MODULE", help="mô-đun, mặc định: mọi mô-đun thuần | default: all declared"
    )
    parser.add_argument("--sample", type=int, default=150, help="số lần thử | how many mutations (150)")
    parser.add_argument("--all", action="store_true", help="thử tất cả | every mutation")
    parser.add_argument("--seed", type=int, default=1, help="hạt giống của mẫu | seed of the sample")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="số tiến trình | how many at a time")
    parser.add_argument("--list", action="store_true", help="chỉ liệt kê | only list them")
    options = parser.parse_args(arguments)
    known = {subject.module: subject for subject in subjects()}
    wrong = [module for module in options.modules if module not in known]
    if wrong:
        parser.error(f"{', '.join(wrong)}: không có trong | not in {DECLARED.relative_to(ROOT)}")
    chosen_subjects = [subject for name, subject in known.items() if not options.modules or name in options.modules]
    void = {one[:3] for one in equivalents()}
    sources = {subject.module: (ROOT / subject.path).read_bytes() for subject in chosen_subjects}
    every = [
        (subject, mutation)
        for subject in chosen_subjects
        for mutation in mutations(subject.module, sources[subject.module].decode())
        if mutation.key not in void
    ]
    chosen = every if options.all or options.sample >= len(every) else sample(every, options.sample, options.seed)
    if options.list:
        for _, mutation in chosen:
            terminal_line(f"{mutation.module}:{mutation.line} {mutation.function}: {mutation.change}")
        return 0
    for name in PRELOADED:
        import_module(name)
    laboratory: Laboratory | None = None
    with tempfile.TemporaryDirectory(prefix="ioc-mutations-") as folder, ProgressBar() as progress:
        laboratory = Laboratory(Path(folder), options.processes, sources)
        needed = [subject for subject in chosen_subjects if any(one is subject for one, _ in chosen)]
        laboratory.test(chosen, laboratory.prepare(needed, progress), progress)
    return mutation_report(laboratory.results, void)


def sample(every: list[tuple[Subject, Mutation]], count: int, seed: int) -> list[tuple[Subject, Mutation]]:
    """Some of them, in order; an edit of one module does not change what is taken of the others."""

    def place(one: tuple[Subject, Mutation]) -> bytes:
        return hashlib.sha256(repr((seed, one[1].key)).encode()).digest()

    taken = set(sorted(map(place, every))[:count])
    return [one for one in every if place(one) in taken]


def mutation_report(results: dict[Mutation, Result], void: Iterable[tuple[str, str, str]]) -> int:
    """Tell what was not noticed, and the counts by module; 1 if it is too much."""
    for mutation in sorted(mutation for mutation, result in results.items() if result == "unnoticed"):
        terminal_line(f"{mutation.module}:{mutation.line} {mutation.function}: {mutation.change}")
    listed = Counter(module for module, *_ in void)
    by_module: defaultdict[str, Counter[Result]] = defaultdict(Counter)
    for mutation, result in results.items():
        by_module[mutation.module][result] += 1
    rows = [
        [module, counts.total(), counts["noticed"], counts["too slow"], counts["unnoticed"], listed[module]]
        for module, counts in sorted(by_module.items())
    ]
    total = Counter(results.values())
    rows.append(
        ["", total.total(), total["noticed"], total["too slow"], total["unnoticed"], sum(listed[m] for m in by_module)]
    )
    print(table_lines(["module", "mutations", "noticed", "too slow", "unnoticed", "listed as equivalent"], rows))
    share = 1 - total["unnoticed"] / max(total.total(), 1)
    print(f"{share:.1%} bị phát hiện | noticed; cần | wanted: {WANTED:.0%}")
    return int(share < WANTED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
