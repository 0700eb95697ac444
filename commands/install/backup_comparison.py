"""Backup comparison: what a backup holds against what is there, and what becomes of the events since."""

from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple

from commands.install import lock
from commands.install.offline_warehouse import lone_warehouse
from commands.install.settings import Install
from commands.install.terminal import say, terminal_line
from ingest.contract.clock import WARD_ZONE, RealClock, moment
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.kafka.broker.folder import Folder
from ingest.kafka.offsets import Extent, held_records
from ingest.runtime.disk_space import size_text
from warehouse.maintenance.backups import files, tables
from warehouse.maintenance.backups.manifest import Manifest
from warehouse.store.client import Client, ServerError, connect

Kafka = Literal["same", "other", "unknown"]


class StoreContents(NamedTuple):
    """What is there."""

    rows: dict[str, int]
    newest_ms: int
    """When its newest event happened; 0: none."""


class SinceBackup(NamedTuple):
    """What becomes of the events that came after the backup."""

    kafka: Kafka
    """Whether this install's Kafka is the one that the backup's events came from."""
    comes_back: int | None
    """How many Kafka still holds: they are read again by themselves. `None` where it was not running."""
    lost: int | None
    """How many it has let go."""
    polled: list[str]
    """Sources that are read again from where they were then."""


class Comparison(NamedTuple):
    """A backup and an install, side by side."""

    said: Manifest
    store: StoreContents | None
    """`None`: there is none, or it cannot be opened."""
    why: str
    """Why it cannot."""
    since: SinceBackup
    retention: timedelta
    """How long Kafka keeps events."""
    same_pseudonyms: bool
    """Whether codes will have the same pseudonyms as in the backup."""

    def report(self) -> dict[str, Any]:
        """As one JSON value."""
        there = self.store.rows if self.store else {}
        return {
            "made_at": self.said.made_at.isoformat(),
            "ward": self.said.ward,
            "bytes": self.said.size,
            "tables": {
                name: {"backup": one.rows, "there": there.get(name)} for name, one in sorted(self.said.tables.items())
            },
            "newest_ms": {"backup": self.said.newest_ms, "there": self.store.newest_ms if self.store else None},
            "secrets": self.said.secrets,
            "same_pseudonyms": self.same_pseudonyms,
            "waiting": self.said.waiting,
            **self.since._asdict(),
        }

    def tell(self) -> None:
        """For a person at a terminal."""
        said, there = self.said, self.store.rows if self.store else {}
        terminal_line(f"  {_clock(said.made_at)}  {said.ward}  {size_text(said.size)}  ClickHouse {said.engine}")
        terminal_line(f"  {'bảng | table':<22}{'bản sao | backup':>18}{'hiện có | there now':>22}")
        for name, one in sorted(said.tables.items()):
            terminal_line(f"  {name:<22}{one.rows:>18}{there.get(name, ''):>22}")
        newest = self.store.newest_ms if self.store else 0
        terminal_line(f"  {'mới nhất | newest':<22}{_event(said.newest_ms):>18}{_event(newest):>22}")
        if self.why:
            say(f"  Dữ liệu hiện có không mở được: {self.why}", f"  What is there cannot be opened: {self.why}")
        self._tell_of_events_since()
        if not self.same_pseudonyms:
            say(
                "  Chú ý: khóa giả danh ở đây khác với bản sao lưu, mã cũ và mới sẽ không khớp. Trước khi chạy, hãy chép tệp "
                "ioc_pseudonym_secret cũ vào thư mục secrets.",
                "  Note: the pseudonym secret here is another than the backup's, so old and new codes will not meet. Before you "
                "start, put the old ioc_pseudonym_secret into the folder secrets.",
            )

    def _tell_of_events_since(self) -> None:
        since, at = self.since, _clock(self.said.real_made_at)
        if since.kafka == "same" and since.comes_back is not None:
            say(
                f"  Sau bản sao lưu có {since.comes_back} sự kiện còn trong Kafka: sẽ tự được đọc lại, mỗi sự kiện tính một lần.",
                f"  {since.comes_back} later events are still in Kafka: they are read again by themselves, and count once.",
            )
            if since.lost:
                say(
                    f"  {since.lost} sự kiện sau {at} không còn trong Kafka: sẽ mất.",
                    f"  {since.lost} events after {at} are not in Kafka any more: they will be lost.",
                )
        elif since.kafka == "same":
            days = self.retention.days
            say(
                f"  Sự kiện sau {at} sẽ tự được đọc lại từ Kafka, nếu chưa quá {days} ngày.",
                f"  Events after {at} are read again from Kafka by themselves, as far as they are not older than {days} days.",
            )
            gone = RealClock().now() - self.retention
            if self.said.real_made_at < gone:
                say(
                    f"  Sự kiện từ {at} đến {_clock(gone)} đã bị Kafka xóa: sẽ mất.",
                    f"  Events from {at} to {_clock(gone)} are gone from Kafka: they will be lost.",
                )
        else:
            polled = ", ".join(since.polled) or "-"
            say(
                f"  Kafka ở đây không có sự kiện sau {at}. Nguồn được hỏi định kỳ ({polled}) sẽ được đọc lại từ lúc đó; "
                "sự kiện do nguồn khác gửi từ lúc đó đến nay sẽ mất.",
                f"  The Kafka here does not hold the events after {at}. Polled sources ({polled}) are read again from then on; "
                "what other sources sent since then is lost.",
            )


def compare(install: Install, said: Manifest) -> Comparison:
    """Look at what is there, whether it runs or not; changes nothing."""
    store, why = None, ""
    try:
        if lock.running_pid(install.run) is not None or lock.left_over_processes(install.folder):
            with connect(install.warehouse) as client:
                store = _store(client)
        elif (install.folder / "warehouse").is_dir():
            with lone_warehouse(install, install.folder) as settings, connect(settings) as client:
                store = _store(client)
    except (ConfigurationError, Unavailable, ServerError) as error:
        why = str(error)
    return Comparison(
        said,
        store,
        why,
        _since(install, said),
        install.ingest.kafka_retention,
        said.secrets or not said.pseudonym or said.pseudonym == files.fingerprint(install.ingest.pseudonym_secret),
    )


def _store(client: Client) -> StoreContents:
    database = client.settings.database
    asked = "SELECT name, toUInt64(total_rows) FROM system.tables WHERE database = {database:String} AND total_rows IS NOT NULL"
    known = dict(client.query(asked, {"database": database}))
    there = tables.stored_tables(client, database)
    newest = tables.newest(client, database, there)
    return StoreContents(
        {name: known[name] for name in there if name in known}, max((one.at_ms for one in newest.values()), default=0)
    )


def _since(install: Install, said: Manifest) -> SinceBackup:
    cursors = [PurePosixPath(name) for name in said.files]
    polled = [path.stem for path in cursors if path.suffix == ".cursor"]
    try:
        kafka = held_records(install.ingest)
    except Unavailable:
        cluster = "" if install.ingest.kafka_bootstrap else Folder(install.ingest).cluster
        is_unknown = not said.kafka or (not cluster and bool(install.ingest.kafka_bootstrap))
        return SinceBackup(
            "unknown" if is_unknown else "same" if cluster == said.kafka else "other", None, None, polled
        )
    if kafka.cluster != said.kafka:
        return SinceBackup("other" if said.kafka else "unknown", None, None, polled)
    after = {(one.topic, one.partition): one.kafka_offset for one in said.positions}
    comes_back = lost = 0
    for place, extent in kafka.extents.items():
        following = _following(after.get(place, -1), extent)
        comes_back += extent.end - max(extent.first, following)
        lost += max(0, extent.first - following)
    return SinceBackup("same", comes_back, lost, polled)


def _following(offset: int | None, extent: Extent) -> int:
    """The first offset after the backup; all that is there where the backup does not know the partition's log."""
    return extent.first if offset is None else min(offset + 1, extent.end)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(WARD_ZONE):%d/%m/%Y %H:%M}"


def _event(ms: int) -> str:
    return _clock(moment(ms)) if ms else "-"
