"""From a figure to what is behind it: its proof, the query to run oneself, the dead letters, and the system's own account."""

import json
import re
from contextlib import suppress

import pytest
from kafka import KafkaProducer
from playwright.sync_api import expect

from ingest.kafka.client import client_options
from tests.browser.conftest import PATIENCE, live
from warehouse.audit.run import run_audit, write_audit
from warehouse.audit.scope import scope_since
from warehouse.store.client import connect

pytestmark = pytest.mark.browser

SOON = 60_000
FORBIDDEN = "không có quyền"


@pytest.mark.long
def test_a_figure_leads_to_its_history_its_proof_and_the_query(open_board, kiosk, artefacts):
    with open_board(rights=("leader", "analyst")) as page:
        live(page)
        expect(page.locator("#q01-figure")).to_have_text(str(kiosk.issued))
        page.locator("#q01-figure").press("Enter")  # a keyboard is enough
        page.wait_for_url("**/history/Q01")
        expect(page.locator("#q01-figure")).to_have_text(str(kiosk.issued)), "the figure goes on living"
        expect(page.locator("#timeline-table tbody tr").first).to_contain_text(str(kiosk.issued), timeout=SOON)
        expect(page.locator("#timeline-chart .main-svg").first).to_be_visible()
        with page.expect_download() as saved:
            page.click("#timeline-csv")
        assert saved.value.suggested_filename == "Q01-hour.csv"
        page.click("#timeline-until")
        page.locator(".mantine-DatePickerInput-day").first.click()
        page.wait_for_url(re.compile(r"/history/Q01\?at=2026-1\d-\d\dT23:59$"))
        expect(page.locator("#timeline-said")).to_contain_text("Đến 23:59", timeout=SOON)
        expect(page.locator("#timeline-table")).not_to_contain_text("đang chạy")
        page.screenshot(path=artefacts / "history-vi.png")
        page.click("#timeline-said a")
        page.wait_for_url(re.compile("/history/Q01$"))
        expect(page.locator("#timeline-table")).to_contain_text("đang chạy", timeout=SOON)
        page.click("#timeline-proof")
        page.wait_for_url("**/proof/Q01")
        expect(page.locator("#proof-verdict")).to_have_class("verdict agrees", timeout=SOON)
        expect(page.locator("#proof-verdict")).to_contain_text(f"KHỚP · {kiosk.issued}")
        expect(page.locator("#proof-members")).to_contain_text("Hộ tịch")
        expect(page.locator("#proof-windows .plain")).to_contain_text("khớp")
        expect(page.locator("#proof-events")).to_contain_text("ticket.issued")
        kiosk.issue()
        expect(page.locator("#q01-figure")).to_have_text(str(kiosk.issued)), "the figure goes on living"
        page.click("#proof-again")
        expect(page.locator("#proof-verdict")).to_contain_text(f"KHỚP · {kiosk.issued}", timeout=SOON)
        page.screenshot(path=artefacts / "proof-vi.png")
        page.click("#proof-run-recomputed")
        page.wait_for_url("**/sql?proof=Q01&part=recomputed&**")
        expect(page.locator("textarea").first).to_have_value(re.compile("FROM events"))
        page.locator("textarea").first.press("Control+Enter")
        expect(page.locator("#sql-table .ag-row").first).to_be_visible(timeout=SOON)
        expect(page.locator("#sql-fault")).to_be_empty()


@pytest.mark.long
def test_a_dead_letter_is_found_tried_and_not_sent_in_vain(open_board, stack, kiosk, artefacts):
    put(stack, {"specversion": "1.0", "type": "vn.hongbang.queue.ticket.flown.v1", "ho_ten": "Nguyễn Văn A"})
    with open_board("/letters", ("admin",)) as page:
        row = page.locator("#letters-table .ag-center-cols-container .ag-row").first
        until_there(row, page.locator("#letters-refresh"))
        page.click("#letters-reason")
        page.get_by_role("option").first.click()
        expect(page.locator("#letters-count")).to_contain_text("sự kiện lỗi")
        row.click()
        until_there(page.locator("#letters-detail .payload"), row)  # a row that is drawn anew does not feel the press
        expect(page.locator("#letters-detail .payload")).to_contain_text("[personal]")
        expect(page.locator("#letters-detail .payload")).not_to_contain_text("Nguyễn")
        expect(page.locator("#letters-send")).to_be_disabled()
        page.click("#letters-try")
        expect(page.locator("#letters-status")).to_have_text("Chạy thử: 0/1 gửi được", timeout=SOON)
        expect(page.locator("#letters-table [col-id=result]").last).to_contain_text("vẫn không đọc được")
        expect(page.locator("#letters-send")).to_be_disabled()
        page.screenshot(path=artefacts / "letters-vi.png")


def test_who_may_not_see_the_dead_letters_is_told(open_board):
    with open_board("/letters", ("leader",)) as page:
        expect(page.locator(".alone")).to_contain_text(FORBIDDEN)


@pytest.mark.long
def test_the_audit_is_on_the_system_page_and_on_the_board(open_board, stack, kiosk, artefacts):
    ingest = stack.install.ingest
    with connect(stack.install.warehouse) as client:
        report = run_audit(client, ingest, scope_since(ingest, None))
        write_audit(client, report)
    assert report.differences == 0, report.found
    with open_board("/system", language="en") as page:
        expect(page.locator("#system-audit .verdict")).to_contain_text("NO DIFFERENCES", timeout=SOON)
        expect(page.locator("#system-streams")).to_contain_text("Queue")
        expect(page.locator("#system-sources")).to_contain_text("LIVE")
        page.screenshot(path=artefacts / "system-en.png")
        page.goto(stack.install.board.url)
        live(page)
        expect(page.locator("#audit")).to_contain_text("differences 0", timeout=SOON)


def put(stack, body):
    """Put a record into Kafka that is no event of ours."""
    producer = KafkaProducer(**client_options(stack.install.ingest))
    try:
        key = stack.install.ingest.ward.encode()
        producer.send("ioc.queue.v1", key=key, value=json.dumps(body).encode()).get(timeout=30)
    finally:
        producer.close()


def until_there(wanted, pressed):
    """Press again until something has come."""
    for _ in range(SOON // 2_000):
        with suppress(AssertionError):
            expect(wanted).to_be_visible(timeout=2_000)
            return
        pressed.click()
    expect(wanted).to_be_visible(timeout=PATIENCE)


def test_a_chart_s_card_carries_the_choice_of_its_period(open_board, artefacts):
    with open_board("/queue", ("leader",)) as page:
        live(page)
        card = page.locator("#arrivals-card")
        expect(card.locator("#arrivals-live .main-svg").first).to_be_visible()
        card.get_by_text("Tuần này", exact=True).click()
        expect(card.locator("#arrivals-told .main-svg").first).to_be_visible()
        expect(card.locator("#arrivals-told")).to_contain_text("Tuần này, đến")
        expect(card.locator("#arrivals-live .main-svg").first).to_be_hidden()
        page.screenshot(path=artefacts / "card-of-a-week.png")
        card.get_by_text("Lúc này", exact=True).click()
        expect(card.locator("#arrivals-live .main-svg").first).to_be_visible()
        expect(card.locator("#arrivals-told")).to_be_hidden()
