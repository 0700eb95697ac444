"""What may stand in the way of a start, each with the sentence that says what to do."""

import shutil
from collections.abc import Sequence

import psutil

from commands.install import lock
from commands.install.ports import ProcessPort, is_taken, port_holder
from commands.install.processes import ManagedProcess, all_ports
from commands.install.settings import Install
from commands.install.terminal import ProgressBar, say
from ingest.contract.errors import Refused, Unavailable
from ingest.contract.label import Label
from ingest.kafka.broker import fetch, jars
from warehouse.maintenance.backups.restore import MARK

ROOM_GB = 0.5
"""Free disk space without which nothing is started: the stores could not write."""


class CannotStartError(Refused):
    """Something keeps the install from starting; the message says what, and how to fix it."""

    def __init__(self, vietnamese: str, english: str) -> None:
        super().__init__(english)
        self.label = Label(vietnamese, english)


def end_left_overs(install: Install) -> None:
    """End what an earlier run left behind when it was cut off."""
    left = lock.left_over_processes(install.folder)
    if left:
        say(
            f"Lần chạy trước còn sót {len(left)} tiến trình, đang dừng chúng …",
            f"{len(left)} processes are left over from an earlier run, ending them …",
        )
        lock.end_processes(left)


def check_disk(install: Install) -> None:
    """See that there is room for the data.

    Raises:
        CannotStartError: there is not.
    """
    free = shutil.disk_usage(install.folder).free / 1e9
    if free < ROOM_GB:
        raise CannotStartError(
            f"Ổ đĩa chứa {install.folder} chỉ còn {free:.1f} GB: hãy xóa bớt tệp, hoặc đổi IOC_DATA_FOLDER, rồi chạy lại.",
            f"The disk of {install.folder} has {free:.1f} GB left: free some, or change IOC_DATA_FOLDER, then run this again.",
        )
    if free < 5 * ROOM_GB:
        say(f"Chú ý: ổ đĩa chỉ còn {free:.1f} GB.", f"Note: the disk has only {free:.1f} GB left.")


def check_restore(install: Install) -> None:
    """See that no restore was cut off while folders changed places: a start would begin with an empty warehouse.

    Raises:
        CannotStartError: one was.
    """
    mark = install.run / MARK
    if mark.exists():
        aside = mark.read_text(encoding="utf-8")
        raise CannotStartError(
            f"Lần phục hồi trước bị ngắt giữa chừng: hãy chạy lại ./ioc restore. (Dữ liệu trước đó ở {aside}.)",
            f"A restore was cut off half-way: run ./ioc restore again. (What was there before is in {aside}.)",
        )


def check_ports(found: Sequence[ManagedProcess]) -> None:
    """See that every port is free, and no two processes have the same.

    Raises:
        CannotStartError: one is not; says which, by whom, and which setting changes it.
    """
    seen: dict[int, str] = {}
    for process, port in all_ports(found):
        if port.number in seen:
            raise CannotStartError(
                f"{seen[port.number]} và {port.variable} cùng là {port.number}: hãy đổi một trong hai trong .env.",
                f"{seen[port.number]} and {port.variable} are both {port.number}: change one of them in .env.",
            )
        seen[port.number] = port.variable
        if is_taken(port.number, port.host):
            raise CannotStartError(*port_conflict(process, port))


def port_conflict(process: ManagedProcess, port: ProcessPort) -> tuple[str, str]:
    """Who holds a port, and what to do about it, in both languages."""
    by = port_holder(port.number)
    who = f"{by.name} (pid {by.pid})" if by.pid else "?"
    folder = lock.data_folder_of(psutil.Process(by.pid)) if by.pid and psutil.pid_exists(by.pid) else None
    if folder:
        who += f", IOC_DATA_FOLDER={folder}"
    return (
        f"Cổng {port.number} ({process.label.vi}) đang bị chương trình khác dùng: {who}. "
        f"Hãy dừng chương trình đó, hoặc đổi {port.variable} trong .env.",
        f"Port {port.number} ({process.label.en}) is taken by another program: {who}. "
        f"End that, or change {port.variable} in .env.",
    )


def fetch_kafka(install: Install) -> None:
    """Get Kafka if this PC does not have it yet, with progress.

    Raises:
        CannotStartError: it could not be fetched.
    """
    if install.ingest.kafka_bootstrap or not jars.wrong_jars(install.ingest.cache_folder):
        return
    say("Đang tải Apache Kafka (45 MB, chỉ lần đầu) …", "Fetching Apache Kafka (45 MB, only the first time) …")
    with ProgressBar() as progress:

        def report(there: int, in_all: int, megabytes: float) -> None:
            progress.show(f"Kafka {there}/{in_all}, {megabytes:.0f} MB", every=10)

        try:
            fetch.ensure_jars(install.ingest.cache_folder, report)
        except Unavailable as error:
            raise CannotStartError(
                f"Không tải được Kafka: hãy nối máy với Internet rồi chạy lại. ({error})",
                f"Kafka could not be fetched: connect this PC to the internet, then run this again. ({error})",
            ) from None
