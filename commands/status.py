"""Show what runs, how far it is behind, and how fresh the figures are; `--json` for programs.

Vi: Xem tiến trình nào đang chạy, độ trễ và độ mới của dữ liệu.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from commands.install import lock
from commands.install import settings as install_settings
from commands.install.processes import managed_processes
from commands.install.settings import Install
from commands.install.terminal import say
from commands.supervision import probe, restarts, supervisor
from ingest.contract.clock import WARD_ZONE
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.label import LANGUAGES, Label
from ingest.kafka.lag import group_lags
from ingest.runtime.restarts import Restarts
from warehouse.maintenance.status import read_state as read_maintenance_state
from warehouse.store.client import connect
from warehouse.store.halted_partitions import read_halted_partitions

AUDIT = "SELECT finished_at, compared, differences FROM audits ORDER BY started_at DESC LIMIT 1"
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
        folder = install_settings.data_folder_path()
        pid = lock.running_pid(folder / "run")
        if pid is None:
            _not_running(options.json)
            return 3
        report = status_value(install_settings.read_install(), pid)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    try:
        if options.json:
            print(json.dumps(report, ensure_ascii=False, indent=2))
        else:
            _print(report)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read it, `head` say, has enough; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    running_all = all(process["state"] == "RUNNING" for process in report["processes"])
    is_looping = any(one["is_loop"] for one in report.get("restarts", ()))
    return 0 if report["processes"] and running_all and not is_looping else 1


def status_value(install: Install, pid: int) -> dict[str, Any]:
    """The whole status as one JSON value; `None` where a process cannot be asked."""
    return {
        "url": install.board.url,
        "data_folder": str(install.folder),
        "up_pid": pid,
        "processes": processes(install),
        **_lag(install),
        **_stored(install),
        "backup": _backup(install),
        "restarts": [restarted_value(one) for one in restarts.recent_restarts(install)],
    }


def restarted_value(one: Restarts) -> dict[str, Any]:
    """A process that ended within the last minutes and was started again, as one JSON value."""
    return {
        "part": one.process,
        "count": one.count,
        "minutes": one.minutes,
        "is_loop": one.is_loop,
        "last": one.ended_at[-1].isoformat(),
        "how": _languages(one.how),
        "said": _languages(one.sentence),
        "log": list(one.said),
        "advice": _languages(one.advice),
    }


def _languages(said: Label) -> dict[str, str]:
    return dict(zip(LANGUAGES, said.both, strict=True))


def processes(install: Install) -> list[dict[str, Any]]:
    """By process: state, pid, resident memory in MB with its children's, uptime in seconds, and what it says of itself."""
    states = supervisor.process_states(install.run) or []
    workers = sum(one.name.startswith("streams-") for one in states)
    ports = {
        process.name: process.health for process in managed_processes(install, simulator=True, workers=max(1, workers))
    }
    found = []
    for one in states:
        port = ports.get(one.name)
        answer = probe.health_report(port) if port and one.pid else None
        uptime = round(time.time() - one.since) if one.pid else None
        found.append(
            {
                "name": one.name,
                "state": one.state,
                "pid": one.pid or None,
                "memory_mb": memory_mb(one.pid),
                "uptime_s": uptime,
                "alive": answer.alive if answer and answer.pid == one.pid else None,
                "faults": answer.faults if answer and answer.pid == one.pid else {},
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


def _lag(install: Install) -> dict[str, Any]:
    """By topic, how many records wait to be processed, and for how long the oldest has."""
    try:
        found = group_lags(install.ingest, install.streams.group)
    except Unavailable:
        return {"lag": None, "lag_s": None}
    return {
        "lag": {topic: one.records for topic, one in found.items()},
        "lag_s": {topic: one.seconds for topic, one in found.items()},
    }


def _stored(install: Install) -> dict[str, Any]:
    """What the warehouse tells: by topic events stored, when the newest happened, and when it was stored; stopped streams; the last audit."""
    try:
        with connect(install.warehouse) as client:
            rows = client.query(NEWEST, {"ward": install.ingest.ward})
            stops = [stop for stop in read_halted_partitions(client).values() if stop.is_stopped]
            audits = client.query(AUDIT)
    except Unavailable:
        return {"streams": None, "stopped": None, "audit": None}
    streams = [
        {"topic": topic, "events": events, "newest": _moment(at).isoformat(), "stored": _moment(stored).isoformat()}
        for topic, events, at, stored in rows
    ]
    stopped = [
        {"topic": one.topic, "partition": one.partition, "reason": one.reason, "since": one.changed_at.isoformat()}
        for one in stops
    ]
    audit = [
        {"finished": at.isoformat(), "compared": compared, "differences": differences}
        for at, compared, differences in audits
    ]
    return {"streams": streams, "stopped": stopped, "audit": audit[0] if audit else None}


def _backup(install: Install) -> dict[str, Any] | None:
    """The last backup; `None` when there never was one."""
    job = read_maintenance_state(install.folder).job("backup")
    if job.tried_at is None:
        return None
    done = job.done_at.isoformat() if job.done_at else None
    return {"done": done, "failed": job.failed, "said": " | ".join(dict.fromkeys(job.said.both))}


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
        ("Tiến trình | process", "state", "pid", "MB", "s", ""),
        [
            [one["name"], one["state"], one["pid"], one["memory_mb"], one["uptime_s"], _says(one)]
            for one in report["processes"]
        ],
    )
    total = sum(one["memory_mb"] or 0 for one in report["processes"])
    print(f"{'':32}{total:>18.0f} MB\n")
    _print_restarts(report.get("restarts", ()))
    lag, waiting = report["lag"], report["lag_s"] or {}
    if lag is None:
        print("Kafka: không hỏi được | cannot be asked")
    if report["streams"] is None:
        print("Kho dữ liệu: không hỏi được | warehouse: cannot be asked")
        return
    rows = []
    for one in report["streams"]:
        newest, stored = (datetime.fromisoformat(one[name]).astimezone(WARD_ZONE) for name in ("newest", "stored"))
        behind, seconds = (lag or {}).get(one["topic"], ""), waiting.get(one["topic"], "")
        rows.append(
            [one["topic"], one["events"], behind, seconds, f"{newest:%d/%m %H:%M:%S}", f"{stored:%d/%m %H:%M:%S}"]
        )
    _table(("Luồng | stream", "sự kiện|events", "chờ|lag", "giây|s", "mới nhất|newest", "ghi|stored"), rows)
    for one in report["stopped"]:
        since = datetime.fromisoformat(one["since"]).astimezone(WARD_ZONE)
        print(
            f"\n✘ {one['topic']}/{one['partition']}: dừng từ | stopped since {since:%d/%m %H:%M}, "
            f"lỗi | bad {one['reason']} → ./ioc letters resume {one['topic'].split('.')[1]}"
        )
    _print_kept(report["audit"], report["backup"])


def _print_restarts(restarts: Sequence[dict[str, Any]]) -> None:
    """Which processes were started again within the last minutes; a crash loop with what to do, and what the log says."""
    for one in restarts:
        print(f"{'✘' if one['is_loop'] else '•'} {one['said']['vi']}\n  {one['said']['en']}")
        if one["is_loop"]:
            print(f"  → {one['advice']['vi']}\n    {one['advice']['en']}")
            for line in one["log"]:
                print(f"    {line}")
    if restarts:
        print()


def _says(process: dict[str, Any]) -> str:
    """What a process says of itself, in a few words."""
    if process["alive"] is None:
        return ""
    return (
        "✔" if not process["faults"] else "✘ " + "; ".join(f"{name}: {why}" for name, why in process["faults"].items())
    )


def _print_kept(audit: dict[str, Any] | None, backup: dict[str, Any] | None) -> None:
    print()
    if audit:
        at = datetime.fromisoformat(audit["finished"]).astimezone(WARD_ZONE)
        sign = "✘" if audit["differences"] else "✔"
        print(
            f"{sign} Đối soát | audit {at:%d/%m %H:%M}: {audit['compared']} so sánh | compared, "
            f"{audit['differences']} sai khác | differences"
        )
    if backup:
        done = backup["done"]
        when = f"{datetime.fromisoformat(done).astimezone(WARD_ZONE):%d/%m %H:%M}" if done else "chưa có | none yet"
        print(f"{'✘' if backup['failed'] else '✔'} Sao lưu | backup {when}: {backup['said']}")


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
