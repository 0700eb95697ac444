"""The page where figures are entered: who may do what, nothing before a second step, and what it says of what is due."""

import asyncio
import base64
from datetime import date

import pytest

from dashboard.entry import event_desk, event_file, event_undo
from dashboard.entry.act import confirm, enter
from dashboard.entry.change import plan_undo
from dashboard.entry.desk import FigureDesk
from dashboard.entry.template import DAYS, template_file
from dashboard.pages.entry.tables import figures_due
from dashboard.store.changes import recent_changes
from dashboard.store.store import BoardStore
from ingest.administration.message import ImportedRow, MappedFile
from ingest.administration.remote import RemoteSources
from ingest.contract.calendar import local_day
from tests.dashboard.entry.test_entry import AT, HEAD, LAN, MINH, Ledger, statement
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call
from warehouse.catalogue import figure_kinds
from warehouse.query.past_events import PastKnown, StoredImport

ACT = (("entry-enter", "n_clicks"), ("entry-confirm", "n_clicks"), ("entry-reject", "n_clicks"))
STATE = ("entry-kind", "entry-period", "entry-value", "entry-whole", "entry-reason", "entry-draft")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """Takes what is sent in the place of Kafka and the warehouse."""
    made = Ledger()

    async def figures(_desk):
        return made

    async def send(_desk, events):
        made.take(*events)
        return made

    async def plan_of(_desk, batch, person):
        return plan_undo(batch, made, person, AT)

    monkeypatch.setattr(FigureDesk, "figures", figures)
    monkeypatch.setattr(FigureDesk, "plan_undo", plan_of)
    monkeypatch.setattr(FigureDesk, "send", send)
    return made


async def press(client, button, *written):
    state = list(zip([(id, "value") for id in STATE], (*written, *[""] * (6 - len(written))), strict=True))
    found = await call(client, "entry-done.children", [(one, 1) for one in ACT], state, f"{button}.n_clicks")
    return found.get("entry-done", {}).get("children"), found["entry-fault"]["children"]


async def test_one_person_enters_and_another_confirms(tmp_path, ledger):
    tested = BoardOfTests(tmp_path)
    period = statement("mooc_staff", "10/2026", "1", "2").period.code
    async with tested.logged_in(("leader", "analyst")) as lan:
        assert await press(lan, "entry-enter", "mooc_staff", "tháng 10/2026", "70", "80") == ("Đã ghi.", "")
        ref = f"mooc_staff:{period}"
        assert (await press(lan, "entry-confirm", "", "", "", "", "", f"{ref}@1"))[1].startswith("Người nhập không tự")
        assert ledger[ref].standing is None
        for wrong in (("mooc_staff", "10/2026", "90", "80"), ("mooc_staff", "x", "1", "2"), ("", "", "", "")):
            assert (await press(lan, "entry-enter", *wrong))[1]
    async with tested.logged_in(("leader",), "minh") as minh:
        assert (await press(minh, "entry-enter", "mooc_staff", "10/2026", "71", "80"))[1].startswith("Tài khoản này")
        assert "vừa được người khác" in (await press(minh, "entry-confirm", "", "", "", "", "", f"{ref}@0"))[1]
        assert await press(minh, "entry-confirm", "", "", "", "", "", f"{ref}@1") == ("Đã ghi.", "")
    assert ledger[ref].standing.stated == (70, 80)
    assert [act.who for act in ledger[ref].acts] == ["lan", "minh"]


def uploaded(text):
    return f"data:text/csv;base64,{base64.b64encode((HEAD + text).encode()).decode()}"


async def test_a_file_changes_nothing_before_the_second_step_and_can_be_undone(tmp_path, ledger):
    contents = uploaded("mooc_staff;10/2026;70;80\n")
    upload = [(("entry-upload", "filename"), "so.csv")]
    async with BoardOfTests(tmp_path).logged_in(("leader", "analyst")) as client:
        wrong = await call(client, "entry-plan.children", [(("entry-upload", "contents"), uploaded("x;y;z\n"))], upload)
        assert "A2" in str(wrong["entry-plan"])
        assert wrong["entry-apply"]["disabled"]
        plan = await call(client, "entry-plan.children", [(("entry-upload", "contents"), contents)], upload)
        assert "87,50" in str(plan["entry-plan"])
        assert not plan["entry-apply"]["disabled"]
        assert len(ledger) == 0
        inputs = [(("entry-apply", "n_clicks"), 1), (("entry-undo", "submit_n_clicks"), 0)]
        state = [(("entry-upload", "contents"), contents), *upload, (("entry-batch", "value"), None)]
        done = await call(client, "entry-apply.disabled", inputs, state, "entry-apply.n_clicks")
        assert done["entry-done"]["children"] == "Đã ghi 1 số."
        (figure,) = ledger.values()
        state[-1] = (("entry-batch", "value"), figure.acts[0].data["batch"])
        await call(client, "entry-apply.disabled", inputs, state, "entry-undo.submit_n_clicks")
        assert ledger[figure.ref].draft is None
        got = await call(
            client,
            "entry-download.data",
            [(("entry-template-xlsx", "n_clicks"), 0), (("entry-template-csv", "n_clicks"), 1)],
            [(("entry-template-of", "value"), DAYS)],
            changed="entry-template-csv.n_clicks",
        )
        today = local_day(BoardOfTests(tmp_path / "other").live.clock.now())
        assert base64.b64decode(got["entry-download"]["data"]["content"]) == template_file(DAYS, "csv", today)


async def test_events_of_before_are_shown_and_sent_by_an_administrator_alone(tmp_path, ledger, monkeypatch):
    sent, goes_on = [], asyncio.Event()

    def mapped(_remote, question, _answer):
        event = '{"platform":"zalo","post_ref":"b1","topic_code":"cchc","published_at":"2026-03-05T01:30:00Z"}'
        assert question.kind == "csv"
        return MappedFile(
            kind="post.published", rows=(ImportedRow(row=2, cell="A2", event=event),), dropped=("Họ tên",)
        )

    async def send(_ingest, events, _ask, told):
        await goes_on.wait()
        sent.extend(events)
        told(len(events))

    monkeypatch.setattr(RemoteSources, "ask", mapped)
    monkeypatch.setattr(event_file, "known_past", lambda *asked: PastKnown(None, None, {}, frozenset(), {}))
    undone = []

    async def undo(_ingest, _store, plan, person, _at, _ask, told):
        undone.append((plan.batch, person.name))
        told(1)

    async def progress(client):
        found = await call(client, "entry-progress.disabled", [(("entry-progress", "n_intervals"), 1)])
        return found["entry-done"]["children"], found["entry-progress"]["disabled"]

    day = date(2026, 3, 5)
    monkeypatch.setattr(event_undo, "stored_import", lambda *asked: StoredImport(1, day, day, None, {}, 0))
    monkeypatch.setattr(event_desk, "undo_import", undo)
    monkeypatch.setattr(event_desk, "send_past_events", send)
    content = base64.b64encode("Loại sự kiện;Họ tên\npost.published;Nguyễn Văn An\n".encode()).decode()
    upload = [(("entry-upload", "filename"), "tin.csv")]
    contents = f"data:text/csv;base64,{content}"

    class Reader:
        async def ask(self, question):
            return question(None)

    tested = BoardOfTests(tmp_path, reader=Reader())
    async with tested.logged_in(("leader",)) as client:
        refused = await call(client, "entry-plan.children", [(("entry-upload", "contents"), contents)], upload)
        assert refused["entry-apply"]["disabled"]
    async with tested.logged_in(("leader", "admin"), "minh") as client:
        plan = await call(client, "entry-plan.children", [(("entry-upload", "contents"), contents)], upload)
        assert "hoàn tác được cả lần nhập" in str(plan["entry-plan"])
        assert "Họ tên" in str(plan["entry-plan"])
        assert not sent
        inputs = [(("entry-apply", "n_clicks"), 1), (("entry-undo", "submit_n_clicks"), 0)]
        state = [(("entry-upload", "contents"), contents), *upload, (("entry-batch", "value"), None)]
        begun = await call(client, "entry-apply.disabled", inputs, state, "entry-apply.n_clicks")
        assert (begun["entry-done"]["children"], begun["entry-progress"]["disabled"]) == ("Đang ghi…", False)
        assert await progress(client) == ("Đang ghi: 0/1 sự kiện…", False)
        again = await call(client, "entry-apply.disabled", inputs, state, "entry-apply.n_clicks")
        assert again["entry-fault"]["children"] == "Đang ghi một lần nhập khác: 0/1 sự kiện"
        goes_on.set()
        await asyncio.sleep(0)
        assert await progress(client) == ("Xong 1/1 sự kiện.", True)
        assert [one.subject for one in sent] == ["b1"]
        (change,) = (one for one in recent_changes(BoardStore(tested.settings.folder), 9) if one.kind == "import")
        assert (change.by, change.act) == ("minh", "events: 1")
        batch = change.subject.partition("(")[2][:-1]
        chosen = [(("entry-batch", "value"), batch)]
        looked = await call(client, "entry-fault.children", chosen, changed="entry-batch.value")
        assert "1 sự kiện “Đăng tin bài (post.published)” từ 05/03/2026" in str(looked["entry-plan"])
        assert not undone
        inputs = [(("entry-apply", "n_clicks"), 1), (("entry-undo", "submit_n_clicks"), 1)]
        await call(client, "entry-apply.disabled", inputs, [*state[:-1], *chosen], "entry-undo.submit_n_clicks")
        assert await progress(client) == ("Xong 1/1 sự kiện.", True)
    assert undone == [(batch, "minh")]


async def test_a_screen_and_a_stranger_do_nothing(tmp_path, ledger):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("analyst",)) as client:
        found = await call(
            client, "entry-due.children", [(("entry-tick", "n_intervals"), 1), (("entry-acted", "data"), None)]
        )
        assert not found.get("entry-due")
    assert len(ledger) == 0


def test_what_is_overdue_stands_first_and_what_was_never_entered_is_not_missed():
    ledger = Ledger()
    assert "quá hạn" not in texts(figures_due(ledger, date(2026, 12, 9), "vi"))
    for code, period in (("mooc_staff", "10/2026"), ("budget_revenue", "10/2026"), ("new_businesses", "11/2026")):
        what = statement(code, period, "5", "8")
        ledger.take(enter(what, ledger.figure(what.ref), LAN, AT))
        ledger.take(confirm(what.kind, ledger[what.ref], MINH, AT))
    told = texts(figures_due(ledger, date(2026, 12, 9), "vi"))
    assert told.index("quá hạn") < told.index("chưa nhập") < told.index("đã có") < told.index("phường chưa dùng")
    assert "lan · minh" in told
    assert [told.count(one) for one in ("quá hạn", "chưa nhập", "đã có")] == [1, 1, 1]
    assert told.count("phường chưa dùng") == len(figure_kinds()) - 3
