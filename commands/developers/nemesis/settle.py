"""Settle: after the storm, wait until everybody is up, every promise is kept and nothing moves any more - within bounds."""

import time
from typing import NamedTuple

from commands.developers.nemesis.faults.processes import ProcessGroup
from commands.developers.nemesis.oracle import figures, kafka_log
from commands.developers.nemesis.oracle.findings import Findings, Show
from commands.developers.nemesis.oracle.process_watch import wait_until
from commands.developers.nemesis.sources.driver import MessageDriver
from commands.developers.nemesis.sources.journal import MessageJournal
from commands.developers.nemesis.sources.people import People
from commands.developers.nemesis.sources.scripts import Scripts
from commands.supervision.stack import NotReadyError
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.settings import IngestSettings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, ServerError

READY = 180.0
"""Seconds for everybody to be up again."""
FRESH = 180.0
ANSWERED = 300.0
"""Seconds for what is open to be acknowledged."""
IDLE = 150.0
"""Seconds without any progress after which it is taken for stuck."""
FIGURED = 90.0
"""Seconds for the figures to be those of the events."""
STOPPED = 30.0
"""Seconds in which a process has to end when asked."""

COUNTED = (
    "SELECT (SELECT count() FROM raw_events FINAL) + (SELECT count() FROM raw_repeats FINAL) "
    "+ (SELECT uniqExact(original_topic, partition, offset) FROM raw_dead_letters WHERE original_topic != '')"
)


class SettledState(NamedTuple):
    """How long it took."""

    ready: float
    """Seconds until everybody was up."""
    fresh: float | None
    """Seconds from the last fault until a ticket that was issued then was a stored figure; `None`: it never was."""
    quiet: float
    """Seconds until nothing moved any more."""


def settle(
    group: ProcessGroup,
    driver: MessageDriver,
    journal: MessageJournal,
    scripts: Scripts,
    people: People,
    findings: Findings,
    last_fault: float,
    show: Show,
) -> SettledState:
    """Bring everything to rest; what cannot be is a finding."""
    began = time.monotonic()
    show("settle: everybody up")
    _disarm(group)
    if not wait_until(lambda: _all_ready(group), READY):
        down = [name for name in group.names if not group.alive(name)]
        findings.add(
            "mismatched", f"not ready within {READY:.0f} s after the last fault: {', '.join(down) or 'somebody'}"
        )
    ready = time.monotonic() - began
    show("settle: a fresh ticket")
    fresh = _fresh(group, driver, scripts, last_fault)
    if fresh is None:
        findings.add("mismatched", f"a ticket was no figure {FRESH:.0f} s after the last fault")
    show("settle: every promise")
    _answered(group, driver, journal, findings)
    people.close()
    show("settle: the sources are quiet")
    for name in ("connectors", "alarm"):  # without a heartbeat alarms would be raised while everything is compared
        group.leave(name)
        if not wait_until(lambda name=name: not group.alive(name), STOPPED):
            findings.note(f"{name} did not end within {STOPPED:.0f} s")
            group.kill(name)
    _stored(group, findings, show)
    return SettledState(ready, fresh, time.monotonic() - began)


def _disarm(group: ProcessGroup) -> None:
    """Start anew whoever has a failpoint armed that has not gone off."""
    for name, armed in list(group.armed.items()):
        if armed and group.alive(name):
            group.kill(name)
    end = time.monotonic() + 30
    while any(group.armed.get(name) for name in group.names) and time.monotonic() < end:
        group.supervise()
        time.sleep(0.1)


def _all_ready(group: ProcessGroup) -> bool:
    group.supervise()
    if not all(group.alive(name) for name in group.names):
        return False
    try:
        for name in group.names:
            group.stack.wait(name)
    except NotReadyError:
        return False
    return True


def _fresh(group: ProcessGroup, driver: MessageDriver, scripts: Scripts, last_fault: float) -> float | None:
    """Seconds from the last fault until a ticket that the kiosk posts now is counted."""
    driver.say(scripts.probe(group.stack.settings(IngestSettings).ward))
    asked = "SELECT sum(numerator) FROM raw_values FINAL WHERE indicator = 'Q01' AND member = 'probe'"

    def counted() -> bool:
        group.supervise()
        with Client(group.stack.settings(WarehouseSettings)) as client:
            return bool(client.query(asked)[0][0])

    return time.monotonic() - last_fault if wait_until(counted, FRESH) else None


def _answered(group: ProcessGroup, driver: MessageDriver, journal: MessageJournal, findings: Findings) -> None:
    end = time.monotonic() + ANSWERED
    while not driver.close(0.5) and time.monotonic() < end:
        group.supervise()
    for entry in journal.open():
        findings.note(f"{entry.token} ({entry.connector}, {entry.lane}) was never answered in {entry.tries} tries")
    if left := journal.open():
        findings.add("lost", f"{len(left)} messages were still not taken in {ANSWERED:.0f} s after all faults")
    if driver.error is not None:
        findings.add("mismatched", f"the sources ended before their time: {driver.error!r}")


def _stored(group: ProcessGroup, findings: Findings, show: Show) -> None:
    """Wait until all that lies in Kafka is stored, and the figures are those of the raw events."""
    stack = group.stack
    try:
        wanted = kafka_log.event_records(stack.settings(IngestSettings))
    except Unavailable as error:
        findings.add("lost", f"Kafka does not answer after all faults: {error}")
        return
    moved, counted = time.monotonic(), -1
    with Client(stack.settings(WarehouseSettings)) as client:
        while counted < wanted and time.monotonic() - moved < IDLE:
            group.supervise()
            now = _asked(client)
            if now != counted:
                moved, counted = time.monotonic(), now
            show(f"settle: all stored, {counted} of {wanted} records")
            time.sleep(0.3)
        if counted < wanted:
            findings.note(f"{counted} of {wanted} records were stored when nothing moved for {IDLE:.0f} s")
        show("settle: the figures")
        if not wait_until(lambda: figures.flows(client) == figures.recompute_flows(client), FIGURED):
            findings.note(f"the figures did not become those of the raw events within {FIGURED:.0f} s")


def _asked(client: Client) -> int:
    try:
        return int(client.query(COUNTED)[0][0])
    except (Unavailable, ConfigurationError, ServerError):
        return -1
