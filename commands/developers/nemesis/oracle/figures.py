"""Figures: what is stored is what the raw events give, and what board and city feed show is what is stored (I4, I5)."""

import json
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from commands.developers.nemesis.oracle.findings import Findings
from commands.supervision.stack import Stack
from dashboard.access.api_key import FeedKeys
from dashboard.access.guard import FEED
from dashboard.settings import BoardSettings
from dashboard.state.agreement import WRONG
from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.settings import IngestSettings
from streams.settings import StreamsSettings
from warehouse.audit.published import board_of
from warehouse.audit.report import AuditReport
from warehouse.audit.run import PATIENCE, AuditSources, run_audit
from warehouse.audit.scope import scope_since
from warehouse.catalogue import indicator, indicators
from warehouse.model.grace import GRACE
from warehouse.model.indicator import Indicator
from warehouse.recompute.sql import flow_sql
from warehouse.store.client import Client

Key = tuple[str, str, str, int, str, str]
"""Ward, indicator, grain, window, dimension, member."""
Sides = tuple[int, int]

BACK = timedelta(days=8)
"""How far back messages reach."""
PUSHED = 30.0
"""Seconds within which the board has heard of everything that is stored."""
SETTLING = 2.5
"""Seconds after which the feed tells of a row that was just written."""


def flows(client: Client) -> dict[Key, Sides]:
    """Every stored flow that counts anything."""
    return {
        (row[0], row[1], "flow", *row[2:5]): (row[5], row[6])
        for row in client.query(
            "SELECT ward, indicator, window_ms, dimension, member, numerator, denominator FROM raw_values FINAL "
            "WHERE grain = 'flow' AND (numerator != 0 OR denominator != 0)"
        )
    }


def recompute_flows(client: Client) -> dict[Key, Sides]:
    """Every flow that the raw events give."""
    found: dict[Key, Sides] = {}
    for one in indicators():
        if one.has_flow:
            asked = f"SELECT ward, window_ms, dimension, member, numerator, denominator FROM ({flow_sql(one)})"  # noqa: S608 - our own declaration
            for ward, window, dimension, member, numerator, denominator in client.query(asked):
                if numerator or denominator:
                    found[ward, one.id, "flow", window, dimension, member] = (numerator, denominator)
    return found


def check_flows(client: Client, findings: Findings) -> int:
    """Stored flows are the recomputed ones; returns how many were compared."""
    stored, right = flows(client), recompute_flows(client)
    _compare(stored, right, "stored", "recomputed from the raw events", findings)
    return len(stored.keys() | right.keys())


def check_feed(stack: Stack, client: Client, ward: str, findings: Findings) -> int:
    """The city's feed says of closed windows what is stored; returns how many figures were compared."""
    time.sleep(SETTLING)
    board = stack.settings(BoardSettings)
    now = RealClock().now()
    _, key = FeedKeys(board).make("chaos", (ward,), now, now + timedelta(hours=2))
    shown: dict[Key, Sides] = {}
    parameters: dict[str, Any] = {"from": (now - BACK).isoformat(), "to": now.isoformat(), "limit": board.feed_page}
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{board.port}", headers=headers, timeout=60, trust_env=False) as http:
        while True:
            page = http.get(f"{FEED}/values", params=parameters).raise_for_status().json()
            for row in page["rows"]:
                if row["complete"] and row["grain"] == "flow":
                    window = milliseconds(datetime.fromisoformat(row["window_start"]))
                    place = (row["ward"], row["indicator"], "flow", window, row["dimension"], row["member"])
                    shown[place] = (row["numerator"], row["denominator"] or 0)
            if not page["more"]:
                break
            parameters["cursor"] = page["cursor"]
    start = milliseconds(now - BACK)
    closed = {
        key: sides
        for key, sides in flows(client).items()
        if key[0] == ward and _is_closed(key, now) and key[3] >= start and key[4] not in indicator(key[1]).inside
    }
    shown = {key: sides for key, sides in shown.items() if any(sides) and _is_closed(key, now)}
    _compare(shown, closed, "shown by the feed", "stored", findings)
    return len(shown)


def check_board(stack: Stack, client: Client, ward: str, findings: Findings) -> int:
    """The board holds of closed windows what is stored; returns how many figures were compared."""
    told, now = held_by_board(stack), RealClock().now()
    shown: dict[Key, Sides] = {}
    for values in told["values"]:
        row = dict(zip(told["columns"], values, strict=True))
        place = tuple(row[name] for name in ("ward", "indicator", "grain", "window_ms", "dimension", "member"))
        sides = (row["numerator"], row["denominator"])
        if row["grain"] == "flow" and any(sides) and _is_closed(place, now):
            shown[place] = sides
    since = told["since_ms"]
    right = {
        key: sides
        for key, sides in flows(client).items()
        if key[0] == ward and _is_closed(key, now) and key[3] >= since[key[1]]
    }
    _compare(shown, right, "shown by the board", "stored", findings)
    return len(shown)


def check_agreement(stack: Stack, findings: Findings) -> None:
    """The board never had to correct itself, and has heard of all that is stored."""
    for line, count in board_corrections(stack.folder):
        findings.add("mismatched", f"the board corrected itself: {line}", count)
    end, told = time.monotonic() + PUSHED, held_by_board(stack)
    while (told["awaited"] or not told["comparisons"]) and time.monotonic() < end:
        time.sleep(0.5)
        told = held_by_board(stack)
    if told["awaited"]:
        findings.add("mismatched", f"the board was never told of {told['awaited']} stored values", told["awaited"])
    findings.note(f"the board compared itself with the warehouse {told['comparisons']} times since its last start")


def board_corrections(folder: Path) -> Iterator[tuple[str, int]]:
    """What the boards of a run said that they had to correct, each with how many figures it is about."""
    for path in sorted((folder / "logs").glob("dashboard*.log")):
        for line in path.read_text("utf-8", "replace").splitlines():
            if WRONG in line:
                more = re.search(r"(\d+) figures more$", line)
                yield line, int(more[1]) if more else 1


def audit_everything(stack: Stack, client: Client, patience: Sequence[float] = PATIENCE) -> AuditReport:
    """The system's own audit of everything."""
    ingest = stack.settings(IngestSettings)
    beside = AuditSources(stack.settings(StreamsSettings).group, board_of(ingest.data_folder, ingest.ward))
    return run_audit(client, ingest, scope_since(ingest, None), beside=beside, patience=patience)


def check_audit(stack: Stack, client: Client, findings: Findings) -> int:
    """The system's own audit finds nothing either, stocks included; returns how many things it compared.

    What it finds among records is found by this check as well, and counts only where it is not.
    """
    report = audit_everything(stack, client)
    known = any(findings.counts[kind] for kind in ("lost", "doubled", "invented"))
    for one in report.found:
        what = f"the audit says: {one.section} {one.fault}, {one.place}: {one.found}, should be {one.expected}"
        if one.section == "records" and known:
            findings.note(what)
        else:
            findings.add("mismatched", what)
    for section, why in report.not_checked.items():
        findings.note(f"the audit did not check {section}: {why}")
    if not findings.clean and not report.differences:
        findings.note("the audit finds nothing")
    return report.compared


def held_by_board(stack: Stack) -> dict[str, Any]:
    """What the board holds."""
    left = json.loads((stack.settings(BoardSettings).folder / "readings.json").read_text("utf-8"))
    answer = httpx.get(left["url"], headers={"authorization": f"Bearer {left['key']}"}, timeout=60, trust_env=False)
    return dict(answer.raise_for_status().json())


def _is_closed(key: Any, now: datetime) -> bool:
    one = _indicator(key[1])
    end = key[3] + one.window // timedelta(milliseconds=1)
    return bool(end + GRACE // timedelta(milliseconds=1) <= milliseconds(now))


def _indicator(id: str) -> Indicator:
    return next(one for one in indicators() if one.id == id)


def _compare(found: dict[Key, Sides], right: dict[Key, Sides], which: str, against: str, findings: Findings) -> None:
    for key in _sorted(found.keys() | right.keys()):
        if found.get(key) != right.get(key):
            name = "/".join(map(str, key))
            findings.add("mismatched", f"{name}: {which} {found.get(key)}, {against} {right.get(key)}")


def _sorted(keys: Iterable[Key]) -> list[Key]:
    return sorted(keys, key=str)
