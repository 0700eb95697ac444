"""The page of sources: who may do what with one, and what is written down of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from connectors.declared.value import Kind
from connectors.managed.form import CONDITIONS
from dashboard.pages.sources.callbacks import BUTTONS
from dashboard.pages.sources.tables import TAKEN, card_list, setup_table, trial_report
from dashboard.store.changes import recent_changes
from dashboard.store.store import BoardStore
from ingest.administration.message import (
    AskCards,
    DeviceListChange,
    DeviceListChanges,
    DeviceRow,
    DeviceTable,
    Done,
    DraftForm,
    FieldChoice,
    FoundDevice,
    LastMessage,
    MessageTrial,
    Revealed,
    SampleTrial,
    ScanState,
    SetupLine,
    SourceCard,
    SourceRefused,
)  # fmt: skip
from ingest.administration.remote import RemoteSources
from ingest.contract.label import Label
from tests.dashboard.pages.test_overview import texts
from tests.dashboard.support.board import BoardOfTests, call

AT = datetime(2026, 11, 25, 3, 15, tzinfo=UTC)
SECRET = "whsec_the-only-one"
CARD = SourceCard(
    id="vendor_x", label=Label("Phản ánh", "Petitions"), way="webhook", is_declared=True, is_read=True, light="down", cause="silent",
    since=AT, last=LastMessage(at=AT, fault="invalid_time: received_at"), messages_per_hour=12, dead_letters_per_hour=3,
    setup=(SetupLine(label=Label("Địa chỉ", "Address"), text="POST https://x/intake/vendor_x"), SetupLine(label=Label("Khóa", "Secret"), text="", is_secret=True)),
    guide=Label("Dán địa chỉ.", "Paste the address."),
)  # fmt: skip
PRINTER = DeviceRow(device="MI-01", category="Máy in", address="192.168.1.20")
FOUND = FoundDevice(address="192.168.1.30", pings=True, ports=(80, 9100), description="Brother HL")
FIELD = FieldChoice(event="post.published", field="platform", is_needed=True, kind="text", options=("zalo", "portal"))


class Connectors:
    """Answers in the place of the connectors, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refuses: Label | None = None

    def ask(self, _remote: object, question: BaseModel, answer: Any) -> Any:
        if not isinstance(question, AskCards):
            self.asked.append(question)
        if self.refuses:
            raise SourceRefused(self.refuses)
        known: dict[Any, Any] = {
            Revealed: Revealed(setup=(SetupLine(label=Label("Khóa", "Secret"), text=SECRET, is_secret=True),)),
            Done: Done(),
            DeviceTable: DeviceTable(rows=(PRINTER,), columns=("device", "category", "address"), digest="d"),
            DeviceListChanges: DeviceListChanges(
                changes=(DeviceListChange(kind="added", device="MI-02", after="Máy in"),)
            ),
            ScanState: ScanState(networks=("192.168.1.0/24",), network="192.168.1.0/24", of=254, found=(FOUND,)),
            DraftForm: DraftForm(text="text", fields=(FIELD,), paths=("data.code",)),
            SampleTrial: SampleTrial(
                messages=1, events=0, faults=1, shown=(MessageTrial(place="message 1", fault="no"),)
            ),
        }
        if isinstance(question, AskCards):
            return [CARD]
        return known.get(answer) or answer.model_construct(text="[way]")


@pytest.fixture
def connectors(monkeypatch: pytest.MonkeyPatch) -> Connectors:
    made = Connectors()
    monkeypatch.setattr(RemoteSources, "ask", lambda *given: made.ask(*given))
    return made


async def press(client, button: str, password: str = "", key: str = "", url: str = "") -> dict[str, Any]:
    inputs = [((one, "n_clicks"), 1) for one in BUTTONS] + [(("source-remove", "submit_n_clicks"), 1)]
    names = ("source-id", "data"), ("source-password", "value"), ("source-key", "value"), ("source-url", "value")
    state = list(zip(names, ("vendor_x", password, key, url), strict=True))
    changed = f"{button}.{'submit_n_clicks' if button == 'source-remove' else 'n_clicks'}"
    found: dict[str, Any] = await call(client, "source-done.children", inputs, state, changed)
    return found


def said(part: object) -> str:
    return " ".join(texts(one) for one in (part if isinstance(part, list) else [part]))


def trail(tested: BoardOfTests) -> list[tuple[str, str, str]]:
    store = BoardStore(tested.settings.folder)
    return [(one.by, one.subject, one.act) for one in reversed(recent_changes(store, 20)) if one.kind == "source"]


def test_a_card_says_what_a_source_is_how_it_is_and_what_came_last():
    told = said(card_list([CARD], "vi"))
    for part in (
        "Phản ánh",
        "MẤT KẾT NỐI",
        "không có tín hiệu lâu hơn thường lệ",
        "10:15:00",
        "12 tin/giờ · 3 lỗi/giờ",
        "invalid_time",
        "/intake/vendor_x",
    ):
        assert part in told
    off = CARD.model_copy(update={"is_off": True})
    assert "ĐÃ TẮT" in said(card_list([off], "vi"))
    assert "MẤT" not in said(card_list([off], "vi"))
    quiet = CARD.model_copy(update={"light": "none", "cause": "", "last": None})
    assert "NOT CONNECTED" in said(card_list([quiet], "en"))
    assert "••••" in said(setup_table(CARD.setup, "vi"))


def test_a_trial_is_shown_field_by_field():
    trial = SampleTrial(
        messages=2, events=1, faults=1, is_cut=True,
        shown=(MessageTrial(place="message 2", dropped=("phone",), fault="invalid_time: received_at"),),
    )  # fmt: skip
    told = said(trial_report(trial, "en"))
    for part in ("2 messages: 1 events, 1 invalid", "only the beginning", "phone", "received_at"):
        assert part in told


@pytest.mark.parametrize("button", [*BUTTONS, "source-remove"])
async def test_only_an_administrator_does_anything(tmp_path, connectors, button):
    tested = BoardOfTests(tmp_path)
    await tested.live.read_all()
    async with tested.logged_in(("leader", "analyst")) as client:
        answer = await press(client, button)
        assert "không có quyền" in answer["source-fault"]["children"]
    assert connectors.asked == []
    assert trail(tested) == []


async def test_what_is_done_is_written_down_and_that_it_was_refused_too(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        assert "Đã xong" in str(await press(client, "source-off"))
        await press(client, "source-redirect", url="https://203.0.113.9")
        await press(client, "source-remove")
        connectors.refuses = Label("không được", "no")
        answer = await press(client, "source-on")
        assert answer["source-fault"]["children"] == "không được"
    assert [one.act for one in connectors.asked] == ["switch", "redirect", "remove", "switch"]
    assert connectors.asked[2].by == "lan"
    acts = ["off", "redirected", "removed", "on", "refused"]
    assert trail(tested) == [("lan", "vendor_x", act) for act in acts]


async def test_a_secret_is_shown_or_changed_only_after_the_password(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        for button in ("source-reveal", "source-rotate"):
            answer = await press(client, button, password="not mine", key="k" * 30)
            assert "Mật khẩu hiện tại không đúng" in answer["source-fault"]["children"]
            assert SECRET not in str(answer)
        assert connectors.asked == []
        password = tested.accounts.reset("lan")
    async with tested.client() as client:
        await client.post("/login", data={"name": "lan", "password": password, "next": "/"})
        shown = await press(client, "source-reveal", password=password)
        assert SECRET in str(shown)
        assert shown["source-password"]["value"] == ""
        await press(client, "source-rotate", password=password, key="k" * 30)
    assert connectors.asked[-1].key == "k" * 30
    assert [act for _, _, act in trail(tested)] == ["revealed", "rotated"]


async def test_wrong_passwords_are_counted_as_at_the_log_in(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        for _ in range(tested.settings.login_failures):
            await press(client, "source-reveal", password="guess")
        answer = await press(client, "source-reveal", password="guess")
        assert "không đúng" not in answer["source-fault"]["children"]
    assert connectors.asked == []


def test_whatever_a_field_takes_has_a_name():
    assert {*get_args(Kind), *CONDITIONS.values(), "setting"} == TAKEN.keys()


async def test_the_editor_fills_its_form_and_saves_in_the_name_of_the_person(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        form = await call(
            client, "editor-fields.rowData",
            [(("editor-text", "value"), "[way]"), (("editor-sample", "value"), "{}"), (("editor-fields", "cellValueChanged"), None)],
        )  # fmt: skip
        (row,) = form["editor-fields"]["rowData"]
        assert (row["takes"], row["needed"]) == ("zalo | portal", "bắt buộc")
        assert form["editor-text"]["value"] == "text"
        inputs = [(("editor-try", "n_clicks"), None), (("editor-save", "n_clicks"), 1)]
        given = [
            (("editor-id", "value"), "vendor_x"),
            (("editor-text", "value"), "[way]"),
            (("editor-sample", "value"), ""),
            (("source-upload", "data"), None),
        ]
        saved = await call(client, "editor-trial.children", inputs, given, "editor-save.n_clicks")
        assert "Đã lưu" in saved["editor-done"]["children"]
        tried = await call(client, "editor-trial.children", inputs, given, "editor-try.n_clicks")
        assert "tin mẫu" in tried["editor-fault"]["children"]
        given[0] = (("editor-id", "value"), "../vendor")
        wrong = await call(client, "editor-trial.children", inputs, given, "editor-save.n_clicks")
        assert "chữ thường" in wrong["editor-fault"]["children"]
    assert [(one.act, one.by) for one in connectors.asked if one.act == "save"] == [("save", "lan")]
    assert trail(tested) == [("lan", "vendor_x", "saved")]


async def edit(client, button: str, rows: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """Do something with the table of devices."""
    buttons = ("devices-add", "devices-remove", "devices-look", "devices-save")
    inputs = [
        (("devices-source", "value"), "equipment"), (("devices-source", "data"), []), *(((one, "n_clicks"), 1) for one in buttons),
        (("devices-upload", "contents"), more.get("contents")), (("devices-rows", "cellValueChanged"), None), (("scan-take", "n_clicks"), 1),
    ]  # fmt: skip
    state = [
        (("devices-rows", "rowData"), list(rows)), (("devices-rows", "selectedRows"), more.get("chosen")), (("devices-digest", "data"), "d"),
        (("devices-upload", "filename"), "x.csv"), (("scan-rows", "selectedRows"), more.get("scanned")), (("devices-rows", "columnDefs"), []),
    ]  # fmt: skip
    name = {"devices-source": "value", "devices-upload": "contents", "devices-rows": "cellValueChanged"}
    changed = f"{button}.{name.get(button, 'n_clicks')}"
    found: dict[str, Any] = await call(client, "devices-plan.children", inputs, state, changed)
    return found


async def test_a_list_of_devices_is_changed_looked_through_and_saved_in_the_name_of_the_person(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        shown = await edit(client, "devices-source")
        (row,) = shown["devices-rows"]["rowData"]
        assert (row["device"], row["address"]) == ("MI-01", "192.168.1.20")
        assert [one["field"] for one in shown["devices-rows"]["columnDefs"]] == ["device", "category", "address"]
        (_, new) = (await edit(client, "devices-add", [row]))["devices-rows"]["rowData"]
        rows = [row, new | {"device": "MI-02", "note": "x"}, {"key": "empty"}]
        looked = await edit(client, "devices-look", rows)
        assert looked["devices-save"]["disabled"] is False
        assert "MI-02" in str(looked["devices-plan"])
        assert (await edit(client, "devices-rows", rows))["devices-save"]["disabled"] is True, "it was changed again"
        saved = await edit(client, "devices-save", rows)
        assert "Đã lưu" in saved["devices-done"]["children"]
        left = await edit(client, "devices-remove", rows, chosen=[row])
        assert [one["key"] for one in left["devices-rows"]["rowData"]] == [new["key"], "empty"]
        wrong = await edit(client, "devices-save", [{"key": "1", "device": "x" * 100}])
        assert "quá dài" in wrong["devices-fault"]["children"]
    saves = [one for one in connectors.asked if one.act == "save_devices"]
    assert [(one.is_trial, [row.device for row in one.rows]) for one in saves] == [
        (True, ["MI-01", "MI-02"]), (True, ["MI-01", "MI-02"]), (False, ["MI-01", "MI-02"]),
    ]  # fmt: skip
    assert trail(tested) == [("lan", "equipment (+MI-02)", "devices")]


async def test_a_scan_is_written_down_and_only_what_is_ticked_gets_into_the_table(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        network = [(("scan-network", "value"), "192.168.1.0/24")]
        started = await call(client, "scan-fault.children", [(("scan-start", "n_clicks"), 1)], network)
        assert started["scan-fault"]["children"] == ""
        inputs = [
            (("scan-fault", "children"), ""), (("sources-tick", "n_intervals"), 1), (("sources-tab", "value"), "devices"),
        ]  # fmt: skip
        state = [(("scan-rows", "rowData"), []), (("devices-rows", "rowData"), [{"address": "192.168.1.3"}])]
        found = await call(client, "scan-rows.rowData", inputs, state, "scan-fault.children")
        (row,) = found["scan-rows"]["rowData"]
        assert (row["address"], row["ports"], row["known"]) == ("192.168.1.30", "80, 9100", "")
        (taken,) = (await edit(client, "scan-take", scanned=[row]))["devices-rows"]["rowData"]
        assert (taken["device"], taken["category"], taken["by"]) == ("TB-1-30", "Máy in", "SNMP")
        assert (await edit(client, "scan-take"))["devices-rows"]["rowData"] == []
        assert (await edit(client, "scan-take", scanned=[{"ports": "a"}]))["devices-fault"]["children"]
    assert [one.act for one in connectors.asked] == ["scan", "scan_state"]
    assert trail(tested) == [("lan", "equipment (192.168.1.0/24)", "scanned")]


async def test_nobody_else_changes_a_list_or_scans(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    await tested.live.read_all()
    async with tested.logged_in(("leader", "analyst")) as client:
        for button in ("devices-source", "devices-save", "devices-look"):
            await edit(client, button, [{"device": "x"}])
    assert connectors.asked == []


async def test_the_page_for_the_vendor_has_no_secret(tmp_path, connectors):
    tested = BoardOfTests(tmp_path)
    async with tested.logged_in(("admin",)) as client:
        page = await call(client, "setup-page.children", [(("setup-id", "data"), "vendor_x")])
        told = str(page)
        for part in ("Phản ánh", "/intake/vendor_x", "Dán địa chỉ.", "Paste the address.", "gửi riêng"):
            assert part in told
        assert "Không có nguồn" in str(await call(client, "setup-page.children", [(("setup-id", "data"), "nobody")]))
