"""The page of dead letters: found, looked at, tried, sent again and counted once; what still makes no sense is not sent."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from playwright.sync_api import expect

from commands.supervision.stack import Stack
from ingest.contract.errors import InvalidEvent
from ingest.kafka.producer import Producer
from ingest.untrusted.dead_letter import DeadLetter, from_record, from_source
from tests.commands.test_letters_whole import until
from tests.declarations.test_connectors import CONNECTORS, lines, sent
from warehouse.store.client import connect

pytestmark = [pytest.mark.browser, pytest.mark.long]

REGISTER = next(one for one in CONNECTORS if one.id == "ward_register")
ISSUED = "SELECT topic, partition, offset, event FROM raw_events WHERE kind = 'ticket.issued' ORDER BY offset LIMIT 1"
REPLAYS = "SELECT id, outcome, events FROM raw_letter_replays FINAL"
SOON = 30_000


async def give(stack: Stack, *dead_letters: DeadLetter) -> None:
    producer = Producer(stack.install.ingest)
    await producer.start()
    for one in dead_letters:
        await producer.dead_letter(one)
    await producer.stop()


def row(page, one: DeadLetter):
    return page.locator(f"#letters-table .ag-center-cols-container [row-id='{one.id}']")


def test_a_dead_letter_is_tried_and_then_sent(open_board, stack, kiosk, artefacts):
    def stored(asked: str) -> list[tuple[Any, ...]]:
        with connect(stack.install.warehouse) as client:
            return client.query(asked)

    fault, at = InvalidEvent("unknown_kind", "an older release"), stack.install.ingest.clock().now()
    until(lambda: stored(ISSUED))
    ((topic, partition, offset, value),) = stored(ISSUED)
    mended = from_record(topic, partition, offset, value.encode(), fault, ward="hong-bang", received_at=at)
    other = from_source(REGISTER, b'{"toDanPho": 5}', fault, ward="hong-bang", received_at=at)
    whole = from_source(REGISTER, sent(REGISTER, lines(REGISTER)[0]).body, fault, ward="hong-bang", received_at=at)
    with ThreadPoolExecutor(1) as apart:  # the browser's driver has the loop of this thread
        apart.submit(asyncio.run, give(stack, mended, other, whole)).result()
    until(lambda: {(one.id,) for one in (mended, other, whole)} <= set(stored("SELECT id FROM dead_letters")))
    with open_board("/letters", ("analyst", "admin"), (1600, 900)) as page:
        for one in (mended, other):
            expect(row(page, one)).to_be_visible(timeout=SOON)
        row(page, other).click()
        expect(page.locator("#letters-detail")).to_contain_text("toDanPho")
        page.click("#letters-try")
        expect(page.locator("#letters-status")).to_contain_text("0/1", timeout=SOON)
        expect(page.locator("#letters-send")).to_be_disabled()
        row(page, other).click(modifiers=["Control"])  # let go of it
        row(page, mended).click()
        expect(page.locator("#letters-detail")).to_contain_text("ticket_id")
        page.click("#letters-try")
        expect(page.locator("#letters-status")).to_contain_text("1/1", timeout=SOON)
        assert stored(REPLAYS) == [], "a dry run sends nothing"
        page.click("#letters-send")
        expect(page.locator("#letters-status")).to_have_text(re.compile("Đã gửi 1/1"), timeout=SOON)
        page.screenshot(path=artefacts / "letters.png")
        assert stored(REPLAYS) == [(mended.id, "sent", 0)], "the warehouse has its event, which counts once"
        row(page, mended).click(modifiers=["Control"])
        row(page, whole).click()
        page.click("#letters-try")
        expect(page.locator("#letters-status")).to_have_text(re.compile("Chạy thử: 1/1"), timeout=SOON)
        page.click("#letters-send")
        expect(page.locator("#letters-status")).to_have_text(re.compile("Đã gửi 1/1"), timeout=SOON)
        assert (whole.id, "sent", 1) in stored(REPLAYS), "the connectors have mapped it again"
        page.click("#letters-outcome")
        page.get_by_role("option", name="đã gửi lại").click()
        expect(row(page, other)).to_have_count(0, timeout=SOON)
        expect(row(page, mended)).to_be_visible()


def test_who_may_only_look_is_offered_a_dry_run_alone(open_board):
    with open_board("/letters", ("analyst",), (1600, 900)) as page:
        expect(page.locator("#letters-try")).to_be_visible()
        expect(page.locator("#letters-send")).to_be_hidden()
