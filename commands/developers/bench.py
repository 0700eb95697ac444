"""Measure throughput, latency and memory, beside a plain Faust agent, in one run; `--json` for programs.

Vi: Đo thông lượng, độ trễ và bộ nhớ, so sánh trong cùng một lần chạy.

Throughput: events that already lie in Kafka are validated, folded and stored until raw rows and values can be queried, by one and
by two workers, and by a plain Faust agent with the same fold and sink. Latency: from the webhook's acceptance of a ticket to the
painted figure in a browser. Memory: of every process while nothing happens. All of it in folders of its own on free ports.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from aiokafka import AIOKafkaProducer
from standardwebhooks import Webhook

from commands.developers.load.chromium import ARE_DRAWN, FULL_HD, IS_LIVE, browser, screen
from commands.developers.load.events import records
from commands.developers.load.screens import crowd
from commands.supervision.stack import WHOLE, Stack
from commands.terminal import ProgressBar
from connectors.settings import ConnectorsSettings
from dashboard.access.accounts import FIRST, ensure_first
from dashboard.settings import BoardSettings
from ingest.contract.clock import WARD_ZONE
from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options
from warehouse import views
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect
from warehouse.store.migrate import migrate

PLAIN_SHARE = 6
"""The plain agent gets this fraction of the events; it is compared by rate."""

SCREENS = 100
MEASURED_SECONDS = 30
OPENED = 5
"""How often a screen is opened to see how soon it is live."""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./ioc bench", description="Đo | measure")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    parser.add_argument(
        "--events", type=int, default=400_000, help="sự kiện cho thông lượng | events for the throughput"
    )
    parser.add_argument("--tickets", type=int, default=500, help="phiếu cho độ trễ | tickets for the latency")
    options = parser.parse_args(arguments)
    with ProgressBar() as progress:
        found: dict[str, Any] = {}
        if options.events:
            found["throughput"] = throughput(options.events, progress)
        if options.tickets:
            found |= latency(options.tickets, progress)
    print(json.dumps(found, ensure_ascii=False, indent=None if options.json else 2))
    return 0


def throughput(count: int, progress: ProgressBar) -> dict[str, Any]:
    """Events per second from Kafka to queryable, of each candidate, and the ratios to the plain agent."""
    ours, plain = "streams", "commands.developers.load.plain_agent"
    with _folder() as folder, Stack(folder) as stack:
        expected = asyncio.run(_fill(stack.settings(IngestSettings), count, progress))
        rates = {
            "one_worker": _rate(stack, "one_worker", ["streams-1"], ours, expected, progress),
            "two_workers": _rate(stack, "two_workers", ["streams-1", "streams-2"], ours, expected, progress),
        }
    with _folder() as folder, Stack(folder) as stack:
        expected = asyncio.run(_fill(stack.settings(IngestSettings), count // PLAIN_SHARE, progress))
        rates["plain_agent"] = _rate(stack, "plain_agent", ["streams-1"], plain, expected, progress)
    return {
        "events": count,
        "events_per_second": {name: round(rate) for name, rate in rates.items()},
        "ratio_to_plain_agent": {name: round(rate / rates["plain_agent"], 1) for name, rate in rates.items()},
    }


def latency(count: int, progress: ProgressBar) -> dict[str, Any]:
    """Acceptance to painted figure over so many tickets, and the resident memory before them."""
    with _folder() as folder, Stack(folder, WHOLE, {"IOC_PRETEND": "true"}) as stack:
        board = stack.settings(BoardSettings)
        password = ensure_first(board) or ""
        time.sleep(60)  # start-up and the pretend past are over: what is resident now stays
        memory = {name: round(size / 2**20) for name, size in stack.memory().items()}
        stack.kill("simulator")
        with _page(f"http://127.0.0.1:{board.port}", FIRST, password) as page:
            _post(stack.settings(ConnectorsSettings), range(count), page.wait_for_timeout, progress)
            page.wait_for_timeout(3000)
            measured = sorted(page.evaluate("window.iocLatency"))
        costs = screens(stack, count, progress)
    return {
        "latency_ms": {
            "tickets": count,
            "measured": len(measured),
            "p50": round(statistics.median(measured)),
            "p95": round(measured[int(0.95 * len(measured))]),
            "p99": round(measured[int(0.99 * len(measured))]),
        },
        "screens": costs,
        "memory_mb": {**memory, "total": sum(memory.values())},
    }


def screens(stack: Stack, posted: int, progress: ProgressBar) -> dict[str, Any]:
    """How soon a screen of the wall is live and its charts are drawn, and what one and a hundred cost the board while a figure changes each second."""
    board, connectors = stack.settings(BoardSettings), stack.settings(ConnectorsSettings)
    live_after, drawn_after = [], []
    for _ in range(OPENED):
        with screen(board, timedelta(hours=1)) as page:
            live_after.append(page.evaluate("performance.getEntriesByName('ioc-live')[0].startTime"))
            page.wait_for_function(ARE_DRAWN)
            drawn_after.append(page.evaluate("performance.now()"))
    costs = {}
    for count in (1, SCREENS):
        numbers = range(posted, posted + MEASURED_SECONDS)
        posted = numbers.stop
        costs[count] = crowd(
            board,
            stack.pid("dashboard") or 0,
            count,
            partial(_post, connectors, numbers, lambda _: time.sleep(1), progress),
        )
    return {
        "first_live_ms": {"median": round(statistics.median(live_after)), "all": [round(ms) for ms in live_after]},
        "first_charts_ms": {"median": round(statistics.median(drawn_after)), "all": [round(ms) for ms in drawn_after]},
        **{str(count): cost._asdict() for count, cost in costs.items()},
        "cpu_ratio": round(costs[SCREENS].cpu / costs[1].cpu, 1) if costs[1].cpu else None,
    }


class ExpectedRows(NamedTuple):
    """What is in the warehouse once everything is."""

    events: int
    figures: dict[str, int]
    """Total by indicator."""


STALLED = 40.0
"""Seconds without progress after which a candidate is given up."""

COUNTED = {"Q01": b".queue.ticket.issued.", "C03": b".camera.detection.started.", "D01": b".dossier.dossier.received."}
"""Indicators that simply count events of one type, so that the sum of their values tells when all is queryable."""


async def _fill(ingest: IngestSettings, count: int, progress: ProgressBar) -> ExpectedRows:
    """Put the load into Kafka."""
    figures = dict.fromkeys(COUNTED, 0)
    client = AIOKafkaProducer(
        **client_options(ingest), compression_type="lz4", linger_ms=20, max_batch_size=262_144, acks="all"
    )
    await client.start()
    try:
        sent = []
        for number, (topic, key, value) in enumerate(records(count), start=1):
            for id, marker in COUNTED.items():
                figures[id] += marker in value
            sent.append(await client.send(topic, value=value, key=key))
            if number % 20_000 == 0:
                await asyncio.gather(*sent)
                sent.clear()
                progress.show(f"Kafka: {number:,}/{count:,}", every=5)
        await asyncio.gather(*sent)
    finally:
        await client.stop()
    return ExpectedRows(count, figures)


def _rate(
    stack: Stack, name: str, workers: list[str], module: str, expected: ExpectedRows, progress: ProgressBar
) -> float:
    """Events per second of these workers over all that lies in Kafka, into a database of their own."""
    database = f"bench_{name}"
    stack.variables.update(IOC_WAREHOUSE_DATABASE=database, IOC_STREAMS_GROUP=database)
    settings = stack.settings(WarehouseSettings)
    with Client(settings, database="") as owner:
        migrate(owner)
    with connect(settings) as client:
        views.sync_views(client)
        for worker in workers:
            stack.start(worker, module)
        first: tuple[float, int] | None = None
        latest = (time.monotonic(), 0)
        while True:
            time.sleep(0.1)
            stored = int(client.query("SELECT count() FROM raw_events")[0][0])
            now = time.monotonic()
            first = first or ((now, stored) if stored else None)
            latest = (now, stored) if stored != latest[1] else latest
            if now - latest[0] > STALLED:
                raise SystemExit(f"{name} stopped at {stored:,} of {expected.events:,}:\n{stack.log(workers[0])}")
            progress.show(f"{name}: {stored:,}/{expected.events:,}", every=20)
            if any(stack.pid(worker) is None for worker in workers):
                raise SystemExit(f"{name}: {stack.log(workers[0])}")
            if first and stored >= expected.events and _figures(client) == expected.figures:
                break
    for worker in workers:
        stack.kill(worker)
    return (expected.events - first[1]) / (now - first[0])


def _figures(client: Client) -> dict[str, int]:
    rows = client.query(
        "SELECT indicator, sum(numerator) FROM raw_values FINAL WHERE dimension = '' AND grain = 'flow' "
        "AND indicator IN %(ids)s GROUP BY indicator",
        {"ids": tuple(COUNTED)},
    )
    return {id: int(total) for id, total in rows}


def _post(
    connectors: ConnectorsSettings, numbers: range, pause: Callable[[float], None], progress: ProgressBar
) -> None:
    """Post tickets, as a kiosk does, about five a second: slow enough that each is pushed on its own.

    Args:
        connectors: where, and with what secret.
        numbers: theirs.
        pause: waits for so many milliseconds.
        progress: where to show how far it is.
    """
    pace = random.Random(1)  # noqa: S311 - a repeatable load, no secret
    signer = Webhook(connectors.webhook_secrets("queue_kiosk")[0])
    url = f"http://127.0.0.1:{connectors.intake_port}/intake/queue_kiosk"
    with httpx.Client(trust_env=False) as client:
        for number in numbers:
            now = datetime.now(UTC)
            body = json.dumps(_ticket(number, now))
            id = f"bench-{number}"
            headers = {
                "content-type": "application/json",
                "webhook-id": id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signer.sign(id, now, body),
            }
            answer = client.post(url, content=body, headers=headers).raise_for_status()
            if "dead_letter" in answer.json():
                raise SystemExit(f"the ticket was refused: {answer.text}")
            progress.show(f"{number}/{numbers.stop}", every=100)
            pause(pace.uniform(150, 250))


def _ticket(number: int, now: datetime) -> dict[str, Any]:
    local = now.astimezone(WARD_ZONE)
    ticket = {"number": f"B{number:04}", "issuedAt": local.isoformat(), "service": "dat_dai", "queue": "hall"}
    return {
        "id": f"bench-{number}", "event": "ticket.created", "time": local.isoformat(), "site": "hb", "kiosk": "k1", "ticket": ticket
    }  # fmt: skip


@contextmanager
def _page(url: str, name: str, password: str) -> Iterator[Any]:
    """The board in a headless browser, logged in and live."""
    with browser() as found:
        page = found.new_page(viewport=FULL_HD)
        page.goto(f"{url}/login")
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_function(IS_LIVE)
        yield page


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ward-ioc-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
