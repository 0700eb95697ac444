"""People are told by real HTTP and real SMTP on loopback: signed, again until it works, and once."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from datetime import time, timedelta
from email import message_from_bytes, policy

import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook

from dashboard.alarm.evaluator import next_act
from dashboard.alarm.event_log.events import decision_event, decision_id, wrap
from dashboard.alarm.notification.channels import notification_channels
from dashboard.alarm.notification.delivery import AlarmDelivery, outstanding_acts
from dashboard.alarm.outbox import AlarmOutbox
from dashboard.alarm.settings import AlarmSettings
from dashboard.apps.page_list import pages
from dashboard.board.live import Live
from dashboard.state.alarm import Alarms
from ingest.contract.clock import moment
from tests.dashboard.support.alarms import MemoryLog, after, envelopes, raised
from tests.dashboard.support.ward import board_settings, ingest_settings, values
from warehouse.store.alarm_log import SYSTEM, Act

KEY = "whsec_" + base64.b64encode(b"a key that only the tests know..").decode()


def settings(**changed) -> AlarmSettings:
    return AlarmSettings(_env_file=None, **changed)


class Duty:
    """A log that holds a critical alarm, and what tells people of it."""

    def __init__(self, folder, chosen, first_wait=timedelta()):
        self.live = Live(
            ingest_settings(folder), board_settings(folder), lambda now_ms, stocks_from_ms: values(), pages()
        )
        self.live.readings.apply(values())
        self.live.loaded = True
        self.folder = folder
        self.kafka = MemoryLog()
        self.live.faults = self.faults
        self.add(*after(raised("source.silent", "civil_status", "critical", 34, 120.0)).acts)
        self.settings = chosen
        self.delivery = self.another(first_wait)

    @property
    def alarms(self):
        return self.kafka.fold.alarms

    @property
    def faults(self):
        return self.kafka.fold.faults

    def another(self, first_wait=timedelta()):
        """As after a restart: only the log remembers."""
        channels = notification_channels(self.settings)
        return AlarmDelivery(
            self.live,
            self.kafka.fold,
            lambda: self.alarms,
            self.settings,
            channels,
            AlarmOutbox(self.folder / "outbox"),
            self.kafka,
            lambda: True,
            first_wait,
        )

    def add(self, *acts):
        for one in envelopes(*acts):
            self.kafka.fold.take(one)

    def decide(self, kind):
        """The next decision about the alarm."""
        (alarm,) = self.alarms.values()
        act = next_act(alarm, kind, self.live.now_ms())
        number = self.kafka.fold.decided[alarm.key]
        event = decision_event(act, number, moment(act.at_ms))
        self.kafka.fold.take(
            wrap(event, decision_id(alarm.key, number), ward="hong-bang", process="alarm", now=moment(act.at_ms))
        )


class Receiver:
    """What answers on loopback: takes what comes, or fails as often as it is told to."""

    def __init__(self, failures=0, body=b""):
        self.failures, self.body = failures, body
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.refused = 0

    async def http(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head if line)}
        content = await reader.readexactly(int(headers["content-length"]))
        status = "200 OK" if self._takes(headers, content) else "503 Service Unavailable"
        body = self.body
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    async def smtp(self, reader, writer):
        def say(line):
            writer.write(f"{line}\r\n".encode())

        say("220 sink")
        while line := (await reader.readline()).decode().strip():
            match line.split()[0].upper():
                case "DATA":
                    say("354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    say("250 taken" if self._takes({}, content[:-5]) else "451 later")
                case "QUIT":
                    say("221 bye")
                    break
                case _:
                    say("250 well")
        writer.close()

    def _takes(self, headers, content) -> bool:
        if self.refused < self.failures:
            self.refused += 1
            return False
        self.taken.append((headers, content))
        return True


@asynccontextmanager
async def listening(handle):
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def told(one: Duty):
    (alarm,) = one.alarms.values()
    return [(act.kind, act.what, act.about) for act in alarm.acts if act.kind in ("told", "not_told")]


def kinds(one: Duty, alarm: str):
    return [act.kind for act in one.alarms[alarm].acts if act.kind in ("told", "not_told")]


async def test_a_webhook_is_signed_tried_again_and_told_once(tmp_path):
    receiver = Receiver(failures=2)
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"), webhook_secret=SecretStr(KEY))
        one = Duty(tmp_path, chosen)
        delivery = one.delivery
        (way,) = delivery.channels
        await delivery.tell(way)
        assert one.faults["webhook"].why == "HTTP 503"
        assert told(one) == []
        for _ in range(4):
            await delivery.tell(way)
        assert one.faults == {}
        assert told(one) == [("told", "webhook", 0)]
        ((headers, content),) = receiver.taken
        Webhook(KEY).verify(content, headers)
        said = json.loads(content)
        assert said["type"] == "alarm.raised"
        assert said["data"]["text"] == {"vi": "Nguồn Hộ tịch mất kết nối", "en": "Source Civil status is down"}
        assert said["data"]["pretend"] is True

        await one.another().tell(way)
        assert len(receiver.taken) == 1, "a restart repeats nothing"


async def test_without_kafka_people_are_told_once_and_the_log_hears_of_it_later(tmp_path):
    receiver = Receiver()
    async with listening(receiver.http) as port:
        one = Duty(tmp_path, settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook")))
        one.kafka.is_away = True
        for _ in range(3):
            await one.delivery.tell(one.delivery.channels[0])
        assert len(receiver.taken) == 1
        assert told(one) == []
        one.kafka.is_away = False
        await one.delivery.tell(one.delivery.channels[0])
        assert told(one) == [("told", "webhook", 0)]
        assert len(receiver.taken) == 1


async def test_a_way_that_is_away_waits_longer_each_time_and_loses_nothing(tmp_path):
    receiver = Receiver()
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"))
    one = Duty(tmp_path, chosen, first_wait=timedelta(seconds=100))
    delivery = one.delivery
    for _ in range(3):
        await delivery.tell(delivery.channels[0])
    (trial,) = delivery.trials.values()
    assert trial.backoff.failures == 1, "not again before its time"
    assert one.live.board_state("vi").faults["webhook"].why == "ConnectError", "the rules see it"
    assert "127.0.0.1" not in str(one.faults), "an address may hold a token"


async def test_what_is_too_late_is_given_up_but_the_newest_finds_out_that_the_way_works_again(tmp_path, monkeypatch):
    receiver = Receiver(failures=3)
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"), give_up_after=timedelta(seconds=10))
        one = Duty(tmp_path, chosen)
        (alarm,) = one.alarms.values()
        newest = after(raised(ago=0))
        now_ms = [newest.acts[0].at_ms]
        monkeypatch.setattr(one.live, "now_ms", lambda: now_ms[0])
        one.add(*newest.acts)
        delivery = one.delivery
        (way,) = delivery.channels
        for _ in range(3):
            await delivery.tell(way)
            now_ms[0] += 6_000
        assert one.faults
        assert kinds(one, alarm.id) == ["not_told"]
        assert kinds(one, newest.id) == []
        await delivery.tell(way)
        assert not one.faults
        assert kinds(one, newest.id) == ["told"]
    assert len(receiver.taken) == 1


async def test_a_mail_says_it_in_both_languages(tmp_path):
    sink = Receiver(failures=1)
    async with listening(sink.smtp) as port:
        chosen = settings(mail_host="127.0.0.1", mail_port=port, mail_security="none",
                          mail_from="ioc@hongbang.example", mail_to=["truc@hongbang.example"],
                          mail_escalation_to=["chutich@hongbang.example"])  # fmt: skip
        one = Duty(tmp_path, chosen)
        delivery = one.delivery
        mail, escalation = delivery.channels
        await delivery.tell(mail)
        assert one.faults["mail"].why == "SMTP 451"
        await delivery.tell(mail)
        await delivery.tell(escalation)
        assert told(one) == [("told", "mail", 0)], "others are told only when nobody acknowledges"
        one.decide("escalated")
        for way in delivery.channels:
            await delivery.tell(way)
        assert len(sink.taken) == 3
        sent = [message_from_bytes(content, policy=policy.default) for _, content in sink.taken]
        assert [one["To"] for one in sent] == ["truc@hongbang.example"] * 2 + ["chutich@hongbang.example"]
        assert "■ nghiêm trọng: Nguồn Hộ tịch mất kết nối" in sent[0]["Subject"]
        assert "Source Civil status is down" in sent[0].get_content()
        assert "http://127.0.0.1:8050/alarm/" in sent[0].get_content()


async def test_a_receivers_own_form_and_its_no(tmp_path):
    """As Zalo's bots have it: text to a chat, and 200 with `ok: false` for a no."""
    receiver = Receiver(body=b'{"ok": false}')
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/bot/sendMessage"),
                          webhook_body='{"chat_id": "ward", "text": "{text}"}')  # fmt: skip
        one = Duty(tmp_path, chosen)
        delivery = one.delivery
        await delivery.tell(delivery.channels[0])
        assert "not ok" in one.faults["webhook"].why
        receiver.body = b'{"ok": true}'
        await delivery.tell(delivery.channels[0])
        said = json.loads(receiver.taken[-1][1])
        assert said["chat_id"] == "ward"
        assert said["text"].startswith("[DỮ LIỆU GIẢ LẬP | PRETEND DATA] Cảnh báo · ■ nghiêm trọng: Nguồn Hộ tịch")
        assert told(one) == [("told", "webhook", 0)]


async def test_what_cleared_before_it_could_be_told_is_not_told(tmp_path):
    receiver = Receiver()
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"))
        one = Duty(tmp_path, chosen)
        one.decide("cleared")
        delivery = one.delivery
        for _ in range(2):
            await delivery.tell(delivery.channels[0])
        assert told(one) == [("not_told", "webhook: cleared", 0)]
        assert receiver.taken == []


async def test_what_may_have_arrived_before_a_crash_is_told_again_so_that_its_end_is_news_too(tmp_path):
    receiver = Receiver()
    async with listening(receiver.http) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"))
        one = Duty(tmp_path, chosen)
        one.kafka.is_away = True
        await one.delivery.tell(one.delivery.channels[0])
        one.kafka.is_away = False
        one.decide("cleared")
        another = one.another()
        for _ in range(3):
            await another.tell(another.channels[0])
        assert told(one) == [("told", "webhook", 0), ("told", "webhook", 1)]
        assert list((tmp_path / "outbox").iterdir()) == [], "the log says what came of them"
    said = [(headers["webhook-id"], json.loads(content)["type"]) for headers, content in receiver.taken]
    assert [kind for _, kind in said] == ["alarm.raised", "alarm.raised", "alarm.cleared"]
    assert said[0][0] == said[1][0] != said[2][0]


async def test_what_only_its_answer_is_missing_of_may_have_arrived(tmp_path):
    taken = []

    async def silent(reader, writer):
        taken.append(await reader.readuntil(b"\r\n\r\n"))
        writer.close()

    async with listening(silent) as port:
        chosen = settings(webhook_url=SecretStr(f"http://127.0.0.1:{port}/hook"))
        one = Duty(tmp_path, chosen)
        await one.delivery.tell(one.delivery.channels[0])
        one.decide("cleared")
        await one.delivery.tell(one.delivery.channels[0])
    assert len(taken) == 2
    assert told(one) == []


@pytest.mark.parametrize(("passes", "expected"), [(True, ["critical"]), (False, [])])
def test_quiet_hours_hold_back_and_forget_nothing(passes, expected):
    (way,) = notification_channels(settings(webhook_url=SecretStr("https://ward.example/hook")))
    alarms = [after(raised()), after(raised("source.silent", "frigate", "critical"))]
    shown = duty_less(passes)

    def waiting(shown) -> list[str]:
        return [act.severity for _, act in outstanding_acts(alarms, way, shown)]

    assert waiting(shown) == expected
    assert sorted(waiting(shown._replace(is_quiet=False))) == ["critical", "warning"]


def duty_less(passes):
    return Alarms(is_quiet=True, critical_passes=passes)


def test_that_it_cleared_is_news_only_for_those_who_heard_of_it():
    (way,) = notification_channels(settings(webhook_url=SecretStr("https://ward.example/hook")))
    act: Act = raised()
    unheard = after(act, ("cleared", SYSTEM, "", 1))
    heard = after(act, ("told", SYSTEM, "webhook", 3), ("cleared", SYSTEM, "", 1))
    shown = duty_less(True)._replace(is_quiet=False)
    assert [one.kind for _, one in outstanding_acts([unheard], way, shown)] == ["raised"]
    assert [one.kind for _, one in outstanding_acts([heard], way, shown)] == ["cleared"]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"webhook_url": SecretStr("http://ward.example/hook")}, "https"),
        ({"webhook_secret": SecretStr("short")}, "whsec_"),
        ({"webhook_body": "{text}"}, "JSON"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"mail_host": "mail.example"}, "mail_from"),
        ({"mail_host": "mail.example", "mail_from": "a@b", "mail_to": ["c@d"], "mail_security": "none"}, "loopback"),
    ],
)
def test_settings_that_cannot_work_are_refused(changed, why):
    with pytest.raises(ValidationError, match=why):
        settings(**changed)


def test_quiet_hours_may_reach_over_midnight():
    night = settings(quiet_from="22:00", quiet_until="06:00")
    assert [night.is_quiet(time(hour)) for hour in (21, 22, 0, 5, 6)] == [False, True, True, True, False]
    assert not settings().is_quiet(time(0))
