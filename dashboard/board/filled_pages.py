"""Filled pages: what pages showed when they left the board, so that the first push to a browser need not say it all again."""

import secrets

from dashboard.state.page import PropertyUpdates
from ingest.contract.label import Language

PageKey = tuple[str, str, Language]
"""A page's path, what its address says of it, and its language."""

MOST = 128
"""Pages that are remembered until their browser is there; a browser whose page is not gets everything."""


class FilledPages:
    """Pages on their way to a browser, each until the first push to it."""

    def __init__(self) -> None:
        self._filled: dict[str, tuple[PageKey, PropertyUpdates]] = {}

    def keep(self, key: PageKey, updates: PropertyUpdates) -> str:
        """Remember what a page shows; the mark by which its browser is recognised."""
        mark = secrets.token_urlsafe(8)
        self._filled[mark] = (key, updates)
        if len(self._filled) > MOST:
            del self._filled[next(iter(self._filled))]
        return mark

    def take(self, mark: object, key: PageKey) -> PropertyUpdates:
        """What a browser shows that has this mark; nothing where that is not known, or was asked before: since then it was changed."""
        found = self._filled.pop(mark, None) if isinstance(mark, str) else None
        return found[1] if found and found[0] == key else {}
