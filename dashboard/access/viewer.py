"""Viewer: who asks at this moment and in which language; set by the guard for each request and socket."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta

from dashboard.access.rights import Right
from dashboard.theme import Scheme
from ingest.contract.label import Language

NEAR = 1.1
"""The largest letters with which a screen has room for all that its pages show."""


@dataclass(frozen=True)
class Viewer:
    """A person who has logged in, or a screen of the wall."""

    name: str
    rights: frozenset[Right]
    language: Language = "vi"
    session: str = ""
    """Id of the log-in, as kept on the server."""
    stops: tuple[tuple[str, timedelta], ...] = ()
    """Of a screen: its own pages and how long each stands; none: those that the pages declare."""
    scheme: Scheme | None = None
    """Dark or light, where they chose."""
    letters: float = 1
    """Of a screen: how large its letters are, where those of 55 inches seen from four metres are 1."""

    @property
    def is_far(self) -> bool:
        """Whether it is a screen seen from so far away that it shows one thing a card."""
        return self.letters > NEAR

    @property
    def is_display(self) -> bool:
        """Whether it is a screen, which nobody touches."""
        return "display" in self.rights

    def may(self, right: Right) -> bool:
        """Whether the person has the right."""
        return right in self.rights or "admin" in self.rights


_current: ContextVar[Viewer] = ContextVar("viewer")


def viewer() -> Viewer:
    """Who asks.

    Raises:
        LookupError: nobody does; the guard lets no such request through.
    """
    return _current.get()


def chosen_scheme() -> Scheme | None:
    """Dark or light, where somebody asks who chose."""
    one = _current.get(None)
    return one.scheme if one else None


def set_viewer(one: Viewer) -> None:
    """Remember who asks, for this request and everything it starts."""
    _current.set(one)
