"""Verdict: everything is held against everything, once nothing moves any more."""

from commands.nemesis import check, figures, leaks
from commands.nemesis.findings import Findings
from commands.nemesis.journal import Journal
from commands.nemesis.kafka_log import read_log
from commands.nemesis.settle import Show
from commands.nemesis.watch import Watch
from commands.stack import Stack
from connectors.settings import ConnectorsSettings
from ingest.settings import IngestSettings
from warehouse.client import connect
from warehouse.settings import WarehouseSettings


def verdict(stack: Stack, journal: Journal, watch: Watch, findings: Findings, show: Show) -> dict[str, int]:
    """Add what is wrong to the findings.

    Returns:
        How many things were compared, by kind.
    """
    ingest, connectors = stack.settings(IngestSettings), stack.settings(ConnectorsSettings)
    show("check: Kafka's log")
    log = read_log(ingest)
    with connect(stack.settings(WarehouseSettings)) as client:
        show("check: what is stored")
        stored = check.Stored()
        stored.read(client)
        check.check_positions(log, stored, findings)
        check.check_journal(journal, log, stored, findings)
        check.check_order(journal, stored, findings)
        check.check_count(client, findings)
        check.check_commits(watch.ahead, stored, log, findings)
        twice = sum(count > 1 for count in stored.letters.values())
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
        show("check: the audit's opinion")
        compared["audit"] = figures.check_audit(stack, client, findings)
        show("check: tables and logs")
        leaks.check_tables(client, findings)
    leaks.check_logs(stack.folder, connectors, findings)
    return compared
