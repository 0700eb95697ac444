"""Verdict: everything is held against everything, once nothing moves any more."""

from commands.developers.nemesis.oracle import alarms, figures, invariants, leaks
from commands.developers.nemesis.oracle.findings import Findings, Show
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
    stack: Stack, journal: MessageJournal, people: People, watch: ProcessWatch, findings: Findings, show: Show
) -> dict[str, int]:
    """Add what is wrong to the findings.

    Returns:
        How many things were compared, by kind.
    """
    ingest, connectors = stack.settings(IngestSettings), stack.settings(ConnectorsSettings)
    show("check: Kafka's log")
    log = read_log(ingest)
    with connect(stack.settings(WarehouseSettings)) as client:
        show("check: what is stored")
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
        show("check: the figures")
        compared = {
            "records": sum(map(len, log.values())),
            "flows": figures.check_flows(client, findings),
            "feed": figures.check_feed(stack, client, ingest.ward, findings),
            "board": figures.check_board(stack, client, ingest.ward, findings),
        }
        figures.check_agreement(stack, findings)
        show("check: the alarms")
        compared["alarms"] = alarms.check_people(client, lambda: figures.held_by_board(stack), people, findings)
        show("check: the audit's opinion")
        compared["audit"] = figures.check_audit(stack, client, findings)
        show("check: tables and logs")
        leaks.check_tables(client, findings)
    leaks.check_logs(stack.folder, connectors, findings)
    return compared
