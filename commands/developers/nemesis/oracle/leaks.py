"""Leaks: no secret and no person's name in any log or table (I10)."""

from pathlib import Path

from commands.developers.nemesis.oracle.findings import Findings
from commands.developers.nemesis.sources.scripts import CANARY
from connectors.settings import ConnectorsSettings
from warehouse.store.client import Client

TABLES = {
    "raw_events": "concat(event, subject, id)",
    "raw_repeats": "concat(event, subject, id)",
    "raw_dead_letters": "concat(payload_redacted, error)",
}
"""Table -> what of it could hold a name."""


def check_logs(folder: Path, connectors: ConnectorsSettings, findings: Findings) -> None:
    """Look for every secret of the stack and for the canary in its logs."""
    secrets = {path.name: path.read_text("utf-8").strip() for path in (folder / "secrets").iterdir()}
    for id in ("queue_kiosk", "petition_portal", "storm_post"):
        secrets[f"webhook secret of {id}"] = connectors.webhook_secrets(id)[0].removeprefix("whsec_")
    for path in sorted((folder / "logs").glob("*.log")):
        text = path.read_text("utf-8", "replace")
        for name, secret in secrets.items():
            if len(secret) >= 8 and secret in text:
                findings.add("mismatched", f"the secret {name} is in {path}")
        if CANARY in text:
            findings.add("mismatched", f"a person's name is in {path}")


def check_tables(client: Client, findings: Findings) -> None:
    """Look for the canary in what is stored."""
    for table, text in TABLES.items():
        asked = f"SELECT count() FROM {table} WHERE position({text}, %(canary)s) > 0"  # noqa: S608 - names from above
        ((count,),) = client.query(asked, {"canary": CANARY})
        if count:
            findings.add("mismatched", f"a person's name is in {count} rows of {table}")
