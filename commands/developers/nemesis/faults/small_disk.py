"""Small disk: folders of a stack on memory of a fixed size, which can be filled up and freed again.

In a mount namespace of our own, so that nothing is left behind however we end; for that one must be root, on Linux.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

MEGABYTES = 1500
_NEW_NAMESPACE = 0x00020000
_FILLER = "filler"
_PIECE = 4_096


class SmallDisk:
    """Some folders, each on a disk of its own.

    Args:
        folder: the stack's.
        names: which of its folders.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder
        self.names = list(names)

    @classmethod
    def made(cls, folder: Path, names: Sequence[str]) -> "SmallDisk | None":
        """Make them; `None` where this PC does not let us."""
        if not sys.platform.startswith("linux") or os.geteuid() != 0:
            return None
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NAMESPACE) != 0:
            return None
        try:
            _run("mount", "--make-rprivate", "/")
            for name in names:
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
                _run("mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "tmpfs", str(folder / name))
        except (OSError, subprocess.CalledProcessError):
            return None
        return cls(folder, names)

    def fill(self, name: str) -> None:
        """Leave no room."""
        path = self._folder / name / _FILLER
        with path.open("ab", buffering=0) as file:
            room = os.statvfs(path)
            with suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize)
            file.seek(0, os.SEEK_END)
            with suppress(OSError):  # what somebody gave back meanwhile
                while file.write(bytes(_PIECE)):
                    pass

    def free(self, name: str) -> None:
        """Give the room back."""
        (self._folder / name / _FILLER).unlink(missing_ok=True)

    def keep(self) -> None:
        """Put what is in them onto the real disk, for somebody to look at: they vanish with us."""
        for name in self.names:
            self.free(name)
            copy = self._folder / f"{name}.kept"
            shutil.copytree(self._folder / name, copy, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            _run("umount", "-l", str(self._folder / name))
            shutil.rmtree(self._folder / name, ignore_errors=True)
            copy.rename(self._folder / name)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=20)
