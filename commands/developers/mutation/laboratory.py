"""Run the tests of mutated modules, each run in a process of its own.

1. Each of a few workers has a copy of the checkout. Libraries are imported once, before the workers are forked.
2. For a group of modules a worker forks a process that collects the group's tests, and so imports the modules; it runs the tests
   unchanged and measures them.
3. That process forks another one for each mutation of a function, gives the function its new code (`exchange`) and runs the tests
   of its module, the quickest first, until the first failure.
4. A mutation of what runs at import is tested in a process that imports the changed module.
"""

import io
import json
import os
import shutil
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal

import psutil
import pytest

from commands.developers.mutation.exchange import exchange
from commands.developers.mutation.find import Mutation
from commands.developers.mutation.subject import ROOT, Subject
from commands.install.terminal import ProgressBar

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

QUICK_S = 0.3
"""Tests that take longer come after all that do not, file by file, as fixtures of a file may be dear."""

START_S = 1800
"""Within this the tests have to be collected and run unchanged."""

Result = Literal["noticed", "too slow", "unnoticed"]
Chosen = list[tuple[Subject, Mutation]]


@dataclass
class Laboratory:
    """Workers that test mutations.

    Args:
        folder: an empty one, for the copies of the checkout.
        processes: how many workers.
        sources: the modules as they are without a mutation.
        root: the checkout.
    """

    folder: Path
    processes: int
    sources: dict[str, bytes]
    root: Path = ROOT
    results: dict[Mutation, Result] = field(default_factory=dict)

    def test(self, chosen: Chosen, progress: ProgressBar) -> None:
        """Run the tests for every mutation; `results` are filled as they come.

        Raises:
            SystemExit: tests fail without any mutation, or a module has none.
        """
        progress.show("chuẩn bị | preparing")
        for name in PRELOADED:
            import_module(name)
        workers = [MutationWorker(self.folder, number, self.sources) for number in range(self.processes)]
        shares = [chosen[number :: self.processes] for number in range(self.processes)]
        for worker in workers:
            shutil.copytree(self.root, worker.copy, ignore=LEFT_OUT, symlinks=True)
        running = {
            _forked(lambda worker=worker, share=share: worker.work(share)): worker  # type: ignore[misc]
            for worker, share in zip(workers, shares, strict=True)
        }
        try:
            while running:
                for pid, worker in list(running.items()):
                    ended = _exit_code(pid)
                    if ended is not None:
                        del running[pid]
                    if ended:
                        raise SystemExit(worker.output.read_text("utf-8", errors="replace")[-4000:])
                for worker, share in zip(workers, shares, strict=True):
                    self.results.update({share[number][1]: result for number, result in worker.results().items()})
                counts = Counter(self.results.values())
                progress.show(
                    f"[{len(self.results)}/{len(chosen)}] {counts['unnoticed']} không bị phát hiện | unnoticed",
                    every=20,
                )
                time.sleep(0.05)
        finally:
            for pid in running:
                os.kill(pid, signal.SIGKILL)
            for worker in workers:
                worker.end_processes()


@dataclass
class MutationWorker:
    """Tests its share of the mutations, one after the other."""

    folder: Path
    number: int
    sources: dict[str, bytes]
    durations: dict[str, float] = field(default_factory=dict)
    """Of the tests of a group, in seconds, by their ids."""

    @property
    def copy(self) -> Path:
        """The checkout in which it changes modules."""
        return self.folder / f"copy-{self.number}"

    @property
    def output(self) -> Path:
        """What the tests have printed."""
        return self.folder / f"copy-{self.number}.log"

    @property
    def _results(self) -> Path:
        return self.folder / f"results-{self.number}"

    @property
    def durations_file(self) -> Path:
        """Where a run of the tests stores how long they took."""
        return self.folder / f"durations-{self.number}"

    def results(self) -> dict[int, Result]:
        """What has been found out, by the position in the worker's share."""
        with suppress(FileNotFoundError):
            lines = self._results.read_text("utf-8").splitlines(keepends=True)
            return dict(json.loads(one) for one in lines if one.endswith("\n"))
        return {}

    def work(self, share: Chosen) -> int:
        """Test all mutations of a share; an exit code."""
        os.environ[MARK] = str(self.copy)
        groups: dict[tuple[str, ...], dict[int, tuple[Subject, Mutation]]] = {}
        for number, (subject, mutation) in enumerate(share):
            groups.setdefault(subject.group, {})[number] = (subject, mutation)
        for group in groups.values():
            self.durations_file.unlink(missing_ok=True)
            subjects = list(dict.fromkeys(subject for subject, _ in group.values()))
            plugin = CollectedOnce(self, group)
            code = _wait(_forked(lambda: self._pytest(subjects, [plugin])), START_S + 600 * len(group))  # noqa: B023
            if code != 0:
                with self.output.open("a") as output:
                    output.write(
                        f"\n{', '.join(subject.module for subject in subjects)}: exit {code} without a mutation\n"
                    )
                return 1
            self.durations = json.loads(self.durations_file.read_text("utf-8"))
            known = self.results()
            for number, (subject, mutation) in group.items():
                if number not in known:
                    with self.mutated(subject, mutation):
                        run = _forked(lambda: self._pytest([subject], [InOrder(self, subject)]))  # noqa: B023
                        self.finish(number, subject, run)
        return 0

    def _pytest(self, subjects: Sequence[Subject], plugins: list[object]) -> int:
        """In a forked process: run pytest in the copy."""
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        handle = os.open(self.output, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
        for target in (1, 2):
            os.dup2(handle, target)
        sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(target, "w"), "utf-8", write_through=True) for target in (1, 2)
        )
        os.chdir(self.copy)
        os.environ["PYTHONPATH"] = str(self.copy)
        tops = {path.name for path in self.copy.iterdir() if path.is_dir()}
        for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
            del sys.modules[name]
        sys.path[:] = [str(self.copy), *(place for place in sys.path if Path(place or ".").resolve() != ROOT)]
        marks = "not browser and not faults and not containers"
        if not any(subject.embedded for subject in subjects):
            marks += " and not embedded"
        if not any(subject.properties for subject in subjects):
            marks += " and not hypothesis"
        files = dict.fromkeys(name for subject in subjects for name in subject.tests)
        options = ["-m", marks, "--hypothesis-profile=mutations", "--rootdir", str(self.copy)]
        options += ["--basetemp", str(self.folder / f"t{self.number}")]
        return int(pytest.main([*PYTEST, *options, *files], plugins=plugins))

    @contextmanager
    def mutated(self, subject: Subject, mutation: Mutation) -> Iterator[None]:
        """The module in the copy with a mutation, for processes that import it from now on."""
        path, source = self.copy / subject.path, self.sources[subject.module]
        path.write_bytes(mutation.applied(source))
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()  # it may have the same size and time
        try:
            yield
        finally:
            path.write_bytes(source)

    def finish(self, number: int, subject: Subject, run: int) -> None:
        """Wait for a test run and keep its result."""
        took = sum(took for name, took in self.durations.items() if name.partition("::")[0] in subject.tests)
        code = _wait(run, 30 + 4 * took)
        self.end_processes(but=(os.getpid(), os.getppid()))
        result: Result = "too slow" if code is None else "unnoticed" if code == 0 else "noticed"
        with self._results.open("a", encoding="utf-8") as results:
            results.write(json.dumps([number, result]) + "\n")

    def end_processes(self, but: Sequence[int] = ()) -> None:
        """End all that test runs have started."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.pid not in but and process.environ().get(MARK) == str(self.copy):
                    process.kill()


@dataclass
class InOrder:
    """A plugin of pytest: runs the tests of one module, the quickest first, and measures them."""

    worker: MutationWorker
    subject: Subject | None
    took: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Choose and sort the tests; pytest goes on to run them."""
        sys.dont_write_bytecode, os.environ["PYTHONDONTWRITEBYTECODE"] = True, "1"
        files = defaultdict[str, float](float)
        for name, took in self.worker.durations.items():
            files[name.partition("::")[0]] += took

        def place(item: pytest.Item) -> tuple[bool, float, float]:
            took, file = self.worker.durations.get(item.nodeid, 0.0), item.nodeid.partition("::")[0]
            return took > QUICK_S, files[file] if took > QUICK_S else 0, took

        if self.subject is not None:
            wanted = [item for item in session.items if item.nodeid.partition("::")[0] in self.subject.tests]
            session.items[:] = sorted(wanted, key=place)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how long a test took."""
        self.took[report.nodeid] += report.duration


class CollectedOnce:
    """A plugin of pytest: after the collection, forks a process for each mutation; that process runs the tests.

    What a function did before the collection ended is not done again: the code of functions that ran is noted until then.
    """

    def __init__(self, worker: MutationWorker, group: dict[int, tuple[Subject, Mutation]]) -> None:
        self._worker = worker
        self._group = group
        self._called: set[CodeType] = set()
        self._files = {str(worker.copy / subject.path) for subject, _ in group.values()}
        self._child: InOrder | None = None

    def pytest_sessionstart(self) -> None:
        """Note from now on which functions run."""

        def note(frame: FrameType, event: str, _: Any) -> None:
            if event == "call" and frame.f_code.co_filename in self._files:
                self._called.add(frame.f_code)

        sys.setprofile(note)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Run the tests unchanged, then once for each mutation that can be exchanged.

        Returns:
            In a forked process `None`: pytest goes on to run the tests. In the process that collected them `True`.
        """
        sys.setprofile(None)
        worker = self._worker
        if session.testsfailed:
            return None
        threads = psutil.Process().num_threads()
        if threads > 1:
            raise pytest.UsageError(f"{threads - 1} threads were started by imports: such a process cannot be forked")
        run = os.fork()
        if run == 0:
            self._continue(session, None)
            return None
        if _wait(run, START_S) != 0:
            session.testsfailed = 1
            return True
        worker.end_processes(but=(os.getpid(), os.getppid()))
        worker.durations = json.loads(worker.durations_file.read_text("utf-8"))
        for number, (subject, mutation) in self._group.items():
            with worker.mutated(subject, mutation):
                ready, write = os.pipe()
                run = os.fork()
                if run == 0:
                    path, source = str(worker.copy / subject.path), worker.sources[subject.module]
                    if not exchange(path, source, mutation, self._called):
                        os._exit(0)
                    os.write(write, b"1")
                    self._continue(session, subject)
                    return None
                os.close(write)
                is_possible = os.read(ready, 1)
                os.close(ready)
                if is_possible:
                    worker.finish(number, subject, run)
                else:
                    os.waitpid(run, 0)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how long a test took."""
        if self._child:
            self._child.pytest_runtest_logreport(report)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Store how long the tests took unchanged."""
        if self._child and self._child.subject is None and exitstatus == 0:
            self._worker.durations_file.write_text(json.dumps(self._child.took), "utf-8")

    def _continue(self, session: pytest.Session, subject: Subject | None) -> None:
        os.setsid()
        self._child = InOrder(self._worker, subject)
        self._child.pytest_runtestloop(session)


def _forked(work: Callable[[], int]) -> int:
    """Do something in a process of its own, which ends with the exit code that it returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return pid


def _exit_code(pid: int) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _wait(pid: int, limit_s: float) -> int | None:
    """Wait for a process; `None`, and it is ended, if it takes longer than it may."""
    until = time.monotonic() + limit_s
    while (code := _exit_code(pid)) is None and time.monotonic() < until:
        time.sleep(0.02)
    if code is None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return code
