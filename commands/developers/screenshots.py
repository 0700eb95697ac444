"""Take pictures of every page of the board, in the sizes and themes that people use: on the wall, at a desk, and on a phone.

Vi: Chụp ảnh mọi trang của bảng ở các cỡ màn hình và nền mà người dùng gặp: treo tường, bàn làm việc, điện thoại.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from commands.developers.load.chromium import browser, enter_board, looking_account
from commands.install import secret_files
from commands.install import settings as install_settings
from dashboard.access.display_entry import ENTRY
from dashboard.access.displays import Displays
from dashboard.apps.page_list import pages
from dashboard.board.wall_tour import wall_pages
from dashboard.settings import BoardSettings
from dashboard.theme import Scheme
from ingest.contract.clock import RealClock

NAME = "screenshots"
"""The account that looks, and the screen."""
WAIT_MS = 45_000
SETTLE_MS = 2500
"""So long charts and what pages ask for take to be drawn."""
STANDS = timedelta(hours=1)
"""So long a screen leaves a page where it is."""


class ScreenshotTarget(NamedTuple):
    """What somebody looks at."""

    width: int
    height: int
    scheme: Scheme
    is_wall: bool = False
    """Whether it hangs on the wall, where each line of a page is a picture."""

    @property
    def name(self) -> str:
        """What its pictures end with."""
        return f"{'wall-' if self.is_wall else ''}{self.width}x{self.height}-{self.scheme}"


SCREENS = (
    ScreenshotTarget(1920, 1080, "dark", is_wall=True),
    ScreenshotTarget(3840, 2160, "light", is_wall=True),
    ScreenshotTarget(1920, 1080, "dark"),
    ScreenshotTarget(2560, 1440, "dark"),
    ScreenshotTarget(1366, 768, "light"),
    ScreenshotTarget(390, 844, "dark"),
    ScreenshotTarget(390, 844, "light"),
)


def main(arguments: list[str]) -> int:
    """Take the screenshots."""
    options = _options(arguments)
    secret_files.make_secrets(install_settings.data_folder_path() / "secrets", install_settings.KINDS)
    settings = install_settings.read_install().board
    options.folder.mkdir(parents=True, exist_ok=True)
    walls = [one for one in options.screens if one.is_wall]
    others = [one for one in options.screens if not one.is_wall]
    with looking_account(settings, NAME) as password, browser() as found:
        for picture in chain(
            _take(found, settings.url, password, others, options), _take_wall(found, settings, walls, options)
        ):
            print(picture, flush=True)
    return 0


def _take_wall(
    chromium: Browser, settings: BoardSettings, screens: list[ScreenshotTarget], options: argparse.Namespace
) -> Iterator[Path]:
    displays, wall = Displays(settings), wall_pages(pages())
    stops = tuple((one.path, STANDS) for one in wall)
    for screen in screens:
        one, token = displays.add(NAME, RealClock().now(), stops, language=options.language, scheme=screen.scheme)
        context = chromium.new_context(viewport={"width": screen.width, "height": screen.height})
        try:
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(f"{settings.url}{ENTRY}?token={token}")
            page.wait_for_selector("#pulse[data-frame]", state="attached")
            for path, label in [
                (one.path, one.label.text(options.language)) for one in wall if one.path in options.pages
            ]:
                page.evaluate("path => dash_clientside.set_props('wall-path', { data: path })", path)
                page.wait_for_function(
                    "label => document.querySelector('.wall-dots').textContent.includes(label)", arg=label
                )
                page.wait_for_timeout(SETTLE_MS)
                for view in range(1, page.evaluate("document.querySelectorAll('.domain .line').length || 1") + 1):
                    page.evaluate("view => document.documentElement.dataset.view = view", view)
                    target = options.folder / f"{_name(path)}-{view}-{screen.name}.png"
                    page.screenshot(path=target)
                    yield target
        finally:
            context.close()
            displays.revoke(one.id)


def _name(path: str) -> str:
    return path.strip("/").replace("/", "-") or "overview"


def _take(
    chromium: Browser, url: str, password: str, screens: list[ScreenshotTarget], options: argparse.Namespace
) -> Iterator[Path]:
    for screen in screens:
        context = chromium.new_context(viewport={"width": screen.width, "height": screen.height})
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        enter_board(page, url, NAME, password)
        for path in options.pages:
            page.goto(f"{url}{path}?theme={screen.scheme}&lang={options.language}")
            page.wait_for_selector("#pulse[data-frame]", state="attached")
            page.wait_for_timeout(SETTLE_MS)
            target = options.folder / f"{_name(path)}-{screen.name}.png"
            page.screenshot(path=target, full_page=True)
            yield target
        context.close()


def _screen(said: str) -> ScreenshotTarget:
    found = re.fullmatch(r"(wall-)?(\d+)x(\d+)-(dark|light)", said)
    if found is None:
        raise argparse.ArgumentTypeError("1920x1080-dark, wall-1920x1080-dark")
    return ScreenshotTarget(int(found[2]), int(found[3]), "dark" if found[4] == "dark" else "light", bool(found[1]))


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
        metavar="[wall-]1920x1080-dark",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
