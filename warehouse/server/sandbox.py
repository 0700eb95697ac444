"""Sandbox: what the kernel lets this process touch, whatever the engine is talked into.

The gate decides what analysts may ask; this is what remains true if it should ever be wrong. On Linux, Landlock takes from
the process, for good, every file but its own data and the code it runs, and every address but its own port. Nothing needs
to be installed or set up for it, and no rights are needed. Where the kernel has none of it, the log says so, and ad-hoc SQL
is off unless an administrator switches it on.
"""

import ctypes
import logging
import os
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REFER, _TRUNCATE, _IOCTL = (1 << bit for bit in (0, 1, 2, 3, 13, 14, 15))
_MAKE_AND_REMOVE = sum(1 << bit for bit in range(4, 13))
_BIND_TCP, _CONNECT_TCP = 1, 2
_ABSTRACT_SOCKETS, _SIGNALS = 1, 2
_READ = _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL

_SYSTEM_CODE = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/usr/share/locale")
_SYSTEM_FACTS = (
    *("/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/sys/fs/cgroup", "/sys/devices/system"),
    *("/sys/kernel/mm/transparent_hugepage/enabled", "/proc/sys/vm/overcommit_memory"),
    *("/proc/meminfo", "/proc/stat", "/proc/cpuinfo"),
    *("/proc/self/auxv", "/proc/self/maps", "/proc/self/smaps", "/proc/self/statm", "/proc/self/stat"),
)
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/random", "/proc/self/oom_score_adj")


def landlock_version() -> int:
    """Version of the kernel's Landlock; 0: it has none, or it is switched off."""
    if sys.platform != "linux":
        return 0
    return max(0, int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, 0, _ASK_VERSION)))


def confine(
    writable: Iterable[Path],
    code: Iterable[Path],
    ports: Iterable[int],
    *,
    readable: Iterable[Path] = (),
    programs: Iterable[Path] = (),
    is_alone: bool = False,
) -> bool:
    """Give up everything else, in this thread and all that it will start.

    Args:
        writable: folders whose content may be read, written, made and removed.
        code: folders whose content may be read as code, besides Python's own and the system's libraries.
        ports: TCP ports that may be connected to; none may be bound any more.
        readable: folders whose content may be read.
        programs: files that may be started as programs.
        is_alone: no signal to, and no nameless Unix socket of, any process outside either, where the kernel can.

    Returns:
        Whether the kernel took it on.
    """
    libc, version = ctypes.CDLL(None, use_errno=True), landlock_version()
    if version < 1:
        log.info("this kernel has no Landlock: the warehouse runs unconfined")
        return False
    everything = _EXECUTE | _WRITE_FILE | _READ | _MAKE_AND_REMOVE
    everything |= (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0) | (_IOCTL if version >= 5 else 0)
    network = _BIND_TCP | _CONNECT_TCP if version >= 4 else 0
    attributes = struct.pack("=Q", everything)
    if version >= 4:
        attributes += struct.pack("=Q", network)
    if version >= 6:
        attributes += struct.pack("=Q", _ABSTRACT_SOCKETS | _SIGNALS if is_alone else 0)
    rules = _called(libc, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        code_folders = [*map(Path, _SYSTEM_CODE), Path(sys.prefix), Path(sys.base_prefix), *code]
        for paths, access in (
            (writable, everything & ~_EXECUTE),
            (code_folders, _READ),
            (readable, _READ),
            (programs, _READ_FILE | _EXECUTE),
            (map(Path, _SYSTEM_FACTS), _READ),
            (map(Path, _DEVICES), _READ_FILE | _WRITE_FILE),
        ):
            for path in paths:
                _allow(libc, rules, path, access & everything)
        for port in ports if network else ():
            _called(libc, _ADD_RULE, rules, _NET_PORT, struct.pack("=QQ", _CONNECT_TCP, port), 0)
        if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "no-new-privileges refused")
        _called(libc, _RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)
    return True


def interpreter_files() -> list[Path]:
    """What has to be started to run Python: its program, and the system's loader that loads it."""
    with suppress(OSError):
        lines = Path("/proc/self/maps").read_text().splitlines()
        mapped = {Path(line.split(maxsplit=5)[5]) for line in lines if len(line.split(maxsplit=5)) == 6}
        return [Path(sys.executable).resolve(), *(path for path in mapped if path.name.startswith("ld-"))]
    return [Path(sys.executable).resolve()]


def _allow(libc: ctypes.CDLL, rules: int, path: Path, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        of_this = access if path.is_dir() else access & _OF_FILES
        _called(libc, _ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", of_this, beneath), 0)
    finally:
        os.close(beneath)


def _called(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
