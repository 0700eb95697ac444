"""Log-in: the one page that anybody may see; log-out, and the change of one's own password."""

import asyncio
import logging

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard import form
from dashboard.accounts import Account, Accounts, Failures, WeakPasswordError
from dashboard.form import Field, Form
from dashboard.guard import LOG_IN, cookie_name, language_of, read_cookies
from dashboard.session import Sessions
from dashboard.settings import BoardSettings
from dashboard.viewer import viewer
from ingest import metrics
from ingest.clock import RealClock
from ingest.label import Label, Language

log = logging.getLogger("dashboard.login")

CHANGE = "/password"

TITLE = Label("Đăng nhập", "Log in")
NAME = Label("Tên đăng nhập", "User name")
PASSWORD = Label("Mật khẩu", "Password")
WRONG = Label("Tên đăng nhập hoặc mật khẩu không đúng.", "User name or password is wrong.")
LOCKED = Label(
    "Sai quá nhiều lần: hãy thử lại sau {minutes} phút.", "Too many wrong tries: try again in {minutes} minutes."
)
HINT = Label(
    "Mật khẩu đầu tiên được in ra khi chạy lần đầu; cấp lại bằng ./ioc account reset.",
    "The first password was printed at the first start; make a new one by ./ioc account reset.",
)
OTHER = Label("English", "Tiếng Việt")

CHANGE_TITLE = Label("Đổi mật khẩu", "Change password")
OLD = Label("Mật khẩu hiện tại", "Current password")
NEW = Label("Mật khẩu mới", "New password")
AGAIN = Label("Nhập lại mật khẩu mới", "New password again")
RULE = Label(
    "Ít nhất 14 ký tự, có chữ hoa, chữ thường, chữ số và ký tự khác.",
    "At least 14 characters, with capital and small letters, digits and others.",
)
WRONG_OLD = Label("Mật khẩu hiện tại không đúng.", "The current password is wrong.")
NOT_THE_SAME = Label("Hai lần nhập mật khẩu mới không giống nhau.", "The new password was not written twice the same.")
BACK = Label("Về bảng điều hành", "Back to the board")


class _Entrance:
    """The board's door: who comes in, goes out, or changes their key."""

    def __init__(self, accounts: Accounts, sessions: Sessions, settings: BoardSettings) -> None:
        self.accounts = accounts
        self.sessions = sessions
        self.settings = settings
        self.failures = Failures(settings.login_failures, settings.login_lock)
        self.clock = RealClock()

    def locked(self, name: str) -> Label | None:
        """What to tell a name that may not try now."""
        if not self.failures.locked(name, self.clock.now()):
            return None
        minutes = max(1, round(self.settings.login_lock.total_seconds() / 60))
        return Label(LOCKED.vi.format(minutes=minutes), LOCKED.en.format(minutes=minutes))

    async def check(self, name: str, password: str) -> Account | None:
        """The account, if the password is right; counts the wrong ones."""
        account = await asyncio.to_thread(self.accounts.check, name, password)
        if account is None:
            self.failures.failed(name, self.clock.now())
            log.warning("a wrong password for %r", name[:40])
            metrics.AUTH_FAILURES.inc()
        else:
            self.failures.succeeded(name)
        return account

    def begin(self, name: str, target: str) -> Response:
        """Log a person in and send them on."""
        response = RedirectResponse(target, 303)
        value = self.sessions.begin(name, self.clock.now())
        age = round(self.settings.session_longest.total_seconds())
        secure = self.settings.secure
        response.set_cookie(
            cookie_name(self.settings), value, max_age=age, httponly=True, samesite="lax", secure=secure
        )
        log.info("%r logged in", name)
        return response

    def end(self) -> Response:
        """Log a person out."""
        self.sessions.end(viewer().session, self.clock.now())
        log.info("%r logged out", viewer().name)
        response = RedirectResponse(LOG_IN, 303)
        response.delete_cookie(cookie_name(self.settings), httponly=True, samesite="lax", secure=self.settings.secure)
        return response


def register(server: FastAPI, accounts: Accounts, sessions: Sessions, settings: BoardSettings) -> None:
    """Attach the pages, their forms and log-out."""
    entrance = _Entrance(accounts, sessions, settings)

    def page(asked: Form, language: Language, fault: Label | None = None, status: int = 200) -> Response:
        return HTMLResponse(form.render(asked, settings, language, fault), status)

    @server.get(LOG_IN, include_in_schema=False)
    async def show(request: Request) -> Response:
        language = _language(request)
        return page(_log_in_form(language, local_path(request.query_params.get("next", "/"))), language)

    @server.post(LOG_IN, include_in_schema=False)
    async def log_in(request: Request) -> Response:
        language, filled = _language(request), await form.read(request)
        if filled is None:
            return page(_log_in_form(language, "/"), language, WRONG, 413)
        name, target = filled.get("name", "").strip(), local_path(filled.get("next", "/"))
        asked = _log_in_form(language, target, name)
        if locked := entrance.locked(name):
            return page(asked, language, locked, 429)
        account = await entrance.check(name, filled.get("password", ""))
        return entrance.begin(account.name, target) if account else page(asked, language, WRONG, 401)

    @server.post("/logout", include_in_schema=False)
    async def log_out() -> Response:
        return entrance.end()

    @server.get(CHANGE, include_in_schema=False)
    async def show_change() -> Response:
        return page(_CHANGE_FORM, viewer().language)

    @server.post(CHANGE, include_in_schema=False)
    async def change(request: Request) -> Response:
        person, filled = viewer(), await form.read(request) or {}
        if locked := entrance.locked(person.name):
            return page(_CHANGE_FORM, person.language, locked, 429)
        if await entrance.check(person.name, filled.get("old", "")) is None:
            return page(_CHANGE_FORM, person.language, WRONG_OLD, 401)
        new = filled.get("new", "")
        if new != filled.get("again", ""):
            return page(_CHANGE_FORM, person.language, NOT_THE_SAME, 422)
        try:
            await asyncio.to_thread(accounts.change, person.name, new)
        except WeakPasswordError:
            return page(_CHANGE_FORM, person.language, RULE, 422)
        log.info("%r changed their password", person.name)
        return entrance.begin(person.name, "/")


def local_path(target: str) -> str:
    """Where to go after the log-in: a path of ours, never another host's."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\", LOG_IN)) and target.isprintable()
    return target if is_ours else "/"


def _language(request: Request) -> Language:
    return language_of(read_cookies(request.headers), request.scope["query_string"])


def _log_in_form(language: Language, target: str, name: str = "") -> Form:
    fields = (
        Field("name", NAME, "username", value=name[:100]),
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
