"""From a fresh install to connected sources, with the page alone: made from a sample, tried, running without a restart, their messages taken."""

import asyncio
import hashlib
import hmac
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook
from playwright.sync_api import Locator, Page, expect
from pydantic import SecretStr

from dashboard.words.event_name import event_name
from ingest.devices.listed import listed_devices
from tests.browser.conftest import PATIENCE
from tests.browser.support.served import Served, served
from tests.connectors.support.install import InstallWithoutKafka
from tests.ingest.sql.test_reader import needs_postgresql, postgresql

pytestmark = [pytest.mark.browser, pytest.mark.long]

SHARED = SecretStr("the secret of board and connectors, of this test")
VENDOR = "phan_anh_x"
SAMPLE = {
    "ma": "PA-1",
    "nguon": "1022",
    "linhVuc": "Hộ tịch",
    "luc": "2026-03-02T08:00:00+07:00",
    "nguoiGui": "Nguyễn Văn An",
}
FILLED = {
    "petition_ref": ("read", "ma"), "channel": ("value", "1022"), "category": ("value", "hien_truong"), "field_code": ("value", "ho_tich"),
    "received_at": ("read", "luc"),
}  # fmt: skip
POSTS = {
    "post_ref": ("read", "Mã bài"), "published_at": ("read", "Ngày đăng"), "platform": ("value", "zalo"), "topic_code": ("value", "khac"),
}  # fmt: skip


@pytest.fixture
def install(tmp_path: Path) -> Iterator[InstallWithoutKafka]:
    here = ["127.0.0.0/8"]  # where the sources of these tests are
    made, loop = InstallWithoutKafka(tmp_path / "connectors-side", SHARED, reachable=here), asyncio.new_event_loop()
    ending = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[made.run(ending)], daemon=True)
    thread.start()
    until(lambda: made.is_subscribed())
    yield made
    loop.call_soon_threadsafe(ending.set)
    thread.join(20)


@pytest.fixture
def board(tmp_path: Path, install: InstallWithoutKafka) -> Iterator[Served]:
    with served(tmp_path / "board-side", letters_secret=SHARED, intake_port=install.intake) as running:
        yield running


def until(condition: Any, patience: float = 30) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def choose(page: Page, id_: str, option: str) -> None:
    page.click(f"#{id_}")
    page.get_by_role("option", name=option, exact=True).click()


def fill_cell(page: Page, field: str, column: str, text: str, event: str = "petition.received") -> None:
    row = page.locator(f"#editor-fields [row-id='{event}/{field}']")
    cell = row.locator(f"[col-id='{column}']")
    cell.click()
    before = page.input_value("#editor-text")
    cell.locator("input").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#editor-text")).not_to_have_value(before, timeout=PATIENCE)


@contextmanager
def sources_page(chromium, board: Served) -> Iterator[tuple[Page, str]]:
    """The page as an administrator sees it, and their password."""
    password = board.accounts.add("lan", frozenset({"admin"}))
    context = chromium.new_context(viewport={"width": 1600, "height": 1100}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{board.url}/login?lang=vi&next=/sources")
    page.fill("[name=name]", "lan")
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    expect(page.locator("[data-source=queue_kiosk]")).to_contain_text("CHƯA KẾT NỐI")
    yield page, password
    context.close()
    assert complaints == []


def begin(page: Page, id_: str, event: str, way: str = "") -> None:
    """Begin a connector, by another way than a webhook if one is named."""
    page.get_by_role("tab", name="Tạo, sửa đầu nối").click()
    page.fill("#editor-id", id_)
    page.fill("#editor-name", id_)
    if way:
        choose(page, "editor-way", way)
    choose(page, "editor-event", event_name(event).vi)
    page.click("#editor-begin")
    expect(page.locator("#editor-text")).to_have_value(re.compile(event))
    expect(page.locator(f"#editor-fields [row-id='{event}/when']")).to_be_visible()


def save(page: Page, id_: str) -> Locator:
    """Save it, and open its card."""
    page.click("#editor-save")
    expect(page.locator("#editor-done")).to_contain_text("Đã lưu")
    page.get_by_role("tab", name="Các nguồn").click()
    card = page.locator(f"[data-source={id_}]")
    expect(card).to_contain_text("CHƯA KẾT NỐI")
    card.get_by_role("button", name="Mở").click()
    expect(page.locator("#source-said")).to_contain_text(id_)
    return card


def test_a_vendor_is_connected_with_the_page_alone(chromium, board, install, artefacts):
    with sources_page(chromium, board) as (page, password):
        connect_vendor(page, password, board, install, artefacts)


def connect_vendor(page: Page, password: str, board: Served, install: InstallWithoutKafka, artefacts: Path) -> None:
    expect(page.locator("[data-light=up]")).to_have_count(0)
    begin(page, VENDOR, "petition.received")
    page.fill("#editor-sample", json.dumps(SAMPLE, ensure_ascii=False))
    page.keyboard.press("Tab")
    expect(page.locator("#editor-paths")).to_contain_text("linhVuc")
    expect(page.locator("#editor-fault")).to_contain_text("petition_ref")
    for field, (column, text) in FILLED.items():
        fill_cell(page, field, column, text)
    expect(page.locator("#editor-fault")).to_be_empty()
    page.click("#editor-try")
    expect(page.locator("#trial-sum")).to_contain_text("1 tin: 1 sự kiện, 0 tin không đọc được")
    expect(page.locator("#editor-trial")).to_contain_text("nguoiGui")
    page.screenshot(path=artefacts / "sources-editor.png")
    fill_cell(page, "header", "value", "X-Signature", "way")
    fill_cell(page, "proof", "value", "hmac", "way")
    fill_cell(page, "when", "read", "nguon == '1022'")
    choose(page, "editor-event", event_name("petition.answered").vi)
    page.click("#editor-more")
    fill_cell(page, "when", "read", "nguon == 'X'", "petition.answered")
    expect(page.locator("#editor-fault")).to_contain_text("petition.answered")
    for field, (column, text) in {**FILLED, "answered_at": ("read", "luc")}.items():
        if field != "received_at":
            fill_cell(page, field, column, text, "petition.answered")
    expect(page.locator("#editor-fault")).to_be_empty()
    card = save(page, VENDOR)
    page.fill("#source-password", "not the password")
    page.click("#source-reveal")
    expect(page.locator("#source-fault")).to_contain_text("không đúng")
    page.fill("#source-password", password)
    page.click("#source-reveal")
    secret = page.locator("#source-done td").nth(3)
    expect(secret).to_have_text(re.compile(r"\S{30,}"))
    shown_secret = secret.inner_text()
    until(lambda: VENDOR in install.runner.sources)
    body = json.dumps(SAMPLE).encode()
    signature = hmac.new(shown_secret.encode(), body, hashlib.sha256).hexdigest()
    posted = httpx.post(
        f"http://127.0.0.1:{install.intake}/intake/{VENDOR}", content=body,
        headers={"content-type": "application/json", "x-signature": signature}, trust_env=False,
    )  # fmt: skip
    assert (posted.status_code, posted.json().get("events")) == (202, 1), posted.text
    assert "petition.received" in {one.kind for one in install.kafka.sent}
    expect(card).to_contain_text("ĐANG KẾT NỐI")
    expect(card).to_contain_text("petition.received")
    expect(card).to_contain_text("1 tin/giờ · 0 lỗi/giờ")
    page.screenshot(path=artefacts / "sources.png")

    page.click("#source-off")
    expect(card).to_contain_text("ĐÃ TẮT")
    until(lambda: VENDOR not in install.runner.sources)
    page.click("#source-on")
    expect(card).not_to_contain_text("ĐÃ TẮT")
    with page.expect_download() as download:
        page.click("#source-export")
    exported = download.value.path().read_text("utf-8")
    assert "X-Signature" in exported
    assert shown_secret not in exported

    page.goto(f"{board.url}/sources/setup/{VENDOR}")
    expect(page.locator("#setup-page")).to_contain_text(f"/intake/{VENDOR}")
    expect(page.locator("#setup-page")).to_contain_text("gửi riêng")


@needs_postgresql
def test_a_table_and_a_folder_are_connected_with_the_page_alone(chromium, board, install, tmp_path):
    with postgresql() as database, sources_page(chromium, board) as (page, password):
        database.run("CREATE TABLE phan_anh (ma TEXT, nguon TEXT, luc TEXT, nguoi_gui TEXT, cap_nhat TIMESTAMP)")
        database.run("INSERT INTO phan_anh VALUES ('PA-1', 'D', '2026-03-02T08:00:00+07:00', 'Nguyễn Văn An', now())")
        begin(page, "bang_phan_anh", "petition.received", "Bảng dữ liệu (SQL)")
        fill_cell(page, "table", "value", "phan_anh", "way")
        for field, (column, text) in {**FILLED, "petition_ref": ("read", "ma")}.items():
            fill_cell(page, field, column, text)
        expect(page.locator("#editor-fault")).to_be_empty()
        card = save(page, "bang_phan_anh")
        expect(card).to_contain_text("chưa có địa chỉ")
        page.fill("#source-url", database.url)
        page.click("#source-redirect")
        expect(page.locator("#source-done")).to_contain_text("Đã xong")
        page.fill("#source-password", password)
        page.fill("#source-key", database.account)
        page.click("#source-rotate")
        expect(card).to_contain_text("ĐANG KẾT NỐI")
        expect(card).to_contain_text("petition.received")
        until(lambda: "petition.received" in {one.kind for one in install.kafka.sent})
        page.click("#source-test")
        expect(page.locator("#source-done")).to_contain_text(
            "tin gần nhất thành Tiếp nhận phản ánh, kiến nghị (petition.received)"
        )
        assert [(one.kind, one.outcome) for one in install.marks] == [("source.tested", "mapped")]

        book = Workbook()
        book.active.append(["Mã bài", "Ngày đăng", "Người đăng"])
        book.active.append(["ZL-1", "03/11/2025 08:30", "Nguyễn Văn An"])
        book.save(tmp_path / "bai.xlsx")
        begin(page, "bai_dang", "post.published", "Tệp CSV, XLSX")
        page.locator("#editor-upload input").set_input_files(tmp_path / "bai.xlsx")
        expect(page.locator("#editor-file")).to_contain_text("bai.xlsx")
        for field, (column, text) in POSTS.items():
            fill_cell(page, field, column, text, "post.published")
        page.click("#editor-try")
        expect(page.locator("#trial-sum")).to_contain_text("1 tin: 1 sự kiện, 0 tin không đọc được")
        expect(page.locator("#editor-trial")).to_contain_text("Người đăng")
        card = save(page, "bai_dang")
        expect(page.locator("#source-said")).to_contain_text("inbox/bai_dang/")
        until(lambda: (install.folder / "inbox" / "bai_dang" / "done").is_dir())
        (tmp_path / "bai.xlsx").rename(install.folder / "inbox" / "bai_dang" / "bai.xlsx")
        expect(card).to_contain_text("post.published")
        assert "post.published" in {one.kind for one in install.kafka.sent}


def type_device(page: Page, number: int, **cells: str) -> None:
    """Fill in a row of the list of devices, counted from 0."""
    row = page.locator(f"#devices-rows .ag-center-cols-container [row-index='{number}']")
    for column, text in cells.items():
        row.locator(f"[col-id='{column}']").dblclick()
        row.locator(f"[col-id='{column}'] input").fill(text)
        page.keyboard.press("Enter")
        expect(row.locator(f"[col-id='{column}']")).to_have_text(text)


def tick(page: Page, grid: str, place: int) -> None:
    page.locator(f"#{grid} [row-index='{place}'] input[type=checkbox]").first.check()


def test_devices_and_cameras_are_added_changed_and_removed_on_the_page(chromium, board, install, tmp_path, artefacts):
    with sources_page(chromium, board) as (page, password), socket.create_server(("127.0.0.1", 9100)):
        page.get_by_role("tab", name="Thiết bị, camera").click()
        expect(page.locator("#devices-rows")).to_be_visible()
        expect(page.locator("#devices-add")).to_be_enabled()  # the list is read
        list_devices(page, install, tmp_path, artefacts)
        list_cameras(page, install, password)
        page.goto(f"{board.url}/system")
        expect(page.locator("body")).to_contain_text("equipment (+MT-01, +MH-Q01): đổi danh sách thiết bị")
        expect(page.locator("body")).to_contain_text("equipment (127.0.0.1/32): quét mạng")


def list_devices(page: Page, install: InstallWithoutKafka, folder: Path, artefacts: Path) -> None:
    """Two by typing, one of them away again, one by a file, and one that a scan found."""
    kept = install.folder / "inventory" / "equipment.csv"
    book = folder / "thiet-bi.csv"
    for place, cells in enumerate(
        ({"device": "MT-01", "address": "127.0.0.1"}, {"device": "MH-Q01", "address": "127.0.0.1"})
    ):
        page.click("#devices-add")
        type_device(page, place, **cells, category="Máy tính", place="Quầy 1", by="ping")
    expect(page.locator("#devices-save")).to_be_disabled()
    page.click("#devices-look")
    expect(page.locator("#devices-plan")).to_contain_text("MH-Q01")
    page.screenshot(path=artefacts / "sources-devices.png")
    assert not kept.exists()
    page.click("#devices-save")
    expect(page.locator("#devices-done")).to_contain_text("Đã lưu")
    assert "MT-01;Máy tính;Quầy 1;ping;127.0.0.1" in kept.read_text("utf-8")
    tick(page, "devices-rows", 1)
    page.click("#devices-remove")
    page.click("#devices-look")
    expect(page.locator("#devices-plan")).to_contain_text("bỏ")
    page.click("#devices-save")
    until(lambda: "MH-Q01" not in kept.read_text("utf-8"))
    expect(page.locator("#devices-done")).to_contain_text("Đã lưu")
    book.write_text("Mã;Loại;Nơi đặt;Theo dõi;Địa chỉ\nMT-01;Máy tính;Quầy 2;ping;127.0.0.1\n", "utf-8")
    page.set_input_files("#devices-upload input[type=file]", book)
    expect(page.locator("#devices-done")).to_contain_text("Đã đọc tệp")
    page.click("#devices-look")
    expect(page.locator("#devices-plan")).to_contain_text("Quầy 2")
    page.fill("#scan-network", "127.0.0.0/8")
    page.click("#scan-start")
    expect(page.locator("#scan-fault")).to_contain_text("tối đa một mạng /24")
    page.fill("#scan-network", "127.0.0.1/32")
    page.click("#scan-start")
    expect(page.locator("#scan-rows [row-id='127.0.0.1']").first).to_contain_text("9100")
    tick(page, "scan-rows", 0)
    page.click("#scan-take")
    expect(page.locator("#devices-rows [row-index='1']").first).to_contain_text("TB-0-1")
    page.click("#devices-look")
    page.click("#devices-save")
    until(lambda: "TB-0-1;Máy in" in kept.read_text("utf-8"))


def list_cameras(page: Page, install: InstallWithoutKafka, password: str) -> None:
    choose(page, "devices-source", "Camera Hikvision, HiLook (ISAPI)")
    expect(page.locator("#devices-rows [col-id='channels']").first).to_be_visible()
    page.click("#devices-add")
    type_device(page, 0, device="tdp017-cong-cho", address="http://127.0.0.1", user="ioc")
    page.click("#devices-look")
    page.click("#devices-save")
    expect(page.locator("#devices-done")).to_contain_text("Đã lưu")
    tick(page, "devices-rows", 0)
    page.fill("#device-password", "mật khẩu camera")
    page.fill("#device-own", password)
    page.click("#device-give")
    expect(page.locator("#device-given")).to_contain_text("Đã đặt")
    (found,) = listed_devices(install.folder, "isapi")
    assert found.password.get_secret_value() == "mật khẩu camera"
