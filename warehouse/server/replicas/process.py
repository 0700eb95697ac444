"""Replica: an engine of its own that reads what the owner's engine keeps, for one analyst's query at a time.

`python -m warehouse.server.replicas.process` is started by `warehouse.server.replicas.pool` with a pipe as its standard input. It gives up
what it does not need before it loads the engine: it may read its code and the data of the tables behind the open views,
write into its own folder, and do nothing else. The engine knows the disk with the data as one that is never written to.

The gate's questions and the query run here, so that whatever cannot be interrupted ends with this process.

It runs as a child of the process that was started, which waits for it and ends as it does. Linux counts the peak of a process's
memory from the process that *starts* it, here the owner's, which has much; only a fork begins anew.
"""

import logging
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any

from ingest.runtime.process import end_with_parent
from warehouse.server.replicas import pipe
from warehouse.server.replicas.peak_memory import peak_memory
from warehouse.server.replicas.pipe import Kind
from warehouse.server.sandbox import confine

TOO_MUCH_MEMORY = 71
"""Exit code of a replica that took more memory than it may."""

_LOOK_EVERY = 0.05
_NICENESS = 5


def main() -> int:
    """Set up, then answer question after question until the front is gone."""
    end_with_parent(signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    started = os.getpid()
    if child := os.fork():
        return _end_like(child)
    end_with_parent(signal.SIGKILL)
    if os.getppid() != started:
        return 1
    threading.excepthook = _end_at_a_fault
    # For its first thread the engine reads /proc/self, of which the kernel shows a confined process's child nothing.
    running = threading.Thread(target=_run, daemon=True)
    running.start()
    running.join()
    return 1


def _end_like(child: int) -> int:
    """Wait for the child, and end by the same signal or with the same exit code."""
    os.close(sys.stdin.fileno())
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        os.kill(os.getpid(), -code)
    return code


def _run() -> None:
    with socket(fileno=os.dup(sys.stdin.fileno())) as connection, suppress(EOFError, ConnectionError):
        setup = pipe.receive_message(connection, pipe.receive_head(connection)[1])
        if not _give_up(setup) and not setup["may_be_unconfined"]:
            logging.error("this kernel has no Landlock: no replica without it")
            return
        # Only now: it loads the engine, whose threads are confined from the start.
        from warehouse.server.replicas.answering import Answering

        answering = Answering(connection, setup)
        threading.Thread(target=_watch, args=(int(setup["memory_of_process"]),), daemon=True).start()
        pipe.send_frame(connection, Kind.READY)
        while True:
            kind, size = pipe.receive_head(connection)
            message = pipe.receive_message(connection, size)
            if kind == Kind.QUESTION:
                threading.Thread(target=answering.answer, args=(message,), daemon=True).start()
            elif kind == Kind.END:
                answering.end(bool(message["by_client"]))
    # The engine may be in the middle of what it does not interrupt.
    os._exit(0)


def _end_at_a_fault(fault: threading.ExceptHookArgs) -> None:
    """A thread that ends by a fault answers nobody any more: the front has to know."""
    traceback.print_exception(fault.exc_type, fault.exc_value, fault.exc_traceback)
    sys.stderr.flush()
    os._exit(1)


def _give_up(setup: Mapping[str, Any]) -> bool:
    """Take from this process what it will not need; whether the kernel confines it."""
    os.nice(_NICENESS)
    return confine(
        [Path(setup["folder"])], map(Path, setup["code"]), [], readable=map(Path, setup["folders"]), is_alone=True
    )


def _watch(most: int) -> None:
    """End the process when it has taken more bytes of memory than it may, whatever the engine is doing."""
    while peak_memory() <= most:
        time.sleep(_LOOK_EVERY)
    os._exit(TOO_MUCH_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
