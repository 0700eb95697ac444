"""XML from outside, read without trust, as objects and lists that JSON could hold."""

from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from ingest.contract.errors import InvalidEvent


def parse_xml(body: bytes) -> Any:
    """Read one XML text: elements are objects by name, several of one name a list; `@name` is an attribute, `#text` a text beside others.

    Raises:
        InvalidEvent: reason `not_xml`; a text that declares entities is none.
    """
    try:
        return xmltodict.parse(body, disable_entities=True)
    except (ExpatError, ValueError, RecursionError) as error:
        raise InvalidEvent("not_xml", f"it cannot be read as XML: {type(error).__name__}") from None
