"""The whole stack on real parts and a real browser, one start of each for all browser tests."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, expect, sync_playwright
from standardwebhooks import Webhook

from commands.developers.load.chromium import ARE_DRAWN, CHROMIUM, FLAGS
from commands.supervision.stack import Stack
from dashboard.access.accounts import Accounts
from dashboard.access.guard import LANGUAGE_COOKIE
from dashboard.theme import SCHEME_COOKIE
from ingest.contract.clock import WARD_ZONE
from tests.support.warehouse_server import ROOT

ARTEFACTS = ROOT / "artefacts"
PARTS = ("ingest", "warehouse", "connectors", "streams", "alarm", "dashboard")
MORNING = datetime(2026, 11, 25, 10, 15, tzinfo=WARD_ZONE)
PATIENCE = 20_000
LETTERS = """() => [...document.querySelectorAll(".graph")].map(graph => {
  const tick = graph.querySelector(".xtick text");
  return tick ? parseFloat(getComputedStyle(tick).fontSize) / parseFloat(getComputedStyle(document.documentElement).fontSize) : 0;
})"""
"""How large the letters of each chart are, of those of the page."""
FILL_THEIR_PLACE = """() => [...document.querySelectorAll(".graph")].every(graph => {
  const [place, drawn] = [graph, graph.querySelector(".main-svg")].map(one => one.getBoundingClientRect());
  return Math.abs(place.width - drawn.width) < 1 && Math.abs(place.height - drawn.height) < 1;
})"""
"""The charts are as wide and as high as their place."""
ARE_FITTED = f"""letters => ({FILL_THEIR_PLACE})() &&
({LETTERS})().every((ratio, place) => Math.abs(ratio - letters[place]) < 0.02)"""
"""The charts fill their place, and their letters are as large as they are to be on this screen."""


class Kiosk:
    """The kiosk of the one-stop office: posts what a real one would, signed, and counts what it has issued."""

    def __init__(self, stack: Stack) -> None:
        connectors = stack.settings(type(stack.install.connectors))
        self._signer = Webhook(connectors.webhook_secrets("queue_kiosk")[0])
        self._url = f"http://127.0.0.1:{connectors.intake_port}/intake/queue_kiosk"
        self._clock = stack.install.ingest.clock()
        self._numbers = count(1)
        self.issued = 0

    def issue(self) -> None:
        """Somebody takes a number."""
        now = self._clock.now().astimezone(WARD_ZONE)
        number = f"A{next(self._numbers):03}"
        ticket = {"number": number, "issuedAt": now.isoformat(), "service": "ho_tich", "queue": "ho_tich"}
        self._post("ticket.created", now, ticket=ticket)
        self.issued += 1

    def open(self, counter: str) -> None:
        """A counter opens."""
        now = self._clock.now().astimezone(WARD_ZONE)
        self._post("counter.opened", now, counter={"id": counter})

    def beat(self) -> None:
        """The kiosk lives."""
        self._post("kiosk.heartbeat", self._clock.now().astimezone(WARD_ZONE))

    def _post(self, event: str, at: datetime, **content: object) -> None:
        id_ = f"test-{event}-{next(self._numbers)}"
        body = {"id": id_, "event": event, "time": at.isoformat(), "site": "TTHCC", "kiosk": "KIOSK-01", **content}
        text = json.dumps(body)
        sent = datetime.now(UTC)
        headers = {
            "webhook-id": id_,
            "webhook-timestamp": str(int(sent.timestamp())),
            "webhook-signature": self._signer.sign(id_, sent, text),
            "content-type": "application/json",
        }
        for _ in range(30):
            answer = httpx.post(self._url, content=text, headers=headers, timeout=30, trust_env=False)
            if answer.status_code != 503:
                break
            time.sleep(1)  # as a kiosk does: it keeps what is not taken
        assert answer.status_code // 100 == 2, answer.text


@pytest.fixture(scope="package")
def stack(tmp_path_factory) -> Iterator[Stack]:
    began = datetime.now(UTC).isoformat()
    clock = {"IOC_PRETEND": "true", "IOC_CLOCK_ORIGIN": MORNING.isoformat(), "IOC_CLOCK_REAL_ORIGIN": began}
    with Stack(tmp_path_factory.mktemp("stack"), PARTS, clock, patience=120) as running:
        yield running


@pytest.fixture(scope="package")
def kiosk(stack) -> Kiosk:
    found = Kiosk(stack)
    found.open("Q01")
    for _ in range(3):
        found.issue()
    return found


@pytest.fixture(scope="package")
def accounts(stack) -> Accounts:
    return Accounts(stack.install.board)


@pytest.fixture(scope="package")
def chromium():
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def log_in(stack, accounts, chromium):
    """A browser in which somebody with these rights has logged in, and their name; it has nothing from any other."""
    names = count(1)

    def logged_in(rights) -> tuple[BrowserContext, str]:
        name = f"person-{next(names)}"
        password = accounts.add(name, frozenset(rights))
        context = chromium.new_context(reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto(f"{stack.install.board.url}/login?next=/password")
        page.fill("[name=name]", name)
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{stack.install.board.url}/password")
        page.close()
        return context, name

    return logged_in


@pytest.fixture(scope="package")
def open_board(stack, log_in, kiosk):
    """Show somebody a page; whatever the browser complains about fails the test.

    People with the same rights share a browser, which has fetched everything already, and its tabs, which have compiled it,
    unless the test asks for one `alone`.
    """
    shared = {}
    idle: defaultdict[tuple[str, ...], list[Page]] = defaultdict(list)

    @contextmanager
    def opened(path="/", rights=("leader",), size=(1920, 1080), language="vi", alone=False) -> Iterator[Page]:
        kiosk.beat()
        if not alone and rights not in shared:
            shared[rights] = log_in(rights)
        context, name = log_in(rights) if alone else shared[rights]
        context.clear_cookies(name=SCHEME_COOKIE)
        context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": stack.install.board.url}])
        page = idle[rights].pop() if idle[rights] and not alone else context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.person = name
        with complaints(page) as page.complaints:
            page.goto(stack.install.board.url + path)
            try:
                yield page
                assert page.complaints == []
            except BaseException:
                page.close()  # whatever has become of it is nothing for the next test
                raise
            finally:
                if alone:
                    context.close()
                elif not page.is_closed():
                    page.wait_for_load_state()
                    page.evaluate("sessionStorage.clear()")
                    idle[rights].append(page)

    yield opened
    for context, _ in shared.values():
        context.close()


@contextmanager
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complains about on a page meanwhile."""
    found: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    def on_error(error: Error) -> None:
        found.append(str(error))

    page.on("console", on_console)
    page.on("pageerror", on_error)
    yield found
    page.remove_listener("console", on_console)
    page.remove_listener("pageerror", on_error)


@pytest.fixture
def screen(chromium):
    """Show an address on a screen; nobody touches it from then on."""
    contexts = []

    def shown(address, before=""):
        context = chromium.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        if before:
            page.add_init_script(before)
        page.goto(address)
        return page

    yield shown
    for context in contexts:
        context.close()


@pytest.fixture(scope="package")
def artefacts():
    """Where screenshots are kept for people to look at."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS


def shown(page: Page) -> None:
    """Wait until the page is filled, whether figures are pushed to it or not."""
    expect(page.locator("#pulse")).to_have_attribute("data-frame", re.compile(r"\d"), timeout=PATIENCE)


def live(page: Page) -> None:
    """Wait until the figures are pushed."""
    expect(page.locator("html")).to_have_attribute("data-transport", "push", timeout=PATIENCE)
    page.wait_for_function("() => window.iocClock.now() !== null")


class Questions:
    """What a page asks the board for, and has no answer to yet."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._open: set[Request] = set()
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/_dash-update-component"):
            self._open.add(request)

    def _answered(self, request: Request) -> None:
        self._open.discard(request)

    def wait(self) -> None:
        """Wait until everything is answered; an answer may lead to the next question."""
        give_up = time.monotonic() + PATIENCE / 1000
        quiet = 0
        while quiet < 3:
            assert time.monotonic() < give_up, [request.post_data for request in self._open]
            self._page.wait_for_timeout(50)
            quiet = 0 if self._open else quiet + 1


def in_every_size(page: Page, sizes: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The page on one screen after the other, each time as it stands when its charts have been fitted."""
    page.wait_for_function(ARE_DRAWN)
    letters = page.evaluate(LETTERS)
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(ARE_FITTED, arg=letters)
        yield width, height


def is_grey(figure):
    """Whether it has the colour of what is not live."""
    return figure.evaluate(
        """one => {
          const other = document.body.appendChild(document.createElement("i"));
          other.style.color = "var(--dim)";
          return getComputedStyle(one).color === getComputedStyle(other).color;
        }"""
    )
