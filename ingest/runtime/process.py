"""What every process of ours does first: private files, one line a log record, room for connections and none wasted, an end with its parent."""

import ctypes
import logging
import os
import re
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from ingest.network.sockets import OPEN_FILES

PRIVATE = 0o077
"""The umask of everything that writes into the data folder: nobody else on the PC reads, lists or enters."""

GIVEN_BACK_EVERY = 30.0
"""Seconds between two times at which memory that is not needed is given back: the start and a backlog leave half of a process's behind."""

_MAPPING = re.compile(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )")
_UNCHANGED = re.compile(r"(?m)^Anonymous: +0 kB$")


def prepare_process(name: str) -> None:
    """Write files for our own user only, log to standard error in UTC, keep small, and ask Linux to terminate us when our parent dies.

    Args:
        name: the process's name in each line, for example `warehouse`.
    """
    os.umask(PRIVATE)
    formatter = logging.Formatter(f"%(asctime)sZ {name} %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("aiokafka", "kafka", "httpx", "httpcore", "amqtt", "transitions", "faust", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    _raise_open_files()
    end_with_parent()
    threading.Thread(target=_give_back_at_times, name="give-back", daemon=True).start()


def _raise_open_files() -> None:
    """Ask for as many open files as we need, where the system's usual 1,024 are less."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):  # a system with a lower limit that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def share_heaps() -> None:
    """Let threads share two heaps, where glibc gives each its own, up to eight a core: many threads keep less of what they free."""
    if sys.platform == "linux":
        arena_max = -8
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(arena_max, 2)


def give_back_memory() -> None:
    """Let go of freed memory, and of what is mapped from files and unchanged, as code: what is used again comes back from there."""
    if sys.platform != "linux":
        return
    not_needed, library = 4, ctypes.CDLL(None)
    with suppress(AttributeError):  # another C library than glibc
        library.malloc_trim(0)
    try:
        mappings = _MAPPING.split(Path("/proc/self/smaps").read_text())[1:]
    except OSError:  # a kernel or a container that does not show them
        return
    for mapping in mappings:
        place, permissions, *_, name = mapping.partition("\n")[0].split(maxsplit=5)
        # Of a page that was written to, as the loader does with addresses in tables, there is no other copy.
        if permissions in ("r--p", "r-xp") and name.startswith("/") and _UNCHANGED.search(mapping):
            start, end = (int(address, 16) for address in place.split("-"))
            library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), not_needed)


def _give_back_at_times() -> None:
    while True:
        time.sleep(GIVEN_BACK_EVERY)
        give_back_memory()


def end_with_parent(number: signal.Signals = signal.SIGTERM) -> None:
    """Ask Linux to send us a signal when our parent dies, so that a killed supervisor leaves nothing running."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, number)
