"""Measure throughput, latency and memory, beside a plain Faust agent, in one run; `--json` for programs.

Vi: Đo thông lượng, độ trễ và bộ nhớ, so sánh trong cùng một lần chạy.

Throughput: events that already lie in Kafka are validated, folded and stored until raw rows and values can be queried, by one and
by two workers, and by a plain Faust agent with the same fold and sink; `--peers` adds plain counts by Quix Streams and Bytewax. Backlog:
the memory of a worker that catches up the events of one ward. Latency: from the webhook's acceptance of a ticket to the painted figure in
a browser. Memory: of every process while nothing happens. All of it in folders of its own on free ports.
`--past` measures nothing of that, but how long minutes of the past take on the board of the install that runs here.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
from aiokafka import AIOKafkaProducer
from standardwebhooks import Webhook

from commands.developers.load.chromium import ARE_DRAWN, FULL_HD, IS_LIVE, browser, enter_board, screen
from commands.developers.load.events import Record, records
from commands.developers.load.peers import PEERS
from commands.developers.load.screens import crowd
from commands.developers.load.travel import travel
from commands.install import settings as install_settings
from commands.install.terminal import ProgressBar
from commands.supervision.stack import WHOLE, Stack
from connectors.settings import ConnectorsSettings
from dashboard.access.accounts import FIRST, ensure_first
from dashboard.settings import BoardSettings
from ingest.contract.clock import WARD_ZONE, moment
from ingest.contract.settings import IngestSettings
from ingest.kafka.client import client_options
from warehouse import views
from warehouse.history.as_of_day import oldest_window
from warehouse.settings import WarehouseSettings
from warehouse.store.client import Client, connect
from warehouse.store.migrate import migrate

PLAIN_SHARE = 6
"""The plain agent gets this fraction of the events; it is compared by rate."""

WARD_EVENTS_A_DAY = 100_000
"""Of one ward, as `docs/cluster.md` reckons."""

SCREENS = 100
MEASURED_SECONDS = 30
LEAST_DAYS = 4
"""Of a shorter past nothing is measured."""
OPENED = 5
"""How often a screen is opened to see how soon it is live."""


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./ioc bench", description="Đo | measure")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    parser.add_argument(
        "--events", type=int, default=400_000, help="sự kiện cho thông lượng | events for the throughput"
    )
    parser.add_argument(
        "--backlog", type=int, default=2_000_000, help="sự kiện tồn của một phường | events of one ward to catch up"
    )
    parser.add_argument("--peers", action="store_true", help="so với | beside Quix Streams, Bytewax")
    parser.add_argument("--tickets", type=int, default=500, help="phiếu cho độ trễ | tickets for the latency")
    parser.add_argument(
        "--past",
        type=int,
        default=0,
        metavar="DAYS",
        help="ngày quá khứ của bảng đang chạy | past days of the running board",
    )
    options = parser.parse_args(arguments)
    with ProgressBar() as progress:
        found: dict[str, Any] = {}
        try:
            if options.past:
                found["past_ms"] = past(options.past)
                return 0
            if options.events:
                found["throughput"] = throughput(options.events, options.peers, progress)
            if options.backlog:
                found["backlog"] = backlog(options.backlog, progress)
            if options.tickets:
                found |= latency(options.tickets, progress)
        finally:  # what took minutes to measure is told, whatever becomes of the rest
            print(json.dumps(found, ensure_ascii=False, indent=None if options.json else 2))
    return 0


def throughput(count: int, with_peers: bool, progress: ProgressBar) -> dict[str, Any]:
    """Events per second from Kafka to queryable, of each candidate, and the ratios to the plain agent.

    Args:
        count: how many events.
        with_peers: whether other frameworks are measured, as far as they are installed.
        progress: where to show how far it is.
    """
    ours, plain = "streams", "commands.developers.load.plain_agent"
    peers = {one.name: one for one in PEERS if with_peers and one.is_installed()}
    with _folder() as folder, Stack(folder) as stack:
        expected = asyncio.run(_fill(stack.settings(IngestSettings), records(count), progress))
        found = {
            "one_worker": _measure(stack, "one_worker", ["streams-1"], ours, expected, progress),
            "two_workers": _measure(stack, "two_workers", ["streams-1", "streams-2"], ours, expected, progress),
        }
        for name, peer in peers.items():
            found[name] = _measure(stack, name, ["streams-1"], peer.module, expected, progress)
    with _folder() as folder, Stack(folder) as stack:
        expected = asyncio.run(_fill(stack.settings(IngestSettings), records(count // PLAIN_SHARE), progress))
        found["plain_agent"] = _measure(stack, "plain_agent", ["streams-1"], plain, expected, progress)
    least = found["plain_agent"].events_per_second
    absent = {one.name: "not installed" for one in PEERS if with_peers and one.name not in peers}
    return {
        "events": count,
        "load_average": round(os.getloadavg()[0], 1),
        **{
            name: {
                **one._asdict(),
                "ratio_to_plain_agent": round(one.events_per_second / least, 1),
            }
            for name, one in found.items()
        },
        **absent,
    }


def backlog(count: int, progress: ProgressBar) -> dict[str, Any]:
    """What a worker takes that catches up so many events of one ward, a hundred thousand of which come in a day."""
    with _folder() as folder, Stack(folder) as stack:
        load = records(count, spread=timedelta(days=count / WARD_EVENTS_A_DAY), wards=1)
        expected = asyncio.run(_fill(stack.settings(IngestSettings), load, progress))
        return {"events": count, **_measure(stack, "backlog", ["streams-1"], "streams", expected, progress)._asdict()}


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


def past(count: int) -> dict[str, Any]:
    """How long minutes of so many past days take until they are painted, on the board of this install."""
    install = install_settings.read_install()
    with connect(install.warehouse) as client:
        oldest_ms = oldest_window(client, install.ingest.ward)
    now = install.ingest.clock().now().astimezone(WARD_ZONE)
    first = moment(oldest_ms).astimezone(WARD_ZONE) if oldest_ms else now
    kept = (now.date() - first.date()).days
    if kept < LEAST_DAYS:
        raise SystemExit(f"only {kept} days are kept: too few to look back at")
    start = datetime.combine(first.date(), datetime.min.time(), WARD_ZONE)
    return {
        "kept_days": kept,
        "load_average": round(os.getloadavg()[0], 1),
        **travel(install.board, start, kept, count),
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


class CandidateFigures(NamedTuple):
    """What a candidate has needed."""

    events_per_second: int
    """From the first that can be queried to the last."""
    seconds: float
    """From the start of its processes until all can be queried."""
    cpu_us_per_event: float
    """Of its processes in all, which does not depend on what else runs on the PC."""
    peak_mb: int
    """Resident memory of its largest process, at its largest."""
    end_mb: int
    """The same when all is done."""


async def _fill(ingest: IngestSettings, load: Iterable[Record], progress: ProgressBar) -> ExpectedRows:
    """Put the load into Kafka."""
    figures, number = dict.fromkeys(COUNTED, 0), 0
    client = AIOKafkaProducer(
        **client_options(ingest), compression_type="lz4", linger_ms=20, max_batch_size=262_144, acks="all"
    )
    await client.start()
    try:
        sent = []
        for number, (topic, key, value) in enumerate(load, start=1):
            for id, marker in COUNTED.items():
                figures[id] += marker in value
            sent.append(await client.send(topic, value=value, key=key))
            if number % 20_000 == 0:
                await asyncio.gather(*sent)
                sent.clear()
                progress.show(f"Kafka: {number:,}", every=5)
        await asyncio.gather(*sent)
    finally:
        await client.stop()
    return ExpectedRows(number, figures)


def _measure(
    stack: Stack, name: str, workers: list[str], module: str, expected: ExpectedRows, progress: ProgressBar
) -> CandidateFigures:
    """What these workers need for all that lies in Kafka, into a database of their own."""
    database = f"bench_{name}"
    stack.variables.update(IOC_WAREHOUSE_DATABASE=database, IOC_STREAMS_GROUP=database)
    settings = stack.settings(WarehouseSettings)
    with Client(settings, database="") as owner:
        migrate(owner)
    with connect(settings) as client:
        views.sync_views(client)
        began = time.monotonic()
        for worker in workers:
            stack.start(worker, module)
        first: tuple[float, int] | None = None
        latest = (time.monotonic(), 0)
        resident = peak = 0
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
            resident = max(psutil.Process(stack.pid(worker)).memory_info().rss for worker in workers)
            peak = max(peak, resident)
            if first and stored >= expected.events and _figures(client) == expected.figures:
                break
    cpu = sum(sum(psutil.Process(stack.pid(worker)).cpu_times()[:2]) for worker in workers)
    for worker in workers:
        stack.kill(worker)
    return CandidateFigures(
        round((expected.events - first[1]) / (now - first[0])),
        round(now - began, 1),
        round(cpu / expected.events * 1e6, 1),
        peak >> 20,
        resident >> 20,
    )


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
        enter_board(page, url, name, password)
        page.wait_for_function(IS_LIVE)
        yield page


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ward-ioc-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
