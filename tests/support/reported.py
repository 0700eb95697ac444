"""Reported: the baselines of the ward's report of 2025, as the values that importing them gives."""

from datetime import date, time

from ingest.contract.calendar import ward_moment
from ingest.contract.clock import milliseconds
from ingest.contract.events.figure import FigureConfirmed
from ingest.contract.topic import topic_of
from warehouse.model.value import Value

LAST_DAY_MS = milliseconds(ward_moment(date(2025, 8, 29), time()))
"""The last day that they cover."""

REPORTED = {
    "Q11": (11_796, 1),
    "D02": (4_293, 1),
    "D03": (4_288, 1),
    "P01": (7, 1),
    "V01": (1_768, 1_768),
    "V02": (600, 1),
}


def baseline_values(ward: str) -> list[Value]:
    """By indicator, what is added to it."""
    topic = topic_of(FigureConfirmed.stream)
    return [
        Value(ward, f"N{id}", "flow", LAST_DAY_MS, "", "", *sides, LAST_DAY_MS, LAST_DAY_MS, topic, 0, 0, 0)
        for id, sides in REPORTED.items()
    ]
