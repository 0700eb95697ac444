"""Jobs: what the keeper has done by processes of their own, which end afterwards and give their memory back.

`python -m warehouse.maintenance backup` and so on does one of them now. What became of it goes to standard output as one line
of JSON; only the keeper writes the state.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from ingest.contract.clock import RealClock
from ingest.contract.events.health import EventsTallied
from ingest.contract.label import Label
from ingest.contract.settings import IngestSettings, read_settings
from ingest.kafka.own_event import send_own_events
from ingest.runtime.disk_space import size_text
from warehouse.audit.report import SECTIONS
from warehouse.maintenance import retention, status
from warehouse.maintenance.backups import backup
from warehouse.maintenance.settings import KeeperSettings
from warehouse.maintenance.status import JobOutcome
from warehouse.query.tally import tally
from warehouse.settings import WarehouseSettings
from warehouse.store.client import connect

log = logging.getLogger(__name__)

_VIETNAMESE = str.maketrans(",.", ".,")
"""How Vietnamese writes between thousands, and before decimals."""

PROCESS = "keeper"

ENV_FILE = Path(".env")
"""Where settings are read from, beside the environment."""


def nightly_backup() -> JobOutcome:
    """Make the nightly backup, and delete the oldest."""
    keeper, ingest = read_settings(KeeperSettings), read_settings(IngestSettings)
    origin = backup.BackupOrigin(ingest, read_settings(WarehouseSettings), ENV_FILE)
    made = backup.make_backup(
        origin, keeper.folder, keeper.backup_secrets, lambda what, done, whole: None, keeper.backup_key
    )
    for old in backup.prune_backups(keeper.folder, ingest.ward, keeper.backup_copies):
        log.info("deleted %s", old)
    rows = f"{sum(table.rows for table in made.said.tables.values()):,}"
    size, seconds = size_text(made.path.stat().st_size), f"{made.took.total_seconds():.0f} s"
    return JobOutcome(
        said=Label(
            f"{made.path}: {size.translate(_VIETNAMESE)}, {rows.translate(_VIETNAMESE)} dòng, {seconds}, đã kiểm chứng",
            f"{made.path}: {size}, {rows} rows, {seconds}, proved",
        )
    )


def audit_last_days() -> JobOutcome:
    """Recompute the figures of the last days from the events, and compare."""
    # Only here: it loads every indicator and event.
    from warehouse.audit.run import run_nightly_audit

    with connect(read_settings(WarehouseSettings)) as client:
        report = run_nightly_audit(client, read_settings(IngestSettings), group=read_settings(KeeperSettings).group)
    compared = f"{report.compared:,}"
    left = Label(
        "".join(f"; chưa kiểm tra {SECTIONS[part].vi}: {why.vi}" for part, why in report.not_checked.items()),
        "".join(f"; {SECTIONS[part].en} not checked: {why.en}" for part, why in report.not_checked.items()),
    )
    return JobOutcome(
        said=Label(
            f"so sánh {compared.translate(_VIETNAMESE)} giá trị, {report.differences} sai lệch, {report.seconds:.0f} s{left.vi}",
            f"{compared} compared, {report.differences} differences, {report.seconds:.0f} s{left.en}",
        ),
        alarming=report.differences > 0,
    )


def keep_retention() -> JobOutcome:
    """Make the tables keep their rows as long as the settings say."""
    settings = read_settings(WarehouseSettings)
    known = status.read_state(settings.data_folder).announced
    with connect(settings) as client:
        done, waiting = retention.sync_retention(client, settings, known, RealClock().now())
        thinned = retention.thin_snapshots(client, settings)
    for change in done:
        log.info("%s: retention is %d days now", change.rule.table, change.rule.days)
    for table, one in waiting.items():
        log.warning(
            "%s: %d rows are older than the new retention of %d days and will be deleted after %s UTC; restore the setting to keep them",
            *(table, one.rows, one.days, f"{one.since + retention.NOTICE:%Y-%m-%d %H:%M}"),
        )
    return JobOutcome(
        said=Label(
            f"đổi thời hạn {len(done)} bảng, báo trước {len(waiting)} bảng, xóa {thinned} mảnh bản chụp cũ",
            f"{len(done)} changed, {len(waiting)} announced, {thinned} pieces of snapshots deleted",
        ),
        announced=waiting,
    )


def tally_events() -> JobOutcome:
    """Count the events of the last 24 hours and the dead letters that wait, and tell it as an event."""
    ingest = read_settings(IngestSettings)
    now = ingest.clock().now()
    with connect(read_settings(WarehouseSettings)) as client:
        counted = tally(client, now)
    asyncio.run(send_own_events(ingest, PROCESS, now, EventsTallied(process=PROCESS, at=now, **counted._asdict())))
    return JobOutcome(
        said=Label(
            f"{counted.valid} hợp lệ, {counted.rejected} bị loại, {counted.waiting} đang chờ",
            f"{counted.valid} valid, {counted.rejected} rejected, {counted.waiting} waiting",
        )
    )


JOBS: dict[str, Callable[[], JobOutcome]] = {
    "backup": nightly_backup,
    "audit": audit_last_days,
    "retention": keep_retention,
    "tally": tally_events,
}
