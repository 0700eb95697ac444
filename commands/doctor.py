"""Show what is wrong with this install, and what to do about it.

Vi: Cho biết hệ thống đang có sự cố gì và cần làm gì.
"""

import argparse
import sys
from collections.abc import Callable, Iterator

import psutil

from commands.install import lock, preflight, secret_files
from commands.install import settings as install_settings
from commands.install.ports import is_taken
from commands.install.processes import all_ports, managed_processes
from commands.install.settings import Install
from commands.supervision import restarts, supervisor
from commands.supervision.doctor_checks import Finding, declaration_findings, job_findings, process_finding
from commands.supervision.ready import is_ready
from commands.supervision.watch import last_line
from dashboard.store.store import COPY as STORE_COPY
from dashboard.store.store import NAME as STORE
from dashboard.store.store import BoardStore, StoreUnavailable
from dashboard.ward_map.file import shown_map
from ingest.contract.away import KAFKA_AWAY
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.kafka.broker import jars
from ingest.kafka.lag import records_behind
from ingest.runtime.disk_space import disks, size_text

MEMORY_GB = 1.5
"""Free memory that the whole system needs."""

MUCH_LAG = 100_000
"""Messages waiting for the stream workers that are worth a sentence."""


def main(arguments: list[str]) -> int:
    """Print what was found; 0 if nothing is wrong."""
    argparse.ArgumentParser(prog="./ioc doctor", description="Hệ thống hỏng ở đâu | what is wrong").parse_args(
        arguments
    )
    try:
        folder = install_settings.data_folder_path()
        secret_files.make_secrets(folder / "secrets", install_settings.KINDS)
        install = install_settings.read_install()
    except ConfigurationError as error:
        _show(Finding(False, f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}"))
        return 1
    up = lock.running_pid(install.run) is not None
    findings = [*_this_pc(install), *(_running(install) if up else _stopped(install))]
    for finding in findings:
        _show(finding)
    return 0 if all(finding.good for finding in findings) else 1


def _this_pc(install: Install) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(True, f"Python {version}", f"Python {version}")
    for disk in disks(install.ingest):
        free = size_text(disk.free)
        yield (
            Finding(False, *disk.label.both)
            if disk.is_low
            else Finding(True, f"Đĩa còn {free}", f"{free} of disk are free")
        )
    if not install.ingest.kafka_bootstrap:
        wrong = jars.wrong_jars(install.ingest.cache_folder)
        yield Finding(
            not wrong,
            "Kafka đã có đủ tệp"
            if not wrong
            else f"Kafka thiếu hoặc sai {len(wrong)} tệp: nối Internet rồi chạy ./ioc up.",
            "Kafka's files are complete"
            if not wrong
            else f"{len(wrong)} of Kafka's files are missing or wrong: connect to the internet, run ./ioc up.",
        )
    yield from _store(install)
    yield from declaration_findings(install.folder)
    shown = shown_map(install.folder, install.board.groups)
    yield Finding(not shown.is_wrong, *shown.said.both)
    for path in secret_files.readable_by_others(install.folder / "secrets"):
        yield Finding(
            False,
            f"{path}: người khác trên máy đọc được; hãy chạy: chmod -R go= {install.folder / 'secrets'}",
            f"{path} can be read by others on this PC; run: chmod -R go= {install.folder / 'secrets'}",
        )


def _store(install: Install) -> Iterator[Finding]:
    """Whether accounts, keys and screens can be read, where there are any."""
    if not any((install.board.folder / name).exists() for name in (STORE, STORE_COPY)):
        return
    try:
        BoardStore(install.board.folder).check()
    except StoreUnavailable as error:
        yield Finding(False, error.detail.vi, error.detail.en)
    except ConfigurationError as error:
        yield Finding(False, f"Kho tài khoản: {error}", f"The store of accounts: {error}")
    else:
        yield Finding(True, "Kho tài khoản, khóa, màn hình: tốt", "The store of accounts, keys and screens is in order")


def _stopped(install: Install) -> Iterator[Finding]:
    yield Finding(False, "Hệ thống không chạy: hãy chạy ./ioc up.", "The system is not running: run ./ioc up.")
    left = lock.left_over_processes(install.folder)
    if left:
        pids = ", ".join(str(one.pid) for one in left)
        yield Finding(
            False,
            f"Còn sót tiến trình {pids}: hãy chạy ./ioc down.",
            f"Processes {pids} are left over: run ./ioc down.",
        )
    memory = psutil.virtual_memory().available / 1e9
    if memory < MEMORY_GB:
        yield Finding(
            False,
            f"Bộ nhớ chỉ còn {memory:.1f} GB, cần {MEMORY_GB} GB: hãy đóng bớt chương trình.",
            f"{memory:.1f} GB of memory are free, {MEMORY_GB} GB are needed: close some programs.",
        )
    found = managed_processes(install, simulator=True)
    for process, port in [*all_ports(found), *((process, process.health) for process in found if process.health)]:
        if is_taken(port.number, port.host):
            yield Finding(False, *preflight.port_conflict(process, port))


def _running(install: Install) -> Iterator[Finding]:
    states = supervisor.process_states(install.run)
    if states is None:
        yield Finding(
            False,
            "Bộ giám sát không trả lời: ./ioc down, rồi ./ioc up.",
            "The supervisor does not answer: ./ioc down, then ./ioc up.",
        )
        return
    workers = sum(state.name.startswith("streams-") for state in states)
    for process in managed_processes(
        install, simulator=any(state.name == "simulator" for state in states), workers=workers
    ):
        state = next((one for one in states if one.name == process.name), None)
        if state is None or state.state not in ("RUNNING", "STARTING"):
            why = last_line(install.logs, process)
            log = install.logs / f"{process.name}.log"
            yield Finding(
                False,
                f"{process.label.vi} đang hỏng, được chạy lại liên tục. Dòng cuối của {log}: {why}",
                f"{process.label.en} keeps failing and is started again. Last line of {log}: {why}",
            )
        elif not is_ready(process, install, workers):
            yield Finding(
                False, f"{process.label.vi} chạy nhưng chưa sẵn sàng.", f"{process.label.en} runs but is not ready yet."
            )
        else:
            yield process_finding(process, state.pid)
    yield from restarts.crash_loops(restarts.recent_restarts(install))
    yield from _asked(lambda: _lag(install))
    yield from job_findings(install)


def _lag(install: Install) -> Iterator[Finding]:
    waiting = sum(records_behind(install.ingest, install.streams.group).values())
    much = waiting > MUCH_LAG
    yield Finding(
        not much,
        f"{waiting} sự kiện đang chờ xử lý" + (": nếu không giảm, hãy chạy ./ioc up --workers 2." if much else ""),
        f"{waiting} events are waiting" + (": if that does not go down, run ./ioc up --workers 2." if much else ""),
    )


def _asked(question: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from question()
    except Unavailable as error:
        yield Finding(False, f"{KAFKA_AWAY.vi}: {error}", f"{KAFKA_AWAY.en}: {error}")


def _show(finding: Finding) -> None:
    print(f"{'✔' if finding.good else '✘'} {finding.vietnamese}")
    if finding.english != finding.vietnamese:
        print(f"  {finding.english}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
