"""Acts as the warehouse keeps them: read by alarm, by time, and as how long acknowledging takes."""

from datetime import UTC, datetime, timedelta

import pytest

from ingest.contract.clock import milliseconds
from warehouse.store.alarm_log import (
    SYSTEM,
    AcknowledgementTimes,
    Act,
    acknowledgement_times,
    read_acts,
    read_alarm,
    read_history,
    write_acts,
)

pytestmark = pytest.mark.embedded

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MONTH = NOW - timedelta(days=30)


def act(alarm, number, kind, ago, who=SYSTEM):
    at_ms = milliseconds(NOW - timedelta(minutes=ago))
    return Act(alarm, number, kind, "queue.waiting", "", "warning", 27.0, who, "", -1, at_ms)


DAY = 1440
ALARMS = {
    "quick": [act("quick", 0, "raised", 60), act("quick", 1, "acknowledged", 59, "lan"), act("quick", 2, "cleared", 30)],
    "slow": [act("slow", 0, "raised", 120), act("slow", 1, "acknowledged", 115, "lan"), act("slow", 2, "risen", 100), act("slow", 3, "acknowledged", 99, "mai")],
    "middle": [act("middle", 0, "raised", 2 * DAY), act("middle", 1, "acknowledged", 2 * DAY - 3, "lan"), act("middle", 2, "cleared", 2 * DAY - 9)],
    "unseen": [act("unseen", 0, "raised", 3 * DAY), act("unseen", 1, "cleared", 3 * DAY - 5)],
    "old": [act("old", 0, "raised", 31 * DAY), act("old", 1, "acknowledged", 30 * DAY, "lan"), act("old", 2, "cleared", 30 * DAY)],
}  # fmt: skip


@pytest.fixture
def ward(client, request):
    """A ward of this test's own, with these alarms; everything was written twice."""
    name = request.node.name
    for _ in range(2):
        write_acts(client, name, [one for acts in ALARMS.values() for one in acts])
    return name


def test_how_long_acknowledging_takes_counts_the_first_time_only(client, ward):
    assert acknowledgement_times(client, ward, MONTH) == AcknowledgementTimes(4, 3, 180.0, 180.0)
    assert acknowledgement_times(client, ward, NOW - timedelta(hours=3)) == AcknowledgementTimes(2, 2, 180.0, 180.0)
    assert acknowledgement_times(client, ward, NOW - timedelta(minutes=90)) == AcknowledgementTimes(1, 1, 60.0, 60.0)
    assert acknowledgement_times(client, ward, NOW) == AcknowledgementTimes(0, 0, 0.0, 0.0)


def test_acts_are_read_whole_and_once(client, ward):
    assert read_alarm(client, ward, "slow") == ALARMS["slow"]
    assert read_alarm(client, "another ward", "slow") == []
    assert [one.alarm for one in read_history(client, ward, MONTH, 2)] == ["quick"] * 3 + ["slow"] * 4
    active_or_late = {one.alarm for one in read_acts(client, ward, NOW - timedelta(days=1))}
    assert active_or_late == {"quick", "slow"}
