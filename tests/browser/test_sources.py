"""From a fresh install to a connected vendor, with the page alone: made from a sample, tried, running without a restart, its post taken."""

import asyncio
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from pydantic import SecretStr

from tests.browser.conftest import PATIENCE
from tests.browser.support.served import Served, served
from tests.connectors.support.install import InstallWithoutKafka

pytestmark = pytest.mark.browser

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


@pytest.fixture
def install(tmp_path: Path) -> Iterator[InstallWithoutKafka]:
    made, loop = InstallWithoutKafka(tmp_path / "connectors-side", SHARED), asyncio.new_event_loop()
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


def fill_cell(page: Page, field: str, column: str, text: str) -> None:
    row = page.locator(f"#editor-fields [row-id='petition.received/{field}']")
    cell = row.locator(f"[col-id='{column}']")
    cell.click()
    cell.locator("input").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#editor-text")).to_have_value(re.compile(rf"{field}\b"), timeout=PATIENCE)


def test_a_vendor_is_connected_with_the_page_alone(chromium, board, install, artefacts):
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
    expect(page.locator("[data-light=up]")).to_have_count(0)

    page.get_by_role("tab", name="Tạo, sửa đầu nối").click()
    page.fill("#editor-id", VENDOR)
    page.fill("#editor-name", "Phản ánh X")
    choose(page, "editor-event", "petition.received")
    page.click("#editor-begin")
    expect(page.locator("#editor-text")).to_have_value(re.compile("petition.received"))
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
    written = page.input_value("#editor-text").replace(
        'proof = "standard_webhooks"', 'proof = "hmac"\nheader = "X-Signature"'
    )
    page.fill("#editor-text", written)
    page.click("#editor-save")
    expect(page.locator("#editor-done")).to_contain_text("Đã lưu")

    page.get_by_role("tab", name="Các nguồn").click()
    card = page.locator(f"[data-source={VENDOR}]")
    expect(card).to_contain_text("CHƯA KẾT NỐI")
    card.get_by_role("button", name="Mở").click()
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
    context.close()
    assert complaints == []
