"""Restarts: which processes ended and were started again lately, as the supervisor on this PC tells whoever shows it.

`./ioc up` writes it into the data folder every few seconds. Where nothing of ours supervises the processes (containers, a cluster), or `up`
has ended, nothing is known, and nothing is said.
"""

from datetime import datetime, timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ingest.contract.label import Label

WITHIN = timedelta(minutes=10)
"""How far back restarts are counted."""

LOOP = 3
"""As many of them are a crash loop."""

HOLDS = timedelta(seconds=30)
"""How long what was told is true."""

PROCESS_LABELS = {
    "ingest": Label("Kafka", "Kafka"),
    "warehouse": Label("Kho dữ liệu", "Warehouse"),
    "connectors": Label("Kết nối nguồn", "Connectors"),
    "streams": Label("Xử lý luồng", "Streams"),
    "keeper": Label("Trông coi", "Keeper"),
    "alarm": Label("Cảnh báo", "Alarms"),
    "dashboard": Label("Bảng điều hành", "Board"),
    "simulator": Label("Phường giả lập", "Pretend ward"),
}
"""What people call the processes, by name."""


class Restarts(BaseModel):
    """How often one process ended and was started again within `WITHIN`."""

    model_config = ConfigDict(frozen=True)

    process: str
    """Its name, for example `streams-1`."""
    ended_at: tuple[datetime, ...]
    """When, by the real clock; the oldest first."""
    how: Label
    """How it ended the last time."""
    said: tuple[str, ...] = ()
    """The last lines of its log."""

    @property
    def count(self) -> int:
        """How often."""
        return len(self.ended_at)

    @property
    def is_loop(self) -> bool:
        """Whether it is a crash loop."""
        return self.count >= LOOP

    @property
    def minutes(self) -> int:
        """Within how many minutes."""
        return max(1, round((self.ended_at[-1] - self.ended_at[0]).total_seconds() / 60))

    @property
    def sentence(self) -> Label:
        """What there is to say of it."""
        name = process_label(self.process)
        if not self.is_loop:
            return Label(
                f"{name.vi} ({self.process}) đã tự chạy lại {self.count} lần trong 10 phút, lần cuối {self.how.vi}",
                f"{name.en} ({self.process}) was started again {self.count} times in 10 minutes, the last time it {self.how.en}",
            )
        return Label(
            f"{name.vi} ({self.process}) dừng liên tục: {self.count} lần trong {self.minutes} phút, lần cuối {self.how.vi}",
            f"{name.en} ({self.process}) is in a crash loop: {self.count} ends in {self.minutes} minutes, the last time it {self.how.en}",
        )

    @property
    def advice(self) -> Label:
        """What to do about a crash loop."""
        if self.process.startswith("streams"):
            return Label(
                "Nếu do một sự kiện, hệ thống tự tìm ra và chuyển sang Sự kiện lỗi trong ít phút. Không hết: gửi nhật ký cho đơn vị bảo trì",
                "If an event is to blame, it is found within minutes and becomes a dead letter. If it goes on: send the log to the maintainer",
            )
        return Label(
            "Báo người cài đặt (./ioc doctor); không hết thì gửi nhật ký cho đơn vị bảo trì",
            "Tell the installer (./ioc doctor); if it goes on, send the log to the maintainer",
        )


class _Told(BaseModel):
    told_at: datetime
    restarts: tuple[Restarts, ...]


def process_label(name: str) -> Label:
    """What people call a process; workers have their number."""
    kind, _, number = name.partition("-")
    label = PROCESS_LABELS.get(kind, Label(name, name))
    return Label(f"{label.vi} {number}", f"{label.en} {number}") if number else label


def report_restarts(folder: Path, restarts: tuple[Restarts, ...], now: datetime) -> None:
    """Tell whoever shows it.

    Args:
        folder: the data folder.
        restarts: what there is to tell.
        now: the real time.
    """
    path = _file(folder)
    fresh = path.with_suffix(".new")
    fresh.write_text(_Told(told_at=now, restarts=restarts).model_dump_json(), encoding="utf-8")
    fresh.replace(path)


def reported_restarts(folder: Path, now: datetime) -> tuple[Restarts, ...]:
    """What was told lately; nothing, where nobody tells.

    Args:
        folder: the data folder.
        now: the real time.
    """
    try:
        found = _Told.model_validate_json(_file(folder).read_bytes())
    except (OSError, ValidationError):
        return ()
    return found.restarts if abs(now - found.told_at) <= HOLDS else ()


def _file(folder: Path) -> Path:
    return folder / "run" / "restarts.json"
