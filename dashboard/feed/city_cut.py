"""City cut: the figures of the day as the city takes them at a fixed hour, and whether it has them in time (H06).

The city fetches. So a cut is delivered when, after its hour, a key of the city has read the feed of the day to its end; it has
failed when that has not happened `TIME_TO_FETCH` later, and may still be delivered late. Both are events, as everything that is
counted. Of days on which the city had no key nothing is told: nothing was planned. What Kafka has not taken yet waits in a file.
"""

import asyncio
import hashlib
import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, time, timedelta
from itertools import islice

from pydantic import BaseModel, ValidationError

from dashboard.access.api_key import FeedKey, FeedKeys
from dashboard.settings import BoardSettings
from dashboard.store.store import StoreUnavailable
from ingest.contract.calendar import local_day, ward_moment
from ingest.contract.clock import Clock, shown_at
from ingest.contract.errors import InvalidEvent, Unavailable
from ingest.contract.events.health import FeedDelivered, FeedFailed
from ingest.contract.settings import IngestSettings
from ingest.kafka.own_event import send_own_events
from ingest.runtime.durable import replace_file
from warehouse.indicators.health import DELIVERED_WITHIN
from warehouse.query.feed import FeedQuestion

log = logging.getLogger("dashboard.feed")

DATASET = "values"

TIME_TO_FETCH = timedelta(milliseconds=DELIVERED_WITHIN)

LOOK_EVERY = 30.0

DAYS_BACK = 7
"""Cuts that were missed while the PC was off are told of so many days back: as far as the figure looks."""


class _State(BaseModel):
    judged: datetime
    """Of cuts until then it is known whether they have failed."""
    delivered: datetime
    """Of cuts until then the city has the newest."""
    unsent: list[FeedDelivered | FeedFailed] = []


class CityCuts:
    """Follows whether the city has each day's cut.

    Args:
        settings: the hour of the cut, and where keys and state are kept.
        ingest: which Kafka, and the ward.
        clock: the install's.
    """

    def __init__(self, settings: BoardSettings, ingest: IngestSettings, clock: Clock) -> None:
        self._at = settings.feed_cut
        self._keys = FeedKeys(settings)
        self._path = settings.folder / "city_cuts.json"
        self._ingest = ingest
        self._clock = clock
        self.state = self._read()

    def fetched(self, key: FeedKey, question: FeedQuestion, rows: int, body: str) -> None:
        """Note that a client has read all pages of a question, each by the cursor of the page before.

        Args:
            key: whose.
            question: what was asked.
            rows: how many rows that page had.
            body: the page.
        """
        now = self._clock.now()
        cut = next(self._cuts_until(now))
        is_whole = not question.indicators and question.dimension is None and self._ingest.ward in question.wards
        spans_day = question.start <= ward_moment(local_day(cut), time.min) and question.end >= cut
        if self.state.delivered >= cut or not (is_whole and spans_day and self._is_planned(cut, key)):
            return
        sha256 = hashlib.sha256(body.encode()).hexdigest()
        event = FeedDelivered(cut_ref=_ref(cut), dataset=DATASET, cut_at=cut, at=now, rows=rows, sha256=sha256)
        self.state.delivered = cut
        self.state.unsent.append(event)
        self._write(self.state)

    def judge(self) -> None:
        """Note which cuts the city should have by now and has not."""
        due = self._clock.now() - TIME_TO_FETCH
        missed = [cut for cut in islice(self._cuts_until(due), DAYS_BACK) if cut > self.state.judged]
        for cut in reversed(missed):
            if cut > self.state.delivered and any(self._is_planned(cut, key) for key in self._keys.all().values()):
                log.warning("the city has not read the cut of %s in time", cut.isoformat(timespec="minutes"))
                at = cut + TIME_TO_FETCH
                event = FeedFailed(cut_ref=_ref(cut), dataset=DATASET, cut_at=cut, at=at, reason_code="not_fetched")
                self.state.unsent.append(event)
            self.state.judged = cut
        if missed:
            self._write(self.state)

    async def run(self) -> None:
        """Judge and tell, for ever."""
        while True:
            with suppress(StoreUnavailable):  # judged later, when it is known who has a key
                self.judge()
            # Kafka is away; or the PC's clock was set back, and it is not yet the time of what was told: later, then.
            with suppress(Unavailable, InvalidEvent):
                await self.tell()
            await asyncio.sleep(LOOK_EVERY)

    async def tell(self) -> None:
        """Send what is not sent yet.

        Raises:
            Unavailable: Kafka has not taken it; it stays for the next time.
        """
        events = list(self.state.unsent)
        if events:
            await send_own_events(self._ingest, "dashboard", self._clock.now(), *events)
            del self.state.unsent[: len(events)]
            self._write(self.state)

    def _cuts_until(self, moment: datetime) -> Iterator[datetime]:
        """Cuts up to a moment, newest first."""
        day = local_day(moment)
        if ward_moment(day, self._at) > moment:
            day -= timedelta(days=1)
        while True:
            yield ward_moment(day, self._at)
            day -= timedelta(days=1)

    def _is_planned(self, cut: datetime, key: FeedKey) -> bool:
        """Whether a key was the city's at a cut; that which may see the board is the audit's."""
        made, expires = shown_at(self._clock, key.made_at), shown_at(self._clock, key.expires_at)
        return "feed" in key.scopes and "board" not in key.scopes and made <= cut < expires

    def _read(self) -> _State:
        try:
            return _State.model_validate_json(self._path.read_text("utf-8"))
        except FileNotFoundError:
            pass
        except ValidationError as error:
            log.error("cannot read %s; following cuts from now on: %s", self._path, error)
        now = self._clock.now()
        begun = _State(judged=now, delivered=now)
        self._write(begun)
        return begun

    def _write(self, state: _State) -> None:
        try:
            replace_file(self._path, state.model_dump_json())
        except OSError as error:  # a full disk: known until the process ends, and written with the next change
            log.error("cannot write %s: %s", self._path, error)


def _ref(cut: datetime) -> str:
    return f"{DATASET}/{cut.isoformat(timespec='minutes')}"
