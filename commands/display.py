"""Manage the screens on the wall: `add NAME [--pages queue:30,…] [--network CIDR] [--days N] …]`, `list`, `revoke ID`.

Vi: Quản lý màn hình treo tường: cấp địa chỉ, liệt kê, thu hồi.
"""

import argparse
import ipaddress
import sys
from datetime import timedelta

from commands.install.settings import Install
from commands.install.store_command import run_on_store
from commands.install.terminal import say, terminal_line
from dashboard.access.display_entry import ENTRY
from dashboard.access.displays import Displays, Network, Stops, parse_stops
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from ingest.contract.clock import RealClock


def main(arguments: list[str]) -> int:
    """Do it; 0 if it is done."""
    options = _parser().parse_args(arguments)
    return run_on_store(lambda install: _done(install, options))


def _done(install: Install, options: argparse.Namespace) -> int:
    displays = Displays(install.board)
    match options.act:
        case "add":
            now = RealClock().now()
            until = now + timedelta(days=options.days) if options.days else None
            try:
                one, token = displays.add(
                    options.name,
                    now,
                    options.pages,
                    options.network,
                    until,
                    options.lang,
                    options.inches,
                    options.metres,
                    options.theme,
                )
            except ValueError as error:
                say(f"Không được: {error}", f"Refused: {error}")
                return 2
            terminal_line(f"  {install.board.url}{ENTRY}?token={token}")
            say(
                f"  Địa chỉ này chỉ hiện một lần: hãy mở nó trên màn hình {one.id}.",
                f"  This address is shown only once: open it on the display {one.id}.",
            )
        case "revoke":
            try:
                displays.revoke(options.id)
            except KeyError:
                say(f"Không có màn hình {options.id}.", f"There is no display {options.id}.")
                return 2
            say(f"Đã thu hồi màn hình {options.id}.", f"Display {options.id} is revoked.")
        case _:
            for one in displays.all().values():
                stops = ",".join(f"{path}:{pace.total_seconds():g}" for path, pace in one.stops)
                until_ = f"{one.expires_at:%Y-%m-%d}" if one.expires_at else ""
                seen = f"{one.inches:g}″ {one.metres:g} m"
                print(
                    f"{one.id}\t{one.name}\t{stops}\t{one.network or ''}\t{until_}\t{one.language}\t{seen}\t{one.scheme}"
                )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./ioc display", description="Màn hình treo tường | screens on the wall")
    acts = parser.add_subparsers(dest="act", required=True)
    add = acts.add_parser("add", help="cấp địa chỉ | add a screen; its address is shown once")
    add.add_argument("name", help="vị trí | where the screen hangs")
    add.add_argument("--pages", type=_stops, default=(), help="trang:giây | pages with seconds, as in /:30,queue:20")
    add.add_argument("--network", type=_network, help="mạng được phép | allowed network, as in 192.168.1.0/24")
    add.add_argument("--days", type=_days, help="số ngày hiệu lực | days until it expires; never by default")
    add.add_argument("--lang", choices=("vi", "en"), default="vi", help="ngôn ngữ | language")
    add.add_argument("--inches", type=float, default=55, help="đường chéo màn hình | the screen's diagonal")
    add.add_argument("--metres", type=float, default=4, help="nhìn từ cách mấy mét | from how far it is read")
    add.add_argument("--theme", choices=("dark", "light"), default="dark", help="nền tối, nền sáng | dark or light")
    acts.add_parser("list", help="liệt kê | list the screens")
    acts.add_parser("revoke", help="thu hồi | revoke a screen at once").add_argument("id")
    return parser


def _stops(text: str) -> Stops:
    try:
        return parse_stops(text, [page.path for page in wall_pages(pages())])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _days(text: str) -> int:
    days = int(text) if text.isdecimal() else 0
    if not 1 <= days <= 36_500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days, 1 to 36500")
    return days


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
