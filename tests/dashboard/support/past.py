"""A day of the past that can be read without a warehouse."""

import pytest

from dashboard.pages.past import memory
from tests.dashboard.support.alarms import raised, records
from tests.dashboard.support.ward import NOW_MS, TODAY_MS, values
from warehouse.history.as_of import DayValues, StoredValue
from warehouse.model.expression import MINUTE

AT_MS = NOW_MS // MINUTE * MINUTE
"""10:15 on Tuesday 24 November 2026."""


def keep_one_day(patch: pytest.MonkeyPatch) -> None:
    """Let the figures and alarms of that minute be what is kept of that day, and nothing be kept of the days before."""
    kept = [
        StoredValue(value._replace(window_ms=AT_MS - MINUTE, as_of_ms=AT_MS), AT_MS)
        for value in values()
        if value.grain == "stock"
    ]
    flows = [StoredValue(value, AT_MS) for value in values() if value.grain == "flow"]
    log = records(raised(ago=4), raised("speaker.offline", "", "critical", ago=50))
    patch.setattr(memory, "oldest_window", lambda client, ward: TODAY_MS)
    patch.setattr(memory, "read_values", lambda client, ward, start, until: DayValues(flows, kept, []))
    patch.setattr(memory, "read_lives", lambda client, ward, start, until: {})
    patch.setattr(memory, "recompute_as_of", lambda client, ward, minute, view, places: {place: [] for place in places})
    patch.setattr(memory, "recent_audits", lambda client, count, until: [])
    patch.setattr(memory, "read_standing", lambda client, ward, at_ms, since: log)
