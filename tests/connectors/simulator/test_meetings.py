"""The pretend calendar is one that the connector reads, with people in it who get no further."""

from datetime import UTC, datetime, timedelta

from connectors.simulator.systems.meetings import calendar_text
from connectors.simulator.ward import Pretend
from ingest.contract.clock import WARD_ZONE
from ingest.untrusted.calendar_text import meetings


def test_each_day_has_its_meetings_and_the_weekly_briefing() -> None:
    found, monday = [], datetime(2026, 11, 16, tzinfo=UTC)
    for day in range(7):
        now = monday + timedelta(days=day)
        text = calendar_text(Pretend(), now)
        assert "ORGANIZER" in text or day >= 5
        found += meetings(text.encode(), now, now + timedelta(days=1))
    begins = {one.begins.astimezone(WARD_ZONE) for one in found}
    assert {f"{one:%a %H:%M}" for one in begins} >= {"Mon 08:00", "Thu 08:00"}
    assert not any(one.fault for one in found)
    assert 4 <= len({one.ref for one in found}) <= 12
    assert {one.begins.astimezone(WARD_ZONE).weekday() for one in found} <= {0, 1, 2, 3, 4}
