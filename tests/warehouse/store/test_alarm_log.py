"""The log of the alarms as the warehouse keeps it: read by alarm, by time, as acts, and as how long acknowledging takes."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from ingest.contract.clock import milliseconds
from ingest.contract.envelope import encode, envelope
from ingest.contract.events.alarm import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmCommented,
    AlarmNotTold,
    AlarmRaised,
    AlarmRisen,
    AlarmStepTicked,
    AlarmTold,
)
from tests.support.raw import store
from warehouse.store.alarm_log import (
    ACTS,
    AcknowledgementTimes,
    acknowledgement_times,
    read_alarm,
    read_history,
    read_older,
    stored_ids,
)

pytestmark = pytest.mark.embedded

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
MONTH = NOW - timedelta(days=30)
DAY = 1440

_positions = count()


def ref(name: str) -> str:
    return name.encode().hex().ljust(32, "0")


def act(ward, alarm, number, kind, ago, who="lan", decision=0, **more):
    own: dict[str, Any] = {
        "alarm_ref": ref(alarm),
        "rule": "queue.waiting",
        "severity": "warning",
        "at": NOW - timedelta(minutes=ago),
    }
    decided: dict[str, Any] = {"number": decision, "value": 27.0}
    event = {
        "raised": lambda: AlarmRaised(**own, **decided, **more),
        "risen": lambda: AlarmRisen(**own, **decided),
        "cleared": lambda: AlarmCleared(**own, **decided),
        "acknowledged": lambda: AlarmAcknowledged(**own, who=who),
        "commented": lambda: AlarmCommented(**own, who=who, comment="đã gọi"),
        "ticked": lambda: AlarmStepTicked(**own, who=who, step=2),
        "told": lambda: AlarmTold(**own, act_ref=ref(alarm), channel="mail"),
        "not_told": lambda: AlarmNotTold(**own, act_ref=ref(alarm), channel="mail", cause_code="too-late"),
    }[kind]()
    id = ref(alarm) if kind == "raised" else ref(f"{alarm}{number}")
    return envelope(event, ward=ward, source=f"/{ward}/ioc/alarm", recorded_at=event.at, id=id)


def log(ward):
    """Five alarms in the order of the log."""
    return [
        act(ward, "old", 0, "raised", 31 * DAY), act(ward, "old", 1, "acknowledged", 30 * DAY),
        act(ward, "old", 2, "cleared", 30 * DAY, decision=1),
        act(ward, "unseen", 0, "raised", 3 * DAY, decision=2), act(ward, "unseen", 1, "cleared", 3 * DAY - 5, decision=3),
        act(ward, "middle", 0, "raised", 2 * DAY, decision=4), act(ward, "middle", 1, "acknowledged", 2 * DAY - 3),
        act(ward, "middle", 2, "cleared", 2 * DAY - 9, decision=5),
        act(ward, "slow", 0, "raised", 120, decision=6, names=["A", "B"]), act(ward, "slow", 1, "acknowledged", 115),
        act(ward, "slow", 2, "risen", 100, decision=7), act(ward, "slow", 3, "acknowledged", 99, "mai"),
        act(ward, "quick", 0, "raised", 60, decision=8), act(ward, "quick", 1, "acknowledged", 59),
        act(ward, "quick", 2, "commented", 50), act(ward, "quick", 3, "ticked", 45), act(ward, "quick", 4, "told", 40),
        act(ward, "quick", 5, "not_told", 39), act(ward, "quick", 6, "cleared", 30, decision=9),
    ]  # fmt: skip


@pytest.fixture
def ward(client, request):
    """A ward of this test's own, with these alarms."""
    name = request.node.name.replace("_", "-")[:60]
    found = log(name)
    store(client, found, first=sum(1 for _ in zip(range(1000), _positions, strict=False)))
    return name


def of(ward, *alarms):
    return [encode(one) for one in log(ward) if one.subject in {ref(alarm) for alarm in alarms}]


def test_how_long_acknowledging_takes_counts_the_first_time_only(client, ward):
    assert acknowledgement_times(client, ward, MONTH) == AcknowledgementTimes(4, 3, 180.0, 180.0)
    assert acknowledgement_times(client, ward, NOW - timedelta(hours=3)) == AcknowledgementTimes(2, 2, 180.0, 180.0)
    assert acknowledgement_times(client, ward, NOW - timedelta(minutes=90)) == AcknowledgementTimes(1, 1, 60.0, 60.0)
    assert acknowledgement_times(client, ward, NOW) == AcknowledgementTimes(0, 0, 0.0, 0.0)


def test_events_are_read_whole_and_in_the_order_of_the_log(client, ward):
    assert read_alarm(client, ward, ref("slow")) == of(ward, "slow")
    assert read_alarm(client, "another-ward", ref("slow")) == []
    assert read_history(client, ward, MONTH, 2) == of(ward, "slow", "quick")
    assert stored_ids(client, ward, [ref("slow"), ref("x")]) == {ref("slow")}
    assert stored_ids(client, ward, []) == set()


def test_what_lies_before_kafkas_log_is_what_is_not_over_and_how_much_was_decided(client, ward):
    everything = read_older(client, ward, "", NOW - timedelta(days=1))
    assert everything.events == of(ward, "slow", "quick")
    assert everything.decided == {("queue.waiting", ""): 10}
    before = read_older(client, ward, ref("slow"), NOW - timedelta(days=2))
    assert before.events == of(ward, "middle")
    assert before.decided == {("queue.waiting", ""): 6}
    begun = read_older(client, ward, ref("slow2"), NOW - timedelta(days=1))
    assert begun.events == of(ward, "slow")[:2], "an alarm may reach over the beginning of Kafka's log"


def test_analysts_see_every_act_with_its_place(client, ward):
    rows = client.query(
        f"SELECT number, kind, who, what, about, at FROM ({ACTS}) WHERE ward = %(ward)s AND alarm = %(alarm)s ORDER BY number",  # noqa: S608
        {"ward": ward, "alarm": ref("quick")},
    )
    assert [row[:5] for row in rows] == [
        (0, "raised", "system", "", ""), (1, "acknowledged", "lan", "", ""), (2, "commented", "lan", "đã gọi", ""),
        (3, "ticked", "lan", "2", ""), (4, "told", "system", "mail", ref("quick")),
        (5, "not_told", "system", "mail: too-late", ref("quick")), (6, "cleared", "system", "", ""),
    ]  # fmt: skip
    assert milliseconds(rows[0][5]) == milliseconds(NOW - timedelta(minutes=60))
    (named,) = client.query(
        f"SELECT what FROM ({ACTS}) WHERE ward = %(ward)s AND alarm = %(alarm)s AND number = 0",  # noqa: S608
        {"ward": ward, "alarm": ref("slow")},
    )
    assert named == ("A B",)
