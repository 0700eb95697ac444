"""What people do about alarms, and the pages where they do it."""

import asyncio
from dataclasses import replace
from secrets import token_hex

import pytest
from plotly.io.json import to_json_plotly

from dashboard.access.viewer import Viewer, set_viewer
from dashboard.alarm.observation import observe
from dashboard.alarm.sentence import alarm_sentence
from dashboard.apps.page_list import pages
from dashboard.board.layout import fill_layout
from dashboard.pages.alarms import active, callbacks, history, log
from dashboard.pages.alarms import detail as alarm_page
from dashboard.pages.alarms import page as alarms_page
from dashboard.state.alarm import ChannelFault, Measured, begin_alarm, combine_alarms
from dashboard.state.page import PropertyUpdate
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.alarms import MINUTE, after, raised, records, wall
from tests.dashboard.support.board import BoardOfTests, call
from tests.dashboard.support.ward import NOW_MS, board_state
from warehouse.catalogue import alarm_rules
from warehouse.model.alarm_rule import TEAMS
from warehouse.store.alarm_log import SYSTEM, AcknowledgementTimes

SILENT = raised("source.silent", "civil_status", "critical", 5, 120.0)
STEPS = range(alarm_page.STEPS)
SCREEN = Viewer("hall", frozenset({"display"}))


@pytest.fixture
def tested(tmp_path):
    """A board that holds one critical alarm."""
    found = BoardOfTests(tmp_path)
    found.board.desk.log.take(records(SILENT))
    return found


def one(tested):
    return tested.board.desk.alarms[SILENT.alarm]


async def press(client, button, id=SILENT.alarm, to=None, comment=None, ticked=(), click=None):
    buttons = ["alarm-acknowledge", "alarm-assign", "alarm-say", *(f"alarm-step-{step}" for step in STEPS)]
    said = [(("alarm-id", "data"), id), (("alarm-to", "value"), to), (("alarm-comment", "value"), comment)]
    said.append((("alarm-click", "data"), click or token_hex(8)))
    seen = [((f"alarm-step-{step}", "aria-checked"), "true" if step in ticked else "false") for step in STEPS]
    clicks = [((name, "n_clicks"), 1) for name in buttons]
    clicks.append((("alarm-comment", "n_submit"), 1))
    return await call(
        client,
        "alarm-fault.children",
        clicks,
        [*said, *seen],
        f"alarm-{button}.{'n_submit' if button == 'comment' else 'n_clicks'}",
    )


async def test_a_leader_handles_it_and_everything_is_in_its_log(tested):
    async with tested.logged_in(name="lan") as leader:
        await press(leader, "acknowledge")
        await press(leader, "assign", to=TEAMS[0])
        await press(leader, "step-1")
        assert (await press(leader, "say", comment="  đã gọi\n đầu mối "))["alarm-comment"]["value"] == ""
        await press(leader, "comment", comment="xong")
        await press(leader, "step-1", ticked=(1,))
        await press(leader, "acknowledge")
    acts = [(act.kind, act.who, act.what) for act in one(tested).acts[1:]]
    assert acts == [
        ("acknowledged", "lan", ""),
        ("assigned", "lan", TEAMS[0]),
        ("ticked", "lan", "1"),
        ("commented", "lan", "đã gọi đầu mối"),
        ("commented", "lan", "xong"),
        ("unticked", "lan", "1"),
    ]
    said = [row[1:] for row in log.act_rows(one(tested), board_state("vi"))]
    assert said[2:4] == [["lan", "Ghi chú: đã gọi đầu mối"], ["lan", "Đã làm: Kiểm tra mạng từ máy này đến nguồn"]]
    assert said[-1] == ["hệ thống", "Báo: nghiêm trọng"]


async def test_two_who_press_the_same_step_both_tick_it(tested):
    async with tested.logged_in(name="lan") as lan, tested.logged_in(name="mai") as mai:
        await asyncio.gather(press(lan, "step-0"), press(mai, "step-0"))
    assert one(tested).ticked == {0}


@pytest.mark.parametrize("button", ["acknowledge", "assign", "say", "step-0"])
async def test_who_may_not_cannot_whatever_they_send(tested, button):
    async with tested.logged_in(("analyst",), "an") as analyst:
        answer = await press(analyst, button, to=TEAMS[0], comment="x")
        assert "không có quyền" in answer["alarm-fault"]["children"]
        assert "quyền xem" in str(await call(analyst, "page.children", [(("url", "pathname"), f"/alarm/{SILENT.alarm}")],
                                             [(("url", "search"), "")]))  # fmt: skip
    assert len(one(tested).acts) == 1


@pytest.mark.parametrize(
    ("button", "given", "why"),
    [
        ("assign", {}, "chọn giao cho ai"),
        ("assign", {"to": "somebody"}, "chọn giao cho ai"),
        ("assign", {"to": ["x"]}, "chọn giao cho ai"),
        ("say", {"comment": " \n"}, "viết ghi chú"),
        ("say", {"comment": 5}, "viết ghi chú"),
        ("step-5", {}, "không còn xử lý"),
        ("acknowledge", {"id": "0" * 32}, "không còn xử lý"),
        ("acknowledge", {"id": ["x"]}, "không còn xử lý"),
    ],
)
async def test_what_makes_no_sense_is_told_and_changes_nothing(tested, button, given, why):
    async with tested.logged_in() as leader:
        assert why in (await press(leader, button, **given))["alarm-fault"]["children"]
    assert len(one(tested).acts) == 1


async def test_without_kafka_nothing_is_done_and_the_same_click_does_it_later(tested):
    tested.kafka.is_away = True
    async with tested.logged_in() as leader:
        answer = await press(leader, "acknowledge", click="a")
        assert "Kafka không trả lời" in answer["alarm-fault"]["children"]
        assert "alarm-click" not in answer, "the next click is the same one"
        assert one(tested).calls
        tested.kafka.is_away = False
        answer = await press(leader, "acknowledge", click="a")
        assert answer["alarm-click"]["data"]
    assert one(tested).acknowledged_by == "lan"


async def test_the_same_click_counts_once_and_a_second_click_twice(tested):
    async with tested.logged_in() as leader:
        await asyncio.gather(*(press(leader, "say", comment="xong", click="a") for _ in range(2)))
        await press(leader, "say", comment="xong", click="a")
        assert [act.what for act in one(tested).acts[1:]] == ["xong"]
        await press(leader, "say", comment="xong", click="b")
    assert [act.what for act in one(tested).acts[1:]] == ["xong", "xong"]


async def test_a_comment_with_somebodys_number_is_refused_and_sent_nowhere(tested):
    async with tested.logged_in() as leader:
        answer = await press(leader, "say", comment="gọi 0912 345 678")
        assert "số điện thoại" in answer["alarm-fault"]["children"]
        assert await press(leader, "say", comment="gọi anh Nguyễn Văn An")
    assert [act.what for act in one(tested).acts[1:]] == ["gọi anh Nguyễn Văn An"]


async def test_what_has_cleared_is_acknowledged_no_more(tested):
    cleared = after(SILENT, ("cleared", SYSTEM, "", 1))
    tested.board.desk.log.take(records(*cleared.acts))
    async with tested.logged_in() as leader:
        await press(leader, "acknowledge")
    assert not one(tested).is_acknowledged


async def test_teams_and_who_may_handle_alarms_can_be_given_one(tested):
    tested.accounts.add("an", frozenset({"analyst"}))
    async with tested.logged_in(name="lan") as leader:
        answer = await call(leader, "alarm-to.data", [(("alarm-id", "data"), SILENT.alarm)])
    assert answer["alarm-to"]["data"] == [*TEAMS, "lan"]


class Stored:
    """A warehouse with acts."""

    def __init__(self, acts, monkeypatch):
        mine = lambda id: records(*(act for act in acts if act.alarm == id))  # noqa: E731
        monkeypatch.setattr(callbacks, "read_alarm", lambda client, ward, id: mine(id))
        monkeypatch.setattr(callbacks, "read_history", lambda client, ward, since, most: records(*acts))
        monkeypatch.setattr(
            callbacks, "acknowledgement_times", lambda client, ward, since: AcknowledgementTimes(41, 38, 192.0, 90.0)
        )

    async def ask(self, question):
        return question(None)


CLEARED = after(raised(ago=3000), ("acknowledged", "mai", "", 2997), ("cleared", SYSTEM, "", 2900))
FILTERS = [("alarms-span", "value"), ("alarms-severity", "value"), ("alarms-domain", "value"), ("alarms-refresh", "n_clicks")]  # fmt: skip


async def test_the_history_is_filtered_and_tells_how_long_it_took(tmp_path, monkeypatch):
    tested = BoardOfTests(tmp_path, reader=Stored([*CLEARED.acts, SILENT], monkeypatch))

    async def show(client, *values):
        answer = await call(client, "alarms-table.children", list(zip(FILTERS, values, strict=True)))
        return str(answer)

    async with tested.logged_in() as leader:
        everything = await show(leader, "30", None, None, None)
        for part in (
            "Nguồn Hộ tịch mất kết nối",
            "Chờ quá 15",
            "3 phút",
            "100 phút",
            f"/alarm/{CLEARED.id}",
            "2 cảnh báo, đọc lúc",
        ):
            assert part in everything, part
        assert "Chờ quá" not in await show(leader, "30", "critical", None, None)
        assert "Nguồn" not in await show(leader, "x", None, "/queue", None)
        assert "2 cảnh báo" in await show(leader, ["x"], "x", 5, None)
        told = str(await call(leader, "alarms-times.children", [(("alarms-tick", "n_intervals"), 0)]))
        assert "41 cảnh báo, 38 được nhận; từ báo đến nhận trung bình 3 phút, trung vị 90 giây" in told
        assert "Chưa cài cách báo" in told
    async with tested.logged_in(("analyst",), "an") as analyst:
        assert "Nguồn" not in await show(analyst, "30", None, None, None)
        assert await call(analyst, "alarms-times.children", [(("alarms-tick", "n_intervals"), 0)]) == {}


async def test_one_of_long_ago_is_read_and_can_only_be_looked_at(tmp_path, monkeypatch):
    tested = BoardOfTests(tmp_path, reader=Stored(CLEARED.acts, monkeypatch))
    begin = "alarm-to.data"
    async with tested.logged_in() as leader:
        answer = str(await call(leader, begin, [(("alarm-id", "data"), CLEARED.id)]))
        assert "Không có" not in answer
        assert "Không có cảnh báo này" in str(await call(leader, begin, [(("alarm-id", "data"), "0" * 32)]))
        assert "không còn xử lý" in str(await press(leader, "say", CLEARED.id, comment="x"))
    updates = alarm_page.alarm_updates(CLEARED, board_state("vi"), is_gone=True)
    assert updates[PropertyUpdate("alarm-acts", "disabled")] is True
    assert updates[PropertyUpdate("alarm-state", "children")] == "đã hết 09:55 22/11"


def test_without_the_warehouse_the_history_says_so(tested):
    async def ask():
        async with tested.logged_in() as leader:
            return str(await call(leader, "alarms-table.children", [(name, None) for name in FILTERS]))

    assert "không trả lời" in asyncio.run(ask())


def test_the_list_says_how_bad_since_when_how_much_and_who_is_told():
    updates = active.active_updates(board_state("vi", alarms=wall()._replace(measured={})))
    row = {update.id.rpartition("-")[2]: said for update, said in updates.items() if update.id.startswith("active-2-")}
    assert updates[PropertyUpdate("active-count", "children")] == "3 cảnh báo chưa nhận"
    assert row["word"] == "cần xem"
    assert row["at"] == "10:11 · 4 phút"
    assert row["value"] == "không rõ · ngưỡng 15\u00a0phút", "what is not measured now is not shown as if it were"
    assert row["state"] == "chưa ai nhận · báo cấp trên lúc 10:26 nếu chưa ai nhận · chưa giao"
    assert updates[PropertyUpdate("active-2-what", "href")] == f"/alarm/{raised().alarm}"
    assert updates[PropertyUpdate("active-3", "hidden")] is True
    assert updates[PropertyUpdate("active-3-what", "href")] is None
    (row,) = active.cleared_updates(board_state("en", alarms=wall()))[PropertyUpdate("alarms-cleared", "data")]["body"]
    assert row[2:] == ["60 s", "65 min", "lan"]


def test_an_alarm_measured_now_says_so_against_its_limit():
    alarms = wall()
    silent = next(one for one in alarms.active if one.key[0] == "queue.longest_wait")
    shown = board_state("en", alarms=alarms._replace(measured={silent.key: Measured(19.0)}))
    assert log.measured_text(silent, shown) == "19\u00a0min · limit 15\u00a0min"
    overdue = after(raised(), ("escalated", SYSTEM, "", 2))
    assert log.escalation(overdue, shown) == "not acknowledged by 10:13, superiors not told"
    told = overdue.acts[-1]._replace(number=2, kind="told", what="mail-escalation", about=1, id="told")
    assert log.escalation(overdue.after(told), shown) == "escalated 10:13"
    assert log.delivery_text(
        after(raised(), ("told", SYSTEM, "webhook", 2), ("not_told", SYSTEM, "mail: too late", 1)), shown
    ) == ("Told by webhook · Not told by mail: it could not be sent for too long")


def test_ways_that_fail_have_a_sign_and_a_word():
    said = history.channels_text(
        ["webhook", "mail"], {"mail": ChannelFault(NOW_MS - MINUTE, "SMTP 451")}, board_state("vi")
    )
    assert [texts(part) for part in said] == ["webhook: không có lỗi", "thư điện tử: không gửi được từ 10:14, SMTP 451"]
    assert said[1].children[0].className == "sign sign-critical"


def test_a_way_that_fails_for_long_is_an_alarm_itself():
    failing = replace(board_state("vi"), faults={"mail": ChannelFault(NOW_MS - 11 * MINUTE, "SMTP 451")})
    found = observe(alarm_rules()["system.way"], failing, {})
    assert alarm_rules()["system.way"].threshold.status(found.of("mail").value) == "warning"
    assert alarm_rules()["system.way"].is_good(found.of("webhook").value)
    alarm = begin_alarm(raised("system.way", "mail", value=11.0))
    assert alarm_sentence(alarm, failing) == "Không gửi được cảnh báo bằng thư điện tử đã 11 phút"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_page_of_one_renders_and_a_screen_has_nothing_to_press(language):
    set_viewer(Viewer("lan", frozenset({"leader"}), language))
    alarms = wall()
    for one in (*alarms.active, *alarms.cleared):
        shown = board_state(language, alarms=alarms, argument=one.id)
        place = pages().find(active.alarm_address(one))
        text = to_json_plotly(fill_layout(place.page.layout(shown), place.page.updates(shown)))
        assert "Label(" not in text
        assert "alarm-acknowledge" in text
    set_viewer(SCREEN)
    assert not place.page.may_be_seen_by(SCREEN)
    shown = board_state(language, alarms=alarms)
    wall_text = to_json_plotly(fill_layout(alarms_page.PAGE.layout(shown), alarms_page.PAGE.updates(shown)))
    assert "active-0-what" in wall_text
    for control in ("Button", "Select", "alarms-table", "Interval"):
        assert control not in wall_text, control


def test_there_is_a_place_for_every_step():
    assert max(len(rule.checklist) for rule in alarm_rules().values()) <= alarm_page.STEPS


@pytest.mark.parametrize(("language", "installer"), [("vi", "Người cài đặt: "), ("en", "Installer: ")])
def test_commands_in_a_checklist_are_the_installers(language, installer):
    """The ward's people have a browser and no command line."""
    steps = [step.text(language) for rule in alarm_rules().values() for step in rule.checklist]
    assert [step for step in steps if "./" in step and not step.startswith(installer)] == []


def test_many_are_counted():
    many = combine_alarms([after(raised(subject=f"s{number}")) for number in range(active.PLACES + 3)], {})
    said = active.active_updates(board_state("en", alarms=many))[PropertyUpdate("active-count", "children")]
    assert said == "23 unacknowledged alarms · and 3 more"


def test_a_link_of_an_earlier_version_leads_to_its_alarm():
    former = raised()._replace(alarm="c6f39e9a11dfddfe" + "0" * 16)
    shown = board_state("vi", alarms=combine_alarms([begin_alarm(former)], {}), argument="c6f39e9a11dfddfe")
    assert alarm_page.updates(shown)[PropertyUpdate("alarm-severity", "children")] == "cần xem"
