"""Cursor: how far a source has been read, in a small file that survives a power cut.

A source's cursor is its own text, which may hold the code of a dossier; so the file holds it sealed. The key is one of this
install's secrets: a copy of the file alone, in a backup say, tells nothing. Sealed is: XOR with a keystream of keyed BLAKE2b
in counter mode under a random nonce, then a keyed BLAKE2b over both (encrypt-then-MAC). By hand, since the key must follow from
the pseudonym secret, the one that a restore needs anyway, and age (`warehouse.maintenance.backups.sealing`) takes only keys that it has made.
"""

import base64
import binascii
import hmac
import logging
import os
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from ingest.runtime.durable import replace_file

log = logging.getLogger(__name__)

LONGEST = 4_096
"""Characters of a cursor that a source may give."""

_SEALED = "sealed.1."
_SIZE = 16


class Cursor:
    """One connector's cursor.

    Args:
        folder: where cursors are kept; made if it is not there.
        connector_id: whose it is.
        pseudonym: the install's keyed hash, from which the key is made.
    """

    def __init__(self, folder: Path, connector_id: str, pseudonym: Callable[[str], str]) -> None:
        self.path = folder / f"{connector_id}.cursor"
        self._key = bytes.fromhex(pseudonym(f"key of the cursor of {connector_id}"))

    def read(self) -> str | None:
        """The saved cursor; None at the first start, or when the file cannot be read: then the source is read anew.

        A plain one, as earlier versions wrote, is sealed at once.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
            if text.startswith(_SEALED):
                return self._opened(text.removeprefix(_SEALED)) or None
        except FileNotFoundError:
            return None
        except ValueError:
            log.warning("%s is damaged: the source is read from the beginning; known events count once", self.path)
            return None
        if text:
            self.save(text)
        return text or None

    def save(self, cursor: str) -> None:
        """Save the cursor: afterwards it is on disk, and never half of it."""
        replace_file(self.path, _SEALED + self._sealed(cursor))

    def _sealed(self, cursor: str) -> str:
        nonce, plain = os.urandom(_SIZE), cursor.encode()
        hidden = self._with_stream(nonce, plain)
        return base64.urlsafe_b64encode(nonce + self._mark(nonce, hidden) + hidden).decode()

    def _opened(self, text: str) -> str:
        """What was sealed.

        Raises:
            ValueError: by another key, or it was changed since.
        """
        try:
            whole = base64.b64decode(text, altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise ValueError("not in base64") from error
        nonce, mark, hidden = whole[:_SIZE], whole[_SIZE : 2 * _SIZE], whole[2 * _SIZE :]
        if not hmac.compare_digest(mark, self._mark(nonce, hidden)):
            raise ValueError("sealed by another key, or changed")
        return self._with_stream(nonce, hidden).decode()

    def _mark(self, nonce: bytes, hidden: bytes) -> bytes:
        return blake2b(nonce + hidden, key=self._key, digest_size=_SIZE, person=b"ioc.cursor.mark").digest()

    def _with_stream(self, nonce: bytes, text: bytes) -> bytes:
        blocks = range(-(-len(text) // 64))
        stream = b"".join(
            blake2b(nonce + block.to_bytes(8, "big"), key=self._key, person=b"ioc.cursor.text").digest()
            for block in blocks
        )
        return bytes(one ^ other for one, other in zip(text, stream, strict=False))
