"""Callback request: what a browser may ask of Dash, checked before Dash reads it.

Dash trusts its own scripts: it looks up whatever names it was sent, and what is not there ends in a traceback. Here a request is
read once, as JSON whose texts can be stored; it is compared with the callback that it names, and handed on as it was understood.
What a callback is given may still be any JSON value: what it means is the callback's own to judge.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from dash import Dash, Output
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.component_id import component_id
from ingest.contract.errors import InvalidInput

log = logging.getLogger("dashboard")

One = TypeVar("One")

ASKED = "_dash-update-component"
SOCKET = "_dash-ws-callback"
"""Where an app of Dash takes requests, beneath its own prefix."""

_JSON = "application/json"
_NOT_UNDERSTOOD = 1007
"""Close code of a WebSocket: a message whose content is invalid."""
_DEEPEST = 100


class MalformedCallbackError(InvalidInput, ValueError):
    """What came is nothing that our own pages send; says why, without a word of it."""


class _Sent(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class Property(_Sent):
    """A property of a component, with its value where it is given."""

    id: str | dict[str, str | int | float | bool]
    property: str
    value: Any = None


class CallbackRequest(_Sent):
    """One callback is to be run."""

    output: str
    outputs: Property | list[Property] | None = None
    inputs: list[Property | list[Property]] = []
    state: list[Property | list[Property]] = []
    changedPropIds: list[str] = []  # noqa: N815  # Dash's name


class _Heartbeat(_Sent):
    type: Literal["heartbeat"]


class _Told(_Sent):
    """The browser answers what a property's value is."""

    type: Literal["get_props_response"]
    requestId: str  # noqa: N815
    payload: dict[str, Any] | None = None


class _Asked(_Sent):
    type: Literal["callback_request"]
    requestId: str  # noqa: N815
    rendererId: str = ""  # noqa: N815
    payload: CallbackRequest


_MESSAGES: dict[object, type[_Heartbeat | _Told | _Asked]] = {
    "heartbeat": _Heartbeat,
    "get_props_response": _Told,
    "callback_request": _Asked,
}


def read_json(text: bytes | str) -> Any:
    """The value that a JSON text says.

    Raises:
        MalformedCallbackError: it is no JSON, too deep, or holds what cannot be stored: half a surrogate pair, a NUL, or no number.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedCallbackError("this is not JSON, or holds text that is not Unicode") from error
    _see_it_can_be_stored(value, _DEEPEST)
    return value


def check_request(sent: object, app: Dash) -> CallbackRequest:
    """A request as it was understood.

    Args:
        sent: decoded JSON.
        app: whose callback it names.

    Raises:
        MalformedCallbackError: it has not the form of a request, or the callback that it names is not there or takes something else.
    """
    try:
        request = CallbackRequest.model_validate(sent)
    except ValidationError as error:
        raise MalformedCallbackError("this does not have the form of a request") from error
    _see_it_is_declared(request, app)
    return request


class CallbackCheck:
    """Stands before the apps of Dash on a server, and refuses what their own scripts would never send.

    Args:
        app: the server.
        apps: the apps of Dash by their prefix, `/` for example.
    """

    def __init__(self, app: ASGIApp, *, apps: Mapping[str, Dash]) -> None:
        self._app = app
        self._asked = {f"{prefix}{ASKED}": one for prefix, one in apps.items()}
        self._sockets = {f"{prefix}{SOCKET}": one for prefix, one in apps.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or let through what was understood."""
        path = scope.get("path")
        if scope["type"] == "http" and scope["method"] == "POST" and path in self._asked:
            await self._http(scope, receive, send, self._asked[path])
        elif scope["type"] == "websocket" and path in self._sockets:
            await self._websocket(scope, receive, send, self._sockets[path])
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send, app: Dash) -> None:
        try:
            kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
            if kind.partition(b";")[0].strip().lower() != _JSON.encode():
                raise MalformedCallbackError(f"the content is {_JSON}")
            request = check_request(read_json(await _body(receive)), app)
        except MalformedCallbackError as error:
            await JSONResponse({"detail": str(error)}, 400)(scope, receive, send)
            return
        body: bytes | None = request.model_dump_json(exclude_unset=True).encode()
        headers = [
            (name, value) for name, value in scope["headers"] if name not in (b"content-length", b"content-type")
        ]
        headers += [(b"content-type", _JSON.encode()), (b"content-length", str(len(body or b"")).encode())]

        async def once() -> Message:
            nonlocal body
            if body is None:
                return await receive()
            given, body = body, None
            return {"type": "http.request", "body": given, "more_body": False}

        await self._app({**scope, "headers": headers}, once, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send, app: Dash) -> None:
        async def understood() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            try:
                return {"type": "websocket.receive", "text": _understood(message.get("text"), app)}
            except MalformedCallbackError as error:
                log.warning("closing a WebSocket: %s", error)
                await send({"type": "websocket.close", "code": _NOT_UNDERSTOOD, "reason": str(error)})
                return {"type": "websocket.disconnect", "code": _NOT_UNDERSTOOD}

        await self._app(scope, understood, send)


def _understood(text: str | None, app: Dash) -> str:
    """A message of the browser as it was understood."""
    if text is None:
        raise MalformedCallbackError("a message is text")
    sent = read_json(text)
    kind = sent.get("type") if isinstance(sent, dict) else None
    model = _MESSAGES.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise MalformedCallbackError("there is no such message")
    try:
        message = model.model_validate(sent)
    except ValidationError as error:
        raise MalformedCallbackError("this does not have the form of a message") from error
    if isinstance(message, _Asked):
        _see_it_is_declared(message.payload, app)
        if not app.callback_map[message.payload.output].get("websocket"):
            raise MalformedCallbackError("this callback is not run over a WebSocket")
    return message.model_dump_json(exclude_unset=True)


def _see_it_is_declared(request: CallbackRequest, app: Dash) -> None:
    declared = app.callback_map.get(request.output)
    if declared is None or "callback" not in declared:  # one that is run in the browser has none
        raise MalformedCallbackError("there is no such callback")
    if not (_are_declared(request.inputs, declared["inputs"]) and _are_declared(request.state, declared["state"])):
        raise MalformedCallbackError("the callback takes other inputs")
    if not declared["no_output"] and not _is_output(request.outputs, declared["output"]):
        raise MalformedCallbackError("the callback has other outputs")
    known = {f"{component_id(one.id)}.{one.property}" for sent in request.inputs for one in _listed(sent)}
    if not known.issuperset(request.changedPropIds):
        raise MalformedCallbackError("the callback was not started by that")


def _are_declared(sent: list[Property | list[Property]], declared: list[dict[str, str]]) -> bool:
    return len(sent) == len(declared) and all(_is_declared(one, as_) for one, as_ in zip(sent, declared, strict=True))


def _is_declared(sent: Property | list[Property], declared: dict[str, str]) -> bool:
    """Whether this is the property, or of a declared pattern any number of components that it fits."""
    if not declared["id"].startswith("{"):
        return isinstance(sent, Property) and (sent.id, sent.property) == (declared["id"], declared["property"])
    pattern = json.loads(declared["id"])
    return isinstance(sent, list) and all(
        isinstance(one.id, dict)
        and one.property == declared["property"]
        and one.id.keys() == pattern.keys()
        and all(isinstance(part, list) or part == one.id[name] for name, part in pattern.items())
        for one in sent
    )


def _is_output(sent: Property | list[Property] | None, declared: Output | list[Output]) -> bool:
    """Whether these are the components that a callback sets, in its order."""
    if sent is None or isinstance(sent, list) != isinstance(declared, list):
        return False
    expected = [(one.component_id, one.component_property) for one in _listed(declared)]
    # What stands after the sign tells apart the callbacks that set the same property.
    return [(one.id, one.property.partition("@")[0]) for one in _listed(sent)] == expected


def _listed(sent: One | list[One]) -> list[One]:
    return sent if isinstance(sent, list) else [sent]


def _see_it_can_be_stored(value: object, depth: int) -> None:
    if not depth:
        raise MalformedCallbackError(f"this is more than {_DEEPEST} levels deep")
    match value:
        case str() if "\0" in value:
            raise MalformedCallbackError("texts hold no NUL")
        case float() if value in (float("inf"), float("-inf")):
            raise MalformedCallbackError("a number is too large")
        case int() if abs(value) >= 2**63:
            raise MalformedCallbackError("a number is too large")
        case dict():
            for name, part in value.items():
                _see_it_can_be_stored(name, depth)
                _see_it_can_be_stored(part, depth - 1)
        case list():
            for part in value:
                _see_it_can_be_stored(part, depth - 1)


async def _body(receive: Receive) -> bytes:
    """All of a request's body, which the guard bounds."""
    chunks = []
    while (message := await receive())["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
    raise MalformedCallbackError("the body was cut off")
