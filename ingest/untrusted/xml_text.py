"""XML from outside, read without trust, as objects and lists that JSON could hold."""

from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from ingest.contract.errors import InvalidEvent
from ingest.untrusted.json_text import check_json


def parse_xml(body: bytes, *, is_prefixed: bool = True) -> Any:
    """Read one XML text: elements are objects by name, several of one name a list; `@name` is an attribute, `#text` a text beside others.

    Args:
        body: the text.
        is_prefixed: whether names keep their prefixes; without, what declares prefixes is left out.

    Raises:
        InvalidEvent: reason `not_xml`; a text that declares entities is none; and those of `check_json`.
    """
    bare: Any = None if is_prefixed else _bare
    try:
        value = xmltodict.parse(body, disable_entities=True, postprocessor=bare)
    except (ExpatError, ValueError, LookupError, RecursionError) as error:
        raise InvalidEvent("not_xml", f"it cannot be read as XML: {type(error).__name__}") from None
    check_json(value)
    return value


def _bare(_path: Any, name: str, value: Any) -> tuple[str, Any] | None:
    if name.startswith("@xmlns"):
        return None
    return ("@" if name.startswith("@") else "") + name.removeprefix("@").rpartition(":")[2], value
