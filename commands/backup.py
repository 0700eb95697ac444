"""Back up figures, events, accounts and settings into one file, even while the system runs; `--to FOLDER`.

Vi: Sao lưu số liệu, sự kiện, tài khoản và cài đặt vào một tệp, kể cả khi hệ thống đang chạy.
"""

import argparse
import json
import sys
from pathlib import Path

from commands.install import lock
from commands.install import settings as install_settings
from commands.install.offline_warehouse import reachable_warehouse
from commands.install.terminal import ProgressBar, say, terminal_line
from ingest.contract.errors import ConfigurationError, Unavailable
from ingest.runtime.disk_space import size_text
from warehouse.maintenance.backups import backup, sealing
from warehouse.maintenance.backups.backup import BackupOrigin, BackupResult
from warehouse.maintenance.backups.tables import BackupError


def main(arguments: list[str]) -> int:
    """Make one; 0 if it is made and proved."""
    options = _options(arguments)
    try:
        if options.new_key:
            _tell_key(options.new_key, sealing.make_key(options.new_key))
            return 0
        install = install_settings.read_install()
        key = options.key or install.keeper.backup_key
        folder = (options.to or install.keeper.folder).resolve()
        with reachable_warehouse(install) as warehouse, ProgressBar() as progress:
            made = backup.make_backup(
                BackupOrigin(install.ingest, warehouse, install_settings.ROOT / ".env"),
                folder,
                options.with_secrets,
                lambda what, done, whole: progress.show(_shown(what, done, whole), every=50),
                key,
            )
        old = [] if options.to else backup.prune_backups(folder, install.ingest.ward, install.keeper.backup_copies)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    except (BackupError, Unavailable, OSError) as error:
        say(f"Không sao lưu được: {getattr(error, 'vi', error)}", f"No backup was made: {error}")
        return 1
    except lock.AlreadyRunningError as error:
        say(f"Hệ thống đang được khởi động hoặc dừng: thử lại sau. ({error})", f"Try again in a moment: {error}.")
        return 1
    if options.json:
        print(json.dumps(_report(made), ensure_ascii=False, indent=2))
    else:
        _tell(made, options.with_secrets, is_sealed=bool(key))
    for path in old:
        terminal_line(f"  − {path}")
    return 0


def _shown(what: str, done: int, whole: int) -> str:
    return f"{what}  {size_text(done)} / {size_text(whole)}" if whole else what


def _tell_key(path: Path, public: str) -> None:
    terminal_line(f"✔ {path}")
    terminal_line(f"  {public}")
    say(
        f"  Cất tệp {path} ở nơi khác, không để trên máy này (ví dụ USB trong két, và in ra giấy): mất nó thì không mở được bản sao "
        "lưu nào nữa. Dòng age1… là khóa công khai: ghi vào .env, IOC_KEEPER_BACKUP_KEY=age1…, để sao lưu mỗi đêm được mã hóa.",
        f"  Keep {path} elsewhere and not on this PC (a USB stick in the safe, and on paper): without it no backup can be opened. The "
        "line age1… is the public key: write it into .env, IOC_KEEPER_BACKUP_KEY=age1…, and the nightly backups are encrypted.",
    )


def _tell(made: BackupResult, with_secrets: bool, *, is_sealed: bool) -> None:
    said = made.said
    rows = sum(table.rows for table in said.tables.values())
    size, seconds = size_text(made.path.stat().st_size), f"{made.took.total_seconds():.1f} s"
    terminal_line(f"✔ {made.path}  {size}  {seconds}")
    say(
        f"  {rows} dòng trong {len(said.tables)} bảng, đã phục hồi thử và đối chiếu từng bảng.",
        f"  {rows} rows in {len(said.tables)} tables; each was restored on trial and compared.",
    )
    if said.waiting:
        say(
            f"  Chú ý: {said.waiting} sự kiện còn ở Kafka, chưa có trong bản sao lưu; trên máy khác chúng sẽ thiếu.",
            f"  Note: {said.waiting} events were still in Kafka and are not in it; on another PC they would be missing.",
        )
    if is_sealed:
        say(
            "  Đã mã hóa: chỉ mở được bằng tệp khóa. Bên cạnh là mã kiểm tra (.sha256) để thử tệp còn nguyên vẹn hay không.",
            "  Encrypted: only the key file opens it. Beside it is a checksum (.sha256) that tells whether it is still whole.",
        )
    if with_secrets:
        say(
            "  Có cả mật khẩu và khóa bí mật: ai có tệp này và tệp khóa thì vào được hệ thống. Hãy cất hai tệp ở hai nơi.",
            "  It holds the passwords and secrets: who has it and the key file can enter the system. Keep them in two places.",
        )
    else:
        say(
            "  Không có khóa bí mật. Trên máy mới, thiếu khóa cũ (secrets/ioc_pseudonym_secret) thì mã giả danh sẽ đổi: "
            "hãy cất riêng thư mục secrets, hoặc sao lưu với --with-secrets.",
            "  It holds no secrets. On a new PC without the old pseudonym secret (secrets/ioc_pseudonym_secret) every code gets "
            "another pseudonym: keep the folder secrets elsewhere, or use --with-secrets.",
        )


def _report(made: BackupResult) -> dict[str, object]:
    said = made.said
    return {
        "file": str(made.path),
        "bytes": made.path.stat().st_size,
        "seconds": round(made.took.total_seconds(), 1),
        "made_at": said.made_at.isoformat(),
        "ward": said.ward,
        "secrets": said.secrets,
        "waiting": said.waiting,
        "tables": {name: {"rows": one.rows, "checksum": one.checksum} for name, one in said.tables.items()},
    }


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./ioc backup", description="Sao lưu | make a backup")
    add = parser.add_argument
    add("--to", type=Path, metavar="FOLDER", help="thư mục khác, ví dụ ổ USB | another folder, a USB disk for example")
    add(
        "--with-secrets",
        action="store_true",
        help="kèm mật khẩu và khóa bí mật, cần --key | include passwords and secrets; needs --key",
    )
    add(
        "--key",
        default="",
        metavar="KEY",
        help="mã hóa: age1… hoặc tệp chứa khóa | encrypt for age1… or for the key in a file",
    )
    add("--new-key", type=Path, metavar="FILE", help="tạo khóa mã hóa | create an encryption key")
    add("--json", action="store_true", help="cho chương trình | for programs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
