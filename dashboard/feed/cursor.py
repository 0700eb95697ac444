"""Feed cursor: how far somebody has read, as a text that only this board makes and that goes on with the same question only.

So whoever comes to an end by cursors has been given every row on the way: nobody can say that they are further than they are.
"""

import base64
import hashlib
import json

from itsdangerous import BadSignature, Signer
from pydantic import SecretStr

from ingest.contract.clock import milliseconds
from ingest.contract.errors import InvalidInput
from warehouse.query.feed import FeedCursor, FeedQuestion

LONGEST = 800
"""Characters of a cursor."""


class UnknownCursorError(InvalidInput, ValueError):
    """A text is not a cursor of ours, or one of another question."""


class CursorText:
    """Writes and reads the cursors of one question.

    Args:
        secret: the install's.
        question: what is asked; how many rows at a time, and after which, makes no other question of it.
        is_open: whether it has no end of its own, so that later pages reach further.
    """

    def __init__(self, secret: SecretStr, question: FeedQuestion, *, is_open: bool) -> None:
        end = None if is_open else milliseconds(question.end)
        parts = [
            sorted(set(question.wards)), sorted(set(question.indicators)), milliseconds(question.start), end, question.dimension,
        ]  # fmt: skip
        salt = f"ward-ioc-feed-cursor {json.dumps(parts)}"
        self._signer = Signer(secret.get_secret_value(), salt=salt, digest_method=hashlib.sha256)

    def write(self, cursor: FeedCursor) -> str:
        """The text for a place."""
        place = base64.urlsafe_b64encode(json.dumps(list(cursor), ensure_ascii=False).encode()).decode().rstrip("=")
        return self._signer.sign(place).decode()

    def read(self, text: str) -> FeedCursor:
        """The place that a text names.

        Raises:
            UnknownCursorError: it is none of this question's.
        """
        try:
            place = self._signer.unsign(text).decode()
        except BadSignature as error:
            raise UnknownCursorError from error
        return FeedCursor(*json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4))))
