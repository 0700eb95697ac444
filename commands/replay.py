"""Replay the ward's report of 2025 as events and read its figures back; `--json` for programs.

Vi: Phát lại báo cáo năm 2025 của phường dưới dạng sự kiện và đọc lại các số liệu.

Its messages go through the connectors' mapping, a real Kafka, Faust and a warehouse of its own, in a folder that is thrown
away afterwards; a running install is neither needed nor touched.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from datetime import time as time_of_day
from itertools import islice
from pathlib import Path
from typing import Any

from commands.install.terminal import ProgressBar
from commands.supervision.stack import Stack
from connectors import catalogue
from connectors.simulator.report import LAST_DAY, Arrived, report_messages
from dashboard.words.number import percent, whole_number
from ingest.contract.calendar import ward_moment
from ingest.contract.connector import Context
from ingest.contract.envelope import AnyEnvelope
from ingest.contract.errors import Unavailable
from ingest.contract.settings import IngestSettings
from ingest.contract.topic import DEAD_LETTERS, VALUES
from ingest.kafka.lag import records_behind
from ingest.kafka.offsets import topic_sizes
from ingest.kafka.producer import Producer
from ingest.source.mapper import Mapper
from ingest.untrusted.dead_letter import DeadLetter
from ingest.untrusted.pseudonym import pseudonymiser
from streams.settings import StreamsSettings
from warehouse.query.report import Report, read_report
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

END = ward_moment(LAST_DAY, time_of_day(17, 0))
"""The end of the last working day of the report."""

BATCH = 2_000
"""Messages that are sent to Kafka at once."""


class ArrivalClock:
    """Shows when the message at hand arrived."""

    def __init__(self) -> None:
        self.moment = datetime.fromtimestamp(0, UTC)

    def now(self) -> datetime:
        """The arrival of the message at hand."""
        return self.moment


def main(arguments: list[str]) -> int:
    """Replay and print; 0 when the figures could be read."""
    parser = argparse.ArgumentParser(prog="./ioc replay", description="Phát lại | replay")
    parser.add_argument("what", choices=["report"], help="báo cáo năm 2025 | the report of 2025")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        help="hạt giống cho chi tiết mà báo cáo không nêu | seed for details that the report does not state",
    )
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ward-ioc-replay-") as folder:
        report = replay(Path(folder), report_messages(options.seed))
    print(json.dumps(as_json(report), ensure_ascii=False) if options.json else format_figures(report))
    return 0


def replay(folder: Path, messages: Iterable[Arrived]) -> Report:
    """Send the messages through everything and read the report at the period's end.

    Args:
        folder: an empty folder for the stack's data.
        messages: in the order of arrival.
    """
    environment = {
        "IOC_WAREHOUSE_DATABASE": "replay",
        "IOC_KAFKA_RETENTION": "P3650D",
        # The clock stands at the period's end: what is open then is judged as it was then.
        "IOC_CLOCK_ORIGIN": END.isoformat(),
        "IOC_CLOCK_REAL_ORIGIN": datetime.now(UTC).isoformat(),
        "IOC_CLOCK_SPEED": "0.000001",
    }
    with ProgressBar() as progress, Stack(folder, ("ingest", "warehouse"), environment) as stack:
        ingest = stack.settings(IngestSettings)
        count = asyncio.run(_feed(ingest, messages, progress))
        # Not before all is there: by a clock at the period's end, whatever the worker had to wait for would have come months late.
        stack.start("streams")
        stack.wait("streams")
        _wait_until_folded(stack, count, progress)
        with connect(stack.settings(WarehouseSettings)) as client:
            return read_report(client, ingest.ward, END)


def as_json(report: Report) -> dict[str, Any]:
    """The figures for programs."""
    return {
        "visits": report.visits,
        "dossiers": {
            "in_time": report.in_time,
            "total": report.completed.whole,
            "late": report.late,
            "text": _percent(report.completed.part, report.completed.whole),
        },
        "petitions": {
            "answered": report.petitions.whole,
            "in_time": report.petitions.part,
            "text": _percent(*report.petitions_on_time),
        },
        "documents": {
            "signed": report.documents.part,
            "total": report.documents.whole,
            "text": _percent(*report.documents),
        },
        "items": {"total": report.items, "by_platform": report.items_by_platform},
        "teams": {"covered": report.teams.part, "groups": report.teams.whole},
    }


def format_figures(report: Report) -> str:
    """The figures as the ward's report words them."""
    platforms = ", ".join(f"{name} {whole_number(count, 'vi')}" for name, count in report.items_by_platform.items())
    lines = [
        f"Từ 01/7/2025 đến {report.until:%d/%m/%Y} | From 1 July 2025 to {report.until:%d/%m/%Y}",
        f"  Lượt công dân | visits: {whole_number(report.visits, 'vi')}",
        f"  Hồ sơ | dossiers: {_of(*report.completed)}, đạt {_percent(*report.completed)}; "
        f"đúng hạn | in time {whole_number(report.in_time, 'vi')}, chậm muộn, quá hạn | late {whole_number(report.late, 'vi')}",
        f"  Phản ánh, kiến nghị | petitions: {_of(*report.petitions)} đúng hạn, {_percent(*report.petitions_on_time)}",
        f"  Văn bản ký số | documents signed: {_of(*report.documents)}, {_percent(*report.documents)}",
        f"  Tin bài | news items: {whole_number(report.items, 'vi')} ({platforms})",
        f"  Tổ công nghệ số cộng đồng | community digital teams: {_of(*report.teams)} tổ dân phố",
    ]
    return "\n".join(lines)


async def _feed(ingest: IngestSettings, messages: Iterable[Arrived], progress: ProgressBar) -> dict[str, int]:
    """Map and send every message.

    Returns:
        How many events each topic got.
    """
    clock = ArrivalClock()
    context = Context(clock, ingest.ward, pseudonymiser(ingest.pseudonym_secret))
    mappings = {one.id: Mapper(one, context) for one in catalogue()}
    producer = Producer(ingest)
    await producer.start()
    source, done = iter(messages), 0
    try:
        while batch := list(islice(source, BATCH)):
            envelopes: list[AnyEnvelope] = []
            dead_letters: list[DeadLetter] = []
            for message in batch:
                clock.moment = message.received_at
                taken = mappings[message.connector].take(message.payload, address=message.address)
                envelopes += taken.envelopes
                dead_letters += [taken.dead_letter] if taken.dead_letter else []
            await producer.send(envelopes)
            await producer.dead_letter(*dead_letters)
            done += len(batch)
            progress.show(
                f"đã gửi {whole_number(done, 'vi')} bản tin | sent {whole_number(done, 'en')} messages", every=5
            )
    finally:
        await producer.stop()
    return await asyncio.to_thread(topic_sizes, ingest)


def _wait_until_folded(stack: Stack, sent: dict[str, int], progress: ProgressBar) -> None:
    """Wait until all that was sent can be queried."""
    ingest, group = stack.settings(IngestSettings), stack.settings(StreamsSettings).group
    topics = {topic for topic, count in sent.items() if count and topic not in (VALUES, DEAD_LETTERS)}
    while True:
        if stack.pid("streams") is None:
            stack.restart("streams")  # a worker ends itself where it has to begin again, and counts on being started
        try:
            behind = records_behind(ingest, group)
        except Unavailable:
            behind = {}
        if topics <= set(behind) and not any(behind[topic] for topic in topics):
            return
        left = sum(behind.get(topic, sent[topic]) for topic in topics)
        progress.show(
            f"còn {whole_number(left, 'vi')} sự kiện chưa xử lý | {whole_number(left, 'en')} events to go", every=10
        )
        time.sleep(0.5)


def _percent(part: int, of: int) -> str:
    return f"{percent(part, of, 'vi')} %"


def _of(part: int, of: int) -> str:
    return f"{whole_number(part, 'vi')}/{whole_number(of, 'vi')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
