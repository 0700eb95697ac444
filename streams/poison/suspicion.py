"""Suspicion: which errors have to do with what records say, and which records may be to blame.

What is away is waited for, and what is set up wrong is told; a failpoint stands for a bug. Everything else that the fold, the sink or the
engine raises may come from a record: an integer that no column holds, a rule that stumbles, a text that the engine does not take. Such an
error never ends the worker. It becomes a `SuspectError` with the partitions in question, which are then taken up carefully (`recovery/`).
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ingest.contract.errors import ConfigurationError, IocError, Unavailable
from ingest.runtime.failpoint import FailpointError
from warehouse.store.client import ServerError
from warehouse.store.positions import PartitionKey

NOT_FOLDABLE, NOT_STORABLE, ENDS_WORKER, NOT_UNDERSTOOD = (
    "not_foldable",
    "not_storable",
    "ends_worker",
    "not_understood",
)
"""Why a record was set aside: the fold raises; the sink or the engine refuses it or what it makes; the process dies of it; it was
stored, but is not an event for this version."""

_OF_TABLES = frozenset({10, 16, 36, 44, 46, 47, 48, 60, 62, 63, 80, 115, 164, 219, 291, 344, 497})
"""ClickHouse's codes for what is wrong with a statement, a table or a right, whatever the rows say."""

_ROOT = Path(__file__).parent.parent.parent


class Suspicion(NamedTuple):
    """What is known of a fault in one partition."""

    until: int = -1
    """The last position that may be to blame."""
    culprit: int | None = None
    """The one that is, where that is known."""
    reason: str = NOT_FOLDABLE
    told: str = ""
    """The error, without anything that a record says."""


class SuspectError(IocError):
    """Work failed for what a record says; `suspects` tells of which partitions."""

    def __init__(self, suspects: dict[PartitionKey, Suspicion]) -> None:
        super().__init__(", ".join(f"{topic}-{partition}" for topic, partition in suspects))
        self.suspects = suspects


def is_of_content(error: BaseException) -> bool:
    """Whether a record may be to blame for an error."""
    if isinstance(error, ServerError):
        return error.code not in _OF_TABLES
    return isinstance(error, Exception) and not isinstance(error, (Unavailable, ConfigurationError, FailpointError))


@contextmanager
def suspecting(
    *places: tuple[PartitionKey, int], reason: str = NOT_FOLDABLE, culprit: int | None = None
) -> Iterator[None]:
    """Turn an error that a record may be to blame for into a `SuspectError`.

    Args:
        places: the partitions in question, each with the last position that may be to blame.
        reason: why the record is set aside in the end.
        culprit: the record that is to blame, where that is known.
    """
    try:
        yield
    except SuspectError:
        raise
    except Exception as error:
        if not is_of_content(error):
            raise
        told = describe_error(error)
        raise SuspectError({place: Suspicion(until, culprit, reason, told) for place, until in places}) from error


def describe_error(error: BaseException) -> str:
    """An error by its type and place in the code: its text may hold what must not be kept."""
    kind = f"ClickHouse {error.code}" if isinstance(error, ServerError) else type(error).__name__
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_ours(frame.filename)]
    if not frames:
        return kind
    last = frames[-1]
    return f"{kind} in {Path(last.filename).relative_to(_ROOT)}, {last.name}, line {last.lineno}"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(_ROOT) and "site-packages" not in path.parts
