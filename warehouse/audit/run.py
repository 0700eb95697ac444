"""Audit: everything that is stored, counted again - figures from the events, events from Kafka, and what others see from the figures.

scope      which windows and records
values     stored figures = what the raw events give by SQL, in both directions
records    Kafka = events + repeats + dead letters, offset by offset (`kafka` counts them)
published  the city's feed and the board = the stored figures
report     what comes of it
repair     what can be fixed

It runs beside everything else: what differs is looked at again a little later before it counts, for it may have been on its way.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from ingest.contract.clock import RealClock, milliseconds
from ingest.contract.errors import Unavailable
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings
from warehouse.audit.published import FEED_DAYS, BoardAddress, board_of, compare_board, compare_feed
from warehouse.audit.records import AuditScopeQuestion, compare_dead_letters, compare_records
from warehouse.audit.report import AuditedFigures, AuditReport
from warehouse.audit.scope import Scope, clip_scope, nightly_scope
from warehouse.audit.values import ComparedValues, compare_flows, compare_stocks
from warehouse.catalogue import indicators
from warehouse.model.expression import DAY_MS
from warehouse.model.indicator import Indicator
from warehouse.store.client import Client

PATIENCE = (2.0, 5.0, 10.0, 30.0, 60.0, 60.0, 60.0)
"""Seconds after which a difference is looked at again, one after the other, before it counts.

In all they are longer than a worker takes, once it has begun anew or met late events, until all closed minutes are as the events say: it
waits for two minutes to close, and for `IOC_STREAMS_RECOMPUTE_EVERY`.
"""

STOCKS_AT_ONCE_MS = 7 * DAY_MS
"""So many days of stocks are recomputed by one query: its cost is the events before, not the minutes. It is cut where memory is short."""

NO_BOARD = Label("bảng của bản cài này chưa chạy lần nào", "the board of this install has never run")
AWAY = {"Kafka": "Kafka không trả lời", "The board": "bảng không trả lời"}
"""What is said in Vietnamese of a service that is away."""

Progress = Callable[[str], None]
"""Told what is being looked at."""


class AuditSources(NamedTuple):
    """What else an audit can ask, besides the warehouse and Kafka."""

    group: str | None = None
    """Consumer group of the workers: up to where they say they are, everything must be there."""
    board: BoardAddress | None = None
    """The board; `None`: it has never run."""


def run_audit(
    client: Client,
    ingest: IngestSettings,
    scope: Scope,
    progress: Progress = lambda text: None,
    beside: AuditSources = AuditSources(),  # noqa: B008 - it is frozen
    patience: Sequence[float] = PATIENCE,
) -> AuditReport:
    """Compare; what cannot be asked is in the report as not checked.

    Raises:
        Unavailable: the warehouse does not answer.
    """
    began, now = time.monotonic(), ingest.clock().now()
    report = AuditReport(scope.name, now, now, RealClock().now())
    # 1. Figures: stored ones against those that SQL makes of the stored events.
    ranges = clip_scope(client, scope, report)
    _values(client, scope, ranges, milliseconds(now), report, progress, patience)
    # 2. Records and dead letters: Kafka's offsets against the tables. Without Kafka the rest is still worth knowing.
    asked = AuditScopeQuestion(ingest, beside.group, scope.records_since)
    for section, compare in (("records", compare_records), ("letters", compare_dead_letters)):
        progress(section)
        try:
            compare(client, asked, report, patience)
        except Unavailable as error:
            if error.service != "Kafka":
                raise
            report.not_checked[section] = Label(AWAY[error.service], str(error))
    # 3. What people and the city see: the board's memory and the feed against the stored figures.
    _shown(client, ingest, ranges, beside, report, progress, patience)
    report.corrections = _corrections(client, ranges)
    report.finished_at = ingest.clock().now()
    report.seconds = round(time.monotonic() - began, 1)
    return report


def run_nightly_audit(
    client: Client, ingest: IngestSettings, progress: Progress = lambda text: None, group: str | None = None
) -> AuditReport:
    """Run the nightly audit and keep its result.

    Raises:
        Unavailable: the warehouse does not answer.
    """
    beside = AuditSources(group, board_of(ingest.data_folder, ingest.ward))
    report = run_audit(client, ingest, nightly_scope(client, ingest), progress, beside)
    write_audit(client, report)
    return report


def write_audit(client: Client, report: AuditReport) -> None:
    """Keep what an audit found."""
    text = json.dumps(report.as_json(), ensure_ascii=False, separators=(",", ":"))
    row = {
        "started_at": report.started_at,
        "finished_at": report.finished_at,
        "scope": report.scope,
        "compared": report.compared,
        "differences": report.differences,
        "repaired": len(report.repairs),
        "report": text,
    }
    client.insert("audits", {name: [value] for name, value in row.items()})


class _Ask(NamedTuple):
    """One question about stored figures."""

    one: Indicator
    ask: Callable[[], ComparedValues]


def _values(
    client: Client,
    scope: Scope,
    ranges: list[tuple[int, int]],
    now_ms: int,
    report: AuditReport,
    progress: Progress,
    patience: Sequence[float],
) -> None:
    answers: list[tuple[_Ask, ComparedValues]] = []
    for one in indicators():
        if scope.ids and one.id not in scope.ids:
            continue
        progress(one.id)
        answers += [(asked, asked.ask()) for asked in _questions(client, one, ranges, now_ms)]
    # The workers go on meanwhile: a figure may have changed between the two halves of a comparison. Only what differs again counts.
    for pause in patience:
        if not any(found.mismatches for _, found in answers):
            break
        progress("…")
        time.sleep(pause)
        answers = [(asked, _again(asked, found)) for asked, found in answers]
    for asked, found in answers:
        checked = report.indicators.setdefault(asked.one.id, AuditedFigures())
        checked.compared += found.size
        checked.differences += len(found.mismatches)
        report.mismatches += found.mismatches
        report.add(mismatch.difference() for mismatch in found.mismatches)


def _questions(client: Client, one: Indicator, ranges: list[tuple[int, int]], now_ms: int) -> Iterator[_Ask]:
    for start, end in ranges:
        if one.has_flow:
            yield _Ask(one, partial(compare_flows, client, one, start, end, now_ms))
        for begin in range(start, end, STOCKS_AT_ONCE_MS) if one.has_stock else ():
            yield _Ask(one, partial(compare_stocks, client, one, begin, min(begin + STOCKS_AT_ONCE_MS, end)))


def _again(asked: _Ask, found: ComparedValues) -> ComparedValues:
    """Ask once more where something differed; only what still does, counts."""
    if not found.mismatches:
        return found
    known = {mismatch.place for mismatch in found.mismatches}
    size, mismatches = asked.ask()
    return ComparedValues(size, [mismatch for mismatch in mismatches if mismatch.place in known])


def _shown(
    client: Client,
    ingest: IngestSettings,
    ranges: list[tuple[int, int]],
    beside: AuditSources,
    report: AuditReport,
    progress: Progress,
    patience: Sequence[float],
) -> None:
    if beside.board is None:
        report.not_checked |= dict.fromkeys(("feed", "board"), NO_BOARD)
        return
    now_ms = milliseconds(report.started_at)
    recent = now_ms - FEED_DAYS * DAY_MS
    days = [(max(start, recent), end) for start, end in ranges if end > recent]
    for section in ("feed", "board"):
        progress(section)
        try:
            if section == "feed":
                checked, found = compare_feed(client, beside.board, days, now_ms, patience, progress)
            else:
                checked, found = compare_board(client, beside.board, ingest.ward, patience)
        except Unavailable as error:
            if error.service != "The board":
                raise
            report.not_checked[section] = Label(AWAY[error.service], str(error))
        else:
            report.shown[section] = checked
            report.add(found)


def _corrections(client: Client, ranges: list[tuple[int, int]]) -> AuditedFigures:
    """Corrected totals of flows, and those whose newest correction does not say what is stored."""
    checked = AuditedFigures()
    for start, end in ranges:
        ((count, without),) = client.query(
            "SELECT count(), countIf((v.numerator, v.denominator) != (c.sums.1, c.sums.2)) FROM ("
            "SELECT ward, indicator, window_ms, numerator, denominator FROM raw_values FINAL WHERE grain = 'flow' AND dimension = '' "
            "AND revision > 0 AND window_ms >= %(start)s AND window_ms < %(end)s) AS v LEFT JOIN ("
            "SELECT ward, indicator, window_ms, argMax((numerator, denominator), revision) AS sums FROM raw_corrections "
            "WHERE grain = 'flow' GROUP BY ward, indicator, window_ms) AS c USING (ward, indicator, window_ms)",
            {"start": start, "end": end},
        )
        checked.compared += count
        checked.differences += without
    return checked
