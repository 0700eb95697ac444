"""List dead letters, send them again after a fix, or resume a halted stream: `list`, `replay`, `resume STREAM`.

Vi: Xem các sự kiện lỗi, gửi lại sau khi đã khắc phục, hoặc cho luồng đang dừng chạy tiếp.
"""

import argparse
import json
import re
import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import psutil

from commands.install import settings as install_settings
from commands.install.settings import Install
from commands.install.terminal import ProgressBar, say, table_lines, terminal_line
from connectors import catalogue
from ingest.contract.clock import WARD_ZONE
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.contract.topic import topic_of
from ingest.replay.replay import OUTCOMES, SourceReplay
from ingest.runtime import failpoint
from ingest.untrusted.pseudonym import pseudonymiser
from warehouse.dead_letters.resend import ResentDeadLetter, resend
from warehouse.dead_letters.stored import (
    DeadLetterChoice,
    DeadLetterGroup,
    StoredDeadLetter,
    iterate_dead_letters,
    read_dead_letters,
    read_groups,
)
from warehouse.store.client import Client, connect
from warehouse.store.halted_partitions import HaltedPartition, read_halted_partitions, resume_partition

SHOWN = 20
"""Dead letters that are told one by one after a replay."""

SOME_STAY = 3
"""Exit code: done, but some dead letters were not sent, or would not be."""

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def main(arguments: list[str]) -> int:
    """Do it; 0 if it is done, 1 if a service is away or a setting wrong, 2 if there is nothing to do it with, 3 if dead letters stay."""
    if not arguments or (arguments[0].startswith("--") and arguments[0] != "--help"):
        arguments = ["list", *arguments]
    options = _parser().parse_args(arguments)
    try:
        install = install_settings.read_install()
        failpoint.arm_failpoints(install.ingest.failpoints)
        with connect(install.warehouse) as client:
            match options.act:
                case "replay":
                    return _replay(client, install, options)
                case "resume":
                    return _resume(client, options.topic, options.allow)
                case _:
                    return _list(client, install, options)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
    except Unavailable as error:
        say(
            f"Chưa xong, có dịch vụ chưa chạy ({error}); xem ./ioc status rồi chạy lại.",
            f"Not done, a service is away ({error}); see ./ioc status, then run this again.",
        )
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ioc letters", description="Sự kiện lỗi | dead letters")
    acts = parser.add_subparsers(dest="act", required=True)
    listed = acts.add_parser("list", help="liệt kê, mặc định | list them (default)")
    _add_choice(listed)
    listed.add_argument(
        "--open", action="store_true", help="chỉ sự kiện chưa gửi lại | only those that were not sent again"
    )
    listed.add_argument("--limit", type=int, default=30, help="số sự kiện hiện ra | how many are shown")
    replay = acts.add_parser("replay", help="gửi lại | send them again; without --send a dry run")
    _add_choice(replay)
    replay.add_argument(
        "--id",
        action="append",
        default=[],
        help="mã sự kiện lỗi, có thể lặp lại | id of a dead letter; may be repeated",
    )
    replay.add_argument("--all", action="store_true", help="tất cả sự kiện chưa gửi lại | all that were not sent again")
    how = replay.add_mutually_exclusive_group()
    how.add_argument("--send", action="store_true", help="gửi thật | send")
    how.add_argument("--dry-run", action="store_true", help="chỉ thử, mặc định | dry run (default)")
    resume = acts.add_parser("resume", help="cho luồng đang dừng chạy tiếp | resume a halted stream")
    resume.add_argument("topic", help="luồng, ví dụ queue | the stream, for example queue")
    resume.add_argument(
        "--allow",
        type=int,
        default=0,
        metavar="N",
        help="chấp nhận thêm N sự kiện lỗi | let N more invalid records pass",
    )
    return parser


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="lý do | only with this reason")
    parser.add_argument("--stream", default="", help="luồng hoặc nguồn | only this stream or connector")
    parser.add_argument("--since", default="", help="từ lúc | since, as in 30m, 2h, 7d, 2026-11-20, 2026-11-20T08:00")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")


def _list(client: Client, install: Install, options: argparse.Namespace) -> int:
    chosen = _chosen(install, options, is_open=options.open)
    if chosen is None:
        return 2
    groups, stops = (
        read_groups(client, chosen),
        [one for one in read_halted_partitions(client).values() if one.is_stopped],
    )
    dead_letters = read_dead_letters(client, chosen, max(0, options.limit))
    if options.json:
        told = {
            "groups": [_group_told(one) for one in groups],
            "letters": [_told(one) for one in dead_letters],
            "stops": [{**one._asdict(), "changed_at": one.changed_at.isoformat()} for one in stops],
        }
        print(json.dumps(told, ensure_ascii=False, indent=2))
        return 0
    if not groups:
        say("Không có sự kiện lỗi nào.", "There are no dead letters.")
    else:
        rows = [[one.stream, one.reason, one.dead_letters, one.still_open, _time(one.newest)] for one in groups]
        print(
            table_lines(
                (
                    "luồng | stream",
                    "lý do | reason",
                    "số sự kiện | dead letters",
                    "chưa gửi | open",
                    "mới nhất | newest",
                ),
                rows,
            )
        )
        print()
        print(
            table_lines(
                ("nhận | received", "luồng | stream", "lý do | reason", "ở | at", "đã | done", "id"),
                list(map(_row, dead_letters)),
            )
        )
        rest = sum(one.dead_letters for one in groups) - len(dead_letters)
        if rest > 0:
            terminal_line(f"… {rest} (--limit)")
    _tell_stops(stops)
    return 0


def _replay(client: Client, install: Install, options: argparse.Namespace) -> int:
    if not (options.all or options.id or options.reason or options.stream or options.since):
        say(
            "Chọn sự kiện: --reason, --stream, --since, --id hoặc --all.",
            "Say which: --reason, --stream, --since, --id or --all.",
        )
        return 2
    chosen = _chosen(install, options, ids=options.id, is_open=not options.id)
    if chosen is None:
        return 2
    ingest = install.ingest
    sources = SourceReplay(catalogue(ingest.data_folder), ingest.ward, pseudonymiser(ingest.pseudonym_secret))
    with ProgressBar() as progress:
        resent = resend(
            client,
            ingest,
            iterate_dead_letters(client, chosen),
            by=_who(),
            sources=sources.plans,
            is_dry=not options.send,
            told=lambda done: progress.show(f"{done} sự kiện | dead letters"),
        )
    if not resent:
        say("Không có sự kiện lỗi nào như thế.", "There is no such dead letter.")
        return 2
    if options.json:
        print(json.dumps([one._asdict() for one in resent], ensure_ascii=False, indent=2))
    else:
        _tell_resent(resent, is_dry=not options.send)
    return 0 if all(one.outcome == "sent" for one in resent) else SOME_STAY


def _resume(client: Client, topic: str, allowance: int) -> int:
    name = topic if topic.startswith("ioc.") else topic_of(topic)
    stopped = [stop for stop in read_halted_partitions(client).values() if stop.is_stopped]
    resumed = [
        stop
        for stop in stopped
        if stop.topic == name and resume_partition(client, name, stop.partition, _who(), max(0, allowance))
    ]
    if not resumed:
        say(f"Luồng {name} không dừng.", f"{name} is not stopped.")
        _tell_stops(stopped)
        return 2
    say(
        f"{name}: {len(resumed)} phân vùng chạy tiếp, chấp nhận thêm tối đa {allowance} sự kiện lỗi mỗi phân vùng.",
        f"{name}: {len(resumed)} partitions go on, and up to {allowance} more bad records of each may pass.",
    )
    return 0


def _chosen(
    install: Install, options: argparse.Namespace, ids: list[str] | None = None, *, is_open: bool
) -> DeadLetterChoice | None:
    """The choice that the options make; None, and a word about it, if `--since` cannot be read."""
    since = None
    if options.since:
        since = _since(options.since, install.ingest.clock().now())
        if since is None:
            say(f"Không đọc được --since {options.since}.", f"--since {options.since} cannot be read.")
            return None
    return DeadLetterChoice(ids=ids or (), reason=options.reason, stream=options.stream, since=since, is_open=is_open)


def _since(text: str, now: datetime) -> datetime | None:
    if short := re.fullmatch(r"(\d{1,5})([mhd])", text):
        return now - timedelta(**{_UNITS[short[2]]: int(short[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=WARD_ZONE)


def _group_told(one: DeadLetterGroup) -> dict[str, object]:
    return {
        "stream": one.stream,
        "reason": one.reason,
        "letters": one.dead_letters,
        "still_open": one.still_open,
        "newest": one.newest.isoformat(),
    }


def _told(one: StoredDeadLetter) -> dict[str, Any]:
    return {
        **one.dead_letter.model_dump(mode="json", exclude={"schema_version"}),
        "outcome": one.outcome or None,
        "detail": one.detail or None,
        "replayed_by": one.replayed_by or None,
        "replayed_at": one.replayed_at.isoformat() if one.replayed_at else None,
    }


def _row(one: StoredDeadLetter) -> list[object]:
    dead_letter = one.dead_letter
    at = dead_letter.address if dead_letter.original_topic is None else f"{dead_letter.partition}/{dead_letter.offset}"
    return [_time(dead_letter.received_at), one.stream, dead_letter.reason_code, at[:40], one.outcome, dead_letter.id]


def _tell_resent(resent: list[ResentDeadLetter], *, is_dry: bool) -> None:
    counts = Counter(one.outcome for one in resent)
    rows = [[f"{label.vi} | {label.en}", counts[id_]] for id_, label in OUTCOMES.items() if counts[id_]]
    events = sum(one.events for one in resent)
    print(table_lines(("kết quả | outcome", "số sự kiện | dead letters"), rows))
    print(f"\n{events} sự kiện | events\n")
    staying = [one for one in resent if one.outcome != "sent"]
    if staying:
        print(
            table_lines(
                ("luồng | stream", "lý do | reason", "kết quả | outcome", "vì | because", "id"),
                [[one.stream, one.reason, one.outcome, one.detail[:80], one.id] for one in staying[:SHOWN]],
            )
        )
        if len(staying) > SHOWN:
            terminal_line(f"… {len(staying) - SHOWN} (--json)")
    if is_dry:
        say("Đây mới là thử: thêm --send để gửi thật.", "This was only a trial: add --send to really send.")


def _tell_stops(stops: list[HaltedPartition]) -> None:
    if not stops:
        return
    print()
    rows = [[one.topic, one.partition, one.offset, one.reason, _time(one.changed_at)] for one in stops]
    print(table_lines(("dừng | stopped", "phân vùng | partition", "từ | from", "lỗi | bad", "lúc | at"), rows))
    say(
        "Luồng bị dừng vì quá nhiều sự kiện lỗi. Cập nhật phần mềm, rồi: ./ioc letters resume LUỒNG.",
        "A stream is stopped when too much of it cannot be read. Update the software, then: ./ioc letters resume STREAM.",
    )


def _who() -> str:
    return f"{psutil.Process().username()}@pc"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(WARD_ZONE):%d/%m/%Y %H:%M:%S}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
