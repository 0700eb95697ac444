"""Log-in: the one page that anybody may see, and log-out."""

import asyncio
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard import theme
from dashboard.accounts import Account, Accounts, Failures
from dashboard.guard import LOG_IN, cookie_name, language_of, read_cookies
from dashboard.session import Sessions
from dashboard.settings import BoardSettings
from dashboard.text import CENTRE
from dashboard.viewer import viewer
from ingest.clock import RealClock
from ingest.label import Label, Language

FORM_LIMIT = 4096

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


def register(server: FastAPI, accounts: Accounts, sessions: Sessions, settings: BoardSettings) -> None:
    """Attach the page, its form and log-out."""
    failures = Failures(settings.login_failures, settings.login_lock)
    clock = RealClock()
    template = Template(files("dashboard").joinpath("login.html").read_text("utf-8"))

    def page(request: Request, target: str, name: str = "", fault: Label | None = None, status: int = 200) -> Response:
        language = language_of(read_cookies(request.headers), request.scope["query_string"])
        return HTMLResponse(_render(template, settings, language, target, name, fault), status)

    @server.get(LOG_IN, include_in_schema=False)
    async def show(request: Request) -> Response:
        return page(request, local_path(request.query_params.get("next", "/")))

    @server.post(LOG_IN, include_in_schema=False)
    async def log_in(request: Request) -> Response:
        body = await _read(request)
        if body is None:
            return page(request, "/", fault=WRONG, status=413)
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace"), max_num_fields=8).items()}
        name, target = form.get("name", "").strip(), local_path(form.get("next", "/"))
        if failures.locked(name, clock.now()):
            minutes = max(1, round(settings.login_lock.total_seconds() / 60))
            fault = Label(LOCKED.vi.format(minutes=minutes), LOCKED.en.format(minutes=minutes))
            return page(request, target, name, fault, 429)
        account: Account | None = await asyncio.to_thread(accounts.check, name, form.get("password", ""))
        if account is None:
            failures.failed(name, clock.now())
            return page(request, target, name, WRONG, 401)
        failures.succeeded(name)
        response = RedirectResponse(target, 303)
        value = sessions.begin(account.name, clock.now())
        age = round(settings.session_longest.total_seconds())
        response.set_cookie(
            cookie_name(settings), value, max_age=age, httponly=True, samesite="lax", secure=settings.secure
        )
        return response

    @server.post("/logout", include_in_schema=False)
    async def log_out() -> Response:
        sessions.end(viewer().session, clock.now())
        response = RedirectResponse(LOG_IN, 303)
        response.delete_cookie(cookie_name(settings), httponly=True, samesite="lax", secure=settings.secure)
        return response


def local_path(target: str) -> str:
    """Where to go after the log-in: a path of ours, never another host's."""
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return target if is_ours and target.isprintable() and not target.startswith(LOG_IN) else "/"


async def _read(request: Request) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_LIMIT:
            return None
    return body


def _render(
    template: Template, settings: BoardSettings, language: Language, target: str, name: str, fault: Label | None
) -> str:
    def say(label: Label) -> str:
        return escape(label.text(language))

    return template.substitute(
        variables=theme.variables(),
        language=language,
        title=say(TITLE),
        centre=escape(CENTRE.text(language).format(ward=settings.ward_name)),
        target=escape(target),
        name=escape(name[:100]),
        fault=f'<p class="fault" role="alert">{say(fault)}</p>' if fault else "",
        name_label=say(NAME),
        password_label=say(PASSWORD),
        hint=say(HINT),
        other=say(OTHER),
        other_language="en" if language == "vi" else "vi",
    )
