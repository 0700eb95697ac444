"""Log-in: the one page that anybody may see; log-out, and the change of one's own password."""

import logging
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard.access import form
from dashboard.access.accounts import Account, Accounts, WeakPasswordError
from dashboard.access.form import Field, Form, FormLook
from dashboard.access.guard import LOG_IN, cookie_name, language_of, read_cookies
from dashboard.access.known_devices import COOKIE_AGE, KnownDevices
from dashboard.access.login_attempts import LoginAttempt, LoginLimits, TooManyTriesError
from dashboard.access.session import Sessions
from dashboard.access.viewer import viewer
from dashboard.settings import BoardSettings
from dashboard.store.store import StoreUnavailable
from dashboard.theme import scheme_of
from dashboard.thread_pool import ThreadPool
from ingest.contract.clock import RealClock
from ingest.contract.errors import Overloaded, Refused
from ingest.contract.label import Label, Language
from ingest.network.connection_limits import network_of
from ingest.runtime import metrics

log = logging.getLogger("dashboard.login")

CHANGE = "/password"

TITLE = Label("Đăng nhập", "Log in")
NAME = Label("Tên đăng nhập", "User name")
PASSWORD = Label("Mật khẩu", "Password")
WRONG = Label("Tên đăng nhập hoặc mật khẩu không đúng.", "User name or password is wrong.")
LOCKED = Label(
    "Sai quá nhiều lần: hãy thử lại sau {minutes} phút.", "Too many wrong passwords: try again in {minutes} minutes."
)
LOCKED_HERE = Label(
    "Địa chỉ này thử đăng nhập quá nhiều lần: hãy thử lại sau {seconds} giây.",
    "Too many attempts from this address: try again in {seconds} seconds.",
)
BUSY = Label(
    "Đang có quá nhiều người đăng nhập: hãy thử lại sau {seconds} giây.",
    "Too many people are logging in: try again in {seconds} seconds.",
)
HINT = Label(
    "Quên mật khẩu: người cài đặt cấp lại (./ioc account reset). Mật khẩu đầu tiên được in ra khi chạy lần đầu.",
    "Forgotten: the installer makes a new one (./ioc account reset). The first one was printed at the first start.",
)
OTHER = Label("English", "Tiếng Việt")

CHANGE_TITLE = Label("Đổi mật khẩu", "Change password")
OLD = Label("Mật khẩu hiện tại", "Current password")
NEW = Label("Mật khẩu mới", "New password")
AGAIN = Label("Nhập lại mật khẩu mới", "New password again")
RULE = Label(
    "Ít nhất 14 ký tự, có chữ hoa, chữ thường, chữ số và ký tự khác.",
    "At least 14 characters, with upper-case and lower-case letters, digits and other characters.",
)
WRONG_OLD = Label("Mật khẩu hiện tại không đúng.", "The current password is wrong.")
NOT_THE_SAME = Label("Hai lần nhập mật khẩu mới không giống nhau.", "The two new passwords differ.")
BACK = Label("Về bảng điều hành", "Back to the board")

LONGEST_NAME = 100
"""Characters of a name that are looked at."""
_WAITING = 16
"""How many passwords may wait to be checked, each for some 50 ms; those from known places and those from others have a queue each."""
_OF_ONE_ADDRESS = 8


class _RefusedError(Refused):
    """A password was not accepted."""

    def __init__(self, status: int, why: Label, retry_after: timedelta | None = None) -> None:
        super().__init__(why.en)
        self.status = status
        seconds = math.ceil(retry_after.total_seconds()) if retry_after else 0
        self.headers = {"retry-after": str(max(1, seconds))} if retry_after else {}
        self.why = why.filled(seconds=seconds, minutes=max(1, round(seconds / 60)))


class _Entrance:
    """The board's door: who comes in, goes out, or changes their key."""

    def __init__(self, accounts: Accounts, sessions: Sessions, settings: BoardSettings) -> None:
        self.accounts = accounts
        self.sessions = sessions
        self.settings = settings
        self.clock = RealClock()
        self.known_places = KnownDevices(settings, accounts)
        self._tries = LoginLimits(settings.login_failures, settings.login_lock)
        # One hash at a time in each: they use every core, and the wall needs one too.
        self._of_known, self._of_strangers = (
            ThreadPool(name, threads=1, waiting=_WAITING, of_one_client=_OF_ONE_ADDRESS)
            for name in ("known", "strangers")
        )

    async def log_in(self, request: Request, name: str, password: str) -> Account:
        """The account that somebody enters.

        Raises:
            _RefusedError: the password is wrong, or may not be tried now.
        """
        address = address_of(request)
        cookie = read_cookies(request.headers).get(_browser_cookie(self.settings), "")
        place = self.known_places.place(name, address, cookie, self.clock.now())
        return await self._check(LoginAttempt(name, place, address), password, WRONG)

    async def confirm(self, password: str) -> Account:
        """The account of a person who is logged in and gives the password again.

        Raises:
            _RefusedError: it is wrong, or may not be tried now.
        """
        person = viewer()
        return await self._check(LoginAttempt(person.name, f"log-in {person.session}", ""), password, WRONG_OLD)

    async def change(self, name: str, password: str) -> None:
        """Take a new password.

        Raises:
            WeakPasswordError: it is too weak.
            _RefusedError: there is too much to do.
        """
        try:
            await self._of_known.run(name, self.accounts.change, name, password)
        except Overloaded as error:
            raise _RefusedError(503, BUSY, error.retry_after) from error
        except StoreUnavailable as error:
            raise _RefusedError(503, error.public, error.retry_after) from error

    async def _check(self, attempt: LoginAttempt, password: str, wrong: Label) -> Account:
        try:
            self._tries.begin(attempt, self.clock.now())
        except TooManyTriesError as error:
            raise _RefusedError(429, LOCKED if error.of_account else LOCKED_HERE, error.retry_after) from error
        pool = self._of_known if attempt.place else self._of_strangers
        try:
            account = await pool.run(attempt.address or attempt.account, self.accounts.check, attempt.account, password)
        except Overloaded as error:
            self._tries.withdraw(attempt, self.clock.now())
            raise _RefusedError(503, BUSY, error.retry_after) from error
        except StoreUnavailable as error:
            self._tries.withdraw(attempt, self.clock.now())
            raise _RefusedError(503, error.public, error.retry_after) from error
        if account is None:
            log.warning("wrong password for %r", attempt.account[:40])
            metrics.AUTH_FAILURES.inc()
            raise _RefusedError(401, wrong)
        self._tries.succeeded(attempt, self.clock.now())
        return account

    def begin(self, request: Request, name: str, target: str) -> Response:
        """Log a person in and send them on."""
        response = RedirectResponse(target, 303)
        session = self.sessions.begin(name, self.clock.now())
        browser = self.known_places.entered(name, address_of(request), self.clock.now())
        for cookie, value, path, age in (
            (cookie_name(self.settings), session, "/", self.settings.session_longest),
            (_browser_cookie(self.settings), browser, LOG_IN, COOKIE_AGE),
        ):
            seconds, secure = round(age.total_seconds()), self.settings.secure
            response.set_cookie(cookie, value, seconds, path=path, httponly=True, samesite="lax", secure=secure)
        log.info("%r logged in", name)
        return response

    def end(self) -> Response:
        """Log a person out."""
        self.sessions.end(viewer().session, self.clock.now())
        log.info("%r logged out", viewer().name)
        response = RedirectResponse(LOG_IN, 303)
        response.delete_cookie(cookie_name(self.settings), httponly=True, samesite="lax", secure=self.settings.secure)
        return response

    def page(self, asked: Form, look: FormLook, fault: Label | None = None, status: int = 200) -> Response:
        """A form, with what was wrong with what was filled in."""
        return HTMLResponse(form.render(asked, self.settings, look, fault), status)

    def refuse(self, asked: Form, look: FormLook, refused: _RefusedError) -> Response:
        """A form again, with why nothing was done."""
        return HTMLResponse(
            form.render(asked, self.settings, look, refused.why), refused.status, headers=refused.headers
        )


Confirmation = Callable[[str], Awaitable[Label | None]]
"""Sees that a person who is logged in has typed their password again; says why not, if they have not."""


def register(server: FastAPI, accounts: Accounts, sessions: Sessions, settings: BoardSettings) -> Confirmation:
    """Attach the pages, their forms and log-out; gives what asks a person who is logged in for the password again."""
    entrance = _Entrance(accounts, sessions, settings)
    _register_log_in(server, entrance)
    _register_change(server, entrance)

    async def confirm(password: str) -> Label | None:
        try:
            await entrance.confirm(password)
        except _RefusedError as refused:
            return refused.why
        return None

    return confirm


def _register_log_in(server: FastAPI, entrance: _Entrance) -> None:
    page, refuse = entrance.page, entrance.refuse

    @server.get(LOG_IN, include_in_schema=False)
    async def show(request: Request) -> Response:
        look = _look(request)
        return page(_log_in_form(look.language, local_path(request.query_params.get("next", "/"))), look)

    @server.post(LOG_IN, include_in_schema=False)
    async def log_in(request: Request) -> Response:
        look, filled = _look(request), await form.read_form(request)
        if filled is None:
            return page(_log_in_form(look.language, "/"), look, WRONG, 413)
        name, target = filled.get("name", "").strip()[:LONGEST_NAME], local_path(filled.get("next", "/"))
        try:
            account = await entrance.log_in(request, name, filled.get("password", ""))
        except _RefusedError as refused:
            return refuse(_log_in_form(look.language, target, name), look, refused)
        return entrance.begin(request, account.name, target)

    @server.post("/logout", include_in_schema=False)
    async def log_out() -> Response:
        return entrance.end()


def _register_change(server: FastAPI, entrance: _Entrance) -> None:
    page, refuse = entrance.page, entrance.refuse

    @server.get(CHANGE, include_in_schema=False)
    async def show_change(request: Request) -> Response:
        return page(_CHANGE_FORM, _look(request))

    @server.post(CHANGE, include_in_schema=False)
    async def change(request: Request) -> Response:
        person, look, filled = viewer(), _look(request), await form.read_form(request) or {}
        new = filled.get("new", "")
        try:
            await entrance.confirm(filled.get("old", ""))
            if new != filled.get("again", ""):
                return page(_CHANGE_FORM, look, NOT_THE_SAME, 422)
            await entrance.change(person.name, new)
        except _RefusedError as refused:
            return refuse(_CHANGE_FORM, look, refused)
        except WeakPasswordError:
            return page(_CHANGE_FORM, look, RULE, 422)
        log.info("%r changed their password", person.name)
        return entrance.begin(request, person.name, "/")


def address_of(request: Request) -> str:
    """From which network address a request comes."""
    return network_of(request.client.host) if request.client else ""


def local_path(target: str) -> str:
    """Where to go after the log-in: a path of ours, never another host's."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\", LOG_IN)) and target.isprintable()
    return target if is_ours else "/"


def _browser_cookie(settings: BoardSettings) -> str:
    return "__Secure-ioc_browser" if settings.secure else "ioc_browser"


def _look(request: Request) -> FormLook:
    cookies, query = read_cookies(request.headers), request.scope["query_string"]
    return FormLook(language_of(cookies, query), scheme_of(cookies, query))


def _log_in_form(language: Language, target: str, name: str = "") -> Form:
    fields = (
        Field("name", NAME, "username", value=name),
        Field("password", PASSWORD, "current-password", "password"),
    )
    other = "en" if language == "vi" else "vi"
    return Form(TITLE, LOG_IN, fields, HINT, {"next": target}, (f"{LOG_IN}?lang={other}", OTHER))


_CHANGE_FORM = Form(
    CHANGE_TITLE,
    CHANGE,
    (
        Field("old", OLD, "current-password", "password"),
        Field("new", NEW, "new-password", "password"),
        Field("again", AGAIN, "new-password", "password"),
    ),
    RULE,
    {},
    ("/", BACK),
)
