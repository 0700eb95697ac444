"""Report: the figures that the ward reports for a period, read from the same indicators as the wall."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.contract.clock import milliseconds
from warehouse.catalogue import indicator
from warehouse.model.indicator import PERIOD_START
from warehouse.model.reading import TOTAL, Split, span_start
from warehouse.readings import Readings
from warehouse.store.client import Client
from warehouse.store.values import current_values


class ReportShare(NamedTuple):
    """A part and its whole."""

    part: int
    whole: int


class Report(NamedTuple):
    """The ward's figures from the start of the period until `until`."""

    until: datetime
    visits: int
    """Tickets issued (Q01)."""
    completed: ReportShare
    """Dossiers finished of those received (D04)."""
    in_time: int
    """Dossiers finished on or before their due date (D09)."""
    late: int
    """Dossiers finished late, or overdue and not finished (D09)."""
    petitions: ReportShare
    """Petitions answered in time of those answered (P02)."""
    petitions_on_time: ReportShare
    """Petitions answered in time or open and in time, of all (P02)."""
    documents: ReportShare
    """Documents signed of those issued (V01)."""
    items: int
    """News items published (V02)."""
    items_by_platform: dict[str, int]
    """News items by platform (V02)."""
    teams: ReportShare
    """Residential groups with a digital team, of all (V03)."""


def read_report(client: Client, ward: str, until: datetime) -> Report:
    """Read the report.

    Args:
        client: an open connection.
        ward: the ward.
        until: end of the period.
    """
    now, start = milliseconds(until), milliseconds(PERIOD_START)
    readings = Readings()
    days = (until - PERIOD_START) // timedelta(days=1) + 1
    readings.apply(current_values(client, ward, now, chart_days=days, until_ms=now))

    def happened(id: str, split: Split = TOTAL) -> ReportShare:
        windows = readings.series(id, start, now, split)
        return ReportShare(sum(value.numerator for value in windows), sum(value.denominator for value in windows))

    def so_far(id: str) -> ReportShare:
        """What happened, and what is so now."""
        one, flows = readings.read(id, now), happened(id)
        shown = readings.series(id, span_start(indicator(id), now), now)
        return ReportShare(
            flows.part + one.numerator - sum(value.numerator for value in shown),
            flows.whole + one.denominator - sum(value.denominator for value in shown),
        )

    on_time, teams = so_far("D09"), readings.read("V03", now)
    return Report(
        until=until,
        visits=happened("Q01").part,
        completed=ReportShare(happened("D03").part, happened("D02").part),
        in_time=happened("D09").part,
        late=on_time.whole - on_time.part,
        petitions=happened("P02"),
        petitions_on_time=so_far("P02"),
        documents=happened("V01"),
        items=happened("V02").part,
        items_by_platform={
            platform: happened("V02", ("platform", platform)).part
            for platform in readings.members("V02", "platform", now)
        },
        teams=ReportShare(teams.numerator, teams.denominator),
    )
