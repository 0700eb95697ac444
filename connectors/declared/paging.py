"""Paging: how a declared REST source is asked for what is new: by its cursor, by time or number, or page by page."""

from datetime import timedelta
from typing import Any

from connectors.declared.declaration import InvalidDeclaration, RestWay
from connectors.declared.expression import Expression, InvalidExpression, Steps
from ingest.contract.connector import Poll
from ingest.contract.errors import InvalidEvent


def declared_poll(way: RestWay, file: str) -> Poll:
    """The way of a declared REST source.

    Args:
        way: as it is declared.
        file: its file's name, for errors.

    Raises:
        InvalidDeclaration: an expression is none.
    """
    paging = _Paging(way, file)
    return Poll(
        path=way.path,
        every=timedelta(seconds=way.every),
        items=paging.items,
        next_cursor=paging.next_cursor,
        parameters=paging.parameters,
        key_header=way.key_header,
        token_path=way.token_path,
        form="xml" if way.xml else "json",
    )


class _Paging:
    """Knows from where the page at hand was asked; one source is asked by one reader, question by question."""

    def __init__(self, way: RestWay, file: str) -> None:
        self._way = way
        self._items = _read("items", way.items, file)
        self._cursor = _read("cursor", way.cursor, file) if way.cursor else None
        self._since = _read("since", way.since, file) if way.since else None
        self._position: str | None = None

    def parameters(self, position: str | None) -> dict[str, str]:
        """Query parameters of the next question."""
        if self._way.page_size and position is None:
            position = "1"
        self._position = position
        return self._way.parameters | ({} if position is None else {self._way.parameter: position})

    def items(self, page: Any) -> list[Any]:
        """The messages of a page; XML shows a single one without its list, and none as nothing.

        Raises:
            InvalidEvent: it holds no list.
        """
        found = self._items.of(page, Steps())
        if self._way.xml and not isinstance(found, list):
            found = [] if found is None else [found]
        if not isinstance(found, list):
            raise InvalidEvent("not_a_page", f"`{self._items.text}` finds no list in the answer")
        return found

    def next_cursor(self, page: Any) -> str | None:
        """From where on to ask next; `None` where that stays."""
        if self._cursor is not None:
            return _position(self._cursor.of(page, Steps()))
        items = self.items(page)
        if self._way.page_size:
            return str(int(self._position or "1") + 1) if len(items) >= self._way.page_size else None
        steps = Steps()
        found = [_position(self._since.of(item, steps)) for item in items] if self._since else []
        known = [self._position, *found] if self._position else found
        # Numbers grow in length before they grow in letters; times of one form have one length.
        return max((one for one in known if one), key=lambda one: (len(one), one), default=None)


def _read(place: str, text: str, file: str) -> Expression:
    try:
        return Expression(text)
    except InvalidExpression as fault:
        raise InvalidDeclaration(file, [fault.label.changed(lambda said: f"way.{place}: {said}")]) from None


def _position(found: Any) -> str | None:
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) and str(found) else None
