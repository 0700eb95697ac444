"""What administrators set up in the browser, as the connectors answer the board over HTTP."""

import asyncio
import base64
import io
import json
import socket
import stat
import time
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openpyxl import Workbook
from pydantic import SecretStr

from connectors.__main__ import connector_endpoints
from connectors.declared.ready import READY, ready_texts
from connectors.managed.administration import SourceAdministration
from connectors.managed.choices import OVERLAP, SourceChoices
from connectors.managed.watch import SourceWatch
from connectors.settings import ConnectorsSettings
from ingest.administration.message import (
    CARDS,
    AskCards,
    AskDevices,
    AskLibrary,
    AskSample,
    AskScan,
    AskText,
    DeclarationText,
    DeviceListChanges,
    DeviceRow,
    DeviceTable,
    Done,
    Draft,
    DraftForm,
    GiveDevicePassword,
    Library,
    MapFile,
    MappedFile,
    ReadDevices,
    Redirect,
    RemoveDeclaration,
    Reveal,
    Revealed,
    Rotate,
    SampleTrial,
    SaveDeclaration,
    SaveDevices,
    ScanState,
    SourceCard,
    SourceRefused,
    SourceTrial,
    StartScan,
    Switch,
    TrySample,
    TrySource,
)  # fmt: skip
from ingest.administration.remote import LARGEST_ASK, SOURCES_PATH, RemoteSources, administration_router
from ingest.contract.connector import PostProof
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.devices.listed import listed_devices
from ingest.probe import scan as scan_module
from ingest.runner import RunningSource
from ingest.source.mapper import Mapper
from ingest.source.status import SourceStatus
from tests.ingest.support.toy import context
from warehouse.maintenance.backups.files import files_to_back_up

SHARED = SecretStr("the secret of board and connectors")
SETTINGS = ConnectorsSettings(
    _env_file=None,
    webhook_secret=SecretStr("w" * 16 + "abcdefgh" * 4),
    mqtt_secret=SecretStr("m" * 16 + "abcdefgh" * 4),
)
VENDOR = (READY / "petition_vendor.toml").read_text("utf-8")
POSTS = (READY / "platform_posts.toml").read_text("utf-8")
TABLE = (READY / "dossier_table.toml").read_text("utf-8")
CALL = {
    "eventId": "e-1",
    "eventType": "FEEDBACK_RECEIVED",
    "time": 1_770_000_000_000,
    "phone": "0912345678",
    "data": {"code": "PA-1"},
}


class Desk:
    """The connectors' side with nothing running, and the board's side over HTTP."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, settings: ConnectorsSettings = SETTINGS) -> None:
        self.folder = folder
        self.watch = SourceWatch(folder, settings)
        self.running: dict[str, RunningSource] = {}
        service = SourceAdministration(
            folder,
            settings,
            lambda: self.watch.now,
            lambda: self.running,
            context("ward"),
            lambda: replace(context("ward"), pseudonym=lambda code: "0" * 32),
            self.send,
        )
        self.is_kafka_away = False
        self.marks: list[Any] = []
        app = FastAPI()
        app.include_router(administration_router(service.answer, SHARED))
        self.app = app
        monkeypatch.setattr(httpx, "post", self.post)
        self.remote = RemoteSources("http://connectors.test", SHARED)

    def send(self, _connector: Any, mark: Any) -> None:
        if self.is_kafka_away:
            raise Unavailable("Kafka", "away")
        self.marks.append(mark)

    def headers(self) -> dict[str, str]:
        """Those of a question that is answered."""
        self.cards()
        return self._sent

    def post(self, url: str, **given: Any) -> httpx.Response:
        self._sent: dict[str, str] = given["headers"]

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
                given.pop("trust_env", None)
                return await client.post(url, **given)

        return asyncio.run(ask())

    def ask(self, question: Any, answer: Any = Done) -> Any:
        found = self.remote.ask(question, answer)
        self.watch.look()
        return found

    def cards(self) -> dict[str, SourceCard]:
        return {one.id: one for one in self.ask(AskCards(), CARDS)}

    def save(self, id_: str, text: str, by: str = "lan") -> None:
        self.ask(SaveDeclaration(id=id_, text=text, by=by))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def refused(desk: Desk, question: Any, answer: Any = Done) -> str:
    with pytest.raises(SourceRefused) as fault:
        desk.ask(question, answer)
    assert fault.value.label.vi
    return fault.value.label.en


def test_every_source_has_a_card_without_a_secret(desk: Desk) -> None:
    desk.save("vendor_x", VENDOR)
    cards = desk.cards()
    assert {"queue_kiosk", "frigate", "smart_loudspeaker", "dossier_portal", "vendor_x"} <= cards.keys()
    assert {one.light for one in cards.values()} == {"none"}, "no device has spoken"
    told = json.dumps([one.model_dump(mode="json") for one in cards.values()])
    secrets = [SETTINGS.webhook_secrets(id_)[0] for id_ in ("queue_kiosk", "vendor_x")]
    secrets += [SETTINGS.mqtt_account_password("frigate")]
    assert not [one for one in secrets if one in told or one.removeprefix("whsec_") in told]
    assert cards["vendor_x"].is_declared
    assert not cards["queue_kiosk"].is_declared


def test_a_declaration_is_judged_before_it_is_kept_and_its_versions_lead_back(desk: Desk) -> None:
    wrong = VENDOR.replace("petition.rated", "petition.nothing")
    assert "petition.nothing" in refused(desk, SaveDeclaration(id="vendor_x", text=wrong, by="lan"))
    assert not (desk.folder / "connectors" / "vendor_x.toml").exists()
    desk.save("vendor_x", VENDOR)
    second = VENDOR.replace('vi = "Phản ánh hiện trường', 'vi = "Bản hai')
    desk.save("vendor_x", second, by="hoa")
    (desk.folder / "connectors" / "vendor_x.toml").write_text(
        VENDOR.replace("sign_of_life = 300", "sign_of_life = 400"), "utf-8"
    )
    desk.save("vendor_x", second, by="lan")
    versions = desk.cards()["vendor_x"].versions
    assert [(one.number, one.by) for one in versions] == [(4, "lan"), (3, "./"), (2, "hoa"), (1, "lan")]
    assert desk.ask(AskText(id="vendor_x", version=1), DeclarationText).text == VENDOR
    assert desk.ask(AskText(id="vendor_x"), DeclarationText).text == second
    desk.ask(RemoveDeclaration(id="vendor_x", by="lan"))
    assert "vendor_x" not in desk.cards()
    assert desk.ask(AskText(id="vendor_x", version=4), DeclarationText).text == second
    assert "no such declaration" in refused(desk, AskText(id="vendor_x"), DeclarationText)


def test_a_source_of_every_install_can_be_changed_and_is_itself_again_afterwards(desk: Desk) -> None:
    own = desk.ask(AskText(id="petition_portal"), DeclarationText).text
    assert own == ready_texts()["petition_portal"]
    desk.save("petition_portal", own.replace('vi = "Phản ánh, kiến nghị"', 'vi = "Của phường"'))
    assert desk.cards()["petition_portal"].label.vi == "Của phường"
    assert desk.cards()["petition_portal"].is_declared
    desk.ask(RemoveDeclaration(id="petition_portal", by="lan"))
    assert desk.cards()["petition_portal"].label.vi == "Phản ánh, kiến nghị"
    assert not desk.cards()["petition_portal"].is_declared
    why = refused(desk, RemoveDeclaration(id="petition_portal", by="lan"), DeclarationText)
    assert "no declaration of its own" in why


def test_ids_are_no_paths(desk: Desk) -> None:
    for id_ in ("../x", "a/b", "A", "", "x" * 41, "ä", "a.b", "."):
        with pytest.raises(ValueError, match="id"):
            AskText(id=id_)
        sent = desk.post(
            f"http://connectors.test{SOURCES_PATH}",
            headers=desk.headers(),
            content=json.dumps({"act": "text", "id": id_}).encode(),
        )
        assert sent.status_code == 422


def test_off_is_not_started_and_on_again_is(desk: Desk) -> None:
    desk.ask(Switch(id="frigate", is_off=True))
    assert desk.cards()["frigate"].is_off
    assert "frigate" not in {one.id for one in desk.watch.connectors()}
    desk.ask(Switch(id="frigate", is_off=False))
    assert "frigate" in {one.id for one in desk.watch.connectors()}
    assert "no source" in refused(desk, Switch(id="nobody", is_off=True))


def test_what_changes_is_exactly_what_is_begun_anew(desk: Desk) -> None:
    assert desk.watch.look() == set()
    SourceChoices(desk.folder).change("frigate", lambda one: one.model_copy(update={"is_off": True}))
    assert desk.watch.look() == {"frigate"}
    (desk.folder / "connectors" / "posts_x.toml").write_text(POSTS, "utf-8")
    assert desk.watch.look() == {"posts_x"}
    (desk.folder / "connectors" / "posts_x.toml").unlink()
    assert desk.watch.look() == {"posts_x"}
    assert desk.watch.look() == set()


@pytest.mark.parametrize(("id_", "text"), [("queue_kiosk", ""), ("vendor_x", VENDOR)])
def test_a_secret_that_was_made_is_made_anew_and_the_old_one_is_valid_for_a_day(
    desk: Desk, id_: str, text: str
) -> None:
    if text:
        desk.save(id_, text)
    proof = PostProof("hmac") if text else PostProof()
    (first,) = desk.watch.now.settings.post_secrets(id_, proof)
    desk.ask(Rotate(id=id_))
    second, old = desk.watch.now.settings.post_secrets(id_, proof)
    assert old == first != second
    shown = [one.text for one in desk.ask(Reveal(id=id_), Revealed).setup if one.is_secret]
    assert shown == [second]
    later = datetime.now(UTC) - OVERLAP - timedelta(seconds=1)
    SourceChoices(desk.folder).change(id_, lambda one: one.model_copy(update={"rotated_at": later}))
    assert desk.watch.look() == {id_}
    assert desk.watch.now.settings.post_secrets(id_, proof) == (second,)


def test_an_mqtt_password_is_made_anew_for_the_source_and_its_devices(desk: Desk) -> None:
    accounts = ("smart_loudspeaker", "smart_loudspeaker.tdp-017-l1")
    before = [desk.watch.now.settings.mqtt_account_password(one) for one in accounts]
    desk.ask(Rotate(id="smart_loudspeaker"))
    now = desk.watch.now.settings
    assert [now.previous_mqtt_password(one) for one in accounts] == before
    assert not {now.mqtt_account_password(one) for one in accounts} & set(before)
    assert now.mqtt_account_password("frigate") == SETTINGS.mqtt_account_password("frigate")
    assert now.previous_mqtt_password("frigate") is None


def test_a_secret_that_the_source_prescribes_is_kept_beside_the_others_and_is_in_no_declaration(desk: Desk) -> None:
    desk.save("vendor_x", VENDOR)
    assert "at least" in refused(desk, Rotate(id="vendor_x", key="short"))
    desk.ask(Rotate(id="vendor_x", key="prescribed-by-the-vendor-01"))
    desk.ask(Rotate(id="vendor_x", key="prescribed-by-the-vendor-02"))
    live = desk.watch.now.settings.post_secrets("vendor_x", PostProof("hmac"))
    assert live == ("prescribed-by-the-vendor-02", "prescribed-by-the-vendor-01")
    file = desk.folder / "secrets" / "source_vendor_x"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for path in (desk.folder / "connectors").iterdir():
        assert "prescribed" not in path.read_text("utf-8"), path
    assert "prescribed" not in desk.ask(AskText(id="vendor_x"), DeclarationText).text
    assert "type it in" in refused(desk, Rotate(id="vendor_x"))


def test_an_address_is_bounded_and_one_that_a_variable_sets_is_not_set_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = SETTINGS.model_copy(update={"urls": {"dossier_portal": "https://tthc.example.vn"}})
    desk = Desk(tmp_path, monkeypatch, own)
    desk.save("table_x", TABLE)
    assert "not allowed" in refused(desk, Redirect(id="table_x", url="postgresql+psycopg://127.0.0.1/db"))
    assert "another kind" in refused(desk, Redirect(id="table_x", url="https://203.0.113.9/"))
    desk.ask(Redirect(id="table_x", url="postgresql+psycopg://203.0.113.9/db"))
    desk.ask(Rotate(id="table_x", key="reader:a password"))
    reach = connector_endpoints(
        desk.watch.connectors(), IngestSettings(_env_file=None, data_folder=tmp_path), desk.watch.now.settings
    )
    assert reach.urls["table_x"] == "postgresql+psycopg://203.0.113.9/db"
    assert reach.tokens["table_x"].get_secret_value() == "reader:a password"
    assert "IOC_CONNECTORS_URLS__DOSSIER_PORTAL" in refused(
        desk, Redirect(id="dossier_portal", url="https://203.0.113.9")
    )
    assert "not asked" in refused(desk, Redirect(id="queue_kiosk", url="https://203.0.113.9"))


def test_a_sample_shows_field_by_field_what_becomes_of_it(desk: Desk) -> None:
    bad = {**CALL, "eventId": "e-2", "time": "yesterday"}
    sample = "\n".join(json.dumps(one) for one in (CALL, bad))
    trial = desk.ask(TrySample(id="vendor_x", text=VENDOR, sample=sample), SampleTrial)
    assert (trial.messages, trial.events, trial.faults, trial.is_cut) == (2, 1, 1, False)
    good, wrong = trial.shown
    assert ("petition_ref", "PA-1") in {(one.field, one.found) for one in good.fields}
    assert good.dropped == ("phone",)
    assert "received_at" in wrong.fault
    assert not list(desk.folder.rglob("*.toml")), "nothing is kept"


def test_a_sample_may_be_a_workbook_and_what_is_none_is_said_so(desk: Desk) -> None:
    book = Workbook()
    book.active.append(["Mã bài", "Ngày đăng", "Nền tảng", "Chuyên mục"])
    book.active.append(["ZL-1", "03/11/2025 08:30", "Zalo", "Chuyển đổi số"])
    kept = io.BytesIO()
    book.save(kept)
    sample = base64.b64encode(kept.getvalue()).decode()
    trial = desk.ask(TrySample(id="posts_x", text=POSTS, sample=sample, kind="xlsx"), SampleTrial)
    assert (trial.events, trial.faults) == (1, 0)
    for broken in ("AAAA", "not base64!"):
        assert refused(desk, TrySample(id="posts_x", text=POSTS, sample=broken, kind="xlsx"), SampleTrial)


def test_what_is_too_large_or_nobodys_is_refused(desk: Desk) -> None:
    url = f"http://connectors.test{SOURCES_PATH}"
    for headers in ({}, {"authorization": "Bearer x"}, {"authorization": f"Bearer {SHARED.get_secret_value()}"}):
        assert (
            desk.post(
                url, headers={**headers, "content-type": "application/json"}, content=b'{"act":"cards"}'
            ).status_code
            == 401
        )
    assert desk.post(url, headers=desk.headers(), content=b" " * (LARGEST_ASK + 1)).status_code == 413
    with pytest.raises(ValueError, match="at most"):
        TrySample(id="x", text="", sample="x" * 700_001)
    with pytest.raises(Unavailable):
        RemoteSources("http://connectors.test", None).ask(AskCards(), CARDS)


def test_the_last_message_is_a_sample_without_what_looks_personal(desk: Desk) -> None:
    desk.save("vendor_x", VENDOR)
    (connector,) = [one for one in desk.watch.connectors() if one.id == "vendor_x"]
    mapper = Mapper(connector, context("ward"))
    desk.running["vendor_x"] = RunningSource(mapper, SourceStatus(connector, context("ward"), None))  # type: ignore[arg-type]
    assert desk.ask(AskSample(id="vendor_x"), DeclarationText).text == ""
    told = {**CALL, "hoTen": "Nguyễn Văn An", "note": "0912345678"}
    mapper.take(json.dumps(told).encode())
    sample = json.loads(desk.ask(AskSample(id="vendor_x"), DeclarationText).text)
    assert sample["data"] == CALL["data"]
    assert not [text for text in ("Nguyễn", "0912345678") if text in json.dumps(sample, ensure_ascii=False)]
    card = desk.cards()["vendor_x"]
    assert (card.messages_per_hour, card.dead_letters_per_hour) == (1, 0)
    assert card.last is not None
    assert card.last.events == ("petition.received",)


def test_ready_ones_and_a_form_lead_to_a_declaration(desk: Desk) -> None:
    library = desk.ask(AskLibrary(), Library)
    assert {"petition_vendor", "platform_posts", "dossier_table"} <= library.ready.keys()
    form = desk.ask(
        Draft(way="files", event="post.published", label="Bài đăng", sample="Mã bài;Ngày;Kênh\n1;2;3"), DraftForm
    )
    assert form.paths == ("Mã bài", "Ngày", "Kênh")
    assert form.fault is not None
    filled = {"post_ref": "Mã bài", "published_at": "Ngày", "platform": "Kênh"}
    for one in form.fields:
        given = (
            {"read": filled[one.field]}
            if one.field in filled
            else {"value": "khac"}
            if one.field == "topic_code"
            else {}
        )
        given |= {"table": "Zalo = zalo\nFacebook = fanpage"} if one.field == "platform" else {}
        form = desk.ask(Draft(text=form.text, fields=(one.model_copy(update=given),)), DraftForm)
    assert form.fault is None, form.fault
    desk.save("bai_dang", form.text)
    trial = desk.ask(
        TrySample(id="bai_dang", text=form.text, sample="Mã bài;Ngày;Kênh\nA-1;03/11/2025;Zalo"), SampleTrial
    )
    assert (trial.events, trial.faults) == (1, 0), trial.shown


def test_a_form_takes_any_text(desk: Desk) -> None:
    for text in (
        "[",
        "label = 1",
        "events = 3",
        "events = [1]",
        "[[events]]\nevent = 'petition.received'\nfields = 3",
        VENDOR,
    ):
        form = desk.ask(Draft(text=text), DraftForm)
        assert (form.fault is None) == (text == VENDOR)
        assert form.text == text


def test_a_backup_holds_declarations_and_choices_and_only_if_asked_for_secrets(desk: Desk) -> None:
    desk.save("vendor_x", VENDOR)
    desk.ask(Rotate(id="vendor_x", key="prescribed-by-the-vendor-01"))
    names = {"data/connectors/vendor_x.toml", "data/connectors/vendor_x.versions.json", "data/connectors/sources.json"}
    assert set(files_to_back_up(desk.folder, secrets=False)) == names
    assert set(files_to_back_up(desk.folder, secrets=True)) == {*names, "data/secrets/source_vendor_x"}


def test_a_list_of_devices_is_judged_looked_through_and_kept_beside_what_is_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, monkeypatch)
    empty = desk.remote.ask(AskDevices(id="equipment"), DeviceTable)
    assert (empty.rows, empty.columns) == ((), ("device", "category", "place", "by", "address"))
    printer = DeviceRow(device="MI-01", category="Máy in", place="Quầy 3", by="SNMP", address="203.0.113.20")

    def saving(*rows: DeviceRow, digest: str = empty.digest, is_trial: bool = False) -> SaveDevices:
        return SaveDevices(id="equipment", rows=rows, digest=digest, is_trial=is_trial)

    assert "row 2" in refused(desk, saving(printer.model_copy(update={"device": "MI 01"})), DeviceListChanges)
    here = printer.model_copy(update={"address": "127.0.0.1"})
    assert "not allowed" in refused(desk, saving(here), DeviceListChanges)
    assert "no list" in refused(desk, AskDevices(id="queue_kiosk"), DeviceTable)
    plan = desk.remote.ask(saving(printer, is_trial=True), DeviceListChanges)
    assert [(one.kind, one.device) for one in plan.changes] == [("added", "MI-01")]
    assert desk.remote.ask(AskDevices(id="equipment"), DeviceTable) == empty, "nothing was kept"
    desk.remote.ask(saving(printer), DeviceListChanges)
    assert "Somebody else" in refused(desk, saving(printer), DeviceListChanges)
    known = desk.remote.ask(AskDevices(id="equipment"), DeviceTable)
    assert known.rows == (printer,)
    moved, scanner = (
        printer.model_copy(update={"place": "Sảnh"}),
        DeviceRow(device="MQ-01", category="Máy quét", by="không"),
    )
    plan = desk.remote.ask(saving(moved, scanner, digest=known.digest), DeviceListChanges)
    assert [(one.kind, one.device) for one in plan.changes] == [("changed", "MI-01"), ("added", "MQ-01")]
    known = desk.remote.ask(AskDevices(id="equipment"), DeviceTable)
    plan = desk.remote.ask(saving(scanner, digest=known.digest, is_trial=True), DeviceListChanges)
    assert [(one.kind, one.device) for one in plan.changes] == [("removed", "MI-01")]
    assert "8 characters" in refused(desk, Rotate(id="equipment", key="user:short"))
    desk.remote.ask(Rotate(id="equipment", key="phuong-hong-bang"), Done)
    assert "data/inventory/equipment.csv" in files_to_back_up(tmp_path, secrets=False)
    (tmp_path / "inventory" / "equipment.xlsx").write_bytes(b"PK")
    assert "equipment.xlsx" in refused(desk, AskDevices(id="equipment"), DeviceTable)


def test_a_file_of_devices_is_read_and_not_kept(desk: Desk) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Mã", "Loại", "Nơi đặt", "Theo dõi", "Địa chỉ", "Người sử dụng"])
    sheet.append(["MI-01", "Máy in", "Quầy 3", "ping", "192.168.1.20", "Nguyễn Văn An"])
    content = io.BytesIO()
    book.save(content)
    asked = ReadDevices(id="equipment", kind="xlsx", content=base64.b64encode(content.getvalue()).decode())
    table = desk.ask(asked, DeviceTable)
    assert [(row.device, row.category, row.address) for row in table.rows] == [("MI-01", "Máy in", "192.168.1.20")]
    assert "An" not in table.model_dump_json()
    assert desk.ask(AskDevices(id="equipment"), DeviceTable).rows == ()
    for content_ in (b"PK\x03\x04", b"", b"a;b\n1;2\n"):
        broken = ReadDevices(id="equipment", kind="csv", content=base64.b64encode(content_).decode())
        assert "The list is wrong" in refused(desk, broken, DeviceTable)


def test_a_camera_is_added_with_its_password_changed_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, monkeypatch)

    def save(*rows: DeviceRow) -> list[tuple[str, str]]:
        digest = desk.remote.ask(AskDevices(id="isapi"), DeviceTable).digest
        plan = desk.remote.ask(SaveDevices(id="isapi", rows=rows, digest=digest), DeviceListChanges)
        return [(one.kind, one.device) for one in plan.changes]

    camera = DeviceRow(device="tdp017-cong-cho", address="http://203.0.113.17", user="ioc")
    recorder = DeviceRow(device="dau-ghi", address="http://203.0.113.18", channels="1=tdp018-ngo-5; 2=nga-tu-cho")
    assert save(camera, recorder) == [("added", "tdp017-cong-cho"), ("added", "dau-ghi")]
    assert desk.remote.ask(AskDevices(id="isapi"), DeviceTable).rows == (camera, recorder)
    password = GiveDevicePassword(id="isapi", device="tdp017-cong-cho", password="mật khẩu")
    desk.remote.ask(password, Done)
    (found, other) = listed_devices(tmp_path, "isapi")
    assert (found.password.get_secret_value(), found.user) == ("mật khẩu", "ioc")
    assert other.cameras == {"1": "tdp018-ngo-5", "2": "nga-tu-cho"}
    nobody = password.model_copy(update={"device": "../../etc/passwd"})
    assert "Save this camera" in refused(desk, nobody)
    for wrong in (
        {"address": "203.0.113.17"},
        {"address": "http://camera.example"},
        {"address": "http://127.0.0.1"},
        {"device": "a/b"},
        {"channels": "1"},
    ):
        digest = desk.remote.ask(AskDevices(id="isapi"), DeviceTable).digest
        asked = SaveDevices(id="isapi", rows=(camera.model_copy(update=wrong),), digest=digest)
        assert refused(desk, asked, DeviceListChanges)
    assert save(camera) == [("removed", "dau-ghi")]


def test_a_network_is_scanned_when_asked_for_and_nothing_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = [ip_network("127.0.0.0/8"), ip_network("8.8.8.0/24")]
    desk = Desk(tmp_path, monkeypatch, SETTINGS.model_copy(update={"reachable": reachable}))
    for network, why in (
        ("127.0.0.0/8", "at most one /24"), ("8.8.8.0/24", "only a private network"), ("10.99.1.0/24", "only a private network"),
        ("x", "it has the form"), ("::1/128", "it has the form"),
    ):  # fmt: skip
        assert why in refused(desk, StartScan(network=network), ScanState)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(scan_module, "PORTS", (server.getsockname()[1],))
        started = desk.ask(StartScan(network="127.0.0.1/32"), ScanState)
        assert (started.network, started.of) == ("127.0.0.1/32", 1)
        deadline = time.monotonic() + 30
        while desk.ask(AskScan(), ScanState).is_running:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        state = desk.ask(AskScan(), ScanState)
        assert [(one.address, one.ports) for one in state.found] == [("127.0.0.1", (server.getsockname()[1],))]
    assert desk.ask(AskDevices(id="equipment"), DeviceTable).rows == ()


def test_a_trial_maps_the_newest_message_again_and_leaves_a_mark_and_no_event(desk: Desk) -> None:
    desk.save("vendor_x", VENDOR)
    assert refused(desk, TrySource(id="nobody"), SourceTrial) == "There is no source nobody."
    assert desk.ask(TrySource(id="vendor_x"), SourceTrial).outcome == "nothing"
    connector = next(one for one in desk.watch.connectors() if one.id == "vendor_x")
    mapper = Mapper(connector, context("ward"))
    desk.running["vendor_x"] = RunningSource(mapper, SourceStatus(connector, mapper.context, None))  # type: ignore[arg-type]
    mapper.take(json.dumps({**CALL, "time": "yesterday"}).encode())
    trial = desk.ask(TrySource(id="vendor_x"), SourceTrial)
    assert (trial.outcome, trial.fault[:12]) == ("refused", "invalid_time")
    mapper.take(json.dumps(CALL).encode())
    trial = desk.ask(TrySource(id="vendor_x"), SourceTrial)
    assert (trial.outcome, trial.events) == ("mapped", ("petition.received",))
    assert mapper.counts["messages"] == 2, "the source's own counts know nothing of it"
    assert [(one.source_id, one.outcome) for one in desk.marks] == [
        ("vendor_x", "nothing"), ("vendor_x", "refused"), ("vendor_x", "mapped"),
    ]  # fmt: skip
    desk.is_kafka_away = True
    assert refused(desk, TrySource(id="vendor_x"), SourceTrial).startswith("Kafka does not answer")


def test_the_form_begins_a_probe_and_syslog_with_what_our_own_readers_tell(desk: Desk) -> None:
    form = desk.ask(Draft(way="probe", event="equipment.up", label="Máy chủ"), DraftForm)
    assert form.fault is None
    said = {
        "told": "reached",
        "is": True,
        "device": "SV-01",
        "category": "may_chu",
        "by": "ping",
        "at": "2026-02-02T01:00:00Z",
    }
    trial = desk.ask(TrySample(id="may_chu", text=form.text, sample=json.dumps(said)), SampleTrial)
    assert (trial.events, trial.faults) == (1, 0)
    desk.save("may_chu", form.text)
    card = desk.cards()["may_chu"]
    assert (card.way, card.has_list) == ("probe", True), "its devices are listed on the page as well"
    form = desk.ask(Draft(way="syslog", event="equipment.heartbeat", label="Tường lửa"), DraftForm)
    rows = {one.field: one for one in form.fields if one.event != "way"}
    filled = (
        rows["device_id"].model_copy(update={"read": "host"}),
        rows["category"].model_copy(update={"value": "tuong_lua"}),
    )
    form = desk.ask(Draft(text=form.text, fields=filled), DraftForm)
    assert form.fault is None
    sample = json.dumps({"host": "FW-01", "severity": "info", "said": "login Nguyễn Văn An"})
    trial = desk.ask(TrySample(id="tuong_lua", text=form.text, sample=sample), SampleTrial)
    assert (trial.events, trial.faults) == (1, 0)
    desk.save("tuong_lua", form.text)
    assert desk.cards()["tuong_lua"].way == "syslog"


def test_the_form_holds_the_way_in_conditions_and_two_events_of_one_kind(desk: Desk) -> None:
    form = desk.ask(Draft(way="sql", event="petition.answered", label="X"), DraftForm)
    form = desk.ask(Draft(text=form.text, event="petition.answered", is_more=True), DraftForm)
    rows = {(one.event, one.rule, one.field): one for one in form.fields}

    def fill(event: str, rule: int, field: str, **values: str) -> None:
        nonlocal form
        changed = rows[event, rule, field].model_copy(update=values)
        form = desk.ask(Draft(text=form.text, fields=(changed,)), DraftForm)

    assert rows["way", 0, "by"].options == ("number", "time")
    fill("way", 0, "table", value="v_phan_anh")
    fill("way", 0, "overlap", value="3600")
    fill("way", 0, "schema", value="ioc")
    fill("petition.answered", 0, "when", read="loai == '1'")
    fill("petition.answered", 1, "when", read="loai == '2'")
    fill("petition.answered", 1, "id", read='["ma", "loai"]')
    for rule in (0, 1):
        fill("petition.answered", rule, "petition_ref", read="ma")
        fill("petition.answered", rule, "answered_at", read=f"luc_{rule}")
    made = tomllib.loads(form.text)
    assert made["way"] == {"kind": "sql", "table": "v_phan_anh", "schema": "ioc", "grows": "cap_nhat", "by": "time", "every": 60, "overlap": 3600}  # fmt: skip
    assert [one["when"] for one in made["events"]] == ["loai == '1'", "loai == '2'"]
    assert made["events"][1]["id"] == ["ma", "loai"]
    assert [one["fields"]["answered_at"]["column"] for one in made["events"]] == ["luc_0", "luc_1"]
    fill("way", 0, "overlap", value="")
    fill("petition.answered", 0, "when", read="")
    made = tomllib.loads(form.text)
    assert "overlap" not in made["way"]
    assert "when" not in made["events"][0]


def test_events_of_a_file_are_about_the_same_dossiers_as_those_of_a_source_and_a_trial_is_not(desk: Desk) -> None:
    head = "Loại sự kiện;dossier_ref;unit_id;procedure_code;field_code;channel;state_to;completed_at\n"
    line = "dossier.completed;H24.12-0001;H24.12;1.005129;ho_tich;1;9;03/01/2026 16:00\n"
    content = base64.b64encode((head + line).encode()).decode()
    (first,), (again,) = (desk.ask(MapFile(kind="csv", content=content), MappedFile).rows for _ in range(2))
    assert json.loads(first.event)["dossier_ref"] == context("ward").pseudonym("H24.12-0001")
    assert again.event == first.event, "so that the same row counts once"
