"""Restarts: how often the supervisor has started each process again, counted in its own log, with how it ended in words."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from commands.install.settings import Install
from commands.supervision.doctor_checks import Finding
from ingest.contract.label import Label
from ingest.runtime.restarts import WITHIN, Restarts
from streams.watchdog import exit

_EXITED = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ \w+ exited: (?P<process>[\w-]+) "
    r"\((?:exit status (?P<code>\d+)|terminated by (?P<signal>[\w ]+?))(?: \(core dumped\))?; "
)

_READ = 1_000_000
"""Bytes at the end of the supervisor's log that are looked at: thousands of restarts."""

_LINES = 3

CODES = {
    0: Label("tự dừng", "ended by itself"),
    1: Label("dừng vì lỗi, xem nhật ký (mã 1)", "ended with an error, see its log (code 1)"),
    exit.BUG: Label("gặp lỗi không lường trước (mã 70)", "met an unexpected error (code 70)"),
    exit.STALLED: Label("bị đứng, tự dừng để chạy lại (mã 71)", "had stalled and ended itself (code 71)"),
    exit.FROZEN: Label("bị treo quá lâu, tự dừng (mã 75)", "had stood still for too long and ended itself (code 75)"),
}
"""What exit codes mean."""

SIGNALS = {
    "SIGKILL": Label(
        "bị buộc dừng (SIGKILL): thường do hết bộ nhớ", "was killed (SIGKILL), often because memory ran out"
    ),
    "SIGSEGV": Label("gặp lỗi trong một thư viện (SIGSEGV)", "died of a fault in a library (SIGSEGV)"),
    "SIGABRT": Label("gặp lỗi trong một thư viện (SIGABRT)", "died of a fault in a library (SIGABRT)"),
    "SIGTERM": Label("bị yêu cầu dừng (SIGTERM)", "was told to end (SIGTERM)"),
}
"""What signals mean."""


def recent_restarts(install: Install, now: datetime | None = None) -> tuple[Restarts, ...]:
    """The processes that ended within the last minutes, and were started again.

    Args:
        install: whose supervisor.
        now: the real time.
    """
    now = now or datetime.now(UTC)
    ends: dict[str, list[tuple[datetime, Label]]] = {}
    for process, at, how in _ends(_tail(install.logs / "supervisord.log")):
        if now - WITHIN <= at <= now:
            ends.setdefault(process, []).append((at, how))
    return tuple(
        Restarts(
            process=process,
            ended_at=tuple(at for at, _ in some),
            how=some[-1][1],
            said=last_lines(install.logs, process) if len(some) > 1 else (),
        )
        for process, some in sorted(ends.items())
    )


def crash_loops(restarts: Iterable[Restarts]) -> Iterator[Finding]:
    """Crash loops as findings of the doctor, each with the last lines of the log."""
    for one in restarts:
        if one.is_loop:
            said, advice = one.sentence, one.advice
            yield Finding(False, f"{said.vi}. {advice.vi}.{_quoted(one)}", f"{said.en}. {advice.en}.{_quoted(one)}")


def last_lines(logs: Path, process: str, count: int = _LINES) -> tuple[str, ...]:
    """The last lines of a process's log."""
    lines = _tail(logs / f"{process}.log", 8_192).strip().splitlines()[-count:]
    return tuple(line[:300] for line in lines)


def _quoted(one: Restarts) -> str:
    return "".join(f"\n    {line}" for line in one.said)


def _ends(text: str) -> Iterator[tuple[str, datetime, Label]]:
    """The processes that ended without being told to: name, when, and how."""
    for match in _EXITED.finditer(text):
        at = datetime.strptime(match["at"], "%Y-%m-%d %H:%M:%S").astimezone()
        yield match["process"], at, _how(match["code"], match["signal"])


def _how(code: str | None, by: str | None) -> Label:
    if code is not None:
        return CODES.get(int(code), Label(f"dừng với mã {code}", f"ended with code {code}"))
    return SIGNALS.get(by or "", Label(f"bị dừng bởi {by}", f"was ended by {by}"))


def _tail(path: Path, size: int = _READ) -> str:
    """The end of a file; what is not there is empty."""
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
