"""Run: one storm (or sweep) over one stack, from the empty folder to the verdict."""

import json
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from aiokafka.errors import KafkaError
from httpx import HTTPError

from commands.developers.nemesis.faults.brokers import start_brokers
from commands.developers.nemesis.faults.processes import ProcessGroup
from commands.developers.nemesis.faults.small_disk import SmallDisk
from commands.developers.nemesis.faults.storm import Storm
from commands.developers.nemesis.faults.sweep import Sweep
from commands.developers.nemesis.layout import WORKERS, lay_out
from commands.developers.nemesis.oracle.figures import board_corrections
from commands.developers.nemesis.oracle.findings import KINDS, Findings, Kind, Show
from commands.developers.nemesis.oracle.process_watch import ProcessWatch, watch_processes
from commands.developers.nemesis.oracle.verdict import verdict
from commands.developers.nemesis.settle import SettledState, settle
from commands.developers.nemesis.sources.driver import MessageDriver
from commands.developers.nemesis.sources.journal import MessageJournal
from commands.developers.nemesis.sources.people import People
from commands.developers.nemesis.sources.scripts import Scripts
from ingest.contract.errors import ConfigurationError, Unavailable
from warehouse.store.client import ServerError


@dataclass(frozen=True)
class StormPlan:
    """What is asked for."""

    minutes: float
    """How long faults go on; with `sweep`, at most."""
    seed: int
    rate: float = 60.0
    """Messages a second."""
    disk: bool = True
    """Whether disks are filled up, where this PC lets us."""
    sweep: bool = False
    """Whether each failpoint goes off once, instead of faults at random."""
    brokers: int = 1
    """Nodes of Kafka; several are a cluster of processes of their own, and are restarted in turn as well."""
    workers: int = WORKERS
    """Stream workers."""
    wanted: Kind | None = None
    """What is looked for, and nothing more once it is found; `None`: everything."""


class StormStages:
    """Tells where we are, and keeps how long each stage took.

    Args:
        show: tells.
    """

    def __init__(self, show: Show) -> None:
        self._show = show
        self._since = time.monotonic()
        self._stage = "start"
        self.seconds: dict[str, float] = {}

    def __call__(self, text: str, stage: str = "") -> None:
        """We are here now.

        Args:
            text: for people.
            stage: its name; what comes before a comma, if left out.
        """
        now = time.monotonic()
        name = stage or text.partition(",")[0]
        self.seconds[self._stage] = round(self.seconds.get(self._stage, 0.0) + now - self._since, 1)
        self._stage, self._since = name, now
        self._show(text)


def run(plan: StormPlan, folder: Path, tell: Show) -> dict[str, Any]:
    """Run it; what came of it, with the counts of `findings.KINDS`, `acked` and `kills` among other things.

    Raises:
        NotReadyError: the stack does not even start.
    """
    random = Random(plan.seed)  # noqa: S311 - a repeatable run, no secret
    findings, show = Findings(), StormStages(tell)
    small = ("warehouse", "kafka" if plan.brokers == 1 else "brokers/1")
    disk = SmallDisk.made(folder, small) if plan.disk and not plan.sweep else None
    with ExitStack() as leaving:
        stack, names, brokers, modules, gates, environments, reach = lay_out(folder, plan.brokers, plan.workers)
        journal = MessageJournal(folder / "journal.jsonl")
        leaving.callback(journal.close)
        gates.start()
        leaving.callback(gates.close)
        leaving.callback(stack.stop)
        nemesis = Sweep() if plan.sweep else Storm(plan.minutes, gates, disk, random, names)
        group = ProcessGroup(stack, names, environments, modules, nemesis.arm, pause=lambda: random.uniform(0.1, 1.5))
        people = People(stack, Random(plan.seed + 3))  # noqa: S311 - as above
        leaving.callback(people.stop)
        environments["alarm"]["IOC_ALARM_WEBHOOK_URL"] = people.url
        show("start")
        start_brokers(stack, brokers)
        started = [name for name in names if stack.pid(name) is None]
        for name in started:
            group.start(name)
        for name in started:
            stack.wait(name)
        scripts = Scripts(Random(plan.seed + 1), f"c{plan.seed}x{int(time.time()) % 100_000}")  # noqa: S311 - as above
        driver = MessageDriver(reach, journal, scripts, plan.rate, plan.seed + 2)
        driver.start()
        people.start()
        watch = watch_processes(group)
        watch.start()
        nemesis.serve(group)
        _rage(plan, nemesis, group, driver, journal, show)
        nemesis.undo_all()
        if driver.error is not None:
            raise driver.error
        settled = settle(group, driver, journal, scripts, people, findings, nemesis.last_fault, show)
        watch.stop()
        group.count_fired()
        compared: dict[str, int] = {}
        try:
            compared = verdict(stack, journal, people, watch, findings, show, plan.wanted)
        except (Unavailable, ConfigurationError, ServerError, KafkaError, OSError, HTTPError) as error:
            findings.add(
                "lost", f"nothing can be checked, for something is away for good: {type(error).__name__} {error}"
            )
        for note in nemesis.notes:
            findings.note(note)
        show("done")
        result = _told(plan, group, nemesis, journal, watch, settled, findings, compared)
        result["stages"] = show.seconds
        (folder / "result.json").write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    if disk is not None and not findings.clean:
        disk.keep()
    return result


def _rage(
    plan: StormPlan,
    nemesis: Storm | Sweep,
    group: ProcessGroup,
    driver: MessageDriver,
    journal: MessageJournal,
    show: StormStages,
) -> None:
    began = time.monotonic()
    shown = 0.0
    while not nemesis.done and driver.error is None and time.monotonic() < began + plan.minutes * 60:
        group.supervise()
        nemesis.blow()
        now = time.monotonic()
        if now - shown > 2:
            shown = now
            counts = journal.counts
            show(
                f"{(now - began) / 60:.1f}/{plan.minutes:g} min, {counts['acked']:,} acked of {counts['said']:,}, "
                f"{group.total_kills} kills, {sum(map(group.alive, group.names))}/{len(group.names)} up",
                "storm",
            )
        time.sleep(0.05)


def _told(
    plan: StormPlan, group: ProcessGroup, nemesis: Storm | Sweep, journal: MessageJournal, watch: ProcessWatch, settled: SettledState, findings: Findings,
    compared: dict[str, int],
) -> dict[str, Any]:  # fmt: skip
    return {
        "acked": journal.counts["acked"],
        **{kind: findings.counts[kind] for kind in KINDS},
        "corrections": sum(count for _, count in board_corrections(group.stack.folder)),
        "kills": group.total_kills,
        "rolled": dict(sorted(nemesis.rolled.items())),
        "seed": plan.seed,
        "minutes": plan.minutes,
        "said": dict(sorted(journal.counts.items())),
        "faults": dict(sorted(nemesis.counts.items())),
        "failpoints": dict(sorted(group.fired.items())),
        "crashes": dict(sorted(group.crashes.items())),
        "seconds": {
            "ready": round(settled.ready, 1),
            "fresh": None if settled.fresh is None else round(settled.fresh, 1),
            "quiet": round(settled.quiet, 1),
        },
        "compared": compared,
        "positions": {"looks": watch.looks, "backwards": watch.backwards},
        "processes": watch.most(),
        "examples": {kind: found for kind, found in findings.examples.items() if found},
        "notes": findings.notes[:30],
        "folder": str(group.stack.folder),
    }
