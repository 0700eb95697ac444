"""Restore a backup: `FILE --dry-run` checks it and shows what would change; existing data is moved aside, never deleted.

Vi: Phục hồi từ bản sao lưu; --dry-run chỉ kiểm tra và cho xem sẽ thay đổi gì. Dữ liệu hiện có được chuyển sang thư mục khác, không bị xóa.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from commands.install import lock, secret_files
from commands.install import settings as install_settings
from commands.install.backup_comparison import compare
from commands.install.offline_warehouse import lone_warehouse
from commands.install.settings import Install
from commands.install.terminal import ProgressBar, say, terminal_line
from ingest.contract.clock import RealClock
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime.disk_space import size_text
from warehouse.maintenance.backups import archive, files, sealing
from warehouse.maintenance.backups import restore as restoring
from warehouse.maintenance.backups.backup import MARGIN, backup_lock, check_own_engine
from warehouse.maintenance.backups.manifest import Manifest
from warehouse.maintenance.backups.tables import BackupError
from warehouse.store.client import connect


class RestoredFigures(NamedTuple):
    """What a restore did."""

    aside: Path
    """Where what was there before is."""
    moved: list[Path]
    """What that is."""
    settings: Path | None
    """The backup's settings, if they are others than those that hold here."""


def main(arguments: list[str]) -> int:
    """Restore, or only look; 0 if it is restored, or could be."""
    options = _options(arguments)
    try:
        secret_files.make_secrets(install_settings.data_folder_path() / "secrets", install_settings.KINDS)
        install = install_settings.read_install()
        check_own_engine(install.warehouse)
        if not options.dry_run and lock.left_over_processes(install.folder):
            raise lock.AlreadyRunningError(lock.running_pid(install.run))
        _see_room_to_open(install, options.file)
        with sealing.open_backup(options.file, options.key, install.folder) as file:
            restored = _look_and_restore(install, file, options)
        if restored is not None:
            _welcome(restored)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    except lock.AlreadyRunningError:
        say(
            "Hệ thống đang chạy: hãy dừng bằng ./ioc down rồi phục hồi. (--dry-run thì chạy được ngay.)",
            "The system is running: stop it with ./ioc down, then restore. (--dry-run works at any time.)",
        )
        return 1
    except (BackupError, Unavailable, OSError) as error:
        say(f"Không phục hồi được: {getattr(error, 'vi', error)}", f"Not restored: {error}")
        return 1
    return 0


def _look_and_restore(install: Install, file: Path, options: argparse.Namespace) -> RestoredFigures | None:
    """Check a backup and show what it would change; unless it is a dry run, restore it."""
    said = archive.read_manifest(file)
    restoring.check_backup_fits(said, install.ingest.ward)
    if options.dry_run:
        with ProgressBar() as progress:
            archive.unpack_archive(file, said, lambda name: None, _counting(progress, "sha256", said.size))
    compared = compare(install, said)
    if options.json:
        print(json.dumps(compared.report(), ensure_ascii=False, indent=2))
    else:
        compared.tell()
    if options.dry_run:
        return None
    with ProgressBar() as progress:
        return restore(install, file, said, progress)


def _see_room_to_open(install: Install, file: Path) -> None:
    """See that an encrypted backup can lie open for a while beside the data."""
    if sealing.is_sealed(file):
        _see_room(install, file.stat().st_size + MARGIN)


def restore(install: Install, file: Path, said: Manifest, progress: ProgressBar) -> RestoredFigures:
    """Restore a backup that has been looked at.

    Args:
        install: where; it must be stopped.
        file: the backup.
        said: what it says about itself.
        progress: shows how far it is.

    Raises:
        AlreadyRunningError: the install runs.
        BackupError: the backup does not serve; nothing has been changed.
    """
    if left := lock.left_over_processes(install.folder):
        raise lock.AlreadyRunningError(left[0].pid)
    stamp = f"{RealClock().now():%Y-%m-%d-%H%M%S}"
    work, aside = install.folder / f"restore-{stamp}.part", install.folder / f"before-restore-{stamp}"
    with lock.install_lock(install.run), backup_lock(install.folder):
        _check_room(install, said)
        try:
            settings = install.warehouse.model_copy(update={"data_folder": work})
            restoring.unpack_backup(file, said, settings, _counting(progress, "unpack", said.size))
            with (
                lone_warehouse(install, work) as there,
                connect(there, database="") as client,
                connect(there, database="") as watching,
            ):
                restoring.load_tables(
                    client,
                    watching,
                    said,
                    lambda what, done, whole: progress.show(
                        f"{what}  {size_text(done)} / {size_text(whole)}", every=50
                    ),
                )
            moved = restoring.swap_folders(work, install.folder, aside)
            return RestoredFigures(aside, moved, _keep_settings(work, install))
        finally:
            restoring.remove_work_folder(work)


def _check_room(install: Install, said: Manifest) -> None:
    _see_room(install, 2 * said.size + MARGIN)


def _see_room(install: Install, needed: int) -> None:
    install.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    free = shutil.disk_usage(install.folder).free
    if free < needed:
        raise BackupError(
            f"No room to restore on the disk of {install.folder}: {size_text(needed)} are needed, {size_text(free)} are free."
        )


def _counting(progress: ProgressBar, what: str, whole: int) -> Callable[[int], None]:
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        progress.show(f"{what}  {size_text(done)} / {size_text(whole)}", every=500)

    return more


def _keep_settings(work: Path, install: Install) -> Path | None:
    """Put the backup's settings beside the data, if they are others than those that hold here: a person decides."""
    found = work / restoring.FILES / files.SETTINGS
    ours = install_settings.ROOT / ".env"
    if not found.is_file() or not found.stat().st_size or (ours.is_file() and ours.read_bytes() == found.read_bytes()):
        return None
    kept = install.folder / "settings-of-backup.env"
    found.replace(kept)
    return kept


def _welcome(restored: RestoredFigures) -> None:
    terminal_line("")
    say("✔ Đã phục hồi và đối chiếu từng bảng.", "✔ Restored; every table was compared.")
    if restored.moved:
        say(
            f"  Dữ liệu trước đó được giữ ở {restored.aside}; khi chắc chắn không cần nữa thì xóa.",
            f"  What was there before is kept in {restored.aside}; delete it when you are sure.",
        )
    if restored.settings:
        say(
            f"  Cài đặt trong bản sao lưu: {restored.settings}. Hãy so với .env và chép những dòng cần dùng.",
            f"  The backup's settings: {restored.settings}. Compare it with .env, and copy the lines that you want.",
        )
    say("  ./ioc up chạy tiếp từ đây.", "  ./ioc up goes on from here.")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./ioc restore", description="Phục hồi | restore a backup")
    add = parser.add_argument
    add("file", type=Path, help="tệp sao lưu | the backup")
    add("--key", type=Path, metavar="KEYFILE", help="tệp khóa, nếu đã mã hóa | the key file, if it is encrypted")
    add("--dry-run", action="store_true", help="chỉ kiểm tra và cho xem | only check it and show what would change")
    add("--json", action="store_true", help="cho chương trình | for programs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
