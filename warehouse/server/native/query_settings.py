"""Query settings: those that come with one query hold for that query only, on a connection that keeps what is set."""

from collections.abc import Mapping

from warehouse.server.engine.engine import CHANGED_SETTINGS, Engine, EngineConnection, EngineError, literal
from warehouse.server.native.protocol import Query

_UNKNOWN_SETTING = 115
_PARAMETER = "param_"

MARK = "log_comment"
"""The setting by which the front finds a client's query among the running ones; clients cannot set it."""


_LIMITS = ("max_result_rows", "max_result_bytes", "max_rows_to_read")
NO_LIMITS = " SETTINGS " + ", ".join(f"{name} = 0" for name in _LIMITS)
"""For the front's own questions on a client's connection."""


class QuerySettings:
    """The settings of one connection of the engine, and what they go back to between queries."""

    def __init__(self, engine: Engine, connection: EngineConnection) -> None:
        self._connection = connection
        self._known = engine.known
        self._base = engine.changed
        self._in_use: dict[str, str] = {}

    def use(self, wanted: Mapping[str, str]) -> None:
        """Make these the settings of the next query, and no others."""
        if wanted == self._in_use:
            return
        changes: dict[str, str | None] = {name: self._base.get(name) for name in self._in_use if name not in wanted}
        changes |= {name: value for name, value in wanted.items() if self._in_use.get(name) != value}
        self._connection.set(changes)
        self._in_use = dict(wanted)

    def rebase(self) -> None:
        """Take what the client has set for its whole session as what to go back to."""
        limits = self._connection.rows(
            f"SELECT {', '.join(f'toString(getSetting({literal(name)}))' for name in _LIMITS)}"
        )
        self._base = dict(self._connection.rows(CHANGED_SETTINGS + NO_LIMITS)) | dict(
            zip(_LIMITS, limits[0], strict=True)
        )
        self._in_use = {}


def known_settings(query: Query, known: frozenset[str]) -> dict[str, str]:
    """A query's settings, without those that the engine does not know, as ClickHouse's server does.

    Raises:
        EngineError: one is unknown and the client says that it matters.
    """
    for name in query.important:
        if name not in known and not name.startswith(_PARAMETER):
            raise EngineError(_UNKNOWN_SETTING, f"Unknown setting '{name}'. (UNKNOWN_SETTING)")
    return {name: value for name, value in query.settings.items() if name in known and name != MARK}


def query_parameters(query: Query) -> dict[str, str]:
    """A query's parameters, as the engine reads them."""
    return {
        name.removeprefix(_PARAMETER): _unquoted(value)
        for name, value in query.settings.items()
        if name.startswith(_PARAMETER)
    }


def _unquoted(value: str) -> str:
    """A parameter travels in quotes; what is in them is already what the engine reads, escaped once more."""
    if len(value) < 2 or not value.startswith("'") or not value.endswith("'"):
        return value
    escapes = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}
    characters = iter(value[1:-1])
    plain = []
    for character in characters:
        if character == "\\":
            escaped = next(characters, "\\")
            plain.append(escapes.get(escaped, escaped))
        else:
            plain.append(character)
    return "".join(plain)
