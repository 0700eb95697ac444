"""Show the address, secret and settings that each source's device needs; check a declared one, and try it on a sample.

Vi: Cho biết địa chỉ, khóa bí mật và cài đặt mà thiết bị của từng nguồn cần; kiểm tra tệp khai báo và chạy thử.
"""

import argparse
import json
import sys
from pathlib import Path

from pydantic import SecretStr

from commands.install import secret_files
from commands.install import settings as install_settings
from commands.install.terminal import say
from connectors import catalogue
from connectors.declared.declaration import InvalidDeclaration
from connectors.declared.dry_run import dry_run
from connectors.declared.load import load_connector
from connectors.describe import PASSWORD, SECRET, TOKEN, describe
from connectors.managed.choices import SourceChoices
from connectors.managed.effective import effective_settings
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import Context
from ingest.contract.errors import ConfigurationError, InvalidEvent
from ingest.contract.settings import IngestSettings, read_settings
from ingest.untrusted.pseudonym import pseudonymiser

HIDDEN = (SECRET, TOKEN, PASSWORD)


def main(arguments: list[str]) -> int:
    """Print what each source needs."""
    parser = argparse.ArgumentParser(prog="./ioc connectors", description="Các nguồn dữ liệu | the sources")
    parser.add_argument("--secrets", action="store_true", help="hiện cả khóa bí mật | show secrets as well")
    parser.add_argument("source", nargs="*", help="chỉ các nguồn này | only these sources")
    add = "tài khoản MQTT riêng cho một thiết bị | an MQTT account for this device alone"
    parser.add_argument("--device", default="", metavar="NAME", help=add)
    check = "kiểm tra một tệp khai báo | check the file of a declared connector"
    parser.add_argument("--check", type=Path, metavar="FILE.toml", help=check)
    sample = "với --check: tin mẫu, xem từng trường thành gì | with --check: a sample, and what becomes of each of its fields"
    parser.add_argument("--sample", type=Path, metavar="FILE", help=sample)
    options = parser.parse_args(arguments)
    if options.check:
        return _check(options.check, options.sample)
    if options.device and len(options.source) != 1:
        parser.error("--device: cần đúng một nguồn | needs one source")
    known = {one.id: one for one in catalogue(install_settings.data_folder_path())}
    unknown = [name for name in options.source if name not in known]
    if unknown:
        say(
            f"Không có nguồn {', '.join(unknown)}.", f"No such source: {', '.join(unknown)}. Known: {', '.join(known)}."
        )
        return 2
    try:
        secret_files.make_secrets(install_settings.data_folder_path() / "secrets", install_settings.KINDS)
        secret_files.report_former_account(install_settings.data_folder_path() / "secrets")
        choices = SourceChoices(install_settings.data_folder_path())
        settings = effective_settings(read_settings(ConnectorsSettings), choices, known.values())
        for name in options.source or known:
            print(f"{name}  {known[name].label.vi} | {known[name].label.en}")
            for label, text in describe(known[name], settings, options.device):
                secret = label in HIDDEN and not text.startswith("IOC_")
                shown = "•••• (--secrets)" if secret and not options.secrets else text
                print(f"    {label.vi} | {label.en}: {shown}")
            guide = known[name].guide
            if guide:
                print(f"    {guide.vi}\n    {guide.en}")
            print()
    except ConfigurationError as error:
        say(f"Cài đặt chưa đúng: {error}", f"A setting is wrong: {error}")
        return 1
    return 0


def _check(file: Path, sample: Path | None) -> int:
    """Say whether a file declares a connector and, message by message, what becomes of a sample."""
    try:
        connector = load_connector(file)
        say(f"{file.name}: khai báo dùng được.", f"{file.name} declares a connector.")
        if sample is None:
            return 0
        ingest = read_settings(IngestSettings)
        trial = SecretStr("only for trying, so that no pseudonym of it is a real one")
        reports, _ = dry_run(connector, sample, Context(ingest.clock(), ingest.ward, pseudonymiser(trial)))
    except InvalidDeclaration as error:
        say(error.label.vi, error.label.en)
        return 1
    except (InvalidEvent, OSError) as error:
        say(f"Không đọc được tin mẫu: {error}", f"The sample cannot be read: {error}")
        return 1
    for one in reports:
        print(f"\n{one.place}")
        for of in one.fields:
            print(f"    {of.event}.{of.field}: {of.found!r} → {of.value if of.value is not None else '∅'}")
        if one.dropped:
            print(f"    bỏ | dropped: {', '.join(one.dropped)}")
        for event in one.events:
            print(f"    ✓ {json.dumps(event['data'], ensure_ascii=False)}")
        if one.fault:
            print(f"    ✗ {one.fault}")
        elif not one.events:
            print("    – không có sự kiện | no event")
    faults = sum(bool(one.fault) for one in reports)
    events = sum(len(one.events) for one in reports)
    print()
    say(
        f"{len(reports)} tin: {events} sự kiện, {faults} tin không đọc được.",
        f"{len(reports)} messages: {events} events, {faults} invalid.",
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
