"""Show what runs, how far it is behind, and how fresh the figures are; `--json` for programs.

Vi: Xem tiến trình nào đang chạy, độ trễ và độ mới của dữ liệu.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from commands import install as installs
from commands import running, supervision
from commands.install import Install
from commands.words import say
from ingest import kafka_admin
from ingest.clock import WARD_ZONE
from ingest.errors import ConfigurationError, Unavailable
from warehouse.client import connect

NEWEST = """
SELECT topic, count(), max(at_ms), toUnixTimestamp64Milli(max(ingested_at))
FROM raw_events WHERE ward = %(ward)s GROUP BY topic ORDER BY topic
"""


def main(arguments: list[str]) -> int:
    """Print it; 0 if everything runs."""
    parser = argparse.ArgumentParser(prog="./ioc status", description="Tình trạng hệ thống | what runs")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    options = parser.parse_args(arguments)
    try:
        folder = installs.place()
        pid = running.up(folder / "run")
        if pid is None:
            _not_running(options.json)
            return 3
        report = whole(installs.read(), pid)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(report)
    running_all = all(process["state"] == "RUNNING" for process in report["processes"])
    return 0 if report["processes"] and running_all else 1


def whole(install: Install, pid: int) -> dict[str, Any]:
    """Everything that can be told, as one JSON value; `None` where a part cannot be asked."""
    return {
        "url": install.board.url,
        "data_folder": str(install.folder),
        "up_pid": pid,
        "processes": processes(install),
        "lag": _lag(install),
        "streams": _streams(install),
    }


def processes(install: Install) -> list[dict[str, Any]]:
    """By process: state, pid, resident memory in MB with its children's, uptime in seconds."""
    found = []
    for one in supervision.states(install.run) or []:
        uptime = round(time.time() - one.since) if one.pid else None
        found.append(
            {
                "name": one.name,
                "state": one.state,
                "pid": one.pid or None,
                "memory_mb": memory_mb(one.pid),
                "uptime_s": uptime,
            }
        )
    return found


def memory_mb(pid: int) -> float | None:
    """Resident memory of a process and its children, in MB; None if there is no such process."""
    if not pid:
        return None
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
        return round(sum(one.memory_info().rss for one in family) / 1e6, 1)
    except psutil.NoSuchProcess:
        return None


def _lag(install: Install) -> dict[str, int] | None:
    try:
        return kafka_admin.lag(install.ingest, install.streams.group)
    except Unavailable:
        return None


def _streams(install: Install) -> list[dict[str, Any]] | None:
    """By topic: events stored, when the newest happened, and when it was stored."""
    try:
        with connect(install.warehouse) as client:
            rows = client.query(NEWEST, {"ward": install.ingest.ward})
    except Unavailable:
        return None
    return [
        {"topic": topic, "events": events, "newest": _moment(at).isoformat(), "stored": _moment(stored).isoformat()}
        for topic, events, at, stored in rows
    ]


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def _not_running(as_json: bool) -> None:
    if as_json:
        print(json.dumps({"processes": [], "up_pid": None}))
    else:
        say("Hệ thống này không chạy; ./ioc up để chạy.", "This install is not running; ./ioc up starts it.")


def _print(report: dict[str, Any]) -> None:
    print(f"{report['url']}    {report['data_folder']}\n")
    _table(
        ("Tiến trình | process", "state", "pid", "MB", "s"),
        [[one["name"], one["state"], one["pid"], one["memory_mb"], one["uptime_s"]] for one in report["processes"]],
    )
    total = sum(one["memory_mb"] or 0 for one in report["processes"])
    print(f"{'':32}{total:>18.0f} MB\n")
    lag = report["lag"]
    if lag is None:
        print("Kafka: không hỏi được | cannot be asked")
    if report["streams"] is None:
        print("Kho dữ liệu: không hỏi được | warehouse: cannot be asked")
        return
    rows = []
    for one in report["streams"]:
        newest, stored = (datetime.fromisoformat(one[name]).astimezone(WARD_ZONE) for name in ("newest", "stored"))
        behind = (lag or {}).get(one["topic"], "")
        rows.append([one["topic"], one["events"], behind, f"{newest:%d/%m %H:%M:%S}", f"{stored:%d/%m %H:%M:%S}"])
    _table(("Luồng | stream", "sự kiện|events", "chờ|lag", "mới nhất|newest", "ghi|stored"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    shown = [[("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [head, *shown]) for column in range(len(head))]
    for row in [head, *shown]:
        print(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
