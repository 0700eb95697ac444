from datetime import UTC, datetime, timedelta
from typing import Any

from dash import html

from dashboard.pages.dead_letters import callbacks, choice
from dashboard.pages.dead_letters.tables import day_chart, dead_letter_detail, dead_letter_row, repeat_detail, stop_list
from ingest.untrusted.dead_letter import DeadLetter
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call, components
from tests.dashboard.support.ward import NOW, NOW_MS
from warehouse.dead_letters.by_day import DeadLetterDay
from warehouse.dead_letters.resend import ResentDeadLetter
from warehouse.dead_letters.stored import StoredDeadLetter
from warehouse.store.duplicates import Duplicate
from warehouse.store.halted_partitions import HaltedPartition

ID = "5520b4f3dd4755a081818da85875aafd"
OTHER = "a" * 32
AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def stored(id=ID, outcome="", payload='{"so":"[number]"}', **changed):
    dead_letter = DeadLetter(
        id=id, ward="hong-bang", original_topic="ioc.queue.v1", partition=2, offset=26, reason_code="unknown_type",
        error="the type is not one of ours", payload_redacted=payload, received_at=AT,
    ).model_copy(update=changed)  # fmt: skip
    return StoredDeadLetter(dead_letter, outcome, "", "lan" if outcome else "", AT if outcome else None)


def test_a_dead_letter_is_a_row_in_the_wards_time_and_words():
    row = dead_letter_row(
        stored(), "vi", ResentDeadLetter(ID, "ioc.queue.v1", "unknown_type", "refused", "unknown_type: x", 0)
    )
    assert row["received"] == "10:00:00 24/11/2026"
    assert (row["stream"], row["place"], row["outcome"]) == ("Một cửa", "ioc.queue.v1 / 2 / 26", "chưa thử")
    assert row["result"] == "vẫn không đọc được · unknown_type: x"
    source = stored(original_topic=None, partition=None, offset=None, connector="frigate")
    assert (dead_letter_row(source, "en")["stream"], dead_letter_row(source, "en")["place"]) == ("Cameras", "–")


def test_a_payload_is_shown_as_text_whatever_it_is():
    for payload in ("<script>alert(1)</script>", "{not json", "[link](javascript:alert(1))", ""):
        *_, pre = dead_letter_detail(stored(payload=payload), "vi")
        assert pre.children == payload
        assert type(pre).__name__ == "Pre"


def test_both_contents_of_a_conflict_stand_side_by_side():
    first, second = {"time": "t", "service_code": "ho_tich", "n": 1}, {"time": "t", "service_code": "dat_dai", "x": [1]}
    one = Duplicate("ioc.queue.v1", 0, 9, "w", "ticket.issued", "s", "e", 1, True, 7, AT, second, first)
    assert one.differing == [("service_code", "ho_tich", "dat_dai"), ("n", 1, None), ("x", None, [1])]
    said = " ".join(texts(part) for part in repeat_detail(one, "vi"))
    assert "ho_tich" in said
    assert "dat_dai" in said
    assert "Nội dung giống hệt" in " ".join(map(texts, repeat_detail(one._replace(content=first), "vi")))
    assert "không còn trong kho" in " ".join(map(texts, repeat_detail(one._replace(first={}), "vi")))


def said(part):
    return [one.children for one in components(part) if isinstance(one, html.Span) and one.children]


def test_days_without_dead_letters_have_their_place():
    today = NOW.date()
    before = today - timedelta(days=2)
    days = [DeadLetterDay(today, "not_json", 3), DeadLetterDay(before, "late", 9), DeadLetterDay(today, "late", 1200)]
    legend, columns = day_chart(days, today, 4, "vi")
    assert texts(legend) == "late 1.209 not_json 3"
    assert said(columns) == ["21/11", "9", "22/11", "23/11", "1.203", "24/11"]
    (*_, last) = columns.children
    assert last.title == "24/11\nnot_json: 3\nlate: 1.200"
    shares = [part.style["--share"] for part in components(last) if getattr(part, "className", "") == "day-part"]
    assert shares == ["0.002", "0.998"], "the kind with most lowest"
    assert day_chart([], today, 4, "vi") == [], "the count beside it says 0"
    (_, month) = day_chart(days, today, 30, "vi")
    assert said(month)[-2:] == ["1.203", "24/11"]
    assert len(said(month)) == 11, "every third day is named, and the sum of the largest"


STOP = HaltedPartition("ioc.dossier.v1", 2, 1204, True, "51/1000", "worker", 0, NOW)


def test_only_who_may_is_offered_to_let_a_stream_go_on():
    assert stop_list([], "vi", NOW_MS, may_resume=True) == []
    (may,), (may_not,) = (stop_list([STOP], "vi", NOW_MS, may_resume=may) for may in (True, False))
    assert "Cho chạy tiếp" in texts(may)
    assert "Cho chạy tiếp" not in texts(may_not)
    assert "51/1000" in texts(may_not)


def test_what_the_browser_says_is_taken_for_nothing_it_cannot_be():
    rows = [{"key": ID}, {"key": "x'; DROP"}, {"key": 5}, {}, 7, {"key": OTHER}]
    assert choice.ids(rows) == [ID, OTHER]
    assert len(choice.ids([{"key": ID}] * 999)) == choice.AT_ONCE
    no_rows: tuple[Any, ...] = (None, 5, "x", {})
    for wrong in no_rows:
        assert choice.ids(wrong) == []
    assert choice.valid_choice("not_json") == "not_json"
    no_codes: tuple[Any, ...] = (None, 5, ["a"], "a' OR 1", "x" * 99)
    for wrong in no_codes:
        assert choice.valid_choice(wrong) == ""
    place = {"type": "resume", "topic": "ioc.queue.v1", "partition": 2}
    assert choice.resumed(place) == ("ioc.queue.v1", 2)
    for wrong in (None, "letters-refresh", {**place, "topic": "secret"}, {**place, "topic": ["x"]}, {**place, "partition": -1},
                  {**place, "partition": "2"}, {**place, "type": "allowance"}):  # fmt: skip
        assert choice.resumed(wrong) is None
    names = [{"type": "allowance", "topic": "ioc.queue.v1", "partition": 2}]
    for value, allowed in ((7, 7), (-5, 0), (10**9, 100_000), ("9", 0), (None, 0)):
        assert choice.allowance(("ioc.queue.v1", 2), [value], names) == allowed
    assert choice.allowance(("ioc.queue.v1", 3), [7], names) == 0
    assert choice.repeat_place([{"key": "ioc.queue.v1:0:900"}]) == ("ioc.queue.v1", 0, 900)
    for wrong in (
        None,
        [],
        [{}],
        [{"key": "a:b"}],
        [{"key": "ioc.queue.v1:0:-1"}],
        [{"key": "ioc.queue.v1:0:²"}],
        [{"key": "x:0:1"}],
    ):
        assert choice.repeat_place(wrong) is None


def test_dead_letters_are_chosen_by_what_became_of_them():
    kinds = {"": stored(), "sent": stored(outcome="sent"), "refused": stored(outcome="refused")}
    outcomes: tuple[Any, ...] = (None, "open", "untried", "sent", "refused", "nonsense", 5)
    chosen = {outcome: [name for name, one in kinds.items() if choice.is_chosen(one, outcome)] for outcome in outcomes}
    assert all(choice.is_chosen(one, []) for one in kinds.values())
    assert chosen[None] == chosen["nonsense"] == chosen[5] == ["", "sent", "refused"]
    assert chosen["open"] == ["", "refused"]
    assert (chosen["untried"], chosen["sent"], chosen["refused"]) == ([""], ["sent"], ["refused"])


class Warehouse:
    """Letters of a test, and what would become of each; remembers who really sent what."""

    def __init__(self, monkeypatch, *dead_letters, becomes="sent"):
        self.dead_letters, self.becomes, self.sent, self.resumed = dead_letters, becomes, [], []
        monkeypatch.setattr(callbacks, "read_dead_letters", lambda client, chosen, *_: [
            one for one in self.dead_letters if not chosen.ids or one.dead_letter.id in chosen.ids])  # fmt: skip
        monkeypatch.setattr(callbacks, "resend", self.resend)
        monkeypatch.setattr(callbacks, "resume_partition", self.resume)
        monkeypatch.setattr(callbacks, "halted_streams", lambda clock, client: [STOP])

    def resend(self, client, settings, dead_letters, by, sources, is_dry):
        found = [
            ResentDeadLetter(one.dead_letter.id, one.stream, "unknown_type", self.becomes, "", 1)
            for one in dead_letters
        ]
        if not is_dry:
            self.sent.append((by, [one.id for one in found]))
        return found

    def resume(self, client, topic, partition, by, allowance):
        self.resumed.append((topic, partition, by, allowance))
        return True

    async def ask(self, question):
        return question(None)


async def act(client, button, ids):
    inputs = [(("letters-try", "n_clicks"), 1), (("letters-send", "n_clicks"), 1)]
    selected = [(("letters-table", "selectedRows"), [{"key": id} for id in ids])]
    return await call(client, "letters-table.rowTransaction", inputs, selected, changed=f"letters-{button}.n_clicks")


async def test_it_is_sent_only_after_a_dry_run_of_the_same_and_by_who_may(tmp_path, monkeypatch):
    warehouse = Warehouse(monkeypatch, stored(), stored(OTHER))
    tested = BoardOfTests(tmp_path, reader=warehouse)
    async with tested.logged_in(("admin",), "quan") as admin:
        assert "Chạy thử trước" in (await act(admin, "send", [ID]))["letters-fault"]["children"]
        tried = await act(admin, "try", [ID])
        assert tried["letters-status"]["children"] == "Chạy thử: 1/1 gửi được"
        assert tried["letters-send"]["disabled"] is False
        assert tried["letters-table"]["rowTransaction"]["update"][0]["result"].startswith("gửi lại")
        assert "Chạy thử trước" in (await act(admin, "send", [ID, OTHER]))["letters-fault"]["children"]
        assert warehouse.sent == []
        await act(admin, "send", [ID])
        assert warehouse.sent == [("quan", [ID])]
    async with tested.logged_in(("analyst",), "mai") as analyst:
        assert (await act(analyst, "try", [ID]))["letters-fault"]["children"] == ""
        assert "không có quyền" in (await act(analyst, "send", [ID]))["letters-fault"]["children"]
    async with tested.logged_in(("leader",), "lan") as leader:
        for button in ("try", "send"):
            assert "không có quyền" in (await act(leader, button, [ID]))["letters-fault"]["children"]
    assert len(warehouse.sent) == 1


async def test_what_cannot_be_sent_is_not_offered_to_be(tmp_path, monkeypatch):
    tested = BoardOfTests(tmp_path, reader=Warehouse(monkeypatch, stored(), becomes="refused"))
    async with tested.logged_in(("admin",)) as client:
        assert (await act(client, "try", [ID]))["letters-send"]["disabled"] is True
        assert "Chạy thử trước" in (await act(client, "send", [ID]))["letters-fault"]["children"]


async def test_letting_a_stream_go_on_needs_the_right_and_is_done_once(tmp_path, monkeypatch):
    warehouse = Warehouse(monkeypatch)
    tested = BoardOfTests(tmp_path, reader=warehouse)

    async def click(client):
        place = {"partition": 2, "topic": "ioc.dossier.v1"}
        dependency = next(
            one for one in (await client.get("/_dash-dependencies")).json() if "stops.children" in one["output"]
        )
        listed = [dependency["inputs"], dependency["state"]]
        wanted = {"n_clicks": None, "submit_n_clicks": 1, "value": 7, "id": {"type": "allowance", **place}}
        bodies = []
        for names in listed:
            parts: list[Any] = []
            for name in names:
                value = {"property": name["property"], "value": wanted[name["property"]]}
                if name["id"].startswith("{"):
                    kind = "resume" if "resume" in name["id"] else "allowance"
                    parts.append([{"id": {"type": kind, **place}, **value}])
                else:
                    parts.append({"id": name["id"], **value})
            bodies.append(parts)
        body = {
            "output": dependency["output"],
            "outputs": [{"id": "stops", "property": "children"}, {"id": "stops-fault", "property": "children"}],
            "inputs": bodies[0],
            "state": bodies[1],
            "changedPropIds": ['{"partition":2,"topic":"ioc.dossier.v1","type":"resume"}.submit_n_clicks'],
        }
        response = await client.post("/_dash-update-component", json=body)
        assert response.status_code == 200, response.text
        return response.json()["response"]

    async with tested.logged_in(("analyst",), "mai") as analyst:
        assert "không có quyền" in (await click(analyst))["stops-fault"]["children"]
        assert warehouse.resumed == []
    async with tested.logged_in(("admin",), "quan") as admin:
        assert (await click(admin))["stops-fault"]["children"] == ""
    assert warehouse.resumed == [("ioc.dossier.v1", 2, "quan", 7)]


async def test_a_service_that_is_away_is_told(tmp_path):
    async with BoardOfTests(tmp_path).logged_in(("analyst",)) as client:
        assert "không trả lời" in (await act(client, "try", [ID]))["letters-fault"]["children"]
