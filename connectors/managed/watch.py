"""Watch: notices what was changed in the data folder - a declaration, an address, a secret, on and off - and begins those sources anew.

It looks at the files and not at who wrote them, so a file that was copied there by hand is taken up as well.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

from connectors import catalogue
from connectors.managed.choices import SourceChoice, SourceChoices
from connectors.managed.effective import effective_settings
from connectors.settings import ConnectorsSettings
from ingest.contract.connector import AlertStream, Connector, PullPoint
from ingest.contract.errors import ConfigurationError
from ingest.devices.listed import listed_devices

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=1)


class ChosenSources(NamedTuple):
    """The sources of an install as they are set up now."""

    connectors: tuple[Connector, ...]
    """Those that are on."""
    off: tuple[Connector, ...]
    settings: ConnectorsSettings
    marks: dict[str, str]
    """By source, what changes whenever anything of it does."""

    def differing(self, other: "ChosenSources") -> set[str]:
        """The sources that are others, or on one side only."""
        return {id_ for id_ in self.marks.keys() | other.marks.keys() if self.marks.get(id_) != other.marks.get(id_)}


def chosen_sources(data_folder: Path, settings: ConnectorsSettings, pretend: Path | None = None) -> ChosenSources:
    """Those of an install.

    Args:
        data_folder: the install's.
        settings: without what is set in the browser.
        pretend: folder with the lists of devices that the pretend ward plays.

    Raises:
        ConfigurationError: what was set is damaged.
    """
    choices = SourceChoices(data_folder)
    chosen, connectors = choices.all(), catalogue(data_folder)
    marks = {}
    for one in connectors:
        choice, given = chosen.get(one.id, SourceChoice()), choices.given(one.id)
        known = [
            choice.model_dump_json(),
            choice.overlaps(),
            given.model_dump_json() if given else "",
            _devices(data_folder, one, pretend),
        ]
        marks[one.id] = blake2b(json.dumps(known).encode() + _content(data_folder, one.id)).hexdigest()
    is_off = {id_ for id_, one in chosen.items() if one.is_off}
    return ChosenSources(
        tuple(one for one in connectors if one.id not in is_off),
        tuple(one for one in connectors if one.id in is_off),
        effective_settings(settings, choices, connectors),
        marks,
    )


def _devices(data_folder: Path, connector: Connector, pretend: Path | None) -> str:
    """What is another whenever the list of a source's devices or one of their passwords is."""
    if not isinstance(connector.way, AlertStream | PullPoint):
        return ""
    try:
        devices = listed_devices(data_folder, connector.id, pretend)
    except ConfigurationError as error:
        return str(error)
    return str([(one.model_dump_json(), one.password.get_secret_value()) for one in devices])


def _content(data_folder: Path, id_: str) -> bytes:
    try:
        return (data_folder / "connectors" / f"{id_}.toml").read_bytes()
    except OSError:
        return b""


class SourceWatch:
    """Looks for changes of the sources' setup every few seconds.

    Args:
        data_folder: the install's.
        settings: without what is set in the browser.
        only: ids of the sources that this process reads; none: all.
        pretend: folder with the lists of devices that the pretend ward plays.
    """

    def __init__(
        self,
        data_folder: Path,
        settings: ConnectorsSettings,
        only: Collection[str] = (),
        pretend: Path | None = None,
    ) -> None:
        self._data_folder = data_folder
        self._settings = settings
        self._only = frozenset(only)
        self._pretend = pretend
        self._seen: Any = None
        self._before: tuple[Connector, ...] = ()
        self.now = chosen_sources(data_folder, settings, pretend)
        """The sources as they were last taken up."""

    def is_ours(self, connector: Connector) -> bool:
        """Whether this process reads it."""
        return not self._only or connector.id in self._only

    def connectors(self) -> list[Connector]:
        """Those to run."""
        return [one for one in self.now.connectors if self.is_ours(one)]

    def unwatched(self) -> list[Connector]:
        """Those that are switched off, or were taken away with the last change."""
        there = {one.id for one in self.now.connectors}
        gone = {one.id: one for one in (*self._before, *self.now.off)}
        return [one for one in gone.values() if one.id not in there and self.is_ours(one)]

    def look(self) -> set[str]:
        """The sources that have changed since the last look.

        Raises:
            ConfigurationError: what was set is damaged; everything stays as it is.
        """
        seen = self._stamps()
        if seen == self._seen:
            return set()
        found = chosen_sources(self._data_folder, self._settings, self._pretend)
        changed, self._seen, self._before, self.now = found.differing(self.now), seen, self.now.connectors, found
        return changed

    async def run(self, renew: Callable[[Sequence[Connector], set[str]], Coroutine[Any, Any, None]]) -> None:
        """Look until cancelled.

        Args:
            renew: begins the sources anew that it is given the ids of.
        """
        # Those that are off may have been switched off just before the last end, when nobody could be told any more.
        await renew(self.connectors(), {one.id for one in self.now.off})
        while True:
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            try:
                if changed := await asyncio.to_thread(self.look):
                    await renew(self.connectors(), changed)
            except (ConfigurationError, OSError) as error:
                log.error("the changed setup of the sources cannot be used, the one of before stays: %s", error)

    def _stamps(self) -> Any:
        """What is another whenever a file or the validity of a secret is."""
        files = [
            *sorted((self._data_folder / "connectors").glob("*.toml")),
            self._data_folder / "connectors" / "sources.json",
            *sorted((self._data_folder / "secrets").glob("source_*")),
        ]
        for folder in filter(None, (self._data_folder, self._pretend)):
            files += [*sorted((folder / "devices").glob("*.toml")), *sorted((folder / "secrets").glob("device_*"))]
        stamps = [
            (str(one), one.stat().st_mtime_ns, one.stat().st_size, one.stat().st_ino) for one in files if one.is_file()
        ]
        choices = SourceChoices(self._data_folder).all()
        return stamps, sorted(id_ for id_, one in choices.items() if one.overlaps())
