"""Manage the accounts of the board: `add NAME --rights leader,analyst`, `reset NAME`, `remove NAME`, `list`.

Vi: Quản lý tài khoản của bảng điều hành: thêm, cấp lại mật khẩu, xóa, liệt kê.
"""

import argparse
import sys

from commands.install.settings import Install
from commands.install.store_command import run_on_store
from commands.install.terminal import say, terminal_line
from dashboard.access.accounts import Accounts
from dashboard.access.rights import RIGHTS


def main(arguments: list[str]) -> int:
    """Do it; 0 if it is done."""
    options = _parser().parse_args(arguments)
    return run_on_store(lambda install: _done(install, options))


def _done(install: Install, options: argparse.Namespace) -> int:
    try:
        _do(Accounts(install.board), options)
    except ValueError as error:
        say(f"Không được: {error}", f"Refused: {error}")
        return 2
    except KeyError:
        say(f"Không có tài khoản {options.name}.", f"There is no account {options.name}.")
        return 2
    return 0


def _do(accounts: Accounts, options: argparse.Namespace) -> None:
    match options.act:
        case "add":
            _show(options.name, accounts.add(options.name, options.rights))
        case "reset":
            _show(options.name, accounts.reset(options.name))
        case "remove":
            accounts.remove(options.name)
            say(f"Đã xóa tài khoản {options.name}.", f"Account {options.name} is removed.")
        case _:
            for account in accounts.all().values():
                print(f"{account.name}\t{','.join(sorted(account.rights))}\t{account.changed_at:%Y-%m-%d}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./ioc account", description="Tài khoản của bảng điều hành | the board's accounts"
    )
    acts = parser.add_subparsers(dest="act", required=True)
    add = acts.add_parser("add", help="thêm | add an account; its password is shown once")
    add.add_argument("name")
    add.add_argument("--rights", type=_rights, default=frozenset({"leader"}), help=", ".join(sorted(RIGHTS)))
    acts.add_parser("reset", help="cấp lại mật khẩu | set a new password").add_argument("name")
    acts.add_parser("remove", help="xóa | remove an account and end its log-ins").add_argument("name")
    acts.add_parser("list", help="liệt kê | list the accounts")
    return parser


def _rights(text: str) -> frozenset[str]:
    return frozenset(right.strip() for right in text.split(",") if right.strip())


def _show(name: str, password: str) -> None:
    terminal_line(f"  {name}  /  {password}")
    say("  Mật khẩu này chỉ hiện một lần: hãy ghi lại.", "  This password is shown only once: note it down.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
