"""Start everything on this PC and keep it running; Ctrl-C stops it.

Vi: Chạy toàn bộ hệ thống trên máy này và giữ cho nó chạy; Ctrl-C để dừng.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import psutil

from commands.install import figure_import, lock, preflight, pretend_clock, secret_files
from commands.install import settings as install_settings
from commands.install.processes import managed_processes
from commands.install.settings import Install
from commands.install.terminal import say, terminal_line
from commands.supervision import supervisor as supervision
from commands.supervision import watch
from dashboard.access.accounts import FIRST, ensure_first, first_password
from dashboard.store.store import StoreUnavailable
from ingest.contract.clock import WARD_ZONE, PretendClock, RealClock
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime.process import PRIVATE, end_with_parent

STOP_WITHIN = 29.0
"""Seconds after which what has not stopped is ended by force."""

LOOK_EVERY = 2.0
"""Seconds between two looks at the running processes."""


def main(arguments: list[str]) -> int:
    """Run until told to stop."""
    options = _options(arguments)
    for told in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, _interrupt)
    os.umask(PRIVATE)
    try:
        folder = install_settings.data_folder_path()
        with install_settings.check_ownership():
            install_settings.restrict_access(folder)
            with lock.install_lock(folder / "run"):
                _up(options, folder)
    except lock.AlreadyRunningError as other:
        say(
            f"Hệ thống này đang chạy rồi (pid {other.pid}): xem bằng ./ioc status, dừng bằng ./ioc down.",
            f"This install is running already (pid {other.pid}): ./ioc status shows it, ./ioc down stops it.",
        )
        return 1
    except preflight.CannotStartError as obstacle:
        say(*obstacle.label.both)
        return 1
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _up(options: argparse.Namespace, folder: Path) -> None:
    secret_files.make_secrets(folder / "secrets", install_settings.KINDS)
    secret_files.report_former_account(folder / "secrets")
    install = install_settings.read_install()
    found = managed_processes(install, options.simulator, options.workers)
    preflight.end_left_overs(install)
    preflight.check_restore(install)
    preflight.check_disk(install)
    preflight.check_ports(found)
    preflight.fetch_kafka(install)
    clock, variables = _clock(options, install)
    configuration = supervision.configure(install, found)
    ours = str(install.folder)
    environment = install_settings.environment({"IOC_DATA_FOLDER": ours, lock.MARK: ours, **variables})
    supervisor = _start(configuration, environment)
    memory = _memory(install) if options.simulator else None
    try:
        watch.show_start(install, found, options.workers, is_alive=lambda: supervisor.poll() is None)
        if options.simulator:
            _enter_figures(install, clock)
        _welcome(install)
        watching = watch.ConsoleWatch(install, found)
        while True:
            watching.look()
            if memory:
                memory.keep(clock)
            time.sleep(LOOK_EVERY)
            if supervisor.poll() is not None:
                say("Bộ giám sát đã dừng, đang chạy lại …", "The supervisor ended, starting it again …")
                supervisor = _start(configuration, environment)
    finally:
        _stop(supervisor)
        if memory:
            memory.keep(clock)


def _enter_figures(install: Install, clock: PretendClock | RealClock) -> None:
    """What the pretend ward counted before, and what its people know; the next start tries again where something is away."""
    with suppress(Unavailable):
        if count := figure_import.enter_pretend_baseline(install, clock):
            say(f"Đã nhập {count} số nền của phường giả lập.", f"{count} baselines of the pretend ward entered.")
        if count := figure_import.enter_pretend_figures(install, clock):
            say(f"Đã nhập {count} số liệu của phường giả lập.", f"{count} figures of the pretend ward entered.")


def _welcome(install: Install) -> None:
    """Say where the board is and, the first time, how to enter."""
    terminal_line("")
    terminal_line(f"  Bảng điều hành | Board:  {install.board.url}")
    try:
        password = ensure_first(install.board, leave=not sys.stderr.isatty())
    except StoreUnavailable as error:  # the wall runs all the same
        say(error.detail.vi, error.detail.en)
        return
    waiting = first_password(install.board)
    if password and sys.stderr.isatty():
        terminal_line(f"  Đăng nhập | Log in:      {FIRST}  /  {password}")
        say(
            "  Mật khẩu này chỉ hiện một lần: hãy ghi lại. Cấp lại bằng ./ioc account reset admin.",
            "  This password is shown only once: note it down. ./ioc account reset admin makes a new one.",
        )
    if waiting.exists():
        terminal_line(f"  Đăng nhập | Log in:      {waiting}")
        say(
            "  Mật khẩu lần đầu nằm trong tệp này, chỉ người chạy hệ thống đọc được; tệp tự mất khi đăng nhập lần đầu.",
            "  The first password is in this file, for the user who runs this only; the first log-in removes it.",
        )
    terminal_line("  Ctrl-C: dừng | stop")
    terminal_line("")


def _clock(options: argparse.Namespace, install: Install) -> tuple[PretendClock | RealClock, dict[str, str]]:
    """The clock that this run lives by, and the variables that tell the processes."""
    last = _memory(install).last()
    if not options.simulator:
        if last is not None:
            say(
                f"Chú ý: {install.folder} có dữ liệu giả lập; với thiết bị thật, hãy đặt IOC_DATA_FOLDER là thư mục mới.",
                f"Note: {install.folder} holds pretend data; for real devices set IOC_DATA_FOLDER to a new folder.",
            )
        return RealClock(), {"IOC_PRETEND": "false"}
    now = RealClock().now()
    begin = pretend_clock.clock_beginning(now, options.speed, last, options.at)
    if begin.moved:
        shown = f"{begin.origin.astimezone(WARD_ZONE):%d/%m/%Y %H:%M}"
        say(
            f"Đồng hồ giả lập không chạy lùi: bắt đầu từ {shown}.",
            f"The pretend clock never goes back: it starts at {shown}.",
        )
    if begin.real:
        return RealClock(), {"IOC_PRETEND": "true"}
    return PretendClock(begin.origin, now, options.speed), {
        "IOC_PRETEND": "true",
        "IOC_CLOCK_ORIGIN": begin.origin.isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": now.isoformat(),
        "IOC_CLOCK_SPEED": str(options.speed),
    }


def _memory(install: Install) -> pretend_clock.ClockFile:
    return pretend_clock.ClockFile(install.run / "clock.json")


# -- Supervisor, as our child


def _start(configuration: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    # In a session of its own: Ctrl-C is for us alone, who then stop everything in order.
    return subprocess.Popen(
        supervision.supervisor_command(configuration),
        cwd=install_settings.ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )


def _stop(supervisor: subprocess.Popen[bytes]) -> None:
    for told in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, signal.SIG_IGN)
    say("Đang dừng …", "Stopping …")
    try:
        everything = psutil.Process(supervisor.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        everything = []
    supervisor.terminate()
    try:
        supervisor.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        say("Có phần không chịu dừng, đang buộc dừng.", "Some processes do not stop, ending them by force.")
        supervisor.kill()
        supervisor.wait()
    lock.end_processes([one for one in everything if one.is_running()], patience=0)
    say("Đã dừng.", "Stopped.")


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


# -- What was typed


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./ioc up", description="Chạy toàn bộ hệ thống | start everything")
    add = parser.add_argument
    without = "chờ thiết bị thật, không có phường giả lập | wait for real devices, without the pretend ward"
    add("--no-simulator", dest="simulator", action="store_false", help=without)
    add("--speed", type=_speed, default=1.0, help="tốc độ đồng hồ của phường giả lập | speed of the pretend clock")
    add("--workers", type=_count, default=1, metavar="N", help="số tiến trình xử lý luồng | number of stream workers")
    add(
        "--at",
        type=_moment,
        help="giờ bắt đầu của phường giả lập | start of the pretend clock, as in '2026-11-24 09:30'",
    )
    options = parser.parse_args(arguments)
    if not options.simulator and (options.at or options.speed != 1):
        parser.error("--at, --speed: chỉ dùng với phường giả lập | only with the pretend ward")
    return options


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError("0 < speed <= 1000")
    return speed


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 16:
        raise argparse.ArgumentTypeError("1 … 16")
    return count


def _moment(text: str) -> datetime:
    return pretend_clock.parse_moment(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
