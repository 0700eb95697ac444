"""A month of the pretend ward: an alarm that is always on says nothing, and a ward in which nothing ever happens shows nothing."""

from datetime import date

import pytest

from tests.dashboard.support.month import live_through
from warehouse.catalogue import alarm_rules

MOST = 10
"""Per cent of office time."""
DESERVED: dict[str, str] = {}
"""Rules whose alarm may be on for longer, and why."""

LIVED = {
    "queue.longest_wait", "queue.rush", "dossier.apology", "dossier.overdue", "dossier.no_apology", "dossier.asked_again",
    "camera.fault", "camera.unseen", "speaker.offline", "software.away",
}  # fmt: skip
"""What a ward lives through within a month."""


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_no_alarm_is_on_for_more_than_a_tenth_of_office_time() -> None:
    shares = live_through(date(2026, 10, 1), 31)
    print(f"\n{shares.table()}")  # for people; `-s` shows it
    assert {rule for rule in alarm_rules() if shares.percent(rule) > MOST} == set(DESERVED)
    assert {rule for rule, times in shares.raised.items() if times} >= LIVED
