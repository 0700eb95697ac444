"""Multipart: the parts of an HTTP answer that does not end (RFC 2046), taken as they come, within bounds.

Devices are not exact: lines end with or without CR, a part may have no length or a wrong one, and a document may stop in the middle. So
a part ends at its length or at the next delimiter, whichever comes first, and what stands between parts is passed over. A part that is not
XML - a picture - is passed over as it comes; no more of it is ever in memory than came at once.
"""

import re
from email.message import Message

from ingest.contract.errors import InvalidEvent

LARGEST_PART = 65_536
"""Bytes of a document."""

LARGEST_HEAD = 4_096
"""Bytes of the headers of a part."""

LONGEST_BOUNDARY = 70

_HEAD_END = re.compile(rb"(?:\A|\r?\n)\r?\n")


class MultipartReader:
    """Takes an answer as it comes, and gives its documents.

    Args:
        content_type: the answer's header.

    Raises:
        InvalidEvent: reason `not_multipart`.
    """

    def __init__(self, content_type: str) -> None:
        said = Message()
        said["content-type"] = content_type
        boundary = said.get_boundary()
        if said.get_content_maintype() != "multipart" or not boundary or len(boundary) > LONGEST_BOUNDARY:
            raise InvalidEvent("not_multipart", "the answer is not in parts")
        # Some devices name the boundary with the two hyphens that stand before it.
        text = re.escape(boundary.removeprefix("--").encode())
        self._delimiter = re.compile(rb"\r?\n?--(?:--)?" + text + rb"(?:--)?[ \t]*(?:\r?\n|\Z)")
        self._opening = re.compile(rb"--" + text + rb"(?:--)?[ \t]*\r?\n")
        self._longest_delimiter = len(boundary) + 16
        self._buffer = bytearray()
        self._in_head = False
        self._length: int | None = None
        """Of the document that is being read; `None`: none is."""
        self._searched = 0
        """Bytes of the document in which no delimiter begins."""
        self.passed_over = 0
        """Parts that are no documents."""

    def feed(self, chunk: bytes) -> list[bytes | InvalidEvent]:
        """The documents that are whole now, and what is wrong with others."""
        self._buffer += chunk
        made: list[bytes | InvalidEvent] = []
        while (step := self._step()) is not None:
            made += step
        return made

    def _step(self) -> list[bytes | InvalidEvent] | None:
        """One step; `None`: more has to come."""
        if self._in_head:
            return self._head()
        if self._length is not None:
            return self._document(self._length)
        found = self._opening.search(self._buffer)
        if found is None:
            del self._buffer[: -self._longest_delimiter]
            return None
        del self._buffer[: found.end()]
        self._in_head = True
        return []

    def _head(self) -> list[bytes | InvalidEvent] | None:
        found = _HEAD_END.search(self._buffer)
        if found is None and len(self._buffer) <= LARGEST_HEAD:
            return None
        self._in_head = False
        if found is None or found.start() > LARGEST_HEAD:
            return [InvalidEvent("invalid_part", f"the headers of a part have more than {LARGEST_HEAD} bytes")]
        head = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in bytes(self._buffer[: found.start()]).decode("latin-1").splitlines())
        }  # fmt: skip
        del self._buffer[: found.end()]
        if "xml" not in head.get("content-type", "xml").lower():
            self.passed_over += 1
            return []
        length = head.get("content-length", "")
        self._length = min(int(length), LARGEST_PART + 1) if re.fullmatch("[0-9]{1,9}", length) else LARGEST_PART + 1
        return []

    def _document(self, length: int) -> list[bytes | InvalidEvent] | None:
        found = self._delimiter.search(self._buffer, self._searched, length + self._longest_delimiter)
        self._searched = max(0, len(self._buffer) - self._longest_delimiter)
        if found is not None and found.start() <= length:
            length = found.start()
        elif len(self._buffer) < length:
            return None
        self._length, self._searched = None, 0
        if length > LARGEST_PART:
            return [InvalidEvent("too_large", f"a document of more than {LARGEST_PART} bytes")]
        document = bytes(self._buffer[:length]).strip()
        del self._buffer[:length]
        return [document] if document else []
