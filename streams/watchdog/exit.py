"""Exit: the ways in which a worker ends itself at once, each with an exit code of its own; whoever runs it starts it again.

It never ends in an orderly way after an error: an exception that leaves an agent makes Faust go on behind the failed message, and only
the process's end keeps it (faust-streaming #527, #189). Ending at once is safe anywhere, since every start asks the warehouse.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable
from typing import Any

log = logging.getLogger(__name__)

BUG = 70
"""An error that nobody handles (EX_SOFTWARE)."""
STALLED = 71
"""Nothing was taken for long, though there is something and nothing is away."""
FROZEN = 75
"""The process stood still for so long that its partitions may belong to somebody else (EX_TEMPFAIL)."""


async def or_end(work: Awaitable[Any]) -> Any:
    """Wait for work; on an error that nobody handled, end the process."""
    try:
        return await work
    except asyncio.CancelledError:
        raise
    except BaseException:
        log.exception("unexpected error: the worker ends and restarts from what the warehouse has")
        end_process(BUG)


def end_process(code: int) -> None:
    """End the process here and now, writing nothing more."""
    logging.shutdown()
    os._exit(code)
