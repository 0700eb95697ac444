"""What an earlier version kept of alarms becomes events once, and nothing of it is lost."""

import json

from dashboard.alarm.event_log.fold import fold_events
from dashboard.alarm.event_log.takeover import WITHHELD, former_events, read_journal, take_over
from ingest.contract.envelope import encode
from tests.dashboard.support.alarms import MINUTE, MemoryLog
from tests.dashboard.support.ward import NOW_MS, ingest_settings
from warehouse.store.alarm_log import SYSTEM, Act


def former(number, kind, ago, who=SYSTEM, what="", about=-1, alarm="0123456789abcdef", severity="warning", value=0.0):
    return Act(
        alarm, number, kind, "source.silent", "frigate", severity, value, who, what, about, NOW_MS - ago * MINUTE
    )


FIRST = [
    former(0, "raised", 90, value=120.0, what="A B"), former(1, "told", 89, what="mail", about=0), former(2, "assigned", 88, "lan", "Tổ ứng cứu CNTT"),
    former(3, "commented", 87, "lan", "gọi 0912345678"), former(4, "risen", 86, severity="critical", value=300.0), former(5, "acknowledged", 85, "mai", severity="critical"),
    former(6, "ticked", 84, "mai", "1", severity="critical"), former(7, "not_told", 83, what="mail: too late", about=4, severity="critical"),
    former(8, "cleared", 80, severity="critical"),
]  # fmt: skip
SECOND = [former(0, "raised", 20, alarm="fedcba9876543210"), former(1, "escalated", 5, alarm="fedcba9876543210")]


class Stored:
    """A warehouse with the table of before; it has stored what was sent."""

    def __init__(self, monkeypatch, acts, kafka):
        module = "dashboard.alarm.event_log.takeover"
        monkeypatch.setattr(f"{module}.read_former_acts", lambda client, ward: list(acts))
        monkeypatch.setattr(f"{module}.stored_ids", lambda client, ward, ids: {one.id for one in kafka.sent} & set(ids))

    async def ask(self, question):
        return question(None)


async def test_every_act_is_an_event_once_and_the_file_is_laid_aside(tmp_path, monkeypatch):
    kafka, journal = MemoryLog(), tmp_path / "alarms.jsonl"
    journal.write_text("".join(f"{json.dumps(act[:-1])}\n" for act in SECOND) + '["half a li')
    reader, ingest = Stored(monkeypatch, FIRST, kafka), ingest_settings(tmp_path)
    assert await take_over(ingest, reader, kafka, journal) == len(FIRST) + len(SECOND)
    assert not journal.exists()
    assert (tmp_path / "alarms.taken-over").exists()
    assert await take_over(ingest, reader, kafka, journal) == 0
    old, new = fold_events(encode(one) for one in kafka.sent)
    assert [(act.kind, act.who, act.about) for act in old.acts] == [(act.kind, act.who, act.about) for act in FIRST]
    assert [act.what for act in old.acts] == [
        "A B", "mail", "Tổ ứng cứu CNTT", WITHHELD, "", "", "1", "mail: too late", "",
    ]  # fmt: skip
    assert [act.at_ms for act in old.acts] == [act.at_ms for act in FIRST]
    assert (old.severity, old.is_active, old.id) == ("critical", False, "0123456789abcdef" + "0" * 16)
    assert (new.is_active, new.escalated_ms) == (True, SECOND[1].at_ms)
    assert kafka.fold.decided == {("source.silent", "frigate"): 5}, "the next decision goes on behind them"


def test_what_has_no_beginning_is_left_out():
    assert former_events(FIRST[1:]) == []


def test_a_file_that_is_not_there_holds_nothing(tmp_path):
    assert read_journal(tmp_path / "none") == []
