"""A worker that stumbles over events by their ids, as one with a fault would: `python -m tests.streams.support.poisoned` in place of `streams`.

`raises-…`     the fold raises in the middle of it
`overflows-…`  a figure grows beyond what a column holds
`grows-…`      a figure grows to 2,000,000,000
`looms-…`      nothing fails before stocks are looked at
`dies-…`       the process is killed while it folds it
`sinks-…`      the process is killed while it writes what comes of it
"""

import os
import signal
from collections.abc import Sequence
from typing import Any

from ingest.contract.envelope import AnyEnvelope
from streams import start
from streams.fold.compiled import Contribution, Contributions
from streams.fold.entities import EntityStates
from streams.fold.flows import Flows
from streams.fold.fold import Fold
from streams.fold.plan import EntityPlan, Recount
from warehouse.model.value import Value
from warehouse.store import sink
from warehouse.store.client import Client

HUGE = 2**63
DEADLY = 2**62
"""Whoever writes a figure of this size is killed; it stays storable, whatever else is counted in the same window."""


def arm() -> None:
    """Make the worker stumble."""
    fold, settle, levels, write_values = Fold.fold, Flows.settle, EntityStates.levels, sink.write_values
    grown = 0

    def stumbling(self: Fold, envelopes: Sequence[AnyEnvelope], offsets: Sequence[int]) -> None:
        nonlocal grown
        for envelope, offset in zip(envelopes, offsets, strict=True):
            if envelope.id.startswith("dies-"):
                os.kill(os.getpid(), signal.SIGKILL)
            grown = {"overflows": HUGE, "grows": 2_000_000_000, "sinks": DEADLY}.get(envelope.id.split("-")[0], 0)
            fold(self, [envelope], [offset])
            if envelope.id.startswith("raises-"):
                raise RecursionError(f"too deep at {envelope.subject}")

    def growing(self: Flows, plan: EntityPlan, windows: Any, state: Any, changed: int, watermark: int) -> bool:
        if grown:
            flows, contributions = plan.recounts[changed]
            plan = plan._replace(recounts={changed: Recount(flows, grow(contributions, grown))})
        return settle(self, plan, windows, state, changed, watermark)

    def looming(self: EntityStates, at_ms: int) -> Any:
        if any(state.key.startswith("looms-") for state in self.active):
            raise ZeroDivisionError("a rate of nothing")
        return levels(self, at_ms)

    def sinking(client: Client, values: Sequence[Value]) -> None:
        if any(DEADLY <= value.numerator < HUGE for value in values):
            os.kill(os.getpid(), signal.SIGKILL)
        write_values(client, values)

    Fold.fold = stumbling  # type: ignore[method-assign]  # so is the bug that it stands for
    Flows.settle = growing  # type: ignore[method-assign]  # as above
    EntityStates.levels = looming  # type: ignore[method-assign]  # as above
    sink.write_values = sinking


def grow(contributions: Contributions, numerator: int) -> Contributions:
    """The same, each so large."""

    def grown(state: Any) -> tuple[tuple[Contribution, ...], ...]:
        return tuple(tuple((at, numerator, *rest) for at, _, *rest in each) for each in contributions(state))  # type: ignore[misc]

    return grown


if __name__ == "__main__":
    arm()
    start.main()
