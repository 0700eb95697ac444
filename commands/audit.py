"""Recompute every figure from the events, reconcile the events with Kafka, compare board and feed; `--since 7d|all`, `--repair`, `--json`.

Vi: Đối soát: tính lại mọi số liệu từ sự kiện và so với số đã lưu, với Kafka, với bảng và nguồn số liệu của thành phố.

Exit code 0: no difference; 1: differences; 2: it could not be checked. Of an install that does not run, the store is opened
for this alone, and Kafka, board and feed are not checked.
"""

import argparse
import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from commands.install import lock
from commands.install import settings as install_settings
from commands.install.offline_warehouse import reachable_warehouse
from commands.install.settings import Install
from commands.install.terminal import ProgressBar, say, table_lines, terminal_line
from dashboard.access.api_key import FeedKeys
from dashboard.store.changes import OURSELVES
from ingest.contract.clock import WARD_ZONE, RealClock
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.kafka.client import check_reachable
from ingest.kafka.producer import Producer
from warehouse.audit import repair
from warehouse.audit import scope as audit_scope
from warehouse.audit.kafka import local_hour
from warehouse.audit.published import BoardAddress, board_of
from warehouse.audit.report import FAULTS, SECTIONS, AuditReport
from warehouse.audit.run import PATIENCE, AuditSources, run_audit, write_audit
from warehouse.model.value_push import encode_push, pushes
from warehouse.query.feed import known_ids
from warehouse.store.client import Client, ServerError, connect

SHOWN = 10
"""Differences of each section that are told one by one."""

ROUNDS = 3
"""A stock that is fixed may show that the minute after it, which had no row of its own, was right only because of it."""

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
_KEY_LIVES = timedelta(hours=6)


def main(arguments: list[str]) -> int:
    """Do it; 0 if nothing differs, 1 if something does, 2 if it could not be checked."""
    options = _parser().parse_args(arguments)
    try:
        install = install_settings.read_install()
        with reachable_warehouse(install, _say_alone) as warehouse, connect(warehouse) as client:
            opened = replace(install, warehouse=warehouse)
            report = _audited(client, opened, options)
            if options.repair:
                report = _repaired(client, opened, report, options)
            write_audit(client, report)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 2
    except Unavailable as error:
        say(f"Không đối soát được: {error}. Hãy chạy ./ioc up.", f"Cannot check: {error}. Start it with ./ioc up.")
        return 2
    except ServerError as error:
        say(f"Kho dữ liệu không trả lời được: {error}", f"The warehouse could not answer: {error}")
        return 2
    except lock.AlreadyRunningError as error:
        say(f"Hệ thống đang được khởi động hoặc dừng: thử lại sau. ({error})", f"Try again in a moment: {error}.")
        return 2
    if options.json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        print("\n".join(format_report(report, options.hours)))
    return 1 if report.differences else 0


def audit_install(
    client: Client,
    install: Install,
    since: timedelta | None,
    ids: Sequence[str] = (),
    progress: Callable[[str], None] = lambda text: None,
    patience: Sequence[float] = PATIENCE,
) -> AuditReport:
    """Audit an install, with the sections of the board where it runs.

    Args:
        client: an open connection to its warehouse.
        install: its settings.
        since: how far back; everything, when `None`.
        ids: only these indicators; all, when empty.
        progress: told what is being looked at.
        patience: pauses, in seconds, after which a difference is looked at again before it counts.

    Raises:
        Unavailable: the warehouse does not answer.
    """
    scope = audit_scope.scope_since(install.ingest, since, ids)
    with _board(client, install) as board:
        beside = AuditSources(install.streams.group, board)
        return run_audit(client, install.ingest, scope, progress, beside, patience)


@contextmanager
def _board(client: Client, install: Install) -> Iterator[BoardAddress | None]:
    """How to ask the board, with a key of the city's feed that ends with us."""
    board = board_of(install.folder, install.ingest.ward)
    if board is None:
        yield None
        return
    wards = tuple(ward for (ward,) in client.query("SELECT DISTINCT ward FROM raw_values ORDER BY ward"))
    keys, now = FeedKeys(install.board), RealClock().now()
    key, text = keys.make("audit", wards or (install.ingest.ward,), now, now + _KEY_LIVES, by=OURSELVES)
    try:
        yield board._replace(feed_key=text, wards=key.wards)
    finally:
        keys.remove(key.id, OURSELVES)


def _say_alone() -> None:
    say(
        "Hệ thống không chạy: chỉ so được số liệu với sự kiện trong kho. Sự kiện đến muộn ngay trước khi dừng có thể chưa tính xong; "
        "lần chạy sau sẽ tính tiếp.",
        "The install is not running: figures are compared with the stored events only. What came late just before it stopped may "
        "not be worked in yet; that goes on at the next start.",
    )


def _audited(client: Client, install: Install, options: argparse.Namespace) -> AuditReport:
    with ProgressBar() as progress:

        def show(text: str) -> None:
            progress.show(f"đối soát | audit: {text}", every=5)

        return audit_install(client, install, options.since, options.indicator, show, PATIENCE)


def _repaired(client: Client, install: Install, report: AuditReport, options: argparse.Namespace) -> AuditReport:
    """Say what would be written, and write it if that is wanted; the audit after it."""
    if any(one.section == "records" and one.fault == "missing" for one in report.found):
        say(
            "Còn thiếu bản ghi của Kafka: khởi động lại (./ioc down, ./ioc up), tiến trình xử lý sẽ đọc lại; rồi đối soát lại.",
            "Records of Kafka are missing: restart (./ioc down, ./ioc up), the workers read them again; then audit again.",
        )
    for number in range(ROUNDS):
        planned = repair.plan_repair(client, report, install.ingest.clock().now())
        for topic, count in planned.held_back.items():
            say(
                f"{topic}: {count} số liệu để nguyên, vì còn thiếu hoặc trùng bản ghi.",
                f"{topic}: {count} figures are left as they are, for records are missing or doubled.",
            )
        if not planned.values:
            return report
        say(
            f"{'Sẽ ghi' if number == 0 else 'Ghi tiếp'} {len(planned.values)} số liệu:",
            f"{len(planned.values)} figures {'would be' if number == 0 else 'are'} written:",
        )
        for text in repair.describe_plan(planned.lines()):
            terminal_line(f"  {text}")
        if number == 0 and not _is_wanted(options):
            return report
        repair.write_repair(client, planned)
        _push(install, planned)
        written = [*report.repairs, *planned.lines()]
        report = _audited(client, install, options)
        report.repairs = written
        if not report.mismatches:
            return report
    return report


def _push(install: Install, planned: repair.RepairPlan) -> None:
    """Tell the board, which hears of changes through Kafka; without Kafka there is no board to tell."""

    async def work() -> None:
        producer = Producer(install.ingest)
        await producer.start()
        try:
            await producer.push((push.ward, encode_push(push)) for push in pushes(planned.values, {}))
        finally:
            await producer.stop()

    try:
        check_reachable(install.ingest)
        asyncio.run(work())
    except Unavailable as error:
        say(f"Chưa báo cho bảng: {error}", f"The board was not told: {error}")


def _is_wanted(options: argparse.Namespace) -> bool:
    if options.dry_run:
        return False
    if options.yes:
        return True
    if not sys.stdin.isatty():
        say("Thêm --yes để ghi.", "Add --yes to write them.")
        return False
    say("Ghi các số liệu này thành bản sửa mới? [c/K]", "Write them as new revisions? [y/N]")
    return sys.stdin.readline().strip().lower() in ("y", "yes", "c", "co", "có")


def format_report(report: AuditReport, with_hours: bool = False) -> list[str]:
    """The report for people.

    Args:
        report: what an audit found.
        with_hours: every hour of every stream; else only those that are not whole.
    """
    at = report.started_at.astimezone(WARD_ZONE)
    lines = [f"Đối soát | audit {report.scope}  {at:%d/%m/%Y %H:%M:%S}  {report.seconds:.0f} s", ""]
    head = ("Luồng | stream", "Kafka", "sự kiện|events", "lặp|repeats", "khác|conflicts", "lỗi|letters", "thiếu|missing", "trùng|doubled", "chờ|behind")  # fmt: skip
    rows = [
        (topic, s.kafka, s.raw, s.repeats, s.conflicts, s.dead_letters, s.missing, s.doubled, s.behind)
        for topic, s in report.streams.items()
    ]
    lines += [table_lines(head, rows), ""] if rows else []
    hours = [
        (topic, local_hour(h.start) if h.start.year > 1970 else "…", h.kafka, h.raw, h.repeats, h.dead_letters, h.missing, h.doubled)
        for topic, stream in report.streams.items()
        for h in sorted(stream.hours, key=lambda hour: hour.start)
        if (with_hours and h.kafka) or h.missing or h.doubled
    ]  # fmt: skip
    if hours:
        names = ("Luồng | stream", "giờ|hour", "Kafka", "sự kiện|events", "lặp|repeats", "lỗi|letters", "thiếu|missing", "trùng|doubled")  # fmt: skip
        lines += [table_lines(names, hours), ""]
    checked = [(id, one.compared, one.differences) for id, one in report.indicators.items()]
    named = {section: f"{label.vi} | {label.en}" for section, label in SECTIONS.items()}
    checked += [(named[section], one.compared, one.differences) for section, one in report.shown.items()]
    lines += [table_lines(("Chỉ số | indicator", "đã so|compared", "sai khác|differences"), checked), ""]
    if report.corrections.compared:
        corrected, without = report.corrections.compared, report.corrections.differences
        lines.append(f"Số đã sửa | corrected: {corrected}; không có bản sửa | without a correction: {without}")
    lines += [f"  ✎ {text}" for text in repair.describe_plan(report.repairs)]
    lines += [
        f"  – {named[section]}: không kiểm tra | not checked: {why.vi} | {why.en}"
        for section, why in report.not_checked.items()
    ]
    told: Counter[str] = Counter()
    for one in report.found:
        told[one.section] += 1
        if told[one.section] <= SHOWN:
            said = f"{FAULTS[one.fault].vi} | {one.fault}"
            lines.append(f"  ✘ {one.section} {one.place}: {said}: {one.found or '∅'} ≠ {one.expected or '∅'}")
    if left := report.differences - sum(min(SHOWN, count) for count in told.values()):
        lines.append(f"  … + {left}")
    sign = "✘" if report.differences else "✔"
    lines.append(f"{sign} {report.compared} so sánh | compared, {report.differences} sai khác | differences")
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ioc audit", description="Đối soát | recompute, reconcile, compare")
    parser.add_argument(
        "--since", type=_span, default=timedelta(days=7), metavar="7d", help="lùi lại bao lâu: 12h, 7d, all | how far back"
    )  # fmt: skip
    parser.add_argument(
        "--indicator", action="append", default=[], choices=sorted(known_ids()), metavar="Q01", help="chỉ chỉ số này, có thể lặp lại | only this indicator; may be repeated"
    )  # fmt: skip
    parser.add_argument("--hours", action="store_true", help="từng giờ của mỗi luồng | every hour of each stream")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    parser.add_argument(
        "--repair", action="store_true", help="sửa số liệu sai: nêu trước, hỏi rồi mới ghi | repair wrong figures: shows them, asks, writes"
    )  # fmt: skip
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--yes", action="store_true", help="ghi, không hỏi | write without asking")
    how.add_argument("--dry-run", action="store_true", help="chỉ nêu sẽ ghi gì | only show what would be written")
    return parser


def _span(text: str) -> timedelta | None:
    if text == "all":
        return None
    found = re.fullmatch(r"(\d{1,5})([hd])", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r}: 12h, 7d, all")
    return int(found[1]) * _UNITS[found[2]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
