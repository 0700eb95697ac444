"""Garbage: when Python looks for objects that nothing but each other refers to.

The fold makes many objects that live long, and none that refer to each other in a circle: each is freed when the last reference to it goes.
To look through them all the same took a fourteenth of the time of a worker that catches up. So what a start or a backlog leaves is frozen
out of the collector's sight, and what comes otherwise is looked at seldom.
"""

import gc

BACKLOG_ROWS = 2_000
"""Rows of a block from which on most of what is new comes of events. A worker that waits for a service writes none, and only that makes
circles: errors with their frames."""


def begin() -> None:
    """All is imported: what is there now stays, and what comes is looked at seldom."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    gc.enable()


def spare(rows: int) -> None:
    """A block of so many rows is written: what a backlog leaves stays."""
    if rows >= BACKLOG_ROWS:
        gc.freeze()
