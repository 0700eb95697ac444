"""Watching the processes: how the start goes, and afterwards what ends and comes back."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from commands.install.processes import ManagedProcess
from commands.install.settings import Install
from commands.install.terminal import ProgressBar, say, terminal_line, wide
from commands.supervision import restarts, supervisor
from commands.supervision.liveness import LivenessMonitor
from commands.supervision.ready import is_ready
from commands.supervision.supervisor import ProcessState
from ingest.contract.label import Language
from ingest.runtime.restarts import report_restarts

LOOK_EVERY = 0.25
"""Seconds between two looks while processes start."""

LONG = 60.0
"""Seconds after which a start that is not finished is worth a hint."""


def show_start(install: Install, found: Sequence[ManagedProcess], workers: int, is_alive: Callable[[], bool]) -> None:
    """Show each process's way until all are ready; returns then, or when supervisor has ended.

    Args:
        install: its settings.
        found: its processes.
        workers: how many stream workers there are.
        is_alive: whether supervisor still runs.
    """
    began, hinted = time.monotonic(), False
    waiting, told = list(found), dict[str, str]()
    with ProgressBar() as progress:

        def tell(process: ManagedProcess, what: str, why: str = "") -> None:
            progress.clear()
            terminal_line(
                f"{time.monotonic() - began:6.1f} s  {wide(process.label.vi, 16)} {wide(process.name, 12)} {what}"
            )
            if why:
                terminal_line(f"          {why}")

        while waiting and is_alive():
            for process in _failing(install, waiting):
                last = last_line(install.logs, process)
                if told.get(process.name) != last:
                    told[process.name] = last
                    tell(process, "✘ đang thử lại | trying again", last)
            for process in list(waiting):
                if is_ready(process, install, workers):
                    waiting.remove(process)
                    tell(process, "✔ sẵn sàng | ready")
            seconds = time.monotonic() - began
            if waiting and not hinted and seconds > LONG:
                hinted = True
                progress.clear()
                say(
                    f"Đang chờ: {_names(waiting, 'vi')}. Mở cửa sổ khác và chạy ./ioc doctor để xem vì sao.",
                    f"Waiting for: {_names(waiting, 'en')}. ./ioc doctor in another window says why.",
                )
            if waiting:
                progress.show(f"{seconds:6.1f} s  đang khởi động | starting: {_names(waiting, 'vi')}", every=20)
            time.sleep(LOOK_EVERY)


class ConsoleWatch:
    """Tells, line by line, of processes that end and come back, and ends those that hang."""

    def __init__(self, install: Install, found: Sequence[ManagedProcess]) -> None:
        self._install = install
        self._processes = {process.name: process for process in found}
        self._pids: dict[str, int] = {}
        self._liveness = LivenessMonitor(found)

    def look(self) -> None:
        """Compare with the last look, tell what changed, and let nothing wait too long."""
        states = supervisor.process_states(self._install.run)
        if states is None:
            return
        for state in states:
            self._compare(state)
        for process, why in self._liveness.look(states):
            clock = time.strftime("%H:%M:%S")
            terminal_line(
                f"{clock}  {wide(process.label.vi, 16)} bị treo, được chạy lại | hung, is started again: {why}"
            )
        supervisor.retry_waiting(self._install.run, states)
        self._tell()

    def _tell(self) -> None:
        """Tell the board which processes were started again; what cannot be told now is told at the next look."""
        now = datetime.now(UTC)
        try:
            report_restarts(self._install.folder, restarts.recent_restarts(self._install, now), now)
        except OSError as error:
            terminal_line(f"{time.strftime('%H:%M:%S')}  {error}")

    def _compare(self, state: ProcessState) -> None:
        before, process = self._pids.get(state.name), self._processes.get(state.name)
        if before is not None and before != state.pid and process is not None:
            clock = time.strftime("%H:%M:%S")
            if state.pid:
                terminal_line(f"{clock}  {wide(process.label.vi, 16)} đã chạy lại | runs again")
            else:
                reason = last_line(self._install.logs, process)
                terminal_line(
                    f"{clock}  {wide(process.label.vi, 16)} đã dừng, sẽ chạy lại | ended, starts again: {reason}"
                )
        self._pids[state.name] = state.pid


def last_line(logs: Path, process: ManagedProcess) -> str:
    """The last line of a process's log, which says why it ended."""
    try:
        with (logs / f"{process.name}.log").open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 4096))
            lines = log.read().decode("utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def _failing(install: Install, waiting: Sequence[ManagedProcess]) -> list[ManagedProcess]:
    failing = {state.name for state in supervisor.process_states(install.run) or [] if state.state == "BACKOFF"}
    return [process for process in waiting if process.name in failing]


def _names(processes: Sequence[ManagedProcess], language: Language) -> str:
    return ", ".join(process.label.text(language) for process in processes)
