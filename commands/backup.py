"""Make a backup of the figures, events, accounts and settings in one file, also while everything runs; `--to FOLDER`.

Vi: Sao lưu số liệu, sự kiện, tài khoản và cài đặt vào một tệp, kể cả khi hệ thống đang chạy.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from commands import install as installs
from commands import running
from commands.install import Install
from commands.lone_warehouse import lone_warehouse
from commands.progress import Progress
from commands.words import line, say
from ingest.errors import ConfigurationError, Unavailable
from ingest.room import shown
from warehouse.keeping import backup
from warehouse.keeping.backup import Made, Origin
from warehouse.keeping.tables import KeepingError


def main(arguments: list[str]) -> int:
    """Make one; 0 if it is made and proved."""
    options = _options(arguments)
    try:
        install = installs.read()
        folder = (options.to or install.keeper.folder).resolve()
        with _warehouse(install) as origin, Progress() as progress:
            made = backup.make(
                origin,
                folder,
                options.with_secrets,
                lambda what, done, whole: progress.show(_shown(what, done, whole), every=50),
            )
        old = [] if options.to else backup.prune(folder, install.ingest.ward, install.keeper.backup_copies)
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    except (KeepingError, Unavailable, OSError) as error:
        say(f"Không sao lưu được: {error}", f"No backup was made: {error}")
        return 1
    except running.AlreadyRunningError as error:
        say(f"Hệ thống đang được khởi động hoặc dừng: thử lại sau. ({error})", f"Try again in a moment: {error}.")
        return 1
    if options.json:
        print(json.dumps(_report(made), ensure_ascii=False, indent=2))
    else:
        _tell(made, options.with_secrets)
    for path in old:
        line(f"  − {path}")
    return 0


@contextmanager
def _warehouse(install: Install) -> Iterator[Origin]:
    """The install as it runs; one that is stopped gets its warehouse opened for us alone."""
    origin = Origin(install.ingest, install.warehouse, installs.ROOT / ".env")
    if not install.warehouse.embedded or running.up(install.run) is not None or running.left_over(install.folder):
        yield origin
        return
    with running.alone(install.run), lone_warehouse(install, install.folder) as settings:
        yield origin._replace(warehouse=settings)


def _shown(what: str, done: int, whole: int) -> str:
    return f"{what}  {shown(done)} / {shown(whole)}" if whole else what


def _tell(made: Made, with_secrets: bool) -> None:
    said = made.said
    rows = sum(table.rows for table in said.tables.values())
    size, seconds = shown(made.path.stat().st_size), f"{made.took.total_seconds():.1f} s"
    line(f"✔ {made.path}  {size}  {seconds}")
    say(
        f"  {rows} dòng trong {len(said.tables)} bảng, đã phục hồi thử và đối chiếu từng bảng.",
        f"  {rows} rows in {len(said.tables)} tables; each was restored on trial and compared.",
    )
    if said.waiting:
        say(
            f"  Chú ý: {said.waiting} sự kiện còn ở Kafka, chưa có trong bản sao lưu; trên máy khác chúng sẽ thiếu.",
            f"  Mind: {said.waiting} events were still in Kafka and are not in it; on another PC they would be missing.",
        )
    if with_secrets:
        say(
            "  Có cả mật khẩu và khoá bí mật: ai đọc được tệp này thì vào được hệ thống. Hãy cất giữ cẩn thận.",
            "  It holds the passwords and secrets: who can read this file can enter the system. Keep it locked away.",
        )
    else:
        say(
            "  Không có khoá bí mật. Trên máy mới, thiếu khoá cũ (secrets/ioc_pseudonym_secret) thì mã giả danh sẽ đổi: "
            "hãy cất riêng thư mục secrets, hoặc sao lưu với --with-secrets.",
            "  It holds no secrets. On a new PC without the old pseudonym secret (secrets/ioc_pseudonym_secret) every code gets "
            "another pseudonym: keep the folder secrets elsewhere, or use --with-secrets.",
        )


def _report(made: Made) -> dict[str, object]:
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
    add("--with-secrets", action="store_true", help="kèm khoá bí mật | with passwords and secrets")
    add("--json", action="store_true", help="cho chương trình | for programs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
