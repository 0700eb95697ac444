"""Display entry: lets a screen in by the token in its address, and keeps it in by a cookie.

The address is opened once, or at every start of the screen's PC: the answer puts the token into a cookie that scripts cannot
read and that goes to the wall's own paths only, and leads to an address without it. The token is looked up at every request,
so that a revoked one is out at once; the page that says so tries again by itself, should the screen be let in again.
"""

from importlib.resources import files
from string import Template
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Message, Scope, Send

from dashboard import theme
from dashboard.access.displays import Display, Displays
from dashboard.access.viewer import Viewer
from dashboard.settings import BoardSettings
from ingest.contract.clock import RealClock
from ingest.contract.label import Label
from ingest.runtime import metrics

ENTRY = "/wall"
"""Where a token is shown: `/wall?token=…`."""
HOME = "/wall/"
"""Where the wall is; everything of it is below."""
CLOCK = "/wall/clock"
SOCKET = "/wall/_dash-ws-callback"

REVOKED = Label("Màn hình này đã bị thu hồi", "This display is revoked")
OUTSIDE = Label("Màn hình này ở ngoài mạng hoặc thời hạn cho phép", "This display is outside its network or its time")
UNKNOWN = Label("Màn hình này chưa được cấp quyền", "This display has not been let in")
WAY_IN = Label(
    "Người cài đặt cấp địa chỉ mới bằng ./ioc display add.",
    "The installer makes a new address with ./ioc display add.",
)

_COOKIE_AGE = 400 * 86_400
"""Seconds; as long as browsers keep any cookie. It is given anew whenever the wall is opened."""


class DisplayEntry:
    """Who may show the wall."""

    def __init__(self, settings: BoardSettings) -> None:
        self._displays = Displays(settings)
        self._secure = settings.secure
        self._name = "__Secure-ioc_display" if settings.secure else "ioc_display"
        self._clock = RealClock()

    def viewer(self, scope: Scope, cookies: dict[str, str]) -> Viewer | None:
        """The screen that asks; `None` when none does, or it may not."""
        token = cookies.get(self._name, "")
        one = self._displays.find(token) if token else None
        if one is None or not self._may_show(one, scope):
            return None
        return Viewer(one.name, frozenset({"display"}), one.language, one.id, one.stops, one.scheme, one.letters)

    async def answer(self, scope: Scope, send: Send, headers: Headers, cookies: dict[str, str]) -> None:
        """Let a screen in that shows its token in the address, or tell why it is not let in."""
        shown = (
            parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0] if scope["path"] == ENTRY else ""
        )
        token = shown or cookies.get(self._name, "")
        one = self._displays.find(token) if token else None
        response: Response
        if one is not None and self._may_show(one, scope) and scope["method"] == "GET":
            response = RedirectResponse(HOME, 303, {"referrer-policy": "no-referrer"})
            self._keep(response.headers, token)
        elif scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
            response = HTMLResponse(refusal_page(OUTSIDE if one else REVOKED if token else UNKNOWN), 403)
        else:
            response = JSONResponse({"detail": "log in first"}, 401)
        if shown and one is None:
            metrics.AUTH_FAILURES.inc()
        await response(scope, _nothing, send)

    def keeping(self, scope: Scope, cookies: dict[str, str], send: Send) -> Send:
        """The same answers; that of the wall's own page gives the cookie anew."""
        if scope["path"] != HOME:
            return send

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._keep(MutableHeaders(scope=message), cookies[self._name])
            await send(message)

        return keep

    def _may_show(self, one: Display, scope: Scope) -> bool:
        address = (scope.get("client") or ("", 0))[0]
        return one.may_show(address, self._clock.now())

    def _keep(self, headers: MutableHeaders, token: str) -> None:
        secure = "; Secure" if self._secure else ""
        cookie = f"{self._name}={token}; Path={ENTRY}; Max-Age={_COOKIE_AGE}; HttpOnly; SameSite=Lax{secure}"
        headers.append("set-cookie", cookie)


def refusal_page(why: Label, way_in: Label = WAY_IN) -> str:
    """The page of a screen that is not let in, and what is to be done about it."""
    template = Template(files("dashboard.access").joinpath("refusal.html").read_text("utf-8"))
    words = {"vi": why.vi, "en": why.en, "way_vi": way_in.vi, "way_en": way_in.en}
    return template.substitute(variables=theme.variables(), home=HOME, **words)


def is_wall(path: str) -> bool:
    """Whether a path belongs to the wall."""
    return path == ENTRY or path.startswith(HOME)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
