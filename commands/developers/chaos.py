"""Inject random faults while sources keep a journal, then check for loss, duplicates, inventions and errors; `--json` for programs.

Vi: Gây sự cố ngẫu nhiên trong lúc nguồn vẫn gửi, rồi đối chiếu tất cả: mất, trùng, thừa, sai.

A stack of its own in a folder of its own on free ports: an install on this PC neither sees nor feels it. A seed chooses messages and
faults; when exactly they meet is up to the machine, so that the same seed finds more the second time.
"""

import argparse
import json
import logging
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from commands.developers.nemesis.layout import WORKERS
from commands.developers.nemesis.oracle.findings import KINDS
from commands.developers.nemesis.run import StormPlan, run
from commands.install.terminal import ProgressBar, say, terminal_line

START_AND_CHECK = 25 * 60
"""Seconds for everything but the storm, on the slowest PC."""


class StormOverdueError(Exception):
    """It took longer than it ever may."""


def main(arguments: list[str]) -> int:
    """Run it; 0 when nothing was lost, doubled, invented or mismatched."""
    options = _parser().parse_args(arguments)
    folder = Path(options.folder) if options.folder else Path(tempfile.mkdtemp(prefix="ward-ioc-chaos-"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    plan = StormPlan(
        options.minutes,
        options.seed,
        options.rate,
        options.disk,
        options.sweep,
        options.brokers,
        options.workers,
        options.wanted,
    )
    for noisy in ("aiokafka", "kafka", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)  # they tell at length what is done to them here
    signal.signal(signal.SIGALRM, _overdue)
    signal.signal(signal.SIGTERM, _end)
    signal.alarm(int(options.minutes * 60 * 1.5) + START_AND_CHECK)
    began = time.monotonic()
    with ProgressBar() as progress:
        try:
            result = run(plan, folder, lambda text: progress.show(text, every=5))
        except StormOverdueError:
            progress.clear()
            say(f"Quá thời hạn; xem {folder}.", f"It took too long; see {folder}.")
            return 1
        except KeyboardInterrupt:
            progress.clear()
            if not options.keep:
                shutil.rmtree(folder, ignore_errors=True)
            say("Đã dừng.", "Stopped.")
            return 130
    result["seconds"]["in_all"] = round(time.monotonic() - began, 1)
    is_clean = not any(result[kind] for kind in KINDS)
    if options.json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _print(result)
    if is_clean and not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        say(f"Giữ lại để xem xét: {folder}", f"Kept to be looked at: {folder}")
    return 0 if is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ioc chaos",
        description="Thử sự cố ngẫu nhiên, rồi đối chiếu | faults at random, then everything is compared",
    )
    parser.add_argument("--minutes", type=float, default=2.0, help="thời gian gây sự cố, phút | minutes of faults (2)")
    parser.add_argument("--seed", type=int, default=1, help="hạt giống | seed of messages and faults (1)")
    parser.add_argument("--json", action="store_true", help="cho chương trình | for programs")
    parser.add_argument("--rate", type=float, default=60.0, help="tin mỗi giây | messages a second (60)")
    parser.add_argument(
        "--disk",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="cả đĩa đầy (cần quyền root) | full disks too (as root)",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="lần lượt từng điểm dừng | each failpoint once instead of random faults",
    )
    parser.add_argument(
        "--brokers",
        type=int,
        choices=(1, 3),
        default=1,
        help="số nút Kafka; 3: mỗi bản ghi có ba bản, nút và tiến trình xử lý luồng lần lượt khởi động lại"
        " | nodes of Kafka; 3: three copies of each record, brokers and workers restarted in turn too (1)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        choices=range(1, 9),
        default=WORKERS,
        metavar="N",
        help="số tiến trình xử lý luồng | stream workers (2)",
    )
    parser.add_argument(
        "--until",
        dest="wanted",
        choices=KINDS,
        help="dừng đối chiếu khi đã thấy lỗi loại này | look for nothing more once something of this kind is found",
    )
    parser.add_argument("--folder", help="thư mục ghi | working folder; a new one by default")
    parser.add_argument("--keep", action="store_true", help="giữ thư mục | always keep the folder")
    return parser


LABELS = {
    "acked": ("Đã xác nhận", "acked"),
    "lost": ("Mất", "lost"),
    "doubled": ("Trùng", "doubled"),
    "invented": ("Bịa", "invented"),
    "mismatched": ("Sai số", "mismatched"),
    "kills": ("Lần giết", "kills"),
    "seed": ("Hạt giống", "seed"),
    "minutes": ("Phút", "minutes"),
}


def _print(result: dict[str, Any]) -> None:
    for name, (vietnamese, english) in LABELS.items():
        print(f"{vietnamese:<14} {english:<12} {result[name]:>10,}")
    seconds = ", ".join(f"{name} {value}" for name, value in result["seconds"].items())
    print(f"{'Giây':<14} {'seconds':<12} {seconds}")
    for name, vietnamese in (
        ("stages", "Giai đoạn"),
        ("faults", "Sự cố"),
        ("rolled", "Lần lượt"),
        ("failpoints", "Điểm dừng"),
        ("crashes", "Tự dừng"),
        ("compared", "Đối chiếu"),
    ):
        told = ", ".join(f"{what} {count}" for what, count in result[name].items())
        print(f"{vietnamese:<14} {name:<12} {told or '-'}")
    for name, use in result["processes"].items():
        print(f"{'':<14} {name:<12} {use['mb_most']} MB, {use['files_most']} files, grown {use['mb_grown']} MB")
    for kind, examples in result["examples"].items():
        for example in examples:
            print(f"{LABELS[kind][0]:<14} {kind:<12} {example}")
    for note in result["notes"]:
        terminal_line(f"  {note}")


def _overdue(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise StormOverdueError


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
