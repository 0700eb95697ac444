"""Show the address, secret and settings that each source's device needs.

Vi: Cho biết địa chỉ, khóa bí mật và cài đặt mà thiết bị của từng nguồn cần.
"""

import argparse
import sys

from commands.install import secret_files
from commands.install import settings as install_settings
from commands.terminal import say
from connectors import catalogue
from connectors.describe import PASSWORD, SECRET, TOKEN, describe
from connectors.settings import ConnectorsSettings
from ingest.contract.errors import ConfigurationError
from ingest.contract.settings import read_settings

HIDDEN = (SECRET, TOKEN, PASSWORD)


def main(arguments: list[str]) -> int:
    """Print what each source needs."""
    parser = argparse.ArgumentParser(prog="./ioc connectors", description="Các nguồn dữ liệu | the sources")
    parser.add_argument("--secrets", action="store_true", help="hiện cả khóa bí mật | show secrets as well")
    parser.add_argument("source", nargs="*", help="chỉ các nguồn này | only these sources")
    add = "tài khoản MQTT riêng cho một thiết bị | an MQTT account for this device alone"
    parser.add_argument("--device", default="", metavar="NAME", help=add)
    options = parser.parse_args(arguments)
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
        settings = read_settings(ConnectorsSettings)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
