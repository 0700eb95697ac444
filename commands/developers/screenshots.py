"""Take pictures of every page of the board, in the sizes and themes that people use.

Vi: Chụp ảnh mọi trang của bảng ở các cỡ màn hình và nền mà người dùng gặp.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from commands.developers.load.chromium import browser
from commands.install import secret_files
from commands.install import settings as install_settings
from dashboard.access.accounts import Accounts
from dashboard.access.rights import RIGHTS
from dashboard.apps.page_list import pages
from dashboard.theme import Scheme

NAME = "screenshots"
"""The account that looks; it is there only meanwhile."""
WAIT_MS = 45_000
SETTLE_MS = 2500
"""So long charts and what pages ask for take to be drawn."""


class ScreenshotTarget(NamedTuple):
    """What somebody looks at."""

    width: int
    height: int
    scheme: Scheme


SCREENS = (
    ScreenshotTarget(1920, 1080, "dark"),
    ScreenshotTarget(1920, 1080, "light"),
    ScreenshotTarget(3840, 2160, "dark"),
    ScreenshotTarget(2560, 1080, "dark"),
    ScreenshotTarget(1366, 768, "light"),
    ScreenshotTarget(390, 844, "dark"),
)


def main(arguments: list[str]) -> int:
    """Take the screenshots."""
    options = _options(arguments)
    secret_files.make_secrets(install_settings.data_folder_path() / "secrets", install_settings.KINDS)
    settings = install_settings.read_install().board
    accounts = Accounts(settings)
    password = accounts.add(NAME, RIGHTS)
    try:
        with browser() as found:
            for picture in _take(found, settings.url, password, options):
                print(picture, flush=True)
    finally:
        accounts.remove(NAME)
    return 0


def _take(chromium: Browser, url: str, password: str, options: argparse.Namespace) -> Iterator[Path]:
    options.folder.mkdir(parents=True, exist_ok=True)
    for screen in options.screens:
        context = chromium.new_context(viewport={"width": screen.width, "height": screen.height})
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto(f"{url}/login")
        page.fill("[name=name]", NAME)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{url}/")
        for path in options.pages:
            page.goto(f"{url}{path}?theme={screen.scheme}&lang={options.language}")
            page.wait_for_selector("#pulse[data-frame]", state="attached")
            page.wait_for_timeout(SETTLE_MS)
            name = path.strip("/").replace("/", "-") or "overview"
            target = options.folder / f"{name}-{screen.width}x{screen.height}-{screen.scheme}.png"
            page.screenshot(path=target, full_page=screen.width < screen.height)
            yield target
        context.close()


def _screen(said: str) -> ScreenshotTarget:
    found = re.fullmatch(r"(\d+)x(\d+)-(dark|light)", said)
    if found is None:
        raise argparse.ArgumentTypeError("1920x1080-dark")
    return ScreenshotTarget(int(found[1]), int(found[2]), "dark" if found[3] == "dark" else "light")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./ioc screenshots")
    parser.add_argument("folder", type=Path, help="thư mục để lưu ảnh | where to put the pictures")
    parser.add_argument("--language", choices=("vi", "en"), default="vi")
    own = [page.path for page in pages().values() if page.arguments is None]
    parser.add_argument("--pages", nargs="+", default=own, metavar="PATH")
    parser.add_argument(
        "--screens",
        nargs="+",
        default=SCREENS,
        type=_screen,
        metavar="1920x1080-dark",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
