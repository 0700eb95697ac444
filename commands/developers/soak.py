"""Watch a screen of the wall for leaks: `--minutes N`, `--stands SECONDS`, `--json`; exit 1 when its memory grows.

Vi: Chạy màn hình treo tường thật lâu và thật nhanh, xem bộ nhớ có tăng không.

The whole pretend ward on free ports, and its wall in a headless browser that turns every page fast. After each round: the
page's heap after a forced collection, its nodes and listeners, and the resident memory of the board's process. The first third
only warms up; after it the least of the last samples is held against the least of the first ones: what leaks raises that too, and a
sample that was taken while a page turned, with the nodes of both, does not.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from commands.developers.load.chromium import screen
from commands.install.terminal import ProgressBar, say, terminal_line
from commands.supervision.stack import WHOLE, Stack
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from dashboard.settings import BoardSettings
from ingest.contract.clock import WARD_ZONE, RealClock

MORNING = datetime(2026, 11, 25, 9, 0, tzinfo=WARD_ZONE)
"""A busy hour, whenever this runs."""
WARM_UP = 1 / 3
ALLOWED = 0.05
"""Growth between the first and the last samples that is taken for noise, as a share."""
FEWEST = 6
"""Rounds without which nothing can be said."""
MEASURES = ("heap_mb", "nodes", "listeners", "board_mb")

COUNT_TURNS = """
window.soakTurns = 0;
let shown = "";
new MutationObserver(() => {
  const dots = [...document.querySelectorAll(".wall-dots i")].map((dot) => dot.className).join();
  if (dots && dots !== shown) { shown = dots; window.soakTurns += 1; }
}).observe(document.body, { subtree: true, childList: true });
"""

ROUND_IS_OVER = "turns => window.soakTurns >= turns && document.querySelector('.wall-dots i').className === 'here'"
EVENTS_COME = "() => window.iocLatency.length > 0"
"""The pretend ward's past is taken in."""
PATIENCE_MS = 900_000


class SoakSample(NamedTuple):
    """What one round leaves behind."""

    turns: int
    heap_mb: float
    nodes: int
    listeners: int
    board_mb: float


def main(arguments: list[str]) -> int:
    """Watch and print; 0 if nothing grows."""
    parser = argparse.ArgumentParser(prog="./ioc soak", description="Màn hình chạy lâu | a screen over a long time")
    parser.add_argument("--minutes", type=float, default=30, help="bao lâu | how long (30)")
    parser.add_argument("--stands", type=float, default=2, help="giây mỗi trang | seconds that a page stands (2)")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    options = parser.parse_args(arguments)
    clock = {"IOC_CLOCK_ORIGIN": MORNING.isoformat(), "IOC_CLOCK_REAL_ORIGIN": RealClock().now().isoformat()}
    with (
        ProgressBar() as progress,
        tempfile.TemporaryDirectory(prefix="ward-ioc-soak-") as folder,
        Stack(Path(folder), WHOLE, {"IOC_PRETEND": "true", **clock}, patience=180) as stack,
        screen(stack.settings(BoardSettings), timedelta(seconds=options.stands)) as page,
    ):
        progress.show("chờ sự kiện trực tiếp | waiting for live events", every=1)
        page.wait_for_function(EVENTS_COME, timeout=PATIENCE_MS)
        samples, ends = [], time.monotonic() + options.minutes * 60
        rounds = sample_rounds(page, lambda: stack.memory()["dashboard"], len(wall_pages(pages())))
        for sample in takewhile(lambda _: time.monotonic() < ends, rounds):
            samples.append(sample)
            progress.show(" ".join(f"{name}={value}" for name, value in sample._asdict().items()), every=5)
        found = soak_report(samples, sorted(page.evaluate("window.iocLatency")))
    if options.json:
        print(json.dumps({**found, "samples": [sample._asdict() for sample in samples]}))
    else:
        _tell(found)
    return 0 if found["flat"] else 1


def sample_rounds(page: Any, board: Callable[[], int], stops: int) -> Iterator[SoakSample]:
    """A sample a round for as long as it is asked for, always when the first page is back.

    Args:
        page: a screen of the wall.
        board: tells the resident memory of the board's process, in bytes.
        stops: how many pages the screen turns in a round.
    """
    page.evaluate(COUNT_TURNS)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    for number in count(1):
        page.wait_for_function(ROUND_IS_OVER, arg=number * stops, timeout=PATIENCE_MS)
        tools.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        yield SoakSample(
            page.evaluate("window.soakTurns"),
            round(found["JSHeapUsedSize"] / 2**20, 2),
            int(found["Nodes"]),
            int(found["JSEventListeners"]),
            round(board() / 2**20, 1),
        )


def soak_report(samples: Sequence[SoakSample], latencies: Sequence[float]) -> dict[str, Any]:
    """What the samples say.

    Args:
        samples: in their order.
        latencies: ms from event to pixel, sorted.
    """
    measured = {name: _growth([(one.turns, getattr(one, name)) for one in samples]) for name in MEASURES}
    return {
        "turns": samples[-1].turns if samples else 0,
        "samples": len(samples),
        **measured,
        "flat": len(samples) >= FEWEST and all(one["growth"] <= ALLOWED for one in measured.values()),
        "latency_ms": {"events": len(latencies), **{f"p{at}": _percentile(latencies, at) for at in (50, 95, 99)}},
    }


def _growth(points: Sequence[tuple[int, float]]) -> dict[str, float]:
    """First and last level after the warm-up, the growth between them as a share, and the slope over 1,000 turns."""
    warm = points[int(len(points) * WARM_UP) :]
    if len(warm) < 2:
        return {"first": 0.0, "last": 0.0, "growth": 0.0, "per_1000_turns": 0.0}
    half = len(warm) // 2
    first, last = (min(value for _, value in part) for part in (warm[:half], warm[half:]))
    turns, values = zip(*warm, strict=True)
    slope = statistics.linear_regression(turns, values).slope * 1000
    return {"first": first, "last": last, "growth": round(last / first - 1, 4), "per_1000_turns": round(slope, 2)}


def _percentile(values: Sequence[float], at: int) -> int | None:
    return round(values[min(len(values) - 1, len(values) * at // 100)]) if values else None


def _tell(found: dict[str, Any]) -> None:
    for name in MEASURES:
        one = found[name]
        terminal_line(
            f"  {name:<10}{one['first']:>10g} → {one['last']:<10g}{one['growth']:>+8.1%}"
            f"{one['per_1000_turns']:>+10g} / 1000 ↻"
        )
    latency = found["latency_ms"]
    terminal_line(
        f"  ms         p50 {latency['p50']}  p95 {latency['p95']}  p99 {latency['p99']}  ({latency['events']})"
    )
    if found["flat"]:
        say(f"Bộ nhớ không tăng qua {found['turns']} lượt trang.", f"Memory is flat over {found['turns']} turns.")
    else:
        say("Bộ nhớ tăng, hoặc chạy chưa đủ lâu.", "Memory grows, or the run was too short to tell.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
