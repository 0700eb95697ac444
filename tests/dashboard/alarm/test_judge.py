"""What is decided is written once, by one process, and about the alarms as the log says."""

from contextlib import suppress
from datetime import timedelta

import pytest

from dashboard.alarm.deadlines import Deadlines
from dashboard.alarm.event_log.fold import AlarmFold
from dashboard.alarm.event_log.reader import AlarmLog
from dashboard.alarm.judge import AlarmJudge, measure_alarms
from dashboard.alarm.outbox import AlarmOutbox
from dashboard.alarm.settings import AlarmSettings
from dashboard.apps.page_list import pages
from dashboard.board.live import Live
from dashboard.state.alarm import Measured
from ingest.contract.clock import moment
from ingest.contract.envelope import encode
from ingest.contract.errors import Unavailable
from tests.dashboard.support.alarms import MemoryLog, after, envelopes, raised
from tests.dashboard.support.board import Away
from tests.dashboard.support.ward import NOW, board_settings, ingest_settings, stock, values
from warehouse.store.alarm_log import OlderLog

DOWN = ("source.silent", "civil_status")


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at


class Process:
    """What judges, with a log in memory that may come back late."""

    def __init__(self, folder, kafka, fold=None):
        self.live = Live(
            ingest_settings(folder), board_settings(folder), lambda now_ms, stocks_from_ms: values(), pages()
        )
        self.clock = self.live.clock = Clock()
        self.live.readings.apply(values())
        self.live.loaded = True
        self.log = AlarmLog(self.live.ingest, Away(), lambda: None)
        self.log.fold, self.log.is_known = fold or kafka.fold, True
        self.owns = True
        deadlines = Deadlines(self.live, Away())
        settings = AlarmSettings(_env_file=None, settle=timedelta())
        outbox = AlarmOutbox(folder / "outbox")
        self.judge = AlarmJudge(self.live, self.log, deadlines, settings, outbox, kafka, lambda: self.owns)

    async def look(self, seconds=35, step=5):
        """Look for so long."""
        for _ in range(0, seconds, step):
            self.clock.at += timedelta(seconds=step)
            await self.judge.look()


def about(kafka, key=DOWN):
    return [one for one in kafka.sent if (one.data.rule, one.data.member or "") == key]


async def test_what_is_decided_is_written_once(tmp_path):
    kafka = MemoryLog()
    process = Process(tmp_path, kafka)
    await process.look(120)
    (event,) = about(kafka)
    assert (event.data.kind, event.data.severity, event.data.number) == ("alarm.raised", "critical", 0)
    assert event.id == event.data.alarm_ref
    assert kafka.fold.active()[DOWN].id == event.id


async def test_nothing_is_judged_before_the_log_is_known(tmp_path):
    kafka = MemoryLog()
    process = Process(tmp_path, kafka)
    process.log.is_known = False
    await process.look(60)
    assert kafka.sent == []


async def test_who_has_not_the_right_watches_and_writes_at_once_when_it_gets_it(tmp_path):
    kafka = MemoryLog()
    process = Process(tmp_path, kafka)
    process.owns = False
    await process.look(45)
    assert kafka.sent == []
    process.owns = True
    await process.look(5)
    assert len(about(kafka)) == 1, "it knows since when"


async def test_what_kafka_did_not_take_is_sent_again_as_it_was(tmp_path):
    kafka = MemoryLog()
    process = Process(tmp_path, kafka)
    kafka.is_away = True
    process.clock.at += timedelta(seconds=5)
    for _ in range(7):
        process.clock.at += timedelta(seconds=5)
        try:
            await process.judge.look()
        except Unavailable:
            break
    else:
        pytest.fail("nothing was decided")
    decided_at = process.clock.at
    kafka.is_away = False
    await process.look(60)
    (event,) = about(kafka)
    assert event.data.at == moment(round(decided_at.timestamp() * 1000))


async def decided_without_kafka(folder, kafka):
    """A process that has decided and whose decision nobody has; the alarm that people may have heard of."""
    process = Process(folder, kafka)
    kafka.is_away = True
    for _ in range(9):
        process.clock.at += timedelta(seconds=5)
        with suppress(Unavailable):
            await process.judge.look()
    kafka.is_away = False
    assert kafka.fold.alarms == {}
    (told,) = [one for one in process.judge.alarms().values() if one.key == DOWN]
    return process, told


async def test_while_kafka_is_away_what_is_decided_can_be_told_under_the_id_that_it_will_have(tmp_path):
    kafka = MemoryLog()
    process, decided = await decided_without_kafka(tmp_path, kafka)
    await process.look(5)
    (event,) = about(kafka)
    assert event.id == decided.id == decided.acts[0].id
    assert process.judge.alarms() == kafka.fold.alarms


async def test_what_is_damaged_in_the_outbox_holds_nothing_up(tmp_path, caplog):
    (tmp_path / "outbox").mkdir()
    for name in ("a.decision.json", "b.message.json"):
        (tmp_path / "outbox" / name).write_text("{")
    kafka = MemoryLog()
    await Process(tmp_path, kafka).look(45)
    assert len(about(kafka)) == 1
    assert caplog.text.count("cannot be read") == 2


async def test_what_people_may_have_heard_of_gets_into_the_log_though_the_process_died_and_the_cause_is_gone(tmp_path):
    kafka = MemoryLog()
    _, told = await decided_without_kafka(tmp_path, kafka)
    another = Process(tmp_path, kafka)
    assert another.judge.alarms()[told.id] == told, "known at once"
    another.live.readings.apply([stock("H04", 0, split=("key", DOWN[1])), stock("H01", 0, split=("key", DOWN[1]))])
    await another.look(20)
    (event,) = about(kafka)
    assert (event.id, event.data.number, event.data.at) == (told.id, 0, moment(told.raised_ms))
    assert kafka.fold.active()[DOWN].id == told.id, "so that it can clear"
    assert list((tmp_path / "outbox").iterdir()) == [], "the log has them"


async def test_who_has_lost_the_right_still_writes_what_people_may_have_heard_of(tmp_path):
    kafka = MemoryLog()
    process, told = await decided_without_kafka(tmp_path, kafka)
    process.owns = False
    await process.look(5)
    assert [one.id for one in about(kafka)] == [told.id]


async def test_what_another_has_decided_meanwhile_is_let_go(tmp_path):
    kafka = MemoryLog()
    first, told = await decided_without_kafka(tmp_path / "a", kafka)
    second = Process(tmp_path / "b", kafka)
    await second.look(45)
    await first.look(5)
    assert [one.id for one in about(kafka)] == [told.id], "the same id, once"
    assert first.judge.alarms() == kafka.fold.alarms


async def test_what_a_full_disk_does_not_take_is_told_only_when_kafka_has_it(tmp_path):
    kafka = MemoryLog()
    (tmp_path / "outbox").write_text("in the folder's place")
    process = Process(tmp_path, kafka)
    kafka.is_away = True
    for _ in range(9):
        process.clock.at += timedelta(seconds=5)
        with suppress(Unavailable):
            await process.judge.look()
    assert process.judge.alarms() == {}
    kafka.is_away = False
    await process.look(5)
    assert [one.data.kind for one in about(kafka)] == ["alarm.raised"]


async def test_two_that_both_believe_to_have_the_right_raise_one_alarm(tmp_path):
    """As one that was frozen while another took over, and that hears of it late: its fold is behind."""
    kafka, stale = MemoryLog(), AlarmFold()
    first, second = Process(tmp_path / "a", kafka), Process(tmp_path / "b", kafka, stale)
    await first.look(40)
    await second.look(45)
    events = about(kafka)
    assert len(events) == 2, "both decided"
    assert {one.id for one in events} == {events[0].id}
    assert kafka.fold.active()[DOWN].raised_ms == round(events[0].data.at.timestamp() * 1000)


async def test_one_of_a_rule_that_is_gone_is_cleared(tmp_path):
    kafka = MemoryLog()
    for one in envelopes(raised("a.rule_of_before", "x")):
        kafka.fold.take(one)
    await Process(tmp_path, kafka).look(10)
    (event,) = about(kafka, ("a.rule_of_before", "x"))
    assert (event.data.kind, event.data.cause_code, event.data.number) == ("alarm.cleared", "superseded", 1)


def test_the_board_measures_only_what_is_active(tmp_path):
    process = Process(tmp_path, MemoryLog())
    active = after(raised(*DOWN, "critical"))
    found = measure_alarms({DOWN: active}, process.live.board_state("vi"), {})
    assert found == {DOWN: Measured(86_400.0)}
    assert measure_alarms({}, process.live.board_state("vi"), {}) == {}


class Older:
    """A warehouse with what lies before Kafka's log."""

    def __init__(self, monkeypatch, older):
        self.asked: list[str] = []

        def read(client, ward, before, since):
            self.asked.append(before)
            return older

        monkeypatch.setattr("dashboard.alarm.event_log.reader.read_older", read)

    async def ask(self, question):
        return question(None)


FIRST, SECOND = after(raised(ago=100_000)), after(raised("source.silent", "frigate", "critical"))


async def test_what_kafka_has_no_more_comes_from_the_warehouse(tmp_path, monkeypatch):
    older = OlderLog([encode(one) for one in envelopes(*FIRST.acts)], {("queue.longest_wait", "dat_dai"): 7})
    reader = Older(monkeypatch, older)
    log = AlarmLog(ingest_settings(tmp_path), reader, lambda: None)
    record = encode(envelopes(*SECOND.acts)[0])
    await log.take_older(record, is_whole=False)
    log.take([record])
    assert reader.asked == [SECOND.id], "all before the first that Kafka has"
    assert set(log.fold.alarms) == {FIRST.id, SECOND.id}
    assert log.fold.decided == {("queue.longest_wait", "dat_dai"): 7, ("source.silent", "frigate"): 1}


async def test_without_the_warehouse_kafka_alone_is_believed_unless_it_has_nothing(tmp_path):
    log = AlarmLog(ingest_settings(tmp_path), Away(), lambda: None)
    with pytest.raises(Unavailable):
        await log.take_older(None, is_whole=True)
    await log.take_older(encode(envelopes(*SECOND.acts)[0]), is_whole=True)
