"""What the doctor finds about the keeper's chores: what was done, what could not be, and what will be deleted."""

from collections.abc import Iterator

from commands.finding import Finding
from commands.install import Install
from ingest.clock import WARD_ZONE
from ingest.label import Label
from warehouse.keeping import retention, state
from warehouse.keeping.state import Chore

NAMES = {
    "backup": Label("Sao lưu", "Backup"),
    "audit": Label("Đối soát", "Audit"),
    "retention": Label("Thời hạn lưu", "Retention"),
}


def kept(install: Install) -> Iterator[Finding]:
    """Findings about every chore that was done or failed, and every deletion that is announced."""
    known = state.read(install.folder)
    for name, label in NAMES.items():
        chore = known.chore(name)
        if chore.done_at is not None or chore.failed:
            yield _finding(label, chore)
    for table, one in known.announced.items():
        at = f"{(one.since + retention.NOTICE).astimezone(WARD_ZONE):%d/%m/%Y %H:%M}"
        yield Finding(
            False,
            f"Sau {at}, {one.rows} dòng cũ hơn {one.days} ngày của {table} sẽ bị xoá: đặt lại IOC_WAREHOUSE_KEEP_… nếu cần giữ.",
            f"After {at}, {one.rows} rows of {table} older than {one.days} days will be deleted: set IOC_WAREHOUSE_KEEP_… back "
            "to keep them.",
        )


def _finding(label: Label, chore: Chore) -> Finding:
    done = f"{chore.done_at.astimezone(WARD_ZONE):%d/%m/%Y %H:%M}" if chore.done_at else "-"
    if chore.failed:
        return Finding(
            False,
            f"{label.vi} không làm được (lần gần nhất {done}): {chore.said.vi}",
            f"{label.en} could not be done (last done {done}): {chore.said.en}",
        )
    return Finding(not chore.alarming, f"{label.vi} {done}: {chore.said.vi}", f"{label.en} {done}: {chore.said.en}")
