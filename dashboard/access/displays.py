"""Display: a screen of the wall and the token that it shows. Only a hash of a token is kept; revoking takes it away at once."""

import hashlib
import hmac
import ipaddress
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.settings import BoardSettings
from dashboard.store.changes import record_change
from dashboard.store.store import BoardStore, StoreView
from dashboard.theme import Scheme
from ingest.contract.label import Language

PREFIX = "iocw"

LONGEST_NAME = 60
PACES = (timedelta(seconds=5), timedelta(hours=1))
"""Shortest and longest time that a page may stand."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Stops = tuple[tuple[str, timedelta], ...]
"""Paths of pages, and how long each stands."""

LETTERS = (0.7, 1.5)
"""Least and most that a screen's letters may be of those of a 55-inch screen seen from four metres; with larger ones nothing fits."""

_READ = "SELECT id, name, hash, made_at, stops, network, expires_at, language, inches, metres, scheme FROM displays ORDER BY rowid"
_ADD = "INSERT INTO displays (id, name, hash, made_at, stops, network, expires_at, language, inches, metres, scheme) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Display:
    """One screen: what it shows, from where and until when it may."""

    id: str
    """Names it without giving it away; the middle part of the token."""
    name: str
    hash: str
    made_at: datetime
    stops: Stops = ()
    """Its own pages and paces; none: those that the pages declare."""
    network: Network | None = None
    """The only addresses it may come from."""
    expires_at: datetime | None = None
    language: Language = "vi"
    inches: float = 55
    """Its diagonal."""
    metres: float = 4
    """From how far it is read."""
    scheme: Scheme = "dark"

    @property
    def letters(self) -> float:
        """How large its letters are, where those of 55 inches at four metres are 1."""
        return self.metres / 4 * 55 / self.inches if self.inches > 0 else 0

    def may_show(self, address: str, now: datetime) -> bool:
        """Whether a browser at this address may show the wall now."""
        return (self.expires_at is None or now < self.expires_at) and self._is_in_network(address)

    def _is_in_network(self, address: str) -> bool:
        if self.network is None:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return found in self.network


class Displays:
    """The screens of this install; what another process changes holds here at once.

    Each method raises `StoreUnavailable` where the store cannot be read or changed now.
    """

    def __init__(self, settings: BoardSettings) -> None:
        self._store = BoardStore(settings.folder)
        self._all = StoreView(
            self._store,
            _READ,
            lambda rows: {one.id: one for one in map(_display, rows)},
        )

    def all(self) -> dict[str, Display]:
        """Every screen by its id."""
        return self._all()

    def add(
        self,
        name: str,
        now: datetime,
        stops: Stops = (),
        network: Network | None = None,
        expires_at: datetime | None = None,
        language: Language = "vi",
        inches: float = 55,
        metres: float = 4,
        scheme: Scheme = "dark",
    ) -> tuple[Display, str]:
        """Let a screen in.

        Returns:
            What is kept of it, and its token, which is nowhere else.

        Raises:
            ValueError: the name is empty, too long, or cannot be printed; or nobody can read such a screen from there.
        """
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise ValueError(f"a name has 1 to {LONGEST_NAME} printable characters: {name!r}")
        id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        one = Display(id, name, _hash(secret), now, stops, network, expires_at, language, inches, metres, scheme)
        if not LETTERS[0] <= one.letters <= LETTERS[1]:
            least, most = (size * inches * 4 / 55 for size in LETTERS)
            raise ValueError(f"a screen of {inches:g} inches is read from {least:.1f} to {most:.1f} m, not {metres:g}")
        with self._store.change() as connection:
            connection.execute(_ADD, _row(one))
            record_change(connection, "display", f"{id} {name}", "added")
        return one, f"{PREFIX}_{id}_{secret}"

    def revoke(self, id: str) -> None:
        """Take a screen's token away; what is open goes dark at its next heartbeat.

        Raises:
            KeyError: there is no such screen.
        """
        with self._store.change() as connection:
            removed = connection.execute("DELETE FROM displays WHERE id = ? RETURNING name", (id,)).fetchall()
            if not removed:
                raise KeyError(id)
            record_change(connection, "display", f"{id} {removed[0][0]}", "removed")

    def find(self, token: str) -> Display | None:
        """The screen whose token this is; `None` if it is none of ours, or not any more."""
        prefix, _, rest = token.partition("_")
        id, _, secret = rest.partition("_")
        one = self.all().get(id) if prefix == PREFIX else None
        # Hashed in any case, so that a wrong id takes as long as a wrong secret.
        right = hmac.compare_digest(_hash(secret), one.hash if one else _hash(""))
        return one if one and right else None


def parse_stops(text: str, known: Sequence[str]) -> Stops:
    """Pages and paces as a person writes them: `/:30,queue:20`.

    Args:
        text: paths with or without their first slash, each with seconds after a colon.
        known: the paths that a wall may show.

    Raises:
        ValueError: another page, another pace, or one page twice; the message says which there are.
    """
    stops: list[tuple[str, timedelta]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, seconds = part.partition(":")
        path = "/" + name.strip().removeprefix("/")
        pace = timedelta(seconds=int(seconds)) if seconds.isascii() and seconds.isdigit() else timedelta()
        if path not in known or path in dict(stops):
            raise ValueError(f"{part!r}: a wall shows each of these pages once: {', '.join(known)}")
        if not PACES[0] <= pace <= PACES[1]:
            shortest, longest = (int(one.total_seconds()) for one in PACES)
            raise ValueError(f"{part!r}: give the seconds that it stands, {shortest} to {longest}, as in {path}:30")
        stops.append((path, pace))
    return tuple(stops)


def _hash(secret: str) -> str:
    # 32 random bytes need no slow hash: there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(one: Display) -> tuple[str | float | None, ...]:
    return (
        one.id,
        one.name,
        one.hash,
        one.made_at.isoformat(),
        json.dumps([[path, pace.total_seconds()] for path, pace in one.stops]),
        str(one.network) if one.network else None,
        one.expires_at.isoformat() if one.expires_at else None,
        one.language,
        one.inches,
        one.metres,
        one.scheme,
    )


def _display(row: tuple[str, str, str, str, str, str | None, str | None, str, float, float, str]) -> Display:
    id, name, hash, made_at, stops, network, expires_at, language, inches, metres, scheme = row
    return Display(
        id,
        name,
        hash,
        datetime.fromisoformat(made_at),
        tuple((path, timedelta(seconds=pace)) for path, pace in json.loads(stops)),
        ipaddress.ip_network(network) if network else None,
        datetime.fromisoformat(expires_at) if expires_at else None,
        "en" if language == "en" else "vi",
        inches,
        metres,
        "light" if scheme == "light" else "dark",
    )
