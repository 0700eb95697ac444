"""The warehouse away for an hour, compressed: nothing is lost, the board says since when, and the backlog drains."""

import asyncio
import re
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from playwright.sync_api import expect

from commands.developers.load.events import Record, records
from ingest.contract.settings import IngestSettings
from ingest.kafka.producer import Producer
from tests.browser.conftest import live
from tests.streams.test_worker import until
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

pytestmark = [pytest.mark.browser, pytest.mark.faults, pytest.mark.timeout(400)]

BACKLOG = 72_000
"""An hour at twenty events a second."""
INPUT = 500
"""Events that go on coming each second while it drains."""


def test_without_the_warehouse_the_board_says_since_when_and_the_backlog_drains(open_board, stack, kiosk):
    load = records(2 * BACKLOG, end=stack.install.ingest.clock().now())
    with open_board() as page:
        live(page)
        stack.kill("warehouse")
        expect(page.locator(".alarms")).to_contain_text("Kho dữ liệu không trả lời", timeout=60_000)
        expect(page.locator("#alarms-longest")).to_have_text(re.compile(r"lâu nhất \d+ phút"))
        kiosk.issue()  # still taken in
        with ThreadPoolExecutor(1) as apart:  # the browser's driver has the loop of this thread
            came_in = apart.submit(asyncio.run, drained(stack, load)).result()
        # Three times as fast as the input: while the backlog went, at most half as much as it came in.
        assert came_in <= BACKLOG / 2
        expect(page.locator("#q02-figure")).to_have_text(str(kiosk.issued), timeout=60_000)
        away = page.locator(".row-critical", has_text="Kho dữ liệu không trả lời")
        expect(away).to_have_count(0, timeout=60_000)


async def drained(stack, load) -> int:
    """Fill Kafka, start the warehouse again, and go on sending until all is stored; how much came in meanwhile."""
    producer = Producer(stack.settings(IngestSettings))
    await producer.start()
    for _ in range(BACKLOG // 2000):
        await producer._deliver(list(islice(load, 2000)))
    stack.start("warehouse")
    await asyncio.to_thread(stack.wait, "warehouse")
    came_in = 0
    with connect(stack.settings(WarehouseSettings)) as client:

        def stored() -> int:
            asked = "SELECT uniqExact(topic, partition, offset) FROM raw_events WHERE ward != 'hong-bang'"
            return int(client.query(asked)[0][0])

        while await asyncio.to_thread(stored) < BACKLOG + came_in - INPUT and came_in < BACKLOG:
            began = time.monotonic()
            block: list[Record] = list(islice(load, INPUT))
            await producer._deliver(block)
            came_in += len(block)
            await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))
        assert await asyncio.to_thread(until, lambda: stored() == BACKLOG + came_in)
    await producer.stop()
    return came_in
