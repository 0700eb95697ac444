"""Verdict: everything is held against everything, once nothing moves any more."""

from commands.developers.nemesis.oracle import alarms, figures, invariants, leaks
from commands.developers.nemesis.oracle.findings import Findings, Kind, Show
from commands.developers.nemesis.oracle.kafka_log import read_log
from commands.developers.nemesis.oracle.process_watch import ProcessWatch
from commands.developers.nemesis.sources.journal import MessageJournal
from commands.developers.nemesis.sources.people import People
from commands.supervision.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.contract.settings import IngestSettings
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect


def verdict(
    stack: Stack,
    journal: MessageJournal,
    people: People,
    watch: ProcessWatch,
    findings: Findings,
    show: Show,
    wanted: Kind | None = None,
) -> dict[str, int]:
    """Add what is wrong to the findings.

    Args:
        stack: everything that ran.
        journal: what sources said.
        people: what people did.
        watch: what was seen of the processes meanwhile.
        findings: what is wrong so far.
        show: tells where we are.
        wanted: once something of this kind is found, nothing more is looked for; `None`: everything is.

    Returns:
        How many things were compared, by kind.
    """
    ingest, connectors = stack.settings(IngestSettings), stack.settings(ConnectorsSettings)
    show("check: Kafka's log")
    log = read_log(ingest)
    compared = {"records": sum(map(len, log.values()))}
    with connect(stack.settings(WarehouseSettings)) as client:

        def events() -> None:
            stored = invariants.StoredRun()
            stored.read(client)
            invariants.check_positions(log, stored, findings)
            invariants.check_journal(journal, log, stored, findings)
            invariants.check_order(journal, stored, findings)
            invariants.check_count(client, findings)
            invariants.check_commits(watch.ahead, stored, log, findings)
            twice = sum(count > 1 for count in stored.dead_letters.values())
            if twice:
                findings.note(f"{twice} dead letters have more than one row")

        def shown_figures() -> None:
            compared["flows"] = figures.check_flows(client, findings)
            compared["feed"] = figures.check_feed(stack, client, ingest.ward, findings)
            compared["board"] = figures.check_board(stack, client, ingest.ward, findings)
            figures.check_agreement(stack, findings)

        def alarms_of_people() -> None:
            compared["alarms"] = alarms.check_people(client, lambda: figures.held_by_board(stack), people, findings)

        def audited() -> None:
            compared["audit"] = figures.check_audit(stack, client, findings)

        def leaked() -> None:
            leaks.check_tables(client, findings)
            leaks.check_logs(stack.folder, connectors, findings)

        for stage, check in (
            ("what is stored", events),
            ("the figures", shown_figures),
            ("the alarms", alarms_of_people),
            ("the audit's opinion", audited),
            ("tables and logs", leaked),
        ):
            if wanted is None or not findings.counts[wanted]:
                show(f"check: {stage}")
                check()
    return compared
