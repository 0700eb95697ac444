"""SOAP 1.2: questions, signed by WS-Security (UsernameToken Profile 1.0, password digest), and answers.

A device refuses a question whose time is not its own, and clocks of devices are often wrong: so a question is dated by the device's clock,
which it tells to anybody.
"""

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import ParseError, tostring
from xml.sax.saxutils import escape, quoteattr

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.contract.errors import InvalidEvent
from ingest.untrusted.xml_text import parse_xml

MEDIA_TYPE = "application/soap+xml; charset=utf-8"

NOT_AUTHORIZED = "not_authorized"
"""Reason of an answer that refuses the account."""

MOST_PARAMETERS = 8
"""Parameters of an address that are repeated."""

_SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "n": "http://docs.oasis-open.org/wsn/b-2",
    "e": "http://www.onvif.org/ver10/events/wsdl",
    "d": "http://www.onvif.org/ver10/device/wsdl",
    "w": f"{_SECURITY}wssecurity-secext-1.0.xsd",
    "u": f"{_SECURITY}wssecurity-utility-1.0.xsd",
}
_OPENING = "<s:Envelope " + " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items()) + ">"


def soap_question(body: str, action: str, to: str, security: str = "", more: str = "") -> bytes:
    """A question.

    Args:
        body: its content, as XML, with the prefixes that are declared here.
        action: what it asks for, by WS-Addressing.
        to: whom it goes to.
        security: what `username_token` gives.
        more: further headers, as XML.
    """
    head = (
        f"<a:Action s:mustUnderstand='1'>{escape(action)}</a:Action><a:MessageID>urn:uuid:{uuid4()}</a:MessageID>"
        f"<a:To s:mustUnderstand='1'>{escape(to)}</a:To>{security}{more}"
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>{_OPENING}<s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>'.encode()


def username_token(user: str, password: str, created: datetime) -> str:
    """The header that proves who asks, without telling the password.

    Args:
        user: the account.
        password: its password.
        created: the present, by the clock of whoever is asked.
    """
    nonce, at = secrets.token_bytes(16), f"{created.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    # SHA-1 is what the profile prescribes.
    digest = hashlib.sha1(nonce + at.encode() + password.encode(), usedforsecurity=False).digest()
    return (
        "<w:Security s:mustUnderstand='1'><w:UsernameToken>"
        f"<w:Username>{escape(user)}</w:Username>"
        f"<w:Password Type={quoteattr(f'{_SECURITY}username-token-profile-1.0#PasswordDigest')}>{base64.b64encode(digest).decode()}</w:Password>"
        f"<w:Nonce EncodingType={quoteattr(f'{_SECURITY}soap-message-security-1.0#Base64Binary')}>{base64.b64encode(nonce).decode()}</w:Nonce>"
        f"<u:Created>{at}</u:Created></w:UsernameToken></w:Security>"
    )


def soap_answer(body: bytes) -> dict[str, Any]:
    """The content of an answer's body, its names without prefixes.

    Raises:
        InvalidEvent: reasons `not_xml`, `not_soap`, `not_authorized` and `soap_fault`.
    """
    value = parse_xml(body, is_prefixed=False)
    envelope = value.get("Envelope") if isinstance(value, dict) else None
    content = envelope.get("Body") if isinstance(envelope, dict) else None
    if not isinstance(content, dict):
        raise InvalidEvent("not_soap", "it is no envelope with a body")
    if "Fault" in content:
        codes = _codes(content["Fault"])
        is_account = "NotAuthorized" in codes or "FailedAuthentication" in codes
        raise InvalidEvent(NOT_AUTHORIZED if is_account else "soap_fault", f"it refuses: {codes}")
    return content


def _codes(fault: Any) -> str:
    """The codes of a fault, without its text."""
    found: list[str] = []
    part = fault.get("Code") if isinstance(fault, dict) else None
    while isinstance(part, dict) and len(found) < 4:
        found.append(str(part.get("Value"))[:60])
        part = part.get("Subcode")
    return " / ".join(found) or "without a code"


def reference_parameters(body: bytes) -> str:
    """The parameters that whoever answers wants to see as headers of each question to the address that it gives (WS-Addressing).

    Args:
        body: the answer.

    Raises:
        InvalidEvent: reason `not_xml`.
    """
    try:
        found = fromstring(body).find(".//{*}ReferenceParameters")
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise InvalidEvent("not_xml", "it cannot be read as XML") from None
    made = list(found if found is not None else ())[:MOST_PARAMETERS]
    for one in made:
        one.tail = None
        one.set(f"{{{_NAMESPACES['a']}}}IsReferenceParameter", "true")
    return "".join(tostring(one, encoding="unicode") for one in made)


def clock_ahead(told: Any, now: datetime) -> timedelta:
    """How far a device's clock is ahead of ours, from what `GetSystemDateAndTime` answers; nothing where it does not tell.

    Args:
        told: the content of the answer.
        now: the present by our clock.
    """
    try:
        utc = told["GetSystemDateAndTimeResponse"]["SystemDateAndTime"]["UTCDateTime"]
        day, time = utc["Date"], utc["Time"]
        parts = [int(day[one]) for one in ("Year", "Month", "Day")] + [int(time[one]) for one in ("Hour", "Minute", "Second")]  # fmt: skip
        return datetime(*parts, tzinfo=UTC) - now  # type: ignore[misc, arg-type]
    except (LookupError, TypeError, ValueError, OverflowError):
        return timedelta()
