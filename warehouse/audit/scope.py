"""Audit scope: which windows and which records an audit looks at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from warehouse.audit.report import AuditReport
from warehouse.model.expression import DAY_MS, window_start
from warehouse.store.client import Client

EXPIRED = Label(
    "sự kiện trước ngày {vi} không còn được giữ, số từ trước đó giữ nguyên",
    "events from before {en} are not kept, so figures from then stand as they are",
)
NIGHTLY = "nightly"

FIRST_NIGHT = timedelta(days=7)
"""So far back the first nightly audit reaches."""

_ZERO_MS = int(window_start(0, DAY_MS))
"""Begin of the ward's day that holds the year 1970's first moment."""


@dataclass(frozen=True)
class Scope:
    """What an audit looks at."""

    name: str
    ranges: tuple[tuple[int, int], ...]
    """Windows that begin in one of these, ms by the install's clock; begin and end, in order."""
    records_since: datetime | None
    """Records that Kafka took at or after this real time; `None`: all that it holds."""
    ids: tuple[str, ...] = ()
    """Only these indicators; all, when empty."""


def scope_since(ingest: IngestSettings, duration: timedelta | None, ids: Sequence[str] = ()) -> Scope:
    """The scope that reaches back so far from now; everything, when `None`.

    Args:
        ingest: the install's clock.
        duration: how far back; from the begin of that day on.
        ids: only these indicators; all, when empty.
    """
    now_ms = milliseconds(ingest.clock().now())
    name = " ".join(["all" if duration is None else _named(duration), *ids])
    if duration is None:
        return Scope(name, ((0, now_ms),), None, tuple(ids))
    start = int(window_start(now_ms - duration // timedelta(milliseconds=1), DAY_MS))
    return Scope(name, ((start, now_ms),), RealClock().now() - duration, tuple(ids))


def nightly_scope(client: Client, ingest: IngestSettings) -> Scope:
    """What was written or changed since the last nightly audit, and one older day, another one each night."""
    now_ms = milliseconds(ingest.clock().now())
    audits = client.query(
        "SELECT report FROM audits WHERE scope = %(scope)s ORDER BY started_at DESC LIMIT 1", {"scope": NIGHTLY}
    )
    began = datetime.fromisoformat(json.loads(audits[0][0])["real_started_at"]) if audits else None
    ((done,),) = client.query("SELECT count() FROM audits WHERE scope = %(scope)s", {"scope": NIGHTLY})
    written = began - timedelta(hours=1) if began else RealClock().now() - FIRST_NIGHT
    days = {
        int(day)
        for (day,) in client.query(
            "SELECT DISTINCT intDiv(window_ms + %(zone)s, %(day)s) FROM raw_values WHERE written_at >= %(written)s",
            {"zone": -_ZERO_MS, "day": DAY_MS, "written": written},
        )
    }
    ((oldest,),) = client.query("SELECT min(window_ms) FROM raw_values WHERE window_ms > 0")
    today = int(window_start(now_ms, DAY_MS))
    if oldest and (count := (today - int(window_start(oldest, DAY_MS))) // DAY_MS) > 0:
        days.add((today - (done % count + 1) * DAY_MS - _ZERO_MS) // DAY_MS)
    starts = sorted(day * DAY_MS + _ZERO_MS for day in days)
    ranges = merge_ranges([(start, min(start + DAY_MS, now_ms)) for start in starts if start < now_ms])
    return Scope(NIGHTLY, tuple(ranges), written - timedelta(days=1))


def clip_scope(client: Client, scope: Scope, report: AuditReport) -> list[tuple[int, int]]:
    """The scope's ranges without what cannot be recomputed: before the first figure, and what is older than the events that are kept.

    What is left out for the events' sake is in the report as not checked.
    """
    ((oldest,),) = client.query("SELECT min(window_ms) FROM raw_values WHERE window_ms > 0")
    first = int(window_start(oldest or 0, DAY_MS))
    keep = client.settings.keep_raw
    ((expired,),) = client.query(
        "SELECT count() FROM raw_values WHERE written_at < %(kept)s", {"kept": RealClock().now() - keep}
    )
    if expired:
        kept = report.started_at - keep
        first = max(first, int(window_start(milliseconds(kept), DAY_MS)) + DAY_MS)
        report.not_checked["older"] = EXPIRED.filled(vi=f"{kept:%d/%m/%Y}", en=f"{kept:%Y-%m-%d}")
    return [(max(start, first), end) for start, end in scope.ranges if max(start, first) < end]


def merge_ranges(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges, those that touch put together."""
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and merged[-1][1] >= start:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _named(duration: timedelta) -> str:
    hours = duration / timedelta(hours=1)
    return f"{hours / 24:g}d" if hours >= 24 else f"{hours:g}h"
