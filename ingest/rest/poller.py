"""Poller: asks a source's REST interface for what is new, and remembers how far it has read.

The cursor is saved after Kafka has acknowledged a page: a crash in between reads the page again, and its events, which
have the same ids, count once. A source that does not answer is reported as down and asked ever more rarely; an invalid item
becomes a dead letter and the next one goes on, unless there are so many that the source is held back.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn

import httpx
from pydantic import SecretStr
from xxhash import xxh3_64_hexdigest

from ingest.administration.reach import ForbiddenAddress
from ingest.contract.connector import CalendarPage, Poll
from ingest.contract.envelope import Envelope
from ingest.contract.errors import ConfigurationError, InvalidEvent, Unavailable
from ingest.kafka.producer import Producer
from ingest.rest.calendar import CalendarReader
from ingest.rest.oauth import ClientCredentials
from ingest.runtime.backoff import BackOff
from ingest.runtime.failpoint import failpoint
from ingest.source.circuit_breaker import CircuitBreaker
from ingest.source.cursor import LONGEST, Cursor
from ingest.source.mapper import MappedMessage, Mapper
from ingest.source.reader import SourceReader
from ingest.source.status import SourceStatus
from ingest.untrusted.dead_letter import DeadLetter
from ingest.untrusted.json_text import parse_json_loosely
from ingest.untrusted.xml_text import parse_xml

log = logging.getLogger(__name__)

LARGEST_ANSWER = 4 * 1_048_576
PATIENCE = timedelta(seconds=30)
"""Time for one whole answer."""

MOST_REMEMBERED = 10_000
"""Events and dead letters that are known to be in Kafka: pages that overlap are not written again and again."""

_MEDIA_TYPES = {"json": "application/json", "xml": "application/xml", "icalendar": "text/calendar"}

FAILURES_UNTIL_DOWN = 2
"""One lost answer is not an outage."""


class PollFailed(Unavailable):
    """The source gave no answer that can be used.

    Args:
        cause: code for the source's status, for example `no_answer` or `http_500`.
        detail: for the log.
    """

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__("the source", detail)
        self.cause = cause


class RestPoller(SourceReader):
    """Reads one source for ever.

    Args:
        mapper: its connector's, whose way is a `Poll`.
        source_status: its source's status.
        breaker: its circuit breaker.
        producer: the way into Kafka.
        cursor: where it remembers how far it has read.
        url: the source's base URL.
        token: bearer token, if the source wants one.
        pause: replaces the connector's pause between two questions; for tests.
        guard: sees before each question that the source's address may be asked.

    Raises:
        ConfigurationError: the URL is none.
    """

    def __init__(
        self,
        mapper: Mapper,
        source_status: SourceStatus,
        breaker: CircuitBreaker,
        producer: Producer,
        cursor: Cursor,
        url: str,
        token: SecretStr | None = None,
        pause: timedelta | None = None,
        guard: Callable[[], None] | None = None,
    ) -> None:
        way = mapper.connector.way
        if not isinstance(way, Poll):
            raise TypeError(f"{mapper.connector.id} is not polled")
        super().__init__(mapper, source_status, breaker, producer)
        self._way = way
        self._cursor = cursor
        self._base = _checked(url, self._id).rstrip("/")
        self._url = self._base + way.path
        # What stands behind the host of a calendar's address is a secret.
        self._name = str(httpx.URL(self._base).copy_with(path="/…")) if way.form == "icalendar" else self._url
        self._calendar = CalendarReader()
        self._token = token
        self._guard = guard
        self._credentials: ClientCredentials | None = None
        if token is not None and way.token_path:
            self._credentials = ClientCredentials(self._base + way.token_path, token.get_secret_value())
        self._pause = (pause or way.every).total_seconds()
        self._backoff = BackOff()
        self._failures = 0
        self._remembered: dict[str, None] = {}

    async def run(self) -> None:
        """Read until cancelled."""
        async with self._http() as http:
            position = await asyncio.to_thread(self._cursor.read)
            if self._way.status is not None:
                await self._probe_for_ever(http, self._recalled(position))
            while True:
                try:
                    page = await self._page(http, position)
                    items, following = self._parts(page)
                except PollFailed as fault:
                    await self._failed(fault)
                    continue
                self._answered()
                taken = self._taken(items)
                if taken is None:
                    await asyncio.sleep(self._breaker.left())
                    continue
                await self._into_kafka(taken)
                failpoint("poll.sent")
                moved = following is not None and following != position
                if following is not None and moved:
                    await asyncio.to_thread(self._cursor.save, following)
                    failpoint("poll.saved")
                    position = following
                if not (items and moved):
                    await asyncio.sleep(self._pause)

    async def _probe_for_ever(self, http: httpx.AsyncClient, known: int | None) -> NoReturn:
        while True:
            known = await self._probe(http, known)
            await asyncio.sleep(self._pause)

    def _http(self) -> httpx.AsyncClient:
        headers = {"accept": _MEDIA_TYPES[self._way.form], "accept-encoding": "identity", "user-agent": "ward-ioc"}
        if self._token is not None and self._credentials is None:
            key = self._token.get_secret_value()
            headers |= {self._way.key_header: key} if self._way.key_header else {"authorization": f"Bearer {key}"}
        timeout = httpx.Timeout(15, connect=5)
        return httpx.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False, trust_env=False)

    async def _page(self, http: httpx.AsyncClient, position: str | None) -> Any:
        """One page, as it was sent.

        Raises:
            PollFailed: there is no usable one.
        """
        status, body = await self._asked(http, self._way.parameters(position))
        if status != 200:
            raise PollFailed(f"http_{status}", f"{self._name} answered with status {status}")
        try:
            if self._way.form == "icalendar":
                now = self._mapper.context.clock.now()
                return CalendarPage(position, now, await self._calendar.occurrences(body, now))
            return parse_xml(body) if self._way.form == "xml" else parse_json_loosely(body)
        except InvalidEvent as fault:
            raise PollFailed("bad_answer", f"{self._name} did not answer with what can be read: {fault}") from fault

    async def _asked(self, http: httpx.AsyncClient, parameters: dict[str, str]) -> tuple[int, bytes]:
        """Status and body of one answer.

        Raises:
            PollFailed: there is none, or it is too long.
        """
        headers = {}
        if self._credentials is not None:
            try:
                headers["authorization"] = f"Bearer {await self._credentials.token(partial(self._fetched, http))}"
            except InvalidEvent as fault:
                raise PollFailed(fault.reason, fault.detail) from fault
        status, body = await self._fetched(http, "GET", self._url, params=parameters, headers=headers)
        if status == 401 and self._credentials is not None:
            self._credentials.forget()
        return status, body

    async def _fetched(self, http: httpx.AsyncClient, method: str, url: str, **asked: Any) -> tuple[int, bytes]:
        """Status and body of one answer.

        Raises:
            PollFailed: there is none, or it is too long.
        """
        body = bytearray()
        try:
            if self._guard is not None:
                await asyncio.to_thread(self._guard)
            async with asyncio.timeout(PATIENCE.total_seconds()), http.stream(method, url, **asked) as answer:
                if answer.headers.get("content-encoding", "identity") != "identity":
                    raise PollFailed("bad_answer", f"{self._name} answered compressed, which was not asked for")
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise PollFailed("bad_answer", f"{self._name} answered with more than {LARGEST_ANSWER} bytes")
        except ForbiddenAddress as error:
            raise PollFailed("forbidden_address", str(error)) from error
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise PollFailed("no_answer", f"{self._name}: {type(error).__name__} {error}".strip()) from error
        return answer.status_code, bytes(body)

    def _parts(self, page: Any) -> tuple[Sequence[Any], str | None]:
        """The page's items and the cursor after them.

        Raises:
            PollFailed: it is not built as the connector expects.
        """
        try:
            items, following = list(self._way.items(page)), self._way.next_cursor(page)
            (following or "").encode()  # half a surrogate pair could not be kept
        except (LookupError, TypeError, ValueError, AttributeError, InvalidEvent) as error:
            raise PollFailed(
                "bad_answer", f"{self._name} answered in another form: {type(error).__name__} {error}"
            ) from error
        if following is not None and len(following) > LONGEST:
            raise PollFailed("bad_answer", f"{self._name} gave a cursor of more than {LONGEST} characters")
        return items, following

    def _taken(self, items: Sequence[Any]) -> list[MappedMessage] | None:
        """What comes of a page and is not in Kafka yet; `None` while the source is held back."""
        return self.judge_page((one for one in map(self._fresh, items) if one.envelopes or one.dead_letter), len(items))

    async def _into_kafka(self, taken: Sequence[MappedMessage]) -> None:
        """Wait until Kafka has all of it, however long it is away."""
        await self.deliver_all(taken)
        events = [_name(envelope) for one in taken for envelope in one.envelopes]
        self._remembered |= dict.fromkeys([*events, *(_name(one.dead_letter) for one in taken if one.dead_letter)])
        for oldest in list(self._remembered)[:-MOST_REMEMBERED]:
            del self._remembered[oldest]

    def _fresh(self, item: Any) -> MappedMessage:
        """What comes of an item, without what is known to be in Kafka."""
        envelopes, dead_letter = self.map_object(item, self._way.path)
        unknown = tuple(one for one in envelopes if _name(one) not in self._remembered)
        return MappedMessage(
            unknown, dead_letter if dead_letter and _name(dead_letter) not in self._remembered else None
        )

    async def _probe(self, http: httpx.AsyncClient, known: int | None) -> int | None:
        """Ask once; when the status is another than before, and still is on a second question, tell it."""
        status, seen_at = await self._status(http), self._mapper.context.clock.now()
        if not status and known is None:
            return None  # it has never answered: nothing is known of it, not even that it is away
        self._source_status.up()  # also without an answer: that is what a probe is there to find
        if status == known or self._way.status is None:
            return known
        await asyncio.sleep(min(1.0, self._pause))
        if await self._status(http) != status:
            return known
        await self.deliver(self._mapper.probed(self._way.status(status, seen_at)), ())
        await asyncio.to_thread(self._cursor.save, f"{status} {seen_at.isoformat()}")
        return status

    def _recalled(self, position: str | None) -> int | None:
        """The status before the start; the connector is told again what it meant, for what it has to remember."""
        try:
            status, seen_at = (position or "").split(" ")
            known = int(status)
            if self._way.status is not None:
                list(self._way.status(known, datetime.fromisoformat(seen_at)))
        except ValueError:
            return None
        return known

    async def _status(self, http: httpx.AsyncClient) -> int:
        try:
            return (await self._asked(http, self._way.parameters(None)))[0]
        except PollFailed:
            return 0

    def _answered(self) -> None:
        self._failures = 0
        self._backoff.reset()
        self._source_status.up()

    async def _failed(self, fault: PollFailed) -> None:
        self._mapper.counts["failed"] += 1
        self._failures += 1
        if self._failures == FAILURES_UNTIL_DOWN:
            log.warning("%s", fault)
        if self._failures >= FAILURES_UNTIL_DOWN:
            self._source_status.down(fault.cause)
        await asyncio.sleep(self._backoff.seconds())


def _name(one: Envelope | DeadLetter) -> str:
    """What it is remembered by: an event by its id and by what it says, for the same id with another content must be seen."""
    if isinstance(one, DeadLetter):
        return one.id
    return f"{one.id} {xxh3_64_hexdigest(one.data.model_dump_json().encode())}"


def _checked(url: str, connector_id: str) -> str:
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        name = f"IOC_CONNECTORS_URLS__{connector_id.upper()}"
        raise ConfigurationError(f"{name} must be http://host or https://host without user and password.")
    return url
