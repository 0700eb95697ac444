"""Stop this install, including processes that a crash left behind.

Vi: Dừng hệ thống này, kể cả phần còn sót sau sự cố.
"""

import argparse
import sys

import psutil

from commands.install import lock
from commands.install import settings as install_settings
from commands.install.terminal import say

PATIENCE = 35
"""Seconds that `./ioc up` gets to stop everything in order."""


def main(arguments: list[str]) -> int:
    """Stop; 0 when nothing runs any more."""
    argparse.ArgumentParser(prog="./ioc down", description="Dừng hệ thống này | stop this install").parse_args(
        arguments
    )
    folder = install_settings.data_folder_path()
    pid = lock.running_pid(folder / "run")
    left = lock.left_over_processes(folder)
    if pid is None and not left:
        say("Hệ thống này không chạy.", "This install is not running.")
        return 0
    if pid is not None:
        say(f"Đang dừng (pid {pid}) …", f"Stopping (pid {pid}) …")
        try:
            up = psutil.Process(pid)
            up.terminate()
            if not lock.has_ended(folder / "run", PATIENCE):
                up.kill()
        except psutil.NoSuchProcess:
            pass
        left = lock.left_over_processes(folder)
    lock.end_processes(left)
    if lock.left_over_processes(folder):
        say("Vẫn còn tiến trình không dừng được.", "Some processes could not be stopped.")
        return 1
    say("Đã dừng.", "Stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
