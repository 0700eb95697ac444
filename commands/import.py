"""Import figures that people keep in XLSX or CSV, of periods or of days before: `FILE` shows what would change, `--apply`, `--undo BATCH`, `--template FILE`.

Vi: Nhập số liệu từ tệp XLSX hoặc CSV: xem trước thay đổi, `--apply` mới ghi; hoàn tác; tải mẫu.
"""

import argparse
import sys
from pathlib import Path

from commands.install.event_import import event_import, event_plan, event_undo, send_events, take_events_back
from commands.install.figure_import import file_plan, send_figures, undo_plan
from commands.install.settings import Install
from commands.install.store_command import run_on_store
from commands.install.terminal import ProgressBar, say, table_lines, terminal_line
from dashboard.access.accounts import FIRST, Accounts
from dashboard.access.viewer import Viewer
from dashboard.entry.act import NOT_ALLOWED
from dashboard.entry.amount import EntryRefused, amount_text, period_name
from dashboard.entry.change import ImportPlan
from dashboard.entry.event_file import event_plan_said, is_event_file
from dashboard.entry.event_undo import EventImport
from dashboard.entry.template import EVENTS, FIGURES, TEMPLATES, FileKind, template_file
from ingest.administration.message import SourceRefused
from ingest.contract.calendar import local_day
from ingest.contract.clock import Clock
from ingest.contract.errors import Unavailable
from warehouse.catalogue import indicator

SHOWN = 200
"""Changes that are listed."""


def main(arguments: list[str]) -> int:
    """Do it; 0 if the file is sound, 1 if rows are wrong or something is away."""
    options = _options(arguments)
    return run_on_store(lambda install: _done(install, options))


def _done(install: Install, options: argparse.Namespace) -> int:
    clock = install.ingest.clock()
    try:
        if options.template:
            kind: FileKind = "xlsx" if options.template.suffix.lower() == ".xlsx" else "csv"
            options.template.write_bytes(template_file(options.of, kind, local_day(clock.now())))
            terminal_line(f"  {options.template}")
            return 0
        account = Accounts(install.board).all().get(options.by)
        if account is None:
            say(f"Không có tài khoản {options.by}.", f"There is no account {options.by}.")
            return 2
        person = Viewer(account.name, account.rights)
        if not options.undo and is_event_file(options.file):
            return _events(install, options, person, clock)
        if options.undo and (known := event_import(install, options.undo)):
            return _undo_events(install, options, known, person, clock)
        if options.undo:
            plan = undo_plan(install, options.undo, person, clock)
        else:
            plan = file_plan(install, options.file, person, clock)
        _show(plan)
        if plan.faults and not options.undo:
            say("Sửa các ô trên rồi nhập lại; chưa ghi gì.", "Mend these cells and try again; nothing was written.")
            return 1
        if options.apply and plan.events:
            send_figures(install, plan.events, clock)
            say(f"Đã ghi {len(plan.events)} số.", f"{len(plan.events)} figures written.")
        elif plan.events:
            say("Chưa ghi gì: thêm --apply để ghi.", "Nothing was written: --apply does it.")
    except (EntryRefused, SourceRefused) as fault:
        said = fault.said if isinstance(fault, EntryRefused) else fault.label
        say(said.vi, said.en)
        return 1
    except OSError as error:
        say(f"Không đọc, ghi được tệp: {error}", f"The file cannot be read or written: {error}")
        return 1
    except Unavailable as error:
        say(f"Chưa nhập được: {error}. Hãy chạy ./ioc up.", f"Cannot import: {error}. Start it with ./ioc up.")
        return 1
    return 0


def _events(install: Install, options: argparse.Namespace, person: Viewer, clock: Clock) -> int:
    """Show what a file of events would do, and do it."""
    if not person.may("admin"):
        raise EntryRefused(NOT_ALLOWED)
    plan = event_plan(install, options.file, clock)
    for fault in plan.faults:
        say(f"{fault.cell} {fault.said.vi}", f"{fault.cell} {fault.said.en}")
    for words in event_plan_said(plan):
        say(words.vi, words.en)
    if plan.faults:
        say("Sửa các ô trên rồi nhập lại; chưa ghi gì.", "Mend these cells and try again; nothing was written.")
        return 1
    if options.apply and plan.events:
        with ProgressBar() as bar:
            send_events(install, plan, person.name, lambda done: bar.show(f"  {done}/{len(plan.events)}"))
        say(f"Đã ghi {len(plan.events)} sự kiện.", f"{len(plan.events)} events written.")
    elif plan.events:
        say("Chưa ghi gì: thêm --apply để ghi.", "Nothing was written: --apply does it.")
    return 0


def _undo_events(
    install: Install, options: argparse.Namespace, known: EventImport, person: Viewer, clock: Clock
) -> int:
    """Show what undoing an import of events would do, and do it."""
    undo = event_undo(install, known, clock)
    for words in undo.said:
        say(words.vi, words.en)
    if undo.faults:
        return 1
    if options.apply:
        with ProgressBar() as bar:
            take_events_back(install, undo, person, clock, lambda done: bar.show(f"  {done}/{undo.stored.size}"))
        say(f"Đã hoàn tác {undo.stored.size} sự kiện.", f"{undo.stored.size} events were taken back.")
    else:
        say("Chưa hoàn tác: thêm --apply để làm.", "Nothing was undone: --apply does it.")
    return 0


def _show(plan: ImportPlan) -> None:
    for fault in plan.faults:
        say(f"{fault.cell} {fault.said.vi}".strip(), f"{fault.cell} {fault.said.en}".strip())
    rows = []
    for change in plan.changes[:SHOWN]:
        kind = change.statement.kind
        before, after = (
            amount_text(indicator(kind.id), kind.of_whole is not None, amounts, "vi") if amounts else ""
            for amounts in (change.before, None if change.kind == "withdrawn" else change.statement.amounts)
        )
        period = " ".join([period_name(change.statement.period.code, "vi"), *filter(None, change.statement.split)])
        rows.append((kind.code, kind.label.vi, period, change.kind, before, after))
    if rows:
        print(
            table_lines(
                ("mã | code", "chỉ tiêu | figure", "kỳ | period", "", "đang có | before", "sẽ là | after"), rows
            )
        )
    say(
        f"Lần nhập {plan.batch}: {len(plan.changes)} thay đổi, {plan.same} dòng đã có, {len(plan.faults)} lỗi.",
        f"Import {plan.batch}: {len(plan.changes)} changes, {plan.same} rows there already, {len(plan.faults)} faults.",
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./ioc import", description="Nhập số liệu từ tệp | import figures from a file"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="tệp XLSX hoặc CSV | file")
    what.add_argument("--undo", metavar="BATCH", help="hoàn tác lần nhập này | undo this import")
    what.add_argument("--template", type=Path, metavar="FILE", help="ghi mẫu .xlsx hoặc .csv | write a template")
    parser.add_argument(
        "--apply", action="store_true", help="ghi thật; nếu không chỉ xem | do it; else it is only shown"
    )
    parser.add_argument(
        "--of",
        choices=[*TEMPLATES, *EVENTS],
        metavar="KIND",
        default=FIGURES,
        help="mẫu của loại nào | template of what",
    )
    parser.add_argument("--by", default=FIRST, metavar="ACCOUNT", help="tài khoản người nhập | whose account")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
