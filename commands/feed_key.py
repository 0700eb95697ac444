"""Manage the keys of the city's feed: `make NAME [--wards a,b] [--days 365]`, `list`, `remove ID`.

Vi: Quản lý khóa của nguồn số liệu cho thành phố: tạo, liệt kê, xóa.
"""

import argparse
import sys
from datetime import timedelta

from commands.install.settings import Install
from commands.install.store_command import run_on_store
from commands.install.terminal import say, terminal_line
from dashboard.access.api_key import SCOPES, FeedKeys
from ingest.contract.clock import RealClock


def main(arguments: list[str]) -> int:
    """Do it; 0 if it is done."""
    options = _parser().parse_args(arguments)
    return run_on_store(lambda install: _done(install, options))


def _done(install: Install, options: argparse.Namespace) -> int:
    keys = FeedKeys(install.board)
    match options.act:
        case "make":
            now = RealClock().now()
            wards = tuple(ward.strip() for ward in options.wards.split(",") if ward.strip()) or (install.ingest.ward,)
            scopes = tuple(one for one in SCOPES if one in options.scope) or SCOPES[:1]
            try:
                key, text = keys.make(options.name, wards, now, now + timedelta(days=options.days), scopes)
            except (ValueError, OverflowError) as error:
                say(f"Không tạo được khóa: {error}", f"No key was made: {error}")
                return 2
            terminal_line(f"  {text}")
            say(
                f"  Khóa {key.id} chỉ hiện một lần; hết hạn {key.expires_at:%d/%m/%Y}.",
                f"  Key {key.id} is shown only once; it expires on {key.expires_at:%Y-%m-%d}.",
            )
        case "remove":
            try:
                keys.remove(options.id)
            except KeyError:
                say(f"Không có khóa {options.id}.", f"There is no key {options.id}.")
                return 2
            say(f"Đã xóa khóa {options.id}.", f"Key {options.id} is removed.")
        case _:
            for key in keys.all().values():
                print(f"{key.id}\t{key.name}\t{','.join(key.wards)}\t{key.expires_at:%Y-%m-%d}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ioc feed_key", description="Khóa đọc số liệu của thành phố | keys of the city's feed"
    )
    acts = parser.add_subparsers(dest="act", required=True)
    make = acts.add_parser("make", help="tạo | make a key; it is shown once")
    make.add_argument("name", help="ai dùng | who uses it")
    make.add_argument("--wards", default="", help="phường | wards, separated by commas; by default this install's")
    make.add_argument("--days", type=int, default=365, help="số ngày hiệu lực | days until it expires")
    make.add_argument(
        "--scope",
        action="append",
        choices=SCOPES,
        default=[],
        help="feed: số liệu cho thành phố | the city's feed (default); board: số liệu bảng đang hiển thị, để đối soát | what the board shows, for audits",
    )
    acts.add_parser("list", help="liệt kê | list the keys")
    acts.add_parser("remove", help="xóa | remove a key").add_argument("id")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
