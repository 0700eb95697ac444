"""What every process of ours does first: write files for its own user only, log one line a record, and end with its parent."""

import ctypes
import logging
import os
import signal
import sys
import time

PRIVATE = 0o077
"""The umask of everything that writes into the data folder: nobody else on the PC reads, lists or enters."""


def start(name: str) -> None:
    """Write files for our own user only, log to standard error in UTC, and ask Linux to terminate us when our parent dies.

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
    end_with_parent()


def end_with_parent() -> None:
    """Ask Linux to send us SIGTERM when our parent dies, so that a killed supervisor leaves nothing running."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
