"""Source list: which kinds of events each source may tell, so that a figure also ages with a source that was declared later."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from dashboard.board.live import Live
from dashboard.settings import BoardSettings
from ingest.administration.message import CARDS, AskCards, SourceCard
from ingest.administration.remote import RemoteSources
from ingest.contract.errors import IocError

ASKED_EVERY = timedelta(seconds=15)


class SourceList:
    """Asks the connectors again and again; while they are away, what they said last stays.

    Args:
        live: the figures that age with the sources.
        settings: where the connectors are.
    """

    def __init__(self, live: Live, settings: BoardSettings) -> None:
        self._live = live
        self._remote = RemoteSources(settings.intake, live.ingest.letters_secret)

    async def run(self) -> None:
        """Ask until cancelled."""
        while self._live.ingest.letters_secret is not None:
            with suppress(IocError):
                self.take(await asyncio.to_thread(self._remote.ask, AskCards(), CARDS))
            await asyncio.sleep(ASKED_EVERY.total_seconds())

    def take(self, cards: list[SourceCard]) -> None:
        """Take in what the sources are."""
        self._live.told_kinds = {one.id: frozenset(one.events) for one in cards if one.is_declared and not one.is_off}
